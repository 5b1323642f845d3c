"""Text of films: which of its words can be drawn, and what a prompt calls each reference."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from wanflow.emulator.api.order import Order, OrderItem
from wanflow.media.text.layout import missing_glyphs

UNDRAWABLE = "(some of these words can't be drawn: this machine has no font for them)"

HAN_NAMES = re.compile(r"(图|视频)\s*\d")
TOGETHER = "any"
"""Key of a model's identifiers that counts pictures and videos together (service.md 2.4)."""


def drawable_words(text: str) -> str:
    """A text without the signs that no font of this machine has; where words lose letters, with a note."""
    missing = missing_glyphs(text)
    if not missing:
        return text
    kept = "".join(sign for sign in text if sign not in missing).strip()
    letters = any(unicodedata.category(sign).startswith("L") for sign in missing)
    return f"{kept} {UNDRAWABLE}".strip() if letters or not kept else kept


def first_drawable(texts: Sequence[str]) -> str:
    """The first of some texts that the fonts of this machine can draw whole; else the last one."""
    return next((text for text in texts if not missing_glyphs(text)), texts[-1])


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
