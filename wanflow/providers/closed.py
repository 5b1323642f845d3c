"""The client of a run that has nothing to ask of its provider, so that no other client is imported for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Never

from wanflow.messages import tr
from wanflow.providers.faults import NotSent
from wanflow.providers.protocol import (
    Accepted,
    DownloadedFile,
    Eager,
    Request,
    Seen,
    TaskState,
    TaskSummary,
    always,
    unseen,
)


class ClosedClient:
    """Sends nothing: each call raises NotSent. Whoever opens it knows that the run makes none."""

    async def submit(self, request: Request) -> Accepted:
        """Refuse a request."""
        _refuse(request)

    async def poll(self, task_id: str) -> TaskState:
        """Refuse to ask for a task."""
        _refuse(task_id)

    async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
        """Refuse to list tasks."""
        _refuse(model, wanted)

    async def cancel(self, task_id: str) -> bool:
        """Refuse to cancel a task."""
        _refuse(task_id)

    async def upload(self, path: Path, model: str) -> str:
        """Refuse a file."""
        _refuse(path, model)

    async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        """Refuse to fetch a result."""
        _refuse(url, target, most_bytes)

    async def wait_until_done(self, task_id: str, seen: Seen = unseen, eager: Eager = always) -> TaskState:
        """Refuse to wait for a task."""
        _refuse(task_id, seen, eager)


def _refuse(*asked: object) -> Never:
    del asked
    raise NotSent(tr("this run was to ask the service nothing"), hint=tr("run again to plan it again"))
