"""Files of every version that ever was are read: a new wanflow refuses none of an older one (docs/durability.md)."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from kit.locks import DATE, fingerprint, take
from kit.providers import DASHSCOPE
from wanflow.store import journal, layout, lock_text, lockfile, rebuild, traces
from wanflow.store.layout import Store
from wanflow.store.take import Film, Trace

FROZEN = Path(__file__).parent / "frozen"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store whose files are those of version 1; a later version gets frozen files of its own beside them."""
    store = Store(tmp_path, DASHSCOPE)
    store.root.mkdir()
    for name, place in {
        "journal.v1.jsonl": store.journal,
        "traces.v1.jsonl": store.traces,
        "lock.v1.json": store.lock,
        "store.v1.json": store.format,
    }.items():
        shutil.copy(FROZEN / name, place)
    return store


def test_a_journal_of_version_1_is_read(store: Store) -> None:
    """Each of its events means what it meant."""
    journal_state = journal.read(store)
    assert [lost.id for lost in journal_state.unknown_fate] == ["a7"]
    assert [attempt.id for attempt in journal_state.presumed] == ["a3"]
    assert [(task.task_id, task.running, task.seed_uncertain) for task in journal_state.open] == [("t4", True, True)]
    assert [task.task_id for task in journal_state.forgotten] == ["t6"]
    assert [(ending.attempt.id, ending.state) for ending in journal_state.endings] == [
        ("a2", "refused"),
        ("a5", "refused"),
        ("a6", None),
    ]
    assert journal_state.known == {"t1", "t4", "t5", "t6"}
    assert journal_state.online["d" * 64].task_id == "t1"
    assert [(task.attempt.id, task.digest, task.facts) for task in journal_state.stored] == [("a1", "d" * 64, None)]


def test_traces_and_a_lock_of_version_1_are_read(store: Store) -> None:
    """The take that both know."""
    layout.recognise(store)
    wanted = take("coast", "film")
    assert traces.read(store).takes == {fingerprint("coast"): (wanted,)}
    assert lockfile.read(store.lock).shots["coast"].takes == {wanted.digest: wanted}


def test_a_lock_of_version_2_says_the_same(store: Store) -> None:
    """Another form, and nothing else."""
    assert lockfile.read(FROZEN / "lock.v2.json") == lockfile.read(store.lock)


WRITTEN = ("lock.v2.written.json", "traces.v1.written.jsonl", "journal.v1.written.jsonl")
"""Names of files that were written before takes could hold pictures, each in its present form."""


def test_films_are_written_as_they_always_were(tmp_path: Path) -> None:
    """Lock, traces and journal are read, and written again to the byte."""
    store = Store(tmp_path, DASHSCOPE)
    lock = lockfile.read(FROZEN / WRITTEN[0])
    assert lock_text.to_text(lock) == (FROZEN / WRITTEN[0]).read_text(encoding="utf-8")
    brought = lock.shots["coast"].takes[str(lock.shots["coast"].held)]
    assert (brought.result, brought.seed) == (Film(150, Fraction(30000, 1001), 1280, 720), None)
    store.root.mkdir()
    shutil.copy(FROZEN / WRITTEN[1], store.traces)
    known = traces.read(store)
    assert set(known.takes[fingerprint("coast")]) == set(lock.shots["coast"].takes.values())
    store.traces.unlink()
    for made in known.takes[fingerprint("coast")]:
        traces.append(store, Trace(made, known.recipes[made.fingerprint]))
    assert store.traces.read_bytes() == (FROZEN / WRITTEN[1]).read_bytes()
    shutil.copy(FROZEN / WRITTEN[2], store.journal)
    (task,) = journal.read(store).stored
    store.journal.unlink()
    again = journal.Journal(store)
    again.intended(task.attempt)
    again.accepted(task.attempt.id, task.task_id, "r1", DATE)
    again.succeeded(task.task_id, "https://results/1", DATE, service="host 0123456789ab")
    (made,) = rebuild.traces_of([task], rebuild.unmeasured).values()
    again.stored(task.task_id, task.digest, DATE, take=made.take)
    assert store.journal.read_bytes() == (FROZEN / WRITTEN[2]).read_bytes()
