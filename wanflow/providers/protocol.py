"""The port to a provider: what every implementation promises its callers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from wanflow import digest
from wanflow.catalog.model import Model, ParameterValue
from wanflow.digest import Canonical
from wanflow.language.production import Shot
from wanflow.messages import tr
from wanflow.providers.faults import Invalid, ServerFault, ServiceFault, TaskLost
from wanflow.records import immutable


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


@immutable
class MediaAddress:
    """One medium of a request: its type in the catalog, an address that the provider reads, and that of its voice."""

    type: str
    url: str
    voice_url: str | None = None


@immutable
class Request:
    """A request for one result in the catalog's words; its JSON is a matter of the provider's folder alone.

    `model` is the name that is sent, perhaps that of a snapshot; `rules` are those of that model.
    """

    model: str
    rules: Model
    prompt: str | None = None
    negative_prompt: str | None = None
    media: tuple[MediaAddress, ...] = ()
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    seed: int | None = None


def request_with(shot: Shot, seed: int | None, addresses: Mapping[str, str]) -> Request:
    """What a provider is asked for a take of a shot; `addresses` are by slot, that of a voice by `<slot>.voice`."""
    return Request(
        shot.model,
        shot.rules,
        shot.prompt,
        shot.negative_prompt,
        tuple(
            MediaAddress(
                item.type, addresses[item.slot], addresses[f"{item.slot}.voice"] if item.voice is not None else None
            )
            for item in shot.media
        ),
        shot.parameters,
        shot.rules.sent_seed(seed),
    )


@immutable
class Accepted:
    """The provider accepted a request; from now on it may be charged."""

    task_id: str
    request_id: str


@immutable
class TaskState:
    """One look at a task.

    `url` is where the result is until it expires; `fault` is what a failure means; `billed` is what the task was
    billed for, seconds of a film or a number of pictures, None where the provider did not say; `prompt` is that of the
    request, known of a success only.
    """

    task_id: str
    status: TaskStatus
    request_id: str
    url: str | None = None
    fault: ServiceFault | None = None
    billed: Decimal | None = None
    prompt: str | None = None

    @property
    def failure(self) -> ServiceFault:
        """What a final state other than SUCCEEDED means."""
        match self.status:
            case TaskStatus.UNKNOWN:
                return TaskLost(
                    tr("the service does not know the task any more"), hint=tr("run again to plan it again")
                )
            case TaskStatus.CANCELED:
                return Invalid(tr("the task was cancelled"), hint=tr("run again to submit it again"))
            case _:
                return self.fault or ServerFault(tr("the task failed"), hint=tr("run again later"))


@immutable
class TaskSummary:
    """A row of the task list (service.md 4.5); it has neither prompt nor result.

    `created` is by the provider's clock, and the same in every list. `ahead` is the least time that this clock was
    ahead of this machine's: here the task was created at `created - ahead` at the latest.
    """

    task_id: str
    status: TaskStatus
    model: str
    created: datetime
    request_id: str
    ahead: timedelta = timedelta()


@immutable
class DownloadedFile:
    """A result on disk: the digest and the length of the bytes that were written."""

    digest: str
    size_bytes: int


Seen = Callable[[TaskState], None]
"""A function that receives each state of a task."""


def unseen(state: TaskState) -> None:
    """Ignore a state."""
    del state


class ProviderClient(Protocol):
    """A provider's client. Every method raises `ServiceFault` and no other exception of its own.

    Each is cancel-safe: a submit that is cancelled ends with its reply. None retries: a decorator does that.
    """

    async def submit(self, request: Request) -> Accepted:
        """Send a request once. Not idempotent: each call that returns is one task that may be charged.

        Raises NotSent where the request certainly never arrived, UnknownFate where its reply was lost, and else the
        fault that the reply means. The caller has written its intent to disk before (law 2).
        """

    async def poll(self, task_id: str) -> TaskState:
        """Ask for a task once; idempotent. A task that the provider forgot is UNKNOWN, not a fault."""

    async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
        """The account's tasks of one model, or of all, newest first; idempotent.

        It goes back as far as the provider's `list_reach`, and is never called where that is None. With `wanted` tasks
        it may end as soon as all of them were seen.
        """

    async def cancel(self, task_id: str) -> bool:
        """Cancel a task that is still PENDING; False for a later one, which will be charged."""

    async def upload(self, path: Path, model: str) -> str:
        """Put a local file where the provider can read it for `model`; gives the address to send (service.md 5)."""

    async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        """Stream a result into `target` and hash it on the way; the digest is that of the whole file.

        After a break `target` keeps its bytes, and the next call continues from there (service.md 7.1); a new result
        needs a new `target`. Raises ResultExpired for a refused address, ForbiddenAddress for one that is not opened,
        StoreFault for a disk that fails, and ServerFault for a file of another length than announced. A file of more
        than `most_bytes` is Oversized, and nothing of it stays.
        """


Eager = Callable[[], float]
"""How soon the end of a task should be noticed, from 0 to 1; the answer may change while the task runs.

It is the part of a second by which the run is longer for each second in which the end is not noticed.
"""


def always() -> float:
    """The end of a task of which nothing is known should be noticed soon."""
    return 1.0


class WaitingClient(ProviderClient, Protocol):
    """A provider's client behind a poller: what a run works with."""

    async def wait_until_done(self, task_id: str, seen: Seen = unseen, eager: Eager = always) -> TaskState:
        """Wait until a task is final and give its last state; `seen` receives every state on the way.

        The less `eager` a task is, the less often it may be looked at.

        Time passes only through anyio (law 9).
        """


@immutable
class Endpoint:
    """Where an account of a provider is reached; the key is not shown with the value.

    `key_hint` is what to do where the key is refused. `upload_hosts` are hosts that may get local media beside those
    that the provider is known to have, each perhaps with a port.
    """

    region: str
    base_url: str
    key: str = field(repr=False)
    key_hint: str | None = None
    upload_hosts: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """The host, with the port where one is named; safe to show."""
        return urlsplit(self.base_url).netloc

    @property
    def account(self) -> str:
        """A name for the account on this machine: an address of one account cannot be read by another.

        A key has far more entropy than a hash of 48 bits reveals.
        """
        return f"{self.host} {digest.of_json([self.base_url, self.key])[:12]}"


class Connector(Protocol):
    """How `wiring` reaches a provider. Its folder has one of these."""

    def request_json(self, request: Request) -> Mapping[str, Canonical]:
        """The body of a submission as the provider gets it."""

    def endpoint(self, region: str, environ: Mapping[str, str], *, key_needed: bool = True) -> Endpoint:
        """The endpoint of a region by the environment.

        Without `key_needed` a missing key is an empty one. Raises Unauthorised without a usable key, WrongAddress.
        """

    def open(self, endpoint: Endpoint) -> AbstractAsyncContextManager[ProviderClient]:
        """A client whose connections are closed at the end; it sends at once, and repeats nothing."""

    async def reach(self, endpoint: Endpoint) -> None:
        """Ask something that changes nothing; raises Unauthorised where the key is refused, else the ServiceFault."""

    async def quotas(self, endpoint: Endpoint, models: Iterable[str]) -> Mapping[str, int]:
        """How many tasks of some models the account may have running at once; models without an answer are left out.

        Raises a ServiceFault where the provider does not answer; nothing depends on the answer but the pace.
        """


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

    async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        """Stream a result into a file."""
        return await self._service.download(url, target, most_bytes)


class DelegatingWaiter(Delegating):
    """Passes on every call of a client behind a poller, waiting included."""

    def __init__(self, service: WaitingClient) -> None:
        super().__init__(service)
        self._waiter = service

    async def wait_until_done(self, task_id: str, seen: Seen = unseen, eager: Eager = always) -> TaskState:
        """Wait until a task is final."""
        return await self._waiter.wait_until_done(task_id, seen, eager)
