"""The slate: a strip of text at the bottom of an animatic's picture, drawn so that no text can do harm."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby

from PIL import Image, ImageDraw, ImageFont

from wanflow.media.segment import strip_height

INK, PAPER = (235, 235, 235), (16, 16, 16)
ELLIPSIS = "…"
STAND_INS = ("□", "?")
LONGEST = 400
"""No strip holds more characters of a line; measuring a long prompt whole would only cost time."""

NOWHERE = "\U0010ffff"
"""A code point that no font has: it is drawn as the font's own sign for a missing glyph."""

FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "STHeiti Light.ttc",
    "msyh.ttc",
    "simhei.ttf",
    "Arial Unicode.ttf",
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "Arial.ttf",
    "arial.ttf",
)
"""Looked for in the system's font folders, in this order, for what the built-in font lacks."""


def draw_strip(lines: Sequence[str], width: int, picture_height: int) -> Image.Image:
    """The strip with the lines one below the other, each cut to the width; the same pixels for the same input.

    A character that no font has is drawn as a box.
    """
    height = strip_height(picture_height)
    strip = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(strip)
    pitch = max(1, height // max(1, len(lines)))
    size, margin = max(6, pitch * 3 // 4), max(2, width // 100)
    for row, line in enumerate(lines):
        baseline = row * pitch + (pitch + size * 2 // 3) // 2
        _draw_line(draw, _shortened(drawable(line), size, width - 2 * margin), (margin, baseline), size)
    return strip


def drawable(text: str) -> str:
    """Text as one line without control and formatting characters."""
    line = " ".join(text.split())[:LONGEST]
    return "".join(character for character in line if not unicodedata.category(character).startswith("C"))


def missing_glyphs(text: str) -> set[str]:
    """The characters of a text that no font on this machine can draw, so that somebody can say a word about it."""
    fonts = _fonts(16)
    return {character for character in set(drawable(text)) if not any(_has(font, character) for font in fonts)}


def _draw_line(draw: ImageDraw.ImageDraw, text: str, at: tuple[int, int], size: int) -> None:
    left: float = at[0]
    for font, run in _runs(text, size):
        draw.text((left, at[1]), run, fill=INK, font=font, anchor="ls")
        left += font.getlength(run)


def _shortened(text: str, size: int, width: int) -> str:
    if _length(text, size) <= width:
        return text
    while text and _length(text + ELLIPSIS, size) > width:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


def _length(text: str, size: int) -> float:
    return sum(font.getlength(run) for font, run in _runs(text, size))


def _runs(text: str, size: int) -> Iterator[tuple[ImageFont.FreeTypeFont, str]]:
    """The text in runs of one font each, the first font that has the glyph."""
    chosen = [_font_for(character, size) for character in text]
    for font, run in groupby(chosen, key=lambda choice: choice[0]):
        yield font, "".join(character for _, character in run)


@cache
def _font_for(character: str, size: int) -> tuple[ImageFont.FreeTypeFont, str]:
    fonts = _fonts(size)
    for drawn in (character, *STAND_INS):
        for font in fonts:
            if _has(font, drawn):
                return font, drawn
    return fonts[0], " "


def _has(font: ImageFont.FreeTypeFont, character: str) -> bool:
    if character.isspace():
        return True
    return _shape(font, character) != _shape(font, NOWHERE)


def _shape(font: ImageFont.FreeTypeFont, character: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(character)
    return mask.size, bytes(mask)


@cache
def _fonts(size: int) -> tuple[ImageFont.FreeTypeFont, ...]:
    """The fonts to draw with: Pillow's own first, since it is the same on every machine."""
    built_in = ImageFont.load_default(size)
    found = [built_in] if isinstance(built_in, ImageFont.FreeTypeFont) else []
    for name in FONTS:
        found += _system_font(name, size)
    return tuple(found)


def _system_font(name: str, size: int) -> list[ImageFont.FreeTypeFont]:
    try:
        # the basic layout, because the other one depends on what is installed
        return [ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)]
    except OSError:
        return []
