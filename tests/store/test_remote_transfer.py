"""Takes that move to a remote and back: it is listed once, several move at a time, and they are told in order."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from kit.locks import stored, with_take
from kit.providers import DASHSCOPE
from wanflow.errors import StoreFault
from wanflow.store import blobs, lockfile
from wanflow.store.layout import Store
from wanflow.store.lock import Lock
from wanflow.store.remote import MOST_MOVING, Remote, pull_takes, push_takes

TAKES = 12
SHOTS = [f"s{at:02}" for at in range(TAKES)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with some takes, and an empty remote in memory."""
    fsspec.filesystem("memory").store.clear()
    here, lock = Store(tmp_path / "here", DASHSCOPE), Lock()
    for shot in SHOTS:
        lock = with_take(lock, shot, shot)
        stored(here, shot)
    lockfile.update(here.lock, lambda _: lock)
    return here


def test_a_remote_is_listed_once(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A push, a second one and a pull ask for no single file, and list the remote once each."""
    asked: list[str] = []
    for name in ("info", "find"):
        real = getattr(MemoryFileSystem, name)

        def call(
            self: MemoryFileSystem, *places: str, _real: object = real, _name: str = name, **options: object
        ) -> object:
            asked.append(_name)
            return _real(self, *places, **options)  # type: ignore[operator]

        monkeypatch.setattr(MemoryFileSystem, name, call)
    told: list[str] = []
    assert push_takes(Remote("memory://takes"), store, told.append).moved == tuple(told)
    assert told == [f"{shot}.t1" for shot in SHOTS]
    assert push_takes(Remote("memory://takes"), store).there == TAKES
    there = Store(tmp_path / "there", DASHSCOPE)
    lockfile.update(there.lock, lambda _: lockfile.read(store.lock))
    assert len(pull_takes(Remote("memory://takes"), there).moved) == TAKES
    assert blobs.list_takes(there) == blobs.list_takes(store)
    assert asked.count("find") == 3
    assert asked.count("info") <= TAKES  # opening a file to read asks for its size


def test_several_takes_move_at_a_time_and_a_fault_stops_no_other(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits until as many as may move are under way; the one whose bytes changed is told as a fault."""
    together, real = Barrier(MOST_MOVING, timeout=20), Remote.push

    def push(self: Remote, kept: object, of: Store) -> bool:
        together.wait()
        return real(self, kept, of)  # type: ignore[arg-type]

    monkeypatch.setattr(Remote, "push", push)
    damaged = blobs.take_path(store, next(iter(lockfile.read(store.lock).shots[SHOTS[3]].takes)), ".mp4")
    damaged.chmod(0o644)
    damaged.write_bytes(b"other")
    done = push_takes(Remote("memory://takes"), store)
    assert done.moved == tuple(f"{shot}.t1" for shot in SHOTS if shot != SHOTS[3])
    assert [type(fault) for fault in done.faults] == [StoreFault]
