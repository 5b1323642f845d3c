"""Repeats what is safe to repeat, slower each time; never a submission of unknown fate (law 3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from random import random
from typing import TypeVar

import anyio

from wanflow.messages import tr
from wanflow.providers.faults import NotSent, ServerFault, ServiceFault, Throttled
from wanflow.providers.protocol import (
    Accepted,
    DelegatingWaiter,
    DownloadedFile,
    Eager,
    Request,
    Seen,
    TaskState,
    TaskSummary,
    WaitingClient,
    always,
    unseen,
)
from wanflow.records import mutable

T = TypeVar("T")

OnRetry = Callable[[str], None]
"""Tells a person why it takes longer."""

Faults = tuple[type[ServiceFault], ...]

UNSENT: Faults = (NotSent, Throttled)
"""Faults of calls that certainly changed nothing."""
HARMLESS: Faults = (*UNSENT, ServerFault)
"""Faults after which a call without effects may be repeated."""

ATTEMPTS = 5
THROTTLED_ATTEMPTS = 9
LOOKS = 24
"""Attempts to poll a task that is waited for: about a quarter of an hour without a reply."""
LONGEST_SECONDS = 30
JITTER = 0.25


class Retrying(DelegatingWaiter):
    """A client that repeats a call after a fault that may pass, and raises the last one.

    The pause doubles from one second, and is at least as long as the reply asks for. It is up to a quarter longer by
    chance, so that calls that failed together do not return together. A submit is repeated only if it was certainly not
    accepted.
    """

    def __init__(self, service: WaitingClient, tell: OnRetry, chance: Callable[[], float] = random) -> None:
        super().__init__(service)
        self._tell = tell
        self._chance = chance

    async def submit(self, request: Request) -> Accepted:
        """Send a request; repeat it only if it never arrived or was refused for speed.

        Cancelled in a pause it raises the last fault, so that the attempt is on record as one that was not accepted.
        """
        return await self._again(lambda: self._service.submit(request), UNSENT, raise_when_cancelled=True)

    async def poll(self, task_id: str) -> TaskState:
        """Ask for a task once."""
        return await self._again(lambda: self._service.poll(task_id), HARMLESS)

    async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
        """The account's tasks of one model, or of all."""
        return await self._again(lambda: self._service.list(model, wanted), HARMLESS)

    async def cancel(self, task_id: str) -> bool:
        """Cancel a task that is still PENDING; after a lost reply a second refusal could mean the first success."""
        return await self._again(lambda: self._service.cancel(task_id), UNSENT)

    async def upload(self, path: Path, model: str) -> str:
        """Put a local file where the service can read it."""
        return await self._again(lambda: self._service.upload(path, model), HARMLESS)

    async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        """Stream a result into a file; the caller continues one that broke off."""
        return await self._again(lambda: self._service.download(url, target, most_bytes), UNSENT)

    async def wait_until_done(self, task_id: str, seen: Seen = unseen, eager: Eager = always) -> TaskState:
        """Wait until a task is final; a successful poll resets the count of failures."""
        backoff = _Backoff(LOOKS)

        def noted(state: TaskState) -> None:
            backoff.failures = 0
            seen(state)

        return await self._again(lambda: self._waiter.wait_until_done(task_id, noted, eager), HARMLESS, backoff)

    async def _again(
        self,
        ask: Callable[[], Awaitable[T]],
        faults: Faults,
        backoff: _Backoff | None = None,
        *,
        raise_when_cancelled: bool = False,
    ) -> T:
        backoff = backoff or _Backoff(ATTEMPTS)
        while True:
            try:
                return await ask()
            except faults as fault:
                pause = backoff.pause(fault)
                if pause is None:
                    raise
                self._tell(tr("{fault}; next attempt in {pause} s", fault=fault, pause=pause))
                last = fault
            try:
                await anyio.sleep(pause * (1 + JITTER * self._chance()))
            except anyio.get_cancelled_exc_class():
                if raise_when_cancelled:
                    # the caller's scope is still cancelled, and ends it at its next checkpoint
                    raise last from None
                raise


@mutable
class _Backoff:
    attempts: int
    failures: int = 0

    def pause(self, fault: ServiceFault) -> int | None:
        """How many seconds to wait after one more failure; None where it was the last one."""
        self.failures += 1
        if self.failures >= max(self.attempts, THROTTLED_ATTEMPTS if isinstance(fault, Throttled) else 0):
            return None
        return max(min(1 << (self.failures - 1), LONGEST_SECONDS), fault.retry_after or 0)
