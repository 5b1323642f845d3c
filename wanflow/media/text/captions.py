"""Captions burned into a picture: drawn here, laid over a film's frames by ffmpeg."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import count
from pathlib import Path

from ffmpeg.nodes import FilterableStream
from PIL import Image, ImageDraw

from wanflow.media import encoder
from wanflow.media.inputs import PICTURE_DEMUXER, own_input
from wanflow.media.picture.segment import strip_height
from wanflow.media.text.caption_layout import Below, Caption
from wanflow.media.text.fonts import PLAIN, Ink, Typography, capital_height
from wanflow.media.text.layout import TextSetting, draw_lines, fit, length_of, paragraphs, pitch_of
from wanflow.writing import is_latin

WHITE: Ink = (255, 255, 255)
BLACK: Ink = (0, 0, 0)
CLEAR, SHADE = (0, 0, 0, 0), (0, 0, 0, 168)
WIDTH_PERCENT, TOP_MARGIN_PERCENT, GAP_PERCENT = 90, 4, 2
MOST_LINES = 4
SMALLEST_PERCENT = 60
"""Minimum size of a long subtitle's letters, in percent, before its text is shortened; a notice never shrinks."""

Size = tuple[int, int]


def draw_caption(caption: Caption, size: Size, typography: Typography = PLAIN) -> Image.Image:
    """The strip of a picture of `size` that carries a caption, clear elsewhere; the same pixels for the same input.

    As wide as the picture; it lies at the picture's lower edge, and at the upper one where the caption's place is
    `top`.
    """
    block = _Block(caption, caption.place, size, typography)
    away = max(0, min(_away(caption, caption.place, size, typography), size[1] - block.height))
    # an even height, since yuv420p has one colour sample for two by two pixels
    height = min(size[1], (away + block.height + 1) // 2 * 2)
    strip = Image.new("RGBA", (size[0], height), CLEAR)
    block.draw(strip, away if caption.place == "top" else height - away - block.height)
    return strip


def rows_of(caption: Caption, size: Size, typography: Typography = PLAIN) -> range:
    """The rows of a picture of `size` that a caption's lines cover."""
    height = _Block(caption, caption.place, size, typography).height
    away = max(0, min(_away(caption, caption.place, size, typography), size[1] - height))
    top = away if caption.place == "top" else size[1] - away - height
    return range(top, top + height)


def overlay_captions(video: FilterableStream, files: Sequence[tuple[Caption, Path]]) -> FilterableStream:
    """A film in yuv420p with captions over it, each in its own frames, counted from 0; all else stays as it is.

    The files are what `draw_caption` gave for the film's size, as PNG.
    """
    for caption, path in files:
        y = "0" if caption.place == "top" else "main_h-overlay_h"
        shown = f"between(n,{caption.first:d},{caption.end - 1:d})"
        strip = own_input(path, PICTURE_DEMUXER).video.filter("scale", **encoder.TO_BT709)
        video = video.overlay(strip.filter("format", "yuva420p"), x=0, y=y, format="yuv420", enable=shown)
    return video


@lru_cache(maxsize=256)
def letters_of(pixels: int, typography: Typography = PLAIN) -> int:
    """The font size whose capitals are at least `pixels` high."""
    return next(size for size in count(max(1, pixels)) if capital_height(size, typography) >= pixels)


class _Block:
    """A caption's lines in one picture, with the room around them."""

    def __init__(self, caption: Caption | Below, place: str, size: Size, typography: Typography) -> None:
        own = replace(typography, language=caption.language or typography.language)
        self._notice = place == "top" and caption.edge is None
        self._setting = set_caption(caption.text, Fraction(caption.share), size, own, notice=self._notice)
        self._room = self._setting.size // 3 if self._notice else 0
        self.height = self._setting.height + 2 * self._room + size[1] * GAP_PERCENT // 100

    def draw(self, strip: Image.Image, top: int) -> None:
        """Draw the lines on a clear strip, the first one below `top`."""
        draw, middle, setting = ImageDraw.Draw(strip), strip.width // 2, self._setting
        if self._notice and setting.lines:
            half = max(length_of(line, setting.size, setting.typography) for line in setting.lines) / 2 + self._room * 2
            bottom = top + setting.height + 2 * self._room
            draw.rectangle((round(middle - half), top, round(middle + half), bottom - 1), fill=SHADE)
        else:
            draw_lines(draw, setting, middle, top, BLACK, stroke=max(1, setting.size // 12))
        draw_lines(draw, setting, middle, top + self._room, WHITE)


@lru_cache(maxsize=256)
def set_caption(text: str, share: Fraction, size: Size, typography: Typography, *, notice: bool) -> TextSetting:
    """The lines of a caption in a picture of `size`, its capitals `share` percent of the shorter side high."""
    width, largest, smallest = _room(share, size, typography, notice=notice)
    lines = [line for line in paragraphs(text) if line]
    flowing = (" " if len(lines) > MOST_LINES else "\n").join(lines)
    box = (max(1, width), MOST_LINES * pitch_of(largest))
    return fit(flowing, box, (largest, smallest), typography, MOST_LINES, phrase_percent=100)


def surely_fits(text: str, share: Fraction, size: Size, typography: Typography, *, notice: bool) -> bool:
    """Whether a caption has room by the number of its characters; measuring thousands of lines would take minutes."""
    width, _, smallest = _room(share, size, typography, notice=notice)
    # of each line a quarter may stay empty, since words are not broken; Latin letters are half as wide as high
    percent = 65 if is_latin(text) else 100
    rows = (math.ceil(len(line) * smallest * percent / (width * 75)) for line in text.splitlines())
    return width > 0 and sum(rows) <= MOST_LINES


def _room(share: Fraction, size: Size, typography: Typography, *, notice: bool) -> tuple[int, int, int]:
    """The pixels that a caption's lines may be wide, and the largest and the smallest size of its letters."""
    largest = letters_of(math.ceil(share * min(size) / 100), typography)
    width = size[0] * WIDTH_PERCENT // 100 - (largest * 4 // 3 if notice else 0)
    return width, largest, largest if notice else max(1, largest * SMALLEST_PERCENT // 100)


def _away(caption: Caption | Below, place: str, size: Size, typography: Typography) -> int:
    """How many pixels a caption is away from its edge of the picture, over those that lie nearer to it."""
    if caption.edge is not None:
        margin = int(size[1] * caption.edge)
    else:
        # speech stays clear of the slate, so that it is where it is with or without one
        margin = size[1] * TOP_MARGIN_PERCENT // 100 if place == "top" else strip_height(size)
    below = caption.below
    nearer = (_away(each, place, size, typography) + _Block(each, place, size, typography).height for each in below)
    return max(margin, *nearer) if below else margin
