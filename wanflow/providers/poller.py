"""One poller for all tasks: on common ticks, by one list call for many, and when a task is likely to be done."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import field

import anyio

from wanflow.providers.faults import ServiceFault
from wanflow.providers.protocol import (
    Accepted,
    Delegating,
    Eager,
    ProviderClient,
    Request,
    Seen,
    TaskState,
    TaskStatus,
    TaskSummary,
    always,
    unseen,
)
from wanflow.providers.task_times import KNOWN, TaskTimes
from wanflow.records import mutable

LIST_FROM = 2
"""Number of due tasks from which one list call costs fewer queries than one poll each, even if some are done."""
CHECK_EVERY = 8
"""Number of lists of which one is checked by a poll, since a list may lag; then none is read for as many intervals."""
BELIEVED = 2 * CHECK_EVERY
"""Number of looks at a task of which one is a poll of the task itself in any case."""
WORTH = 0.07
"""Part of the shortest time between two looks by which an end may be noticed late where the run waits for it.

A smaller part costs queries before a task is likely to end, and a larger one time: see benchmarks/README.md.
"""
PATIENT = 3
"""A task for which nothing waits is looked at this many times less often while no times are known."""

Rows = Mapping[str, TaskSummary]


@mutable
class _WatchedTask:
    """One task that is waited for, when it is looked at next, and from when on it may be.

    `believed` counts the lists that were believed since it was asked itself; `sleep` ends when it is due.
    """

    task_id: str
    due: float
    free: float
    believed: int = 0
    sleep: anyio.CancelScope = field(default_factory=anyio.CancelScope)

    async def sleep_until_due(self) -> None:
        with anyio.CancelScope(deadline=self.due) as self.sleep:
            await anyio.sleep_forever()


class Poller(Delegating):
    """A client whose `wait_until_done` polls all tasks of a run together.

    A task that was submitted through it is looked at on the next tick, since invalid requests fail within seconds
    (service.md 4.2), and then when a look is likely to be worth it; any other task at once. Two looks at one task are
    at least `poll_seconds` apart, more where little waits for it. All together stay below the service's 20 queries a
    second (service.md 4.3).
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
        self._submitted: dict[str, tuple[str, float]] = {}
        self._took: dict[str, TaskTimes] = {}
        self._watches: dict[str, _WatchedTask] = {}
        self._reading = anyio.Lock()
        self._read: tuple[float, Rows] = (-math.inf, {})
        self._missed: set[str] = set()
        self._unchecked = 0
        self._checked = ""
        self._lists_from = -math.inf

    async def submit(self, request: Request) -> Accepted:
        """Send a request once; from now on its task has an age."""
        accepted = await self._service.submit(request)
        self._submitted[accepted.task_id] = (request.model, anyio.current_time())
        return accepted

    async def poll(self, task_id: str) -> TaskState:
        """Ask for a task once, within the service's limit."""
        async with self._turn():
            return await self._service.poll(task_id)

    async def wait_until_done(self, task_id: str, seen: Seen = unseen, eager: Eager = always) -> TaskState:
        """Look at a task, with the others, until it is final."""
        now = anyio.current_time()
        if self._epoch is None:
            self._epoch = now
        first = self._tick(now) if task_id in self._submitted else now
        watch = self._watches[task_id] = _WatchedTask(task_id, first, first)
        try:
            while True:
                await watch.sleep_until_due()
                state = await self._look(watch)
                seen(state)
                if state.status.final:
                    break
                watch.free = self._tick(max(watch.due + self._poll_seconds, anyio.current_time()))
                watch.due = max(watch.free, self._worth_a_look(watch, eager()))
        finally:
            self._watches.pop(task_id, None)
        submitted = self._submitted.pop(task_id, None)
        if submitted is not None and state.status is TaskStatus.SUCCEEDED:
            model, began = submitted
            self._took.setdefault(model, TaskTimes()).add(anyio.current_time() - began)
        return state

    def _worth_a_look(self, watch: _WatchedTask, eager: float) -> float:
        """The tick on which a task is looked at next, by the times of its model, and by what waits for it."""
        model, began = self._submitted.get(watch.task_id, ("", 0.0))
        times = self._took.get(model)
        # tasks for which little waits are looked at on the same ticks, so that one list does for them
        every = PATIENT if eager * PATIENT**2 < 1 else round(eager**-0.5)
        if times is None or times.known < KNOWN:
            return self._tick(watch.due + every * self._poll_seconds, every)
        # a second matters `eager` times as much as one of the run; no end is expected to be noticed an interval late
        lateness = self._poll_seconds * min(WORTH / max(eager, WORTH), 1)
        now = anyio.current_time()
        look = began + times.next_look(now - began, lateness)
        return self._tick(max(watch.free, look - every * self._poll_seconds / 2), every)

    async def _look(self, watch: _WatchedTask) -> TaskState:
        async with self._reading:
            row = await self._row(watch)
        watch.believed += 1
        doubted = self._checked == watch.task_id or watch.believed >= BELIEVED
        if row is not None and not row.status.final and not doubted:
            return TaskState(watch.task_id, row.status, row.request_id)
        watch.believed = 0
        state = await self.poll(watch.task_id)
        if row is not None and state.status.final and not row.status.final:
            self._lists_from = anyio.current_time() + CHECK_EVERY * self._poll_seconds
        return state

    async def _row(self, watch: _WatchedTask) -> TaskSummary | None:
        """A task's row of the list; the first task that is due reads the list for all that are due."""
        read_at, rows = self._read
        if read_at < watch.due:
            due = [other for other in self._watches.values() if other.due <= anyio.current_time()]
            # a task that the list did not show is polled: a second search would read every page of the account
            wanted = [other.task_id for other in due if other.task_id not in self._missed]
            lists = self._lists and self._lists_from <= watch.due
            rows = await self._list(wanted) if lists and len(wanted) >= LIST_FROM else {}
            self._read = (anyio.current_time(), rows)
            self._check(due, rows)
            self._wake_ended(watch.due, rows)
        return rows.get(watch.task_id)

    def _check(self, due: Sequence[_WatchedTask], rows: Rows) -> None:
        """Choose a task that is asked itself, since a list may lag: the one that was believed the longest."""
        self._unchecked += bool(rows)
        running = [watch for watch in due if watch.task_id in rows and not rows[watch.task_id].status.final]
        self._checked = ""
        if running and self._unchecked >= CHECK_EVERY:
            self._checked = max(running, key=lambda watch: watch.believed).task_id
            self._unchecked = 0

    def _wake_ended(self, looked: float, rows: Rows) -> None:
        """Wake who is not due yet and whose end is in a list of the time `looked`, which costs no query more."""
        for watch in self._watches.values():
            row = rows.get(watch.task_id)
            if row is not None and row.status.final and watch.free <= looked < watch.due:
                watch.due = watch.sleep.deadline = looked

    async def _list(self, wanted: list[str]) -> Rows:
        """The list, as far as it is needed; empty where it fails, so that the tasks are polled one by one."""
        try:
            async with self._turn():
                rows = {row.task_id: row for row in await self._service.list(None, wanted)}
        except ServiceFault:
            return {}
        self._missed |= set(wanted) - rows.keys()
        return rows

    def _tick(self, earliest: float, every: int = 1) -> float:
        """The first common tick from a time on, of those that are `every` looks apart."""
        epoch, apart = self._epoch or 0.0, every * self._poll_seconds
        return epoch + math.ceil((earliest - epoch) / apart - 1e-6) * apart

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

    async def wait_until_done(self, task_id: str, seen: Seen = unseen, eager: Eager = always) -> TaskState:
        """Poll a task after each of its changes until it is final."""
        del eager
        while True:
            await self._changed(task_id)
            state = await self._service.poll(task_id)
            seen(state)
            if state.status.final:
                return state
