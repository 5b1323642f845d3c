"""Local work that is done on a Dask cluster: each job goes to a worker that gives the same bytes as this machine."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Thread
from uuid import uuid4

import anyio
from anyio import CapacityLimiter, Event, to_thread
from anyio.from_thread import BlockingPortal
from distributed import CancelledError, Client, Future
from distributed.client import ClosedClientError
from distributed.scheduler import KilledWorker

from wanflow.cluster import worker
from wanflow.cluster.worker import Done, Introduction
from wanflow.errors import ClusterFault
from wanflow.media.jobs import Background, Job, JobResult, LimitedJobs, OnProgress
from wanflow.messages import tr

CONNECT_SECONDS = 10
"""Seconds in which a scheduler and a first worker have to answer."""

SEEN_SECONDS = 5
"""Seconds after which a file that a worker wrote has to be seen here: a network folder may show it late."""

LOOKS = 50
"""Number of looks in that time."""

LOOK_SECONDS = 2
"""Seconds between two looks at the workers while a job runs."""

END_SECONDS = 20
"""Maximum seconds that a run waits for a cluster to end a job, or a connection."""

LONELY_SECONDS = 60
"""Seconds without any usable worker after which jobs fail."""

GIVEN_UP = ("closing", "closed")
"""States of a client that gave its scheduler up."""

PARTS = {
    "wanflow": "wanflow",
    "ffmpeg": "ffmpeg",
    "libraries": tr("set of libraries"),
    "fonts": tr("set of fonts"),
}
"""What decides about the bytes of a result, as people call it."""


@asynccontextmanager
async def open_cluster(
    address: str, root: Path, proof: Path, at_once: int | None, tell: Callable[[str], None], niceness: int = 0
) -> AsyncIterator[ClusterJobs]:
    """A cluster that does jobs with files below `root`, by the address of its scheduler, such as `tcp://10.0.0.5:8786`.

    `proof` is the path of a file below `root` that is written, read by each worker and removed. `tell` gets a sentence
    for each worker that is not used. Jobs with a `niceness` go behind those without. Raises ClusterFault where nothing
    answers, where a worker does not see the folder, and where none can be used.
    """
    client = await to_thread.run_sync(_connect, address)
    try:
        jobs = ClusterJobs(client, root, proof, at_once, tell, niceness)
        await jobs.admit()
        yield jobs
    finally:
        await _patiently(client.close)


def _connect(address: str) -> Client:
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as fault:
        words = tr("no Dask scheduler answers at `{address}`: {fault}", address=address, fault=str(fault))
        hint = tr("start `dask scheduler` there, or work without `--cluster` and WANFLOW_CLUSTER")
        raise ClusterFault(words, hint=hint) from None
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError:
        client.close()
        words = tr("the cluster at `{address}` has no worker", address=address)
        raise ClusterFault(words, hint=tr("start `dask worker {address}`", address=address)) from None
    return client


class ClusterJobs(LimitedJobs):
    """Does jobs on the workers of a cluster that are like this machine, with files below `root`.

    `at_once` is the maximum number of jobs in flight, None as many as the workers have threads. A worker that is lost
    costs its jobs only: Dask gives them to another one. Raises ClusterFault where no worker is left, or where one job
    ends several of them. Workers that come later are used as well.
    """

    def __init__(
        self,
        client: Client,
        root: Path,
        proof: Path,
        at_once: int | None,
        tell: Callable[[str], None],
        niceness: int = 0,
    ) -> None:
        super().__init__(at_once or 1)
        self._niceness = niceness
        self._client, self._root, self._proof, self._fixed, self._tell = client, root, proof, at_once, tell
        self._here = worker.describe()
        self._usable: set[str] = set()
        self._known: set[str] = set()
        self._lonely_since: float | None = None
        self._admitting = anyio.Lock()
        self._limiter = CapacityLimiter(self._at_once)
        self._topic = f"wanflow-{uuid4().hex}"
        self._listeners: dict[str, OnProgress] = {}
        client.subscribe_topic(self._topic, self._hear)

    async def admit(self) -> None:
        """Look at new workers; raises ClusterFault where one does not share the folder, and where none is usable."""
        async with self._admitting:
            threads = await self._workers()
            self._known &= threads.keys()  # another one may come to the address of one that is gone
            new = sorted(threads.keys() - self._known)
            if new:
                self._usable -= set(new)
                for address, told in (await self._introductions(new)).items():
                    refusal = self._refusal(address, told)
                    if refusal is None:
                        self._usable.add(address)
                    else:
                        self._tell(refusal)
                self._known |= set(new)
            if self._usable & threads.keys():
                self._lonely_since = None
            elif self._lonely_since is None:
                self._lonely_since = anyio.current_time()
            if not self._usable:
                raise ClusterFault(
                    tr("no worker of the cluster gives the bytes that this machine gives"),
                    hint=tr("install there what is here: wanflow, its libraries, ffmpeg and fonts"),
                )
            self._at_once = self._fixed or max(1, sum(threads.get(address, 0) for address in self._usable))
            self._limiter.total_tokens = self._at_once

    async def _introductions(self, addresses: Sequence[str]) -> Mapping[str, Introduction | Exception]:
        """What workers say of themselves, after each read a file that was written here and answered by another."""
        words = uuid4().hex
        ask = partial(self._client.run, worker.introduce, str(self._proof), workers=list(addresses), on_error="return")
        files = [self._proof]
        try:
            self._proof.parent.mkdir(parents=True, exist_ok=True)
            self._proof.write_text(words, encoding="utf-8")
            said: dict[str, Introduction | Exception] = await to_thread.run_sync(ask)
            introduced = {address: told for address, told in said.items() if isinstance(told, Introduction)}
            files += [Path(told.answer) for told in introduced.values()]
            for address, told in introduced.items():
                answer, looks = anyio.Path(told.answer), LOOKS
                while looks and not await answer.exists():
                    await anyio.sleep(SEEN_SECONDS / LOOKS)
                    looks -= 1
                if told.read != words or not looks:
                    where = {"address": address, "folder": self._root}
                    raise ClusterFault(
                        tr("worker `{address}` does not share the folder `{folder}`", **where),
                        hint=tr("give all workers the folder under the same path, to read and to write"),
                    )
            return said
        finally:
            for path in files:
                path.unlink(missing_ok=True)

    def _refusal(self, address: str, told: Introduction | Exception) -> str | None:
        """Why a worker is not used; None where it is like this machine."""
        if isinstance(told, Exception):
            return tr(
                "worker `{address}` is not used: it lacks this wanflow ({fault})", address=address, fault=repr(told)
            )
        if not told.machine.ffmpeg:
            return tr("worker `{address}` is not used: it has no ffmpeg", address=address)
        for name, (here, there) in self._here.differences(told.machine).items():
            return tr(
                "worker `{address}` is not used: its {part} is `{there}`, here it is `{here}`",
                address=address,
                part=PARTS[name],
                there=there,
                here=here,
            )
        return None

    async def _do(self, job: Job[JobResult], progress: OnProgress | None) -> JobResult:
        await self.admit()
        told, last = deque[int](), 0

        def pass_on() -> None:
            nonlocal last
            while told and progress is not None:
                frames = told.popleft()
                if frames > last:  # a job that is done again begins again
                    last = frames
                    progress(last)

        async with self._limiter, BlockingPortal() as portal:

            def hear(frames: int) -> None:
                told.append(frames)  # tasks of a portal may run in any order
                _from_dask(portal, pass_on)

            try:
                attempted = None
                while attempted is None:
                    attempted = await self._attempt(job, None if progress is None else hear, portal)
                done = attempted
            except ClusterFault as fault:  # raised below: the portal would wrap it in a group
                done = Done(None, fault, 0)
        if done.fault is not None:
            raise done.fault
        told.append(done.frames)  # what was told last may come after the result
        pass_on()
        return done.result  # type: ignore[return-value]  # None only beside a fault

    async def _attempt(
        self, job: Job[JobResult], hear: OnProgress | None, portal: BlockingPortal
    ) -> Done[JobResult] | None:
        """Have a job done by the workers that are usable now; None where all of them were lost before it was done."""
        name, allowed, ended = uuid4().hex, frozenset(self._usable), Event()
        collected: list[Done[JobResult]] = []

        def collect() -> None:
            collected.append(_result_of(future))
            _from_dask(portal, ended.set)

        if hear is not None:
            self._listeners[name] = hear
        try:
            future = self._submit(job, name, allowed, None if hear is None else self._topic)
            try:
                # in a thread that may be left: Dask waits for ever for a result that was lost with the last worker
                Thread(target=collect, daemon=True).start()
                return collected[0] if await self._wait(ended, allowed) else None
            finally:
                if not ended.is_set():
                    await _patiently(partial(self._end, future, name))
                future.release()
        finally:
            self._listeners.pop(name, None)

    def _submit(
        self, job: Job[JobResult], name: str, allowed: frozenset[str], topic: str | None
    ) -> Future[Done[JobResult]]:
        try:
            return self._client.submit(
                worker.perform,
                job,
                str(self._root),
                name,
                topic,
                self._niceness,
                key=f"wanflow-{name}",
                workers=sorted(allowed),
                priority=-1 if self._niceness or isinstance(job, Background) else 0,
                pure=False,
            )
        except ClosedClientError:
            raise _scheduler_gone() from None

    async def _wait(self, ended: Event, allowed: frozenset[str]) -> bool:
        """Until a job ended; False where the workers that may do it are lost and others are here.

        Raises ClusterFault where the scheduler is gone, and where no worker came for LONELY_SECONDS. These count for
        all jobs together: those that come later do not wait as long again.
        """
        while True:
            with anyio.move_on_after(LOOK_SECONDS):
                await ended.wait()
                return True
            if self._client.status in GIVEN_UP:  # while the job was on its way, so that it never ends
                raise _scheduler_gone()
            if allowed & (await self._workers()).keys():
                continue
            await self.admit()
            if self._lonely_since is None:
                return False
            if anyio.current_time() - self._lonely_since > LONELY_SECONDS:
                raise ClusterFault(
                    tr("no worker of the cluster is left"),
                    hint=tr(
                        "start workers again, or work without `--cluster` and WANFLOW_CLUSTER; what was made is kept"
                    ),
                )

    def _end(self, future: Future[Done[JobResult]], name: str) -> None:
        with suppress(OSError, TimeoutError, RuntimeError, ClosedClientError):  # or the client gave its scheduler up
            future.cancel()
            self._client.run(worker.kill, name, on_error="ignore")

    async def _workers(self) -> Mapping[str, int]:
        """The threads of each worker; asked in a thread, since Dask's own thread may wait for the event loop.

        The scheduler itself is asked: what the client remembers of it lacks its workers every other moment.
        """
        scheduler = self._client.scheduler
        if scheduler is None:  # the client gave it up
            return {}
        ask = partial(self._client.sync, scheduler.identity, n_workers=-1)
        try:
            told = await to_thread.run_sync(ask, abandon_on_cancel=True)
        except (OSError, TimeoutError, RuntimeError):  # a scheduler that ended has none, nor a client that gave it up
            return {}
        return {address: facts["nthreads"] for address, facts in told["workers"].items()}

    def _hear(self, event: tuple[float, tuple[str, int]]) -> None:
        """A worker's progress, in the client's own thread."""
        name, frames = event[1]
        listener = self._listeners.get(name)
        if listener is not None:
            listener(frames)


async def _patiently(end: Callable[[], None]) -> None:
    """End something at Dask, also when cancelled; a cluster that does not answer is left after a while."""
    with anyio.move_on_after(END_SECONDS, shield=True):
        await to_thread.run_sync(end, abandon_on_cancel=True)


def _scheduler_gone() -> ClusterFault:
    words = tr("the scheduler of the cluster is gone")
    return ClusterFault(words, hint=tr("start it again, and then this command; what was made is kept"))


def _from_dask(portal: BlockingPortal, call: Callable[[], None]) -> None:
    """Have something called in the event loop, from a thread of Dask's; nothing where the job has ended."""
    with suppress(RuntimeError):
        portal.start_task_soon(call)


def _result_of(future: Future[Done[JobResult]]) -> Done[JobResult]:
    """How a job ended, once it has; whatever went wrong in the cluster is its fault."""
    try:
        return future.result()
    except KilledWorker:
        words = tr("several workers of the cluster ended while they did one job")
        hint = tr("look at their logs: it may need more memory than they have")
        return Done(None, ClusterFault(words, hint=hint), 0)
    except (CancelledError, OSError, TimeoutError) as fault:
        words = tr("the cluster lost a job: {fault}", fault=str(fault) or type(fault).__name__)
        return Done(None, ClusterFault(words, hint=tr("run again: what was made is kept")), 0)
    except Exception as fault:  # noqa: BLE001 - raised where the run is
        return Done(None, fault, 0)
