"""What can go wrong in a way that a person can act on.

Our exception tree; a leaf lives beside the code that raises it:

    WanflowError
    ├── SpecError            fix the YAML (spec/problem)
    ├── UnknownTarget        fix the selector on the command line
    ├── StoreFault           the store, the lock or the disk
    │   ├── StoreBusy        another run holds this production
    │   └── LockUnreadable   wanflow.lock can't be trusted
    ├── MediaFault           a file or the ffmpeg that reads it
    │   ├── ToolMissing      no usable ffmpeg
    │   └── ToolFailed       ffmpeg said no
    └── ServiceFault         the video service (service/fault)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

FEW = 50
"""Names that a word can be compared with one by one."""

LONGEST_COMPARED = 60
"""Characters of a name among many for which a slip is looked for."""


class WanflowError(Exception):
    """A failure with one sentence for a person and, where known, a way out.

    `str()` is lower-case, names the thing, and has no full stop; `hint` is the way out or None.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UnknownTarget(WanflowError):
    """A selector or a node name that this production does not have."""


class StoreFault(WanflowError):
    """The store on disk could not be read or written; nothing that was stored is lost."""


class StoreBusy(StoreFault):
    """Another run holds this production."""


@dataclass(frozen=True, slots=True)
class LockFault:
    """One line of a lock that can't be read, from 1, and what is wrong with it."""

    line: int
    words: str


class LockUnreadable(StoreFault):
    """The lock file is damaged, of a newer version, or no lock at all.

    `faults` are the lines that are wrong, as far as lines are known.
    """

    def __init__(self, message: str, *, hint: str | None = None, faults: tuple[LockFault, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.faults = faults


class MediaFault(WanflowError):
    """A media file is not what it has to be."""


class ToolMissing(MediaFault):
    """No ffmpeg that wanflow can use was found."""


class ToolFailed(MediaFault):
    """ffmpeg ended with an error; the message carries its last lines."""


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
