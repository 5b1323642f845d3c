"""On what terms an emulated account is served: its key, its limits, how long tasks take (api.md 4.2 to 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from wanflow.emulator.faults import Fault

KEY = "sk-animatic"
"""The key of an emulator that was given none; it guards nothing and is no secret."""

SECONDS_PER_SECOND = Fraction(2, 5)
"""How long a second of film takes at speed 1: a shot of five seconds two, where the vendor takes minutes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of an account; None is no limit. How many tasks of a model run at once says the catalog.

    `submits` are counted a second and model, `queries`, `lists` and `cancels` each a second; `queued` are the PENDING
    tasks of a model.
    """

    submits: int | None = None
    queries: int | None = None
    lists: int | None = None
    cancels: int | None = None
    queued: int | None = None


VENDOR = Limits(submits=5, queries=20, lists=20, cancels=20, queued=500)
"""What the vendor's pages say of the 2.7 models."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one account in one region.

    Task times are divided by `speed`; None leaves only the time that filming takes. `strict` judges bodies at submit,
    which the vendor does inside the task. `faults` is what goes wrong on purpose.
    """

    key: str = KEY
    region: str = "beijing"
    limits: Limits = Limits()
    speed: Fraction | None = None
    strict: bool = False
    faults: tuple[Fault, ...] = ()

    def seconds(self, frames: int) -> float:
        """The shortest time that a task with a film of so many frames runs."""
        return 0 if self.speed is None else float(Fraction(frames, 30) * SECONDS_PER_SECOND / self.speed)
