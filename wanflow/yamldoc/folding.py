"""Folded line breaks in texts without blanks: between two Han characters they insert nothing, elsewhere a blank.

A `${name}` is looked through, since it may become Han characters: what is on its other side decides.

PyYAML gives folded text only, with a blank at every break (format.md, The YAML dialect). So a text with such breaks is
read twice, the second time with a private character at each line end that may be one.
"""

from __future__ import annotations

import re

from wanflow.patterns import pattern

WIDE = (
    "[\u2e80-\u312f\u3190-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uff9f\uffe0-\uffe6"
    "\U00020000-\U0003ffff]"
)
"""Han characters, kana and full-width signs. Hangul is not among them: Korean has blanks between its words."""

_EITHER = "\u2018\u2019\u201c\u201d\u2014\u2026\u00b7"
"""Signs of Latin and of Chinese texts alike: quotation marks, dash, ellipsis, dot. Beside a wide one they are wide."""

_NAME = r"(?<!\$)\$\{[^{}\n]{1,200}\}"
_NAME_AT_END = pattern(rf"{_NAME}\Z")
_NAMES_AT_END = pattern(rf"(?:[{_EITHER}]|{_NAME})*\Z")
_ESCAPE = pattern(r"(?:\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})\Z")
"""A character as an escape of text in double quotes."""
_WIDE = pattern(WIDE)
_BLANKS = " \t"
_FIRST_PRIVATE = 0xF0000


def may_join(line: str, following: str) -> bool:
    """Whether a break between two lines of YAML may be one that inserts nothing."""
    end, begin = line.rstrip(_BLANKS), following.lstrip(_BLANKS)
    if not (begin[:1] > "\x7f" or begin.startswith(("\\u", "\\U", "${"))):
        return False
    return end[-1:] > "\x7f" or _ESCAPE.search(end[-10:]) is not None or _NAME_AT_END.search(end) is not None


def mark_breaks(lines: tuple[str, ...]) -> tuple[str, str]:
    """The text of some lines with a mark at the end of each whose break may insert nothing, and the mark.

    The mark is empty where the text has every private character itself.
    """
    used = set("\n".join(lines))
    mark = next((sign for sign in map(chr, range(_FIRST_PRIVATE, 0x110000)) if sign not in used), "")
    marked = [
        line.rstrip(_BLANKS) + mark + line[len(line.rstrip(_BLANKS)) :] if may_join(line, following) else line
        for line, following in zip(lines, (*lines[1:], ""), strict=True)
    ]
    return "\n".join(marked), mark


def join_marked(value: str, mark: str) -> str:
    """A folded text without its marks, and without the blanks of a break that has wide characters on both sides.

    One side is enough where only names are on the other, up to the end of the text. A name with a blank beside it
    belongs to a text with blanks.
    """
    name = f"{_NAME}(?![ \t])"
    begins = re.compile(f"[ \t]+(?=(?:[{_EITHER}{mark} ]|{name}){{0,20}}{WIDE})")
    names = re.compile(f"[ \t]+(?=(?:{name}[{_EITHER}{mark}]{{0,20}}(?:(?<={mark})[ \t]+)?){{1,20}}\\s*\\Z)")
    parts: list[str] = []
    start, wide, only_names = 0, False, True
    while mark and (end := value.find(mark, start)) >= 0:
        part = value[start:end]
        parts.append(part)
        found = _NAMES_AT_END.search(part)
        if found is not None and (solid := part[: found.start()]):
            wide, only_names = _WIDE.match(solid[-1]) is not None, False
        blanks = begins.match(value, end + 1) if wide or (only_names and "${" in part) else None
        blanks = names.match(value, end + 1) if wide and blanks is None else blanks
        start = blanks.end() if blanks is not None else end + 1
    return "".join((*parts, value[start:]))
