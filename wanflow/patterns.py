"""Regular expressions that are compiled when they are first used.

Compiling one with thousands of East Asian letters takes milliseconds, and most commands need few of them: a text of
ASCII needs none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, cast


class _Pattern:
    """A pattern whose methods are those of the compiled one."""

    def __init__(self, written: str, flags: int) -> None:
        self.pattern, self.flags = written, flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled pattern."""
        return re.compile(self.pattern, self.flags)

    def __getattr__(self, name: str) -> Any:
        """An attribute of the compiled pattern; it is kept, so that the next use finds it at once."""
        found = getattr(self.compiled, name)
        setattr(self, name, found)
        return found


class _LetterPattern(_Pattern):
    """A pattern of which each match has a character beyond ASCII: a text of ASCII is answered without it."""

    def search(self, text: str) -> re.Match[str] | None:
        """The first match."""
        return None if text.isascii() else self.compiled.search(text)

    def match(self, text: str, at: int = 0) -> re.Match[str] | None:
        """The match at a position."""
        return None if text.isascii() else self.compiled.match(text, at)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """The match of the whole text."""
        return None if text.isascii() else self.compiled.fullmatch(text)

    def findall(self, text: str) -> list[Any]:
        """All matches."""
        return [] if text.isascii() else self.compiled.findall(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All matches, one by one."""
        return iter(()) if text.isascii() else self.compiled.finditer(text)

    def sub(self, instead: Any, text: str) -> str:
        """The text with something else in the place of each match."""
        return text if text.isascii() else self.compiled.sub(instead, text)


def pattern(written: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`, but a faulty pattern is noticed when it is used."""
    return cast("re.Pattern[str]", _Pattern(written, flags))


def letters(written: str) -> re.Pattern[str]:
    """As `pattern`, for what no text of ASCII has: each match must have a character beyond it."""
    return cast("re.Pattern[str]", _LetterPattern(written, 0))
