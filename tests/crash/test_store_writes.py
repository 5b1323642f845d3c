"""The power goes at every single call to the disk: what is read afterwards is the old or the new, never half."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from kit.locks import DATE, attempt, delivered, fingerprint, journaled, recipe, stored, take, with_take
from kit.providers import DASHSCOPE
from wanflow import digest
from wanflow.catalog.model import ResultKind
from wanflow.store import blobs, cut_records, inventory, journal, lockfile, repair, take_names, traces
from wanflow.store.inventory import Inventory
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
from wanflow.store.lock import Lock
from wanflow.store.take import Trace

CALLS = ("open", "fsync", "replace", "chmod", "fchmod", "link", "mkdir", "unlink")
CUT = {"main": "out/main.mp4"}
NEW = digest.of_bytes(b"new")


class PowerCut(BaseException):
    """The machine is gone; nothing in the program may catch it."""


@contextmanager
def power_for(calls: int) -> Iterator[list[int]]:
    """Let that many calls to the disk through, then fail all of them; gives the count of those that were made."""
    made = [0]
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, _counted(getattr(os, name), made, calls))
        yield made


def _counted(real: Callable[..., object], made: list[int], calls: int) -> Callable[..., object]:
    def call(*places: object, **options: object) -> object:
        made[0] += 1
        if made[0] > calls:
            raise PowerCut
        return real(*places, **options)

    return call


def _add_take(store: Store) -> None:
    lockfile.update(store.lock, lambda lock: with_take(lock, "approach", "new"))


def _remember_cut(store: Store) -> None:
    cut_records.remember(store, "main", CUT["main"], "new")


def _trace(store: Store) -> None:
    traces.append(store, Trace(take("approach", "new"), recipe("approach")))


def _intend(store: Store) -> None:
    Journal(store).intended(attempt("a2"))


def _accept(store: Store) -> None:
    Journal(store).accepted("a1", "t1", "r1", DATE)


def _adopt(store: Store) -> None:
    blobs.adopt_take(store, delivered(store, "new"), NEW, ResultKind.FILM)


def _shelve(store: Store) -> None:
    take_names.put(store, digest.of_bytes(b"old"), store.folder / "out" / "shots" / "coast.t1.mp4")


@pytest.fixture
def prepare(tmp_path: Path) -> Callable[[str], Store]:
    """Makes a store that an earlier run left, in a folder of its own."""

    def make(name: str) -> Store:
        store = Store(tmp_path / name, DASHSCOPE)
        stored(store, "old")
        traces.append(store, Trace(take("coast", "old"), recipe("coast")))
        lockfile.update(store.lock, lambda lock: with_take(lock, "coast", "old"))
        Journal(store).intended(attempt("a1"))
        (store.folder / "out").mkdir()
        (store.folder / CUT["main"]).write_bytes(b"a cut")
        cut_records.remember(store, "main", CUT["main"], "old")
        return store

    return make


def _survey(store: Store) -> Inventory:
    return inventory.survey(store, CUT)


@pytest.mark.parametrize("write", [_add_take, _remember_cut, _trace, _intend, _accept, _adopt, _shelve])
def test_every_write_interrupted_leaves_the_old_or_the_new(
    prepare: Callable[[str], Store], write: Callable[[Store], None]
) -> None:
    """Cut at each call to the disk in turn, then done again: nothing is half, nothing is lost, the second try works."""
    old = _survey(prepare("before"))
    finished = prepare("after")
    with power_for(1_000_000) as made:
        write(finished)
    new = _survey(finished)
    assert made[0] > 1
    for calls in range(made[0]):
        store = prepare(f"cut-{calls}")
        with power_for(calls), suppress(PowerCut):
            write(store)
        assert _survey(store) in (old, new)
        write(store)
        assert _survey(store) == new


def test_a_repair_interrupted_at_any_moment_ends_the_same_when_it_is_done_again(
    prepare: Callable[[str], Store],
) -> None:
    """Lock and traces are lost, and the power goes at each call to the disk in turn: no take is left out in the end."""

    def lost(name: str) -> Store:
        store = prepare(name)
        journaled(store, "paid", number=2)
        lockfile.update(store.lock, lambda lock: Lock())
        store.traces.unlink()
        return store

    whole = lost("whole")
    with power_for(1_000_000) as made:
        repair.repair_store(whole)
    assert made[0] > 10
    paid = digest.of_bytes(b"paid")
    for calls in range(made[0]):
        store = lost(f"cut-{calls}")
        with power_for(calls), suppress(PowerCut):
            repair.repair_store(store)
        have = _survey(store)
        entered = {item for entry in have.lock.shots.values() for item in entry.takes}
        assert paid in entered | {item.digest for item in have.takes.get(fingerprint("coast"), ())}
        repair.repair_store(store)
        assert [place.read_bytes() for place in (store.lock, store.traces)] == [
            place.read_bytes() for place in (whole.lock, whole.traces)
        ]


def test_a_take_counts_as_here_only_when_all_of_it_is(prepare: Callable[[str], Store]) -> None:
    """Whenever the power goes, a take that the store lists has exactly the bytes of its name."""
    for calls in range(12):
        store = prepare(f"cut-{calls}")
        with power_for(calls), suppress(PowerCut):
            _adopt(store)
        for name in blobs.list_takes(store):
            assert blobs.is_whole(blobs.take_path(store, name, ".mp4"), name)


WRITE_FOREVER = """
import sys
from pathlib import Path
from kit.locks import DATE, attempt, with_take
from kit.providers import DASHSCOPE
from wanflow.store import lockfile
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
store = Store(Path(sys.argv[1]), DASHSCOPE)
for number in range(1, 100_000):
    Journal(store).intended(attempt(f"a{number}"))
    Journal(store).accepted(f"a{number}", f"t{number}", "r", DATE)
    lockfile.update(store.lock, lambda lock: with_take(lock, "coast", f"film {number}", number=number))
    print(number, flush=True)
"""


def test_a_process_killed_while_it_writes_loses_nothing_that_it_reported(tmp_path: Path) -> None:
    """Killed without warning at some moment of its work: everything that it reported is on disk, and one more at most."""
    for reported in (1, 7, 20):
        store = Store(tmp_path / str(reported), DASHSCOPE)
        search = os.pathsep.join(sys.path)
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITE_FOREVER, str(store.folder)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": search},
            text=True,
        )
        with writer:
            assert writer.stdout is not None
            said = [int(writer.stdout.readline()) for _ in range(reported)]
            writer.kill()
            said += [int(line) for line in writer.stdout]
        numbers = set(lockfile.read(store.lock).shots["coast"].numbers.values())
        assert numbers in (set(said), {*said, said[-1] + 1})
        journal_state = journal.read(store)
        assert {f"t{number}" for number in said} <= journal_state.known
        assert len(journal_state.unknown_fate) <= 1
