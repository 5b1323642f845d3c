"""The sound of an edited clip: `audio_setting` goes to the service, and what was heard before is heard in the cut."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from cli.conftest import Wanflow, rewrite

from kit.clips import clicks, numbered_clip, read_sound
from kit.unusual_clips import ff
from wanflow.media.probe import probe
from wanflow.media.sound.soundtrack import AAC_SAMPLES

FILM = """\
wanflow: 1
defaults: {model: wan2.7-videoedit, resolution: 720P}
shots:
  kept: {video: seen.mp4, prompt: at night, audio_setting: origin}
  free: {video: seen.mp4, prompt: at noon, audio_setting: auto}
  unsaid: {video: seen.mp4, prompt: at dawn}
cuts:
  main: {items: [kept, free, unsaid], size: 320x240, slate: false}
"""
CLICK = 36_000
"""The sample of the clip at which it clicks."""


@pytest.fixture
def film(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A production that edits a clip of two seconds with a click in it."""
    monkeypatch.chdir(tmp_path)
    numbered_clip(Path("plain.mp4"), 60, (320, 240))
    ff("-i", "plain.mp4", "-c:v", "copy", "-af", f"adelay={CLICK}S:all=1,atrim=end_sample=96000", "seen.mp4")
    Path("wanflow.yaml").write_text(FILM, encoding="utf-8")


@pytest.mark.usefixtures("film")
def test_the_origins_sound_is_kept_in_the_take_and_in_the_cut(wanflow: Wanflow) -> None:
    """Where it was, for each; `auto` leaves it to the service, whose stand-in keeps it as well (service.md 2.3)."""
    assert wanflow("run", "-q").code == 0
    for shot in ("kept", "free", "unsaid"):
        assert clicks(read_sound(Path(f"out/shots/{shot}.t1.mp4"))) == [pytest.approx(CLICK, abs=48)], shot
    beside = [number * 96_000 + CLICK for number in range(3)]
    assert clicks(read_sound(Path("out/main.mp4"))) == [pytest.approx(each, abs=48) for each in beside]
    assert probe(Path("out/main.mp4")).seconds == Fraction(6)


@pytest.mark.usefixtures("film")
def test_a_sound_that_begins_late_is_kept_where_it_is(wanflow: Wanflow) -> None:
    """The silence before it belongs to it."""
    ff(
        "-i",
        "plain.mp4",
        "-itsoffset",
        "0.5",
        "-i",
        "plain.mp4",
        "-map",
        "0:v",
        "-map",
        "1:a",
        "-c",
        "copy",
        "late.mp4",
    )
    Path("late.mp4").replace("seen.mp4")
    rewrite("main: {items: [kept, free, unsaid]", "main: {items: [kept]")
    assert wanflow("run", "-q", "cut:main").code == 0
    assert clicks(read_sound(Path("out/main.mp4"))) == [pytest.approx(24_000, abs=AAC_SAMPLES)]


@pytest.mark.usefixtures("film")
def test_what_was_asked_of_the_sound_is_said(wanflow: Wanflow) -> None:
    """In the request as it is sent; another setting is another request."""
    assert '"audio_setting": "origin"' in wanflow("show", "kept", "--json").out
    assert '"audio_setting": "origin"' not in wanflow("show", "free", "--json").out
