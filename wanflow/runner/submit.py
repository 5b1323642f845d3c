"""From a request to a recorded task: a request is sent once, and looked up if its reply is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from wanflow.graph.node import ShotVertex
from wanflow.messages import tr
from wanflow.planner.plan import Step
from wanflow.planner.request import ShotRequest
from wanflow.providers.faults import ServerFault, ServiceFault, UnknownFate
from wanflow.providers.protocol import Request
from wanflow.runner.build_request import compose
from wanflow.runner.context import RunContext, RunState
from wanflow.runner.events import TaskSubmitted, Warned
from wanflow.store.attempt import Attempt, OpenTask
from wanflow.store.take import Price

SENDS = 3
"""Maximum number of times that a request is sent which was certainly not accepted."""


async def look_up(
    step: Step, shot_request: ShotRequest, seed: int, run_state: RunState, context: RunContext
) -> OpenTask | None:
    """The task of an earlier submission of the same request whose reply was lost; None without one.

    Raises UnknownFate where only a person can tell (law 3).
    """
    for attempt in run_state.inventory.asked.unknown.get((shot_request.core, seed), ()):
        found = await context.lost_submissions.decide(attempt)
        if found is not None:
            context.emit(_found(step.node, found))
            return found
        context.spending.release(attempt.id)
    return None


async def submit(step: Step, vertex: ShotVertex, seed: int, run_state: RunState, context: RunContext) -> OpenTask:
    """Send a request and give its task; the intent is on disk before, the task id before it is used (law 2).

    Its price is set aside before anything is uploaded for it. Raises OverBudget where that could be too much, the fault
    that the service names, and UnknownFate where it may have accepted the request unseen.
    """
    price = run_state.price(vertex)
    with _set_aside(step, price, context):
        request = await compose(run_state.shot_request(vertex).shot, seed, run_state, context)
    lost: list[UnknownFate] = []
    while len(lost) < SENDS:
        if run_state.halted_by is not None:
            raise run_state.halted_by
        attempt = _attempt(step, run_state.shot_request(vertex), seed, price, context)
        context.spending.reserve(attempt.id, price, f"`{step.node}`")
        context.journal.intended(attempt)
        sent = await _send(step.node, attempt, request, context)
        if isinstance(sent, OpenTask):
            run_state.counts.submitted += 1
            context.emit(TaskSubmitted(step.node, sent.task_id, request.model))
            return sent
        lost.append(sent)
        if len(lost) < SENDS:
            context.emit(Warned(tr("it was not accepted: it is sent again"), step.node))
    words = tr(
        "the service accepted none of {sends} submissions, by its own list; the last reply: {lost}",
        sends=SENDS,
        lost=lost[-1],
    )
    raise ServerFault(words, hint=lost[-1].hint or tr("run again later"))


@contextmanager
def _set_aside(step: Step, price: Price | None, context: RunContext) -> Iterator[None]:
    """Keep the price of a step free while its media go up."""
    context.spending.reserve(step.node, price, f"`{step.node}`")
    try:
        yield
    finally:
        context.spending.release(step.node)


def _attempt(step: Step, shot_request: ShotRequest, seed: int, price: Price | None, context: RunContext) -> Attempt:
    """The intent of a submission, to be recorded before it is sent (law 2)."""
    return Attempt(
        id=uuid4().hex,
        shot=shot_request.shot.name,
        number=step.take,
        model=shot_request.shot.model,
        fingerprint=shot_request.core,
        seed=seed,
        recipe=shot_request.recipe,
        date=context.stamp(),
        price=price,
        request=shot_request.key,
    )


async def _send(node: str, attempt: Attempt, request: Request, context: RunContext) -> OpenTask | UnknownFate:
    """One submission; the fault of its reply where that was lost and the request was certainly not accepted.

    Raises UnknownFate also where the answer names a task that belongs to another submission.
    """
    with context.lost_submissions.on_the_wire(attempt):
        try:
            accepted = await context.service.submit(request)
        except UnknownFate as fault:
            lost = fault
            context.lost_submissions.lose(attempt)
            looked_up = tr("; the submission is looked up in the service's list") if context.provider.list_reach else ""
            context.emit(Warned(f"{fault}{looked_up}", node))
        except ServiceFault as fault:
            state = "refused" if fault.permanent else "failed"
            context.journal.declined(attempt.id, str(fault), context.stamp(), code=fault.code, state=state)
            context.spending.release(attempt.id)
            raise
        else:
            return context.lost_submissions.accept(attempt, accepted.task_id, accepted.request_id)
    found = await context.lost_submissions.decide(attempt)
    if found is None:
        context.spending.release(attempt.id)
        return lost
    context.emit(_found(node, found))
    return found


def _found(node: str, task: OpenTask) -> Warned:
    doubt = tr(", its seed is uncertain") if task.seed_uncertain else ""
    return Warned(tr("the lost submission is task {task_id}{doubt}", task_id=task.task_id, doubt=doubt), node)
