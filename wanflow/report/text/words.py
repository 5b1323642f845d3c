"""Words and numbers for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from wanflow import money, timebase
from wanflow.characters import shown
from wanflow.messages import Translatable, joined, tr, trn
from wanflow.money import Bound, Cost
from wanflow.patterns import pattern

MEGABYTE = 10**6


def time_text(stamp: str) -> str:
    """A moment of a record in the zone of this machine, with its offset: `2026-12-02 05:14:21 +08:00`."""
    found = timebase.moment(stamp)
    with suppress(OSError, OverflowError):  # Windows has no zone for the beginning of 1970
        found = found.astimezone()
    day, _, clock = found.isoformat(" ", "seconds").partition(" ")
    return f"{day} {clock[:8]} {clock[8:]}"


def on_one_line(text: str) -> str:
    """A text for a file that has one line for it: safe to print, with a space for each row of blanks and line ends."""
    return shown(" ".join(text.split()))


def count(number: int, noun: str) -> Translatable:
    """`1 take`, `3 takes`; `make messages` finds the noun in the call."""
    return trn(f"{{number}} {noun}", f"{{number}} {noun}s", number)


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return joined("", words)
    return tr("{words} and {last}", words=joined(", ", words[:-1]), last=words[-1])


def seconds_text(seconds: Fraction | Decimal | None) -> str:
    """`2.5 s`; nothing for an unknown length."""
    return "" if seconds is None else tr("{seconds} s", seconds=timebase.decimal_text(seconds, 2))


def size_text(size_bytes: int) -> str:
    """`12 KB`, `3.4 MB`; a size below a megabyte is rounded up."""
    return f"{-(-size_bytes // 1000)} KB" if size_bytes < MEGABYTE else f"{size_bytes / MEGABYTE:.1f} MB"


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
        return tr("a price that is not known")
    amount = f"{money.amount_text(cost.amount)} {cost.currency}"
    return tr("at most {amount}", amount=amount) if cost.bound is Bound.AT_MOST else amount


class WordChange(StrEnum):
    """What an edit did to some words of a text."""

    SAME = "same"
    GONE = "gone"
    CAME = "came"


_PIECES = pattern(r"\s+|[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|\w+|[^\w\s]")


def edited_words(old: str, new: str) -> Iterator[tuple[WordChange, str]]:
    """The new text in parts, with the words that went and those that came; a Chinese character is a word."""
    import difflib

    was, now = _PIECES.findall(old), _PIECES.findall(new)
    for tag, a, b, c, d in difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if tag == "equal":
            yield WordChange.SAME, "".join(now[c:d])
            continue
        if a < b:
            yield WordChange.GONE, "".join(was[a:b])
        if c < d:
            yield WordChange.CAME, "".join(now[c:d])
