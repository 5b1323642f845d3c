"""What ffmpeg is told, to the last argument: tests/golden/argv/*.txt, one argument a line."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from wanflow.language.production import TransitionKind
from wanflow.language.source import Facts, Kind
from wanflow.media.clock import PictureClock
from wanflow.media.cut import CutRecipe, assemble_arguments, playlist
from wanflow.media.extract import picture_arguments, piece_arguments, sound_arguments
from wanflow.media.look import Look
from wanflow.media.picture.conform import Side, join_arguments, segment_arguments
from wanflow.media.picture.segment import JoinRecipe, SegmentRecipe
from wanflow.media.probe import Footage
from wanflow.media.sound.track import Track
from wanflow.media.text.caption_layout import Caption

GOLDEN = Path(__file__).parents[1] / "golden" / "argv"
TAKE = Path("/films/it's %d, [v]:x.mp4")
OUT = Path("/films/out.part")


TAGGED = Look("bt709")
HDR = Look("bt2020", curve=16, primaries=9)
CLEAR = Look("bt709", clear=True)


def footage(
    *, rate: Fraction = Fraction(30), samples: int = 240_000, sample_rate: int = 48_000, look: Look = TAGGED
) -> Footage:
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
    return Footage(TAKE, facts, look, PictureClock(rate, 150, (), 1 / rate))


def side(*slate: str, samples: int = 240_000, **changes: object) -> Side:
    """The last 60 frames of it, at 24 a second in a square."""
    recipe = SegmentRecipe("ab" * 32, 90, 60, 48, 720, 720, Fraction(24), slate)
    strip = Path("/tmp/x/slate.png") if slate else None  # noqa: S108
    return Side(replace(recipe, **changes), footage(samples=samples), strip=strip)  # type: ignore[arg-type]


def sides(kind: TransitionKind) -> list[str]:
    """A transition of twelve frames between two clips."""
    before = side(skip=36, frames=12)
    after = replace(side(frames=12), second=True)
    return join_arguments(before, after, JoinRecipe(kind, before.recipe, after.recipe), [], OUT)


CAPTION = (Caption("hello", 3, 20), Path("/tmp/x/caption0.png"))  # noqa: S108

ARGUMENTS = {
    "piece": piece_arguments(footage(), 90, 149, OUT),
    "piece-silent-23.976": piece_arguments(footage(rate=Fraction(24000, 1001), samples=0), 0, 9, OUT),
    "piece-hdr": piece_arguments(footage(look=HDR), 90, 149, OUT),
    "piece-clear": piece_arguments(footage(look=CLEAR, samples=0), 90, 149, OUT),
    "picture-hdr": picture_arguments(HDR, (1280, 720), OUT),
    "sound-mono": sound_arguments(TAKE, footage().facts, OUT, track=Track(2, 1)),
    "sound-5.1": sound_arguments(TAKE, footage().facts, OUT, track=Track(1, 6)),
    "sound": sound_arguments(TAKE, footage(samples=220_500, sample_rate=44_100).facts, OUT),
    "segment": segment_arguments(side(), [], OUT),
    "segment-final": segment_arguments(side(profile="final", fit="crop"), [], OUT),
    "segment-silent": segment_arguments(side(samples=0), [], OUT),
    "segment-paced": segment_arguments(side(speed=Fraction(1, 4), frames=216, played=192), [], OUT),
    "segment-slate": segment_arguments(side("coast"), [CAPTION], OUT),
    **{kind: sides(kind) for kind in TransitionKind if kind is not TransitionKind.CUT},
    "assembly": assemble_arguments(
        CutRecipe((), 150, Fraction(30), ()), Path("/films/parts"), [("eng", None), ("und", None)], OUT
    ),
    "list": playlist(["000000.mov", "000001.mov"]).splitlines(),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_arguments_are_the_agreed_ones(name: str) -> None:
    """A change here changes every film: raise SEGMENT_VERSION or EXTRACTION_VERSION with it."""
    assert "\n".join(ARGUMENTS[name]) + "\n" == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in ARGUMENTS if "]setpts=" in " ".join(ARGUMENTS[name])])
def test_pictures_with_other_stamps_get_their_rate_again(name: str) -> None:
    """Ffmpeg 7 forgets it by `setpts`: the last frame lasts no time then, and a dissolve is refused."""
    filters = " ".join(ARGUMENTS[name])
    stamped = re.findall(r"\]setpts=[^\[]*\[(\w+)\]", filters)
    assert stamped
    assert [label for label in stamped if f"[{label}]fps=" not in filters] == []


def test_every_golden_file_is_used() -> None:
    """No list of arguments outlives its test."""
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(ARGUMENTS)
