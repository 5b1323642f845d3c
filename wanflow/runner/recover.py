"""Collect first: every open task of earlier runs is asked before anything new happens (law 10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import anyio

from wanflow import money, timing
from wanflow.errors import WanflowError
from wanflow.planner.decide import Decision
from wanflow.planner.draft import take_node
from wanflow.planner.price import CURRENCY
from wanflow.planner.steps import Action, Step
from wanflow.runner.event import StepFinished, StepStarted, TakeStored, Warned
from wanflow.runner.outcome import Failure, Outcome, Result
from wanflow.runner.parts import Parts
from wanflow.runner.record import file_take, shelve
from wanflow.runner.render import receive, shot_vertex, tell_changes, ways_out
from wanflow.runner.stage import Stage
from wanflow.service.fault import Unauthorised, UnknownFate
from wanflow.service.port import TaskState, TaskSummary
from wanflow.store import journal, lockfile
from wanflow.store.journal import Attempt, OpenTask
from wanflow.store.lock import Lock, add_take
from wanflow.store.take import Take

FIRST = Fraction(10**9)
"""What is in flight already takes its place before anything new."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came of the open ends of earlier runs: films stored, and tasks of which none will come."""

    collected: int = 0
    gone: int = 0


async def collect_open(parts: Parts, lost: frozenset[str] = frozenset()) -> Recovered:
    """Ask every open task once and store what is finished, whatever became of its shot since.

    `lost` are the ids of tasks that the plan knows to be gone already.

    A film goes on record as a take of the request that it answers; the plan that follows finds it there. A task that
    failed or was forgotten is closed. Raises UnknownFate where a submission may have been accepted unseen.
    """
    diary = journal.read(parts.store)
    await _settle_adrift(diary.adrift, diary.known, parts)
    collected = gone = 0
    for task in urgent_first(diary.open):
        stored = await _collect(task, parts, expected=task.task_id in lost)
        collected += stored is True
        gone += stored is False
    return Recovered(collected, gone)


async def collect_all(parts: Parts, timeout: float | None = None) -> Outcome:
    """Wait for every open task and store its film; submits nothing.

    After `timeout` seconds waiting is given up, not the tasks, and the exit code is 4; it is 5 where the fate of a
    submission is unknown, 1 where a task ended without a film. Raises Unauthorised, perhaps in a group, where
    the key is refused before anything was collected.
    """
    diary = journal.read(parts.store)
    gathering = _Gathering(parts)
    await gathering.settle_adrift(diary.adrift, diary.known)
    with anyio.move_on_after(timeout) as scope:
        async with anyio.create_task_group() as group:
            for task in urgent_first(diary.open):
                group.start_soon(gathering.wait_for, task)
    return gathering.outcome(gave_up=scope.cancelled_caught)


async def collect_take(step: Step, decision: Decision, stage: Stage, parts: Parts) -> None:
    """Wait for a task that an earlier run submitted, and store its film as the step's take."""
    if decision.task is None:
        raise ValueError(f"nothing in flight for {step.node}")
    async with parts.slots.slot(decision.task.attempt.model, FIRST, step.node):
        state = await parts.service.settled(decision.task.task_id, tell_changes(step.node, parts))
    take = await receive(state, decision.task.attempt, parts)
    file_take(take, step.take, stage.question(shot_vertex(stage, step)), step.node, stage, parts)


def urgent_first(tasks: Sequence[OpenTask]) -> list[OpenTask]:
    """The tasks in the order in which the service will forget them, 24 h after it took them (api.md 4.1)."""
    return sorted(tasks, key=lambda task: (task.accepted, task.task_id))


@dataclass(slots=True)
class _Gathering:
    """One `collect`: what came of it so far."""

    parts: Parts
    collected: int = 0
    failures: list[Failure] = field(default_factory=list)

    async def settle_adrift(self, adrift: tuple[Attempt, ...], known: frozenset[str]) -> None:
        """A submission of unknown fate stops nothing here: there is nothing new to pay for."""
        try:
            await _settle_adrift(adrift, known, self.parts)
        except UnknownFate as fault:
            self.failures.append(Failure("submission", str(fault), fault.hint, 5))

    async def wait_for(self, task: OpenTask) -> None:
        """Store the film of one task once there is one; raises Unauthorised where the key was never let in."""
        node = take_node(task.attempt.shot, task.attempt.number)
        self.parts.emit(StepStarted(node, Action.COLLECT, task.attempt.model))
        try:
            state = await self.parts.service.settled(task.task_id, tell_changes(node, self.parts))
            await _keep(state, task.attempt, self.parts)
        except WanflowError as fault:
            if isinstance(fault, Unauthorised) and not self.collected:
                raise
            self.failures.append(Failure(node, str(fault), fault.hint))
            self.parts.emit(StepFinished(node, Result.FAILED.value, str(fault), fault.hint))
        else:
            self.collected += 1
            self.parts.emit(StepFinished(node, Result.DONE.value))

    def outcome(self, *, gave_up: bool) -> Outcome:
        """The sum of it; the first of 5, 4 and 1 where several hold (cli.md, Exit codes)."""
        codes = {failure.code for failure in self.failures} | ({4} if gave_up else set())
        cost = money.unknown(CURRENCY) if self.collected else money.nothing(CURRENCY)
        return Outcome(max(codes, default=0), collected=self.collected, failures=tuple(self.failures), cost=cost)


async def _collect(task: OpenTask, parts: Parts, *, expected: bool) -> bool | None:
    """True where a film was stored, False where none will come, None where the task still runs."""
    state = await parts.service.poll(task.task_id)
    if not state.status.final:
        return None
    try:
        await _keep(state, task.attempt, parts)
    except WanflowError as fault:
        if not expected:
            parts.emit(Warned(f"task {task.task_id} of `{task.attempt.shot}`: {fault}"))
        return False
    return True


async def _keep(state: TaskState, attempt: Attempt, parts: Parts) -> None:
    """Store a film and enter it in the lock as a take of the shot that it was made for, whatever that asks by now."""
    take = await receive(state, attempt, parts)

    def enter(lock: Lock) -> Lock:
        return add_take(lock, attempt.shot, take, attempt.recipe, attempt.number)

    lock = lockfile.update(parts.store.lock, enter)
    _announce(take, attempt.shot, lock.shots[attempt.shot].numbers[take.digest], parts)


def _announce(take: Take, shot: str, number: int, parts: Parts) -> None:
    shelved = shelve(take, shot, number, parts)
    seconds = timing.decimal_text(timing.to_seconds(take.film.frames, take.film.rate), 3)
    parts.emit(TakeStored(take_node(shot, number), shot, number, take.digest, seconds, shelved))


async def _settle_adrift(adrift: tuple[Attempt, ...], known: frozenset[str], parts: Parts) -> None:
    """Look attempts of unknown fate up in the service's own list; none there means that none was accepted."""
    for model in sorted({attempt.model for attempt in adrift}):
        strangers = [row for row in await parts.service.list(model) if row.task_id not in known]
        if strangers:
            lost = next(attempt for attempt in adrift if attempt.model == model)
            raise UnknownFate(_undecided(model, strangers), hint=ways_out(lost))
    for attempt in adrift:
        parts.journal.declined(attempt.id, "not in the service's list", parts.stamp())


def _undecided(model: str, strangers: Sequence[TaskSummary]) -> str:
    """Each task that may be the one, with its time and state."""
    rows = [f"{row.task_id} ({row.created:%Y-%m-%d %H:%M:%S} UTC, {row.status})" for row in strangers]
    return f"a submission to `{model}` got lost, and the service has tasks that may be it: {', '.join(rows)}"
