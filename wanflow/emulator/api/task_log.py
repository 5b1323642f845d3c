"""Tasks on disk, so that they survive the emulator: one line for each change, written before the change is visible."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from wanflow.emulator.api.tasks import Status, Task, Tasks
from wanflow.errors import WanflowError


class StateUnreadable(WanflowError):
    """A file in the folder of `--state` cannot be read."""


PRIVATE = 0o600
"""Mode of the file: it has prompts and signed addresses."""


class TaskLog:
    """The tasks of one account in one file; without a path nothing is written."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def read(self) -> Tasks:
        """The last state of all tasks; a task that was running when the emulator ended waits again.

        Raises StateUnreadable with the line. A torn last line is cut off.
        """
        if self._path is None or not self._path.exists():
            return Tasks()
        data = self._path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            os.truncate(self._path, len(whole))
        tasks: dict[str, Task] = {}
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                task = _from_json(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                hint = "name another folder with `--state`, or remove that file"
                raise StateUnreadable(f"`{self._path}` is damaged at line {number}", hint=hint) from error
            tasks[task.id] = task
        return Tasks(tasks)

    def write(self, task: Task) -> None:
        """Write the present state of a task to disk."""
        if self._path is None:
            return
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE), "ab") as file:
            file.write(json.dumps(_to_json(task)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _to_json(task: Task) -> Mapping[str, object]:
    values = {name: getattr(task, name) for name in Task.__slots__ if getattr(task, name)}
    facts = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
    facts["usage"] = {name: str(value) if isinstance(value, Decimal) else value for name, value in task.usage.items()}
    facts["exact"] = [name for name, value in task.usage.items() if isinstance(value, Decimal)]
    return facts


def _from_json(facts: Mapping[str, Any]) -> Task:
    values = {name: value for name, value in facts.items() if name != "exact"}
    for name in {"submitted", "started", "ended"} & values.keys():
        values[name] = datetime.fromisoformat(values[name])
    for name in facts["exact"]:
        values["usage"][name] = Decimal(values["usage"][name])
    task = Task(**{**values, "status": Status(values["status"])})
    return replace(task, status=Status.PENDING, started=None) if task.status is Status.RUNNING else task
