"""The events of a run as lines: plain ones for people and logs, JSON for programs (cli.md, JSON)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum

from wanflow.characters import LONGEST_MESSAGE, shown
from wanflow.messages import tr, translated
from wanflow.planner.plan import Action
from wanflow.report.text.words import cost_text, count
from wanflow.runner.events import (
    CutFinished,
    CutProgress,
    Event,
    Outcome,
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
        case CutFinished(node, file, encoded, copied, seconds):
            return tr(
                "{node}: {seconds} s, {file} ({segments} encoded, {copied} unchanged)",
                node=node,
                seconds=seconds,
                file=file,
                segments=count(encoded, "segment"),
                copied=copied,
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


def reworded(event: Event, change: Callable[[str], str]) -> Event:
    """An event with other words for people, as in another language, or with commands that work when pasted."""
    match event:
        case Warned(message):
            return replace(event, message=change(message))
        case StepFinished(_, _, message, hint):
            return replace(event, message=message and change(message), hint=hint and change(hint))
    return event


def event_line(event: Event, time: str) -> str:
    """An event that happened at `time` (RFC 3339) as one line without its end."""
    name, fields = _fields(event)
    head = {"event": name, "time": time, **({} if event.node is None else {"node": event.node})}
    return json.dumps(head | fields, ensure_ascii=False)


def started_line(time: str) -> str:
    """The first line of the record of a run."""
    return json.dumps({"event": "run.started", "time": time})


def finished_line(outcome: Outcome, time: str) -> str:
    """The last line of a run."""
    return json.dumps({"event": "run.finished", "time": time, **outcome.to_json()}, ensure_ascii=False)


def _fields(event: Event) -> tuple[str, dict[str, object]]:
    """The name of an event and its fields; an empty one is left out."""
    match event:
        case StepStarted(_, action, model):
            return "step.started", {"action": action.value, **({} if model is None else {"model": model})}
        case TaskSubmitted(_, task_id, model):
            return "task.submitted", {"task_id": task_id, "model": model}
        case TaskChanged(_, task_id, state):
            return "task.state", {"task_id": task_id, "state": state}
        case TakeStored(_, shot, take, digest, seconds, file, cost, pixels):
            stored = {"shot": shot, "take": take, "digest": digest, "seconds": seconds, "file": file}
            stored |= {"size": pixels} if pixels else {}
            return "take.stored", {**stored, **({} if cost is None else {"cost": cost.to_json()})}
        case StepFinished(_, outcome, message, hint):
            words = {"outcome": outcome, "message": message, "hint": hint}
            return "step.finished", {key: text for key, text in words.items() if text is not None}
        case CutProgress(_, done, total):
            return "cut.progress", {"done": done, "total": total}
        case CutFinished(_, file, encoded, copied, seconds):
            segments = {"encoded": encoded, "copied": copied}
            return "cut.finished", {"file": file, "seconds": seconds, "segments": segments}
        case Warned(message):
            return "warning", {"message": message}
