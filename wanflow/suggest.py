"""Suggestions for misspelt names and paths."""

from __future__ import annotations

import math
import os
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import TypeVar

from wanflow.boundary import Boundary, Content
from wanflow.characters import INVISIBLE, hint_for_invisible, with_ascii_signs
from wanflow.messages import joined, tr
from wanflow.records import immutable

Named = TypeVar("Named")

ALIKE = 0.6
"""Minimum part of two names that is alike; difflib's own."""

ROUNDING = 0.001
"""Maximum difference between two ways to calculate a similarity."""

SAME_SOUND = 60
"""Maximum distance of two characters of one sound in GB 2312; the most, those of `yi`, are 53."""

MAX_PAIRWISE = 50
"""Maximum names that a word is compared with one by one."""

MAX_COMPARED = 60
"""Maximum characters of a name that is compared with many."""


MAX_ENTRIES = 50_000
"""Maximum entries of a folder that are looked through for a hint."""

MAX_NAMED = 20
"""Maximum names that a hint lists."""


_OF_NO_NAME = frozenset("()'\"!?;")
"""Signs that neither a name nor a selector has: in full width they are not slips for these."""
_FORWARD = frozenset("\\＼／")
"""Signs that people write in place of the `/` between folders."""


class Known(dict[str, Named]):
    """A table whose names are suggested for misspelt ones; nothing is added to it after the first suggestion."""

    @cached_property
    def names(self) -> frozenset[str]:
        """The names, in a set that is made once."""
        return frozenset(self)


def did_you_mean(word: str, names: Iterable[str]) -> str | None:
    """The hint with the nearest known name, or what to do about a sign that no name has; None where none is near."""
    word = word[: MAX_COMPARED + 1]
    typed = with_ascii_signs(word)
    slips = {meant for sign, meant in zip(word, typed, strict=True) if sign != meant}
    write = tr("write `{text}`", text=typed) if slips and not slips & _OF_NO_NAME else None
    if write is not None and not all(map(str.isalnum, slips)):  # a sign of a selector or a path
        return write
    if (unseen := hint_for_invisible(word)) is not None:
        return unseen
    near = nearest(word, names)
    return tr("did you mean `{near}`?", near=near) if near is not None else write


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The nearest known name; None where none is near, among many names where none is a slip or two away.

    Fast for thousands of words and thousands of names in a frozenset or a `Known`.
    """
    pool = names.names if isinstance(names, Known) else frozenset(names)
    word = word[: MAX_COMPARED + 1].lower()
    find = partial(_nearest_of_few, pool=pool) if len(pool) <= MAX_PAIRWISE else _many_names(pool).nearest
    narrow = unicodedata.normalize("NFKC", word)  # `ｓｔｙｌｅ` is `style`
    return find(word) or (find(narrow) if narrow != word else None)


@lru_cache(maxsize=4096)
def _nearest_of_few(word: str, pool: frozenset[str]) -> str | None:
    return _most_alike(word, {name.lower(): name for name in sorted(pool)})


def _most_alike(word: str, names: Mapping[str, str]) -> str | None:
    """The name, by itself in lower case, that is most like a word; None where none is near."""
    import difflib  # only a wrong name needs these

    from rapidfuzz import process
    from rapidfuzz.distance import Indel

    # what difflib finds alike is a subsequence of both names, so this similarity is never below its ratio
    likely = process.extract(
        word, [*names], scorer=Indel.normalized_similarity, score_cutoff=ALIKE - ROUNDING, limit=None
    )
    near = difflib.get_close_matches(word, sorted(name for name, *_ in likely), n=1, cutoff=ALIKE)
    found = near[0] if near else _of_two_signs(word, names)
    return None if found is None else names[found]


def _of_two_signs(word: str, names: Iterable[str]) -> str | None:
    """The name of two signs that has one of a word's two signs in its place, as 小明 for 小名; None where none has.

    Among several it is the one that sounds alike: an input method offers signs of one sound. Latin letters are too few
    to tell: `ab` is not `ac`.
    """
    sounds: dict[str, float] = {}
    for name in sorted(names) if len(word) == 2 else ():
        differing = [(one, other) for one, other in zip(word, name, strict=False) if one != other]
        if len(name) == 2 and len(differing) == 1 and not "".join(differing[0]).isascii():
            sounds[name] = _distance_in_sound(*differing[0])
    near = min(sounds, key=sounds.__getitem__, default=None)
    return near if near is not None and (len(sounds) == 1 or sounds[near] <= SAME_SOUND) else None


def _distance_in_sound(sign: str, other: str) -> float:
    """How far two common Chinese characters are apart in the first level of GB 2312, which is in the order of pinyin.

    Infinite for any other sign.
    """
    codes = [each.encode("gb2312", errors="replace") for each in (sign, other)]
    if not all(len(code) == 2 and 0xB0 <= code[0] <= 0xD7 for code in codes):
        return math.inf
    first, second = (code[0] * 94 + code[1] for code in codes)
    return abs(first - second)


class _ManyNames:
    """Names of which only those are compared with a word that are a slip or two away."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self._found: dict[str, str | None] = {}
        self._by_slip: dict[str, list[str]] = {}
        """Names by themselves without one character: two names that differ by a slip share such a form."""
        for name in sorted(names):
            for slip in _slips(name.lower()) if len(name) <= MAX_COMPARED else ():
                self._by_slip.setdefault(slip, []).append(name)

    def nearest(self, word: str) -> str | None:
        """The nearest name; None where none is near."""
        if word not in self._found:
            near = {name.lower(): name for slip in _slips(word) for name in self._by_slip.get(slip, ())}
            self._found[word] = _most_alike(word, near)
        return self._found[word]


_pools: deque[_ManyNames] = deque(maxlen=4)
"""The last large sets that were asked for, found by identity: the hash of a set reads all of its names."""


def _many_names(names: frozenset[str]) -> _ManyNames:
    pool = next((pool for pool in _pools if pool.names is names), None)
    if pool is None:
        pool = _ManyNames(names)
        _pools.append(pool)
    return pool


def _slips(word: str) -> Iterator[str]:
    yield word
    yield from {word[:at] + word[at + 1 :] for at in range(len(word))}


def listed(names: Iterable[str]) -> str:
    """Names with commas, for a hint; of very many the first ones, and how many more there are."""
    known = [*names]
    more = tr(" and {number} more", number=len(known) - MAX_NAMED) if len(known) > MAX_NAMED + 1 else ""
    return joined("", (joined(", ", known[:MAX_NAMED] if more else known), more))


def hint_for_path(folder: Path, path: str, boundary: Boundary) -> str | None:
    """The hint for a path, from a folder, that leads to no file; None where nothing is known.

    It names nothing outside of the boundary for text, whatever the file is.
    """
    typed = with_ascii_signs(path.replace("\\", "/"))
    if not path.isascii() and typed != path and nearest_path(folder, typed, boundary) == typed:
        return tr("write `{near}`", near=typed)
    if not _FORWARD.isdisjoint(path):
        forward = path.translate(dict.fromkeys(map(ord, _FORWARD), "/"))
        near = nearest_path(folder, forward, boundary)
        return (
            tr("write `/` between folders, from the folder of the file")
            if near is None
            else tr("write `{near}`", near=near)
        )
    text = path.encode(errors="ignore").decode()  # a name that is not UTF-8 has lone surrogates
    if not text.isprintable() and not INVISIBLE.search(text):
        return tr("write `/` between folders: in double quotes a `\\` begins an escape")
    near = nearest_path(folder, path, boundary)
    return hint_for_invisible(path) if near is None else tr("did you mean `{near}`?", near=near)


def nearest_path(folder: Path, path: str, boundary: Boundary) -> str | None:
    """The existing file whose path, from the same folder, is nearest to a wrong one; None where none is near.

    Only folders within the boundary for text are listed.
    """
    parts: list[str] = []
    for part in PurePosixPath(path).parts:
        near = _near_part(folder.joinpath(*parts), part, boundary)
        if near is None:
            return None
        parts.append(near)
    found = folder.joinpath(*parts)
    readable = boundary.refusal(found, Content.TEXT) is None and found.is_file()
    return PurePosixPath(*parts).as_posix() if readable else None


def _near_part(here: Path, part: str, boundary: Boundary) -> str | None:
    """The entry of a folder that was meant; the part itself where it exists, None outside of the boundary."""
    if any(boundary.refusal(each, Content.TEXT) for each in (here, here / part)):
        return None
    try:
        return part if (here / part).exists() else _listing(here, here.stat().st_mtime_ns).nearest(part)
    except (OSError, ValueError):
        return None


@immutable
class _Listing:
    """The names in a folder, and the same by their stems."""

    names: frozenset[str]
    by_stem: Mapping[str, list[str]]

    def nearest(self, part: str) -> str | None:
        """The entry that was meant; an ending in common makes no two of them alike."""
        alike = self.by_stem.get(_stem(part), ())
        near = alike[0] if len(alike) == 1 else nearest(part, self.names)
        return near if near is not None and nearest(_stem(part), [_stem(near)]) is not None else None


@lru_cache(maxsize=16)
def _listing(folder: Path, changed: int) -> _Listing:
    """What is in a folder that was `changed` at a time: read once for thousands of wrong names."""
    del changed
    names = sorted(os.listdir(folder))  # noqa: PTH208  # a path for each name is not needed
    by_stem: dict[str, list[str]] = {}
    for name in names[:MAX_ENTRIES]:
        by_stem.setdefault(_stem(name), []).append(name)
    return _Listing(frozenset(names[:MAX_ENTRIES]), by_stem)


def _stem(name: str) -> str:
    return PurePosixPath(name.lower()).stem
