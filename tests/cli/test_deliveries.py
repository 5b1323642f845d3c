"""Deliveries from the command line: made with the film, and each again only where something of it changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.conftest import Wanflow, rewrite

from wanflow.media import delivery

FILM = """\
wanflow: 1
cuts:
  main:
    items: [{title: One, duration: 0.2}, {title: Two, duration: 0.2}]
    size: 96x64
    delivery: {small: 540p, frames: png}
"""


@pytest.fixture
def titles(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A production of two titles in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("wanflow.yaml").write_text(FILM, encoding="utf-8")


def ran(wanflow: Wanflow) -> tuple[dict[str, object], dict[str, object]]:
    """The events `cut.finished` and `run.finished` of a run."""
    done = wanflow("run", "--json", "--yes")
    events = [json.loads(line) for line in done.out.splitlines()]
    return next((each for each in events if each["event"] == "cut.finished"), {}), events[-1]


def test_each_delivery_is_made_when_it_has_to_be(wanflow: Wanflow, titles: None) -> None:
    """With the film; alone, when its file is gone; not for nothing; a former one goes."""
    small, frames = "out/main.small.mp4", "out/main.frames.png"
    assert f"writes out/main.mp4, {small} and {frames}" in wanflow("plan").out
    cut, last = ran(wanflow)
    assert cut["deliveries"] == {"small": small, "frames": frames}
    assert last["cuts"] == {"main": "out/main.mp4"}
    assert last["deliveries"] == {"main": {"small": small, "frames": frames}}
    assert len([*Path(frames).iterdir()]) == 12
    sidecar = json.loads(Path("out/main.provenance.json").read_text(encoding="utf-8"))
    assert [(each["file"], each["form"]) for each in sidecar["deliveries"]] == [(small, "540p"), (frames, "png")]
    assert wanflow("run").out.split() == ["out/main.mp4", small, frames]
    assert wanflow("plan", "--exit-code").code == 0
    written = Path(small).stat()
    Path(frames, "000003.png").unlink()
    assert f"`{frames}` is not made yet, or changed" in wanflow("status").out
    assert f"a run writes {frames}\n" in wanflow("plan").out
    cut, _ = ran(wanflow)
    assert (cut["segments"], cut["deliveries"]) == ({"encoded": 0, "copied": 0}, {"frames": frames})
    assert Path(small).stat() == written
    Path("out/main.mp4").unlink()
    cut, last = ran(wanflow)
    assert (cut["segments"], "deliveries" in cut, last["exit_code"]) == ({"encoded": 0, "copied": 2}, False, 0)
    rewrite("{small: 540p, frames: png}", "{small: h264}")
    plan = wanflow("plan").out
    assert f"`{frames}` is not a delivery any more" in plan
    assert f"`{small}` is outdated" in plan
    assert ran(wanflow)[0]["deliveries"] == {"small": small}
    assert not Path(frames).exists()
    rewrite("    delivery: {small: h264}\n", "")
    assert "removes former deliveries" in wanflow("plan").out
    assert ran(wanflow)[1]["exit_code"] == 0
    assert not Path(small).exists()
    assert wanflow("plan", "--exit-code").code == 0


def test_a_failed_delivery_leaves_the_film_and_the_others(
    wanflow: Wanflow, titles: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step fails with what was wrong; the next run makes that one delivery alone, and no half file stays."""
    whole = delivery.picture_arguments
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "picture_arguments", lambda *paths: [*whole(*paths)[:-2], "/dev/full/%06d.png"])
        done = wanflow("run", "--yes")
    assert done.code == 1
    assert "error: cut:main: ffmpeg failed" in done.err
    assert (Path("out/main.mp4").exists(), Path("out/main.small.mp4").exists()) == (True, True)
    assert not Path("out/main.frames.png").exists()
    assert ran(wanflow)[0]["deliveries"] == {"frames": "out/main.frames.png"}
    assert [*Path(".wanflow/tmp").iterdir()] == []
