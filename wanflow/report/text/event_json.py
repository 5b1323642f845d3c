"""The events of a run as JSON, one a line (cli.md, JSON)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from wanflow import money
from wanflow.money import Cost
from wanflow.planner.plan import Action
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
from wanflow.runner.outcome import Failure, Outcome, StepResult


@dataclass(slots=True)
class OutcomeSoFar:
    """What a run did as far as its events tell, for a run that ends before it can sum itself up.

    It is told every event by `note`. Steps of which no event tells, such as those that needed nothing, don't count.
    """

    currency: str
    _costs: list[Cost] = field(default_factory=list)
    _failures: list[Failure] = field(default_factory=list)
    _actions: dict[str, Action] = field(default_factory=dict)
    _submitted: list[str] = field(default_factory=list)
    _collected: int = 0
    _derived: int = 0
    _reused: int = 0
    _blocked: int = 0

    def note(self, event: Event) -> None:
        """Take an event into account."""
        match event:
            case StepStarted(node, action):
                self._actions[node] = action
            case TaskSubmitted(node):
                self._submitted.append(node)
            case TakeStored(node):
                bought_before = node not in self._submitted and self._actions.get(node) is not Action.RESTORE
                self._collected += bought_before
                self._costs += [] if event.cost is None else [event.cost]
            case StepFinished(node, StepResult.FAILED, message, hint):
                self._failures.append(Failure(node, message or "", hint))
            case StepFinished(node, outcome):
                self._derived += outcome == StepResult.DONE and self._actions.get(node) is Action.DERIVE
                self._reused += outcome == StepResult.REUSED
                self._blocked += outcome == StepResult.BLOCKED
            case _:
                pass

    def ended(self, exit_code: int) -> Outcome:
        """The outcome of a run that ends now."""
        return Outcome(
            exit_code=exit_code,
            submitted=len(self._submitted),
            collected=self._collected,
            reused=self._reused,
            derived=self._derived,
            failures=tuple(self._failures),
            blocked=self._blocked,
            cost=money.total(self._costs, self.currency),
        )


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
