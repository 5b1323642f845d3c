"""The seam to the paid service: what any implementation owes its callers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from wanflow.digest import Canonical


class TaskStatus(StrEnum):
    """The service's own words (service.md 4.1)."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    UNKNOWN = "UNKNOWN"

    @property
    def final(self) -> bool:
        """Whether the task will not change any more; UNKNOWN means that the service forgot it."""
        return self not in {TaskStatus.PENDING, TaskStatus.RUNNING}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it goes over the wire: the JSON body of a submit (service.md 1.5), for one model."""

    model: str
    body: Mapping[str, Canonical]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The service took a request; from here on it may be charged."""

    task_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class TaskState:
    """One look at a task.

    `url` is where the result is until it expires (24 h, service.md 4.1); `code` and `message` are the service's words
    on a failure; `usage` its billing figures as sent; `prompt` the words of the request, said of a success only
    (service.md 1.4).
    """

    task_id: str
    status: TaskStatus
    request_id: str
    url: str | None = None
    code: str | None = None
    message: str | None = None
    usage: Mapping[str, Canonical] | None = None
    prompt: str | None = None


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """A row of the service's task list (service.md 4.5); it carries neither prompt nor result.

    `created` is by the service's clock, and the same in every list. `ahead` is the least that this clock was ahead of
    this machine's: by this machine's clock the task was created at `created - ahead` at the latest.
    """

    task_id: str
    status: TaskStatus
    model: str
    created: datetime
    request_id: str
    ahead: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A result on disk: the digest and the length of the bytes that were written."""

    digest: str
    size_bytes: int


Seen = Callable[[TaskState], None]
"""Who is told how a task stands."""


def unseen(state: TaskState) -> None:
    """Nobody is told."""
    del state


class ProviderClient(Protocol):
    """The video service. Every method raises `ServiceFault` (service/fault) and nothing else of its own.

    Each is cancel-safe: a submit that is cancelled ends with its answer. None retries by itself; that is a decorator's
    work.
    """

    async def submit(self, request: Request) -> Accepted:
        """Send a request once. Not idempotent: each call that returns is one task that may be charged.

        Raises NotSent where the request surely never arrived, UnknownFate where its reply was lost, and the
        fault that the reply names otherwise. The caller has written its intent to disk before (law 2).
        """

    async def poll(self, task_id: str) -> TaskState:
        """Look at a task once; idempotent. A task that the service forgot is UNKNOWN, not a fault."""

    async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
        """The account's tasks of one model, or of all, within the last 24 h, newest first; idempotent.

        Where tasks are `wanted`, it may end as soon as all of them were seen.
        """

    async def cancel(self, task_id: str) -> bool:
        """Cancel a task that is still PENDING; False where it is too late and it will be charged."""

    async def upload(self, path: Path, model: str) -> str:
        """Put a local file where the service can read it for `model`; gives the address to send (service.md 5)."""

    async def download(self, url: str, target: Path) -> DownloadedFile:
        """Stream a result into `target`, hashing on the way; the digest is that of the whole file.

        After a break, `target` keeps what came, and the next call goes on from there (service.md 7.1); a new result
        needs a new `target`. Raises ResultExpired where the address is refused, StoreFault where the disk is, and
        ServerFault where what came is not as long as was promised.
        """

    async def settled(self, task_id: str, seen: Seen = unseen) -> TaskState:
        """Wait until a task is final and give its last state; `seen` is told every look at it on the way.

        Time passes only through anyio.
        """
