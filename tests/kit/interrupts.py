"""Stopping a run of this process while the service has its tasks, as Ctrl-C does."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from kit.served import Served


@contextmanager
def interrupted_after(service: Served, submissions: int) -> Iterator[None]:
    """Send SIGINT to this process once the service has answered this many submissions in total.

    The command inside has to wait for something longer than that, as for tasks that it asks again after 15 seconds.
    """

    def interrupt() -> None:
        service.await_answers("POST", "video-synthesis", submissions)
        signal.raise_signal(signal.SIGINT)

    waiting = Thread(target=interrupt)
    waiting.start()
    try:
        yield
    finally:
        waiting.join()
