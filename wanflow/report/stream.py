"""The events of a run as JSON, one a line (cli.md, JSON)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from wanflow.runner.event import (
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
from wanflow.runner.outcome import Outcome


def event_line(event: Event, time: str) -> str:
    """An event that happened at `time` (RFC 3339) as one line without its end."""
    name, fields = _told(event)
    head: dict[str, object] = {"event": name, "time": time}
    if event.node is not None:
        head["node"] = event.node
    return _line(head | fields)


def finished_line(outcome: Outcome, time: str) -> str:
    """The last line of a run."""
    return _line({"event": "run.finished", "time": time} | outcome.to_json())


def _told(event: Event) -> tuple[str, dict[str, object]]:
    match event:
        case StepStarted(_, action, model):
            return "step.started", _present({"action": action.value, "model": model})
        case TaskSubmitted(_, task_id, model):
            return "task.submitted", {"task_id": task_id, "model": model}
        case TaskChanged(_, task_id, state):
            return "task.state", {"task_id": task_id, "state": state}
        case TakeStored():
            return "take.stored", _take(event)
        case StepFinished(_, outcome, message, hint):
            return "step.finished", {"outcome": outcome} | _present({"message": message, "hint": hint})
        case CutProgress(_, done, total):
            return "cut.progress", {"done": done, "total": total}
        case CutFinished(_, file, encoded, copied, seconds):
            segments = {"encoded": encoded, "copied": copied}
            return "cut.finished", {"file": file, "seconds": seconds, "segments": segments}
        case Warned(message):
            return "warning", {"message": message}


def _take(event: TakeStored) -> dict[str, object]:
    return {
        "shot": event.shot,
        "take": event.take,
        "digest": event.digest,
        "seconds": event.seconds,
        "file": event.file,
        **({} if event.cost is None else {"cost": event.cost.to_json()}),
    }


def _present(fields: Mapping[str, str | None]) -> dict[str, object]:
    return {key: value for key, value in fields.items() if value is not None}


def _line(fields: Mapping[str, object]) -> str:
    return json.dumps(fields, ensure_ascii=False)
