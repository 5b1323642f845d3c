"""The state of each shot in one word, read off the plan (cli.md, SELECT)."""

from __future__ import annotations

from collections.abc import Mapping

from wanflow.graph.recipe import fingerprint
from wanflow.planner.plan import Action, Plan, ReasonCode, Step, StepKind
from wanflow.store.attempt import Attempt


def states(plan: Plan) -> Mapping[str, str]:
    """The state of every shot that the plan covers, by the most urgent of its takes."""
    by_shot: dict[str, str] = {}
    for step in plan.steps:
        if step.kind is StepKind.TAKE and step.shot is not None:
            by_shot[step.shot] = _urgent(by_shot.get(step.shot), _state(step, plan))
    return by_shot


def left_over(plan: Plan, attempt: Attempt) -> bool:
    """Whether neither this plan nor one of the shots that it leaves out asks for what an attempt became.

    Its shot was edited, renamed or deleted since; a run collects it beside new work (law 10).
    """
    if attempt.shot in plan.graph.production.shots and attempt.shot not in plan.recipes:
        return False
    asked = (step for step in plan.steps if step.action in {Action.RENDER, Action.COLLECT})
    return not any(_asks(attempt, step, plan) for step in asked)


_URGENCY = (
    "held",
    "current",
    "missing",
    "new",
    "changed",
    "queued",
    "rendering",
    "blocked",
    "failed",
    "refused",
    "unknown",
)


def _urgent(before: str | None, now: str) -> str:
    return now if before is None else max(before, now, key=_URGENCY.index)


def _state(step: Step, plan: Plan) -> str:
    codes = {reason.code for reason in step.reasons}
    match step.action:
        case Action.HELD:
            return "held"
        case Action.BLOCKED:
            return "refused" if ReasonCode.REFUSED_BEFORE in codes else "blocked"
        case Action.COLLECT:
            return _flying(step, plan)
        case Action.REUSE:
            return "missing" if ReasonCode.NOT_HERE in codes else "current"
        case Action.RENDER if before := _ending(step, plan):
            return before
        case _:
            return "new" if ReasonCode.NEW in codes else "changed"


def _flying(step: Step, plan: Plan) -> str:
    """Whether the task that will deliver a take was seen to run, as far as the journal knows."""
    mine = [task for task in plan.inventory.open_tasks if _asks(task.attempt, step, plan)]
    return "rendering" if any(task.running or task.url for task in mine) else "queued"


def _ending(step: Step, plan: Plan) -> str | None:
    """How the very request of a step ended before; None where it was never sent, or as if it never was."""
    if any(_asks(attempt, step, plan) for attempt in plan.inventory.unknown_fate):
        return "unknown"
    return next((ending.state for ending in plan.inventory.endings if _asks(ending.attempt, step, plan)), None)


def _asks(attempt: Attempt, step: Step, plan: Plan) -> bool:
    recipe = plan.recipes.get(step.shot or "")
    known = isinstance(recipe, Mapping) and attempt.fingerprint == fingerprint(recipe)
    return known and attempt.seed == step.seed
