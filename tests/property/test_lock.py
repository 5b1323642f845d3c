"""Properties of the lock: it says the same after any number of trips to disk."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wanflow import timebase
from wanflow.errors import LockUnreadable
from wanflow.store import lock_text
from wanflow.store.lock import Lock, ShotEntry
from wanflow.store.take import Film, Take

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
NUMBERS = st.integers(1, 10_000)
RECIPES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
FILMS = st.builds(
    Film,
    NUMBERS,
    st.sampled_from([Fraction(30), Fraction(24000, 1001), Fraction(25)]),
    NUMBERS,
    NUMBERS,
    st.integers(0, 10**7),
    st.integers(0, 96_000),
)
DATES = st.integers(0, 32_000_000_000).map(lambda seconds: timebase.stamp(datetime.fromtimestamp(seconds, UTC)))
AMOUNTS = st.none() | st.decimals(0, 10_000, places=4, allow_nan=False, allow_infinity=False).map(Decimal)


@st.composite
def entries(draw: st.DrawFn) -> ShotEntry:
    """What a lock may say of a shot."""
    digests = draw(st.lists(DIGESTS, unique=True, max_size=4))
    takes = {digest: draw(_takes(digest)) for digest in digests}
    numbers = draw(st.lists(NUMBERS, unique=True, min_size=len(digests), max_size=len(digests)))
    referred = sorted({take.fingerprint for take in takes.values()})
    return ShotEntry(
        takes=takes,
        numbers=dict(zip(digests, numbers, strict=True)),
        current=draw(st.none() | DIGESTS),
        picks=draw(st.dictionaries(DIGESTS, st.sampled_from(digests), max_size=2)) if digests else {},
        wishes=draw(st.dictionaries(DIGESTS, NUMBERS, max_size=2)),
        recipes={core: draw(RECIPES) for core in referred},
        asked=draw(st.none() | DIGESTS),
        former=draw(st.frozensets(st.sampled_from(["old", "harbour/old", "水墨"]), max_size=2)),
        **_rivals(draw, digests),
    )


def _rivals(draw: st.DrawFn, digests: list[str]) -> dict[str, Any]:
    """What two branches chose before a merge, where there are takes enough."""
    if len(digests) < 2:
        return {"held": draw(st.none() | st.sampled_from(digests))} if digests else {}
    both = st.lists(st.sampled_from(digests), unique=True, min_size=2).map(sorted).map(tuple)
    rivals = {"rival_picks": draw(st.dictionaries(st.just("0" * 64), both, max_size=1))}
    held = {"rival_holds": draw(both)} if draw(st.booleans()) else {"held": draw(st.sampled_from(digests))}
    return {**rivals, **held}


def _takes(digest: str) -> st.SearchStrategy[Take]:
    optional = st.none() | WORDS
    return st.builds(
        Take,
        st.just(digest),
        DIGESTS,
        st.none() | st.integers(0, 2**31 - 1),
        WORDS,
        FILMS,
        DATES,
        optional,
        optional,
        AMOUNTS,
        st.none() | st.sampled_from(["CNY", "USD"]),
        AMOUNTS,
    )


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" "), min_size=1, max_size=20)
LOCKS = st.builds(Lock, st.dictionaries(NAMES, entries(), max_size=3))


@given(LOCKS)
def test_a_lock_reads_back_as_it_was_written(lock: Lock) -> None:
    """Reading what was written gives the same lock and the same text; nothing had to be settled."""
    text = lock_text.to_text(lock)
    read = lock_text.from_text(text, "wanflow.lock")
    assert read == Lock({name: entry for name, entry in lock.shots.items() if entry != ShotEntry()})
    assert lock_text.to_text(read) == text
    assert read.notes == ()


@given(LOCKS, st.data())
def test_any_damage_gives_a_lock_or_an_error_with_words(lock: Lock, data: st.DataObject) -> None:
    """A lock cut short or with a piece missing is read or refused with a way out; it never ends in a traceback."""
    text = lock_text.to_text(lock)
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, len(text)))
    fault = _refusal(text[:start] + text[stop:])
    assert fault is None or ("`wanflow.lock`" in str(fault) and fault.hint)


def _refusal(text: str) -> LockUnreadable | None:
    try:
        lock_text.from_text(text, "wanflow.lock")
    except LockUnreadable as fault:
        return fault
    return None
