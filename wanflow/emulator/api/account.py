"""The terms of an emulated account: its key, its limits, its task times (service.md 4.2 to 4.4)."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from wanflow.emulator.api.fault_script import ScriptedFault
from wanflow.emulator.api.order import Rejected

KEY = "sk-animatic"
"""Default key of the emulator; it is not a secret."""

SECONDS_PER_SECOND = Fraction(2, 5)
"""Seconds of task time for a second of film at speed 1: two seconds for a shot of five."""


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """The limits of an account; None means unlimited. The catalog has the number of tasks that run at once.

    `submits` counts for each second and model, `queries`, `lists` and `cancels` for each second; `queued` counts the
    PENDING tasks of a model.
    """

    submits: int | None = None
    queries: int | None = None
    lists: int | None = None
    cancels: int | None = None
    queued: int | None = None


VENDOR = AccountLimits(submits=5, queries=20, lists=20, cancels=20, queued=500)
"""Limits of the 2.7 models by the vendor's pages."""


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """The terms of one account in one region.

    Task times are divided by `speed`; with None a task takes as long as its filming. `strict` checks bodies at submit;
    the vendor checks them inside the task. `faults` are the injected faults.
    """

    key: str = KEY
    region: str = "beijing"
    limits: AccountLimits = AccountLimits()
    speed: Fraction | None = None
    strict: bool = False
    faults: tuple[ScriptedFault, ...] = ()

    def seconds(self, frames: int) -> float:
        """Shortest task time for a film of this many frames."""
        return 0 if self.speed is None else float(Fraction(frames, 30) * SECONDS_PER_SECOND / self.speed)


SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class CallRates:
    """The calls of the last second, by kind."""

    _calls: defaultdict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def count(self, kind: str, most: int | None, now: datetime) -> None:
        """Count a call; raises Rejected above the limit of a second. A rejected call does not count."""
        if most is None:
            return
        calls = self._calls[kind]
        while calls and now - calls[0] >= SECOND:
            calls.popleft()
        if len(calls) >= most:
            raise Rejected("Throttling.RateQuota", "Requests rate limit exceeded, please try again later.", status=429)
        calls.append(now)
