"""Tasks on disk, so that they outlive the emulator: a line for each change, on disk before it is told."""

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
    """The folder of `--state` has a file that is none of ours."""


PRIVATE = 0o600
"""Prompts and signed addresses are nobody else's business."""


class TaskLog:
    """The tasks of one account in one file; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def read(self) -> Tasks:
        """All tasks as they last stood; one that was running when the emulator ended waits again.

        Raises StateUnreadable, with the line. A torn last line counts as never written, and is cut off.
        """
        if self._path is None or not self._path.exists():
            return Tasks()
        data = self._path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            os.truncate(self._path, len(whole))
        tasks: dict[str, Task] = {}
        for number, line in enumerate(whole.splitlines(), start=1):
            task = _task(line, f"`{self._path}` is damaged at line {number}")
            tasks[task.id] = task
        return Tasks(tasks)

    def write(self, task: Task) -> None:
        """Bring a task as it stands now to disk."""
        if self._path is None:
            return
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE), "ab") as file:
            file.write(_line(task))
            file.flush()
            os.fsync(file.fileno())


def _line(task: Task) -> bytes:
    facts: dict[str, object] = {name: getattr(task, name) for name in Task.__slots__ if getattr(task, name)}
    facts["usage"] = {name: str(value) if isinstance(value, Decimal) else value for name, value in task.usage.items()}
    facts["exact"] = [name for name, value in task.usage.items() if isinstance(value, Decimal)]
    return json.dumps(facts, default=_moment).encode() + b"\n"


def _moment(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"no place for it in the ledger: {value!r}")
    return value.isoformat()


def _task(line: bytes, complaint: str) -> Task:
    try:
        return _read(json.loads(line))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateUnreadable(complaint, hint="name another folder with `--state`, or remove that file") from error


def _read(facts: Mapping[str, Any]) -> Task:
    values = {name: value for name, value in facts.items() if name != "exact"}
    for name in {"submitted", "started", "ended"} & values.keys():
        values[name] = datetime.fromisoformat(values[name])
    for name in facts["exact"]:
        values["usage"][name] = Decimal(values["usage"][name])
    task = Task(**{**values, "status": Status(values["status"])})
    return replace(task, status=Status.PENDING, started=None) if task.status is Status.RUNNING else task
