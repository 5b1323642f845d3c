"""What a command did, in words: the end of a run, what was cancelled, picked, held, pushed or pulled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wanflow.errors import ExitCode
from wanflow.money import Bound
from wanflow.planner.choose import Held, Picked, Released, Retake
from wanflow.planner.plan import Action, Plan
from wanflow.report.text.words import cost_text, count, listed
from wanflow.runner.cancel import Cancelled
from wanflow.runner.events import Outcome
from wanflow.store.attempt import Attempt
from wanflow.store.inventory import Inventory
from wanflow.store.take_names import take_node


def outcome_lines(outcome: Outcome) -> list[str]:
    """One line that says what was done, and one for what failed and what could not start because of it."""
    done = ", ".join(_done(outcome))
    lines = [f"not done: {done or 'nothing was finished'}" if outcome.exit_code else f"done: {done or 'no changes'}"]
    if outcome.failures:
        names = listed(list(dict.fromkeys(failure.node for failure in outcome.failures)))
        stopped = f"; {count(outcome.blocked, 'other step')} could not start" if outcome.blocked else ""
        lines.append(f"failed: {names}{stopped}; what was finished is kept")
    if outcome.exit_code == ExitCode.IN_FLIGHT:
        lines.append("some tasks are still in flight: `wanflow run` waits for them again")
    return lines


def _done(outcome: Outcome) -> Iterator[str]:
    kinds = {"rendered": "take", "collected": "take", "extracted": "clip", "written": "cut"}
    for deed, noun in kinds.items():
        number = getattr(outcome, deed)
        if number:
            yield f"{count(number, noun)} {deed}"
    if outcome.cost.bound is Bound.UNKNOWN:
        yield "cost unknown"
    elif outcome.cost.amount:
        yield cost_text(outcome.cost)


def collected_lines(outcome: Outcome) -> list[str]:
    """What came of a `collect`."""
    lines = [f"{count(outcome.collected, 'take')} collected"]
    if outcome.failures:
        lines.append(f"failed: {listed([failure.node for failure in outcome.failures])}")
        unknown = [failure for failure in outcome.failures if failure.code == ExitCode.UNDECIDED]
        lines += [f"error: {failure.message}" for failure in unknown]
    if outcome.exit_code == ExitCode.IN_FLIGHT:
        lines.append("some tasks are still in flight: `wanflow collect` waits for them again")
    return lines


def cancelled_lines(tasks: Sequence[Cancelled]) -> list[str]:
    """A line for each task: cancelled, or why not and what that means."""
    lines = []
    for item in tasks:
        task = item.task_id
        if item.trouble is not None:
            lines.append(f"{item.node}: not known whether it was cancelled: {item.trouble} (task {task})")
        elif item.cancelled:
            lines.append(f"{item.node}: cancelled (task {task})")
        else:
            lines.append(f"{item.node}: already running: cannot be cancelled, will be charged (task {task})")
    return lines or ["nothing is in flight"]


def blocked_lines(plan: Plan) -> list[str]:
    """A line for each step that cannot start, with the reason."""
    steps = [step for step in plan.steps if step.action is Action.BLOCKED]
    return [f"blocked: {step.node}: {'; '.join(reason.text for reason in step.reasons)}" for step in steps]


def interrupted_lines(have: Inventory) -> list[str]:
    """What an interrupted run leaves behind, what becomes of it and of the money, and the way on."""
    lines = ["interrupted: what was finished is kept", *left_lines(have)]
    if have.open_tasks:
        tasks = count(len(have.open_tasks), "task")
        ways = "`wanflow collect` stores the results, `wanflow cancel` cancels what is still queued"
        lines.append(f"{tasks} will be charged when done, at the service's prices: {ways}")
    return [*lines, "hint: `wanflow run` continues from here"]


def left_lines(have: Inventory) -> tuple[str, ...]:
    """A line for each thing that a run leaves behind with the service, or that ended with it."""
    return (
        *(f"in flight: {_take(task.attempt)} (task {task.task_id})" for task in have.open_tasks),
        *(f"stopped: {_take(task.attempt)}" for task in have.lost),
        *(f"of unknown fate: {_take(attempt)}" for attempt in have.unknown_fate),
    )


def _take(attempt: Attempt) -> str:
    return take_node(attempt.shot, attempt.number)


def choice_text(choice: Picked | Retake | Held | Released) -> str:
    """What was decided about a shot, in one sentence."""
    match choice:
        case Picked(shot, take, source_file=str(name)):
            return f"`{name}` is take {take} of {shot}{' already,' if choice.known else ''} and picked"
        case Picked(shot, take, source_shot=str(former)):
            return f"take {choice.source_take} of {former} is take {take} of {shot} and picked"
        case Picked(shot, take):
            return f"take {take} of {shot} is picked{' and held in place of the other' if choice.held else ''}"
        case Retake(shot, more):
            return f"{shot}: {count(more, 'more take')}, with the next run"
        case Held(shot, take):
            return f"{shot}: take {take} is held"
        case Released(shot, was_held):
            return f"{shot} {'is released' if was_held else 'is not held'}"


def choice_warning(choice: Picked | Retake | Held | Released) -> str | None:
    """What a person may not have meant; None where nothing is worth a warning."""
    if not isinstance(choice, Picked):
        return None
    if choice.seconds is not None:
        return f"it lasts {choice.seconds} s, and `{choice.shot}` asks for {choice.duration} s"
    if choice.source_shot is not None and choice.held:
        return f"made from another request, so it is held; `wanflow release {choice.shot}` undoes that"
    if not choice.current and not choice.held:
        return f"made from an earlier request of `{choice.shot}`: `wanflow hold {choice.shot}` keeps it in use"
    return None
