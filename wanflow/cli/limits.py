"""Limits of time and memory for a production that is not trusted.

No part of a process can stop its own C code, such as a decoder of pictures. So the command does its work in a second
process, and the first one waits for it, ends it, and says why.

    what holds                            Linux            macOS, BSD                Windows
    time until the production is read     the first process ends the second one: everywhere
    memory of each process                by the system    measured while it reads   no limit
    processor time of each process        by the system    by the system             no limit

Commands that only read and show are limited to their end. Those that render, wait for a service or move takes have
these limits until the production is read; then they may wait as long as they need, and each process, ffmpeg's included,
has the limits of work. The store is written file by file, each whole or not at all: the end may come at any moment.
"""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import click

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
LOOK_SECONDS = 0.25
"""Seconds between two looks at the second process; it is noticed at once when it ends."""

ENFORCED = sys.platform in {"linux", "win32"}
"""Whether memory is left to the system: Linux has a limit, and Windows no way to measure without a library."""

PROGRAM = """\
import sys
sys.path.append(sys.argv.pop(1))
from wanflow.cli.limits import begin
begin(sys.argv.pop(1))
from wanflow.cli.main import main
sys.exit(main())
"""
"""Program of the second process: its arguments are the folder of the package, the marker, and those of the command."""

words_of_process: ContextVar[Sequence[str] | None] = ContextVar("words_of_process", default=None)
"""Arguments of the command that runs in this context; None for those of the process."""
_reading: ContextVar[Path | None] = ContextVar("_reading", default=None)
"""File that exists until the production is read; None in a process without limits."""

Command = TypeVar("Command", bound=Callable[..., Any])


class LimitExceeded(WanflowError):
    """An untrusted production took more than it may while it was read."""

    exit_code = ExitCode.WRONG


class WorkCrashed(WanflowError):
    """The process that worked for an untrusted production ended without a word; what it stored is whole."""


def limited(command: Command) -> Command:
    """A command whose work is done in a second process with limits where it got `--untrusted`."""

    @functools.wraps(command)
    def call(*arguments: object, **options: object) -> object:
        settings = click.get_current_context().obj
        if settings is None or not settings.untrusted or _reading.get() is not None:
            return command(*arguments, **options)
        given = words_of_process.get()
        return supervise(sys.argv[1:] if given is None else given)

    return cast(Command, call)


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
    return _too_much(READING if marker.exists() else WORK)


def supervise(words: Sequence[str], seconds: float = READING_SECONDS, program: str = PROGRAM) -> int:
    """Run the command again in a process with limits, and give its exit code.

    Raises LimitExceeded where it takes too much, and where it ends as only a crash in C code does.
    """
    handle, name = tempfile.mkstemp(prefix="wanflow-reading-")
    os.close(handle)
    packages = Path(__file__).parents[2]
    # `-P`: the current folder may be the production's, and none of its files is a module
    command = [sys.executable, "-P", "-c", program, str(packages), name, *words]
    marker, child = Path(name), subprocess.Popen(command)
    try:
        with _forwarded_signals(child):
            code = _wait(child, marker, seconds)
        reading = marker.exists()
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        marker.unlink(missing_ok=True)
    if code in list(ExitCode):
        return code
    cause = signal.Signals(-code).name if -code in list(signal.Signals) else tr("code {code}", code=code)
    if reading:
        raise LimitExceeded(
            tr("reading the production ended by a crash ({cause})", cause=cause), hint=_way_out(READING)
        )
    raise WorkCrashed(tr("the work ended by a crash ({cause})", cause=cause), hint=_way_out(WORK))


def begin(marker: str) -> None:
    """Put this process, the second one, under the limits; `marker` exists until the production is read."""
    _reading.set(Path(marker))
    _limit(READING)


def _wait(child: subprocess.Popen[bytes], marker: Path, seconds: float) -> int:
    """The exit code of the second process; raises LimitExceeded where it takes too much while it reads."""
    deadline = time.monotonic() + seconds
    while marker.exists():
        if time.monotonic() >= deadline:
            raise LimitExceeded(
                tr("reading the production took more than {seconds:g} s", seconds=seconds), hint=_way_out(READING)
            )
        if not ENFORCED and resident_bytes(child.pid) > READING.bytes:
            raise _too_much(READING)
        with suppress(subprocess.TimeoutExpired):
            return child.wait(LOOK_SECONDS)
    return child.wait()


@contextmanager
def _forwarded_signals(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let the second process end in order: a signal for this one is for both. A terminal sends its own to both."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    of_terminal = sys.stdin is not None and sys.stdin.isatty()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        alone = number != signal.SIGINT or not of_terminal
        signal.signal(number, (lambda *_: child.terminate()) if alone else (lambda *_: None))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _limit(limits: Limits) -> None:
    """Set the limits of this process and of those that it starts; none above what the system set before."""
    if sys.platform != "win32":
        for kind, most in ((resource.RLIMIT_CPU, limits.processor_seconds), (resource.RLIMIT_DATA, limits.bytes)):
            hard = resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def resident_bytes(process: int) -> int:
    """The memory of a process, as `ps` measures it; 0 where that is not known."""
    try:
        done = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, check=False)  # noqa: S607
    except OSError:
        return 0
    written = done.stdout.strip()
    return int(written) * 1024 if written.isdigit() else 0


def _too_much(limits: Limits) -> LimitExceeded:
    return LimitExceeded(
        tr("the production takes more than {bytes} GB of memory", bytes=limits.bytes // GIGABYTE), hint=_way_out(limits)
    )


def _way_out(limits: Limits) -> str:
    memory = f"{limits.bytes // GIGABYTE} GB"
    allowed = (
        tr("{reading_seconds:g} s and {memory}", reading_seconds=READING_SECONDS, memory=memory)
        if limits is READING
        else memory
    )
    return tr(
        "`--untrusted` allows {allowed}: split the production, or leave the option out if you trust it", allowed=allowed
    )
