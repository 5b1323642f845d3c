"""What a pick would do before it is made: two plans compared, as things are and with the take picked."""

from __future__ import annotations

from collections.abc import Mapping

from wanflow import money
from wanflow.graph.node import cut_name
from wanflow.money import Cost
from wanflow.planner.budget import Excess, excesses
from wanflow.planner.picks import ChoiceReason, TakeChoice
from wanflow.planner.plan import Action, Plan, Step, StepKind
from wanflow.planner.request import planned_request
from wanflow.records import immutable
from wanflow.store.take_names import take_node


@immutable
class Consequence:
    """What picking take `take` of `shot` changes in the next run.

    `picked`: it is in use already, so nothing changes. `current`: it was made from the shot's present request. `used`:
    the shot uses it from then on; a take that is not current is used only where the shot is held. `renders` are the
    takes that would be rendered because of it, and `spared` those that no longer would. `restored` are takes of other
    shots that would be in use again, without cost. `cuts` are those that would be written again. `blocked` are nodes
    that would have to wait. `cost` is what the renders cost: of an animatic, the list price of the paid takes.
    `planned`: a run would render the same takes as things are, from the take that is in use now. `excesses` are the
    limits that the next run would exceed then, or may.
    """

    shot: str
    take: int
    picked: bool
    current: bool
    used: bool
    renders: tuple[Step, ...]
    spared: tuple[Step, ...]
    restored: tuple[str, ...]
    cuts: tuple[str, ...]
    blocked: tuple[str, ...]
    cost: Cost
    planned: bool = False
    excesses: tuple[Excess, ...] = ()

    @property
    def free(self) -> bool:
        """Whether nothing would be rendered because of it."""
        return not self.renders


def compare(before: Plan, after: Plan, shot: str, take: int) -> Consequence:
    """What differs between the plan as things are and the plan with take `take` of `shot` picked."""
    former, now = _doing(before), _doing(after)
    other = {name for name, recipe in after.recipes.items() if recipe != before.recipes.get(name)}
    renders = tuple(
        step
        for node, step in now.items()
        if step.action is Action.RENDER and (step.shot in other or not _renders(former, node))
    )
    spared = tuple(step for node, step in former.items() if step.action is Action.RENDER and not _renders(now, node))
    used_before, used_now = _takes_in_use(before), _takes_in_use(after)
    changed = {name: digest for name, digest in used_now.items() if used_before.get(name) != digest}
    entry = planned_request(after, after.graph.production.shots[shot])
    digest = next((known for known, number in entry.entry.numbers.items() if number == take), None)
    return Consequence(
        shot=shot,
        take=take,
        picked=digest is not None and used_before.get(shot) == digest,
        current=any(answer.digest == digest for answer in entry.takes),
        used=digest is not None and used_now.get(shot) == digest,
        renders=renders,
        spared=spared,
        restored=tuple(
            take_node(name, planned_request(after, after.graph.production.shots[name]).entry.numbers[digest])
            for name, digest in changed.items()
            if name != shot
        ),
        cuts=tuple(
            cut_name(step.vertex)
            for node, step in now.items()
            if step.kind is StepKind.CUT and step.action is Action.DERIVE and not _derives(former, node)
        ),
        blocked=tuple(
            node
            for node, step in now.items()
            if step.action is Action.BLOCKED and (node not in former or former[node].action is not Action.BLOCKED)
        ),
        cost=money.total([step.cost for step in renders], after.currency),
        planned=bool(renders) and all(_renders(former, step.node) for step in renders),
        excesses=tuple(excesses(after, None)) if renders else (),
    )


def _doing(plan: Plan) -> Mapping[str, Step]:
    return {step.node: step for step in plan.steps}


def _renders(steps: Mapping[str, Step], node: str) -> bool:
    return node in steps and steps[node].action is Action.RENDER


def _derives(steps: Mapping[str, Step], node: str) -> bool:
    return node in steps and steps[node].action is Action.DERIVE


def _takes_in_use(plan: Plan) -> dict[str, str]:
    """The digest of the take that counts, by shot; shots without one are left out.

    A take that only another plan step restores counts as in use, since no money is needed for it. One with findings
    for which its shot waits does not.
    """
    found: dict[str, str] = {}
    for name, shot in plan.graph.production.shots.items():
        choice = planned_request(plan, shot).choice if name in plan.recipes else TakeChoice(ChoiceReason.NONE)
        if choice.take is not None and not choice.waiting:
            found[name] = choice.take.digest
    return found
