"""Limits of time and memory for a production that is not trusted.

No part of a process can stop its own C code, such as a decoder of pictures. So the command does its work in a second
process, and the first one waits for it, ends it, and says why (`cli.supervision`).

    what holds                            Linux            macOS, BSD                Windows
    time until the production is read     the first process ends the second one: everywhere
    memory of each process                by the system    measured while it reads   no limit
    processor time of each process        by the system    by the system             no limit

Commands that only read and show are limited to their end. Those that render, wait for a service or move takes have
these limits until the production is read; then they may wait as long as they need, and each process, ffmpeg's included,
has the limits of work. The store is written file by file, each whole or not at all: the end may come at any moment.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple

from wanflow.errors import ExitCode, WanflowError
from wanflow.messages import tr

if sys.platform != "win32":
    import resource

GIGABYTE = 1_000_000_000


class Limits(NamedTuple):
    """What one process may take: seconds of the processor, and bytes of memory that are its own."""

    processor_seconds: int
    bytes: int


READING_SECONDS = 30.0
"""Seconds from the start of the command until the production is read; of commands that only show, until their end."""
READING = Limits(120, GIGABYTE)
"""Limits until the production is read: several cores may work during the seconds."""
WORK = Limits(3600, 4 * GIGABYTE)
"""Limits of each process afterwards: a cut of pictures of 4K takes some gigabytes."""

words_of_process: ContextVar[Sequence[str] | None] = ContextVar("words_of_process", default=None)
"""Arguments of the command that runs in this context; None for those of the process."""
_reading: ContextVar[Path | None] = ContextVar("_reading", default=None)
"""File that exists until the production is read; None in a process without limits."""


class LimitExceeded(WanflowError):
    """An untrusted production took more than it may while it was read."""

    exit_code = ExitCode.WRONG


class WorkCrashed(WanflowError):
    """The process that worked for an untrusted production ended without a word; what it stored is whole."""


def is_limited() -> bool:
    """Whether this is the second process, which has limits."""
    return _reading.get() is not None


def production_is_read() -> None:
    """From now on this process has the limits of work; without limits nothing changes."""
    marker = _reading.get()
    if marker is not None:
        marker.unlink(missing_ok=True)
        _limit(WORK)


def exceeded(fault: Exception) -> Exception:
    """The failure that a person is told: in a process with limits a lack of memory is theirs."""
    marker = _reading.get()
    if marker is None or not isinstance(fault, MemoryError):
        return fault
    return too_much(READING if marker.exists() else WORK)


def begin(marker: str) -> None:
    """Put this process, the second one, under the limits; `marker` exists until the production is read."""
    _reading.set(Path(marker))
    _limit(READING)


def _limit(limits: Limits) -> None:
    """Set the limits of this process and of those that it starts; none above what the system set before."""
    if sys.platform != "win32":
        for kind, most in ((resource.RLIMIT_CPU, limits.processor_seconds), (resource.RLIMIT_DATA, limits.bytes)):
            hard = resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def too_much(limits: Limits) -> LimitExceeded:
    """The failure of a production that takes too much memory."""
    return LimitExceeded(
        tr("the production takes more than {bytes} GB of memory", bytes=limits.bytes // GIGABYTE), hint=way_out(limits)
    )


def way_out(limits: Limits) -> str:
    """The hint of a failure by these limits."""
    memory = f"{limits.bytes // GIGABYTE} GB"
    allowed = (
        tr("{reading_seconds:g} s and {memory}", reading_seconds=READING_SECONDS, memory=memory)
        if limits is READING
        else memory
    )
    return tr(
        "`--untrusted` allows {allowed}: split the production, or leave the option out if you trust it", allowed=allowed
    )
