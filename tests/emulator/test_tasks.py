"""The life of tasks, with the time as an argument."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wanflow.emulator.api import tasks as state
from wanflow.emulator.api.tasks import Status, Task, Tasks

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SLOTS = {"a": 2, "b": 1}


def queue(*models: str) -> Tasks:
    """Tasks `0`, `1`, … of these models, submitted a minute apart."""
    tasks = Tasks()
    for number, model in enumerate(models):
        tasks = state.submit(tasks, Task(str(number), "r", model, {}, NOON + number * MINUTE))
    return tasks


def statuses(tasks: Tasks) -> list[str]:
    """Each task's state."""
    return [task.status.value for task in tasks.by_id.values()]


def test_each_model_has_its_own_slots_and_the_longest_waiting_goes_first() -> None:
    """Two of `a` and one of `b` run, whatever waits in the queues of other models."""
    tasks, started = state.start(queue("a", "a", "a", "b", "b"), NOON, SLOTS)
    assert [task.id for task in started] == ["0", "1", "3"]
    assert statuses(tasks) == ["RUNNING", "RUNNING", "PENDING", "RUNNING", "PENDING"]
    assert state.start(tasks, NOON, SLOTS)[1] == ()


def test_a_slot_that_gets_free_goes_to_the_next() -> None:
    """Success and failure both give the slot back."""
    tasks, _ = state.start(queue("a", "a", "a", "a"), NOON, SLOTS)
    tasks = state.succeed(tasks, "0", NOON + MINUTE, urls=["u"], usage={"duration": 5})
    tasks = state.fail(tasks, "1", NOON + MINUTE, code="c", message="m")
    tasks, started = state.start(tasks, NOON + MINUTE, SLOTS)
    assert [task.id for task in started] == ["2", "3"]
    assert (tasks.by_id["0"].urls, tasks.by_id["0"].ended) == (("u",), NOON + MINUTE)
    assert (tasks.by_id["1"].code, tasks.by_id["1"].urls) == ("c", ())


def test_only_a_pending_task_is_cancelled() -> None:
    """A running one, one that was cancelled before and one nobody knows stay as they are."""
    tasks, _ = state.start(queue("b", "b"), NOON, SLOTS)
    tasks, done = state.cancel(tasks, "1", NOON)
    assert (done, statuses(tasks)) == (True, ["RUNNING", "CANCELED"])
    for other in ("0", "1", "never"):
        assert state.cancel(tasks, other, NOON) == (tasks, False)


def test_a_cancelled_task_never_starts() -> None:
    """Its place in the queue is gone."""
    tasks, _ = state.cancel(queue("b"), "0", NOON)
    assert state.start(tasks, NOON, SLOTS)[1] == ()


def test_a_task_is_known_for_a_day_and_no_longer() -> None:
    """To the last moment of its day; then it is as if it never was."""
    tasks = queue("a")
    assert state.find(tasks, "0", NOON + state.LIFETIME - timedelta(seconds=1)) is not None
    assert state.find(tasks, "0", NOON + state.LIFETIME) is None


def test_only_what_is_finished_is_forgotten() -> None:
    """A film that takes longer than a day is still made."""
    tasks, _ = state.start(queue("b", "b"), NOON, SLOTS)
    tasks = state.succeed(tasks, "0", NOON, urls=["u"], usage={})
    tasks, gone = state.drop_expired(tasks, NOON + 2 * state.LIFETIME)
    assert [task.id for task in gone] == ["0"]
    assert list(tasks.by_id) == ["1"]


def test_a_task_ends_once() -> None:
    """Whoever ends a task that is not running has a bug."""
    tasks, _ = state.start(queue("b"), NOON, SLOTS)
    tasks = state.fail(tasks, "0", NOON, code="c", message="m")
    with pytest.raises(ValueError, match="FAILED"):
        state.succeed(tasks, "0", NOON, urls=["u"], usage={})


def test_the_list_is_narrowed_by_window_model_and_status() -> None:
    """Newest first; both ends of the window belong to it."""
    tasks, _ = state.start(queue("a", "b", "a", "a"), NOON, SLOTS)
    assert [task.id for task in state.listed(tasks, since=NOON, until=NOON + 2 * MINUTE)] == ["2", "1", "0"]
    assert [task.id for task in state.listed(tasks, since=NOON, until=NOON + 2 * MINUTE, model="a")] == ["2", "0"]
    assert [
        task.id for task in state.listed(tasks, since=NOON, until=NOON + 2 * MINUTE, status=Status.PENDING.value)
    ] == []
    assert [task.id for task in state.listed(tasks, since=NOON, until=NOON + 3 * MINUTE, status="PENDING")] == ["3"]
