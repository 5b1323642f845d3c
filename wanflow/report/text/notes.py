"""What a person should know before money is spent: limits that a plan passes, and takes that nobody chose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wanflow.catalog.read import load_catalog
from wanflow.graph.build import sources_of
from wanflow.graph.node import ShotVertex
from wanflow.language.production import Shot
from wanflow.language.source import ShotSource
from wanflow.money import Bound, Cost, amount_text
from wanflow.planner.budget import Excess, excesses, unsaid
from wanflow.planner.picks import rivals_text
from wanflow.planner.plan import Action, Plan, Step, StepKind
from wanflow.planner.request import planned_request
from wanflow.report.text.words import cost_text, cost_words, count, listed


def plan_notes(plan: Plan, limit: Cost | None = None) -> tuple[str, ...]:
    """A sentence for each; `limit` is what this run may spend. In the order in which people care."""
    money = (*(excess_text(item) for item in excesses(plan, limit)), *_unpriced(plan), *_unsaid(plan))
    return (*money, *_unpicked(plan), *merge_notes(plan))


def merge_notes(plan: Plan) -> tuple[str, ...]:
    """What a merge of two branches left to know or to decide, a sentence each."""
    return (*_rivals(plan), *plan.inventory.lock.notes)


def excess_text(excess: Excess) -> str:
    """That a plan passes a limit, or may, and what a run will do about it."""
    limit = f"`{excess.key}` {cost_text(excess.limit)}"
    if excess.gone:
        limit = f"of {limit} {amount_text(excess.gone)} {excess.limit.currency} are spent or in flight"
    else:
        limit = f"{limit} is all that it may cost"
    if excess.certain:
        return f"it surely costs {cost_text(excess.needed)}, and {limit}"
    return f"it may come to {cost_words(excess.needed)}, and {limit}: what could pass it is not submitted"


def _unpriced(plan: Plan) -> Iterator[str]:
    paid = [step for step in plan.steps if step.action is Action.RENDER and step.cost.bound is Bound.UNKNOWN]
    names = dict.fromkeys(_priced_as(plan, step) for step in paid if step.seconds is not None)
    if names:
        yield f"no list has the price of {listed(list(names))} in the region `{plan.region}`: give one with `prices:`"


def _priced_as(plan: Plan, step: Step) -> str:
    """What a price list would have to say: the model and its resolution."""
    vertex = plan.graph.vertex(step.vertex)
    tier = load_catalog()[step.model or ""].tier(vertex.shot.parameters) if isinstance(vertex, ShotVertex) else None
    return f"`{step.model}`{f' at {tier}' if tier else ''}"


def _unsaid(plan: Plan) -> Iterator[str]:
    """A budget that rests on estimates."""
    takes = unsaid(plan.inventory.lock)
    if takes and plan.graph.production.budget is not None and plan.provider.paid:
        yield f"what {count(takes, 'take')} cost was never said: the budget counts what they were to cost at most"


def _unpicked(plan: Plan) -> Iterator[str]:
    """Money that follows a take which nobody chose (format.md, Takes)."""
    takes = _steps_by_shot(plan)
    for name, followers in _followers(plan).items():
        shot = plan.graph.production.shots[name]
        numbers = _candidates(plan, shot, takes.get(name, ()))
        if len(numbers) > 1 and not planned_request(plan, shot).choice.chosen:
            named = listed([f"{_name(step)} ({cost_words(step.cost)})" for step in followers])
            yield f"{name} has {len(numbers)} takes and no pick: {named} will use take {min(numbers)}"


def _followers(plan: Plan) -> dict[str, list[Step]]:
    """The takes that are rendered from a shot's take, by that shot, in the production's order."""
    found: dict[str, list[Step]] = {}
    for step in plan.steps:
        if step.action is Action.RENDER and step.shot is not None:
            for name in dict.fromkeys(_sources(plan, step)):
                found.setdefault(name, []).append(step)
    return {name: found[name] for name in plan.graph.production.shots if name in found}


def _steps_by_shot(plan: Plan) -> dict[str, list[Step]]:
    steps: dict[str, list[Step]] = {}
    for step in plan.steps:
        if step.kind is StepKind.TAKE and step.shot is not None:
            steps.setdefault(step.shot, []).append(step)
    return steps


def _name(step: Step) -> str:
    return step.vertex if step.take < 2 else step.node


def _candidates(plan: Plan, shot: Shot, steps: Sequence[Step]) -> set[int]:
    """The numbers of the takes that answer a shot's request, or will."""
    shot_request = planned_request(plan, shot)
    have = {shot_request.entry.numbers[take.digest] for take in shot_request.takes}
    return have | {step.take for step in steps if step.action is not Action.BLOCKED}


def _rivals(plan: Plan) -> Iterator[str]:
    """Shots for which two branches chose different takes."""
    for name in plan.recipes:
        choice = planned_request(plan, plan.graph.production.shots[name]).choice
        if choice.rivals:
            yield f"{name}: {rivals_text(choice)}; what depends on it waits: `wanflow pick {name} N`"


def _sources(plan: Plan, step: Step) -> Sequence[str]:
    vertex = plan.graph.vertex(step.vertex)
    sources = sources_of(vertex.shot) if isinstance(vertex, ShotVertex) else ()
    return [source.shot for _, source in sources if isinstance(source, ShotSource)]
