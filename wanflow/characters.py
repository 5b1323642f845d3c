"""Characters that people cannot see or cannot draw: their names, their width on a terminal, the way to a font."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

INVISIBLE = re.compile(
    "[\x85\xa0\xad\u061c\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]"
)
"""Spaces other than U+0020, line separators, and characters without width.

Joiners count only after ASCII: emoji and several scripts need them.
"""

_NAMES = {"\x85": "next line", "\ufeff": "byte order mark"}
"""Names in place of Unicode's, which has none or a misleading one."""


def named(character: str) -> str:
    """The code point and the name: `U+00A0 (no-break space)`."""
    name = _NAMES.get(character) or unicodedata.name(character, "no name").lower()
    return f"U+{ord(character):04X} ({name})"


def hint_for_invisible(text: str) -> str | None:
    """What to do about the first invisible character of a wrong value; None without one."""
    found = INVISIBLE.search(text)
    if found is None:
        return None
    inside = text[: found.start()].strip() and text[found.end() :].strip()
    if inside and found[0].isspace():
        return f"write an ordinary space instead of {named(found[0])}"
    return f"delete {named(found[0])}"


def shown_on_line(text: str) -> str:
    """The text with a sign of one cell for each tab, line end, control character and character without width."""
    if text.isascii() and text.isprintable():
        return text
    unseen = {character for character in text if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"}}
    signs = {ord(character): "\ufffd" for character in unseen - {"\u200c", "\u200d"}}
    return text.translate({**signs, ord("\t"): " "})


def cells_wide(text: str) -> int:
    """How many cells of a terminal a text fills."""
    if text.isascii():
        return len(text)
    wide = [character for character in text if unicodedata.category(character) not in {"Mn", "Me", "Cf"}]
    return len(wide) + sum(unicodedata.east_asian_width(character) in "WF" for character in wide)


CJK_PACKAGES = {"Debian, Ubuntu": "fonts-noto-cjk", "Fedora": "google-noto-sans-cjk-fonts"}
"""Packages with a font that has Chinese, Japanese and Korean characters, by system."""


def without_font(missing: Iterable[str]) -> tuple[str, str]:
    """That no font has these characters, and the way to get one."""
    characters = sorted(missing)
    shown = "".join(characters[:5]) + ("…" if len(characters) > 5 else "")
    hint = "put one that has them into `fonts/`, or install one"
    if any(unicodedata.east_asian_width(character) in "WF" for character in characters):
        packages = ", ".join(f"`{package}` ({system})" for system, package in CJK_PACKAGES.items())
        hint = f"{hint}, e.g. Noto Sans CJK: {packages}"
    return f"missing glyphs `{shown}`: no installed font has them", hint
