"""Collect first: every open task of earlier runs is asked once before anything new happens (law 10)."""

from __future__ import annotations

from dataclasses import dataclass

from wanflow.errors import WanflowError
from wanflow.planner.decide import Decision
from wanflow.planner.steps import Step
from wanflow.runner.event import TaskChanged, Warned
from wanflow.runner.parts import Parts
from wanflow.runner.record import file_take
from wanflow.runner.render import receive, shot_vertex
from wanflow.runner.stage import Stage
from wanflow.service.fault import UnknownFate
from wanflow.store import journal
from wanflow.store.journal import Attempt, OpenTask


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came of the open ends of earlier runs: films stored, and tasks of which none will come."""

    collected: int = 0
    gone: int = 0


async def collect_open(parts: Parts, lost: frozenset[str]) -> Recovered:
    """Ask every open task once and store what is finished, whatever became of its shot since.

    `lost` are the ids of tasks that the plan knows to be gone already.

    A film goes on record as a take of the request that it answers; the plan that follows finds it there. A task that
    failed or was forgotten is closed. Raises UnknownFate where a submission may have been accepted unseen.
    """
    diary = journal.read(parts.store)
    await _settle_adrift(diary.adrift, diary.known, parts)
    collected = gone = 0
    for task in diary.open:
        stored = await _collect(task, parts, expected=task.task_id in lost)
        collected += stored is True
        gone += stored is False
    return Recovered(collected, gone)


async def collect_take(step: Step, decision: Decision, stage: Stage, parts: Parts) -> None:
    """Wait for a task that an earlier run submitted, and store its film as the step's take."""
    if decision.task is None:
        raise ValueError(f"nothing in flight for {step.node}")
    state = await parts.service.settled(decision.task.task_id)
    parts.emit(TaskChanged(step.node, state.task_id, state.status.value))
    take = await receive(state, decision.task.attempt, parts)
    file_take(take, step.take, stage.question(shot_vertex(stage, step)), step.node, stage, parts)


async def _collect(task: OpenTask, parts: Parts, *, expected: bool) -> bool | None:
    """True where a film was stored, False where none will come, None where the task still runs."""
    state = await parts.service.poll(task.task_id)
    if not state.status.final:
        return None
    try:
        await receive(state, task.attempt, parts)
    except WanflowError as fault:
        if not expected:
            parts.emit(Warned(f"task {task.task_id} of `{task.attempt.shot}`: {fault}"))
        return False
    return True


async def _settle_adrift(adrift: tuple[Attempt, ...], known: frozenset[str], parts: Parts) -> None:
    """Look attempts of unknown fate up in the service's own list; none there means that none was accepted."""
    for model in sorted({attempt.model for attempt in adrift}):
        strangers = [row.task_id for row in await parts.service.list(model) if row.task_id not in known]
        if strangers:
            message = f"a submission to `{model}` got lost, and the service has tasks that may be it: {strangers}"
            raise UnknownFate(message, hint="look at them in the service's console before running again")
    for attempt in adrift:
        parts.journal.declined(attempt.id, "not in the service's list", parts.stamp())
