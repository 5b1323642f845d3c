"""The state of each shot in one word, read off the plan (cli.md, SELECT)."""

from __future__ import annotations

from collections.abc import Mapping

from wanflow.planner.reason import Code
from wanflow.planner.steps import Action, Plan, Step, StepKind


def states(plan: Plan) -> Mapping[str, str]:
    """The state of every shot that the plan covers, by the most urgent of its takes."""
    by_shot: dict[str, str] = {}
    for step in plan.steps:
        if step.kind is StepKind.TAKE and step.shot is not None:
            by_shot[step.shot] = _urgent(by_shot.get(step.shot), _state(step))
    return by_shot


_URGENCY = ("held", "current", "missing", "new", "changed", "rendering", "blocked")


def _urgent(before: str | None, now: str) -> str:
    return now if before is None else max(before, now, key=_URGENCY.index)


def _state(step: Step) -> str:
    codes = {reason.code for reason in step.reasons}
    match step.action:
        case Action.HELD:
            return "held"
        case Action.BLOCKED:
            return "blocked"
        case Action.COLLECT:
            return "rendering"
        case Action.REUSE:
            return "missing" if Code.NOT_HERE in codes else "current"
        case _:
            return "new" if Code.NEW in codes else "changed"
