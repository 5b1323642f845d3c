"""The events of a run as plain lines, for logs and terminals that are none."""

from __future__ import annotations

from enum import IntEnum

from wanflow.planner.plan import Action
from wanflow.report.text.words import cost_text, count, printable
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
    """How much is told: only what went wrong, what happened, or everything."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


_BEGUN = {
    Action.RENDER: "rendering",
    Action.COLLECT: "collecting",
    Action.RESTORE: "taking it from what is there",
    Action.DERIVE: "making it",
}


def event_text(event: Event, loudness: Verbosity) -> str | None:
    """What is said of an event, None where nothing is; more than one line where something went wrong."""
    wrong = _wrong(event)
    if wrong is not None:
        return wrong
    if loudness is Verbosity.QUIET:
        return None
    told = _milestone(event)
    return told if told is not None or loudness is Verbosity.NORMAL else _detail(event)


def _wrong(event: Event) -> str | None:
    match event:
        case Warned(message, node):
            return f"warning: {_on(node)}{printable(message)}"
        case StepFinished(node, "failed", message, hint):
            way_out = f"\nhint: {printable(hint)}" if hint else ""
            return f"error: {node}: {printable(message or 'it failed')}{way_out}"
        case StepFinished(node, "blocked", message) if message:
            return f"blocked: {node}: {printable(message)}"
        case _:
            return None


def _milestone(event: Event) -> str | None:
    match event:
        case StepStarted(node, action, model):
            return f"{node}: {_BEGUN.get(action, action.value)}{f' ({model})' if model else ''}"
        case TakeStored(node, _, _, _, seconds, file, cost):
            price = "" if cost is None else f", {'cost unknown' if cost.amount is None else cost_text(cost)}"
            return f"{node}: {seconds} s, {printable(file)}{price}"
        case CutFinished(node, file, encoded, copied, seconds):
            return f"{node}: {seconds} s, {printable(file)} ({count(encoded, 'segment')} encoded, {copied} kept)"
        case _:
            return None


def _detail(event: Event) -> str | None:
    match event:
        case TaskSubmitted(node, task_id):
            return f"{node}: submitted as task {printable(task_id)}"
        case TaskChanged(node, _, state):
            return f"{node}: {printable(state)}"
        case CutProgress(node, done, total):
            return f"{node}: {done} of {total} frames"
        case StepFinished(node, outcome):
            return f"{node}: {outcome}"
        case _:
            return None


def _on(node: str | None) -> str:
    return f"{node}: " if node else ""
