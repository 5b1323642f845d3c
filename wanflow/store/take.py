"""A take: one delivered result for a shot, a film or a picture, with its provenance."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from wanflow import decode, timebase
from wanflow import digest as digests
from wanflow.catalog.model import ResultKind
from wanflow.decode import Fields, text, whole_number
from wanflow.digest import Canonical
from wanflow.language.source import Facts, Kind
from wanflow.messages import tr
from wanflow.money import amount_from_json, amount_text, currency_from_json
from wanflow.records import immutable
from wanflow.timebase import NOMINAL_RATE

MOST_SEED = 2**63 - 1
"""Maximum of a seed in the service's words (service.md 8, 14); its models take less."""


MADE_ELSEWHERE = "file"
"""Model of a take that no model of a provider made (`wanflow pick --file`)."""


@immutable
class Film:
    """What must be known of a clip to cut pieces from it without having its bytes.

    `samples` counts the sound track's samples at `sample_rate`, 0 for a silent clip. `pace` is None where the rate is
    constant (`language.source.Facts`).
    """

    kind: ClassVar = ResultKind.FILM

    frames: int
    rate: Fraction
    width: int
    height: int
    samples: int = 0
    sample_rate: int = 0
    pace: Fraction | None = None

    @property
    def seconds(self) -> Fraction:
        """How long it plays."""
        return self.frames / self.rate

    def to_json(self) -> dict[str, object]:
        """Its facts; a film was once the only kind, so that it is the one without a `kind`."""
        varied = {} if self.pace is None else {"pace": timebase.rate_text(self.pace)}
        return {
            "frames": self.frames,
            "rate": timebase.rate_text(self.rate),
            "width": self.width,
            "height": self.height,
            "samples": self.samples,
            "sample_rate": self.sample_rate,
            **varied,
        }


@immutable
class Picture:
    """What must be known of a still image without having its bytes; `size_bytes` is 0 where it is not known.

    The sides of one that is not made yet are 0 where they are not known.
    """

    kind: ClassVar = ResultKind.PICTURE

    width: int
    height: int
    size_bytes: int = 0
    alpha: bool = False

    @property
    def seconds(self) -> Fraction:
        """A picture has no length of its own."""
        return Fraction(0)

    def to_json(self) -> dict[str, object]:
        """Its facts; those that older records lack are left out where they are not known."""
        later = {"bytes": self.size_bytes, "alpha": self.alpha}
        known = {key: value for key, value in later.items() if value}
        return {"kind": self.kind.value, "width": self.width, "height": self.height, **known}


Result = Film | Picture
"""What a model makes, and a take holds."""


def _result_from_json(facts: Fields) -> Result:
    kind = facts.read_if_given("kind", _kind) or ResultKind.FILM
    width, height = facts.read("width", whole_number), facts.read("height", whole_number)
    if kind is ResultKind.PICTURE:
        size_bytes = facts.read_if_given("bytes", whole_number) or 0
        return Picture(width, height, size_bytes, facts.says("alpha"))
    return Film(
        frames=facts.read("frames", whole_number),
        rate=facts.read("rate", timebase.rate_from_json),
        width=width,
        height=height,
        samples=facts.read_if_given("samples", whole_number) or 0,
        sample_rate=facts.read_if_given("sample_rate", whole_number) or 0,
        pace=facts.read_if_given("pace", timebase.rate_from_json),
    )


def _kind(value: object) -> ResultKind:
    if value not in set(ResultKind):
        raise ValueError(tr("not a kind of result: {value}", value=decode.shown(value)))
    return ResultKind(text(value))


def result_of(facts: Facts) -> Result:
    """The result in a measured file; raises ValueError for a file that no take holds."""
    if facts.kind is Kind.IMAGE:
        return Picture(facts.width, facts.height, facts.size_bytes, facts.alpha)
    film = film_of(facts)
    if film is None or facts.kind is not Kind.VIDEO:
        raise ValueError(f"no take holds a file of kind {facts.kind}")
    return film


def film_of(facts: Facts) -> Film | None:
    """The clip or sound behind measured facts; None for any other file."""
    if facts.kind not in {Kind.VIDEO, Kind.AUDIO}:
        return None
    rate = facts.rate or NOMINAL_RATE
    return Film(facts.frames, rate, facts.width, facts.height, facts.samples, facts.sample_rate, facts.pace)


@immutable
class Price:
    """What a take was to cost when it was asked for: at most `amount`, at `rate` a billed second."""

    amount: Decimal
    rate: Decimal
    currency: str

    def to_json(self) -> dict[str, Canonical]:
        """As the journal has it."""
        return {"amount": amount_text(self.amount), "rate": amount_text(self.rate), "currency": self.currency}

    @classmethod
    def from_json(cls, value: object) -> Price:
        """Read a price."""
        facts = Fields(value)
        amount, rate = (facts.read(key, amount_from_json) for key in ("amount", "rate"))
        return cls(amount, rate, facts.read("currency", currency_from_json))


@immutable
class Repeat:
    """Another task that delivered the bytes of a take: the number and the question of its submission, and its cost.

    The fields mean what those of a take mean.
    """

    number: int
    fingerprint: str
    seed: int | None
    model: str
    date: str
    task_id: str
    cost: Decimal | None = None
    currency: str | None = None
    estimate: Decimal | None = None

    def to_json(self) -> dict[str, object]:
        """As the lock has it."""
        facts = {
            "take": self.number,
            "fingerprint": self.fingerprint,
            "seed": self.seed,
            "model": self.model,
            "date": self.date,
            "task_id": self.task_id,
            "cost": None if self.cost is None else amount_text(self.cost),
            "estimate": None if self.estimate is None else amount_text(self.estimate),
            "currency": self.currency,
        }
        return {key: value for key, value in facts.items() if value is not None}

    @classmethod
    def from_json(cls, value: object) -> Repeat:
        """Read what `to_json` gives."""
        facts = Fields(value)
        return cls(
            number=facts.read("take", whole_number),
            fingerprint=facts.read("fingerprint", digests.from_json),
            seed=facts.read_if_given("seed", seed_from_json),
            model=facts.read("model", text),
            date=facts.read("date", timebase.date_from_json),
            task_id=facts.read("task_id", text),
            cost=facts.read_if_given("cost", amount_from_json),
            currency=facts.read_if_given("currency", currency_from_json),
            estimate=facts.read_if_given("estimate", amount_from_json),
        )


@immutable
class Take:
    """A delivered file, the `result` that is in it, and what made it.

    `fingerprint` is of the shot's request without the seed; together with `seed` it names the question that these
    bytes answer. `seed` is None for a clip made elsewhere; `seed_uncertain` says that it may be that of another attempt
    whose answer was lost as well. `date` is RFC 3339 in UTC. `cost` is what was charged, None where nothing is known;
    `estimate` what it was to cost at most. `gone`: a person removed its file, and it answers nothing any more.
    `again` are further tasks that delivered the same bytes: each was charged, and is a take of the
    request that it was made for.
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
    again: tuple[Repeat, ...] = ()

    @property
    def deliveries(self) -> tuple[Take | Repeat, ...]:
        """All that delivered these bytes: the take itself, then those that did so again."""
        return (self, *self.again)

    def seeds(self, fingerprint: str) -> frozenset[int | None]:
        """The seeds with which a request was answered by these bytes; none where it was not."""
        return frozenset(each.seed for each in self.deliveries if each.fingerprint == fingerprint)

    @property
    def film(self) -> Film | None:
        """The film that it holds; None for a picture."""
        return self.result if isinstance(self.result, Film) else None

    @property
    def pixels(self) -> str:
        """Width and height of a picture, as `1280x720`; empty for a film."""
        return f"{self.result.width}x{self.result.height}" if isinstance(self.result, Picture) else ""

    @property
    def suffix(self) -> str:
        """The suffix of its file."""
        return self.result.kind.suffix

    def to_json(self) -> dict[str, object]:
        """All but the digest, which is the key in the lock; money and rates as exact text."""
        facts = {
            "fingerprint": self.fingerprint,
            "seed": self.seed,
            "seed_uncertain": True if self.seed_uncertain else None,
            "model": self.model,
            "date": self.date,
            "task_id": self.task_id,
            "request_id": self.request_id,
            "cost": None if self.cost is None else amount_text(self.cost),
            "estimate": None if self.estimate is None else amount_text(self.estimate),
            "currency": self.currency,
            "gone": True if self.gone else None,
            "again": [each.to_json() for each in self.again] or None,
            **self.result.to_json(),
        }
        return {key: value for key, value in facts.items() if value is not None}

    @classmethod
    def from_json(cls, digest: object, value: object) -> Take:
        """Read a take from its digest and what `to_json` gives."""
        facts = Fields(value)
        return cls(
            digest=digests.from_json(digest),
            fingerprint=facts.read("fingerprint", digests.from_json),
            seed=facts.read_if_given("seed", seed_from_json),
            model=facts.read("model", text),
            result=_result_from_json(facts),
            date=facts.read("date", timebase.date_from_json),
            task_id=facts.read_if_given("task_id", text),
            request_id=facts.read_if_given("request_id", text),
            cost=facts.read_if_given("cost", amount_from_json),
            estimate=facts.read_if_given("estimate", amount_from_json),
            currency=facts.read_if_given("currency", currency_from_json),
            seed_uncertain=facts.says("seed_uncertain"),
            gone=facts.says("gone"),
            again=facts.read_if_given("again", _repeats_from_json) or (),
        )


def _repeats_from_json(value: object) -> tuple[Repeat, ...]:
    return tuple(map(Repeat.from_json, decode.items(value)))


def seed_from_json(value: object) -> int:
    """Read a seed."""
    return whole_number(value, MOST_SEED)


Recipe = Canonical
"""All that determines a paid request but its seed, as canonical JSON; its hash is the fingerprint."""


@immutable
class Trace:
    """The record "this recipe gave these bytes, then"."""

    take: Take
    recipe: Recipe
