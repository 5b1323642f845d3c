"""The lock and the traces are lost: the journal and the films still say everything, and nothing is bought again."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow, paid_production, rewrite

from kit.project import write_production
from kit.providers import DASHSCOPE
from wanflow.cli.main import main
from wanflow.providers.dashscope.regions import BASE_VARIABLE, KEY_VARIABLE
from wanflow.store import atomic
from wanflow.store.layout import Store

FILM = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast, takes: 3, seed: 7}
  near: {first_frame: {shot: coast, frame: last}, prompt: nearer}
cuts: {main: [coast, near]}
"""
LOCK, TRACES, JOURNAL = Path("wanflow.lock"), Path(".wanflow/traces.jsonl"), Path(".wanflow/journal.dashscope.jsonl")
LOSSES = {"lock": (LOCK,), "traces": (TRACES,), "both": (LOCK, TRACES)}
IN_GIT = ("git", "-c", "user.name=crew", "-c", "user.email=crew@film.example")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a paid production that was run, edited, and run again; not to be changed."""
    folder = tmp_path_factory.mktemp("archive")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with paid_production(write_production(folder), FILM, patch):
            assert main(RUN) == 0
            rewrite("prompt: a coast", "prompt: a colder coast")
            assert main(RUN) == 0
    return folder


@pytest.fixture
def paid(alone: None, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Its store in a copy that is the current folder; the service is out of reach, so that nothing can be bought."""
    shutil.copytree(archive, tmp_path / "film")
    monkeypatch.chdir(tmp_path / "film")
    monkeypatch.setenv(KEY_VARIABLE, "sk-animatic")
    monkeypatch.setenv(BASE_VARIABLE, "http://127.0.0.1:9/api/v1")
    return Store(Path(), DASHSCOPE)


def takes(wanflow: Wanflow, *states: str) -> list[dict[str, object]]:
    """What `takes` says of each take that is in one of these states."""
    return [row for row in json.loads(wanflow("takes", "--json").out) if row["state"] in states]


def actions(wanflow: Wanflow) -> set[str]:
    """What a run would do with the production's nodes."""
    return {step["action"] for step in json.loads(wanflow("plan", "--json").out)["steps"]}


def doctor(wanflow: Wanflow, *words: str) -> str:
    """What `doctor` says on the free backend, which asks for no service."""
    said = wanflow("doctor", "--backend", "animatic", *words)
    assert said.code == 0
    return said.out


def lose(places: Iterable[Path]) -> None:
    """Delete files that are there."""
    for place in places:
        place.unlink()


def edit_records(path: Path, drop: frozenset[str] = frozenset(), without: str | None = None) -> None:
    """Take keys out of every record of a file, and the records that are about a digest."""
    kept = [record for record in atomic.read_records(path) if record.get("digest") != without or without is None]
    lines = [atomic.line_of({key: value for key, value in record.items() if key not in drop}) for record in kept]
    path.write_bytes(b"".join(lines))


@pytest.mark.parametrize("lost", LOSSES)
def test_lost_records_cost_nothing_and_takes_keep_their_numbers_seeds_and_costs(
    wanflow: Wanflow, paid: Store, lost: str
) -> None:
    """The next run restores what the shots ask for and submits nothing; the run after it has nothing to do."""
    before = takes(wanflow, "current")
    assert [(row["shot"], row["take"]) for row in before] == [("coast", 4), ("coast", 5), ("coast", 6), ("near", 2)]
    lose(LOSSES[lost])
    assert actions(wanflow) <= {"restore", "reuse"}
    assert {row["state"] for row in json.loads(wanflow("status", "--json").out)} <= {"changed", "current"}
    done = wanflow(*RUN, "--json")
    assert (done.code, json.loads(done.out.splitlines()[-1])["submitted"]) == (0, 0)
    assert takes(wanflow, "current") == before
    assert actions(wanflow) == {"reuse"}


@pytest.mark.parametrize("lost", LOSSES)
def test_a_repair_rebuilds_lock_and_traces_byte_for_byte(wanflow: Wanflow, paid: Store, lost: str) -> None:
    """What is lost is told before; a second repair has nothing to do. No picks, holds and wishes were lost here."""
    before = [place.read_bytes() for place in (LOCK, TRACES)]
    lose(LOSSES[lost])
    said = doctor(wanflow)
    assert ("8 paid takes are in the journal and not in the lock" in said) == (LOCK in LOSSES[lost])
    assert ("8 takes are in the journal and not in the traces" in said) == (TRACES in LOSSES[lost])
    assert "has no record" not in said
    assert not any(place.exists() for place in LOSSES[lost])
    assert doctor(wanflow, "--repair").startswith("repaired: ")
    assert [place.read_bytes() for place in (LOCK, TRACES)] == before
    assert "nothing to repair" in doctor(wanflow, "--repair")
    assert actions(wanflow) == {"reuse"}


def test_takes_of_earlier_requests_come_back_by_a_repair_after_a_run(wanflow: Wanflow, paid: Store) -> None:
    """A run restores what is asked for now; a repair adds the rest, and every take has the number that it had."""
    before = LOCK.read_bytes()
    lose(LOSSES["both"])
    assert wanflow(*RUN).code == 0
    assert "4 paid takes are in the journal and not in the lock" in doctor(wanflow)
    doctor(wanflow, "--repair")
    assert LOCK.read_bytes() == before


def test_one_take_that_is_missing_in_lock_and_traces_is_restored_as_it_was(wanflow: Wanflow, paid: Store) -> None:
    """The others stay as they are; an undo of the edit finds its takes as well."""
    before = takes(wanflow, "current")
    lost = str(before[1]["digest"])
    edit_records(TRACES, without=lost)
    kept = [line for line in LOCK.read_text(encoding="utf-8").splitlines(keepends=True) if lost not in line]
    LOCK.write_text("".join(kept), encoding="utf-8")
    steps = json.loads(wanflow("plan", "--json").out)["steps"]
    assert [step["node"] for step in steps if step["action"] == "restore"] == ["coast.t5"]
    assert wanflow(*RUN).code == 0
    assert takes(wanflow, "current") == before
    lose(LOSSES["both"])
    rewrite("prompt: a colder coast", "prompt: a coast")
    assert "render" not in actions(wanflow)
    assert wanflow(*RUN).code == 0
    assert [(row["shot"], row["take"]) for row in takes(wanflow, "current")] == [
        ("coast", 1),
        ("coast", 2),
        ("coast", 3),
        ("near", 1),
    ]


def test_a_journal_of_an_older_wanflow_is_enough(wanflow: Wanflow, paid: Store) -> None:
    """Its films are measured, their costs are unknown; the last request of a shot with a seed is set by the next run."""
    before = LOCK.read_text(encoding="utf-8")
    rows = takes(wanflow, "current")
    edit_records(JOURNAL, drop=frozenset({"facts", "request"}))
    lose(LOSSES["both"])
    assert actions(wanflow) <= {"restore", "reuse"}
    doctor(wanflow, "--repair")
    without_cost = [{key: value for key, value in row.items() if key not in {"cost", "date"}} for row in rows]
    rebuilt = takes(wanflow, "current")
    assert [
        {key: value for key, value in row.items() if key not in {"cost", "date"}} for row in rebuilt
    ] == without_cost
    assert {row["cost"] for row in rebuilt} == {None}
    assert json.loads(wanflow("costs", "--json").out)["total"]["estimate"] == "9.60"
    assert '"coast current"' not in LOCK.read_text(encoding="utf-8")
    assert wanflow("run").code == 0
    current = [line for line in before.splitlines() if " current" in line]
    assert current == [line for line in LOCK.read_text(encoding="utf-8").splitlines() if " current" in line]


def test_a_take_that_a_person_removed_stays_removed(wanflow: Wanflow, paid: Store) -> None:
    """The journal still has it; its file is gone, and the lock says so."""
    assert wanflow("gc", "--apply", "--yes", "--paid", "coast.t1").code == 0
    assert "not in the" not in doctor(wanflow)
    assert "nothing to repair" in doctor(wanflow, "--repair")
    rewrite("prompt: a colder coast", "prompt: a coast")
    assert "render" in actions(wanflow)


def test_the_picks_of_a_lock_in_git_come_back_by_git(wanflow: Wanflow, paid: Store) -> None:
    """The hint names the command where git has the lock and the folder has none, and what git has not is added."""
    assert "git checkout" not in doctor(wanflow)
    lose([LOCK])
    assert "git checkout" not in doctor(wanflow)
    doctor(wanflow, "--repair")
    assert wanflow("pick", "coast", "6").code == 0
    for words in (("init", "--quiet"), ("add", "wanflow.lock"), ("commit", "--quiet", "--message", "picked")):
        subprocess.run([*IN_GIT, *words], check=True)
    lose(LOSSES["both"])
    hint = (
        "hint: `git checkout wanflow.lock` first, it has your picks too; then `wanflow doctor --backend animatic --rep"
    )
    assert hint in doctor(wanflow)
    subprocess.run([*IN_GIT, "checkout", "--quiet", "wanflow.lock"], check=True)
    assert doctor(wanflow, "--repair").splitlines()[0].startswith("repaired: traces.jsonl")
    assert [row["take"] for row in takes(wanflow, "current") if row["picked"]] == [6]


def test_a_lock_that_cannot_be_read_is_told_and_stays(wanflow: Wanflow, paid: Store) -> None:
    """What a person decided is in it: a repair touches it as little as what it would say."""
    LOCK.write_text("<<<<<<< ours\n" + LOCK.read_text(encoding="utf-8"), encoding="utf-8")
    before = LOCK.read_bytes()
    TRACES.unlink()
    said = wanflow("doctor", "--backend", "animatic", "--repair")
    assert (said.code, "`wanflow.lock` has a merge conflict at line 1" in said.out) == (1, True)
    assert "not in the lock" not in said.out
    assert LOCK.read_bytes() == before


def test_the_animatic_gets_its_lock_back_too(wanflow: Wanflow, rendered: Path) -> None:
    """Nothing is drawn again, and a repair writes what there was."""
    places = [Path(".wanflow/animatic.lock"), TRACES]
    before = [place.read_bytes() for place in places]
    lose(places)
    assert "render" not in actions(wanflow)
    assert "takes are in the journal and not in the lock" in doctor(wanflow)
    doctor(wanflow, "--repair")
    assert [place.read_bytes() for place in places] == before
    lose(places)
    assert wanflow("run").code == 0
    assert places[0].read_bytes() == before[0]
