"""The lock of a run: what the run enters is known at once, and written to the lock's file in groups.

A take that is stored is in the journal before it is entered here. What a killed run did not write any more, the next
command takes from there (`wanflow.store.rebuild`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import anyio
from anyio.abc import TaskGroup

from wanflow.errors import StoreFault
from wanflow.store import journal, lockfile, rebuild
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
from wanflow.store.lock import Lock

GROUP_SECONDS = 1.0
"""Minimum time in seconds between two times that a run writes its lock, unless it ends."""

Change = Callable[[Lock], Lock]


class LockWriter:
    """Reads and changes the lock of a run; raises LockUnreadable and StoreFault.

    Others may change the file meanwhile. What they wrote is read, and what is not written yet is entered in that.
    """

    def __init__(self, store: Store, records: Journal, stamp: Callable[[], str]) -> None:
        self._store, self._records, self._stamp = store, records, stamp
        self._file: Lock | None = None
        self._lock = Lock()
        self._changes: list[Change] = []
        self._tasks: list[str] = []
        self._written = -math.inf
        self._group: TaskGroup | None = None
        self._ended = anyio.Event()
        self._waits = False

    @contextmanager
    def written_beside(self, group: TaskGroup) -> Iterator[None]:
        """In this block a change is written in time also where no later one follows; at its end all are."""
        self._group, self._ended = group, anyio.Event()
        try:
            yield
        finally:
            self.close()
            self._group = None
            self._ended.set()

    def read(self) -> Lock:
        """The lock as it is now, with what is not written yet."""
        now = lockfile.read(self._store.lock)
        if now is not self._file:
            self._file, self._lock = now, self._entered(now)
        return self._lock

    def change(self, change: Change, task_id: str | None = None) -> Lock:
        """Change the lock, now and in its file with the next group; gives the changed lock.

        `task_id` is the task of a take that is entered, which is in the journal already.
        """
        self._lock = change(self.read())
        self._changes.append(change)
        self._tasks += [task_id] if task_id is not None else []
        if anyio.current_time() - self._written >= GROUP_SECONDS:
            self.write()
        elif self._group is not None and not self._waits:
            self._waits = True
            self._group.start_soon(self._write_later)
        return self._lock

    def write(self) -> None:
        """Write to the lock's file what it lacks, and note that in the journal."""
        if not self._changes:
            return
        self.read()
        lockfile.update(self._store.lock, lambda now: self._lock if now is self._file else self._entered(now))
        self._file = self._lock = lockfile.read(self._store.lock)
        self._changes.clear()
        self._written = anyio.current_time()
        if self._tasks:
            self._records.filed(self._tasks, self._stamp())
            self._tasks = []

    def catch_up(self) -> None:
        """Enter the takes that an earlier run stored and could not enter any more."""
        journal_state = journal.read(self._store)
        if journal_state.unfiled:
            lockfile.update(self._store.lock, partial(rebuild.completed, self._store, journal_state))
            self._records.filed([task.task_id for task in journal_state.unfiled], self._stamp())

    def close(self) -> None:
        """Write what is left, as far as the disk allows: the journal has it anyway."""
        with suppress(StoreFault):
            self.write()

    def _entered(self, lock: Lock) -> Lock:
        for change in self._changes:
            lock = change(lock)
        return lock

    async def _write_later(self) -> None:
        with anyio.move_on_after(self._written + GROUP_SECONDS - anyio.current_time()):
            await self._ended.wait()
        self._waits = False
        self.close()
