"""Patterns of paths, such as `scenes/**/*.yaml`, and the files that match one."""

from __future__ import annotations

import os
from fnmatch import filter as matching
from pathlib import Path

from wanflow.boundary import Boundary, Content
from wanflow.messages import tr
from wanflow.patterns import pattern
from wanflow.records import mutable

MAX_SCANNED = 50_000
"""Maximum directory entries that one pattern scans."""

MAX_SCANNED_IN_ALL = 500_000
"""Maximum directory entries that all patterns of a production scan."""

ANY_DEPTH = "**"

_WILDCARD = pattern(r"[*?\[]")


class PatternTooWide(Exception):
    """A pattern that would scan more of the disk than any production has."""


def has_wildcard(pattern: str) -> bool:
    """Whether a path is a pattern: `*`, `?` and `[…]` within a name, `**` for folders of any depth."""
    return _WILDCARD.search(pattern) is not None


@mutable
class Scans:
    """Directory entries that patterns scanned so far."""

    total: int = 0


def files_like(pattern: str, folder: Path, boundary: Boundary, scans: Scans | None = None) -> list[str]:
    """The files below a folder that match a pattern, sorted.

    Hidden files and folders match only where the pattern names them. `**` follows no links, so that it ends. A folder
    outside of the boundary for text counts as empty; a link that leads outside matches by its name, whatever it leads
    to. `scans` counts what the patterns of a production scan. Raises PatternTooWide.
    """
    return sorted(_GlobWalk(folder, boundary, scans or Scans()).run(Path(pattern).parts))


class _GlobWalk:
    """One walk over folders, which reads each folder once for each part of the pattern."""

    def __init__(self, folder: Path, boundary: Boundary, scans: Scans) -> None:
        self._folder, self._boundary, self._scanned, self._scans = folder, boundary, 0, scans

    def run(self, parts: tuple[str, ...]) -> set[str]:
        seen: set[tuple[str, int]] = set()
        found: set[str] = set()
        waiting = [("", 0)]
        while waiting:
            path, at = waiting.pop()
            if at == len(parts):
                found |= {Path(path).as_posix()} if self._is_match(self._folder / path) else set()
            elif (path, at) not in seen:
                seen.add((path, at))
                waiting += self._below(path, parts, at)
        return found

    def _below(self, path: str, parts: tuple[str, ...], at: int) -> list[tuple[str, int]]:
        part = parts[at]
        if part == ANY_DEPTH:
            deeper = [(name, at) for name in self._names(path, ANY_DEPTH, folders=True)]
            return [(path, at + 1), *deeper]
        if not has_wildcard(part):
            return [(os.path.join(path, part), at + 1)]  # noqa: PTH118  # a path may be empty here
        return [(name, at + 1) for name in self._names(path, part, folders=False)]

    def _is_match(self, file: Path) -> bool:
        if self._boundary.refusal(file, Content.TEXT) is None:
            return is_file(file)
        return self._boundary.refusal(file.parent, Content.TEXT) is None and os.path.islink(file)  # noqa: PTH114

    def _require_room(self) -> None:
        if self._scanned > MAX_SCANNED:
            raise PatternTooWide(tr("scans more than {max_scanned} files", max_scanned=MAX_SCANNED))
        if self._scans.total > MAX_SCANNED_IN_ALL:
            raise PatternTooWide(
                tr(
                    "is too much: all patterns scan more than {max_scanned_in_all} files",
                    max_scanned_in_all=MAX_SCANNED_IN_ALL,
                )
            )

    def _names(self, path: str, part: str, *, folders: bool) -> list[str]:
        """The entries of a folder that match a part; with `folders` only folders, links left out."""
        if self._boundary.refusal(self._folder / path, Content.TEXT) is not None:
            return []
        self._require_room()
        try:
            with os.scandir(self._folder / path) as entries:
                listed = [entry.name for entry in entries if not folders or entry.is_dir(follow_symlinks=False)]
        except (OSError, ValueError):
            return []
        self._scanned += len(listed)
        self._scans.total += len(listed)
        self._require_room()
        kept = matching(listed, "*" if part == ANY_DEPTH else part)
        return [os.path.join(path, name) for name in kept if part.startswith(".") or not name.startswith(".")]  # noqa: PTH118


def is_file(path: Path) -> bool:
    """Whether a path leads to a file; one that no file can have does not."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False  # the name is too long or has a null byte
