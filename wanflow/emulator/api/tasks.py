"""The tasks of an account in memory and on disk, so that they survive the emulator (service.md 4.1)."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field, fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import takewhile
from pathlib import Path
from typing import Any

from wanflow.emulator.api.rules import VIDEO_PATH
from wanflow.errors import WanflowError
from wanflow.file_state import SYMLINK_REFUSED
from wanflow.messages import tr
from wanflow.records import immutable

LIFETIME = timedelta(hours=24)
"""Time that a task and its result are kept (service.md 4.1)."""


FEW = 5
"""Tasks at once of a model that the catalog does not have (service.md 4.4)."""


class Status(StrEnum):
    """The status of a known task."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


FINAL = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELED})


@immutable
class Task:
    """One task with its request.

    `path` is where it was posted. It stays PENDING until it is `ready`, None for at once. `urls` of its results and
    `usage` belong to success, `code` and `message` to failure.
    """

    id: str
    request_id: str
    model: str
    body: Mapping[str, object]
    submitted: datetime
    path: str = VIDEO_PATH
    ready: datetime | None = None
    status: Status = Status.PENDING
    started: datetime | None = None
    ended: datetime | None = None
    urls: tuple[str, ...] = ()
    usage: Mapping[str, Decimal | int | str] = field(default_factory=dict)
    code: str | None = None
    message: str | None = None

    def is_ready(self, now: datetime) -> bool:
        """Whether it may start, if its model has a slot."""
        return self.ready is None or self.ready <= now


@immutable
class Tasks:
    """All tasks of an account, in the order of their submission."""

    by_id: Mapping[str, Task] = field(default_factory=dict)


def submit(tasks: Tasks, task: Task) -> Tasks:
    """Add a PENDING task at the end of its model's queue."""
    return Tasks({**tasks.by_id, task.id: task})


def waiting(tasks: Tasks, model: str) -> int:
    """Number of PENDING tasks of a model."""
    return sum(task.model == model and task.status is Status.PENDING for task in tasks.by_id.values())


def repeats(tasks: Tasks, task: Task) -> int:
    """Number of earlier requests that asked for the same without a seed; where one has a seed, it decides alone.

    The service draws a random seed then (service.md 2.1). Counting gives different results that are the same again in
    each rehearsal. Where the media lie does not matter: an upload may be done again.
    """
    settings = task.body.get("parameters")
    if isinstance(settings, Mapping) and "seed" in settings:
        return 0
    asked = _without_addresses(task.body)
    before = takewhile(lambda other: other.id != task.id, tasks.by_id.values())
    return sum(other.model == task.model and _without_addresses(other.body) == asked for other in before)


def _without_addresses(value: object) -> object:
    """A part of a request in which every address is the same."""
    if isinstance(value, Mapping):
        return {key: _without_addresses(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_addresses(part) for part in value]
    return "" if isinstance(value, str) and value.startswith(("http://", "https://", "oss://", "data:")) else value


def start(tasks: Tasks, now: datetime, slots: Mapping[str, int]) -> tuple[Tasks, tuple[Task, ...]]:
    """Give every free slot to the task of its model that waits longest; also returns the started tasks.

    `slots` is the number of tasks of each model that run at once; the others stay PENDING (service.md 4.4).
    """
    running = Counter(task.model for task in tasks.by_id.values() if task.status is Status.RUNNING)
    started: list[Task] = []
    for task in tasks.by_id.values():
        if task.status is Status.PENDING and task.is_ready(now) and running[task.model] < slots.get(task.model, FEW):
            running[task.model] += 1
            started.append(replace(task, status=Status.RUNNING, started=now))
    return Tasks({**tasks.by_id, **{task.id: task for task in started}}), tuple(started)


def succeed(
    tasks: Tasks, task_id: str, now: datetime, *, urls: Sequence[str], usage: Mapping[str, Decimal | int | str]
) -> Tasks:
    """End a RUNNING task with the addresses of its results."""
    ended = replace(tasks.by_id[task_id], status=Status.SUCCEEDED, urls=tuple(urls), usage=usage)
    return _end(tasks, task_id, ended, now)


def fail(tasks: Tasks, task_id: str, now: datetime, *, code: str, message: str) -> Tasks:
    """End a RUNNING task with an error."""
    return _end(tasks, task_id, replace(tasks.by_id[task_id], status=Status.FAILED, code=code, message=message), now)


def cancel(tasks: Tasks, task_id: str, now: datetime) -> tuple[Tasks, bool]:
    """Cancel a PENDING task; the second value is False for any other task (service.md 4.5)."""
    task = find(tasks, task_id, now)
    if task is None or task.status is not Status.PENDING:
        return tasks, False
    return Tasks({**tasks.by_id, task_id: replace(task, status=Status.CANCELED, ended=now)}), True


def find(tasks: Tasks, task_id: str, now: datetime) -> Task | None:
    """A task by its id; None if it never existed or expired, which the API calls UNKNOWN."""
    task = tasks.by_id.get(task_id)
    return None if task is None or now - task.submitted >= LIFETIME else task


def listed(
    tasks: Tasks, *, since: datetime, until: datetime, model: str | None = None, status: str | None = None
) -> tuple[Task, ...]:
    """Tasks submitted within a window, newest first, of one model or status if given."""
    return tuple(
        task
        for task in reversed(tuple(tasks.by_id.values()))
        if since <= task.submitted <= until and model in {None, task.model} and status in {None, task.status.value}
    )


def charged(tasks: Tasks) -> tuple[Task, ...]:
    """The charged tasks: those that succeeded, in the order of submission (service.md 6.1)."""
    return tuple(task for task in tasks.by_id.values() if task.status is Status.SUCCEEDED)


def drop_expired(tasks: Tasks, now: datetime) -> tuple[Tasks, tuple[Task, ...]]:
    """Drop finished tasks that expired; also returns them, so that their films can be deleted."""
    expired = tuple(task for task in tasks.by_id.values() if task.status in FINAL and now - task.submitted >= LIFETIME)
    names = {task.id for task in expired}
    return Tasks({name: task for name, task in tasks.by_id.items() if name not in names}), expired


def _end(tasks: Tasks, task_id: str, ended: Task, now: datetime) -> Tasks:
    if tasks.by_id[task_id].status is not Status.RUNNING:
        raise ValueError(f"task `{task_id}` is {tasks.by_id[task_id].status}, not RUNNING")
    return Tasks({**tasks.by_id, task_id: replace(ended, ended=now)})


class StateUnreadable(WanflowError):
    """A file in the folder of `--state` cannot be read."""


PRIVATE = 0o600
"""Mode of files in the folder of `--state`: they have prompts, signed addresses and media."""


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
                hint = tr("name another folder with `--state`, or remove that file")
                raise StateUnreadable(
                    tr("`{name}` is damaged at line {number}", name=self._path, number=number), hint=hint
                ) from error
            tasks[task.id] = task
        return Tasks(tasks)

    def write(self, task: Task) -> None:
        """Write the present state of a task to disk."""
        if self._path is None:
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | SYMLINK_REFUSED
        with os.fdopen(os.open(self._path, flags, PRIVATE), "ab") as file:
            file.write(json.dumps(_to_json(task)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _to_json(task: Task) -> Mapping[str, object]:
    values = {each.name: getattr(task, each.name) for each in fields(task) if getattr(task, each.name)}
    facts = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
    facts["usage"] = {name: str(value) if isinstance(value, Decimal) else value for name, value in task.usage.items()}
    facts["exact"] = [name for name, value in task.usage.items() if isinstance(value, Decimal)]
    return facts


def _from_json(facts: Mapping[str, Any]) -> Task:
    values = {name: value for name, value in facts.items() if name != "exact"}
    for name in {"submitted", "started", "ended", "ready"} & values.keys():
        values[name] = datetime.fromisoformat(values[name])
    for name in facts["exact"]:
        values["usage"][name] = Decimal(values["usage"][name])
    first = (values.pop("url"),) if "url" in values else ()  # as earlier versions wrote it
    task = Task(**{**values, "status": Status(values["status"]), "urls": tuple(values.get("urls", first))})
    return replace(task, status=Status.PENDING, started=None) if task.status is Status.RUNNING else task
