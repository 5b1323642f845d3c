"""What runs on a worker of a cluster: it says what it is, does one job, and ends one that was cancelled."""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from threading import Event, Lock
from typing import Generic

import av
import distributed

import wanflow
from wanflow import digest
from wanflow.errors import MediaFault
from wanflow.media import ffmpeg
from wanflow.media.jobs import Job, JobResult, RunningProcesses, Worker
from wanflow.media.text import fonts, layout
from wanflow.records import immutable

PATIENCE_SECONDS = 10
"""Maximum seconds that a cancellation waits for a job whose processes were killed."""

MOST_KILLED = 1_000
"""Maximum jobs that were cancelled before they began and are remembered."""


@immutable
class Machine:
    """What decides about the bytes of a job's result where it is done; `ffmpeg` is empty where there is none.

    `libraries` are those that decode and draw: with other versions a result may have other bytes.
    """

    wanflow: str
    ffmpeg: str
    libraries: str
    fonts: str

    def differences(self, other: Machine) -> Mapping[str, tuple[str, str]]:
        """What differs: its name, with what it is here and what it is elsewhere."""
        pairs = {each.name: (getattr(self, each.name), getattr(other, each.name)) for each in fields(self)}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@immutable
class Done(Generic[JobResult]):
    """How a job ended: with its result or with a fault; `frames` is the last progress that it told."""

    result: JobResult | None
    fault: Exception | None
    frames: int


def describe() -> Machine:
    """This machine."""
    try:
        tool = ffmpeg.identity(ffmpeg.find_ffmpeg(os.environ))
    except MediaFault:
        tool = ""
    libraries = f"{av.__version__} {layout.versions()}"
    folder = Path(wanflow.__file__).parent  # two checkouts of one version may differ
    code = digest.of_json({path.relative_to(folder).as_posix(): digest.of_file(path) for path in folder.rglob("*.py")})
    return Machine(f"{wanflow.__version__} {code[:12]}", tool, libraries, fonts.identity())


@immutable
class Introduction:
    """What a worker says of itself: `read` is what it found in the proof, None where it does not see the file."""

    machine: Machine
    read: str | None
    answer: str


def introduce(proof: str, dask_worker: distributed.Worker) -> Introduction:
    """Read the file that the run wrote, and answer with a copy beside it; called by Dask with the worker."""
    answer = f"{proof}.{digest.of_bytes(dask_worker.address.encode())[:12]}"
    try:
        read = Path(proof).read_text(encoding="utf-8")
        Path(answer).write_text(read, encoding="utf-8")
    except OSError:
        return Introduction(describe(), None, answer)
    return Introduction(describe(), read, answer)


_lock = Lock()
_running: dict[str, tuple[RunningProcesses, Event]] = {}
"""The processes of each job that runs here, and what is set when it has ended."""
_killed: OrderedDict[str, None] = OrderedDict()


def perform(job: Job[JobResult], root: str, name: str, topic: str | None, niceness: int) -> Done[JobResult]:
    """Do a job with the files below `root`, and tell its progress under `topic` as pairs of its name and frames.

    Its processes have a `niceness`. What it raises is given back: Dask would write it to the worker's log as a failure
    of its own.
    """
    here, told = distributed.get_worker(), [0]

    def tell(frames: int) -> None:
        told[0] = frames
        here.log_event(str(topic), (name, frames))

    processes, ended = RunningProcesses(niceness), Event()
    with _lock:
        _running[name] = processes, ended
        if name in _killed:
            processes.kill()
    try:
        result = job.perform(Worker(Path(root), processes, tell if topic else None))
    except Exception as fault:  # noqa: BLE001 - raised where the run is
        return Done(None, fault, told[0])
    else:
        return Done(result, None, told[0])
    finally:
        with _lock:
            del _running[name]
        ended.set()


async def kill(name: str) -> None:
    """End the processes of a job, also if it begins later, and wait until it has removed what it wrote."""
    with _lock:
        running = _running.get(name)
        if running is None:
            _killed[name] = None
            while len(_killed) > MOST_KILLED:
                _killed.popitem(last=False)
            return
    processes, ended = running
    processes.kill()
    await asyncio.to_thread(ended.wait, PATIENCE_SECONDS)
