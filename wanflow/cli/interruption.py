"""SIGTERM and SIGHUP end a command as Ctrl-C does."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

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
    attendant = _Attendant()
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
    if not main or signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what arrived meanwhile is dropped by this
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class _Attendant:
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
