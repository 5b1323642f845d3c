"""The known name that was probably meant by a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath

FEW = 50
"""Names that a word can be compared with one by one."""

LONGEST_COMPARED = 60
"""Characters of a name among many for which a slip is looked for."""


def did_you_mean(word: str, names: Iterable[str]) -> str | None:
    """The hint at the known name that somebody may have meant, None where none is near."""
    near = nearest(word, names)
    return f"did you mean `{near}`?" if near is not None else None


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The known name that somebody may have meant, None where none is near; among many only what is a slip or two away.

    Quick for thousands of words against thousands of names, quickest where these are a frozenset.
    """
    pool = frozenset(names)
    return _nearest(word.lower()[: LONGEST_COMPARED + 1], pool)


@lru_cache(maxsize=4096)
def _nearest(word: str, pool: frozenset[str]) -> str | None:
    known = _by_slip(pool) if len(pool) > FEW else {"": sorted(pool)}
    slips = _slips(word) if len(pool) > FEW else ("",)
    names = {name.lower(): name for slip in slips for name in known.get(slip, ())}
    near = difflib.get_close_matches(word, sorted(names), n=1)
    return names[near[0]] if near else None


@lru_cache(maxsize=4)
def _by_slip(pool: frozenset[str]) -> Mapping[str, list[str]]:
    """Names by what is left of them without one character: two that differ by a slip share some of that."""
    found: dict[str, list[str]] = {}
    for name in sorted(pool):
        for slip in _slips(name.lower()) if len(name) <= LONGEST_COMPARED else ():
            found.setdefault(slip, []).append(name)
    return found


def _slips(word: str) -> Iterator[str]:
    yield word
    yield from {word[:at] + word[at + 1 :] for at in range(len(word))}


def nearest_path(folder: Path, path: str) -> str | None:
    """The existing file that a misspelt path was probably meant for, from the same folder; None where none is near."""
    parts: list[str] = []
    for part in PurePosixPath(path).parts:
        here = folder.joinpath(*parts)
        try:
            names = [] if (here / part).exists() else [entry.name for entry in here.iterdir()]
        except (OSError, ValueError):
            return None
        near = nearest(part, names) if names else part
        if near is None:
            return None
        parts.append(near)
    return PurePosixPath(*parts).as_posix() if folder.joinpath(*parts).is_file() else None
