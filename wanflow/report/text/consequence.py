"""What a pick would do, in words, before it is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wanflow import money
from wanflow.messages import joined, tr
from wanflow.planner.consequence import Consequence
from wanflow.planner.plan import ReasonCode, Step
from wanflow.report.text.plan import excess_text
from wanflow.report.text.words import cost_words, listed

MOST_NAMES = 3
"""Maximum names of nodes in one sentence; the others are counted."""


def consequence_text(consequence: Consequence, *, paid: bool) -> str:
    """What picking a take would do, in one sentence with its price; without `paid` that of the paid takes."""
    take, shot = consequence.take, consequence.shot
    if consequence.picked:
        return tr("take {take} is in use", take=take)
    if not consequence.used:
        return tr(
            "take {take} was made from an earlier request, so the pick changes nothing now; to use it, hold `{shot}` "
            "first, then pick it",
            take=take,
            shot=shot,
        )
    work = [*_rendered(consequence, paid=paid), *_without_cost(consequence)]
    if not work:
        return tr("picking take {take} costs nothing, and nothing else changes", take=take)
    if consequence.free:
        return tr("picking take {take} costs nothing: it {work}", take=take, work=listed(work))
    done = tr("picking take {take} {work}", take=take, work=listed(work))
    if not consequence.excesses:
        return done
    beyond = joined("; ", map(excess_text, consequence.excesses))
    if any(excess.certain for excess in consequence.excesses):
        return tr("{done}; the run would exceed the limit: {excess}", done=done, excess=beyond)
    return tr("{done}; the run may exceed the limit: {excess}", done=done, excess=beyond)


def _rendered(consequence: Consequence, *, paid: bool) -> Iterator[str]:
    """What a pick renders, and what it may render, each with its price."""
    sure = [step for step in consequence.renders if step.certain]
    perhaps = [step for step in consequence.renders if not step.certain]
    if sure:
        names, price = _names_and_price(sure, consequence, paid=paid)
        if any(reason.code is ReasonCode.NEW for step in sure for reason in step.reasons):
            yield tr("renders {names} ({price})", names=names, price=price)
        else:
            yield tr("renders {names} again ({price})", names=names, price=price)
    if perhaps:
        names, price = _names_and_price(perhaps, consequence, paid=paid)
        yield tr("may render {names} ({price})", names=names, price=price)


def _names_and_price(steps: Sequence[Step], consequence: Consequence, *, paid: bool) -> tuple[str, str]:
    cost = cost_words(money.total([step.cost for step in steps], steps[0].cost.currency))
    price = cost if paid else tr("list price {cost}, free here", cost=cost)
    if consequence.planned:
        price = tr("{price}, in the plan already", price=price)
    return _some([step.shot or step.node for step in steps]), price


def _without_cost(consequence: Consequence) -> Iterator[str]:
    if consequence.restored:
        yield tr("restores {names}", names=_some(consequence.restored))
    elif consequence.spared:
        yield tr("no longer renders {names}", names=_some([step.shot or step.node for step in consequence.spared]))
    if consequence.cuts:
        yield tr("re-cuts {names}", names=_some(consequence.cuts))
    if consequence.blocked:
        yield tr("lets {names} wait", names=_some(consequence.blocked))


def _some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    known = list(dict.fromkeys(names))
    more = len(known) - MOST_NAMES
    return listed(known if more < 2 else [*known[:MOST_NAMES], tr("{more} more", more=more)])
