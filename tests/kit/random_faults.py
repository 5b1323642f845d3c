"""Faults by chance: what a service does on bad days, each of which passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random

from kit.clock import wall_clock
from wanflow.emulator.api.fault_script import ScriptedFault
from wanflow.providers.protocol import DelegatingWaiter, TaskSummary, WaitingClient

THROTTLED = ("Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")


@dataclass
class Totals:
    """What a campaign did: productions with a number of takes each, all of them audited."""

    takes_each: int
    productions: int = 0
    kills: int = 0
    faults: int = 0
    runs: int = 0

    def __str__(self) -> str:
        """One line for a person."""
        told = f"{self.productions} productions, {self.kills} kills, {self.faults} faults, {self.runs} runs"
        return f"{told}: {self.productions * self.takes_each} takes paid, 0 paid twice, 0 lost"


def random_faults(dice: Random) -> tuple[ScriptedFault, ...]:
    """Some faults, each at some call of its kind."""
    kinds = (
        partial(ScriptedFault, "submit", lose=True),
        partial(ScriptedFault, "submit", drop=True),
        partial(ScriptedFault, "submit", garbage=True),
        partial(ScriptedFault, "submit", status=500),
        partial(ScriptedFault, "submit", status=429, code=THROTTLED[0], message=THROTTLED[1]),
        partial(ScriptedFault, "query", status=500),
        partial(ScriptedFault, "query", lose=True),
        partial(ScriptedFault, "query", garbage=True),
        partial(ScriptedFault, "query", forget=True),
        partial(ScriptedFault, "list", status=500),
        partial(ScriptedFault, "list", lose=True),
        partial(ScriptedFault, "list", lag=0.5),
        partial(ScriptedFault, "policy", status=500),
        partial(ScriptedFault, "upload", lose=True),
        partial(ScriptedFault, "download", cut=dice.randrange(40)),
        partial(ScriptedFault, "download", lie=dice.randrange(1, 40)),
        partial(ScriptedFault, "download", expire=True),
        partial(ScriptedFault, "download", status=503),
        partial(ScriptedFault, "download", lose=True),
        partial(ScriptedFault, "task", code="InternalError.Algo"),
    )
    return tuple(
        dice.choice(kinds)(skip=dice.randrange(8), times=dice.randrange(1, 4)) for _ in range(dice.randrange(5))
    )


def lost_replies(dice: Random) -> tuple[ScriptedFault, ...]:
    """Submissions whose answers are lost, several in a row: some were taken, some were not."""
    kinds = (
        partial(ScriptedFault, "submit", lose=True),
        partial(ScriptedFault, "submit", lose=True),
        partial(ScriptedFault, "submit", drop=True),
    )
    return tuple(
        dice.choice(kinds)(skip=dice.randrange(6), times=dice.randrange(1, 5)) for _ in range(dice.randrange(1, 4))
    )


@dataclass
class UnsteadyList:
    """Two sources that no two calls agree on: the rows of the service's list, and what its clock shows.

    A call of the list misses each row by `chance`, but none twice in a row more often than `most` times. Each answer
    shows the clock up to a second off. `missed` counts rows, `steps` answers whose clock was off.
    """

    dice: Random
    chance: float = 0.5
    most: int = 2
    missed: int = 0
    steps: int = 0
    _missing: Counter[str] = field(default_factory=Counter)

    def around(self, service: WaitingClient) -> WaitingClient:
        """A service whose list disagrees with itself."""
        return _Disagreeing(service, self)

    def shown(self) -> datetime:
        """What the service's clock shows in an answer."""
        step = self.dice.choice((-1, 0, 0, 1))
        self.steps += step != 0
        return wall_clock() + timedelta(seconds=step)

    def some(self, rows: Sequence[TaskSummary]) -> list[TaskSummary]:
        """The rows that one call shows."""
        kept: list[TaskSummary] = []
        for row in rows:
            if self._missing[row.task_id] < self.most and self.dice.random() < self.chance:
                self._missing[row.task_id] += 1
                self.missed += 1
            else:
                self._missing[row.task_id] = 0
                kept.append(row)
        return kept


class _Disagreeing(DelegatingWaiter):
    def __init__(self, service: WaitingClient, disagreement: UnsteadyList) -> None:
        super().__init__(service)
        self._disagreement = disagreement

    async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
        """Some of the rows."""
        return self._disagreement.some(await super().list(model, wanted))
