"""A client in front of another one that passes every call on, for decorators that change one thing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from wanflow.providers.protocol import (
    Accepted,
    DownloadedFile,
    ProviderClient,
    Request,
    Seen,
    TaskState,
    TaskSummary,
    unseen,
)


class Delegating:
    """Passes every call on; a decorator overrides what it changes."""

    def __init__(self, service: ProviderClient) -> None:
        self._service = service

    async def submit(self, request: Request) -> Accepted:
        """Send a request once."""
        return await self._service.submit(request)

    async def poll(self, task_id: str) -> TaskState:
        """Ask for a task once."""
        return await self._service.poll(task_id)

    async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
        """The account's tasks of one model, or of all."""
        return await self._service.list(model, wanted)

    async def cancel(self, task_id: str) -> bool:
        """Cancel a task that is still PENDING."""
        return await self._service.cancel(task_id)

    async def upload(self, path: Path, model: str) -> str:
        """Put a local file where the provider can read it."""
        return await self._service.upload(path, model)

    async def download(self, url: str, target: Path) -> DownloadedFile:
        """Stream a result into a file."""
        return await self._service.download(url, target)

    async def final_state(self, task_id: str, seen: Seen = unseen) -> TaskState:
        """Wait until a task is final."""
        return await self._service.final_state(task_id, seen)
