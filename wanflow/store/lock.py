"""The lock: which takes a production has and which of them is picked, as a value and how it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from wanflow.store.take import Recipe, Take


@dataclass(frozen=True, slots=True)
class ShotEntry:
    """What the lock says of one shot.

    `takes` are by digest; `numbers` gives each digest its running number. `current` is the fingerprint of the
    request that was last run. `picks` keeps one picked digest per fingerprint, so that an undo brings its own pick
    back; `held` is the digest that is kept although the shot changed; `wishes` how many takes a request was asked
    for beyond `takes:`, as an absolute number; `recipes` the requests in words, so that `why` can compare.
    """

    takes: Mapping[str, Take] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    current: str | None = None
    picks: Mapping[str, str] = field(default_factory=dict)
    held: str | None = None
    wishes: Mapping[str, int] = field(default_factory=dict)
    recipes: Mapping[str, Recipe] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lock:
    """All shots that the lock knows, removed ones included."""

    shots: Mapping[str, ShotEntry] = field(default_factory=dict)


def next_number(entry: ShotEntry) -> int:
    """The running number of a shot's next take; numbers are never reused."""
    return max(entry.numbers.values(), default=0) + 1


def add_take(lock: Lock, shot: str, take: Take, recipe: Recipe, number: int) -> Lock:
    """The lock with a take of a shot under its number, or the next free one where that is taken by another take."""
    entry = lock.shots.get(shot, ShotEntry())
    taken = {item for digest, item in entry.numbers.items() if digest != take.digest}
    wanted = entry.numbers.get(take.digest, number)
    numbered = next_number(entry) if wanted in taken else wanted
    entry = replace(
        entry,
        takes={**entry.takes, take.digest: take},
        numbers={**entry.numbers, take.digest: numbered},
        recipes={**entry.recipes, take.fingerprint: recipe},
    )
    return Lock({**lock.shots, shot: entry})


def set_current(lock: Lock, shot: str, request: str) -> Lock:
    """The lock with the request that a shot was last run with."""
    entry = lock.shots.get(shot, ShotEntry())
    return Lock({**lock.shots, shot: replace(entry, current=request)})
