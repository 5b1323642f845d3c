"""Jobs in threads of this process, without blocking the event loop."""

from __future__ import annotations

from pathlib import Path

import anyio
from anyio import CapacityLimiter, from_thread, lowlevel, to_thread

from wanflow.media.jobs import Job, JobResult, OnProgress, RunningProcesses, Worker


class LocalJobs:
    """Does at most `at_once` jobs at a time, with files below `root`."""

    def __init__(self, root: Path, at_once: int) -> None:
        self._root = root
        self._limiter = CapacityLimiter(at_once)

    async def __call__(self, job: Job[JobResult], progress: OnProgress | None = None) -> JobResult:
        """Do one job in a thread."""

        def in_loop(frames: int) -> None:
            if progress is not None:
                from_thread.run_sync(progress, frames)

        worker = Worker(self._root, RunningProcesses(), None if progress is None else in_loop)

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


async def _kill_when_cancelled(processes: RunningProcesses) -> None:
    try:
        await anyio.sleep_forever()
    finally:
        processes.kill()
