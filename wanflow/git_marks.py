"""What git leaves in a file in place of its content: the marks of a merge conflict, and the pointers of Git LFS."""

from __future__ import annotations

import re

from wanflow.messages import tr
from wanflow.patterns import pattern

OURS, BASE, BETWEEN, THEIRS = "<<<<<<<", "|||||||", "=======", ">>>>>>>"
MARK = pattern("|".join(map(re.escape, (OURS, BASE, BETWEEN, THEIRS))))
"""A mark of a conflict, at the beginning of a line."""

_WHOLE_MARK = pattern(rf"({MARK.pattern})(?:[ \t].*)?")
_POINTER = b"version https://git-lfs.github.com/spec/"

POINTER_HINT = tr("run `git lfs pull`; on GitHub, set `lfs: true` for actions/checkout")
"""The way out for a pointer in place of a file."""


def conflicts(lines: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """The first and the last line, from 1, of each merge conflict, also where one of its marks was deleted."""
    found: list[tuple[int, int]] = []
    first: int | None = None
    for number, line in enumerate(lines, start=1):
        mark = _WHOLE_MARK.fullmatch(line) if line[:1] in "<=|>" else None
        if mark is not None and mark[1] == OURS:
            found += [] if first is None else [(first, first)]
            first = number
        elif mark is not None and mark[1] == THEIRS:
            found.append((first or number, number))
            first = None
    return (*found, *(() if first is None else ((first, first),)))


def is_pointer(beginning: bytes) -> bool:
    """Whether a file that begins with these bytes is a pointer of Git LFS."""
    return beginning.startswith(_POINTER)
