"""Regular expressions that are compiled when they are first used.

Compiling one with thousands of East Asian letters takes milliseconds, and most commands need few of them.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Pattern:
    """A pattern whose methods are those of the compiled one."""

    def __init__(self, written: str, flags: int) -> None:
        self._written, self._flags = written, flags

    def __getattr__(self, name: str) -> Any:
        """An attribute of the compiled pattern; it is kept, so that the next use finds it at once."""
        found = getattr(re.compile(self._written, self._flags), name)
        setattr(self, name, found)
        return found


def pattern(written: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`, but a faulty pattern is noticed when it is used."""
    return cast("re.Pattern[str]", _Pattern(written, flags))
