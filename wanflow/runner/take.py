"""One take, from its request to a file in the store; each step is on disk before the next (law 2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from functools import partial

import anyio

from wanflow import money, timebase
from wanflow.graph.node import ShotVertex
from wanflow.messages import tr
from wanflow.money import Bound, Cost
from wanflow.planner.decide import Decision
from wanflow.planner.plan import Step
from wanflow.planner.request import ShotRequest
from wanflow.providers.faults import ServerFault
from wanflow.providers.limited import Claim
from wanflow.providers.protocol import Eager, Seen, TaskState, TaskStatus, always, unseen
from wanflow.runner.context import RunContext, RunState
from wanflow.runner.download import fetch_result
from wanflow.runner.events import TakeStored, TaskChanged, Warned
from wanflow.runner.submit import look_up, submit
from wanflow.store import blobs, take_names, traces
from wanflow.store.attempt import OpenTask
from wanflow.store.lock import Lock, add_take, set_current
from wanflow.store.take import Take, Trace, result_of
from wanflow.store.take_names import take_file

FIRST = Fraction(10**9)
"""Priority of a task that is in flight already, before anything new."""
UNKNOWN_PAUSES = (1, 2, 4)
"""Seconds between the polls of a task that the service reports as UNKNOWN, after which it counts as lost."""


async def render_take(step: Step, decision: Decision, claim: Claim, run_state: RunState, context: RunContext) -> Take:
    """Submit the request of a step, wait for its result and store it; gives the take.

    Raises ServiceFault, MediaFault, StoreFault.
    """
    vertex = shot_vertex(run_state, step)
    shot_request = run_state.shot_request(vertex)
    seed = shot_request.seed(decision.ordinal)
    async with context.slots.slot(vertex.shot.model, claim):
        found = await look_up(step, shot_request, seed, run_state, context)
        task = found or await submit(step, vertex, seed, run_state, context)
        state = await wait_for(task, context, report_changes(step.node, context), claim.eager)
    take = await store_result(state, task, context, shot_request.key)
    run_state.counts.collected += found is not None
    file_take(take, task.attempt.number, shot_request, step.node, run_state, context)
    return take


async def collect_take(step: Step, decision: Decision, claim: Claim, run_state: RunState, context: RunContext) -> Take:
    """Wait for a task that an earlier run submitted, and store its result as the step's take, which it gives."""
    if decision.task is None:
        raise ValueError(f"nothing in flight for {step.node}")
    if decision.task.task_id in run_state.unfetched:
        raise run_state.unfetched[decision.task.task_id]
    async with context.slots.slot(decision.task.attempt.model, replace(claim, priority=FIRST)):
        state = await wait_for(decision.task, context, report_changes(step.node, context), claim.eager)
    shot_request = run_state.shot_request(shot_vertex(run_state, step))
    take = await store_result(state, decision.task, context, shot_request.key)
    file_take(take, decision.number, shot_request, step.node, run_state, context)
    if decision.task.late:
        context.lock.write()  # its number is another one than its submission reserved: only the lock knows
    return take


def restore_take(step: Step, decision: Decision, run_state: RunState, context: RunContext) -> Take:
    """File a take that exists already, under another shot or an earlier request, as this shot's current one."""
    if decision.take is None:
        raise ValueError(f"nothing to restore for {step.node}")
    shot_request = run_state.shot_request(shot_vertex(run_state, step))
    number = shot_request.entry.numbers.get(decision.take.digest, step.take)
    file_take(decision.take, number, shot_request, step.node, run_state, context, bought=False)
    return decision.take


async def wait_for(task: OpenTask, context: RunContext, seen: Seen = unseen, eager: Eager = always) -> TaskState:
    """Wait until a task is final; raises ServiceFault."""
    return await _confirmed(lambda: context.service.wait_until_done(task.task_id, seen, eager), task, context)


async def poll(task: OpenTask, context: RunContext) -> TaskState:
    """The state of a task now; raises ServiceFault."""
    return await _confirmed(lambda: context.service.poll(task.task_id), task, context)


async def _confirmed(look: Callable[[], Awaitable[TaskState]], task: OpenTask, context: RunContext) -> TaskState:
    """The state of a task; one that the service should know and reports as UNKNOWN is asked for again."""
    state = await look()
    for pause in UNKNOWN_PAUSES if is_young(task.accepted, context) else ():
        if state.status is not TaskStatus.UNKNOWN:
            break
        await anyio.sleep(pause)
        state = await look()
    return state


def is_young(date: str, context: RunContext) -> bool:
    """Whether the service may still know a task that it accepted at this time."""
    provider = context.provider
    return provider.remote and context.clock() - datetime.fromisoformat(date) < provider.task_life


def report_changes(node: str, context: RunContext) -> Seen:
    """Reports each new state of a node's task once, however often it is polled."""
    last: list[TaskStatus] = []

    def seen(state: TaskState) -> None:
        if state.status not in last[-1:]:
            last.append(state.status)
            if state.status is TaskStatus.RUNNING:
                context.journal.running(state.task_id, context.stamp())
            context.emit(TaskChanged(node, state.task_id, state.status.value))

    return seen


async def store_result(state: TaskState, task: OpenTask, context: RunContext, current: str | None = None) -> Take:
    """Store the result of a task that is done; a task that failed is written down and raised as its fault.

    `current` is the request that its take makes the last one of its shot, as the lock has it.
    A task that succeeded without an address for its result stays open: it was paid for, and the next poll may have one.
    """
    if state.status is not TaskStatus.SUCCEEDED:
        fault = state.failure
        # a cancelled or forgotten task leaves the shot as if it had never been sent
        forgotten = state.status in {TaskStatus.CANCELED, TaskStatus.UNKNOWN}
        shot_state = "refused" if fault.permanent else "failed"
        context.journal.ended(
            state.task_id,
            state.status.value,
            str(fault),
            context.stamp(),
            code=fault.code,
            state=None if forgotten else shot_state,
        )
        context.spending.release(task.attempt.id)
        raise fault
    if state.url is None:
        words = tr("task {task_id} succeeded, but the service gives no address of its result", task_id=state.task_id)
        raise ServerFault(words, hint=tr("`wanflow collect` asks again"))
    ready = context.stamp()
    context.journal.succeeded(state.task_id, state.url, ready, service=context.addresses.account)
    fetched = await fetch_result(state.task_id, state.url, task.attempt.model, context)
    before, price = context.spending.overrun, task.attempt.price
    charged = context.spending.charge(task.attempt, state.billed)
    if context.spending.overrun not in {None, before}:
        context.emit(Warned(str(context.spending.overrun)))
    take = Take(
        digest=fetched.digest,
        fingerprint=task.attempt.fingerprint,
        seed=task.attempt.seed,
        model=task.attempt.model,
        result=result_of(fetched.facts),
        date=context.stamp(),
        task_id=state.task_id,
        request_id=state.request_id,
        seed_uncertain=task.seed_uncertain,
        cost=None if charged is None else charged.amount,
        currency=None if price is None else price.currency,
        estimate=None if price is None else price.amount,
    )
    blobs.adopt_take(context.store, fetched.path, fetched.digest, take.result.kind)
    traces.append(context.store, Trace(take, task.attempt.recipe))
    context.journal.stored(state.task_id, fetched.digest, context.stamp(), take=take, unfiled=True, current=current)
    context.addresses.keep_result(fetched.digest, fetched.url, ready)
    return take


def shot_vertex(run_state: RunState, step: Step) -> ShotVertex:
    """The shot that a step renders."""
    vertex = run_state.plan.graph.vertex(step.vertex)
    if not isinstance(vertex, ShotVertex):
        raise TypeError(f"not a shot: {step.node}")
    return vertex


def charge_of(take: Take) -> Cost | None:
    """What a take was charged: nothing on the animatic, unknown where the reply had no amount."""
    if take.currency is None:
        return None
    return money.unknown(take.currency) if take.cost is None else Cost(take.cost, take.currency, Bound.EXACT)


def file_take(
    take: Take,
    number: int,
    shot_request: ShotRequest,
    node: str,
    run_state: RunState,
    context: RunContext,
    *,
    bought: bool = True,
) -> None:
    """Enter a take in the lock under its number, make its request the shot's current one, and name the file.

    `bought`: it was delivered now, so the event has its charge. What people decided in the lock meanwhile stays there;
    the run itself keeps to what it was planned with.
    """
    shot = shot_request.shot.name
    reserved = context.journal.reserved((shot, *shot_request.entry.former))

    def enter(lock: Lock, wanted: int) -> Lock:
        with_take = add_take(lock, shot, take, shot_request.recipe, wanted, reserved=reserved)
        return set_current(with_take, shot, shot_request.key)

    task_id = take.task_id if bought else None
    entry = context.lock.change(partial(enter, wanted=number), task_id).shots[shot]
    number = entry.number_for(entry.takes[take.digest], take.fingerprint, take.seed)
    run_state.add_take(take, shot_request.recipe, enter(run_state.inventory.lock, number))
    file = name_take_file(take, shot, entry.numbers[take.digest], context)
    seconds = timebase.decimal_text(take.result.seconds, 3)
    cost = charge_of(take) if bought else None
    warn_of_repeat(node, number, entry.numbers[take.digest], context)
    context.emit(TakeStored(node, shot, number, take.digest, seconds, file, cost, take.pixels))


def warn_of_repeat(node: str, number: int, first: int, context: RunContext) -> None:
    """Warn of a take whose bytes are those of the shot's take `first`."""
    if number != first:
        words = tr(
            "its result is the same file as take {first}: it was charged and counts, and `pick` gives the same",
            first=first,
        )
        context.emit(Warned(words, node))


def name_take_file(take: Take, shot: str, number: int, context: RunContext) -> str:
    """Give a take its name under `out/shots`; the name, relative to the production's folder."""
    name = take_file(context.out, shot, number, take.suffix)
    take_names.put(context.store, take.digest, context.folder / name)
    return name
