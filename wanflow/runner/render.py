"""One take: from a request in words to a film in the store, each step on disk before the next may happen (law 2)."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from uuid import uuid4

from wanflow.graph.node import ShotVertex
from wanflow.media.jobs import CheckFilm
from wanflow.planner.decide import Decision
from wanflow.planner.question import Question
from wanflow.planner.steps import Step
from wanflow.runner.event import TaskChanged, TaskSubmitted
from wanflow.runner.feed import compose
from wanflow.runner.parts import Parts
from wanflow.runner.record import file_take, film_from
from wanflow.runner.stage import Stage
from wanflow.service.fault import Refused, ResultExpired, ServerFault, ServiceFault, UnknownFate
from wanflow.service.port import Fetched, Request, Seen, TaskState, TaskStatus
from wanflow.service.verdict import fault_of_state
from wanflow.store import blobs, traces
from wanflow.store.journal import Attempt
from wanflow.store.take import Take, Trace


async def render_take(step: Step, decision: Decision, priority: Fraction, stage: Stage, parts: Parts) -> None:
    """Submit the request of a step, wait for its film and store it; raises ServiceFault, MediaFault, StoreFault."""
    vertex = shot_vertex(stage, step)
    question = stage.question(vertex)
    seed = question.seed(decision.ordinal)
    async with parts.slots.slot(vertex.shot.model, priority, step.node):
        if stage.barred is not None:
            raise stage.barred
        request = await compose(vertex.shot, seed, stage, parts)
        attempt = intend(step, question, seed, parts)
        task_id = await submit(step, attempt, request, parts)
        stage.tally.submitted += 1
        state = await parts.service.settled(task_id, tell_changes(step.node, parts))
    take = await receive(state, attempt, parts)
    file_take(take, step.take, question, step.node, stage, parts)


def restore_take(step: Step, decision: Decision, stage: Stage, parts: Parts) -> None:
    """File a take that exists already, under another shot or an earlier request, as this shot's current one."""
    if decision.take is None:
        raise ValueError(f"nothing to restore for {step.node}")
    question = stage.question(shot_vertex(stage, step))
    number = question.entry.numbers.get(decision.take.digest, step.take)
    file_take(decision.take, number, question, step.node, stage, parts)


async def receive(state: TaskState, attempt: Attempt, parts: Parts) -> Take:
    """Store the film of a task that is done; a task that failed is written down and raised as its fault.

    A success that does not say where its film is stays open: it was paid for, and the next look may say it.
    """
    if state.status is not TaskStatus.SUCCEEDED:
        fault = fault_of_state(state)
        said = (state.task_id, state.status.value, str(fault), parts.stamp())
        parts.journal.ended(*said, code=fault.code, state=None if _forgotten(state) else _state_by(fault))
        raise fault
    if state.url is None:
        words = f"task {state.task_id} succeeded, and the service does not say where its film is"
        raise ServerFault(words, hint="`wanflow collect` asks again")
    ready = parts.stamp()
    parts.journal.succeeded(state.task_id, state.url, ready, service=parts.addresses.account)
    target = parts.store.temporary(".mp4")
    fetched = await _fetch(state.task_id, state.url, target, parts)
    facts = await parts.jobs(CheckFilm(target), parts.limiter)
    take = Take(
        digest=fetched.digest,
        fingerprint=attempt.fingerprint,
        seed=attempt.seed,
        model=attempt.model,
        film=film_from(facts),
        date=parts.stamp(),
        task_id=state.task_id,
        request_id=state.request_id,
    )
    blobs.adopt_take(parts.store, target, fetched.digest)
    traces.append(parts.store, Trace(take, attempt.recipe))
    parts.journal.stored(state.task_id, fetched.digest, parts.stamp())
    parts.addresses.keep_result(fetched.digest, state.url, ready)
    return take


async def _fetch(task_id: str, url: str, target: Path, parts: Parts) -> Fetched:
    """Download a film; an address that is refused is asked for anew, once (cli.md, last table)."""
    try:
        return await parts.service.download(url, target)
    except ResultExpired:
        fresh = (await parts.service.poll(task_id)).url
        if fresh in {None, url}:
            raise
        return await parts.service.download(str(fresh), target)


def tell_changes(node: str, parts: Parts) -> Seen:
    """Tells each new state of a node's task once, however often it is looked at."""
    told: list[TaskStatus] = []

    def seen(state: TaskState) -> None:
        if state.status not in told[-1:]:
            told.append(state.status)
            if state.status is TaskStatus.RUNNING:
                parts.journal.running(state.task_id, parts.stamp())
            parts.emit(TaskChanged(node, state.task_id, state.status.value))

    return seen


def _forgotten(state: TaskState) -> bool:
    """Whether a task ended as if it had never been: cancelled, or unknown to the service."""
    return state.status in {TaskStatus.CANCELED, TaskStatus.UNKNOWN}


def _state_by(fault: ServiceFault) -> str:
    """What a shot is by a fault (cli.md, SELECT)."""
    return "refused" if isinstance(fault, Refused) else "failed"


def intend(step: Step, question: Question, seed: int, parts: Parts) -> Attempt:
    """Write down what is about to be asked, before it is on the wire (law 2)."""
    attempt = Attempt(
        id=uuid4().hex,
        shot=question.shot.name,
        number=step.take,
        model=question.shot.model,
        fingerprint=question.core,
        seed=seed,
        recipe=question.recipe,
        date=parts.stamp(),
    )
    parts.journal.intended(attempt)
    return attempt


async def submit(step: Step, attempt: Attempt, request: Request, parts: Parts) -> str:
    """Send a request once and write its task down before anything is asked of it (law 2)."""
    try:
        accepted = await parts.service.submit(request)
    except UnknownFate as fault:
        fault.hint = ways_out(attempt)
        raise  # the attempt stays open in the journal until somebody knows (law 3)
    except ServiceFault as fault:
        parts.journal.declined(attempt.id, str(fault), parts.stamp(), code=fault.code, state=_state_by(fault))
        raise
    parts.journal.accepted(attempt.id, accepted.task_id, accepted.request_id, parts.stamp())
    parts.emit(TaskSubmitted(step.node, accepted.task_id, request.model))
    return accepted.task_id


def ways_out(attempt: Attempt) -> str:
    """How a person decides what became of a submission whose answer was lost."""
    words = f"wanflow resolve {attempt.shot} --take {attempt.number}"
    return (
        f"`wanflow run` looks it up again; or decide: `{words} --adopt TASK_ID`, or `--resubmit` if it was not accepted"
    )


def shot_vertex(stage: Stage, step: Step) -> ShotVertex:
    """The shot that a step renders."""
    vertex = stage.plan.graph.vertex(step.vertex)
    if not isinstance(vertex, ShotVertex):
        raise TypeError(f"not a shot: {step.node}")
    return vertex
