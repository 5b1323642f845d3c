"""Text of films: which of its words can be drawn, and what a prompt calls each reference."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from wanflow.emulator.api.order import Order, OrderItem
from wanflow.emulator.api.rules import ANY_FORM
from wanflow.media.text.layout import missing_glyphs
from wanflow.writing import SIMPLIFIED, language_of_text

LONGEST_NAME = 60
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


def title_of_card(item: OrderItem | None, order: Order) -> str:
    """What a card says in place of a first frame, in the language of the prompt where that is Chinese.

    It names a model that the catalog does not have. It names what is out of reach without the query of its URL, which
    may be a signature.
    """
    if order.rules.form == ANY_FORM:
        return drawable_words(order.model[:LONGEST_NAME])
    where = urlsplit(item.url) if item else None
    if item and where:
        address = f"{where.netloc}{where.path}"
        english, chinese = f"{item.type} is out of reach: {address}", f"无法访问 {item.type}：{address}"
    else:
        english, chinese = "from words alone", "仅凭文字"
    return first_drawable((chinese, english)) if language_of_text(order.prompt) == SIMPLIFIED else english


def reference_names(items: Sequence[OrderItem], order: Order) -> list[tuple[str, ...]]:
    """What the prompt calls each reference, the language that it is written in first."""
    known = order.rules.identifiers
    languages = ("zh", "en") if HAN_NAMES.search(order.prompt) else ("en", "zh")
    counted: Counter[str] = Counter()
    names = []
    for item in items:
        kind = TOGETHER if TOGETHER in known["en"] else order.rules.files[item.type].kind
        counted[kind] += 1
        names.append(tuple(known[language][kind].replace("{n}", str(counted[kind])) for language in languages))
    return names
