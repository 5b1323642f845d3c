"""Files of every version that ever was are read: a new wanflow refuses none of an older one (docs/durability.md)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kit.locks import fingerprint, take
from wanflow.store import journal, layout, lockfile, traces
from wanflow.store.layout import Store

FROZEN = Path(__file__).parent / "frozen"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store whose files are those of version 1; a later version gets frozen files of its own beside them."""
    store = Store(tmp_path, "dashscope")
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
    assert [lost.id for lost in journal_state.adrift] == ["a7"]
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
