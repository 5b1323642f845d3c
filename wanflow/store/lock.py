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
    """All shots that the lock knows, removed ones included.

    `notes` say in words what reading had to settle (takes that shared a number after a merge); they are for people,
    never written, and no part of what the lock says.
    """

    shots: Mapping[str, ShotEntry] = field(default_factory=dict)
    notes: tuple[str, ...] = field(default=(), compare=False)


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
    return _with_entry(lock, shot, entry)


def set_current(lock: Lock, shot: str, request: str) -> Lock:
    """The lock with the request that a shot was last run with."""
    return _with_entry(lock, shot, replace(lock.shots.get(shot, ShotEntry()), current=request))


def pick(lock: Lock, shot: str, request: str, digest: str) -> Lock:
    """The lock with a take picked for one request of a shot; the picks of its other requests stay (law 6).

    Raises ValueError where the shot has no such take.
    """
    entry = _entry_with(lock, shot, digest)
    return _with_entry(lock, shot, replace(entry, picks={**entry.picks, request: digest}))


def keep(lock: Lock, shot: str, digest: str) -> Lock:
    """The lock with a take held, so that it stays although the shot changes; raises ValueError for an unknown take."""
    return _with_entry(lock, shot, replace(_entry_with(lock, shot, digest), held=digest))


def release(lock: Lock, shot: str) -> Lock:
    """The lock with a shot's take no longer held; the same lock where none is."""
    entry = lock.shots.get(shot)
    if entry is None or entry.held is None:
        return lock
    return _with_entry(lock, shot, replace(entry, held=None))


def wish(lock: Lock, shot: str, request: str, takes: int) -> Lock:
    """The lock with the wish that a request has this many takes in all; an earlier, larger wish stays."""
    entry = lock.shots.get(shot, ShotEntry())
    wanted = max(takes, entry.wishes.get(request, 0))
    return _with_entry(lock, shot, replace(entry, wishes={**entry.wishes, request: wanted}))


def take_along(lock: Lock, shot: str, request: str, former: ShotEntry) -> Lock:
    """The lock with what people decided about a request under a shot's former name: its wish, its pick, its hold."""
    if request in former.wishes:
        lock = wish(lock, shot, request, former.wishes[request])
    core = request.partition("+")[0]
    chosen = former.picks.get(request)
    for digest in dict.fromkeys((chosen, former.held)):
        take = former.takes.get(digest or "")
        if take is not None and take.fingerprint == core and core in former.recipes:
            lock = add_take(lock, shot, take, former.recipes[core], former.numbers[take.digest])
            lock = pick(lock, shot, request, take.digest) if digest == chosen else lock
            lock = keep(lock, shot, take.digest) if digest == former.held else lock
    return lock


def _with_entry(lock: Lock, shot: str, entry: ShotEntry) -> Lock:
    return replace(lock, shots={**lock.shots, shot: entry})


def _entry_with(lock: Lock, shot: str, digest: str) -> ShotEntry:
    entry = lock.shots.get(shot, ShotEntry())
    if digest not in entry.takes:
        raise ValueError(f"`{shot}` has no take `{digest}`")
    return entry
