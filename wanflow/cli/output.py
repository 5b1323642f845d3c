"""The standard streams of a command, whose readers may leave before it ends."""

from __future__ import annotations

import codecs
import errno
import io
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

from wanflow import looked_at
from wanflow.cli.encoding import REPLACING, AsciiStream
from wanflow.cli.screen import say
from wanflow.messages import tr


@contextmanager
def tolerant_streams() -> Iterator[None]:
    """Write to the standard streams so that nothing fails because of their encoding, or because a reader left.

    What an encoding lacks is replaced. After a reader left, also at exit, what is written goes nowhere. For stdout
    BrokenPipeError is raised once, which ends a command that only shows something; after `continue_without_reader` a
    sentence on stderr takes its place. In streams that were replaced, as tests do it, only the signs are.
    """
    out, err = sys.stdout, sys.stderr
    with ExitStack() as kept:
        for stream, inherited in ((out, sys.__stdout__), (err, sys.__stderr__)):
            if stream is not inherited and isinstance(stream, io.TextIOWrapper):
                kept.callback(stream.reconfigure, errors=stream.errors)
                stream.reconfigure(errors=REPLACING)
        if isinstance(sys.__stdout__, io.TextIOWrapper) and out is sys.__stdout__:
            sys.stdout = _tolerant_stream(sys.__stdout__, 1, _end)
        if isinstance(sys.__stderr__, io.TextIOWrapper) and err is sys.__stderr__:
            sys.stderr = _tolerant_stream(sys.__stderr__, 2, _print_nothing)
        if sys.stdout is out or sys.stderr is err:
            looked_at.unaccounted("streams that were replaced")
        try:
            yield
        finally:
            _when_left(_print_nothing)
            for written in filter(None, (sys.stdout, sys.stderr)):
                written.flush()
            sys.stdout, sys.stderr = out, err


def continue_without_reader() -> None:
    """Go on with the command, and say so once, should the reader of stdout leave: its work matters, not its words."""
    _when_left(_warn_of_closed_stdout)


class _OutputStream(io.FileIO):
    """A descriptor that is written to; `when_left` is called once its reader has left, and nothing fails.

    `number` says which of the standard streams it is.
    """

    def __init__(self, descriptor: int, number: int, when_left: Callable[[], None]) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self.number, self.when_left = number, when_left

    def write(self, data: Any, /) -> int:
        """Write what the system takes; gives how much that was. After the reader left all of it goes nowhere."""
        try:
            written = super().write(data)
        except OSError as fault:
            closed = fault.errno == errno.EIO and stat.S_ISCHR(os.fstat(self.fileno()).st_mode)
            if fault.errno != errno.EPIPE and not closed:
                raise
        else:
            looked_at.printed(self.number, bytes(memoryview(data).cast("B")[:written]))
            return written
        looked_at.unaccounted("a reader that left")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        self.when_left()
        return memoryview(data).nbytes


def _tolerant_stream(stream: io.TextIOWrapper, number: int, when_left: Callable[[], None]) -> io.TextIOWrapper:
    stream.flush()
    buffer = io.BufferedWriter(_OutputStream(stream.fileno(), number, when_left))
    kind = AsciiStream if codecs.lookup(stream.encoding).name == "ascii" else io.TextIOWrapper
    return kind(buffer, stream.encoding, REPLACING, line_buffering=stream.line_buffering)


def _when_left(call: Callable[[], None]) -> None:
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    if isinstance(raw, _OutputStream):
        raw.when_left = call


def _end() -> None:
    raise BrokenPipeError(errno.EPIPE, "the reader of stdout left")


def _print_nothing() -> None:
    """Print nothing: its reader has left."""


def _warn_of_closed_stdout() -> None:
    say(tr("warning: stdout was closed; the work continues to its end"), err=True)


ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals by which a system ends a program; Windows has no SIGHUP."""
ONE_WISH_SECONDS = 0.5
"""Seconds within which several of them are one wish: `timeout` signals its command and then the command's group."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP do what Ctrl-C does: the first ends the work in order, a later one ends it at once.

    A signal that the process was started to ignore, as `nohup` does it, stays ignored. Only the main thread may set
    this up; in any other nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    attendant = _SignalHandler()
    before = {number: signal.getsignal(number) for number in ENDING}
    caught = {number: former for number, former in before.items() if former not in {signal.SIG_IGN, None}}
    for number in caught:
        signal.signal(number, attendant)
    try:
        yield
    finally:
        for number, former in caught.items():
            signal.signal(number, former)


@contextmanager
def cancelled_by_signals() -> Iterator[None]:
    """Let the signals cancel asynchronous work also in a process that ignores Ctrl-C, as a shell's `&` starts it.

    Asyncio installs the handler that cancels the work only in the place of Python's own handler of Ctrl-C. Where Ctrl-C
    is ignored it is blocked instead meanwhile: it still does nothing, and the other signals find asyncio's handler.
    """
    main = threading.current_thread() is threading.main_thread()
    if sys.platform == "win32" or not main or signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what arrived meanwhile is dropped by this
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class _SignalHandler:
    """The handler of the signals that end a program."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._last < ONE_WISH_SECONDS:
            return
        self._last = now
        ctrl_c = signal.getsignal(signal.SIGINT)
        if not callable(ctrl_c):
            raise KeyboardInterrupt
        ctrl_c(number, frame)  # during asynchronous work it is asyncio's, which cancels first and then interrupts
