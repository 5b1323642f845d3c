"""Words on films: what a prompt calls each reference, and the vendor's mark (service.md 2.1)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from PIL import Image, ImageDraw

from wanflow.emulator.api.order import Order, OrderItem
from wanflow.emulator.film.frame_size import Size
from wanflow.emulator.film.lettering import first_drawable
from wanflow.emulator.film.picture import PAPER, Box

HAN_NAMES = re.compile(r"(图|视频)\s*\d")
TOGETHER = "any"
"""In a model's identifiers: pictures and videos are counted together (service.md 2.4)."""

MARKS = ("AI生成", "AI")
"""The vendor's mark, and what is left of it where no font can draw the rest."""


def names_of(items: Sequence[OrderItem], order: Order) -> list[tuple[str, ...]]:
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


def label(made: Image.Image, boxes: Sequence[Box], names: Sequence[tuple[str, ...]]) -> None:
    """Write each name small into the lower left corner of its box."""
    pixels = max(made.height // 40, 9)
    for box, words in zip(boxes, names, strict=True):
        tag = _tag(words, pixels)
        if tag.width < box.width and tag.height < box.height:
            inset = pixels // 2
            made.paste(tag, (box.left + inset, box.top + box.height - tag.height - inset), tag.getchannel("A"))


def mark(size: Size) -> Image.Image:
    """The vendor's mark at the lower right, the rest transparent."""
    pixels = max(min(size) // 24, 10)
    font, text = first_drawable(MARKS, pixels)
    made = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(made)
    at = (size[0] - pixels, size[1] - pixels)
    draw.text(at, text, font=font, anchor="rs", fill=(255, 255, 255, 190), stroke_width=1, stroke_fill=(0, 0, 0, 120))
    return made


def _tag(words: tuple[str, ...], pixels: int) -> Image.Image:
    """A name in light letters on a dark plate with round corners."""
    font, text = first_drawable(words, pixels)
    left, top, right, bottom = ImageDraw.Draw(Image.new("L", (1, 1))).textbbox((0, 0), text, font=font)
    pad = pixels // 2
    made = Image.new("RGBA", (int(right - left) + 2 * pad, int(bottom - top) + 2 * pad), (0, 0, 0, 0))
    draw = ImageDraw.Draw(made)
    draw.rounded_rectangle((0, 0, made.width - 1, made.height - 1), pad, fill=(12, 14, 20, 255))
    draw.text((pad - left, pad - top), text, font=font, fill=(*PAPER, 255))
    return made
