"""Lost submissions and the tasks of one snapshot: each task goes to one attempt, whatever the clocks and the order of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from wanflow import digest, timebase
from wanflow.providers.protocol import TaskStatus
from wanflow.runner.matching import NOTHING_OWED, Candidate, MatchResult, match, prompt_of
from wanflow.store.attempt import Attempt

START = datetime(2026, 11, 30, 20, 12, 39, tzinfo=UTC)
NOW = START + timedelta(minutes=10)
WORDS = ("waves", "gulls  over\nwaves")
SUCCESS = TaskStatus.SUCCEEDED


def attempt(number: int, words: str, seconds: int = 0) -> Attempt:
    """A take of a shot with this prompt, submitted this many seconds after the start."""
    recipe = {"prompt": words}
    date = timebase.stamp(START + timedelta(seconds=seconds))
    return Attempt(f"attempt-{number}", "s", number, "m", digest.of_json(recipe), number, recipe, date)


def task(number: int, words: str | None, seconds: float, status: TaskStatus = SUCCESS) -> Candidate:
    """A task that was created this many seconds after the start."""
    return Candidate(f"task-{number}", "r", START + timedelta(seconds=seconds), status, words)


def pairs(found: Mapping[str, MatchResult]) -> dict[str, str]:
    """Which attempt got which task."""
    return {name: finding.task.task_id for name, finding in found.items() if finding.task is not None}


attempts = st.lists(st.tuples(st.sampled_from(WORDS), st.integers(0, 60)), max_size=6).map(
    lambda drawn: [attempt(number, words, seconds) for number, (words, seconds) in enumerate(drawn)]
)
"""Takes of two shots, submitted within a minute: many of them in the same second."""

spoken = st.tuples(st.sampled_from([*WORDS, "gulls over waves", "a dog"]), st.just(SUCCESS))
silent = st.tuples(st.none(), st.sampled_from([status for status in TaskStatus if status is not SUCCESS]))
tasks = st.lists(st.tuples(spoken | silent, st.integers(0, 120_000)), max_size=8).map(
    lambda drawn: [task(number, *said, ms / 1000, status) for number, ((*said, status), ms) in enumerate(drawn)]
)
"""Tasks of two minutes: done and with words, still running, failed, or forgotten by the service."""


@given(attempts, tasks)
@settings(max_examples=150)
def test_each_task_goes_to_one_attempt_and_each_attempt_gets_one(
    lost: Sequence[Attempt], listed: Sequence[Candidate]
) -> None:
    """With its own words, charged, and never to a group that has fewer attempts than tasks."""
    found = match(lost, listed, NOW)
    given_to = pairs(found)
    assert found.keys() == {one.id for one in lost}
    assert max(Counter(given_to.values()).values(), default=1) == 1
    by_id, ours = {one.task_id: one for one in listed}, {one.id: one for one in lost}
    for name, task_id in given_to.items():
        assert (by_id[task_id].prompt or "").split() == prompt_of(ours[name]).split()
        assert by_id[task_id].status not in NOTHING_OWED
    for words in {" ".join(prompt_of(one).split()) for one in lost}:
        group = [one for one in lost if " ".join(prompt_of(one).split()) == words]
        same = [one for one in listed if " ".join((one.prompt or "").split()) == words]
        matched = [one.id for one in group if one.id in given_to]
        assert len(matched) == (len(same) if len(same) <= len(group) else 0)
        assert (len(same) > len(group)) == all("more tasks" in (found[one.id].doubt or "") for one in group)


@given(attempts, tasks, st.randoms(use_true_random=False), st.integers(-60_000, 60_000), st.integers(-(10**9), 10**9))
@settings(max_examples=150)
def test_neither_the_order_of_rows_nor_a_clock_changes_a_match(
    lost: Sequence[Attempt], listed: Sequence[Candidate], dice: object, skew_ms: int, ahead_ms: int
) -> None:
    """Rows and attempts in any order; a service whose clock is off by a minute unsaid, or by days as it says itself."""
    wanted = pairs(match(lost, listed, NOW))
    shuffled = [*listed]
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert pairs(match(lost[::-1], shuffled, NOW)) == wanted
    skew, ahead = timedelta(milliseconds=skew_ms), timedelta(milliseconds=ahead_ms)
    moved = [replace(one, created=one.created + skew + ahead, ahead=ahead) for one in shuffled]
    assert pairs(match(lost, moved, NOW)) == wanted


@given(attempts, tasks)
@settings(max_examples=100)
def test_older_attempts_get_older_tasks(lost: Sequence[Attempt], listed: Sequence[Candidate]) -> None:
    """Of those with the same words: in the order of their creation (cli.md, Submissions of unknown fate)."""
    given_to, created = pairs(match(lost, listed, NOW)), {one.task_id: (one.created, one.task_id) for one in listed}
    for words in WORDS:
        group = sorted((one for one in lost if prompt_of(one) == words), key=lambda one: (one.date, one.number))
        times = [created[given_to[one.id]] for one in group if one.id in given_to]
        assert times == sorted(times)
        assert all(one.id in given_to for one in group[: len(times)])


@given(attempts, tasks, st.lists(st.sets(st.integers(0, 7)), max_size=8))
@settings(max_examples=150)
def test_snapshots_that_disagree_give_no_task_twice(
    lost: Sequence[Attempt], listed: Sequence[Candidate], snapshots: Sequence[set[int]]
) -> None:
    """Each snapshot shows some rows; what was matched is offered no more. Never more tasks than were lost are taken."""
    taken: dict[str, str] = {}
    for shown in [*snapshots, set(range(8))]:
        rows = [one for place, one in enumerate(listed) if place in shown and one.task_id not in taken.values()]
        found = pairs(match([one for one in lost if one.id not in taken], rows, NOW))
        assert not found.keys() & taken.keys()
        assert not set(found.values()) & set(taken.values())
        taken |= found
    assert len(set(taken.values())) == len(taken) <= len(lost)


def test_a_task_is_not_moved_by_a_list_that_was_read_a_second_later() -> None:
    """The first list call showed one task; in the second one the service's clock was a second off."""
    first, second = attempt(1, "waves"), attempt(2, "waves")
    one, two = task(1, "waves", 0.23), task(2, "waves", 0.26 - 1)
    assert pairs(match([first, second], [one], NOW)) == {"attempt-1": "task-1"}
    assert pairs(match([second], [two], NOW)) == {"attempt-2": "task-2"}
    assert len(set(pairs(match([first, second], [one, two], NOW)).values())) == 2


def test_an_attempt_that_is_too_young_for_a_task_leaves_it_to_an_older_one() -> None:
    """The older one was lost ten minutes before; of the two tasks only one can be the younger one's."""
    older, younger = attempt(2, "waves"), attempt(1, "waves", 590)
    early, late = task(1, "waves", 1), task(2, "waves", 591)
    assert pairs(match([younger, older], [late, early], NOW)) == {"attempt-2": "task-1", "attempt-1": "task-2"}
    crowd = match([younger, older], [late, early, task(3, "waves", 2)], NOW)
    assert all("more tasks have its prompt" in (finding.doubt or "") for finding in crowd.values())


def test_a_seed_is_uncertain_where_a_task_may_be_anothers() -> None:
    """Lost together, counted as never accepted, or matched uncertainly before; not where the seed is the same."""
    mine, other = attempt(1, "waves"), attempt(2, "waves")
    alone, twin = match([mine], [task(1, "waves", 1)], NOW), replace(other, seed=mine.seed)
    together = match([mine, other], [task(1, "waves", 1)], NOW)
    beside = match([mine], [task(1, "waves", 1)], NOW, kin=[other])
    like = match([mine], [task(1, "waves", 1)], NOW, kin=[twin])
    found = [finding[mine.id].seed_uncertain for finding in (alone, together, beside, like)]
    assert found == [False, True, True, False]


def test_nothing_is_matched_while_the_like_of_it_is_on_the_wire() -> None:
    """Its own answer may still name one of the tasks; of other words it is not waited for."""
    mine, other, far = attempt(1, "waves"), attempt(2, "waves"), attempt(3, WORDS[1])
    rows = [task(1, "waves", 1), task(2, "waves", 2), task(3, WORDS[1], 3)]
    found = match([mine, far], rows, NOW, sending=[other])
    assert found[mine.id] == MatchResult(waits=True)
    assert pairs(found) == {far.id: "task-3"}
