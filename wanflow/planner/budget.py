"""What a plan costs beside what may be spent (cli.md, Options of `plan` and `run`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from wanflow import money
from wanflow.money import Bound, Cost
from wanflow.planner.plan import Action, Plan, certain_cost
from wanflow.store.attempt import Attempt, StoredTask
from wanflow.store.lock import Lock


@dataclass(frozen=True, slots=True)
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
    """What all takes in the lock were charged; one that several shots share counts once.

    Takes that a lock has lost count as well: `stored` are all that the journal knows. Where the reply did not say, it
    is what the take was to cost at most: unknown is never nothing.
    """
    costs: dict[str, Decimal] = {}
    for entry in lock.shots.values():
        for digest, take in entry.takes.items():
            cost = take.estimate if take.cost is None else take.cost
            costs[digest] = max(costs.get(digest, Decimal(0)), cost or Decimal(0))
    for task in stored:
        costs.setdefault(task.digest, task.charge)
    return sum(costs.values(), Decimal(0))


def unreported(lock: Lock) -> int:
    """How many paid takes there are whose replies did not say what they were charged."""
    takes = {digest: take for entry in lock.shots.values() for digest, take in entry.takes.items()}
    return sum(take.task_id is not None and take.cost is None for take in takes.values())


def owed(attempts: Iterable[Attempt]) -> dict[str, Decimal]:
    """What submissions that are in flight, or of unknown fate, will be charged at most, by attempt."""
    return {attempt.id: attempt.price.amount for attempt in attempts if attempt.price is not None}


def new_cost(plan: Plan) -> Cost:
    """The maximum cost of a run of a plan: the prices of all that it would submit."""
    return money.total([step.cost for step in plan.steps if step.action is Action.RENDER], plan.currency)


def excesses(plan: Plan, limit: Cost | None) -> Iterator[Excess]:
    """The limits that a plan exceeds or may exceed: that of the run, and the production's own."""
    if not plan.provider.paid:
        return
    budget, have = plan.graph.production.budget, plan.inventory
    in_flight = owed([*(task.attempt for task in have.open_tasks), *have.unknown_fate])
    gone = spent(have.lock, have.stored) + sum(in_flight.values())
    at_most, at_least = new_cost(plan), certain_cost(step for step in plan.steps if step.action is Action.RENDER)
    for key, bound, before in (("--budget", limit, Decimal(0)), ("budget:", budget, gone)):
        if bound is None or bound.amount is None:
            continue
        room = bound.amount - before
        if at_least > room:
            yield Excess(key, bound, Cost(at_least, plan.currency, Bound.EXACT), before, certain=True)
        elif at_most.amount is None or at_most.amount > room:
            yield Excess(key, bound, at_most, before, certain=False)
