"""Money as exact decimals, with how sure we are of it."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum

from wanflow import decode
from wanflow.characters import with_ascii_signs
from wanflow.messages import tr
from wanflow.patterns import pattern
from wanflow.records import immutable

MOST = Decimal(1_000_000)
"""Maximum cost of one take, in any currency: a larger amount is a mistake, or made to defeat a budget."""

CNY = "CNY"
_EXACT = pattern(r"[0-9]{1,7}(\.[0-9]{1,60})?")
_CURRENCY = pattern(r"[A-Z]{3}")
_NUMBER = r"(?P<amount>[0-9]{1,12}(\.[0-9]{1,6})?)"
_AMOUNT = pattern(rf"{_NUMBER}\s+(?P<currency>[A-Z]{{3}})")
_BEFORE = "CNY|RMB|(?:CN)?[¥￥]|人民[币幣]"
_AFTER = "CNY|RMB|(?:[元圆圓]|[块塊][钱錢]?)(?:人民[币幣])?|人民[币幣]"
_YUAN = pattern(rf"(?P<sign>{_BEFORE})?\s*{_NUMBER}\s*(?(sign)(?:{_AFTER})?|(?:{_AFTER}))", re.IGNORECASE)
"""Amounts in CNY as people in China write them: `20元`, `¥20`, `20 RMB`, `人民币20元`."""
_THOUSANDS = pattern(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
"""A comma between thousands, never that of decimals."""


class Bound(StrEnum):
    """How an amount relates to what will be charged."""

    EXACT = "exact"
    AT_MOST = "at-most"
    UNKNOWN = "unknown"


@immutable
class Cost:
    """An amount in a currency; `amount` is None exactly when `bound` is unknown."""

    amount: Decimal | None
    currency: str
    bound: Bound

    def to_json(self) -> dict[str, str | None]:
        """As the command line prints it: the amount is an exact decimal string, never rounded."""
        amount = None if self.amount is None else amount_text(self.amount)
        return {"amount": amount, "currency": self.currency, "bound": self.bound.value}


def amount_text(amount: Decimal) -> str:
    """An amount as an exact decimal: `7.20`, `7.3983`, `0`; never rounded, two places at least but for nothing."""
    if not amount:
        return "0"
    whole, _, part = format(amount, "f").partition(".")
    return f"{whole}.{part.rstrip('0'):0<2}"


def parse_amount(text: str) -> Cost:
    """An amount of money as people write it, `60 CNY`, `60元`, `￥60`; raises ValueError for anything else."""
    written = text.strip()
    yuan = _YUAN.fullmatch(written)
    if yuan is not None:
        return Cost(Decimal(yuan["amount"]), CNY, Bound.EXACT)
    found = _AMOUNT.fullmatch(written)
    if found is None:
        raise ValueError(tr("not an amount of money: {text!r}", text=text))
    return Cost(Decimal(found["amount"]), found["currency"], Bound.EXACT)


def amount_meant(text: str) -> str | None:
    """An amount without the signs that `parse_amount` refuses, `1000元` for `１,000元`; None for an unclear text."""
    meant = _THOUSANDS.sub("", with_ascii_signs(text.strip()))
    try:
        parse_amount(meant)
    except ValueError:
        return None
    return meant


def currency_of(code: str) -> str:
    """The code of a currency as ISO 4217 has it: people write `RMB` for `CNY`."""
    return CNY if code == "RMB" else code


def amount_from_json(value: object) -> Decimal:
    """Read an amount as `amount_text` writes it; raises ValueError for another value, and for one above `MOST`."""
    text = decode.text(value)
    if not _EXACT.fullmatch(text) or Decimal(text) > MOST:
        raise ValueError(tr("not an amount from 0 to {most}: {text}", most=MOST, text=decode.shown(text)))
    return Decimal(text)


def currency_from_json(value: object) -> str:
    """Read the code of a currency."""
    text = decode.text(value)
    if not _CURRENCY.fullmatch(text):
        raise ValueError(tr("not a currency: {text}", text=decode.shown(text)))
    return text


def nothing(currency: str) -> Cost:
    """Exactly zero: what a reused, restored or derived step costs."""
    return Cost(Decimal(0), currency, Bound.EXACT)


def unknown(currency: str) -> Cost:
    """An unknown price, which is never taken for zero."""
    return Cost(None, currency, Bound.UNKNOWN)


def total(costs: list[Cost], currency: str) -> Cost:
    """The sum; unknown as soon as one part is, at-most as soon as one part is."""
    amounts = [cost.amount for cost in costs]
    if None in amounts:
        return unknown(currency)
    loose = any(cost.bound is Bound.AT_MOST for cost in costs)
    known = sum((amount for amount in amounts if amount is not None), Decimal(0))
    return Cost(known, currency, Bound.AT_MOST if loose else Bound.EXACT)
