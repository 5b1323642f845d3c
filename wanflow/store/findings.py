"""What local checks found in takes: what a take is measured against, and its findings, which are kept by digest."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePath

from wanflow.language.checks import Check

CHECKS_VERSION = 1
"""Version of the measures and of their limits: findings of another version are measured again."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file that was given to a request: the hash of its identity (law 5), and where it is.

    `file` is relative to the production's folder.
    """

    identity: str
    file: PurePath


@dataclass(frozen=True, slots=True)
class Expected:
    """What the request of a take asked for, as far as a film can be measured against it; None where it does not say.

    `seconds` is the length in seconds, `rate` in frames a second. `sound`: the request asked for sound. `one_move`: the
    take is one camera move, so that a cut inside it is a finding. `first_frame` and `last_frame` are pictures, `clip`
    is the piece that the take continues, `chain_head` the first take of the chain that it belongs to. A file that is
    not here any more is None.
    """

    seconds: Fraction | None = None
    width: int | None = None
    height: int | None = None
    rate: Fraction | None = None
    sound: bool = False
    one_move: bool = True
    first_frame: Given | None = None
    last_frame: Given | None = None
    clip: Given | None = None
    chain_head: Given | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found in a take.

    `measure` and `limit` are in the unit of the check. `start` and `end` are seconds in
    the take, None where the finding is about the whole of it.
    """

    check: Check
    measure: float
    limit: float
    start: Fraction | None = None
    end: Fraction | None = None
