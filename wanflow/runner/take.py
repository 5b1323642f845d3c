"""One take: from a request in words to a film in the store, each step on disk before the next may happen (law 2)."""

from __future__ import annotations

from fractions import Fraction

from wanflow import money, timebase
from wanflow.graph.node import ShotVertex
from wanflow.language.facts import Facts
from wanflow.money import Bound, Cost
from wanflow.planner.decide import Decision
from wanflow.planner.inputs import film_of
from wanflow.planner.plan import Step
from wanflow.planner.request import Question
from wanflow.providers.dashscope.error_codes import fault_of_state, repeats_itself
from wanflow.providers.faults import ServerFault, ServiceFault
from wanflow.providers.protocol import Seen, TaskState, TaskStatus
from wanflow.runner.context import Parts
from wanflow.runner.download import FetchedFilm, fetch_film
from wanflow.runner.events import TakeStored, TaskChanged, Warned
from wanflow.runner.lost_submissions import wait_for
from wanflow.runner.run_state import Stage
from wanflow.runner.submit import look_up, submit
from wanflow.store import blobs, lockfile, take_names, traces
from wanflow.store.journal import OpenTask
from wanflow.store.lock import Lock, add_take, set_current
from wanflow.store.take import Film, Take, Trace
from wanflow.store.take_names import take_file


async def render_take(step: Step, decision: Decision, priority: Fraction, stage: Stage, parts: Parts) -> None:
    """Submit the request of a step, wait for its film and store it; raises ServiceFault, MediaFault, StoreFault."""
    vertex = shot_vertex(stage, step)
    question = stage.question(vertex)
    seed = question.seed(decision.ordinal)
    async with parts.slots.slot(vertex.shot.model, priority, step.node):
        found = await look_up(step, question, seed, stage, parts)
        task = found or await submit(step, vertex, seed, stage, parts)
        state = await wait_for(task, parts, tell_changes(step.node, parts))
    take = await receive(state, task, parts)
    stage.tally.collected += found is not None
    file_take(take, task.attempt.number, question, step.node, stage, parts)


def restore_take(step: Step, decision: Decision, stage: Stage, parts: Parts) -> None:
    """File a take that exists already, under another shot or an earlier request, as this shot's current one."""
    if decision.take is None:
        raise ValueError(f"nothing to restore for {step.node}")
    question = stage.question(shot_vertex(stage, step))
    number = question.entry.numbers.get(decision.take.digest, step.take)
    file_take(decision.take, number, question, step.node, stage, parts, bought=False)


async def receive(state: TaskState, task: OpenTask, parts: Parts) -> Take:
    """Store the film of a task that is done; a task that failed is written down and raised as its fault.

    A success that does not say where its film is stays open: it was paid for, and the next look may say it.
    """
    if state.status is not TaskStatus.SUCCEEDED:
        fault = fault_of_state(state)
        said = (state.task_id, state.status.value, str(fault), parts.stamp())
        parts.journal.ended(*said, code=fault.code, state=None if _forgotten(state) else _state_by(fault))
        parts.purse.release(task.attempt.id)
        raise fault
    if state.url is None:
        words = f"task {state.task_id} succeeded, and the service does not say where its film is"
        raise ServerFault(words, hint="`wanflow collect` asks again")
    ready = parts.stamp()
    parts.journal.succeeded(state.task_id, state.url, ready, service=parts.addresses.account)
    film = await fetch_film(state.task_id, state.url, parts)
    take = _take_of(state, task, film, parts)
    blobs.adopt_take(parts.store, film.path, film.digest)
    traces.append(parts.store, Trace(take, task.attempt.recipe))
    parts.journal.stored(state.task_id, film.digest, parts.stamp(), take=take)
    parts.addresses.keep_result(film.digest, film.url, ready)
    return take


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


def _take_of(state: TaskState, task: OpenTask, film: FetchedFilm, parts: Parts) -> Take:
    charged, price = _charged(state, task, parts), task.attempt.price
    return Take(
        digest=film.digest,
        fingerprint=task.attempt.fingerprint,
        seed=task.attempt.seed,
        model=task.attempt.model,
        film=film_from(film.facts),
        date=parts.stamp(),
        task_id=state.task_id,
        request_id=state.request_id,
        seed_uncertain=task.seed_uncertain,
        cost=None if charged is None else charged.amount,
        currency=None if price is None else price.currency,
        estimate=None if price is None else price.amount,
    )


def _charged(state: TaskState, task: OpenTask, parts: Parts) -> Cost | None:
    """What a film was charged, by the reply that delivers it; a bill that is too high is said."""
    before = parts.purse.overrun
    charged = parts.purse.settle(task.attempt, state.usage)
    if parts.purse.overrun not in {None, before}:
        parts.emit(Warned(str(parts.purse.overrun)))
    return charged


def _forgotten(state: TaskState) -> bool:
    """Whether a task ended as if it had never been: cancelled, or unknown to the service."""
    return state.status in {TaskStatus.CANCELED, TaskStatus.UNKNOWN}


def _state_by(fault: ServiceFault) -> str:
    """What a shot is by a fault (cli.md, SELECT)."""
    return "refused" if repeats_itself(fault) else "failed"


def shot_vertex(stage: Stage, step: Step) -> ShotVertex:
    """The shot that a step renders."""
    vertex = stage.plan.graph.vertex(step.vertex)
    if not isinstance(vertex, ShotVertex):
        raise TypeError(f"not a shot: {step.node}")
    return vertex


def film_from(facts: Facts) -> Film:
    """What is kept of a delivered film; raises ValueError for a picture, which no service delivers as one."""
    film = film_of(facts)
    if film is None:
        raise ValueError("a picture is no film")
    return film


def charge_of(take: Take) -> Cost | None:
    """What a take was charged: nothing on the animatic, unknown where the reply did not say."""
    if take.currency is None:
        return None
    return money.unknown(take.currency) if take.cost is None else Cost(take.cost, take.currency, Bound.EXACT)


def file_take(
    take: Take, number: int, question: Question, node: str, stage: Stage, parts: Parts, *, bought: bool = True
) -> None:
    """Enter a take in the lock under its number, make its request the shot's current one, and shelve the file.

    `bought` says that it came now, and what it was charged is told. What people decided in the lock meanwhile stays
    there; the run itself keeps to what it was planned with.
    """
    shot = question.shot.name
    reserved = parts.journal.reserved((shot, *question.entry.former))

    def enter(lock: Lock, wanted: int) -> Lock:
        with_take = add_take(lock, shot, take, question.recipe, wanted, reserved=reserved)
        return set_current(with_take, shot, question.request)

    number = lockfile.update(parts.store.lock, lambda lock: enter(lock, number)).shots[shot].numbers[take.digest]
    stage.learn_take(take, question.recipe, enter(stage.inventory.lock, number))
    shelved = shelve(take, shot, number, parts)
    seconds = timebase.decimal_text(timebase.to_seconds(take.film.frames, take.film.rate), 3)
    cost = charge_of(take) if bought else None
    parts.emit(TakeStored(node, shot, number, take.digest, seconds, shelved, cost))


def shelve(take: Take, shot: str, number: int, parts: Parts) -> str:
    """Give a take its name under `out/shots`; the name, relative to the production's folder."""
    name = take_file(parts.out, shot, number)
    take_names.put(parts.store, take.digest, parts.folder / name)
    return name
