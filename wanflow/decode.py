"""The one JSON decoder: texts parsed within bounds, values read as what they have to be, and a fault named by its key.

A reader is a function from a parsed value to what it means. It raises ValueError whose words follow "is" in a message.
Readers of digests, amounts and dates are in `digest`, `money` and `timebase`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from wanflow.messages import tr
from wanflow.patterns import pattern

MOST_DIGITS = 18
"""Maximum digits before the point, and again behind it, of a number that means anything here."""
MOST_LEVELS = 64
"""Maximum levels of nesting in JSON; no document or reply has ten."""
MOST_SHOWN = 60
"""Maximum characters of a strange value that a message repeats."""
MOST_COUNTED = 10**12
"""Maximum of what is counted here: frames, samples, pixels, takes."""

_FIGURE = pattern(r"[-+]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?")
_FRACTION = pattern(r"[0-9]{1,20}(/[1-9][0-9]{0,19})?")
_HALF = pattern(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
"""An escaped backslash, a character outside Unicode's first plane, or half of one."""
_BRACKET = pattern(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)

JsonPairs = list[tuple[str, object]]
Read = TypeVar("Read")
Reader = Callable[[object], Read]


class Fields:
    """The values of a JSON mapping by key, each read as what it has to be.

    Raises ValueError that names the key; also where `value` is not a mapping.
    """

    __slots__ = ("_values",)

    def __init__(self, value: object) -> None:
        self._values = mapping(value)

    def read(self, key: str, reader: Reader[Read]) -> Read:
        """The value of a key that has to be given."""
        if key not in self._values:
            raise ValueError(tr("`{key}` is missing", key=key))
        try:
            return reader(self._values[key])
        except ValueError as error:
            raise ValueError(tr("`{key}` is {error}", key=key, error=error)) from error

    def read_if_given(self, key: str, reader: Reader[Read]) -> Read | None:
        """The value of a key; None where it is null or missing."""
        return None if self._values.get(key) is None else self.read(key, reader)

    def read_if_valid(self, key: str, reader: Reader[Read]) -> Read | None:
        """The value of a key; None where it is missing or cannot be read, since the record counts without it."""
        try:
            return self.read(key, reader)
        except ValueError:
            return None

    def says(self, key: str) -> bool:
        """Whether the value of a key is true."""
        return self._values.get(key) is True


def mapping(value: object) -> Mapping[str, object]:
    """Read a mapping."""
    if not isinstance(value, Mapping):
        raise ValueError(tr("not a mapping: {value}", value=shown(value)))  # noqa: TRY004 - every reader raises ValueError
    return value


def items(value: object) -> list[object]:
    """Read a list."""
    if not isinstance(value, list):
        raise ValueError(tr("not a list: {value}", value=shown(value)))  # noqa: TRY004 - every reader raises ValueError
    return value


def text(value: object) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise ValueError(tr("not a text: {value}", value=shown(value)))  # noqa: TRY004 - every reader raises ValueError
    return value


def whole_number(value: object, most: int = MOST_COUNTED) -> int:
    """Read a whole number from 0 to `most`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(tr("not a whole number: {value}", value=shown(value)))  # noqa: TRY004 - every reader raises ValueError
    if not 0 <= value <= most:
        raise ValueError(tr("not a whole number from 0 to {most}: {value}", most=most, value=shown(value)))
    return value


def number(value: object) -> Decimal | None:
    """A number from an integer, a float or a text; None for anything else.

    A number that is not finite or has more than `MOST_DIGITS` digits before or behind the point gives None as well:
    arithmetic with it would overflow, and its plain text would fill the memory.
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


def fraction(value: object) -> Fraction:
    """Read a fraction from 0 on, as `str` writes it: `7`, `1/30`.

    `Fraction` itself reads exponents too, and would work for hours on `1e999999999`.
    """
    written = text(value)
    if not _FRACTION.fullmatch(written):
        raise ValueError(tr("not a fraction: {value}", value=shown(value)))
    return Fraction(written)


def count(value: object) -> int | None:
    """A whole number that is not negative, from an integer or a text of digits; None for anything else."""
    found = number(value)
    return int(found) if found is not None and found >= 0 and found == found.to_integral_value() else None


def parse_json(text: str | bytes, pairs: Callable[[JsonPairs], object] | None = None) -> object:
    """The value of a JSON text that wanflow wrote; `pairs` makes the mappings, where it is given.

    NaN, infinity and whole numbers of very many digits come as decimals; their readers refuse them.
    Raises ValueError for invalid JSON or UTF-8, for nesting that Python refuses, and for half characters, which cannot
    be written again.
    """
    words = text if isinstance(text, str) else text.decode()
    if unpaired_surrogate(words) is not None:
        raise ValueError(tr("it has half a character"))
    try:
        return json.loads(
            words,
            object_pairs_hook=pairs,
            parse_int=lambda digits: int(digits) if len(digits) <= MOST_SHOWN else Decimal(digits),
            parse_constant=Decimal,
        )
    except RecursionError as error:
        raise ValueError(tr("it is nested too deep")) from error


def parse_reply(data: bytes) -> object:
    """The value of a JSON text that a service sent, with as much of it as can be used; raises ValueError otherwise.

    A number that `number` refuses, and what is nested deeper than `MOST_LEVELS`, become None. Invalid UTF-8 and half
    characters become replacement characters.
    """
    text = _HALF.sub(lambda found: "?" if found["half"] else found[0], data.decode(errors="replace"))
    if text.count("{") + text.count("[") > MOST_LEVELS:
        text = _shallow(text)
    return json.loads(
        text.removeprefix("\ufeff"),
        parse_int=lambda digits: int(digits) if len(digits) <= MOST_DIGITS else None,
        parse_float=lambda digits: None if number(digits) is None else float(digits),
        parse_constant=lambda _: None,
    )


def unpaired_surrogate(text: str) -> int | None:
    """The position of half a character in a JSON text, which is valid JSON but not Unicode; None where it has none."""
    if "\\u" not in text:
        return None
    return next((found.start() for found in _HALF.finditer(text) if found["half"]), None)


def too_deep(text: str) -> int | None:
    """The position from which a JSON text is nested deeper than `MOST_LEVELS`; None where it is not."""
    depth = 0
    for found in _BRACKET.finditer(text):
        depth += (found[0] in "{[") - (found[0] in "}]")
        if depth > MOST_LEVELS:
            return found.start()
    return None


def is_flat(record: object) -> bool:
    """Whether a value is a mapping of only texts, whole numbers, null, and lists of these."""
    if not isinstance(record, Mapping):
        return False
    values = (item for value in record.values() for item in (value if isinstance(value, list) else [value]))
    return all(value is None or isinstance(value, str | int) for value in values)


def shown(value: object) -> str:
    """A wrong value as a message quotes it: short, on one line, in printable characters."""
    if isinstance(value, Mapping):
        return tr("a mapping")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tr("a list")
    text = repr(value[: MOST_SHOWN + 1])[1:-1] if isinstance(value, str) else str(value)
    return f"`{text}`" if len(text) <= MOST_SHOWN else f"`{text[: MOST_SHOWN - 1]}…`"


def _shallow(text: str) -> str:
    """A JSON text with `null` in place of everything below `MOST_LEVELS`."""
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
