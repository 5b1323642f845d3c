"""One poller for all tasks: on common ticks, by one list call for many, and when a task is likely to be done."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

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
from wanflow.records import mutable

LIST_FROM = 2
"""Number of due tasks from which one list call costs fewer queries than one poll each, even if some are done."""
CHECK_EVERY = 8
"""Number of looks of which one is a poll of the task itself, since a list may lag behind."""
LIKELY, LIKELY_MEAN = 0.8, 0.45
"""Parts of the shortest and of the mean time of a task in this run before which no task is polled."""
KNOWN = 3
"""Number of finished tasks from which their times say when others are likely to be done."""
PATIENT = 3
"""A task that is not eager is looked at this many times less often."""

Rows = Mapping[str, TaskSummary]


@mutable
class _WatchedTask:
    """One task that is waited for, and when it is looked at next."""

    task_id: str
    due: float
    looks: int = 0


@mutable
class _Times:
    """How long the tasks of a model took in this run, from submit to the look that found them done."""

    known: int = 0
    total: float = 0.0
    quickest: float = math.inf

    def add(self, took: float) -> None:
        self.known += 1
        self.total += took
        self.quickest = min(took, self.quickest)

    @property
    def likely(self) -> float:
        """Seconds after which a task is likely to be done; one slow task says little of the others."""
        return 0.0 if self.known < KNOWN else max(LIKELY * self.quickest, LIKELY_MEAN * self.total / self.known)


class Poller(Delegating):
    """A client whose `wait_until_done` polls all tasks of a run together.

    A task that was submitted through it is looked at on the next tick, since invalid requests fail within seconds
    (service.md 4.2), and then when it is likely to be done; any other task at once. Two looks at one task are
    at least `poll_seconds` apart, three times as many where nothing waits for it. All together stay below the service's
    20 queries a second (service.md 4.3).
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
        self._took: dict[str, _Times] = {}
        self._watches: dict[str, _WatchedTask] = {}
        self._reading = anyio.Lock()
        self._read: tuple[float, Rows] = (-math.inf, {})
        self._missed: set[str] = set()

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
        watch = _WatchedTask(task_id, self._tick(now, self._poll_seconds) if task_id in self._submitted else now)
        self._watches[task_id] = watch
        try:
            while True:
                await anyio.sleep_until(watch.due)
                state = await self._look(watch)
                seen(state)
                if state.status.final:
                    break
                pause = self._poll_seconds * (1 if eager() else PATIENT)
                watch.due = self._tick(max(watch.due + pause, anyio.current_time(), self._likely(task_id)), pause)
        finally:
            self._watches.pop(task_id, None)
        submitted = self._submitted.pop(task_id, None)
        if submitted is not None and state.status is TaskStatus.SUCCEEDED:
            model, began = submitted
            self._took.setdefault(model, _Times()).add(anyio.current_time() - began)
        return state

    def _likely(self, task_id: str) -> float:
        """The time from which a task is likely to be done, by the tasks of its model in this run."""
        model, began = self._submitted.get(task_id, ("", -math.inf))
        times = self._took.get(model)
        return began if times is None else began + times.likely

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

    def _tick(self, earliest: float, apart: float) -> float:
        """The first common tick from a time on, of those that are some seconds `apart`."""
        epoch = self._epoch or 0.0
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
