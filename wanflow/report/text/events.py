"""The events of a run as plain lines for people and logs."""

from __future__ import annotations

from enum import IntEnum

from wanflow.characters import LONGEST_MESSAGE, shown
from wanflow.messages import joined, tr, translated
from wanflow.planner.plan import Action
from wanflow.report.text.words import cost_text, count
from wanflow.runner.events import (
    CutFinished,
    CutProgress,
    Event,
    StepFinished,
    StepStarted,
    TakeStored,
    TaskChanged,
    TaskSubmitted,
    Warned,
)


class Verbosity(IntEnum):
    """Which events are printed: only errors and warnings, what happened, or everything."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


_BEGUN = {
    Action.RENDER: tr("rendering"),
    Action.COLLECT: tr("collecting"),
    Action.RESTORE: tr("restoring from the store"),
    Action.DERIVE: tr("building"),
}


def event_lines(event: Event, verbosity: Verbosity) -> tuple[str, ...]:
    """The lines for an event, none where it is not printed; errors and warnings always are."""
    match event:
        case Warned(message, node):
            whole = tr("{node}: {message}", node=node, message=message) if node else message
            return (shown(translated(tr("warning: {message}", message=whole)), LONGEST_MESSAGE),)
        case StepFinished(node, "failed", message, hint):
            lines = [
                tr("error: {node}: {message}", node=node, message=message or tr("it failed")),
                *([tr("hint: {hint}", hint=hint)] if hint else []),
            ]
            return tuple(shown(translated(line), LONGEST_MESSAGE) for line in lines)
        case StepFinished(node, "blocked", message) if message:
            line = tr("blocked: {node}: {message}", node=node, message=message)
            return (shown(translated(line), LONGEST_MESSAGE),)
    if verbosity is Verbosity.QUIET:
        return ()
    said: str | None = _milestone(event)
    if said is None and verbosity is Verbosity.VERBOSE:
        said = _detail(event)
    return () if said is None else (said,)


def _milestone(event: Event) -> str | None:
    match event:
        case StepStarted(node, action, model):
            begun, by = _BEGUN.get(action, action.value), tr(" ({model})", model=model) if model else ""
            return tr("{node}: {begun}{by}", node=node, begun=begun, by=by)
        case TakeStored(node, _, _, _, seconds, file, cost, pixels):
            stored = tr("{node}: {seconds} s, {file}", node=node, seconds=seconds, file=file)
            if pixels:
                stored = tr("{node}: {pixels}, {file}", node=node, pixels=pixels, file=file)
            if cost is None:
                return stored
            price = tr("cost unknown") if cost.amount is None else cost_text(cost)
            return tr("{stored}, {price}", stored=stored, price=price)
        case CutFinished(node, file, encoded, copied, seconds, deliveries):
            further = joined("", (tr("; {name}: {file}", name=name, file=each) for name, each in deliveries.items()))
            if encoded + copied == 0:
                return tr("{node}: {seconds} s{further}", node=node, seconds=seconds, further=further)
            return tr(
                "{node}: {seconds} s, {file} ({segments} encoded, {copied} unchanged){further}",
                node=node,
                seconds=seconds,
                file=file,
                segments=count(encoded, "segment"),
                copied=copied,
                further=further,
            )
        case _:
            return None


def _detail(event: Event) -> str | None:
    match event:
        case TaskSubmitted(node, task_id):
            return tr("{node}: submitted as task {task_id}", node=node, task_id=task_id)
        case TaskChanged(node, _, state):
            return f"{node}: {state}"
        case CutProgress(node, done, total):
            return tr("{node}: {done} of {total} frames", node=node, done=done, total=total)
        case StepFinished(node, outcome):
            return f"{node}: {outcome}"
        case _:
            return None
