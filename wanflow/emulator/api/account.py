"""On what terms an emulated account is served: its key, its limits, how long tasks take (service.md 4.2 to 4.4)."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from wanflow.emulator.api.fault_script import ScriptedFault
from wanflow.emulator.api.order import Rejected

KEY = "sk-animatic"
"""The key of an emulator that was given none; it guards nothing and is no secret."""

SECONDS_PER_SECOND = Fraction(2, 5)
"""How long a second of film takes at speed 1: a shot of five seconds two, where the vendor takes minutes."""


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """The limits of an account; None is no limit. How many tasks of a model run at once says the catalog.

    `submits` are counted a second and model, `queries`, `lists` and `cancels` each a second; `queued` are the PENDING
    tasks of a model.
    """

    submits: int | None = None
    queries: int | None = None
    lists: int | None = None
    cancels: int | None = None
    queued: int | None = None


VENDOR = AccountLimits(submits=5, queries=20, lists=20, cancels=20, queued=500)
"""What the vendor's pages say of the 2.7 models."""


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """The terms of one account in one region.

    Task times are divided by `speed`; None leaves only the time that filming takes. `strict` judges bodies at submit,
    which the vendor does inside the task. `faults` is what goes wrong on purpose.
    """

    key: str = KEY
    region: str = "beijing"
    limits: AccountLimits = AccountLimits()
    speed: Fraction | None = None
    strict: bool = False
    faults: tuple[ScriptedFault, ...] = ()

    def seconds(self, frames: int) -> float:
        """The shortest time that a task with a film of so many frames runs."""
        return 0 if self.speed is None else float(Fraction(frames, 30) * SECONDS_PER_SECOND / self.speed)


SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class CallRates:
    """The calls of the last second, by what they were."""

    _calls: defaultdict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def count(self, what: str, most: int | None, now: datetime) -> None:
        """Let one more call pass; raises Rejected where its second is full. What is refused does not count."""
        if most is None:
            return
        calls = self._calls[what]
        while calls and now - calls[0] >= SECOND:
            calls.popleft()
        if len(calls) >= most:
            words = "Requests rate limit exceeded, please try again later."
            raise Rejected("Throttling.RateQuota", words, status=429)
        calls.append(now)
