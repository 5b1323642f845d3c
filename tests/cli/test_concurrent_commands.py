"""People, and a run, decide at once: every decision counts, none is lost (read, changed and written in one guard)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.conftest import Wanflow, paid_production

from kit.parallel_commands import at_once, begin
from wanflow.store import lockfile

FILM = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast}
  near: {first_frame: sets/coast.png, prompt: nearer, takes: 2}
  other: {first_frame: sets/coast.png, prompt: another}
"""


def wishes(film: Path, shot: str) -> int:
    """How many takes of a shot are wished for in all."""
    return max(lockfile.read(film.parent / "wanflow.lock").shots[shot].wishes.values(), default=0)


def decide_at_once(wanflow: Wanflow, film: Path, monkeypatch: pytest.MonkeyPatch, rounds: int) -> None:
    """Four retakes of one shot, a pick of another and a hold or a release of a third, so often and all at once."""
    with paid_production(film, FILM, monkeypatch):
        assert wanflow("run", "--yes", "--poll-interval", "0.05").code == 0
    for turn in range(rounds):
        take, hold = str(turn % 2 + 1), ("hold", "release")[turn % 2]
        commands = [("retake", "coast")] * 4 + [("pick", "near", take), (hold, "other")]
        assert at_once(film.parent, *commands, reports=film.parent / "said") == [0] * 6
        lock = lockfile.read(film.parent / "wanflow.lock").shots
        assert wishes(film, "coast") == 1 + 4 * (turn + 1)
        assert [lock["near"].numbers[name] for name in lock["near"].picks.values()] == [int(take)]
        assert (lock["other"].held is not None) is (hold == "hold")


def test_decisions_at_once_are_all_kept(wanflow: Wanflow, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty rounds of real processes."""
    decide_at_once(wanflow, film, monkeypatch, 20)


@pytest.mark.slow
def test_decisions_at_once_are_all_kept_for_long(wanflow: Wanflow, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred rounds."""
    decide_at_once(wanflow, film, monkeypatch, 200)


def test_decisions_beside_a_run_are_kept_by_both(wanflow: Wanflow, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run adds its takes to what people decided meanwhile, and keeps to the picks that it was planned with."""
    with paid_production(film, FILM, monkeypatch, held=True) as service:
        run = begin(film.parent, "run", "--yes", "--poll-interval", "0.05", report=film.parent / "run.txt")
        service.await_answers("POST", "video-synthesis", 4)
        commands = [("retake", "coast"), ("retake", "coast"), ("retake", "other")]
        assert at_once(film.parent, *commands, reports=film.parent / "said") == [0] * 3
        service.release()
        run.join()
        assert run.exitcode == 0, Path(film.parent / "run.txt").read_text(encoding="utf-8")
    rows = json.loads(wanflow("takes", "--json").out)
    assert [(row["shot"], row["take"]) for row in rows] == [("coast", 1), ("near", 1), ("near", 2), ("other", 1)]
    assert (wishes(film, "coast"), wishes(film, "other")) == (3, 2)
