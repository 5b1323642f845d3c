"""Captions burned into a picture: drawn here, laid over a film's frames by ffmpeg."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import count
from pathlib import Path

import ffmpeg
from ffmpeg.nodes import FilterableStream
from PIL import Image, ImageDraw

from wanflow import digest
from wanflow.media import encoder
from wanflow.media.ffmpeg import path_argument
from wanflow.media.picture.segment import strip_height
from wanflow.media.text.fonts import Fonts, font_for
from wanflow.media.text.layout import Ink, TextSetting, draw_lines, fit, length_of, paragraphs, pitch_of

WHITE: Ink = (255, 255, 255)
BLACK: Ink = (0, 0, 0)
CLEAR, SHADE = (0, 0, 0, 0), (0, 0, 0, 168)
WIDTH_PERCENT, TOP_MARGIN_PERCENT, GAP_PERCENT = 90, 4, 2
MOST_LINES = 4
SMALLEST_PERCENT = 60
"""So far the letters of a long subtitle shrink before it is cut; those of a notice never do."""

Size = tuple[int, int]


def draw_caption(caption: Caption, size: Size, fonts: Fonts = ()) -> Image.Image:
    """The strip of a picture of `size` that carries a caption, clear elsewhere; the same pixels for the same input.

    As wide as the picture; it lies at the picture's lower edge, and at the upper one where the caption's place is
    `top`.
    """
    block = _Block(caption.text, caption.share, caption.place, size, fonts)
    away = max(0, min(_free_from(caption.below, caption.place, size, fonts), size[1] - block.height))
    # an even height, since yuv420p has one colour sample for two by two pixels
    height = min(size[1], (away + block.height + 1) // 2 * 2)
    strip = Image.new("RGBA", (size[0], height), CLEAR)
    block.draw(strip, away if caption.place == "top" else height - away - block.height)
    return strip


def overlay_captions(video: FilterableStream, files: Sequence[tuple[Caption, Path]]) -> FilterableStream:
    """A film in yuv420p with captions over it, each in its own frames, counted from 0; all else stays as it is.

    The files are what `draw_caption` gave for the film's size, as PNG.
    """
    for caption, path in files:
        y = "0" if caption.place == "top" else "main_h-overlay_h"
        shown = f"between(n,{caption.first:d},{caption.end - 1:d})"
        video = video.overlay(_drawn(path), x=0, y=y, format="yuv420", enable=shown)
    return video


def letters_of(pixels: int) -> int:
    """The size of letters whose capitals are at least so many pixels high."""
    return next(size for size in count(max(1, pixels)) if _capital_height(size) >= pixels)


class _Block:
    """A caption's lines in one picture, with the room around them."""

    def __init__(self, text: str, share: Decimal | int, place: str, size: Size, fonts: Fonts) -> None:
        self._notice, self._fonts = place == "top", fonts
        self._setting = _setting(text, Fraction(share), size, fonts, notice=self._notice)
        self._room = self._setting.size // 3 if self._notice else 0
        self.height = self._setting.height + 2 * self._room + size[1] * GAP_PERCENT // 100

    def draw(self, strip: Image.Image, top: int) -> None:
        """Draw the lines on a clear strip, the first one below `top`."""
        draw, middle, setting = ImageDraw.Draw(strip), strip.width // 2, self._setting
        if self._notice and setting.lines:
            half = max(length_of(line, setting.size, self._fonts) for line in setting.lines) / 2 + self._room * 2
            bottom = top + setting.height + 2 * self._room
            draw.rectangle((round(middle - half), top, round(middle + half), bottom - 1), fill=SHADE)
        else:
            draw_lines(draw, setting, middle, top, BLACK, self._fonts, stroke=max(1, setting.size // 12))
        draw_lines(draw, setting, middle, top + self._room, WHITE, self._fonts)


@lru_cache(maxsize=256)
def _setting(text: str, share: Fraction, size: Size, fonts: Fonts, *, notice: bool) -> TextSetting:
    largest = letters_of(math.ceil(share * min(size) / 100))
    smallest = largest if notice else max(1, largest * SMALLEST_PERCENT // 100)
    width = size[0] * WIDTH_PERCENT // 100 - (largest * 4 // 3 if notice else 0)
    lines = [line for line in paragraphs(text) if line]
    flowing = (" " if len(lines) > MOST_LINES else "\n").join(lines)
    return fit(flowing, (max(1, width), MOST_LINES * pitch_of(largest)), (largest, smallest), fonts, MOST_LINES)


def _free_from(below: Sequence[Below], place: str, size: Size, fonts: Fonts) -> int:
    """How many pixels from its edge a picture has room over the captions that lie there."""
    # speech stays clear of the slate, so that it is where it is with or without one
    margin = size[1] * TOP_MARGIN_PERCENT // 100 if place == "top" else strip_height(size[1])
    return max(
        (
            _free_from(each.below, place, size, fonts) + _Block(each.text, each.share, place, size, fonts).height
            for each in below
        ),
        default=margin,
    )


@lru_cache(maxsize=256)
def _capital_height(size: int) -> int:
    box = font_for("H", size)[0].getbbox("H", anchor="ls")
    return round(box[3] - box[1])


def _drawn(path: Path) -> FilterableStream:
    # as a picture from a pipe: the other reader takes a `%` in its path for a number
    picture = ffmpeg.input(path_argument(path), f="png_pipe").video
    return picture.filter("scale", **encoder.TO_BT709).filter("format", "yuva420p")


PLACES = ("bottom", "top")
SHARE = Decimal(4)
"""The height of a subtitle's letters that is read without effort, in percent of the picture's shorter side."""

MOST_ROWS = 4
"""So many captions stand over each other at most; nobody reads a fifth."""


@dataclass(frozen=True, slots=True)
class Below:
    """A caption that lies nearer to the edge than another one: all that says how much room it takes."""

    text: str
    share: Decimal | int
    below: tuple[Below, ...] = ()

    def canonical(self) -> digest.Canonical:
        """What goes into a hash."""
        return [self.text, _plain(self.share), [each.canonical() for each in self.below]]


@dataclass(frozen=True, slots=True)
class Caption:
    """A text that is burned into the frames `first` to `end` - 1.

    `place` is `bottom` for what is said and `top` for a notice. `share` is the height of a capital letter in percent
    of the picture's shorter side. `below` are the captions at the same place that are shown at the same time and lie
    nearer to the picture's edge (`stacked` finds them).
    """

    text: str
    first: int
    end: int
    place: str = "bottom"
    share: Decimal | int = SHARE
    below: tuple[Below, ...] = ()

    def __post_init__(self) -> None:
        if self.place not in PLACES:
            raise ValueError(f"a caption stands at the bottom or the top, not at `{self.place}`")
        if not 0 <= self.first < self.end:
            raise ValueError(f"a caption needs a frame to be seen in, not {self.first} to {self.end}")
        if not 0 < self.share <= 100:
            raise ValueError(f"the letters of a caption are 0 to 100 percent of a picture high, not {self.share}")

    def canonical(self) -> digest.Canonical:
        """What goes into a segment's key: two captions that differ in it give other pictures."""
        shown: list[digest.Canonical] = [self.text, self.first, self.end, self.place, _plain(self.share)]
        return [*shown, [each.canonical() for each in self.below]]


@lru_cache(maxsize=4)
def stacked(captions: tuple[Caption, ...]) -> tuple[Caption, ...]:
    """The captions of a film in the order in which they appear, each knowing those that it stands over.

    One keeps its place as long as it is shown. It takes the free row that is nearest to the edge; where all
    MOST_ROWS are taken it is left out, and so is one without text.
    """
    found: list[Caption] = []
    for place in PLACES:
        rows = _rows([each for each in captions if each.place == place and each.text.strip()])
        found += _standing(rows)
    return tuple(sorted(found, key=lambda caption: caption.first))


def within(captions: Iterable[Caption], begin: int, frames: int) -> tuple[Caption, ...]:
    """The captions of a film as a segment of so many frames shows them that begins at film frame `begin`.

    Counted in frames of the segment, and none beyond it. Give all captions of the film, so that one which is shown
    across a join keeps its place.
    """
    return tuple(
        replace(caption, first=max(0, caption.first - begin), end=min(frames, caption.end - begin))
        for caption in stacked(tuple(captions))
        if caption.first < begin + frames and begin < caption.end
    )


def _rows(captions: Sequence[Caption]) -> list[list[Caption]]:
    """Captions of one place in rows, from the edge on; no two of a row are shown at the same time."""
    rows: list[list[Caption]] = [[] for _ in range(MOST_ROWS)]
    for caption in sorted(captions, key=lambda each: each.first):
        free = next((row for row in rows if not row or row[-1].end <= caption.first), None)
        if free is not None:
            free.append(caption)
    return rows


def _standing(rows: Sequence[Sequence[Caption]]) -> Iterator[Caption]:
    done: list[list[Caption]] = []
    for row in rows:
        done.append([replace(caption, below=_below(caption, done)) for caption in row])
        yield from done[-1]


def _below(caption: Caption, rows: Sequence[Sequence[Caption]]) -> tuple[Below, ...]:
    """What of the rows nearer to the edge is shown together with a caption."""
    shown: list[Caption] = []
    for row in rows:
        begin = bisect_right(row, caption.first, key=lambda each: each.end)
        shown += row[begin : bisect_left(row, caption.end, key=lambda each: each.first)]
    return tuple(dict.fromkeys(Below(each.text, each.share, each.below) for each in shown))


def _plain(share: Decimal | int) -> str:
    return format(Decimal(share).normalize(), "f")
