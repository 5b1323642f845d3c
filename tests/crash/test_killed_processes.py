"""Real processes killed without warning at random moments, against a service on a socket that goes wrong at random."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from kit.clips import numbered_clip
from kit.project import write_production
from kit.random_faults import Totals, random_faults
from kit.served import Served, playing
from wanflow import api
from wanflow.emulator.api.endpoint import KEY, AccountTerms
from wanflow.providers.dashscope.regions import BASE_VARIABLE, KEY_VARIABLE
from wanflow.store import blobs, journal, lockfile

PRODUCTION = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast, takes: 2}
  approach: {first_clip: {shot: coast, tail: 2}, prompt: nearer, duration: 3}
  gull: {first_frame: {shot: coast, frame: last}, prompt: a gull}
cuts:
  main: [coast, approach, gull]
"""
WANTED = Counter({"a coast": 2, "nearer": 1, "a gull": 1})
RUN = ("run", "--yes", "-q", "--poll-interval", "0.05", "--grace", "1")
LONGEST_SECONDS = 2.0
RUNS = 15
"""Runs without a kill until a production is done."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of film with sound, as the service delivers it."""
    return numbered_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 60)


def campaign(folder: Path, clip: Path, productions: int, seed: int) -> Totals:
    """Many productions, each killed some times, each then run until it is done, and audited."""
    dice, totals = Random(seed), Totals(WANTED.total())
    for number in range(productions):
        faults = random_faults(dice)
        with playing(clip, AccountTerms(faults=faults), film_seconds=0.6) as service:
            film = write_production(folder / str(number), PRODUCTION)
            _produce(film, service, dice, totals)
            audit(film, service)
        totals.productions += 1
        totals.faults += sum(fault.times for fault in faults)
    return totals


def _produce(film: Path, service: Served, dice: Random, totals: Totals) -> None:
    for _ in range(dice.randrange(2, 6)):
        totals.runs += 1
        totals.kills += _run(film, service, dice.uniform(0.3, LONGEST_SECONDS)) is None
    codes = [_run(film, service)]
    while codes[-1] and len(codes) < RUNS:
        codes.append(_run(film, service))
    totals.runs += len(codes)
    assert codes[-1] == 0, codes


def _run(film: Path, service: Served, seconds: float | None = None) -> int | None:
    """One run; its exit code, None where it was killed after this many seconds."""
    environ = {**os.environ, BASE_VARIABLE: service.base_url, KEY_VARIABLE: KEY}
    command = [sys.executable, "-m", "wanflow", *RUN, "-f", str(film)]
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            _, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return None
    assert b"Traceback" not in said, said
    assert process.returncode in {0, 1, 4, 5}, said
    return process.returncode


def audit(film: Path, service: Served) -> None:
    """What was charged is what was asked for, once each, and all of it is in the store and in the lock."""
    charged = service.charged()
    assert Counter(task.body["input"]["prompt"] for task in charged) == WANTED  # type: ignore[index]
    store = api.store_of(api.load(film))
    takes = [take for entry in lockfile.read(store.lock).shots.values() for take in entry.takes.values()]
    assert {take.task_id for take in takes} == {task.id for task in charged}
    assert all(blobs.is_whole(blobs.take_path(store, take.digest, ".mp4"), take.digest) for take in takes)
    assert (film.parent / "out" / "main.mp4").stat().st_size > 0
    journal_state = journal.read(store)
    assert (journal_state.open, journal_state.unknown_fate) == ((), ())


def test_killed_processes_cost_no_take(tmp_path: Path, clip: Path) -> None:
    """A sample of the campaign."""
    totals = campaign(tmp_path, clip, productions=2, seed=7)
    assert totals.kills > 1


@pytest.mark.slow
def test_hundreds_of_killed_processes_cost_no_take(
    tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The campaign; its totals are printed."""
    totals = campaign(tmp_path, clip, productions=80, seed=2026)
    with capsys.disabled():
        print(f"\nin real time: {totals}")
    assert totals.kills >= 150
