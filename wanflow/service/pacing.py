"""When to look at a task again: on a clock, or when something happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import anyio

from wanflow.timing import POLL_SECONDS


class Pacing(Protocol):
    """Decides how long to wait before a look at a task; time passes only through anyio (law 9)."""

    async def wait(self, task_id: str, looks: int) -> None:
        """Return when the task is worth a look; `looks` is how often it was looked at already, from 0."""


@dataclass(slots=True)
class ClockPacing:
    """Looks at once, then every `poll_seconds`; the vendor asks for about 15 (api.md 4.3).

    All tasks share it: together they look at most `looks_per_second` times, below the service's limit of 20.
    """

    poll_seconds: float = POLL_SECONDS
    looks_per_second: float = 15
    _free_at: float = 0

    async def wait(self, task_id: str, looks: int) -> None:
        """Sleep between two looks, and until it is this task's turn."""
        del task_id
        if looks:
            await anyio.sleep(self.poll_seconds)
        turn = max(anyio.current_time(), self._free_at)
        self._free_at = turn + 1 / self.looks_per_second
        await anyio.sleep_until(turn)


@dataclass(frozen=True, slots=True)
class CompletionPacing:
    """Waits until a stand-in in the same process says that a task changed."""

    changed: Callable[[str], Awaitable[None]]

    async def wait(self, task_id: str, looks: int) -> None:
        """Wait for the task's next change; return at once where it is final."""
        del looks
        await self.changed(task_id)
