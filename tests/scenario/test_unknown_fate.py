"""Submissions whose answers are lost, in virtual time: never sent twice blindly, never lost (law 3; cli.md, Submissions of unknown fate)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count, cycle
from pathlib import Path

import anyio
import pytest

from kit.clock import wall_clock
from kit.emulated import FILM_SECONDS, FORBIDDEN
from kit.films import COAST, edited, production, shot
from kit.providers import DASHSCOPE
from kit.virtual_run import VirtualRun, foreign_task, now, virtual_run
from wanflow.graph.recipe import fingerprint, seed_of
from wanflow.language.source import FileSource
from wanflow.planner.plan import Action, ReasonCode
from wanflow.providers.faults import ServerFault, Unauthorised, UnknownFate
from wanflow.providers.protocol import (
    Accepted,
    DelegatingWaiter,
    Eager,
    Request,
    Seen,
    TaskState,
    TaskStatus,
    TaskSummary,
    WaitingClient,
    always,
    unseen,
)
from wanflow.runner.events import Outcome
from wanflow.runner.lost_submissions import LookupPolicy
from wanflow.store import journal, layout, lockfile
from wanflow.store.attempt import Attempt

pytestmark = pytest.mark.anyio

FRAME = {"first_frame": FileSource("sets/coast.png")}
GRACE_SECONDS = 30
MODEL = "wan2.7-i2v"
PROMPT = COAST.prompt


@dataclass
class Faults:
    """What befalls the way to the service: replies to submits that get lost (after or before the service took them),
    a list that shows tasks only after some seconds, or fails; tasks that do not say what they were asked.
    """

    lost_replies: int = 0
    lost_requests: int = 0
    lag_seconds: float = 0
    list_fault: Exception | None = None
    mute: bool = False
    sent: int = 0


class FaultyService(DelegatingWaiter):
    """A service with faults."""

    def __init__(self, service: WaitingClient, faults: Faults) -> None:
        super().__init__(service)
        self._faults = faults

    async def submit(self, request: Request) -> Accepted:
        """The task exists and nobody was told, or it does not exist and nobody was told."""
        self._faults.sent += 1
        if self._faults.lost_requests:
            self._faults.lost_requests -= 1
            raise UnknownFate("the fate of a request is unknown: HTTP 500")
        accepted = await self._service.submit(request)
        if self._faults.lost_replies:
            self._faults.lost_replies -= 1
            raise UnknownFate("the service broke off without an answer")
        return accepted

    async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
        """Late or broken."""
        if self._faults.list_fault is not None:
            raise self._faults.list_fault
        late = wall_clock() - timedelta(seconds=self._faults.lag_seconds)
        rows = await self._service.list(model, wanted)
        return [row for row in rows if row.created <= late]

    async def poll(self, task_id: str) -> TaskState:
        """Perhaps without the words of the request."""
        state = await self._service.poll(task_id)
        return replace(state, prompt=None) if self._faults.mute else state


def faulty(faults: Faults) -> Callable[[WaitingClient], WaitingClient]:
    """Puts the faults in front of a service."""
    return lambda service: FaultyService(service, faults)


def unresolved(outcome: Outcome) -> str:
    """The words of the one submission that waits for a person."""
    assert outcome.exit_code == 5
    (failure,) = [failure for failure in outcome.failures if failure.code == 5]
    assert "wanflow resolve" in (failure.hint or "")
    return failure.message


async def test_law_3_a_lost_reply_is_looked_up_and_its_task_adopted(tmp_path: Path) -> None:
    """The list has a task that no record explains; when it is done its words are ours, and its film is the take."""
    faults = Faults(lost_replies=1)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        outcome = await here.run(production(COAST))
        (task,) = await here.tasks()
    take = next(iter(lockfile.read(here.store.lock).shots["coast"].takes.values()))
    assert (outcome.exit_code, outcome.submitted, faults.sent) == (0, 1, 1)
    assert (take.task_id, take.seed_uncertain) == (task, False)
    assert journal.read(here.store).unknown_fate == ()


async def test_law_3_a_request_that_never_arrived_is_sent_again_after_the_grace(tmp_path: Path) -> None:
    """The list works and shows nothing for the whole grace: only then the request is sent again, once."""
    faults = Faults(lost_requests=1)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        began = await now()
        outcome = await here.run(production(COAST))
        assert await now() - began == GRACE_SECONDS + FILM_SECONDS
        assert len(await here.tasks()) == 1
    assert (outcome.exit_code, outcome.submitted, faults.sent) == (0, 1, 2)


async def test_a_request_that_never_arrives_is_sent_three_times(tmp_path: Path) -> None:
    """The failure has the words of the last reply, nothing is remembered as refused, and the next run sends it again."""
    faults = Faults(lost_requests=3)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        outcome = await here.run(production(COAST))
        (failure,) = outcome.failures
        again = await here.run(production(COAST))
    assert (outcome.exit_code, outcome.submitted, faults.sent) == (1, 0, 4)
    assert "accepted none of 3 submissions" in failure.message
    assert failure.message.endswith("the last reply: the fate of a request is unknown: HTTP 500")
    assert (again.exit_code, again.submitted) == (0, 1)


async def test_a_list_that_lags_within_the_grace_costs_nothing(tmp_path: Path) -> None:
    """The task shows up after twenty seconds: it is adopted, nothing is sent again."""
    faults = Faults(lost_replies=1, lag_seconds=20)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        outcome = await here.run(production(COAST))
        assert len(await here.tasks()) == 1
    assert (outcome.exit_code, faults.sent) == (0, 1)


async def test_the_grace_begins_when_the_answer_is_lost(tmp_path: Path) -> None:
    """A minute on the wire does not count as a minute of looking: the list, which lags a little, is given its time."""

    class Slow(FaultyService):
        async def submit(self, request: Request) -> Accepted:
            try:
                return await super().submit(request)
            finally:
                await anyio.sleep(60)

    faults = Faults(lost_replies=1, lag_seconds=80)
    async with virtual_run(tmp_path, lambda service: Slow(service, faults), unlike=True) as here:
        outcome = await here.run(production(COAST))
        assert len(await here.tasks()) == 1
    assert (outcome.exit_code, faults.sent) == (0, 1)


async def test_a_list_that_misses_tasks_on_record_is_not_believed(tmp_path: Path) -> None:
    """Another task of this run is not in the list either: then that ours isn't means nothing, and the run waits."""
    faults = Faults(lost_replies=1, lag_seconds=100)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        outcome = await here.run(production(COAST, shot("more", FRAME, prompt="p")))
        assert len(await here.tasks()) == 2
    assert (outcome.exit_code, faults.sent) == (0, 2)


async def test_a_list_that_misses_tasks_on_record_for_ever_is_for_a_person(tmp_path: Path) -> None:
    """After ten minutes of waiting: 5, and nothing is sent again."""
    faults = Faults(lost_replies=1, lag_seconds=10**6)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        outcome = await here.run(production(COAST, shot("more", FRAME, prompt="p")))
        assert "misses tasks that are on record" in unresolved(outcome)
        assert 600 < await now() < 700
    assert (outcome.submitted, faults.sent) == (1, 2)


async def test_a_list_that_fails_is_for_a_person(tmp_path: Path) -> None:
    """Nothing is known, so nothing is sent; the next run, with a list that works, adopts the task."""
    faults = Faults(lost_replies=1, list_fault=ServerFault("the service failed"))
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        said = unresolved(await here.run(production(COAST)))
        assert "list cannot be read" in said
        faults.list_fault = None
        outcome = await here.run(production(COAST))
    assert (outcome.exit_code, outcome.submitted, outcome.collected, faults.sent) == (0, 0, 1, 1)


async def test_a_key_that_is_refused_at_the_list_is_said_as_that(tmp_path: Path) -> None:
    """2 for a key that was never let in; the attempt stays on record."""
    faults = Faults(lost_replies=1, list_fault=Unauthorised("the service refuses the key"))
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        outcome = await here.run(production(COAST))
    assert outcome.exit_code == 2
    assert len(journal.read(here.store).unknown_fate) == 1


async def test_a_colleagues_task_is_watched_until_it_says_whose_it_is(tmp_path: Path) -> None:
    """It ran before ours was lost and has other words: it is left alone, and ours is sent again."""
    faults = Faults(lost_requests=1)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        other = await foreign_task(here, "a dog on a beach")
        began = await now()
        outcome = await here.run(production(COAST))
        assert await now() - began == 2 * FILM_SECONDS
        assert len(await here.tasks()) == 2
    assert (outcome.exit_code, faults.sent) == (0, 2)
    assert other not in journal.read(here.store).known


async def test_a_colleagues_task_beside_ours_is_left_alone(tmp_path: Path) -> None:
    """Of two unexplained tasks the one with our words is adopted."""
    faults = Faults(lost_replies=1)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        other = await foreign_task(here, "a dog on a beach")
        outcome = await here.run(production(COAST))
        assert len(await here.tasks()) == 2
    assert (outcome.exit_code, faults.sent) == (0, 1)
    assert other not in journal.read(here.store).known


async def test_a_colleague_with_the_same_words_is_for_a_person(tmp_path: Path) -> None:
    """Two tasks with our words where one submission was lost: both are shown with their times and states."""
    faults = Faults(lost_replies=1)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        other = await foreign_task(here, PROMPT)
        said = unresolved(await here.run(production(COAST)))
        ours = next(task for task in await here.tasks() if task != other)
    assert other in said
    assert ours in said
    assert "2026-11-20 12:00:00 UTC, SUCCEEDED" in said
    assert faults.sent == 1


async def test_a_task_that_failed_is_nobodys(tmp_path: Path) -> None:
    """It was not charged, whoever asked for it: the request is sent again."""
    faults = Faults(lost_requests=1)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        await foreign_task(here, f"something {FORBIDDEN}")
        outcome = await here.run(production(COAST))
    assert (outcome.exit_code, faults.sent) == (0, 2)


async def test_equal_requests_are_adopted_in_the_order_of_their_creation(tmp_path: Path) -> None:
    """Two takes whose replies were lost in the same moment: each gets a film, and either seed may be the other's."""
    faults = Faults(lost_replies=2)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        outcome = await here.run(production(replace(COAST, takes=2)))
        newest, oldest = await here.tasks()
        takes = lockfile.read(here.store.lock).shots["coast"]
    by_number = {takes.numbers[take.digest]: take for take in takes.takes.values()}
    assert (outcome.exit_code, outcome.submitted, faults.sent) == (0, 2, 2)
    assert {take.task_id for take in by_number.values()} == {newest, oldest}
    assert all(take.seed_uncertain for take in by_number.values())


@pytest.mark.parametrize("jobs", [1, 2, 5])
async def test_takes_of_one_shot_whose_answers_are_all_lost_are_each_their_own_task(tmp_path: Path, jobs: int) -> None:
    """The service films some at a time, and its clock steps by a second with each answer: paid and adopted once each."""
    faults, steps = Faults(lost_replies=3), cycle([0, -1, 1, 0, 2, -1])
    async with virtual_run(tmp_path, faulty(faults), unlike=True, jobs=jobs) as here:
        here.shown = lambda: wall_clock() + timedelta(seconds=next(steps))
        film = production(replace(COAST, takes=3))
        first = await here.run(film)
        tasks = await here.tasks()
        again = await here.run(film)
    takes = lockfile.read(here.store.lock).shots["coast"]
    assert (first.exit_code, first.submitted, again.exit_code, again.submitted, faults.sent) == (0, 3, 0, 0, 3)
    assert sorted(takes.numbers.values()) == [1, 2, 3]
    assert sorted(take.task_id for take in takes.takes.values()) == sorted(tasks)


async def test_a_list_that_shows_other_tasks_each_time_is_not_believed(tmp_path: Path) -> None:
    """Each call misses some that another one shows: nothing is sent again, and no task is adopted twice."""
    faults = Faults(lost_replies=3)
    calls = count()

    class Disagreeing(FaultyService):
        async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
            rows, call = await super().list(model, wanted), next(calls)
            return [row for place, row in enumerate(reversed(rows)) if place % 3 != call % 3 and call % 4]

    async with virtual_run(tmp_path, lambda service: Disagreeing(service, faults), unlike=True, jobs=1) as here:
        outcome = await here.run(production(replace(COAST, takes=3)))
        async with here.stranger() as client:
            tasks = {row.task_id for row in await client.list(MODEL)}
    takes = lockfile.read(here.store.lock).shots["coast"].takes
    assert (outcome.exit_code, outcome.submitted, faults.sent) == (0, 3, 3)
    assert {take.task_id for take in takes.values()} == tasks
    assert len(tasks) == 3


async def test_a_task_that_one_list_call_showed_is_watched_though_the_next_ones_do_not_show_it(tmp_path: Path) -> None:
    """Shown once and then never again within the grace, while nothing else is on record."""
    faults, calls = Faults(lost_replies=1), count()

    class ShownOnce(FaultyService):
        async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
            rows = await super().list(model, wanted)
            return [] if next(calls) else rows

    async with virtual_run(tmp_path, lambda service: ShownOnce(service, faults), unlike=True) as here:
        outcome = await here.run(production(COAST))
    assert (outcome.exit_code, outcome.submitted, faults.sent) == (0, 1, 1)


async def test_an_old_submission_is_not_sent_again_because_one_list_call_missed_it(tmp_path: Path) -> None:
    """Half an hour after the run was killed the first call of the list shows nothing, and the next one its task."""
    faults, calls = Faults(lost_replies=1), count()

    class LateOnce(FaultyService):
        async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
            rows = await super().list(model, wanted)
            return rows if next(calls) else []

    async with virtual_run(tmp_path, lambda service: LateOnce(service, faults), unlike=True) as here:
        faults.list_fault = ServerFault("the service failed")
        assert (await here.run(production(COAST))).exit_code == 5
        faults.list_fault = None
        await anyio.sleep(1800)
        outcome = await here.run(production(COAST))
    assert (outcome.exit_code, outcome.submitted, outcome.collected, faults.sent) == (0, 0, 1, 1)


async def test_an_answer_that_names_the_task_of_another_submission_stops_the_step(tmp_path: Path) -> None:
    """A proxy that repeats an answer: the task keeps its owner, nothing is written, and the next run finds the other."""

    class Repeating(DelegatingWaiter):
        said: Accepted | None = None

        async def submit(self, request: Request) -> Accepted:
            accepted = await super().submit(request)
            self.said = self.said or accepted
            return self.said

    async with virtual_run(tmp_path, Repeating, unlike=True) as here:
        film = production(replace(COAST, takes=2))
        first = await here.run(film)
        (known,) = journal.read(here.store).known
        second = await here.run(film)
        tasks = await here.tasks()
    takes = lockfile.read(here.store.lock).shots["coast"].takes
    assert f"named task {known} for `coast`, which is on record for another submission" in unresolved(first)
    assert (first.submitted, second.exit_code, second.submitted) == (1, 0, 0)
    assert sorted(take.task_id for take in takes.values()) == sorted(tasks)
    assert len(tasks) == 2


async def test_a_lost_take_is_not_the_task_of_one_too_old_for_the_list(tmp_path: Path) -> None:
    """A submission of two days ago with the same words waits for a person; the task of today is that of today."""
    faults = Faults(lost_replies=1)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        unknown_fate(here, hours=48)
        outcome = await here.run(production(replace(COAST, takes=2)))
        tasks = await here.tasks()
    takes = lockfile.read(here.store.lock).shots["coast"].takes
    assert (outcome.exit_code, faults.sent) == (5, 1)
    assert [take.task_id for take in takes.values()] == tasks
    assert [attempt.id for attempt in journal.read(here.store).unknown_fate] == ["killed"]


async def test_a_seed_stays_uncertain_when_the_rest_is_found_by_a_later_run(tmp_path: Path) -> None:
    """One of two equal tasks is adopted before the run is stopped: the other may have its seed all the same."""
    faults = Faults(lost_replies=2)
    async with virtual_run(tmp_path, faulty(faults), unlike=True, jobs=1) as here:
        film = production(replace(COAST, takes=2))
        first = await here.run(film, timeout=1.5 * FILM_SECONDS)
        second = await here.run(film)
    takes = lockfile.read(here.store.lock).shots["coast"].takes
    assert (first.exit_code, second.exit_code, faults.sent, len(takes)) == (4, 0, 2, 2)
    assert all(take.seed_uncertain for take in takes.values())


async def test_of_two_equal_requests_one_that_never_arrived_is_sent_again(tmp_path: Path) -> None:
    """One task, two lost submissions: one of them is it, the other one is sent again; two films are paid, not three."""
    faults = Faults(lost_requests=1, lost_replies=1)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        outcome = await here.run(production(replace(COAST, takes=2)))
        assert len(await here.tasks()) == 2
    assert (outcome.exit_code, outcome.submitted, faults.sent) == (0, 2, 3)
    assert len(lockfile.read(here.store.lock).shots["coast"].takes) == 2


async def test_different_requests_with_the_same_words_are_for_a_person(tmp_path: Path) -> None:
    """The service tells a task's words and nothing else: two shots that differ only in a parameter can't be told."""
    faults = Faults(lost_replies=2)
    film = production(
        COAST, replace(shot("twin", FRAME, prompt=PROMPT), parameters={**COAST.parameters, "duration": 10})
    )
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        outcome = await here.run(film)
        assert len(await here.tasks()) == 2
    assert (outcome.exit_code, faults.sent) == (5, 2)
    assert all("same prompt" in failure.message for failure in outcome.failures if failure.code == 5)


async def test_an_empty_prompt_is_for_a_person(tmp_path: Path) -> None:
    """There is nothing by which its task could be told, so it is neither adopted nor sent again."""
    faults = Faults(lost_requests=1)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        said = unresolved(await here.run(production(edited(production(COAST), "coast", prompt="").shots["coast"])))
    assert "no prompt" in said
    assert faults.sent == 1


async def test_a_service_that_does_not_say_the_words_is_for_a_person(tmp_path: Path) -> None:
    """A success without a prompt can't be told from a colleague's."""
    faults = Faults(lost_replies=1)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        await here.run(production(COAST), timeout=1)
        await anyio.sleep(FILM_SECONDS)
        faults.mute = True
        said = unresolved(await here.run(production(COAST)))
        (task,) = await here.tasks()
    assert task in said


async def test_an_attempt_older_than_the_list_is_for_a_person(tmp_path: Path) -> None:
    """The list shows 24 hours: of an earlier attempt it says nothing, and its film may be gone and paid."""
    async with virtual_run(tmp_path) as here:
        unknown_fate(here, hours=25)
        said = unresolved(await here.run(production(COAST)))
        assert await here.tasks() == []
    assert "older than the provider's list" in said


async def test_an_attempt_of_a_clock_that_was_set_back_is_found_all_the_same(tmp_path: Path) -> None:
    """Its date lies in the future and says nothing: no task is left out because of it, none is sent again at once."""
    faults = Faults()
    async with virtual_run(tmp_path, faulty(faults)) as here:
        task = await foreign_task(here, PROMPT)
        unknown_fate(here, hours=-3)
        outcome = await here.run(production(COAST))
        assert await here.tasks() == [task]
    assert (outcome.exit_code, outcome.collected, faults.sent) == (0, 1, 0)


async def test_a_task_that_is_older_than_the_attempt_is_somebody_elses(tmp_path: Path) -> None:
    """Another machine rendered the same an hour ago: its task is not taken for the one that was lost now."""
    faults = Faults(lost_replies=1)
    async with virtual_run(tmp_path, faulty(faults)) as here:
        other = await foreign_task(here, PROMPT)
        await anyio.sleep(3600)
        outcome = await here.run(production(COAST))
        ours = next(task for task in await here.tasks() if task != other)
        takes = lockfile.read(here.store.lock).shots["coast"].takes
    assert (outcome.exit_code, faults.sent) == (0, 1)
    assert [take.task_id for take in takes.values()] == [ours]


async def test_resubmit_never_waits_for_a_person(tmp_path: Path) -> None:
    """Not even a list that shows nothing sends a request again."""
    faults = Faults(lost_requests=1)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        here.grace = LookupPolicy(DASHSCOPE.list_reach, resubmit=False)
        said = unresolved(await here.run(production(COAST)))
        again = unresolved(await here.run(production(COAST)))
    assert "--resubmit never" in said
    assert "--resubmit never" in again
    assert faults.sent == 1


async def test_a_longer_grace_is_waited_out(tmp_path: Path) -> None:
    """Who knows his list to be slow says so."""
    faults = Faults(lost_replies=1, lag_seconds=200)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        here.grace = LookupPolicy(DASHSCOPE.list_reach, seconds=300)
        outcome = await here.run(production(COAST))
        assert len(await here.tasks()) == 1
    assert (outcome.exit_code, faults.sent) == (0, 1)


async def test_a_task_that_shows_up_after_the_grace_is_kept_as_well(tmp_path: Path) -> None:
    """The request was sent again, and the first one had been accepted: both films were paid, both are takes, and it is said."""
    faults = Faults(lost_replies=1, lag_seconds=45)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        outcome = await here.run(production(COAST))
        tasks = await here.tasks()
        takes = lockfile.read(here.store.lock).shots["coast"]
        said = [str(event) for event in here.events]
        assert here.plan(production(COAST)).idle
    assert (outcome.exit_code, outcome.submitted, outcome.collected) == (0, 1, 1)
    assert {take.task_id for take in takes.takes.values()} == set(tasks)
    assert len(tasks) == 2
    assert sorted(takes.numbers.values()) == [1, 2]
    assert any("accepted after all" in words for words in said)


async def test_a_task_that_shows_up_after_the_run_is_kept_by_the_next_one(tmp_path: Path) -> None:
    """For a day a submission that counts as never accepted is looked for before anything else."""
    faults = Faults(lost_replies=1, lag_seconds=300)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        first = await here.run(production(COAST))
        await anyio.sleep(300)
        second = await here.collect()
        takes = lockfile.read(here.store.lock).shots["coast"]
        assert set(await here.tasks()) == {take.task_id for take in takes.takes.values()}
        third = await here.collect()
    assert (first.collected, second.collected, third.collected) == (0, 1, 0)
    assert len(takes.takes) == 2


async def test_an_old_presumption_takes_no_film_from_a_new_one(tmp_path: Path) -> None:
    """Two days ago the same words were sent and never accepted; a latecomer of today is today's, and is kept."""
    faults = Faults()
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        unknown_fate(here, hours=48)
        journal.Journal(here.store).presumed("killed", "not in the service's list", "2026-11-18T12:10:00Z")
        faults.lost_replies, faults.lag_seconds = 1, 300
        await here.run(production(COAST))
        await anyio.sleep(300)
        assert (await here.collect()).collected == 1
        takes = lockfile.read(here.store.lock).shots["coast"].takes
        assert set(await here.tasks()) == {take.task_id for take in takes.values()}


async def test_other_shots_go_on_while_one_waits_for_a_person(tmp_path: Path) -> None:
    """The step waits, and what needs it; the rest of the plan is done (cli.md, Submissions of unknown fate)."""
    faults = Faults(lost_requests=2)
    film = production(edited(production(COAST), "coast", prompt="").shots["coast"], shot("gull", FRAME, prompt="gull"))
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        first = await here.run(film)
        second = await here.run(film)
    assert (first.exit_code, second.exit_code) == (5, 5)
    assert set(lockfile.read(here.store.lock).shots) == {"gull"}
    assert faults.sent == 3


async def test_a_killed_submission_is_found_by_the_next_run(tmp_path: Path) -> None:
    """The process died between request and answer: the plan says that it is looked up, the run adopts what it finds."""
    faults = Faults(lost_replies=1)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        gave_up = await here.run(production(COAST), timeout=1)
        plan = here.plan(production(COAST))
        outcome = await here.run(production(COAST))
    assert gave_up.exit_code == 4
    assert (plan.steps[0].action, plan.steps[0].certain) == (Action.RENDER, False)
    assert plan.steps[0].reasons[0].code is ReasonCode.IN_FLIGHT
    assert (outcome.exit_code, outcome.submitted, outcome.collected, faults.sent) == (0, 0, 1, 1)


async def test_a_killed_submission_of_an_edited_shot_becomes_a_take_of_what_it_asked(tmp_path: Path) -> None:
    """The words changed since: both films are there in the end, and an undo finds the first."""
    faults = Faults(lost_replies=1)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        await here.run(production(COAST), timeout=1)
        changed = edited(production(COAST), "coast", prompt="coast at dusk")
        outcome = await here.run(changed)
        undone = await here.run(production(COAST))
    assert (outcome.exit_code, outcome.submitted, outcome.collected) == (0, 1, 1)
    assert (undone.submitted, faults.sent) == (0, 2)


async def test_collect_finds_what_was_lost_and_sends_nothing(tmp_path: Path) -> None:
    """One that was accepted is stored; one that was not is left for a run to send again."""
    faults = Faults(lost_replies=1)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        await here.run(production(COAST), timeout=1)
        found = await here.collect()
        unknown_fate(here, hours=1)
        nothing = await here.collect()
        journal_state = journal.read(here.store)
    assert (found.exit_code, found.collected) == (0, 1)
    assert (nothing.exit_code, nothing.collected, faults.sent) == (0, 0, 1)
    assert (len(journal_state.presumed), journal_state.unknown_fate) == (1, ())


async def test_a_request_that_is_lost_again_and_again_ends_its_step(tmp_path: Path) -> None:
    """Three submissions that the service surely never took are enough: 1, and the next run may try."""
    faults = Faults(lost_requests=10)
    async with virtual_run(tmp_path, faulty(faults), unlike=True) as here:
        outcome = await here.run(production(COAST))
    assert (outcome.exit_code, outcome.submitted, faults.sent) == (1, 0, 3)
    assert journal.read(here.store).unknown_fate == ()


async def test_a_submission_is_not_adopted_while_its_like_is_on_the_wire(tmp_path: Path) -> None:
    """A second take with the same words is being submitted: the unexplained task in the list may be its own."""

    class Slow(FaultyService):
        async def submit(self, request: Request) -> Accepted:
            first = not self._faults.sent
            accepted = await super().submit(request)
            if not first:
                await anyio.sleep(3 * FILM_SECONDS)
            return accepted

    faults = Faults(lost_requests=1)
    async with virtual_run(tmp_path, lambda service: Slow(service, faults), unlike=True) as here:
        outcome = await here.run(production(replace(COAST, takes=2)))
        tasks = await here.tasks()
        takes = lockfile.read(here.store.lock).shots["coast"].takes
    assert (outcome.exit_code, outcome.submitted, faults.sent) == (0, 2, 3)
    assert {take.task_id for take in takes.values()} == set(tasks)
    assert len(tasks) == 2


async def test_a_task_that_the_service_forgot_and_remembers_is_stored(tmp_path: Path) -> None:
    """UNKNOWN does not mean that nothing was paid: the step fails, and a later look may find the film."""

    class Forgetful(DelegatingWaiter):
        async def wait_until_done(self, task_id: str, seen: object = None, eager: object = None) -> TaskState:
            return TaskState(task_id, TaskStatus.UNKNOWN, "r")

    forgetful = True
    async with virtual_run(tmp_path, lambda service: Forgetful(service) if forgetful else service) as here:
        first = await here.run(production(COAST))
        lost = here.plan(production(COAST))
        forgetful = False
        await anyio.sleep(FILM_SECONDS)
        second = await here.run(production(COAST))
    assert (first.exit_code, first.submitted) == (1, 1)
    assert lost.steps[0].reasons[0].code is ReasonCode.TASK_LOST
    assert (second.exit_code, second.submitted, second.collected) == (0, 0, 1)


@pytest.mark.parametrize(("looks", "code"), [(3, 0), (4, 1)])
async def test_a_task_that_is_not_known_for_a_moment_is_asked_again(tmp_path: Path, looks: int, code: int) -> None:
    """It would be paid a second time; only the fourth no is believed, and then the step fails as lost."""

    class Wavering(DelegatingWaiter):
        left = looks

        async def wait_until_done(self, task_id: str, seen: Seen = unseen, eager: Eager = always) -> TaskState:
            self.left -= 1
            known = self.left < 0
            return (
                await super().wait_until_done(task_id, seen, eager)
                if known
                else TaskState(task_id, TaskStatus.UNKNOWN, "r")
            )

    async with virtual_run(tmp_path, Wavering) as here:
        outcome = await here.run(production(COAST))
    assert (outcome.exit_code, outcome.submitted) == (code, 1)


def unknown_fate(here: VirtualRun, *, hours: float) -> None:
    """Leave a submission of the shot `coast` without an answer on record, as a run that was killed does."""
    layout.establish(here.store)
    plan = here.plan(production(COAST))
    recipe = plan.recipes["coast"]
    core = fingerprint(recipe)
    date = (wall_clock() - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    attempt = Attempt("killed", "coast", 1, MODEL, core, seed_of(core, None, 0), recipe, date)
    journal.Journal(here.store).intended(attempt)
