"""Where each key of a JSON text stands, so that a complaint about it can name the line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

KeyPath = tuple[str, ...]
"""The keys from the document down to one of its values; positions in a list count from `0`."""

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{}\[\]:,\n]')


@dataclass(slots=True)
class _Level:
    opened_by: str
    key: str


def key_places(text: str) -> Iterator[tuple[KeyPath, int]]:
    """Every key of a JSON text with its line, from 1, in the order of the text; for a text that isn't JSON, a guess."""
    levels: list[_Level] = []
    line, last = 1, ""
    for found in _TOKEN.finditer(text):
        sign = found.group()
        if sign == "\n":
            line += 1
            continue
        if sign == ":" and levels:
            levels[-1].key = _unquoted(last)
            yield tuple(level.key for level in levels), line
        _follow(levels, sign)
        last = sign


def line_of(text: str, path: Sequence[str]) -> int:
    """The line of a key, or of the nearest one above it that is there; 1 where none is."""
    known: dict[KeyPath, int] = {}
    for place, line in key_places(text):
        known.setdefault(place, line)
    prefixes = (tuple(path[:length]) for length in range(len(path), 0, -1))
    return next((known[prefix] for prefix in prefixes if prefix in known), 1)


def first_repeated(text: str, *, nested_only: bool = False) -> tuple[str, int, int] | None:
    """The first key that stands twice in one mapping, with both lines; None where none does.

    With `nested_only` the keys of the document itself may repeat, and each of their values has keys of its own.
    """
    known: dict[KeyPath, int] = {}
    for path, line in key_places(text):
        if nested_only and len(path) == 1:
            known.clear()
        elif path in known:
            return path[-1], known[path], line
        known[path] = line
    return None


def _follow(levels: list[_Level], sign: str) -> None:
    if sign in "{[":
        levels.append(_Level(sign, "0" if sign == "[" else ""))
    elif sign in "}]" and levels:
        levels.pop()
    elif sign == "," and levels and levels[-1].opened_by == "[":
        levels[-1].key = str(int(levels[-1].key) + 1)


def _unquoted(sign: str) -> str:
    try:
        return str(json.loads(sign))
    except ValueError:
        return sign
