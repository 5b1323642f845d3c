"""Asks again what is safe to ask again, slower each time; a submission of unknown fate never is (law 3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import random
from typing import TypeVar

import anyio

from wanflow.providers.delegating import Delegating
from wanflow.providers.faults import NotSent, ServerFault, ServiceFault, Throttled
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

T = TypeVar("T")

OnRetry = Callable[[str], None]
"""Says to a person why it takes longer."""

Faults = tuple[type[ServiceFault], ...]

UNSENT: Faults = (NotSent, Throttled)
"""What surely changed nothing at the service."""
HARMLESS: Faults = (*UNSENT, ServerFault)
"""What may be asked again where asking changes nothing."""

ATTEMPTS = 5
THROTTLED_ATTEMPTS = 9
LOOKS = 24
"""A task that is waited for goes on without us: about a quarter of an hour without an answer is borne."""
LONGEST_SECONDS = 30
JITTER = 0.25


class Retrying(Delegating):
    """A `VideoService` that asks again after a fault that may pass; the last one is raised.

    The pause doubles from one second, and is up to a quarter longer by chance, so that those who failed together don't
    come back together. A submit is repeated only where it surely was not accepted.
    """

    def __init__(self, service: ProviderClient, tell: OnRetry, chance: Callable[[], float] = random) -> None:
        super().__init__(service)
        self._tell = tell
        self._chance = chance

    async def submit(self, request: Request) -> Accepted:
        """Send a request, again only where it never arrived or was refused for speed."""
        return await self._again(lambda: self._service.submit(request), UNSENT)

    async def poll(self, task_id: str) -> TaskState:
        """Look at a task once."""
        return await self._again(lambda: self._service.poll(task_id), HARMLESS)

    async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
        """The account's tasks of one model, or of all."""
        return await self._again(lambda: self._service.list(model, wanted), HARMLESS)

    async def cancel(self, task_id: str) -> bool:
        """Cancel a task that is still PENDING; after a lost answer a second no would not mean a no."""
        return await self._again(lambda: self._service.cancel(task_id), UNSENT)

    async def upload(self, path: Path, model: str) -> str:
        """Put a local file where the service can read it."""
        return await self._again(lambda: self._service.upload(path, model), HARMLESS)

    async def download(self, url: str, target: Path) -> DownloadedFile:
        """Stream a result into a file; one that broke off is for the caller to go on with, who knows what it is."""
        return await self._again(lambda: self._service.download(url, target), UNSENT)

    async def settled(self, task_id: str, seen: Seen = unseen) -> TaskState:
        """Wait until a task is final; a look that went well wipes out the failures before it."""
        patience = _Backoff(LOOKS)

        def noted(state: TaskState) -> None:
            patience.failures = 0
            seen(state)

        return await self._again(lambda: self._service.settled(task_id, noted), HARMLESS, patience)

    async def _again(self, ask: Callable[[], Awaitable[T]], faults: Faults, patience: _Backoff | None = None) -> T:
        patience = patience or _Backoff(ATTEMPTS)
        while True:
            try:
                return await ask()
            except faults as fault:
                pause = patience.pause(fault)
                if pause is None:
                    raise
                self._tell(f"{fault}; tries again in {pause} s")
            await anyio.sleep(pause * (1 + JITTER * self._chance()))


@dataclass(slots=True)
class _Backoff:
    attempts: int
    failures: int = 0

    def pause(self, fault: ServiceFault) -> int | None:
        """How many seconds to wait after one more failure; None where it was the last one."""
        self.failures += 1
        if self.failures >= max(self.attempts, THROTTLED_ATTEMPTS if isinstance(fault, Throttled) else 0):
            return None
        return min(1 << (self.failures - 1), LONGEST_SECONDS)
