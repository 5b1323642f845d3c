"""Files that get their name when they are finished."""

from __future__ import annotations

from pathlib import Path

import pytest

from wanflow.errors import MediaFault
from wanflow.store.atomic import replacing


def test_work_under_way_never_touches_a_file_that_exists(tmp_path: Path) -> None:
    """Not one that is called like the target with `.part` behind it, nor what that leads to, nor the target's bytes."""
    source, target, part = (tmp_path / name for name in ("clip.mp4", "film.mp4", "film.mp4.part"))
    source.write_bytes(b"a clip")
    target.hardlink_to(source)
    part.symlink_to(source)
    with replacing(target) as place:
        assert not place.exists()
        place.write_bytes(b"a film")
    assert (source.read_bytes(), target.read_bytes()) == (b"a clip", b"a film")
    assert part.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "film.mp4", "film.mp4.part"]


def test_work_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    """And nothing else beside it."""
    target = tmp_path / "film.mp4"
    target.write_bytes(b"before")

    def fail(place: Path) -> None:
        place.write_bytes(b"half")
        raise MediaFault("no film")

    with pytest.raises(MediaFault, match="no film"), replacing(target) as place:
        fail(place)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]
