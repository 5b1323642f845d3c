"""Jobs done in another process, in a copy of the production's folder: a small stand-in for a cluster.

Run as a program it is the worker: it reads a pickled job, and prints its progress and its pickled result.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import cast

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream

from wanflow.media.jobs import Job, JobResult, OnProgress, RunningProcesses, Worker

ROOT = Path(__file__).parents[2]
LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class CountTo(Job[int]):
    """Report each number up to `last`, and return it."""

    last: int

    def perform(self, worker: Worker) -> int:
        """Count."""
        for number in range(self.last):
            assert worker.progress
            worker.progress(number + 1)
        return self.last


class JobsElsewhere:
    """Does at most `at_once` jobs at a time, each in a process and a copy of `root` of its own."""

    def __init__(self, root: Path, at_once: int) -> None:
        self._root = root
        self._limiter = anyio.CapacityLimiter(at_once)

    async def __call__(self, job: Job[JobResult], progress: OnProgress | None = None) -> JobResult:
        """Send the job away, and bring back the files that it made."""
        async with self._limiter:
            with TemporaryDirectory(prefix="elsewhere-") as folder:
                copy = shutil.copytree(self._root, Path(folder) / "copy")
                done = await _send(job, copy, progress)
                for made in (file for file in copy.rglob("*") if file.is_file()):
                    here = self._root / made.relative_to(copy)
                    if not here.exists():
                        shutil.copy(made, here)
        if isinstance(done, Exception):
            raise done
        return cast(JobResult, done)


async def _send(job: Job[JobResult], folder: Path, progress: OnProgress | None) -> object:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests")))}
    command = [sys.executable, "-m", "kit.elsewhere", str(folder)]
    async with await anyio.open_process(command, stdin=subprocess.PIPE, stderr=None, env=environ) as process:
        assert process.stdin
        assert process.stdout
        try:
            await process.stdin.send(pickle.dumps(job))
            await process.stdin.aclose()
            lines = BufferedByteReceiveStream(process.stdout)
            while (line := await lines.receive_until(b"\n", LONGEST_LINE)).isdigit():
                if progress is not None:
                    progress(int(line))
            return pickle.loads(b64decode(line))  # noqa: S301
        finally:
            with anyio.CancelScope(shield=True):
                if process.returncode is None:
                    process.terminate()
                await process.wait()


def work(folder: Path) -> None:
    """Do the job on standard input; SIGTERM ends its processes."""
    worker = Worker(folder, RunningProcesses(), lambda frames: print(frames, flush=True))
    job: Job[object] = pickle.load(sys.stdin.buffer)  # noqa: S301
    done: list[object] = []

    def attempt() -> None:
        try:
            done.append(job.perform(worker))
        except Exception as fault:  # noqa: BLE001
            done.append(fault)

    signal.signal(signal.SIGTERM, lambda *_: worker.processes.kill())
    thread = Thread(target=attempt)
    thread.start()
    thread.join()
    print(b64encode(pickle.dumps(done[0])).decode() + "=", flush=True)


if __name__ == "__main__":
    work(Path(sys.argv[1]))
