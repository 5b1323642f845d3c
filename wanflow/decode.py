"""JSON and numbers that others wrote, read within bounds that every later step can bear."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

MOST_DIGITS = 18
"""Digits before the point, and again behind it, of a number that means anything here."""
MOST_LEVELS = 64
"""Levels of nesting in JSON; no document or reply has ten."""
MOST_SHOWN = 60
"""Characters of a strange value that a message repeats."""

_FIGURE = re.compile(r"[-+]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?")
_HALF = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
"""An escaped backslash, a character outside Unicode's first plane, or half of one."""
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)

Pairs = list[tuple[str, object]]


def number(value: object) -> Decimal | None:
    """A number from an integer, a float or a text; None for anything else.

    What is not finite, or has more than `MOST_DIGITS` digits before or behind the point, is None as well: arithmetic
    with it would overflow, and its plain text would fill the memory.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, int) and abs(value) >= 10**MOST_DIGITS:
        return None  # before it becomes a text, which Python refuses from 4,300 digits on
    text = value.strip() if isinstance(value, str) else str(value)
    if not _FIGURE.fullmatch(text):
        return None
    found = Decimal(text)
    places = found.as_tuple().exponent
    fits = found.adjusted() < MOST_DIGITS and isinstance(places, int) and -places <= MOST_DIGITS
    return found if fits else None


def count(value: object) -> int | None:
    """A whole number that is not negative, from an integer or a text of digits; None for anything else."""
    found = number(value)
    return int(found) if found is not None and found >= 0 and found == found.to_integral_value() else None


def parse_json(text: str | bytes, pairs: Callable[[Pairs], object] | None = None) -> object:
    """The value of a JSON text of ours; `pairs` makes the mappings, where it is given.

    NaN, infinity and a whole number of more digits than any of ours has come as decimals, for their readers to refuse.
    Raises ValueError for what is no JSON or no UTF-8, for nesting that Python refuses, and for half characters, which
    can't be written down again.
    """
    words = text if isinstance(text, str) else text.decode()
    if half_character(words) is not None:
        raise ValueError("it has half a character")
    try:
        return json.loads(words, object_pairs_hook=pairs, parse_int=_integer, parse_constant=Decimal)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def parse_reply(data: bytes) -> object:
    """The value of the JSON text of a stranger, with as much of it as can be used; raises ValueError for no JSON.

    A number that `number` does not take, and what is nested deeper than `MOST_LEVELS`, become None. Bytes that are no
    UTF-8 and half characters become replacement characters.
    """
    text = _HALF.sub(lambda found: "?" if found["half"] else found[0], data.decode(errors="replace"))
    if text.count("{") + text.count("[") > MOST_LEVELS:
        text = _shallow(text)
    return json.loads(
        text.removeprefix("\ufeff"), parse_int=_whole, parse_float=_fraction, parse_constant=lambda _: None
    )


def half_character(text: str) -> int | None:
    """Where a JSON text writes half a character, which is valid JSON and no Unicode; None where it writes none."""
    if "\\u" not in text:
        return None
    return next((found.start() for found in _HALF.finditer(text) if found["half"]), None)


def too_deep(text: str) -> int | None:
    """Where a JSON text is nested deeper than `MOST_LEVELS`; None where it is not."""
    depth = 0
    for found in _BRACKET.finditer(text):
        depth += (found[0] in "{[") - (found[0] in "}]")
        if depth > MOST_LEVELS:
            return found.start()
    return None


def is_flat(record: object) -> bool:
    """Whether a value is a mapping of nothing but texts, whole numbers, null, and lists of these."""
    if not isinstance(record, Mapping):
        return False
    values = (item for value in record.values() for item in (value if isinstance(value, list) else [value]))
    return all(value is None or isinstance(value, str | int) for value in values)


def shown(value: object) -> str:
    """A strange value as a message quotes it: short, on one line, and in characters that can be printed."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    text = repr(value[: MOST_SHOWN + 1])[1:-1] if isinstance(value, str) else str(value)
    return f"`{text}`" if len(text) <= MOST_SHOWN else f"`{text[: MOST_SHOWN - 1]}…`"


def _shallow(text: str) -> str:
    """A JSON text in which `null` is in the place of everything below `MOST_LEVELS`."""
    kept: list[str] = []
    depth = taken = 0
    for found in _BRACKET.finditer(text):
        if found[0] in "{[":
            depth += 1
            if depth == MOST_LEVELS + 1:
                kept += [text[taken : found.start()], "null"]
        elif found[0] in "}]":
            depth -= 1
            if depth == MOST_LEVELS:
                taken = found.end()
    return "".join(kept) + text[taken:] if depth <= MOST_LEVELS else ""


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= MOST_SHOWN else Decimal(digits)


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= MOST_DIGITS else None


def _fraction(text: str) -> float | None:
    return None if number(text) is None else float(text)
