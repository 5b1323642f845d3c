"""Words and numbers for people: nothing that a terminal would act on, Han characters counted as two cells."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from wanflow import money, timebase
from wanflow.money import Bound, Cost


def printable(text: str) -> str:
    """The text on one line, with every character that a terminal would act on made visible."""
    return visible(" ".join(text.split()))


def visible(text: str) -> str:
    """The text as it is, but for characters that a terminal would act on; lines stay lines."""
    if text.isprintable():
        return text
    acted_on = {char for char in text if unicodedata.category(char).startswith("C")} - {"\n"}
    return text.translate({ord(char): f"\\x{ord(char):02x}" for char in acted_on})


def count(number: int, noun: str) -> str:
    """`1 take`, `3 takes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def seconds_text(seconds: Fraction | Decimal | None) -> str:
    """`2.5 s`; nothing for an unknown length."""
    return "" if seconds is None else f"{timebase.decimal_text(seconds, 2)} s"


def cost_text(cost: Cost) -> str:
    """`7.20 CNY`, `≤ 7.20 CNY`, `?` for an unknown price, nothing for what is free."""
    if cost.amount is None:
        return "?"
    if not cost.amount:
        return ""
    mark = "≤ " if cost.bound is Bound.AT_MOST else ""
    return f"{mark}{money.amount_text(cost.amount)} {cost.currency}"


def cost_words(cost: Cost) -> str:
    """An amount within a sentence: `7.20 CNY`, `at most 7.20 CNY`, `a price that is not known`."""
    if cost.amount is None:
        return "a price that is not known"
    mark = "at most " if cost.bound is Bound.AT_MOST else ""
    return f"{mark}{money.amount_text(cost.amount)} {cost.currency}"
