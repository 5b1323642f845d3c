"""Counts calls a second, and says no as the service does (api.md 4.3, 4.4 and 4.7)."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wanflow.emulator.order import Rejected

SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class Rates:
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
