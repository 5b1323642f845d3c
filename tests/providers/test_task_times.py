"""When a look at a task is worth it: by how much it is late, of tasks whose times are known."""

from __future__ import annotations

import math
from random import Random
from statistics import mean

import pytest

from wanflow.providers.task_times import KNOWN, LIKELY, TaskTimes


def times_of(*seconds: float) -> TaskTimes:
    """What was learned of tasks."""
    times = TaskTimes()
    for each in seconds:
        times.add(each)
    return times


@pytest.mark.parametrize("age", [0.0, 100.0, 400.0])
@pytest.mark.parametrize("lateness", [1.0, 15.0])
def test_a_look_is_as_late_on_average_as_was_asked(age: float, lateness: float) -> None:
    """Tried with a hundred thousand tasks of the same spread."""
    dice = Random(1)
    drawn = [150 * math.exp(dice.gauss(0, 0.5)) for _ in range(100_000)]
    look = times_of(*drawn[:5_000]).next_look(age, lateness)
    running = [took for took in drawn if took > age]
    assert mean(max(look - took, 0) for took in running) == pytest.approx(lateness, rel=0.25)


def test_little_is_asked_before_tasks_are_known() -> None:
    """Two tasks say nothing of the next; three do."""
    assert times_of(*[100.0] * (KNOWN - 1)).next_look(7, 1) == 7
    assert times_of(*[100.0] * KNOWN).next_look(7, 1) >= LIKELY * 100


def test_a_task_older_than_any_may_end_at_any_moment() -> None:
    """Its next look is as soon as the lateness allows."""
    assert times_of(*[100.0] * 500).next_look(1e6, 3) == pytest.approx(1e6 + 3, abs=2)


def test_tasks_of_a_moment_are_no_error() -> None:
    """Those of an emulator may be done at once."""
    assert 0 <= times_of(0.0, 0.0, 0.0).next_look(0, 0.01) < 2
