"""What a process and everything that it starts takes: seconds on the wall, seconds of CPU, memory at its peak."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SAMPLE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process tree took; `peak_bytes` is the resident memory of all of it at once, sampled from /proc."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int

    def __add__(self, other: Spent) -> Spent:
        """Both, one after the other."""
        return Spent(
            self.wall_seconds + other.wall_seconds,
            self.cpu_seconds + other.cpu_seconds,
            max(self.peak_bytes, other.peak_bytes),
        )


class TooMuch(Exception):
    """A process was ended because it took more memory than it may."""


def spend(argv: Sequence[str], *, environ: Mapping[str, str] | None = None, most_bytes: int | None = None) -> Spent:
    """Run a program to its end and measure it.

    Raises CalledProcessError with its last words, and TooMuch where it takes more than `most_bytes`.
    """
    began = time.perf_counter()
    with subprocess.Popen(
        argv, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        watch = _Watch(process.pid, most_bytes)
        said = process.stderr.read() if process.stderr else b""
        _, status, used = os.wait4(process.pid, 0)  # its CPU time is that of all that it waited for as well
        process.returncode = os.waitstatus_to_exitcode(status)
        wall_seconds = time.perf_counter() - began
        watch.end()
    if watch.stopped:
        raise TooMuch(f"took more than {most_bytes} bytes")
    if process.returncode:
        fault = subprocess.CalledProcessError(process.returncode, argv[:2], stderr=said[-2000:])
        fault.add_note(said[-2000:].decode(errors="replace"))
        raise fault
    return Spent(wall_seconds, used.ru_utime + used.ru_stime, watch.peak_bytes)


def middle(spent: Sequence[Spent]) -> Spent:
    """The median of each figure; the highest of the peaks, which sampling can only miss."""
    return Spent(
        median(one.wall_seconds for one in spent),
        median(one.cpu_seconds for one in spent),
        max(one.peak_bytes for one in spent),
    )


def best(spent: Sequence[Spent]) -> Spent:
    """The least of each figure of time, which a busy machine can only raise; the highest of the peaks."""
    return Spent(
        min(one.wall_seconds for one in spent),
        min(one.cpu_seconds for one in spent),
        max(one.peak_bytes for one in spent),
    )


def available_bytes() -> int:
    """Memory that the machine can give without swapping."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


class _Watch:
    """A thread that looks at a process tree again and again, and ends it where it grows too big."""

    def __init__(self, root: int, most_bytes: int | None) -> None:
        self.peak_bytes, self.stopped = 0, False
        self._root, self._most, self._ended = root, most_bytes, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self.peak_bytes = max(self.peak_bytes, sum(map(_resident_bytes, _tree(self._root))))
            if self._most is not None and self.peak_bytes > self._most and not self.stopped:
                self.stopped = True
                with suppress(ProcessLookupError):
                    os.killpg(self._root, signal.SIGKILL)


def _tree(pid: int) -> Iterator[int]:
    """A process and all below it; what ends while it is looked at is left out."""
    yield pid
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - asked fifty times a second
            with suppress(OSError), open(f"/proc/{pid}/task/{thread}/children") as file:  # noqa: PTH123 - same
                for child in file.read().split():
                    yield from _tree(int(child))


def _resident_bytes(pid: int) -> int:
    with suppress(OSError, IndexError), open(f"/proc/{pid}/statm") as file:  # noqa: PTH123 - same
        return int(file.read().split()[1]) * PAGE_BYTES
    return 0
