"""How far the colours of two clips are from each other where one follows the other."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest
from PIL import Image

from kit.clips import drawn_clip
from wanflow.media.checks.color_match import CompareColors
from wanflow.media.jobs import Worker

WARM, GRADED, COLD = (150, 110, 80), (146, 112, 88), (80, 110, 150)


def clip(path: Path, *colours: tuple[int, int, int]) -> PurePath:
    """Ten frames of each of these colours."""
    drawn_clip(path, [Image.new("RGB", (64, 36), colour) for colour in colours for _ in range(10)])
    return PurePath(path.name)


@pytest.mark.parametrize(("colour", "least", "most"), [(WARM, 0, 1), (GRADED, 2, 14), (COLD, 30, 80)])
def test_the_ends_that_meet_are_compared(tmp_path: Path, colour: tuple[int, int, int], least: int, most: int) -> None:
    """The end of the one with the beginning of the other, whatever else they show."""
    before, after = clip(tmp_path / "a.mp4", COLD, WARM), clip(tmp_path / "b.mp4", colour, COLD)
    measure = CompareColors(before, 19, after, 0).perform(Worker(tmp_path))
    assert measure is not None
    assert least <= measure <= most


def test_a_clip_that_cannot_be_read_has_no_measure(tmp_path: Path) -> None:
    """A fault of a check never ends a run."""
    (tmp_path / "broken.mp4").write_bytes(b"moov mdat")
    after = clip(tmp_path / "b.mp4", WARM)
    assert CompareColors(PurePath("broken.mp4"), 3, after, 0).perform(Worker(tmp_path)) is None
    assert CompareColors(PurePath("none.mp4"), 3, after, 0).perform(Worker(tmp_path)) is None
