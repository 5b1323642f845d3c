"""What a production has spent, has in flight and plans to spend, beside its budget: one bar on every view."""

from __future__ import annotations

from decimal import Decimal

from wanflow.messages import tr
from wanflow.money import Bound, Cost
from wanflow.planner.budget import charges_before, new_cost, outstanding_costs
from wanflow.planner.plan import Plan
from wanflow.records import immutable
from wanflow.report.text.words import cost_words

WIDTH = 1000
"""Width of the bar in its own units."""


@immutable
class BarPart:
    """One part of the bar: `kind` is spent, flight or planned; `start` and `width` are of `WIDTH`."""

    kind: str
    label: str
    words: str
    start: int
    width: int


@immutable
class MoneyBar:
    """The bar: its parts, the place of the budget on it, and its words.

    `free`: the backend costs nothing, and what is planned is the list price of paid takes. `over`: the plan exceeds the
    budget, or may. `budget_at` is None without a budget.
    """

    free: bool
    parts: tuple[BarPart, ...]
    budget: str | None = None
    budget_at: int | None = None
    over: bool = False


def money_bar(plan: Plan) -> MoneyBar:
    """The money of a plan and of what was before it."""
    have, budget, planned = plan.inventory, plan.graph.production.budget, new_cost(plan)
    if not plan.provider.paid:
        return MoneyBar(free=True, parts=(BarPart("planned", tr("list price of the plan"), _words(planned), 0, 0),))
    in_flight = outstanding_costs([*(task.attempt for task in have.open_tasks), *have.unknown_fate])
    amounts = {
        "spent": (tr("spent"), Cost(charges_before(have).amount, plan.currency, Bound.EXACT)),
        "flight": (tr("in flight"), Cost(sum(in_flight.values(), Decimal(0)), plan.currency, Bound.AT_MOST)),
        "planned": (tr("planned"), planned),
    }
    needed = sum((cost.amount or Decimal(0) for _, cost in amounts.values()), Decimal(0))
    limit = None if budget is None else budget.amount
    whole, at, parts = max(needed, limit or Decimal(0)) or Decimal(1), 0, list[BarPart]()
    for kind, (label, cost) in amounts.items():
        width = round((cost.amount or 0) / whole * WIDTH)
        parts.append(BarPart(kind, label, _words(cost), at, width))
        at += width
    return MoneyBar(
        free=False,
        parts=tuple(parts),
        budget=None if budget is None else _words(budget),
        budget_at=None if limit is None else round(limit / whole * WIDTH),
        over=limit is not None and needed > limit,
    )


def _words(cost: Cost) -> str:
    return tr("unknown price") if cost.amount is None else cost_words(cost) if cost.amount else f"0 {cost.currency}"
