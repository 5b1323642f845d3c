"""Clips on a timeline: which frames of which item play when. Pure, in whole frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from wanflow import timing


class OutsideClip(ValueError):
    """An `in` or an `out` that the real clip can't serve; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a cut before it is placed.

    `frames` and `rate` are of the whole clip. `start` and `stop` are the author's `in` and `out`, seconds into the
    clip. `continued_at` is the frame of this clip at which the piece begins that the *next* item continues, 0 where
    it continues the whole clip, None where the next item continues something else. `keep_overlap` is the author's
    `overlap: keep`: it keeps the item before this one whole. `name` is for messages.
    """

    name: str
    frames: int
    rate: Fraction
    start: Decimal | None = None
    stop: Decimal | None = None
    continued_at: int | None = None
    keep_overlap: bool = False


@dataclass(frozen=True, slots=True)
class Clip:
    """A part of an item's clip, placed.

    `item` is the item's position in the cut. `first` and `count` are frames of the clip at its own rate; `begin` and
    `length` are frames of the timeline.
    """

    item: int
    first: int
    count: int
    begin: int
    length: int


def place(items: Sequence[Item], rate: Fraction) -> tuple[Clip, ...]:
    """The items one after the other on a timeline of `rate`, without what a continuation would show twice.

    An item ends where the piece begins that the next one continues (format.md, Continuation and the overlap), unless
    it has an `out`, or the next one an `in` or `overlap: keep`; an item of which nothing is left is dropped. A
    length is that of the item alone, rounded to the nearest frame and at least one, so that an edit elsewhere
    changes no other segment. Raises OutsideClip.
    """
    clips: list[Clip] = []
    begin = 0
    for position, item in enumerate(items):
        after = items[position + 1] if position + 1 < len(items) else None
        first, end = _span(item, after)
        if first < end:
            length = max(1, timing.to_frames((end - first) / item.rate, rate))
            clips.append(Clip(position, first, end - first, begin, length))
            begin += length
    return tuple(clips)


def total_frames(clips: Sequence[Clip]) -> int:
    """The length of a timeline in frames."""
    return sum(clip.length for clip in clips)


def _span(item: Item, after: Item | None) -> tuple[int, int]:
    """First frame and end (excluded); empty where the next item shows all that is left of this one."""
    first = 0 if item.start is None else timing.to_frames(item.start, item.rate)
    if first >= item.frames:
        raise OutsideClip(f"`in` {item.start} lies beyond the end of `{item.name}`, which lasts {_length(item)}")
    if item.stop is not None:
        return first, _explicit_end(item, first)
    taken_over = _taken_over(item, after)
    return first, item.frames if taken_over is None else taken_over


def _explicit_end(item: Item, first: int) -> int:
    end = timing.to_frames(item.stop or 0, item.rate)
    if end > item.frames:
        raise OutsideClip(f"`out` {item.stop} lies beyond the end of `{item.name}`, which lasts {_length(item)}")
    if end <= first:
        raise OutsideClip(f"`out` {item.stop} of `{item.name}` leaves no frame after its `in` {item.start or 0}")
    return end


def _taken_over(item: Item, after: Item | None) -> int | None:
    if after is None or after.keep_overlap or after.start is not None:
        return None
    return item.continued_at


def _length(item: Item) -> str:
    return f"{timing.decimal_text(timing.to_seconds(item.frames, item.rate), 3)} s ({item.frames} frames)"
