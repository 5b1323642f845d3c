"""What a person should know of a plan before money is spent, as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wanflow.catalog.read import load_catalog
from wanflow.graph.build import sources_of
from wanflow.graph.node import ShotVertex
from wanflow.language.source import ShotSource
from wanflow.money import Bound, Cost
from wanflow.planner.budget import Excess, excesses, unreported
from wanflow.planner.picks import TakeChoice
from wanflow.planner.plan import Action, Plan, Step, StepKind
from wanflow.planner.request import planned_request


@dataclass(frozen=True, slots=True)
class UnpickedShot:
    """A shot with several takes and no pick, whose take is used by steps that cost money (format.md, Takes).

    `takes` are the numbers of its takes for the present request; the `followers` use the lowest.
    """

    shot: str
    takes: tuple[int, ...]
    followers: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class PlanNotes:
    """What is worth knowing, in the order in which people care.

    `unpriced` are models, with the resolution where a price depends on it, that no price list has. `unreported` is the
    number of takes whose cost no reply said, where a budget rests on them. `rivals` are shots for which two branches
    chose different takes. `merged` are sentences about a lock that a merge changed.
    """

    excesses: tuple[Excess, ...] = ()
    unpriced: tuple[tuple[str, str | None], ...] = ()
    unreported: int = 0
    unpicked: tuple[UnpickedShot, ...] = ()
    rivals: tuple[tuple[str, TakeChoice], ...] = ()
    merged: tuple[str, ...] = ()


def notes(plan: Plan, limit: Cost | None = None) -> PlanNotes:
    """All notes about a plan; `limit` is what this run may spend."""
    paid = plan.provider.paid and plan.graph.production.budget is not None
    return PlanNotes(
        excesses=tuple(excesses(plan, limit)),
        unpriced=tuple(dict.fromkeys(_unpriced(plan))),
        unreported=unreported(plan.inventory.lock) if paid else 0,
        unpicked=tuple(_unpicked(plan)),
        rivals=rivals(plan),
        merged=plan.inventory.lock.notes,
    )


def rivals(plan: Plan) -> tuple[tuple[str, TakeChoice], ...]:
    """The shots for which two branches chose different takes before a merge."""
    choices = ((name, planned_request(plan, plan.graph.production.shots[name]).choice) for name in plan.recipes)
    return tuple((name, choice) for name, choice in choices if choice.rivals)


def _unpriced(plan: Plan) -> Iterator[tuple[str, str | None]]:
    for step in plan.steps:
        vertex = plan.graph.vertex(step.vertex)
        paid = step.action is Action.RENDER and step.cost.bound is Bound.UNKNOWN and step.seconds is not None
        if paid and isinstance(vertex, ShotVertex):
            yield vertex.shot.model, load_catalog()[vertex.shot.model].tier(vertex.shot.parameters)


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
