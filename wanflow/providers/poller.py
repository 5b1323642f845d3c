"""One poller for all tasks: on common ticks, by one list call for many, and when a task is likely to be done."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio

from wanflow.providers.faults import ServiceFault
from wanflow.providers.protocol import (
    Accepted,
    Delegating,
    ProviderClient,
    Request,
    Seen,
    TaskState,
    TaskStatus,
    TaskSummary,
    unseen,
)

LIST_FROM = 3
"""Number of due tasks from which one list call costs fewer queries than one poll each, even if some are done."""
CHECK_EVERY = 8
"""Number of looks of which one is a poll of the task itself, since a list may lag behind."""
LIKELY = 0.8
"""Part of the shortest time of a task in this run before which no task is polled."""

Rows = Mapping[str, TaskSummary]


@dataclass(slots=True)
class _WatchedTask:
    """One task that is waited for, and when it is looked at next."""

    task_id: str
    due: float
    looks: int = 0


class Poller(Delegating):
    """A client whose `wait_until_done` polls all tasks of a run together.

    A task that was submitted through it is looked at on the next tick, since invalid requests fail within seconds
    (service.md 4.2), and then when it is likely to be done; any other task at once. Two looks at one task are
    at least `poll_seconds` apart, and all together stay below the service's 20 queries a second (service.md 4.3).
    Without `lists` the provider has no list, and each task is asked itself.
    """

    def __init__(
        self, service: ProviderClient, poll_seconds: float, looks_per_second: float = 15, *, lists: bool = True
    ) -> None:
        super().__init__(service)
        self._lists = lists
        self._poll_seconds = poll_seconds
        self._gap = 1 / looks_per_second
        self._free_at = 0.0
        self._epoch: float | None = None
        self._submitted: dict[str, float] = {}
        self._quickest: float | None = None
        self._watches: dict[str, _WatchedTask] = {}
        self._reading = anyio.Lock()
        self._read: tuple[float, Rows] = (-math.inf, {})
        self._missed: set[str] = set()

    async def submit(self, request: Request) -> Accepted:
        """Send a request once; from now on its task has an age."""
        accepted = await self._service.submit(request)
        self._submitted[accepted.task_id] = anyio.current_time()
        return accepted

    async def poll(self, task_id: str) -> TaskState:
        """Ask for a task once, within the service's limit."""
        async with self._turn():
            return await self._service.poll(task_id)

    async def wait_until_done(self, task_id: str, seen: Seen = unseen) -> TaskState:
        """Look at a task, with the others, until it is final."""
        now = anyio.current_time()
        if self._epoch is None:
            self._epoch = now
        watch = _WatchedTask(task_id, self._tick(now) if task_id in self._submitted else now)
        self._watches[task_id] = watch
        try:
            while True:
                await anyio.sleep_until(watch.due)
                state = await self._look(watch)
                seen(state)
                if state.status.final:
                    break
                likely = self._submitted.get(task_id, -math.inf) + LIKELY * (self._quickest or 0)
                watch.due = self._tick(max(watch.due + self._poll_seconds, anyio.current_time(), likely))
        finally:
            self._watches.pop(task_id, None)
        began = self._submitted.pop(task_id, None)
        if began is not None and state.status is TaskStatus.SUCCEEDED:
            took = anyio.current_time() - began
            self._quickest = took if self._quickest is None else min(took, self._quickest)
        return state

    async def _look(self, watch: _WatchedTask) -> TaskState:
        async with self._reading:
            row = await self._row(watch)
        watch.looks += 1
        if row is not None and not row.status.final and watch.looks % CHECK_EVERY:
            return TaskState(watch.task_id, row.status, row.request_id)
        return await self.poll(watch.task_id)

    async def _row(self, watch: _WatchedTask) -> TaskSummary | None:
        """A task's row of the list; the first task that is due reads the list for all that are due."""
        read_at, rows = self._read
        if read_at < watch.due:
            due = [other.task_id for other in self._watches.values() if other.due <= anyio.current_time()]
            # a task that the list did not show is polled: a second search would read every page of the account
            wanted = [task_id for task_id in due if task_id not in self._missed]
            rows = await self._list(wanted) if self._lists and len(wanted) >= LIST_FROM else {}
            self._read = (anyio.current_time(), rows)
        return rows.get(watch.task_id)

    async def _list(self, wanted: list[str]) -> Rows:
        """The list, as far as it is needed; empty where it fails, so that the tasks are polled one by one."""
        try:
            async with self._turn():
                rows = {row.task_id: row for row in await self._service.list(None, wanted)}
        except ServiceFault:
            return {}
        self._missed |= set(wanted) - rows.keys()
        return rows

    def _tick(self, earliest: float) -> float:
        """The first common tick from a time on; the ticks are `poll_seconds` apart."""
        epoch = self._epoch or 0.0
        ticks = math.ceil((earliest - epoch) / self._poll_seconds - 1e-6)
        return epoch + ticks * self._poll_seconds

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait until the service's limit allows one more query; no other begins in the time that its reply asks for."""
        turn = max(anyio.current_time(), self._free_at)
        self._free_at = turn + self._gap
        await anyio.sleep_until(turn)
        try:
            yield
        except ServiceFault as fault:
            self._free_at = max(self._free_at, anyio.current_time() + (fault.retry_after or 0))
            raise


class CompletionPoller(Delegating):
    """A client of an application in this process, where `changed` waits for a task's next change.

    A task is polled at once and after each change; for one that is final `changed` returns at once.
    """

    def __init__(self, service: ProviderClient, changed: Callable[[str], Awaitable[None]]) -> None:
        super().__init__(service)
        self._changed = changed

    async def wait_until_done(self, task_id: str, seen: Seen = unseen) -> TaskState:
        """Poll a task after each of its changes until it is final."""
        while True:
            await self._changed(task_id)
            state = await self._service.poll(task_id)
            seen(state)
            if state.status.final:
                return state
