"""A take as JSON, the same in the lock and in the traces."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from wanflow import timing
from wanflow.digest import Canonical
from wanflow.money import amount_text
from wanflow.store.take import Film, Price, Recipe, Take


def to_json(take: Take) -> dict[str, object]:
    """Everything but the digest, which is the key; money and rates as exact text."""
    film = take.film
    facts: dict[str, object] = {
        "fingerprint": take.fingerprint,
        "seed": take.seed,
        "seed_uncertain": True if take.seed_uncertain else None,
        "model": take.model,
        "date": take.date,
        "task_id": take.task_id,
        "request_id": take.request_id,
        "cost": None if take.cost is None else amount_text(take.cost),
        "estimate": None if take.estimate is None else amount_text(take.estimate),
        "currency": take.currency,
        "gone": True if take.gone else None,
        "frames": film.frames,
        "rate": timing.rate_text(film.rate),
        "width": film.width,
        "height": film.height,
        "samples": film.samples,
        "sample_rate": film.sample_rate,
    }
    return {key: value for key, value in facts.items() if value is not None}


def from_json(digest: str, facts: Mapping[str, object]) -> Take:
    """A take from its digest and `to_json`'s facts; raises KeyError, TypeError or ValueError for anything else."""
    film = Film(
        frames=whole_number(facts["frames"]),
        rate=_rate(text(facts["rate"])),
        width=whole_number(facts["width"]),
        height=whole_number(facts["height"]),
        samples=whole_number(facts.get("samples", 0)),
        sample_rate=whole_number(facts.get("sample_rate", 0)),
    )
    return Take(
        digest=hash_text(digest),
        fingerprint=hash_text(text(facts["fingerprint"])),
        seed=None if facts.get("seed") is None else whole_number(facts["seed"]),
        model=text(facts["model"]),
        film=film,
        date=text(facts["date"]),
        task_id=_maybe(facts.get("task_id")),
        request_id=_maybe(facts.get("request_id")),
        cost=None if facts.get("cost") is None else amount(facts["cost"]),
        estimate=None if facts.get("estimate") is None else amount(facts["estimate"]),
        currency=_maybe(facts.get("currency")),
        seed_uncertain=facts.get("seed_uncertain") is True,
        gone=facts.get("gone") is True,
    )


def price_json(price: Price) -> dict[str, Canonical]:
    """A price as it stands in the journal."""
    return {"amount": amount_text(price.amount), "rate": amount_text(price.rate), "currency": price.currency}


def price_of(value: object) -> Price:
    """A price from `price_json`; raises KeyError, TypeError or ValueError for anything else."""
    facts = mapping(value)
    return Price(amount(facts["amount"]), amount(facts["rate"]), text(facts["currency"]))


def recipe_of(value: object) -> Recipe:
    """A recipe from JSON; raises ValueError for what is no canonical value."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list):
        return [recipe_of(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): recipe_of(item) for key, item in value.items()}
    raise ValueError(f"not canonical: {value!r}")


def mapping(value: object) -> Mapping[str, object]:
    """A value that has to be a mapping; raises TypeError for another."""
    if not isinstance(value, Mapping):
        raise TypeError(f"not a mapping: {value!r}")
    return value


def whole_number(value: object) -> int:
    """A value that has to be a whole number; raises TypeError for another."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"not a whole number: {value!r}")
    return value


def text(value: object) -> str:
    """A value that has to be a text; raises TypeError for another."""
    if not isinstance(value, str):
        raise TypeError(f"not a text: {value!r}")
    return value


def hash_text(value: str) -> str:
    """A digest names a file: nothing but 64 hex characters may ever become a path; raises ValueError."""
    if len(value) != 64 or not set(value) <= set("0123456789abcdef"):
        raise ValueError(f"not a digest: {value!r}")
    return value


def _maybe(value: object) -> str | None:
    return None if value is None else text(value)


def _rate(value: str) -> Fraction:
    try:
        rate = Fraction(value)
    except ZeroDivisionError:
        rate = Fraction(0)
    if rate <= 0:
        raise ValueError(f"not a rate: {value!r}")
    return rate


def amount(value: object) -> Decimal:
    """A value that has to be an amount of money as text; raises TypeError or ValueError for another."""
    try:
        found = Decimal(text(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise ValueError(f"not an amount: {value!r}")
    return found
