"""How a run ended, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wanflow.money import Bound
from wanflow.planner.plan import Action, Plan
from wanflow.report.text.words import cost_text, count, listed, printable
from wanflow.runner.cancel import Cancelled
from wanflow.runner.outcome import Outcome
from wanflow.store.attempt import Attempt
from wanflow.store.inventory import Inventory
from wanflow.store.take_names import take_node

IN_FLIGHT = 4
"""The exit code of a run that gave up waiting (cli.md, Exit codes)."""
UNDECIDED = 5
"""The exit code of a submission whose fate is unknown."""


def outcome_text(outcome: Outcome) -> str:
    """One line that says what was done, and one for what failed and what that stopped."""
    lines = [f"{'done' if not outcome.exit_code else 'not done'}: {', '.join(_deeds(outcome))}"]
    if outcome.failures:
        names = listed(list(dict.fromkeys(failure.node for failure in outcome.failures)))
        lines.append(f"failed: {names}{_stopped(outcome)}; what was finished is kept")
    if outcome.exit_code == IN_FLIGHT:
        lines.append("some tasks are still in flight: `wanflow run` waits for them again")
    return "\n".join(lines)


def collected_text(outcome: Outcome) -> str:
    """What came of a `collect`."""
    lines = [f"{count(outcome.collected, 'take')} collected"]
    if outcome.failures:
        lines.append(f"failed: {listed([failure.node for failure in outcome.failures])}")
        lines += [f"error: {printable(failure.message)}" for failure in outcome.failures if failure.code == UNDECIDED]
    if outcome.exit_code == IN_FLIGHT:
        lines.append("some tasks are still in flight: `wanflow collect` waits for them again")
    return "\n".join(lines)


def cancelled_text(done: Sequence[Cancelled]) -> str:
    """A line for each task: cancelled, or why not and what that means."""
    if not done:
        return "nothing is in flight"
    return "\n".join(_cancelled_line(item) for item in done)


def blocked_text(plan: Plan) -> str:
    """A line for each step that can't start, with the reason; empty where there is none."""
    steps = [step for step in plan.steps if step.action is Action.BLOCKED]
    return "\n".join(
        f"blocked: {step.node}: {printable('; '.join(reason.text for reason in step.reasons))}" for step in steps
    )


def interrupted_text(have: Inventory) -> str:
    """What an interrupted run leaves behind: tasks in flight, and takes whose rendering ended with it, by name."""
    head, way_on = "interrupted: what was finished is kept", "hint: `wanflow run` goes on from here"
    return "\n".join((head, *left_text(have), *_owed(have), way_on))


def _owed(have: Inventory) -> tuple[str, ...]:
    """What becomes of the tasks that are left in flight, and of the money."""
    if not have.open_tasks:
        return ()
    tasks = count(len(have.open_tasks), "task")
    ways = "`wanflow collect` stores the films, `wanflow cancel` calls off what still waits"
    return (f"{tasks} will be charged when done, at the service's prices: {ways}",)


def left_text(have: Inventory) -> tuple[str, ...]:
    """A line for each thing that a run leaves behind with the service, or that ended with it."""
    return (
        *(f"in flight: {_take(task.attempt)} (task {printable(task.task_id)})" for task in have.open_tasks),
        *(f"stopped: {_take(task.attempt)}" for task in have.lost),
        *(f"of unknown fate: {_take(attempt)}" for attempt in have.unknown_fate),
    )


def _cancelled_line(item: Cancelled) -> str:
    if item.trouble is not None:
        return f"{item.node}: not known whether it was cancelled: {printable(item.trouble)} ({printable(item.task_id)})"
    if item.cancelled:
        return f"{item.node}: cancelled (task {printable(item.task_id)})"
    return f"{item.node}: can't be cancelled, it does not wait any more and will be charged ({printable(item.task_id)})"


def _take(attempt: Attempt) -> str:
    return take_node(attempt.shot, attempt.number)


def _deeds(outcome: Outcome) -> Iterator[str]:
    yield f"{count(outcome.submitted, 'take')} submitted"
    if outcome.collected:
        yield f"{outcome.collected} collected"
    yield f"{outcome.derived} made here"
    yield f"{outcome.reused} reused"
    if outcome.cost.bound is Bound.UNKNOWN:
        yield "cost unknown"
    elif outcome.cost.amount:
        yield cost_text(outcome.cost)


def _stopped(outcome: Outcome) -> str:
    if not outcome.blocked:
        return ""
    return f", which stopped {count(outcome.blocked, 'other step')}"
