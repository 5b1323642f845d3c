"""Why a step is planned as it is: what differs from the request before, and which steps it follows from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wanflow.errors import UnknownTarget
from wanflow.graph.select import single_shot
from wanflow.planner.diff import Difference, differences
from wanflow.planner.plan import Action, Plan, ReasonCode, Step, StepKind
from wanflow.suggest import did_you_mean

FOLLOWING = frozenset({ReasonCode.INPUT_WILL_CHANGE, ReasonCode.INPUT_FAILED})
"""Codes of reasons that lead back to another step."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A step, what differs from the request that was last run, and the steps upstream that it follows from."""

    step: Step
    differences: tuple[Difference, ...]
    causes: tuple[Step, ...]


def steps_of(plan: Plan, node: str) -> tuple[Step, ...]:
    """The steps of a node, at least one: that of a take, or all of a shot.

    Raises UnknownTarget with the nearest name, or with the takes that the shot asks for.
    """
    node = single_shot(plan.graph.production, node)
    steps = tuple(step for step in plan.steps if node in {step.node, step.vertex})
    if steps:
        return steps
    shot, mark, number = node.rpartition(".t")
    takes = [step.node for step in plan.steps if step.shot == shot and step.take]
    if mark and number.isdecimal() and takes:
        listed = ", ".join(f"`{take}`" for take in takes)
        raise UnknownTarget(f"`{node}` is not a take that `{shot}` asks for now", hint=f"it asks for {listed}")
    names = [name for step in plan.steps for name in (step.vertex, step.node)]
    hint = did_you_mean(node, names) or "`wanflow list` shows the nodes"
    raise UnknownTarget(f"no node is called `{node}`", hint=hint)


def explain(plan: Plan, steps: Sequence[Step]) -> tuple[Explanation, ...]:
    """An explanation of each step."""
    by_node = {step.node: step for step in plan.steps}
    found: list[Explanation] = []
    for step in steps:
        before = plan.before.get(step.shot or "") if step.kind is StepKind.TAKE else None
        changed = () if before is None else differences(before, plan.recipes.get(step.shot or ""), plan.inventory.lock)
        follows = any(reason.code in FOLLOWING for reason in step.reasons)
        found.append(Explanation(step, changed, tuple(_roots(step, by_node, set())) if follows else ()))
    return tuple(found)


def _roots(step: Step, by_node: Mapping[str, Step], seen: set[str]) -> Iterator[Step]:
    """The takes upstream that change for a reason of their own."""
    for need in step.needs:
        upstream = by_node.get(need)
        if upstream is None or need in seen:
            continue
        seen.add(need)
        changes = upstream.kind is StepKind.TAKE and upstream.action not in {Action.REUSE, Action.HELD}
        if changes and any(reason.code not in FOLLOWING for reason in upstream.reasons):
            yield upstream
        yield from _roots(upstream, by_node, seen)
