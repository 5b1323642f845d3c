"""Fault scripts by chance: what a service does on bad days, each of which passes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from random import Random

from wanflow.emulator.faults import Fault

THROTTLED = ("Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")


@dataclass
class Totals:
    """What a campaign did: productions of so many takes each, all of which were audited."""

    takes_each: int
    productions: int = 0
    kills: int = 0
    faults: int = 0
    runs: int = 0

    def __str__(self) -> str:
        """One line for a person."""
        told = f"{self.productions} productions, {self.kills} kills, {self.faults} faults, {self.runs} runs"
        return f"{told}: {self.productions * self.takes_each} takes paid, 0 paid twice, 0 lost"


def weather(dice: Random) -> tuple[Fault, ...]:
    """Some faults, each at some call of its kind."""
    kinds = (
        partial(Fault, "submit", lose=True),
        partial(Fault, "submit", drop=True),
        partial(Fault, "submit", garbage=True),
        partial(Fault, "submit", status=500),
        partial(Fault, "submit", status=429, code=THROTTLED[0], message=THROTTLED[1]),
        partial(Fault, "query", status=500),
        partial(Fault, "query", lose=True),
        partial(Fault, "query", garbage=True),
        partial(Fault, "query", forget=True),
        partial(Fault, "list", status=500),
        partial(Fault, "list", lose=True),
        partial(Fault, "list", lag=0.5),
        partial(Fault, "policy", status=500),
        partial(Fault, "upload", lose=True),
        partial(Fault, "download", cut=dice.randrange(40)),
        partial(Fault, "download", lie=dice.randrange(1, 40)),
        partial(Fault, "download", expire=True),
        partial(Fault, "download", status=503),
        partial(Fault, "download", lose=True),
        partial(Fault, "task", code="InternalError.Algo"),
    )
    return tuple(
        dice.choice(kinds)(skip=dice.randrange(8), times=dice.randrange(1, 4)) for _ in range(dice.randrange(5))
    )
