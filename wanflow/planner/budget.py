"""What a plan costs beside what may be spent, and what to know before it is (cli.md, Options of `plan` and `run`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain

from wanflow import money
from wanflow.graph.build import sources_of
from wanflow.graph.node import ShotVertex
from wanflow.language.problem import Problem
from wanflow.language.source import ShotSource
from wanflow.money import Bound, Cost
from wanflow.planner.picks import TakeChoice
from wanflow.planner.plan import Action, Plan, Step, StepKind, certain_cost
from wanflow.planner.request import planned_request
from wanflow.records import immutable
from wanflow.store.attempt import Attempt, StoredTask
from wanflow.store.inventory import ChargesBefore, Inventory
from wanflow.store.lock import Lock


@immutable
class Excess:
    """A limit that a plan may exceed: `needed` of `limit`, of which `gone` was spent or is in flight already.

    `certain`: it exceeds it whatever its inputs turn out to be.
    """

    key: str
    limit: Cost
    needed: Cost
    gone: Decimal
    certain: bool


def spent(lock: Lock, stored: Iterable[StoredTask] = ()) -> Decimal:
    """What all deliveries in the lock were charged; one that several shots share counts once.

    Takes that a lock has lost count as well: `stored` are all that the journal knows. Where the reply did not say, it
    is what the take was to cost at most: unknown is never nothing.
    """
    costs: dict[str, Decimal] = {}
    for entry in lock.shots.values():
        for each in chain.from_iterable(take.deliveries for take in entry.takes.values()):
            cost, key = each.estimate if each.cost is None else each.cost, each.task_id or ""
            costs[key] = max(costs.get(key, Decimal(0)), cost or Decimal(0))
    for task in stored:
        costs.setdefault(task.task_id, task.charge)
    return sum(costs.values(), Decimal(0))


def unreported(lock: Lock) -> int:
    """How many paid takes there are whose replies did not say what they were charged."""
    every = (each for entry in lock.shots.values() for take in entry.takes.values() for each in take.deliveries)
    return len({each.task_id for each in every if each.cost is None} - {None})


def charges_before(have: Inventory) -> ChargesBefore:
    """What was charged before a plan: by the lock, or by what a plan of everything found in all of it."""
    return have.charges or ChargesBefore(spent(have.lock, have.stored), unreported(have.lock))


def budgeted_charges(plan: Plan) -> ChargesBefore | None:
    """What was charged before a plan that spends money of a budget; else None."""
    paid = plan.provider.paid and plan.graph.production.budget is not None
    return charges_before(plan.inventory) if paid else None


def outstanding_costs(attempts: Iterable[Attempt]) -> dict[str, Decimal]:
    """What submissions that are in flight, or of unknown fate, will be charged at most, by attempt."""
    return {attempt.id: attempt.price.amount for attempt in attempts if attempt.price is not None}


def new_cost(plan: Plan) -> Cost:
    """The maximum cost of a run of a plan: the prices of all that it would submit."""
    return money.total([step.cost for step in plan.steps if step.action is Action.RENDER], plan.currency)


def excesses(plan: Plan, limit: Cost | None) -> Iterator[Excess]:
    """The limits that a plan exceeds or may exceed: that of the run, and the production's own."""
    if not plan.provider.paid:
        return
    budget, have, charges = plan.graph.production.budget, plan.inventory, budgeted_charges(plan)
    in_flight = outstanding_costs([*(task.attempt for task in have.open_tasks), *have.unknown_fate])
    gone = (charges.amount if charges else Decimal(0)) + sum(in_flight.values())
    at_most, at_least = new_cost(plan), certain_cost(step for step in plan.steps if step.action is Action.RENDER)
    for key, bound, before in (("--budget", limit, Decimal(0)), ("budget:", budget, gone)):
        if bound is None or bound.amount is None:
            continue
        room = bound.amount - before
        if at_least > room:
            yield Excess(key, bound, Cost(at_least, plan.currency, Bound.EXACT), before, certain=True)
        elif at_most.amount is None or at_most.amount > room:
            yield Excess(key, bound, at_most, before, certain=False)


@immutable
class UnpickedShot:
    """A shot with several takes and no pick, whose take is used by steps that cost money (format.md, Takes).

    `takes` are the numbers of its takes for the present request; the `followers` use the lowest.
    """

    shot: str
    takes: tuple[int, ...]
    followers: tuple[Step, ...]


@immutable
class PlanNotes:
    """What is worth knowing, in the order in which people care.

    `unpriced` are models, with the resolution where a price depends on it, that no price list has. `unreported` is the
    number of takes whose cost no reply said, where a budget rests on them. `rivals` are shots for which two branches
    chose different takes. `merged` are sentences about a lock that a merge changed. `unreadable` are warnings of
    texts in the cuts and on the cards that a run makes, each with what has them: characters that no font on this
    machine has, and ends that are cut off.
    """

    excesses: tuple[Excess, ...] = ()
    unpriced: tuple[tuple[str, str | None], ...] = ()
    unreported: int = 0
    unpicked: tuple[UnpickedShot, ...] = ()
    rivals: tuple[tuple[str, TakeChoice], ...] = ()
    merged: tuple[str, ...] = ()
    unreadable: tuple[tuple[str, Problem], ...] = ()


def notes(plan: Plan, limit: Cost | None = None) -> PlanNotes:
    """All notes about a plan, but for those about this machine; `limit` is what this run may spend."""
    charges = budgeted_charges(plan)
    return PlanNotes(
        excesses=tuple(excesses(plan, limit)),
        unpriced=tuple(dict.fromkeys(_unpriced(plan))),
        unreported=charges.unreported if charges else 0,
        unpicked=tuple(_unpicked(plan)),
        rivals=rivals(plan),
        merged=plan.inventory.lock.notes,
    )


def rivals(plan: Plan) -> tuple[tuple[str, TakeChoice], ...]:
    """The shots for which two branches chose different takes before a merge."""
    entries, shots = plan.inventory.lock.shots, plan.graph.production.shots
    merged = (name for name in plan.recipes if (one := entries.get(name)) and (one.rival_holds or one.rival_picks))
    choices = ((name, planned_request(plan, shots[name]).choice) for name in merged)
    return tuple((name, choice) for name, choice in choices if choice.rivals)


def _unpriced(plan: Plan) -> Iterator[tuple[str, str | None]]:
    for step in plan.steps:
        vertex = plan.graph.vertex(step.vertex)
        paid = step.action is Action.RENDER and step.cost.bound is Bound.UNKNOWN
        counted = step.seconds is not None or step.images
        if paid and counted and isinstance(vertex, ShotVertex):
            yield vertex.shot.model, vertex.shot.rules.tier(vertex.shot.parameters)


def _unpicked(plan: Plan) -> Iterator[UnpickedShot]:
    """Shots without a picked take, on which something that is rendered depends."""
    followers = _followers(plan)
    coming: dict[str, set[int]] = {}
    for step in plan.steps:
        if step.shot in followers and step.kind is StepKind.TAKE and step.action is not Action.BLOCKED:
            coming.setdefault(step.shot or "", set()).add(step.take)
    for name in filter(followers.__contains__, plan.graph.production.shots):
        shot_request = planned_request(plan, plan.graph.production.shots[name])
        takes = {shot_request.entry.numbers[take.digest] for take in shot_request.takes} | coming.get(name, set())
        if len(takes) > 1 and not shot_request.choice.chosen:
            yield UnpickedShot(name, tuple(sorted(takes)), tuple(followers[name]))


def _followers(plan: Plan) -> dict[str, list[Step]]:
    """The rendered steps that use the take of a shot, by shot."""
    followers: dict[str, list[Step]] = {}
    for step in plan.steps:
        vertex = plan.graph.vertex(step.vertex)
        if isinstance(vertex, ShotVertex) and step.action is Action.RENDER:
            sources = (source for _, source in sources_of(vertex.shot))
            for name in dict.fromkeys(source.shot for source in sources if isinstance(source, ShotSource)):
                followers.setdefault(name, []).append(step)
    return followers
