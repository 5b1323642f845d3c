"""Text of films: its lines and fonts, and what a prompt calls each reference; no prompt reaches a filter string."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from PIL import ImageDraw, ImageFont

from wanflow.emulator.api.order import Order, OrderItem

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

WIDE_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "DroidSansFallbackFull.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "msyh.ttc",
    "simhei.ttf",
    "DejaVuSans.ttf",
)
"""Fonts of systems with more than Latin letters, the widest first; Pillow looks for them in the system's folders."""

UNDRAWABLE = "(some of these words can't be drawn: this machine has no font for them)"
NO_SIGN = "\U0010ffff"
"""A code point that no font has."""

HAN_NAMES = re.compile(r"(图|视频)\s*\d")
TOGETHER = "any"
"""Key of a model's identifiers that counts pictures and videos together (service.md 2.4)."""


def wrap(text: str, draw: ImageDraw.ImageDraw, font: Font, width: int, lines: int) -> list[str]:
    """Text in at most `lines` lines of at most `width` pixels, shortened with an ellipsis."""
    made: list[str] = [""]
    for word in _words(" ".join(text.split())):
        if draw.textlength(made[-1] + word, font=font) <= width or not made[-1]:
            made[-1] += word
        else:
            made.append(word.lstrip())
    kept = [line.strip() for line in made[:lines]]
    if len(made) > lines:
        kept[-1] += "..."
    return kept


def choose_font(text: str, pixels: int) -> tuple[Font, str]:
    """A font that can draw a text, and the text; where none can, the text without those characters, and a note."""
    plain = ImageFont.load_default(pixels)
    if _draws(plain, text):
        return plain, text
    for name in WIDE_FONTS:
        font = _load(name, pixels)
        if font is not None and _draws(font, text):
            return font, text
    return plain, f"{''.join(sign for sign in text if sign.isascii()).strip()} {UNDRAWABLE}".strip()


def first_drawable(texts: Sequence[str], pixels: int) -> tuple[Font, str]:
    """The first of some texts that a font of this machine can draw whole, with the font; else the last one."""
    for text in texts:
        font, drawn = choose_font(text, pixels)
        if drawn == text:
            return font, text
    return ImageFont.load_default(pixels), texts[-1]


def reference_names(items: Sequence[OrderItem], order: Order) -> list[tuple[str, ...]]:
    """What the prompt calls each reference, the language that it is written in first."""
    known = order.rules.identifiers
    languages = ("zh", "en") if HAN_NAMES.search(order.prompt) else ("en", "zh")
    counted: Counter[str] = Counter()
    names = []
    for item in items:
        kind = TOGETHER if TOGETHER in known["en"] else order.rules.files[item.type].kind
        counted[kind] += 1
        names.append(tuple(known[language][kind].format(n=counted[kind]) for language in languages))
    return names


@cache
def _load(name: str, pixels: int) -> Font | None:
    try:
        return ImageFont.truetype(Path(name).name, pixels)
    except OSError:
        return None


def _draws(font: Font, text: str) -> bool:
    blank = bytes(font.getmask(NO_SIGN))
    return all(sign.isascii() or bytes(font.getmask(sign)) != blank for sign in set(text))


def _words(text: str) -> list[str]:
    """Latin by word, other scripts by sign, since they break anywhere."""
    words: list[str] = []
    for sign in text:
        if words and sign.isascii() and sign != " " and words[-1][-1].isascii():
            words[-1] += sign
        else:
            words.append(sign)
    return words
