"""The files that a pattern means: `*`, `?` and `[…]` within a name, `**` for any folders (format.md, Top level)."""

from __future__ import annotations

import os
import re
from fnmatch import filter as matching
from pathlib import Path

MOST_LOOKED_AT = 50_000
"""Entries of folders that one pattern may look at."""

ANY_DEPTH = "**"

_MAGIC = re.compile(r"[*?\[]")


class PatternTooWide(Exception):
    """A pattern that would look through more of the disk than any production has."""


def has_magic(pattern: str) -> bool:
    """Whether a path is a pattern."""
    return _MAGIC.search(pattern) is not None


def files_like(pattern: str, folder: Path) -> list[str]:
    """The files that a pattern means, seen from a folder, in the order of their names.

    Hidden files and folders are left out where the pattern doesn't name them. `**` follows no links, so that it ends.
    Raises LooksTooFar.
    """
    return sorted(_GlobWalk(folder).run(Path(pattern).parts))


class _GlobWalk:
    """One walk over folders, each of them looked into once for each part of the pattern."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._looked_at = folder, 0
        self._seen: set[tuple[str, int]] = set()
        self._found: set[str] = set()

    def run(self, parts: tuple[str, ...]) -> set[str]:
        waiting = [("", 0)]
        while waiting:
            path, at = waiting.pop()
            if at == len(parts):
                self._take(path)
            elif (path, at) not in self._seen:
                self._seen.add((path, at))
                waiting += self._below(path, parts, at)
        return self._found

    def _take(self, path: str) -> None:
        try:
            if (self._folder / path).is_file():
                self._found.add(Path(path).as_posix())
        except (OSError, ValueError):
            return  # too long a name

    def _below(self, path: str, parts: tuple[str, ...], at: int) -> list[tuple[str, int]]:
        part = parts[at]
        if part == ANY_DEPTH:
            deeper = [(name, at) for name in self._names(path, ANY_DEPTH, folders=True)]
            return [(path, at + 1), *deeper]
        if not has_magic(part):
            return [(os.path.join(path, part), at + 1)]  # noqa: PTH118  # a path may be empty here
        return [(name, at + 1) for name in self._names(path, part, folders=False)]

    def _names(self, path: str, part: str, *, folders: bool) -> list[str]:
        """What a folder holds that fits a part; only real `folders`, no links to any, where these are asked for."""
        try:
            with os.scandir(self._folder / path) as entries:
                listed = [entry.name for entry in entries if not folders or entry.is_dir(follow_symlinks=False)]
        except (OSError, ValueError):
            return []
        self._looked_at += len(listed)
        if self._looked_at > MOST_LOOKED_AT:
            raise PatternTooWide
        kept = matching(listed, "*" if part == ANY_DEPTH else part)
        return [os.path.join(path, name) for name in kept if part.startswith(".") or not name.startswith(".")]  # noqa: PTH118
