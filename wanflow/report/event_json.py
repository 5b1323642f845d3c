"""The events of a run as lines of JSON, for programs and for the record of the run (cli.md, JSON)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from wanflow.codes import code_of
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


def reworded(event: Event, change: Callable[[str], str]) -> Event:
    """An event with other words for people, as in another language, or with commands that work when pasted."""
    match event:
        case Warned(message):
            return replace(event, message=change(message))
        case StepFinished(_, _, message, hint):
            return replace(event, message=message and change(message), hint=hint and change(hint))
    return event


def event_line(event: Event, time: str, change: Callable[[str], str] = str) -> str:
    """An event that happened at `time` (RFC 3339) as one line without its end; `change` rewords texts for people.

    A step that ends with a message has the code of that message.
    """
    name, fields = _fields(reworded(event, change))
    if isinstance(event, StepFinished) and event.message is not None:
        fields["code"] = code_of(event.message)
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
        case CutFinished(_, file, encoded, copied, seconds, deliveries):
            segments = {"encoded": encoded, "copied": copied}
            finished: dict[str, object] = {"file": file, "seconds": seconds, "segments": segments}
            return "cut.finished", {**finished, **({"deliveries": dict(deliveries)} if deliveries else {})}
        case Warned(message):
            return "warning", {"message": message}
