"""What ffmpeg is told, to the last argument: tests/golden/argv/*.txt, one argument a line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from wanflow.media.cut import assemble_arguments, concat_list, conform_arguments
from wanflow.media.extract import piece_arguments, sound_arguments
from wanflow.media.probe import Footage
from wanflow.media.segment import SegmentRecipe
from wanflow.spec.facts import Facts, Kind

GOLDEN = Path(__file__).parents[1] / "golden" / "argv"
TAKE = Path("/films/it's %d, [v]:x.mp4")
OUT = Path("/films/out.part")


def footage(*, rate: Fraction = Fraction(30), samples: int = 240_000, sample_rate: int = 48_000) -> Footage:
    """Five seconds or so of a take."""
    facts = Facts(
        Kind.VIDEO,
        "mp4",
        "ab" * 32,
        1,
        1280,
        720,
        frames=150,
        rate=rate,
        samples=samples,
        sample_rate=sample_rate,
        seconds=150 / rate,
    )
    return Footage(TAKE, facts, "bt709")


def recipe(*slate: str) -> SegmentRecipe:
    """The last 60 frames of it, at 24 a second in a square."""
    return SegmentRecipe("ab" * 32, 90, 60, 48, 720, 720, Fraction(24), slate)


ARGUMENTS = {
    "piece": piece_arguments(footage(), 90, 149, OUT),
    "piece-silent-23.976": piece_arguments(footage(rate=Fraction(24000, 1001), samples=0), 0, 9, OUT),
    "sound": sound_arguments(TAKE, footage(samples=220_500, sample_rate=44_100).facts, OUT),
    "segment": conform_arguments(footage(), recipe(), OUT, None),
    "segment-silent": conform_arguments(footage(samples=0), recipe(), OUT, None),
    "segment-slate": conform_arguments(footage(), recipe("coast"), OUT, Path("/tmp/x/slate.png")),  # noqa: S108
    "assembly": assemble_arguments(Path("/films/list.ffconcat"), OUT),
    "list": concat_list([TAKE, Path("/films/two.mov")]).splitlines(),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_arguments_are_the_agreed_ones(name: str) -> None:
    """A change here changes every film: raise SEGMENT_VERSION or EXTRACTION_VERSION with it."""
    assert "\n".join(ARGUMENTS[name]) + "\n" == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_every_golden_file_is_used() -> None:
    """No list of arguments outlives its test."""
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(ARGUMENTS)
