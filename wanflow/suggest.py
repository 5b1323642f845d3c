"""Suggestions for misspelt names and paths."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath

from wanflow.characters import INVISIBLE, hint_for_invisible

MAX_PAIRWISE = 50
"""Maximum names that a word is compared with one by one."""

MAX_COMPARED = 60
"""Maximum characters of a name that is compared with many."""


def did_you_mean(word: str, names: Iterable[str]) -> str | None:
    """The hint with the nearest known name, or with a character to delete that nobody sees; None where none is near."""
    if (unseen := hint_for_invisible(word)) is not None:
        return unseen
    near = nearest(word, names)
    return f"did you mean `{near}`?" if near is not None else None


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The nearest known name; None where none is near, among many names where none is a slip or two away.

    Fast for thousands of words and thousands of names, fastest with a frozenset.
    """
    pool = frozenset(names)
    return _nearest(word.lower()[: MAX_COMPARED + 1], pool)


@lru_cache(maxsize=4096)
def _nearest(word: str, pool: frozenset[str]) -> str | None:
    known = _by_slip(pool) if len(pool) > MAX_PAIRWISE else {"": sorted(pool)}
    slips = _slips(word) if len(pool) > MAX_PAIRWISE else ("",)
    names = {name.lower(): name for slip in slips for name in known.get(slip, ())}
    near = difflib.get_close_matches(word, sorted(names), n=1)
    return names[near[0]] if near else None


@lru_cache(maxsize=4)
def _by_slip(pool: frozenset[str]) -> Mapping[str, list[str]]:
    """Names by themselves without one character: two names that differ by a slip share such a form."""
    found: dict[str, list[str]] = {}
    for name in sorted(pool):
        for slip in _slips(name.lower()) if len(name) <= MAX_COMPARED else ():
            found.setdefault(slip, []).append(name)
    return found


def _slips(word: str) -> Iterator[str]:
    yield word
    yield from {word[:at] + word[at + 1 :] for at in range(len(word))}


def hint_for_path(folder: Path, path: str) -> str | None:
    """The hint for a path, from a folder, that leads to no file; None where nothing is known."""
    if "\\" in path:
        forward = path.replace("\\", "/")
        near = nearest_path(folder, forward)
        return "write `/` between folders, from the folder of the file" if near is None else f"write `{near}`"
    if not path.isprintable() and not INVISIBLE.search(path):
        return "write `/` between folders: in double quotes a `\\` begins an escape"
    near = nearest_path(folder, path)
    return hint_for_invisible(path) if near is None else f"did you mean `{near}`?"


def nearest_path(folder: Path, path: str) -> str | None:
    """The existing file whose path, from the same folder, is nearest to a wrong one; None where none is near."""
    parts: list[str] = []
    for part in PurePosixPath(path).parts:
        here = folder.joinpath(*parts)
        try:
            near = part if (here / part).exists() else _nearest_entry([entry.name for entry in here.iterdir()], part)
        except (OSError, ValueError):
            return None
        if near is None:
            return None
        parts.append(near)
    return PurePosixPath(*parts).as_posix() if folder.joinpath(*parts).is_file() else None


def _nearest_entry(names: list[str], part: str) -> str | None:
    """The entry of a folder that was meant; an ending in common makes no two of them alike."""
    alike = [name for name in names if _stem(name) == _stem(part)]
    near = alike[0] if len(alike) == 1 else nearest(part, names)
    return near if near is not None and nearest(_stem(part), [_stem(near)]) is not None else None


def _stem(name: str) -> str:
    return PurePosixPath(name.lower()).stem
