"""How far the colours of two clips are from each other where one follows the other in a cut."""

from __future__ import annotations

from contextlib import suppress
from math import dist
from pathlib import Path, PurePath

from wanflow.media.checks.given_files import UNREADABLE, lab, mean_look
from wanflow.media.checks.small_picture import MiddleLook, small_film, small_size
from wanflow.media.clock import read_clock, shown_pictures
from wanflow.media.container import film_of, opened, square_size
from wanflow.media.jobs import Job, Worker
from wanflow.records import immutable

FRAMES = 3
"""Frames at an end of a clip whose mean counts, so that one flash decides nothing."""


@immutable
class CompareColors(Job[float | None]):
    """Compare the mean colours where one clip ends, at its frame `last`, and another begins, at its frame `first`.

    Gives the difference in CIELAB (delta E 1976) between the middles of the pictures; None where a file cannot be read.
    Only the frames around these are decoded.
    """

    before: PurePath
    last: int
    after: PurePath
    first: int

    def perform(self, worker: Worker) -> float | None:
        """Measure both ends."""
        with suppress(*UNREADABLE):
            ends = (
                _look(worker.root / self.before, max(0, self.last - FRAMES + 1), self.last + 1),
                _look(worker.root / self.after, self.first, self.first + FRAMES),
            )
            if ends[0] is not None and ends[1] is not None:
                return dist(lab(*ends[0][:3]), lab(*ends[1][:3]))
        return None


def _look(path: Path, first: int, end: int) -> MiddleLook | None:
    """The mean look of some frames of a clip."""
    clock = read_clock(path)
    with opened(path) as container:
        size = square_size(film_of(container, path), next(shown_pictures(path, clock, [first])))
    places = range(first, min(end, clock.frames))
    return mean_look([picture.middle for picture in small_film(path, clock, places, small_size(size))])
