"""Checks of takes that are odd, damaged or hostile: what can be measured is, and nothing is raised."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path, PurePath

import pytest

from kit.clips import numbered_clip
from kit.drawn_takes import SIZE, barred, pan, scene, write_take
from kit.hostile_media import BOMBS, LIES, PLAYLISTS, HostileFile, lay_lure
from kit.unusual_clips import CLIPS, CUT_SHORT, REFUSED, UnusualClip
from wanflow.language.checks import Check
from wanflow.media.checks.take_check import CheckTake, measure_take
from wanflow.media.jobs import Worker
from wanflow.store.findings import Expected, Finding, Given

ODD = ("vfr", "odd size", "turned", "oblong pixels", "full range", "4:2:2 10 bit", "prores alpha", "vp9", "interlaced")
ODD += ("5.1", "one frame", "2x2", "1000 fps", "ts", "late picture")
UNUSUAL = {**{name: CLIPS[name] for name in ODD}, **CUT_SHORT, **{name: clip for name, (clip, _) in REFUSED.items()}}
HOSTILE = {**PLAYLISTS, **BOMBS, **LIES}


def findings(folder: Path, file: str, expected: Expected) -> tuple[Finding, ...]:
    """What is found in a file."""
    return CheckTake(PurePath(file), expected).perform(Worker(folder)).findings


SLOW = {"1000 fps"}
"""Clips of thousands of pictures, which take seconds to decode."""


@pytest.mark.parametrize(
    "clip",
    [pytest.param(clip, id=name, marks=[pytest.mark.slow] if name in SLOW else []) for name, clip in UNUSUAL.items()],
)
def test_an_unusual_film_is_measured_as_far_as_it_can_be(clip: UnusualClip, tmp_path: Path) -> None:
    """It is a take, and it is all that was given for itself."""
    clip.make(tmp_path / clip.name)
    itself = Given("itself", PurePath(clip.name))
    expected = Expected(Fraction(9), 64, 48, Fraction(24), True, True, itself, itself, itself, itself)
    measured = {each.finding.check for each in measure_take(tmp_path / clip.name, expected, Worker(tmp_path))[0]}
    if clip in CLIPS.values():
        assert {Check.LENGTH, Check.SIZE, Check.RATE, Check.SILENT, Check.FROZEN, Check.LETTERBOX} <= measured


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_has_no_traceback(hostile: HostileFile, tmp_path: Path) -> None:
    """Neither as the take nor as what was given for one."""
    lure = lay_lure(tmp_path / "lure", "127.0.0.1:9")
    hostile.make(tmp_path / hostile.name, lure)
    given = Given("given", PurePath(hostile.name))
    everything = Expected(Fraction(9), 64, 48, Fraction(24), True, True, given, given, given, given)
    findings(tmp_path, hostile.name, everything)
    numbered_clip(tmp_path / "take.mp4", 2, (64, 48), sound=False)
    findings(tmp_path, "take.mp4", everything)


def test_a_file_that_is_not_here_has_no_findings(tmp_path: Path) -> None:
    """Nor has a pipe, which is never opened."""
    os.mkfifo(tmp_path / "pipe.mp4")
    pipe = Given("pipe", PurePath("pipe.mp4"))
    assert findings(tmp_path, "gone.mp4", Expected(sound=True)) == findings(tmp_path, "pipe.mp4", Expected()) == ()
    numbered_clip(tmp_path / "take.mp4", 4, (64, 48), sound=False)
    assert Check.FIRST_FRAME not in {each.check for each in findings(tmp_path, "take.mp4", Expected(first_frame=pipe))}


def test_a_turned_film_is_measured_upright(tmp_path: Path) -> None:
    """Its size, its bars and its first frame are as people see them."""
    pictures = barred(pan(scene(1), 12), 0.25)
    pictures[0].rotate(90, expand=True).save(tmp_path / "first.png")
    numbered_clip(tmp_path / "turned.mp4", 4, (160, 90), rotation=90)
    write_take(tmp_path / "take.mp4", pictures, rotation=90)
    upright = Expected(width=SIZE[1], height=SIZE[0], first_frame=Given("first", PurePath("first.png")))
    assert findings(tmp_path, "take.mp4", upright) == ()
    assert [each.check for each in findings(tmp_path, "take.mp4", Expected(width=SIZE[0], height=SIZE[1]))] == [
        Check.LETTERBOX,
        Check.SIZE,
    ]


def test_a_wide_film_of_8000_pixels_is_measured(tmp_path: Path) -> None:
    """Its small picture keeps a few lines."""
    numbered_clip(tmp_path / "take.mp4", 3, (8000, 64), sound=False)
    [finding] = findings(tmp_path, "take.mp4", Expected(width=1280, one_move=False))
    assert (finding.check, finding.measure) == (Check.SIZE, 6720)


def test_repeated_pictures_of_a_variable_rate_are_not_counted(tmp_path: Path) -> None:
    """Half of the pictures of thirty a second are missing."""
    numbered_clip(tmp_path / "take.mp4", 24, (64, 48), sound=False, times=[*range(12), *range(12, 60, 4)])
    found = findings(tmp_path, "take.mp4", Expected(rate=Fraction(30), one_move=False))
    assert Check.RATE in {each.check for each in found}
