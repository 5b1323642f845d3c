"""Jobs by which tests see where and how often something is done on a cluster."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
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
class LostOnce:
    """A result that ends the process that was to send it, the first time; later it is the number of the process."""

    mark: Path

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        if not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return int, (os.getpid(),)


@dataclass(frozen=True, slots=True)
class LoseResult(Job[object]):
    """Is done, and its result is lost with the process that did it; done again it gives the number of the process."""

    def perform(self, worker: Worker) -> object:
        """Give what ends the process."""
        return LostOnce(worker.root / "lost")


@dataclass(frozen=True, slots=True)
class TellAgain(Job[int]):
    """Tells that it is far, and hangs; done again it begins at the beginning."""

    def perform(self, worker: Worker) -> int:
        """Tell, and hang the first time."""
        assert worker.progress
        mark = worker.root / "begun"
        first = not mark.exists()
        if first:
            mark.write_text(str(os.getpid()))
        for frames in (7, 8) if first else (1, 2):
            worker.progress(frames)
        if first:
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
