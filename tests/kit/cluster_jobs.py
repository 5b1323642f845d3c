"""Jobs by which tests see where and how often something is done on a cluster."""

from __future__ import annotations

import os
from dataclasses import dataclass
from threading import Event

from wanflow.media.jobs import Job, Worker

GLANCE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class HangOnce(Job[int]):
    """Tells its process and hangs where it is done first; done again it gives the process that did it."""

    def perform(self, worker: Worker) -> int:
        """Hang, or give the number of this process."""
        mark = worker.root / "begun"
        if not mark.exists():
            mark.touch()
            assert worker.progress
            worker.progress(os.getpid())
            Event().wait()
        return os.getpid()


@dataclass(frozen=True, slots=True)
class Meet(Job[int]):
    """Ends when as many processes as `wanted` do it at the same time."""

    wanted: int

    def perform(self, worker: Worker) -> int:
        """Be seen, and look for the others."""
        (worker.root / f"here-{os.getpid()}").touch()
        while len(list(worker.root.glob("here-*"))) < self.wanted:
            Event().wait(GLANCE_SECONDS)
        return os.getpid()


@dataclass(frozen=True, slots=True)
class EndProcess(Job[None]):
    """Ends the process that does it, as one that needs too much memory is ended."""

    def perform(self, worker: Worker) -> None:
        """End it."""
        del worker
        os._exit(9)


@dataclass(frozen=True, slots=True)
class Nothing(Job[None]):
    """Does nothing."""

    def perform(self, worker: Worker) -> None:
        """Give it back."""
        del worker
