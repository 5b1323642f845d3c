"""Music and cues of a cut, made by runs: where they are heard, how loud, and what an edited one encodes again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cli.conftest import Wanflow, rewrite

from kit.clips import click_sound, read_sound
from kit.providers import ANIMATIC
from kit.sounds import amplitude, draw_wav, tone
from kit.unusual_clips import ff
from wanflow.cli.main import main
from wanflow.store import cut_records, lockfile
from wanflow.store.layout import Store

FILM = """\
wanflow: 1
defaults: {model: wan2.7-t2v, resolution: 720P, duration: 2}
shots:
  storm: {prompt: a storm, takes: 2}
cuts:
  main:
    items: [{file: clip.mp4}]
    size: 64x36
    music: {file: bed.wav, loop: true, gain: -6, duck: -9}
    audio:
      - {file: said.wav, at: 10, voice: true}
      - {file: click.wav, at: 1.234}
      - {shot: storm, in: 0.5, at: 21, gain: -20}
      - {file: said.wav, at: 24.5, gain: -60}
"""
SECOND = 48_000


@pytest.fixture(scope="module")
def premiere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a production whose clip of 25 s is silent, run once; not to be changed."""
    folder = tmp_path_factory.mktemp("sounds")
    clip = str(folder / "clip.mp4")
    ff("-f", "lavfi", "-i", "color=s=64x36:r=10:d=25", "-c:v", "libx264", "-preset", "ultrafast", clip)
    draw_wav(folder / "bed.wav", tone(3000, 0.25), 3 * SECOND)
    draw_wav(folder / "said.wav", tone(800, 0.1), SECOND)
    click_sound(folder / "click.wav", 44_100, 44_100)
    (folder / "wanflow.yaml").write_text(FILM, encoding="utf-8")
    assert main(["run", "-q", "-f", str(folder / "wanflow.yaml")]) == 0
    return folder


@pytest.fixture
def film(alone: None, premiere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of it, in the current folder."""
    monkeypatch.chdir(shutil.copytree(premiere, tmp_path / "film"))


def chunks() -> set[Path]:
    """The chunks of sound that were encoded so far."""
    return set(Path(".wanflow").rglob("*.aac"))


@pytest.mark.usefixtures("film")
def test_sounds_are_heard_where_they_were_put(wanflow: Wanflow) -> None:
    """The loop under everything, softer by 9 dB under the voice alone."""
    heard = read_sound(Path("out/main.mp4"))
    around = ((second * SECOND // 10, second * SECOND // 10 + 4800) for second in (50, 105, 150, 199, 240))
    levels = [amplitude(heard, 3000, *span) for span in around]
    assert levels == pytest.approx([-18.04, -27.04, -18.04, -18.04, -18.04], abs=0.1)


@pytest.mark.usefixtures("film")
def test_an_edited_cue_encodes_the_chunks_that_hear_it(wanflow: Wanflow) -> None:
    """One of the film's three; no segment is encoded again, and no take is rendered. The warning is said once."""
    before = chunks()
    assert len(before) == 3
    assert "nothing to do" in wanflow("plan").out
    rewrite("at: 1.234", "at: 1.2")
    run = wanflow("run", "--json")
    done = [json.loads(line) for line in run.out.splitlines()]
    assert [each["segments"] for each in done if each["event"] == "cut.finished"] == [{"encoded": 0, "copied": 1}]
    assert len(chunks() - before) == 1
    said = "`said.wav` at 24.5 s reaches beyond the end of the cut `main`: the rest is cut off"
    assert (run.err + run.out).count(said) == 1


@pytest.mark.usefixtures("film")
def test_a_take_that_is_heard_is_in_use(wanflow: Wanflow) -> None:
    """As one that is seen: `gc` keeps it, a pick makes the cut again, its record names the take."""
    record = json.loads(Path("out/main.provenance.json").read_text(encoding="utf-8"))
    assert [(each["shot"], each["take"]) for each in record["sounds"]] == [("storm", 1)]
    assert record["generated_by_ai"] is True
    assert wanflow("pick", "storm", "2").code == 0
    assert "storm take 1 → 2" in wanflow("plan").out
    (heard,) = cut_records.shown(Store(Path.cwd(), ANIMATIC))["main"]
    assert lockfile.read(Path(".wanflow/animatic.lock")).shots["storm"].numbers[heard] == 1
