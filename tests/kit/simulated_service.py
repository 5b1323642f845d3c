"""The service as numbers: its limits and its task times, in virtual time, for simulations of thousands of shots."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import anyio
from anyio.abc import TaskGroup

from wanflow.providers.faults import Throttled
from wanflow.providers.protocol import (
    Accepted,
    DownloadedFile,
    Request,
    TaskState,
    TaskStatus,
    TaskSummary,
)

RUNNING = 5
SUBMITS = 5
QUERIES = 20
START = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass(slots=True)
class _Job:
    task_id: str
    model: str
    seconds: float
    created: float
    status: TaskStatus = TaskStatus.PENDING


@dataclass(slots=True)
class SimulatedService:
    """Five tasks of a model run at once, first come, first served; five submits and twenty queries a second pass.

    `seconds` is how long each task runs, by the `id` in its request. `calls` counts what was asked, `busy` the seconds
    that slots of a model were in use.
    """

    group: TaskGroup
    seconds: Mapping[str, float]
    calls: Counter[str] = field(default_factory=Counter)
    jobs: dict[str, _Job] = field(default_factory=dict)
    _queues: defaultdict[str, deque[_Job]] = field(default_factory=lambda: defaultdict(deque))
    _running: Counter[str] = field(default_factory=Counter)
    _times: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    async def submit(self, request: Request) -> Accepted:
        """Take a request in, unless its second is full."""
        self._count(f"submit {request.model}", SUBMITS)
        name = str(request.prompt)
        job = _Job(name, request.model, self.seconds[name], anyio.current_time())
        self.jobs[name] = job
        self._queues[request.model].append(job)
        self._start(request.model)
        return Accepted(name, name)

    async def poll(self, task_id: str) -> TaskState:
        """A look."""
        self._count("query", QUERIES)
        return TaskState(task_id, self.jobs[task_id].status, "r")

    async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
        """As many pages of fifty as are wanted, each of which counts as a query."""
        del model
        rows: list[TaskSummary] = []
        left = set(wanted)
        for number, job in enumerate(reversed(self.jobs.values())):
            if number % 50 == 0:
                self._count("list", QUERIES)
            created = START + timedelta(seconds=job.created)
            rows.append(TaskSummary(job.task_id, job.status, job.model, created, "r"))
            left.discard(job.task_id)
            if number % 50 == 49 and not left:
                break
        return rows

    async def cancel(self, task_id: str) -> bool:
        """Nothing is cancelled in a simulation."""
        self._absent(task_id)

    async def upload(self, path: Path, model: str) -> str:
        """Nothing is uploaded in a simulation."""
        self._absent(path, model)

    async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        """Nothing is fetched in a simulation."""
        self._absent(url, target)

    def _absent(self, *asked: object) -> NoReturn:
        raise AssertionError(f"no part of the simulation: {asked}")

    def _count(self, what: str, most: int) -> None:
        self.calls[what.partition(" ")[0]] += 1
        now, times = anyio.current_time(), self._times[what]
        while times and now - times[0] >= 1:
            times.popleft()
        if len(times) >= most:
            raise Throttled("Requests rate limit exceeded, please try again later.")
        times.append(now)

    def _start(self, model: str) -> None:
        while self._queues[model] and self._running[model] < RUNNING:
            self._running[model] += 1
            self.group.start_soon(self._run, self._queues[model].popleft())

    async def _run(self, job: _Job) -> None:
        job.status = TaskStatus.RUNNING
        await anyio.sleep(job.seconds)
        job.status = TaskStatus.SUCCEEDED
        self._running[job.model] -= 1
        self._start(job.model)
