"""Whatever a path looks like, it is judged by the place where it leads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanflow.boundary import Boundary, Content, bytes_of

LINKS = {
    "up": "..",
    "secret": "../../secret",
    "self": "self",
    "gone": "nowhere",
    "deep/top": "../..",
    "deep/in": "../own",
    "proc": "/proc/self",
    "again": "up",
    "one": "deep/top",
    "deep/own": "../own",
}
NAMES = ("deep", "own", "nowhere", "film", "..", ".", "", "secret", *(Path(name).name for name in LINKS))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A production's folder with links of all kinds; the text beside it is not its own."""
    folder = tmp_path_factory.mktemp("tree") / "in" / "film"
    (folder / "deep").mkdir(parents=True)
    (folder / "own").write_text("own", encoding="utf-8")
    (folder.parent.parent / "secret").write_text("secret", encoding="utf-8")
    for name, target in LINKS.items():
        (folder / name).symlink_to(target)
    return folder


@given(names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=7))
def test_what_is_allowed_lies_inside_and_what_is_read_is_the_production_s(tree: Path, names: list[str]) -> None:
    """Ways through what does not exist, through circles, and through links to links."""
    path = "/".join(names).lstrip("/")
    real = os.path.realpath(tree / path)
    refused = Boundary(tree).refusal(path, Content.TEXT) is not None
    inside = real == str(tree) or real.startswith(f"{tree}/")
    if not inside:
        assert refused
    elif refused and "proc" not in names:  # a way through `/proc` is refused, wherever it leads
        assert not (tree / path).exists()  # behind a circle of links `realpath` follows no other
    if not refused and Path(real).is_file():
        assert bytes_of(tree / path, 100) == b"own"
    assert Boundary(tree, Path("/")).refusal(path, Content.TEXT) is not None or not real.startswith("/proc")
