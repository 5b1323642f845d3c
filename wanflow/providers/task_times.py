"""How long the tasks of a model take, learned while they run, and when a look at one of them is worth a query."""

from __future__ import annotations

import math

from wanflow.records import mutable

KNOWN = 3
"""Number of finished tasks from which their times say when others are likely to be done."""
LIKELY = 0.8
"""Part of the shortest time of a task in this run before which no other task is looked at."""
SPREAD, SPREAD_WEIGHT = 0.5, 4
"""How much the logarithms of task times differ before any are known; counts as 4 tasks (service.md 4.1)."""


@mutable
class TaskTimes:
    """The times of finished tasks of one model in seconds, from submit to the look that found them done.

    Their logarithms are taken to be normal: most tasks take a few minutes, and a few take a quarter of an hour.
    """

    known: int = 0
    quickest: float = math.inf
    _sum: float = 0.0
    _squares: float = 0.0

    def add(self, took: float) -> None:
        """Learn what one more task took, in seconds."""
        logarithm = math.log(max(took, 1.0))
        self.known += 1
        self.quickest = min(took, self.quickest)
        self._sum += logarithm
        self._squares += logarithm * logarithm

    def next_look(self, age: float, lateness: float) -> float:
        """The age at which a task that runs at `age` is looked at next, in seconds.

        A look then notices the end `lateness` seconds late on average, where no end counts as zero. So looks are rare
        at an age at which few tasks end. Gives `age` while fewer than three tasks are known.
        """
        if self.known < KNOWN:
            return age
        near, step = age, lateness
        while self._expected_lateness(age, near + step) < lateness:
            near, step = near + step, 2 * step
        while step > lateness / 2:
            step /= 2
            if self._expected_lateness(age, near + step) < lateness:
                near += step
        return max(near + step, LIKELY * self.quickest)

    def _expected_lateness(self, age: float, look: float) -> float:
        """By how many seconds a look at an age is late on average, of tasks that run at `age`."""
        middle = self._sum / self.known
        differences = max(self._squares - self._sum * middle, 0.0) + SPREAD_WEIGHT * SPREAD**2
        spread = math.sqrt(differences / (self.known + SPREAD_WEIGHT))
        mean = math.exp(middle + spread * spread / 2)
        early, late = ((math.log(max(each, 1e-9)) - middle) / spread for each in (age, look))
        running = _above(early)
        if running < 1e-9:  # older than any task: it ends at any moment
            return look - age
        ended = running - _above(late)
        seconds = mean * (_above(early - spread) - _above(late - spread))
        return (look * ended - seconds) / running


def _above(deviations: float) -> float:
    """The part of a normal distribution that is above its mean by a number of deviations."""
    return math.erfc(deviations / math.sqrt(2)) / 2
