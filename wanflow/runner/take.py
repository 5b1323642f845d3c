"""One take: from a request in words to a film in the store, each step on disk before the next may happen (law 2)."""

from __future__ import annotations

from fractions import Fraction

from wanflow import money, timebase
from wanflow.graph.node import ShotVertex
from wanflow.money import Bound, Cost
from wanflow.planner.decide import Decision
from wanflow.planner.plan import Step
from wanflow.planner.request import ShotRequest
from wanflow.providers.dashscope.error_codes import fault_of_state, repeats_itself
from wanflow.providers.faults import ServerFault, ServiceFault
from wanflow.providers.protocol import Seen, TaskState, TaskStatus
from wanflow.runner.context import RunContext
from wanflow.runner.download import DownloadedResult, fetch_result
from wanflow.runner.events import TakeStored, TaskChanged, Warned
from wanflow.runner.run_state import RunState
from wanflow.runner.submit import look_up, submit
from wanflow.runner.wait import wait_for
from wanflow.store import blobs, lockfile, shots_folder, traces
from wanflow.store.attempt import OpenTask
from wanflow.store.lock import Lock, add_take, set_current
from wanflow.store.take import ResultKind, Take, Trace, result_of
from wanflow.store.take_names import take_file


async def render_take(
    step: Step, decision: Decision, priority: Fraction, run_state: RunState, context: RunContext
) -> None:
    """Submit the request of a step, wait for its film and store it; raises ServiceFault, MediaFault, StoreFault."""
    vertex = shot_vertex(run_state, step)
    shot_request = run_state.shot_request(vertex)
    seed = shot_request.seed(decision.ordinal)
    async with context.slots.slot(vertex.shot.model, priority, step.node):
        found = await look_up(step, shot_request, seed, run_state, context)
        task = found or await submit(step, vertex, seed, run_state, context)
        state = await wait_for(task, context, tell_changes(step.node, context))
    take = await receive(state, task, context)
    run_state.counts.collected += found is not None
    file_take(take, task.attempt.number, shot_request, step.node, run_state, context)


def restore_take(step: Step, decision: Decision, run_state: RunState, context: RunContext) -> None:
    """File a take that exists already, under another shot or an earlier request, as this shot's current one."""
    if decision.take is None:
        raise ValueError(f"nothing to restore for {step.node}")
    shot_request = run_state.shot_request(shot_vertex(run_state, step))
    number = shot_request.entry.numbers.get(decision.take.digest, step.take)
    file_take(decision.take, number, shot_request, step.node, run_state, context, bought=False)


async def receive(state: TaskState, task: OpenTask, context: RunContext) -> Take:
    """Store the film of a task that is done; a task that failed is written down and raised as its fault.

    A success that does not say where its film is stays open: it was paid for, and the next look may say it.
    """
    if state.status is not TaskStatus.SUCCEEDED:
        fault = fault_of_state(state)
        said = (state.task_id, state.status.value, str(fault), context.stamp())
        context.journal.ended(*said, code=fault.code, state=None if _forgotten(state) else _state_by(fault))
        context.spending.release(task.attempt.id)
        raise fault
    if state.url is None:
        words = f"task {state.task_id} succeeded, and the service does not say where its film is"
        raise ServerFault(words, hint="`wanflow collect` asks again")
    ready = context.stamp()
    context.journal.succeeded(state.task_id, state.url, ready, service=context.addresses.account)
    fetched = await fetch_result(state.task_id, state.url, ResultKind.FILM, context)
    take = _take_of(state, task, fetched, context)
    blobs.adopt_take(context.store, fetched.path, fetched.digest, take.result.kind)
    traces.append(context.store, Trace(take, task.attempt.recipe))
    context.journal.stored(state.task_id, fetched.digest, context.stamp(), take=take)
    context.addresses.keep_result(fetched.digest, fetched.url, ready)
    return take


def tell_changes(node: str, context: RunContext) -> Seen:
    """Tells each new state of a node's task once, however often it is looked at."""
    told: list[TaskStatus] = []

    def seen(state: TaskState) -> None:
        if state.status not in told[-1:]:
            told.append(state.status)
            if state.status is TaskStatus.RUNNING:
                context.journal.running(state.task_id, context.stamp())
            context.emit(TaskChanged(node, state.task_id, state.status.value))

    return seen


def _take_of(state: TaskState, task: OpenTask, fetched: DownloadedResult, context: RunContext) -> Take:
    charged, price = _charged(state, task, context), task.attempt.price
    return Take(
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


def _charged(state: TaskState, task: OpenTask, context: RunContext) -> Cost | None:
    """What a film was charged, by the reply that delivers it; a bill that is too high is said."""
    before = context.spending.overrun
    charged = context.spending.charge(task.attempt, state.usage)
    if context.spending.overrun not in {None, before}:
        context.emit(Warned(str(context.spending.overrun)))
    return charged


def _forgotten(state: TaskState) -> bool:
    """Whether a task ended as if it had never been: cancelled, or unknown to the service."""
    return state.status in {TaskStatus.CANCELED, TaskStatus.UNKNOWN}


def _state_by(fault: ServiceFault) -> str:
    """What a shot is by a fault (cli.md, SELECT)."""
    return "refused" if repeats_itself(fault) else "failed"


def shot_vertex(run_state: RunState, step: Step) -> ShotVertex:
    """The shot that a step renders."""
    vertex = run_state.plan.graph.vertex(step.vertex)
    if not isinstance(vertex, ShotVertex):
        raise TypeError(f"not a shot: {step.node}")
    return vertex


def charge_of(take: Take) -> Cost | None:
    """What a take was charged: nothing on the animatic, unknown where the reply did not say."""
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
    """Enter a take in the lock under its number, make its request the shot's current one, and shelve the file.

    `bought` says that it came now, and what it was charged is told. What people decided in the lock meanwhile stays
    there; the run itself keeps to what it was planned with.
    """
    shot = shot_request.shot.name
    reserved = context.journal.reserved((shot, *shot_request.entry.former))

    def enter(lock: Lock, wanted: int) -> Lock:
        with_take = add_take(lock, shot, take, shot_request.recipe, wanted, reserved=reserved)
        return set_current(with_take, shot, shot_request.key)

    number = lockfile.update(context.store.lock, lambda lock: enter(lock, number)).shots[shot].numbers[take.digest]
    run_state.add_take(take, shot_request.recipe, enter(run_state.inventory.lock, number))
    file = name_take_file(take, shot, number, context)
    seconds = timebase.decimal_text(take.result.seconds, 3)
    cost = charge_of(take) if bought else None
    context.emit(TakeStored(node, shot, number, take.digest, seconds, file, cost))


def name_take_file(take: Take, shot: str, number: int, context: RunContext) -> str:
    """Give a take its name under `out/shots`; the name, relative to the production's folder."""
    name = take_file(context.out, shot, number, take.suffix)
    shots_folder.put(context.store, take.digest, context.folder / name)
    return name
