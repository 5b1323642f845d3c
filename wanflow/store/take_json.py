"""A take as JSON, the same in the lock and in the traces."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from wanflow import decode, money, timebase
from wanflow.digest import Canonical
from wanflow.money import amount_text
from wanflow.store.take import Film, Picture, Price, Recipe, Result, ResultKind, Take

MOST_COUNTED = 10**12
"""Limit of what is counted here: frames, samples, pixels, takes."""
MOST_SEED = 2**63 - 1
"""Limit of a seed in the service's words (service.md 8, 14); its models take less."""
MOST_WISHED = 100_000
"""Limit of the takes that a request is asked for, as for the takes of a production."""

_RATE = re.compile(r"([0-9]{1,10})(?:/([0-9]{1,10}))?")
_CURRENCY = re.compile(r"[A-Z]{3}")

Fact = TypeVar("Fact")


def to_json(take: Take) -> dict[str, object]:
    """Everything but the digest, which is the key; money and rates as exact text."""
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
        **_result_json(take.result),
    }
    return {key: value for key, value in facts.items() if value is not None}


def from_json(digest: str, facts: Mapping[str, object]) -> Take:
    """A take from its digest and `to_json`'s facts; raises KeyError, TypeError or ValueError for anything else."""
    return Take(
        digest=hash_text(digest),
        fingerprint=_fact(facts, "fingerprint", lambda value: hash_text(text(value))),
        seed=_maybe(facts, "seed", seed),
        model=_fact(facts, "model", text),
        result=_result(facts),
        date=_fact(facts, "date", date),
        task_id=_maybe(facts, "task_id", text),
        request_id=_maybe(facts, "request_id", text),
        cost=_maybe(facts, "cost", amount),
        estimate=_maybe(facts, "estimate", amount),
        currency=_maybe(facts, "currency", _currency),
        seed_uncertain=facts.get("seed_uncertain") is True,
        gone=facts.get("gone") is True,
    )


def _result_json(result: Result) -> dict[str, object]:
    """A result's facts; a film was once the only kind, so that it is the one without a `kind`."""
    match result:
        case Picture(width, height):
            return {"kind": result.kind.value, "width": width, "height": height}
        case Film():
            return {
                "frames": result.frames,
                "rate": timebase.rate_text(result.rate),
                "width": result.width,
                "height": result.height,
                "samples": result.samples,
                "sample_rate": result.sample_rate,
            }


def _result(facts: Mapping[str, object]) -> Result:
    kind = _maybe(facts, "kind", lambda value: ResultKind(text(value))) or ResultKind.FILM
    width, height = _fact(facts, "width", whole_number), _fact(facts, "height", whole_number)
    if kind is ResultKind.PICTURE:
        return Picture(width, height)
    return Film(
        frames=_fact(facts, "frames", whole_number),
        rate=_fact(facts, "rate", _rate),
        width=width,
        height=height,
        samples=_maybe(facts, "samples", whole_number) or 0,
        sample_rate=_maybe(facts, "sample_rate", whole_number) or 0,
    )


def price_json(price: Price) -> dict[str, Canonical]:
    """A price as it stands in the journal."""
    return {"amount": amount_text(price.amount), "rate": amount_text(price.rate), "currency": price.currency}


def price_of(value: object) -> Price | None:
    """A price from `price_json`; None for anything else, since the task that it is of counts all the same."""
    try:
        facts = mapping(value)
        return Price(amount(facts["amount"]), amount(facts["rate"]), _currency(facts["currency"]))
    except (KeyError, TypeError, ValueError):
        return None


def recipe_of(value: object, levels: int = decode.MOST_LEVELS) -> Recipe:
    """A recipe from JSON; raises ValueError for what is no canonical value, or is nested too deep."""
    if not levels:
        raise ValueError("it is nested too deep")
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list):
        return [recipe_of(item, levels - 1) for item in value]
    if isinstance(value, Mapping):
        return {str(key): recipe_of(item, levels - 1) for key, item in value.items()}
    raise ValueError(f"not canonical: {decode.shown(value)}")


def mapping(value: object) -> Mapping[str, object]:
    """A value that has to be a mapping; raises TypeError for another."""
    if not isinstance(value, Mapping):
        raise TypeError(f"not a mapping: {decode.shown(value)}")
    return value


def whole_number(value: object, most: int = MOST_COUNTED) -> int:
    """A value that has to be a whole number from 0 to `most`; raises TypeError or ValueError for another."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"not a whole number: {decode.shown(value)}")
    if not 0 <= value <= most:
        raise ValueError(f"not a whole number from 0 to {most}: {decode.shown(value)}")
    return value


def seed(value: object) -> int:
    """A value that has to be a seed; raises TypeError or ValueError for another."""
    return whole_number(value, MOST_SEED)


def text(value: object) -> str:
    """A value that has to be a text; raises TypeError for another."""
    if not isinstance(value, str):
        raise TypeError(f"not a text: {decode.shown(value)}")
    return value


def date(value: object) -> str:
    """A value that has to be the date of a record, RFC 3339; raises TypeError or ValueError for another."""
    try:
        timebase.moment(text(value))
    except ValueError as error:
        raise ValueError(f"not a date with its time and zone: {decode.shown(value)}") from error
    return text(value)


def amount_if_any(value: object) -> Decimal | None:
    """An amount of money as text; None for anything else."""
    try:
        return amount(value)
    except (TypeError, ValueError):
        return None


def date_if_any(value: object) -> str:
    """The date of a record that counts without one: long ago, so that nothing is waited for or sent again by it."""
    try:
        return date(value)
    except (TypeError, ValueError):
        return timebase.LONG_AGO


def hash_text(value: str) -> str:
    """A digest names a file: nothing but 64 hex characters may ever become a path; raises ValueError."""
    if len(value) != 64 or not set(value) <= set("0123456789abcdef"):
        raise ValueError(f"not a digest: {decode.shown(value)}")
    return value


def amount(value: object) -> Decimal:
    """A value that has to be an amount of money as text; raises TypeError or ValueError for another."""
    return money.exact_amount(text(value))


def _fact(facts: Mapping[str, object], key: str, read: Callable[[object], Fact]) -> Fact:
    """A fact by its key; what is wrong with it is said with the key."""
    try:
        return read(facts[key])
    except (TypeError, ValueError) as error:
        raise ValueError(f"`{key}` is {error}") from error


def _maybe(facts: Mapping[str, object], key: str, read: Callable[[object], Fact]) -> Fact | None:
    return None if facts.get(key) is None else _fact(facts, key, read)


def _rate(value: object) -> Fraction:
    """Frames a second: two whole numbers of ten digits at most, as containers have them."""
    found = _RATE.fullmatch(text(value))
    above, below = (int(found[1]), int(found[2] or 1)) if found else (0, 0)
    if not above or not below:
        raise ValueError(f"not a rate: {decode.shown(value)}")
    return Fraction(above, below)


def _currency(value: object) -> str:
    if not _CURRENCY.fullmatch(text(value)):
        raise ValueError(f"not a currency: {decode.shown(value)}")
    return text(value)
