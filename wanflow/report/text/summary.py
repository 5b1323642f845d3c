"""What a command did, in words: the end of a run, what was cancelled, picked, held, pushed or pulled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wanflow.errors import ExitCode
from wanflow.messages import joined, tr, trn
from wanflow.money import Bound
from wanflow.planner.budget import new_cost
from wanflow.planner.choose import Held, Picked, Released, Retake
from wanflow.planner.plan import Action, Plan
from wanflow.report.text.plan import would_do
from wanflow.report.text.words import cost_text, cost_words, count, listed
from wanflow.runner.cancel import Cancelled
from wanflow.runner.events import Outcome
from wanflow.store.attempt import Attempt
from wanflow.store.inventory import Inventory
from wanflow.store.take_names import take_node


def outcome_lines(outcome: Outcome) -> list[str]:
    """One line that says what was done, and one for what failed and what could not start because of it."""
    done = joined(", ", _done(outcome))
    lines: list[str] = [
        tr("not done: {done}", done=done or tr("nothing was finished"))
        if outcome.exit_code
        else tr("done: {done}", done=done or tr("no changes"))
    ]
    if outcome.failures:
        names = listed(list(dict.fromkeys(failure.node for failure in outcome.failures)))
        steps = count(outcome.blocked, "other step")
        stopped = tr("; {steps} could not start", steps=steps) if outcome.blocked else ""
        lines.append(tr("failed: {names}{stopped}; what was finished is kept", names=names, stopped=stopped))
    elif outcome.exit_code == ExitCode.STOPPED and outcome.blocked:
        lines.append(tr("what is blocked waits for a pick: look with `wanflow review` or `wanflow takes`"))
        lines.append(tr("choose with `wanflow pick SHOT N`, then `wanflow run` goes on"))
    if outcome.exit_code == ExitCode.IN_FLIGHT:
        lines.append(tr("some tasks are still in flight: `wanflow run` waits for them again"))
    return lines


def _done(outcome: Outcome) -> Iterator[str]:
    if outcome.rendered:
        yield trn("{number} take rendered", "{number} takes rendered", outcome.rendered)
    if outcome.collected:
        yield trn("{number} take collected", "{number} takes collected", outcome.collected)
    if outcome.extracted:
        yield trn("{number} clip extracted", "{number} clips extracted", outcome.extracted)
    if outcome.written:
        yield trn("{number} cut written", "{number} cuts written", outcome.written)
    if outcome.cost.bound is Bound.UNKNOWN:
        yield tr("cost unknown")
    elif outcome.cost.amount:
        yield cost_text(outcome.cost)


def collected_lines(outcome: Outcome) -> list[str]:
    """What came of a `collect`."""
    lines: list[str] = [trn("{number} take collected", "{number} takes collected", outcome.collected)]
    if outcome.failures:
        lines.append(tr("failed: {nodes}", nodes=listed([failure.node for failure in outcome.failures])))
        unknown = [failure for failure in outcome.failures if failure.code == ExitCode.UNDECIDED]
        lines += [tr("error: {message}", message=failure.message) for failure in unknown]
    if outcome.exit_code == ExitCode.IN_FLIGHT:
        lines.append(tr("some tasks are still in flight: `wanflow collect` waits for them again"))
    return lines


def cancelled_lines(tasks: Sequence[Cancelled]) -> list[str]:
    """A line for each task: cancelled, or why not and what that means."""
    lines: list[str] = []
    for item in tasks:
        task = item.task_id
        if item.trouble is not None:
            lines.append(
                tr(
                    "{node}: not known whether it was cancelled: {trouble} (task {task})",
                    node=item.node,
                    trouble=item.trouble,
                    task=task,
                )
            )
        elif item.cancelled:
            lines.append(tr("{node}: cancelled (task {task})", node=item.node, task=task))
        else:
            lines.append(
                tr(
                    "{node}: already running: cannot be cancelled, will be charged (task {task})",
                    node=item.node,
                    task=task,
                )
            )
    return lines or [tr("nothing is in flight")]


def blocked_lines(plan: Plan) -> list[str]:
    """A line for each step that cannot start, with the reason."""
    steps = [step for step in plan.steps if step.action is Action.BLOCKED]
    return [
        tr("blocked: {node}: {text}", node=step.node, text=joined("; ", (reason.text for reason in step.reasons)))
        for step in steps
    ]


def interrupted_lines(have: Inventory) -> list[str]:
    """What an interrupted run leaves behind, what becomes of it and of the money, and the way on."""
    lines = [tr("interrupted: what was finished is kept"), *left_lines(have)]
    if have.open_tasks:
        tasks = count(len(have.open_tasks), "task")
        ways = tr("`wanflow collect` stores the results, `wanflow cancel` cancels what is still queued")
        lines.append(tr("{tasks} will be charged when done, at the service's prices: {ways}", tasks=tasks, ways=ways))
    return [*lines, tr("hint: `wanflow run` continues from here")]


def left_lines(have: Inventory) -> tuple[str, ...]:
    """A line for each thing that a run leaves behind with the service, or that ended with it."""
    return (
        *(
            tr("in flight: {take} (task {task_id})", take=_take(task.attempt), task_id=task.task_id)
            for task in have.open_tasks
        ),
        *(tr("stopped: {take}", take=_take(task.attempt)) for task in have.lost),
        *(tr("of unknown fate: {take}", take=_take(attempt)) for attempt in have.unknown_fate),
    )


def _take(attempt: Attempt) -> str:
    return take_node(attempt.shot, attempt.number)


def choice_text(choice: Picked | Retake | Held | Released) -> str:
    """What was decided about a shot, in one sentence."""
    match choice:
        case Picked(shot, take, source_file=str(name)):
            if choice.known:
                return tr("`{name}` is take {take} of {shot} already, and picked", name=name, take=take, shot=shot)
            return tr("`{name}` is take {take} of {shot} and picked", name=name, take=take, shot=shot)
        case Picked(shot, take, source_shot=str(former)):
            return tr(
                "take {source_take} of {former} is take {take} of {shot} and picked",
                source_take=choice.source_take,
                former=former,
                take=take,
                shot=shot,
            )
        case Picked(shot, take):
            if choice.held:
                return tr("take {take} of {shot} is picked and held in place of the other", take=take, shot=shot)
            return tr("take {take} of {shot} is picked", take=take, shot=shot)
        case Retake(shot, more):
            return tr("{shot}: {takes}, with the next run", shot=shot, takes=count(more, "more take"))
        case Held(shot, take):
            return tr("{shot}: take {take} is held", shot=shot, take=take)
        case Released(shot, was_held):
            return tr("{shot} is released", shot=shot) if was_held else tr("{shot} is not held", shot=shot)


def next_run_text(plan: Plan) -> str:
    """What a run would do about decisions, and at which price."""
    price = new_cost(plan)
    work = would_do(plan)
    if not plan.provider.paid or price.amount == 0:
        return work
    return tr("{work}, for {cost}", work=work, cost=cost_words(price))


def choice_warning(choice: Picked | Retake | Held | Released) -> str | None:
    """What a person may not have meant; None where nothing is worth a warning."""
    if not isinstance(choice, Picked):
        return None
    if choice.seconds is not None:
        return tr(
            "it lasts {seconds} s, and `{shot}` asks for {duration} s",
            seconds=choice.seconds,
            shot=choice.shot,
            duration=choice.duration,
        )
    if choice.source_shot is not None and choice.held:
        return tr("made from another request, so it is held; `wanflow release {shot}` undoes that", shot=choice.shot)
    if not choice.current and not choice.held:
        return tr(
            "made from an earlier request of `{shot}`; to use it: `wanflow hold {shot}`, "
            "then `wanflow pick {shot} {take}`",
            shot=choice.shot,
            take=choice.take,
        )
    return None
