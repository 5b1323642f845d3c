"""A take: one delivered result for a shot, a film or a picture, with its provenance."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar

from wanflow.digest import Canonical
from wanflow.language.facts import Facts, Kind
from wanflow.timebase import NOMINAL_RATE


class ResultKind(StrEnum):
    """What a model makes; `media.jobs.check_of` gives the check that a delivered file of the kind has to pass."""

    FILM = "film"
    PICTURE = "picture"

    @property
    def suffix(self) -> str:
        """The suffix of such files, in the store and under `out/`."""
        return ".mp4" if self is ResultKind.FILM else ".png"


@dataclass(frozen=True, slots=True)
class Film:
    """What must be known of a clip to cut pieces from it without having its bytes.

    `samples` counts the sound track's samples at `sample_rate`, 0 for a silent clip.
    """

    kind: ClassVar = ResultKind.FILM

    frames: int
    rate: Fraction
    width: int
    height: int
    samples: int = 0
    sample_rate: int = 0

    @property
    def seconds(self) -> Fraction:
        """How long it plays."""
        return self.frames / self.rate


@dataclass(frozen=True, slots=True)
class Picture:
    """What must be known of a still image without having its bytes."""

    kind: ClassVar = ResultKind.PICTURE

    width: int
    height: int

    @property
    def seconds(self) -> Fraction:
        """A picture has no length of its own."""
        return Fraction(0)


Result = Film | Picture
"""What a model makes, and a take holds."""


def result_of(facts: Facts) -> Result:
    """The result in a measured file; raises ValueError for a file that no take holds."""
    if facts.kind is Kind.IMAGE:
        return Picture(facts.width, facts.height)
    film = film_of(facts)
    if film is None or facts.kind is not Kind.VIDEO:
        raise ValueError(f"no take holds a file of kind {facts.kind}")
    return film


def film_of(facts: Facts) -> Film | None:
    """The clip or sound behind measured facts; None for a picture or subtitles."""
    if facts.kind in {Kind.IMAGE, Kind.SUBTITLES}:
        return None
    rate = facts.rate or NOMINAL_RATE
    return Film(facts.frames, rate, facts.width, facts.height, facts.samples, facts.sample_rate)


@dataclass(frozen=True, slots=True)
class Price:
    """What a take was to cost when it was asked for: at most `amount`, at `rate` a billed second."""

    amount: Decimal
    rate: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Take:
    """A delivered file, the `result` that is in it, and what made it.

    `fingerprint` is of the shot's request without the seed; together with `seed` it names the question that these
    bytes answer. `seed` is None for a clip made elsewhere; `seed_uncertain` says that it may be that of another attempt
    whose answer was lost as well. `date` is RFC 3339 in UTC. `cost` is what was charged, None where nothing is known;
    `estimate` what it was to cost at most. `gone`: a person removed its file, and it answers nothing any more.
    """

    digest: str
    fingerprint: str
    seed: int | None
    model: str
    result: Result
    date: str
    task_id: str | None = None
    request_id: str | None = None
    cost: Decimal | None = None
    currency: str | None = None
    estimate: Decimal | None = None
    gone: bool = False
    seed_uncertain: bool = False

    @property
    def film(self) -> Film | None:
        """The film that it holds; None for a picture."""
        return self.result if isinstance(self.result, Film) else None

    @property
    def suffix(self) -> str:
        """The suffix of its file."""
        return self.result.kind.suffix


Recipe = Canonical
"""All that determines a paid request but its seed, as canonical JSON; its hash is the fingerprint."""


@dataclass(frozen=True, slots=True)
class Trace:
    """The record "this recipe gave these bytes, then"."""

    take: Take
    recipe: Recipe
