"""Local work as values that travel: what a job is, what it finds where it is done, and what does jobs.

Nothing here imports ffmpeg, PyAV or Pillow. The jobs themselves lie beside the functions that they call.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from threading import Lock
from typing import Generic, Protocol, TypeVar

import anyio
from anyio import CapacityLimiter, Event, from_thread, lowlevel, to_thread

from wanflow.records import immutable

OnProgress = Callable[[int], None]
"""Receives the number of frames written so far, now and then, in rising order."""

JobResult = TypeVar("JobResult")
JobResult_co = TypeVar("JobResult_co", covariant=True)


class RunningProcesses:
    """The processes that a job runs, so that another thread can end them all.

    Once killed it stays so: what is started on it afterwards ends at once. They run at a lower priority where
    `niceness` is above 0, as `nice` has it; Windows has no such number.
    """

    def __init__(self, niceness: int = 0) -> None:
        self._niceness = niceness
        self._lock = Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._killed = False

    @property
    def killed(self) -> bool:
        """Whether `kill` was called."""
        return self._killed

    def kill(self) -> None:
        """End every process and its group, now; may be called from any thread, more than once."""
        with self._lock:
            self._killed = True
            for process in self._running:
                _kill_group(process)

    @contextmanager
    def hold(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Make a process one of these; however the block is left, the process has ended then."""
        with self._lock:
            self._running.add(process)
            if self._killed:
                _kill_group(process)
        if sys.platform != "win32" and self._niceness:
            with suppress(OSError):  # it ended already
                os.setpriority(os.PRIO_PROCESS, process.pid, self._niceness)
        try:
            yield
        finally:
            with self._lock:
                _kill_group(process)
                process.wait()
                self._running.discard(process)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        if sys.platform == "win32":
            process.kill()  # without a group: ffmpeg starts no process
        else:
            os.killpg(process.pid, signal.SIGKILL)


@immutable
class Worker:
    """What a job finds where it is done.

    `root` is the folder that the job's files are relative to; `processes` are those that a cancellation kills.
    """

    root: Path
    processes: RunningProcesses = field(default_factory=RunningProcesses)
    progress: OnProgress | None = None


class Job(ABC, Generic[JobResult_co]):
    """Local work as a frozen value that can be pickled, with a result that can be pickled.

    Its files are relative to the folder of the production, so that any machine which has that folder can do it.
    """

    __slots__ = ()

    @abstractmethod
    def perform(self, worker: Worker) -> JobResult_co:
        """Do it in this thread, however long that takes; a target is written whole or not at all."""


@immutable
class Background(Job[JobResult_co]):
    """A job that nothing waits for: it is done while no other job wants the machine."""

    job: Job[JobResult_co]

    def perform(self, worker: Worker) -> JobResult_co:
        """Do the job."""
        return self.job.perform(worker)


class Jobs(Protocol):
    """What does jobs: threads of this process (`LocalJobs`), a record in a test, other machines.

    Obligations: it limits by itself how many jobs run at once, and finds the folder that their files are relative to;
    `progress` is called in the event loop with rising numbers of frames; a cancelled job leaves no process and no
    partial file; what a job raises comes out as it is, never in a group of exceptions.
    """

    async def __call__(self, job: Job[JobResult], progress: OnProgress | None = None) -> JobResult:
        """Do one job as soon as the limit allows it, and return its result."""
        ...


class LimitedJobs(ABC):
    """Does at most `at_once` jobs at a time, wherever.

    A `Background` job begins only while a place is left that no other job waits for, and one of them runs at a time.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._background, self._wanted = CapacityLimiter(1), 0
        self._changed: Event | None = None

    @property
    def at_once(self) -> int:
        """Maximum number of jobs at a time, as far as it is known now."""
        return self._at_once

    async def __call__(self, job: Job[JobResult], progress: OnProgress | None = None) -> JobResult:
        """Do one job."""
        if isinstance(job, Background):
            async with self._background:
                while self._wanted >= self._at_once:
                    self._changed = Event()
                    await self._changed.wait()
                return await self._do(job, progress)
        self._wanted += 1
        try:
            return await self._do(job, progress)
        finally:
            self._wanted -= 1
            if self._changed is not None:
                self._changed.set()

    @abstractmethod
    async def _do(self, job: Job[JobResult], progress: OnProgress | None) -> JobResult:
        """Do a job as soon as there is a place."""


LARGE_BLOCK = 128 * 1024
"""Bytes from which a block of memory goes back to the system when it is freed: what glibc begins with."""
M_MMAP_THRESHOLD = -3
"""The number of that limit in glibc's `mallopt`."""


def give_back_large_blocks() -> None:
    """Make the memory of large blocks go back to the system when they are freed, for the whole process.

    glibc raises its limit to 32 MiB as blocks are freed, and keeps what is below in the heap of the thread that asked
    for it. Frames of clips would add up there with the length of a film. Other libraries of C have no such limit.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)


class LocalJobs(LimitedJobs):
    """Does jobs in threads, with files below `root`; their processes have a `niceness`."""

    def __init__(self, root: Path, at_once: int, niceness: int = 0) -> None:
        super().__init__(at_once)
        give_back_large_blocks()
        self._root, self._niceness, self._limiter = root, niceness, CapacityLimiter(at_once)

    async def _do(self, job: Job[JobResult], progress: OnProgress | None) -> JobResult:
        def in_loop(frames: int) -> None:
            if progress is not None:
                from_thread.run_sync(progress, frames)

        worker = Worker(self._root, RunningProcesses(self._niceness), None if progress is None else in_loop)

        def attempt() -> JobResult | Exception:
            try:
                return job.perform(worker)
            except Exception as fault:  # noqa: BLE001 - raised below: a task group would wrap it in a group
                return fault

        async def kill_when_cancelled() -> None:
            try:
                await anyio.sleep_forever()
            finally:
                worker.processes.kill()

        async with anyio.create_task_group() as watch:
            watch.start_soon(kill_when_cancelled)
            done = await to_thread.run_sync(attempt, limiter=self._limiter)
            # a killed job ends with a fault of its own, but what happened is the cancellation
            await lowlevel.checkpoint_if_cancelled()
            watch.cancel_scope.cancel()
        if isinstance(done, Exception):
            raise done
        return done
