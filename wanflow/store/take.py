"""A take: one delivered answer to a shot, with its provenance."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from wanflow.digest import Canonical


@dataclass(frozen=True, slots=True)
class Film:
    """What must be known of a clip to cut pieces from it without having its bytes.

    `samples` counts the sound track's samples at `sample_rate`, 0 for a silent clip.
    """

    frames: int
    rate: Fraction
    width: int
    height: int
    samples: int = 0
    sample_rate: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """What a take was to cost when it was asked for: at most `amount`, at `rate` a billed second."""

    amount: Decimal
    rate: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Take:
    """A delivered file and what made it.

    `fingerprint` is of the shot's request without the seed; together with `seed` it names the question that these
    bytes answer. `seed` is None for a clip made elsewhere; `seed_uncertain` says that it may be that of another attempt
    whose answer was lost as well. `date` is RFC 3339 in UTC. `cost` is what was charged, None where nothing is known;
    `estimate` what it was to cost at most. `gone`: a person removed its file, and it answers nothing any more.
    """

    digest: str
    fingerprint: str
    seed: int | None
    model: str
    film: Film
    date: str
    task_id: str | None = None
    request_id: str | None = None
    cost: Decimal | None = None
    currency: str | None = None
    estimate: Decimal | None = None
    gone: bool = False
    seed_uncertain: bool = False


Recipe = Canonical
"""All that determines a paid request but its seed, as canonical JSON; its hash is the fingerprint."""


@dataclass(frozen=True, slots=True)
class Trace:
    """The record "this recipe gave these bytes, then"."""

    take: Take
    recipe: Recipe
