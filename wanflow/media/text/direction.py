"""In which direction the letters of a line run: Unicode's bidirectional algorithm (UAX #9)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from unicodedata import category

from bidi import algorithm
from bidi.mirror import MIRRORED

from wanflow import digest
from wanflow.writing import has_right_to_left

LEFT_TO_RIGHT, RIGHT_TO_LEFT = "\u200e", "\u200f"
DIRECTION_MARKS = frozenset({LEFT_TO_RIGHT, RIGHT_TO_LEFT, "\u061c"})
"""Characters that nobody sees: they only say how what is beside them runs."""

_STRONG = {"L": "L", "R": "R", "AL": "R", "EN": "R", "AN": "R"}
"""The direction that a type of character gives to brackets around it; numbers count as in right-to-left text."""


def version() -> str:
    """A digest of the algorithm's module, which does not say its version."""
    return digest.of_file(Path(algorithm.__file__))[:12]


def runs_left(text: str) -> bool:
    """Whether a paragraph runs from right to left: its first letter with a direction decides (UAX #9, P2 and P3)."""
    return has_right_to_left(text) and algorithm.get_base_level(text) == 1


def with_direction(line: str, *, left: bool) -> str:
    """A line of a paragraph, marked where it would run in another direction by itself."""
    return line if runs_left(line) == left else f"{RIGHT_TO_LEFT if left else LEFT_TO_RIGHT}{line}"


@lru_cache(maxsize=1 << 12)
def levels_of(line: str) -> tuple[int, ...]:
    """The embedding level of each character of a line: odd ones run from right to left."""
    if not has_right_to_left(line):
        return (0,) * len(line)
    storage = algorithm.get_empty_storage()
    base = algorithm.get_base_level(line)
    storage |= {"base_level": base, "base_dir": "LR"[base]}
    algorithm.get_embedding_levels(line, storage)
    # the library drops what has no direction, a joiner for example: that runs as the character before it
    kept = [unit["type"] not in algorithm.X9_REMOVED for unit in storage["chars"]]
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    _resolve_brackets(storage["chars"], base)
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    resolved, levels = iter(storage["chars"]), list[int]()
    for is_kept in kept:
        levels.append(next(resolved)["level"] if is_kept else levels[-1] if levels else base)
    for at in range(len(line) - 1, -1, -1):  # L1: blanks at the end of a line
        if not line[at].isspace():
            break
        levels[at] = base
    return tuple(levels)


def _resolve_brackets(units: Sequence[dict[str, Any]], base: int) -> None:
    """Give both brackets of a pair one direction (UAX #9, N0), which the library leaves out."""
    own = "LR"[base]
    for begin, end in _pairs([unit["ch"] if unit["type"] == "ON" else "" for unit in units]):
        inside = {_STRONG.get(unit["type"]) for unit in units[begin + 1 : end]} - {None}
        before = next((_STRONG[unit["type"]] for unit in reversed(units[:begin]) if unit["type"] in _STRONG), own)
        if inside:
            units[begin]["type"] = units[end]["type"] = own if own in inside else before


def _pairs(characters: Sequence[str]) -> list[tuple[int, int]]:
    """The positions of brackets that belong together, in the order in which they open."""
    opened, found = list[int](), list[tuple[int, int]]()
    for at, character in enumerate(characters):
        kind = category(character) if character else ""
        if kind == "Ps":
            opened.append(at)
        matching = [each for each in opened if MIRRORED.get(characters[each]) == character] if kind == "Pe" else []
        if matching:
            found.append((matching[-1], at))
            del opened[opened.index(matching[-1]) :]
    return sorted(found)


def visual_order(levels: Sequence[int]) -> list[int]:
    """The positions of runs with these levels from left to right (UAX #9, L2)."""
    order = list(range(len(levels)))
    for level in range(max(levels, default=0), 0, -1):
        at = 0
        while at < len(order):
            end = at
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[at:end] = reversed(order[at:end])
            at = end + 1
    return order


def reversed_letters(text: str) -> str:
    """A text as it looks from left to right when it runs to the left: for fonts that are not shaped."""
    return "".join(MIRRORED.get(character, character) for character in reversed(text))
