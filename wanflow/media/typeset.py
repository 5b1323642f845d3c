"""Text for pictures: which font has which character, and how wide a line is; no text can do harm here."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby

from PIL import ImageDraw, ImageFont

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


def drawable(text: str) -> str:
    """Text as one line without control and formatting characters."""
    line = " ".join(text.split())[:LONGEST]
    return "".join(character for character in line if not unicodedata.category(character).startswith("C"))


def missing_glyphs(text: str) -> set[str]:
    """The characters of a text that no font on this machine can draw, so that somebody can say a word about it."""
    fonts = _fonts(16)
    return {character for character in set(drawable(text)) if not any(_has(font, character) for font in fonts)}


def draw_line(draw: ImageDraw.ImageDraw, text: str, at: tuple[int, int], size: int, ink: tuple[int, int, int]) -> None:
    """Draw a line that begins on the baseline at `at`, in letters of `size` pixels."""
    left: float = at[0]
    for font, run in runs(text, size):
        draw.text((left, at[1]), run, fill=ink, font=font, anchor="ls")
        left += font.getlength(run)


def shortened(text: str, size: int, width: int) -> str:
    """A line cut with an ellipsis where it is wider than `width` pixels."""
    if length_of(text, size) <= width:
        return text
    while text and length_of(text + ELLIPSIS, size) > width:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


def length_of(text: str, size: int) -> float:
    """How many pixels wide a line is in letters of `size` pixels."""
    return sum(font.getlength(run) for font, run in runs(text, size))


def runs(text: str, size: int) -> Iterator[tuple[ImageFont.FreeTypeFont, str]]:
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
