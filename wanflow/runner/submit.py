"""From a request to a task on record: each request is on the wire at most once, and what got lost is looked up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from wanflow.graph.node import ShotVertex
from wanflow.planner.plan import Step
from wanflow.planner.request import Question
from wanflow.providers.dashscope.error_codes import repeats_itself
from wanflow.providers.faults import ServerFault, ServiceFault, UnknownFate
from wanflow.providers.protocol import Request
from wanflow.runner.build_request import compose
from wanflow.runner.context import Parts
from wanflow.runner.events import TaskSubmitted, Warned
from wanflow.runner.run_state import Stage
from wanflow.store.journal import Attempt, OpenTask
from wanflow.store.take import Price

SENDS = 3
"""A request that surely was not accepted is sent again at most so often in all."""


async def look_up(step: Step, question: Question, seed: int, stage: Stage, parts: Parts) -> OpenTask | None:
    """The task of an earlier submission of the same request whose answer was lost; None where there is none.

    Raises UnknownFate where only a person can tell (law 3).
    """
    for attempt in stage.inventory.adrift:
        if (attempt.fingerprint, attempt.seed) == (question.core, seed):
            found = await parts.inquiry.settle(attempt)
            if found is not None:
                parts.emit(_found(step.node, found))
                return found
            parts.purse.release(attempt.id)
    return None


async def submit(step: Step, vertex: ShotVertex, seed: int, stage: Stage, parts: Parts) -> OpenTask:
    """Send a request and give its task; the intent is on disk before, the task id before it is used (law 2).

    Its price is set aside before anything is uploaded for it. Raises OverBudget where that could be too much, the fault
    that the service names, and UnknownFate where it may have accepted the request unseen.
    """
    price = stage.price(vertex)
    with _set_aside(step, price, parts):
        request = await compose(vertex.shot, seed, stage, parts)
    for _ in range(SENDS):
        if stage.barred is not None:
            raise stage.barred
        attempt = _attempt(step, stage.question(vertex), seed, price, parts)
        parts.purse.reserve(attempt.id, price, f"`{step.node}`")
        parts.journal.intended(attempt)
        task = await _send(step.node, attempt, request, parts)
        if task is not None:
            stage.tally.submitted += 1
            parts.emit(TaskSubmitted(step.node, task.task_id, request.model))
            return task
    words = f"the service lost {SENDS} submissions of this request and accepted none, by its own list"
    raise ServerFault(words, hint="run again later")


@contextmanager
def _set_aside(step: Step, price: Price | None, parts: Parts) -> Iterator[None]:
    """Keep the price of a step free while its media go up."""
    parts.purse.reserve(step.node, price, f"`{step.node}`")
    try:
        yield
    finally:
        parts.purse.release(step.node)


def _attempt(step: Step, question: Question, seed: int, price: Price | None, parts: Parts) -> Attempt:
    """What is about to be asked, to be written down before it is on the wire (law 2)."""
    return Attempt(
        id=uuid4().hex,
        shot=question.shot.name,
        number=step.take,
        model=question.shot.model,
        fingerprint=question.core,
        seed=seed,
        recipe=question.recipe,
        date=parts.stamp(),
        price=price,
        request=question.request,
    )


async def _send(node: str, attempt: Attempt, request: Request, parts: Parts) -> OpenTask | None:
    """One submission; None where its answer was lost and it surely was not accepted.

    Raises UnknownFate also where the answer names a task that belongs to another submission.
    """
    with parts.inquiry.on_the_wire(attempt):
        try:
            accepted = await parts.service.submit(request)
        except UnknownFate as fault:
            parts.inquiry.lose(attempt)
            parts.emit(Warned(f"{fault}; it is looked up in the service's list", node))
        except ServiceFault as fault:
            state = "refused" if repeats_itself(fault) else "failed"
            parts.journal.declined(attempt.id, str(fault), parts.stamp(), code=fault.code, state=state)
            parts.purse.release(attempt.id)
            raise
        else:
            return parts.inquiry.accept(attempt, accepted.task_id, accepted.request_id)
    found = await parts.inquiry.settle(attempt)
    parts.emit(_found(node, found) if found else Warned("it was not accepted: it is sent again", node))
    if found is None:
        parts.purse.release(attempt.id)
    return found


def _found(node: str, task: OpenTask) -> Warned:
    doubt = ", its seed is uncertain" if task.seed_uncertain else ""
    return Warned(f"the lost submission is task {task.task_id}{doubt}", node)
