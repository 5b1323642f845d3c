"""The lock of a run: written in groups, never behind what others wrote, and completed from the journal after a kill."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import anyio
import pytest

from kit.locks import DATE, attempt, fingerprint, recipe, stored, take
from kit.providers import DASHSCOPE
from wanflow.runner.lock_writer import GROUP_SECONDS, LockWriter
from wanflow.store import atomic, journal, lock_text, lockfile, rebuild
from wanflow.store import lock as locks
from wanflow.store.attempt import Attempt
from wanflow.store.inventory import survey
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
from wanflow.store.lock import Lock

pytestmark = pytest.mark.anyio


def writer_of(store: Store) -> LockWriter:
    """A writer as a run has it."""
    return LockWriter(store, Journal(store), lambda: DATE)


def counted(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str) -> list[str]:
    """The calls of a function from now on, one item each."""
    calls: list[str] = []
    real = getattr(module, name)

    def call(*arguments: object, **named: object) -> object:
        calls.append(name)
        return real(*arguments, **named)

    monkeypatch.setattr(module, name, call)
    return calls


def deliver(store: Store, shot: str, content: str, *, number: int = 1) -> str:
    """A take that is in the store and the journal, for the lock to follow; gives its digest."""
    made, notes = take(shot, content, seed=number), Journal(store)
    stored(store, content)
    asked = Attempt(f"a-{content}", shot, number, made.model, made.fingerprint, number, recipe(shot), DATE)
    notes.intended(asked)
    notes.accepted(asked.id, str(made.task_id), "", DATE)
    notes.stored(str(made.task_id), made.digest, DATE, take=made, unfiled=True, current=fingerprint(shot))
    return made.digest


def enter(writer: LockWriter, shot: str, content: str, number: int = 1) -> Lock:
    """Enter such a take in the lock."""
    made = take(shot, content, seed=number)

    def change(lock: Lock) -> Lock:
        return locks.set_current(locks.add_take(lock, shot, made, recipe(shot), number), shot, fingerprint(shot))

    return writer.change(change, made.task_id)


async def test_many_takes_are_written_in_two_groups_and_parsed_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes within a second is written together, and the file is parsed once, however many takes come."""
    store = Store(tmp_path, DASHSCOPE)
    writer = writer_of(store)
    writes = counted(monkeypatch, lock_text, "to_text")
    reads = counted(monkeypatch, lock_text, "from_text")
    lines = counted(monkeypatch, lock_text, "as_written")
    for number in range(1, 31):
        deliver(store, f"s{number}", f"take {number}")
        enter(writer, f"s{number}", f"take {number}")
    writer.write()
    assert (len(writes), len(reads)) == (2, 0)
    assert len(lines) == 60  # once for the lines, once for the value that is kept
    assert len(lockfile.read(store.lock).shots) == 30
    assert journal.read(store).unfiled == ()


async def test_a_change_is_written_in_time_without_a_later_one(tmp_path: Path) -> None:
    """A second after the last group the next one is in the file, while the run waits for other things."""
    store = Store(tmp_path, DASHSCOPE)
    writer = writer_of(store)
    async with anyio.create_task_group() as group:
        with writer.written_beside(group):
            for shot in ("coast", "pier"):
                deliver(store, shot, shot)
                enter(writer, shot, shot)
            assert "pier" not in lockfile.read(store.lock).shots
            await anyio.sleep(GROUP_SECONDS + 0.1)
            assert "pier" in lockfile.read(store.lock).shots


async def test_what_others_decide_meanwhile_stays(tmp_path: Path) -> None:
    """A pick of another process between two groups is in the lock with what the run enters after it."""
    store = Store(tmp_path, DASHSCOPE)
    writer = writer_of(store)
    first = deliver(store, "coast", "first")
    enter(writer, "coast", "first")
    second = deliver(store, "coast", "second", number=2)
    enter(writer, "coast", "second", 2)  # not in the file yet
    text = store.lock.read_text(encoding="utf-8")
    other = locks.pick(lock_text.from_text(text, "wanflow.lock"), "coast", fingerprint("coast"), first)
    atomic.write_whole(store.lock, lock_text.to_text(other).encode())
    assert writer.read().shots["coast"].picks == {fingerprint("coast"): first}
    writer.write()
    entry = lock_text.from_text(store.lock.read_text(encoding="utf-8"), "wanflow.lock").shots["coast"]
    assert entry.picks == {fingerprint("coast"): first}
    assert entry.numbers == {first: 1, second: 2}


async def test_everybody_sees_a_take_that_the_lock_has_not_yet(tmp_path: Path) -> None:
    """While a run goes on, and after it was killed: number, request and file, though the lock's file has nothing."""
    store = Store(tmp_path, DASHSCOPE)
    made = deliver(store, "coast", "first", number=3)
    have = survey(store, {})
    assert have.lock.shots["coast"].numbers == {made: 3}
    assert have.lock.shots["coast"].current == fingerprint("coast")
    assert have.stored == ()
    assert lockfile.read(store.lock) == Lock()
    writer_of(store).catch_up()
    assert lockfile.read(store.lock) == have.lock
    assert journal.read(store).unfiled == ()


async def test_a_lock_that_was_written_is_not_filled_up_again(tmp_path: Path) -> None:
    """The lock of another branch in git lacks takes that this journal has: they are not entered there."""
    store = Store(tmp_path, DASHSCOPE)
    writer = writer_of(store)
    deliver(store, "coast", "first")
    enter(writer, "coast", "first")
    writer.write()
    atomic.write_whole(store.lock, lock_text.to_text(Lock()).encode())
    assert rebuild.present_lock(store) == Lock()


async def test_a_journal_that_grew_is_read_from_where_it_grew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records that are known are not read again, unless they were changed."""
    store = Store(tmp_path, DASHSCOPE)
    notes = Journal(store)
    for number in range(5):
        notes.intended(attempt(f"a{number}"))
        assert len(journal.read(store).unknown_fate) == number + 1
    reads = counted(monkeypatch, journal, "attempt_of")
    notes.intended(attempt("more"))
    assert len(journal.read(store).unknown_fate) == 6
    assert len(reads) == 1
    store.journal.write_bytes(store.journal.read_bytes().replace(b"a0", b"b0"))
    assert {each.id for each in journal.read(store).unknown_fate} >= {"b0", "more"}
    assert len(reads) == 7
