"""The standard streams of a command, whose readers may leave before it ends."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click


@contextmanager
def outliving_readers() -> Iterator[None]:
    """Write to the streams of this process so that nothing fails, also not at exit, because a reader left.

    From then on what is written goes nowhere. For stdout BrokenPipeError is raised once, which ends a command that only
    shows something; after `go_on_unread` a sentence on stderr takes its place. Streams that were replaced, as tests do
    it, are left alone.
    """
    out, err = sys.stdout, sys.stderr
    if isinstance(sys.__stdout__, io.TextIOWrapper) and out is sys.__stdout__:
        sys.stdout = _outliving(sys.__stdout__, _end)
    if isinstance(sys.__stderr__, io.TextIOWrapper) and err is sys.__stderr__:
        sys.stderr = _outliving(sys.__stderr__, _say_nothing)
    try:
        yield
    finally:
        _when_left(_say_nothing)
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        sys.stdout, sys.stderr = out, err


def go_on_unread() -> None:
    """Go on with the command, and say so once, should the reader of stdout leave: its work matters, not its words."""
    _when_left(_say_so)


class _Outlet(io.FileIO):
    """A descriptor that is written to; `when_left` is called once its reader has left, and nothing fails."""

    def __init__(self, descriptor: int, when_left: Callable[[], None]) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self.when_left = when_left

    def write(self, data: Any, /) -> int:
        """Write what the system takes; gives how much that was. After the reader left all of it goes nowhere."""
        try:
            return super().write(data)
        except OSError as fault:
            if not self._left(fault):
                raise
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        self.when_left()
        return memoryview(data).nbytes

    def _left(self, fault: OSError) -> bool:
        """Whether a pipe has no reader any more, or the terminal was closed."""
        closed = fault.errno == errno.EIO and stat.S_ISCHR(os.fstat(self.fileno()).st_mode)
        return fault.errno == errno.EPIPE or closed


def _outliving(stream: io.TextIOWrapper, when_left: Callable[[], None]) -> io.TextIOWrapper:
    stream.flush()
    buffer = io.BufferedWriter(_Outlet(stream.fileno(), when_left))
    return io.TextIOWrapper(buffer, stream.encoding, stream.errors, line_buffering=stream.line_buffering)


def _when_left(call: Callable[[], None]) -> None:
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    if isinstance(raw, _Outlet):
        raw.when_left = call


def _end() -> None:
    raise BrokenPipeError(errno.EPIPE, "the reader of stdout left")


def _say_nothing() -> None:
    """Whoever would read it has left."""


def _say_so() -> None:
    click.echo("warning: stdout was closed, and the work goes on to its end", err=True)
