"""The lock: which takes a production has and which of them is picked, as a value and how it changes."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import reduce

from wanflow.records import immutable
from wanflow.store.take import Recipe, Repeat, Take


@immutable
class ShotEntry:
    """What the lock says of one shot.

    `takes` are by digest; `numbers` gives each digest its running number. `current` is the fingerprint of the
    request that was last run. `picks` keeps one picked digest per request, so that an undo brings its own pick
    back; `held` is the digest that is kept although the shot changed; `wishes` how many takes a request was asked
    for beyond `takes:`, as an absolute number; `recipes` the requests in words, so that `why` can compare.

    `rival_picks` are requests for which two branches picked different takes before a merge, with the digests of both;
    such a request has no entry in `picks`. `rival_holds` are the digests that two branches hold. A pick resolves both.
    `former` are names that the shot had before it was renamed: what arrives under one of them belongs to this shot.
    `asked` is the request of a held shot when it was last looked at by a run, where that differs from `current`: by it
    the shot is known again under another name.
    """

    takes: Mapping[str, Take] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    current: str | None = None
    picks: Mapping[str, str] = field(default_factory=dict)
    held: str | None = None
    wishes: Mapping[str, int] = field(default_factory=dict)
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    rival_picks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rival_holds: tuple[str, ...] = ()
    former: frozenset[str] = frozenset()
    asked: str | None = None

    @property
    def used_numbers(self) -> tuple[int, ...]:
        """All numbers that deliveries have: those of takes, and of tasks that delivered the bytes of a take again."""
        return (*self.numbers.values(), *(each.number for take in self.takes.values() for each in take.again))

    def number_for(self, take: Take, fingerprint: str, seed: int | None) -> int:
        """The number under which a take answers a question: its own, or that of the task which delivered it again."""
        answers = (each for each in take.again if (each.fingerprint, each.seed) == (fingerprint, seed))
        first = None if (take.fingerprint, take.seed) == (fingerprint, seed) else next(answers, None)
        return self.numbers[take.digest] if first is None else first.number


@immutable
class Lock:
    """All shots that the lock knows, removed ones included.

    `notes` say in words what a merge left open (takes that shared a number); they are for people, never written, and
    not compared.
    """

    shots: Mapping[str, ShotEntry] = field(default_factory=dict)
    notes: tuple[str, ...] = field(default=(), compare=False)
    _index: LockIndex | None = field(default=None, init=False, compare=False, repr=False)

    def made_from(self, fingerprint: str) -> Iterator[tuple[str, Take]]:
        """The takes that were made from a request, whose files no person removed, each with its shot; by name."""
        for shot in self._indexed.of(self._indexed.requests, fingerprint):
            takes = self.shots[shot].takes.values() if shot in self.shots else ()
            yield from ((shot, take) for take in takes if take.seeds(fingerprint) and not take.gone)

    def with_bytes(self, digest: str) -> Iterator[tuple[str, Take]]:
        """The shots that have a take with these bytes, each with the take; by name."""
        for shot in self._indexed.of(self._indexed.bytes, digest):
            if shot in self.shots and digest in self.shots[shot].takes:
                yield shot, self.shots[shot].takes[digest]

    def called(self, former: str) -> Iterator[str]:
        """The shots that had a name before they were renamed, by their names now."""
        for shot in self._indexed.of(self._indexed.former, former):
            if shot in self.shots and former in self.shots[shot].former:
                yield shot

    def with_entries(self, shots: Mapping[str, ShotEntry], changed: Iterable[str]) -> Lock:
        """A lock of these entries, of which those of the `changed` shots are new, or other than in this lock."""
        lock = replace(self, shots=shots)
        if self._index is not None:
            for shot in changed:
                self._index.add(shot, shots[shot])
            object.__setattr__(lock, "_index", self._index)
        return lock

    @property
    def _indexed(self) -> LockIndex:
        if self._index is None:
            object.__setattr__(self, "_index", LockIndex(self.shots))
        return self._index or LockIndex(self.shots)


class LockIndex:
    """Shots by what their entries have, or had: a lock that was made from another one continues its index.

    Nothing is ever removed, so that the index serves both locks: whoever reads it looks at the entry as well.
    """

    __slots__ = ("bytes", "former", "requests")

    def __init__(self, shots: Mapping[str, ShotEntry]) -> None:
        self.requests: dict[str, dict[str, None]] = {}
        self.bytes: dict[str, dict[str, None]] = {}
        self.former: dict[str, dict[str, None]] = {}
        for shot, entry in shots.items():
            self.add(shot, entry)

    def add(self, shot: str, entry: ShotEntry) -> None:
        """Note what the entry of a shot has."""
        for digest, take in entry.takes.items():
            self.bytes.setdefault(digest, {})[shot] = None
            for each in take.deliveries:
                self.requests.setdefault(each.fingerprint, {})[shot] = None
        for former in entry.former:
            self.former.setdefault(former, {})[shot] = None

    def of(self, kind: Mapping[str, Mapping[str, None]], key: str) -> list[str]:
        """The shots under a key, by name, which is their order in the file."""
        return sorted(kind.get(key, ()))


def next_number(entry: ShotEntry, reserved: Collection[int] = ()) -> int:
    """The running number of a shot's next take, beyond those that takes have and those `reserved` for takes to come."""
    return max((*entry.used_numbers, *reserved), default=0) + 1


def add_take(lock: Lock, shot: str, take: Take, recipe: Recipe, number: int, *, reserved: Collection[int] = ()) -> Lock:
    """The lock with a take of a shot under its number, or the next free one where that is taken by another take.

    `reserved` are numbers that submissions have whose takes did not arrive yet: no other take gets them.
    Where the shot has the same bytes from another task already, that take stays, and the delivery is added to it.
    """
    entry = lock.shots.get(shot, ShotEntry())
    known = entry.takes.get(take.digest)
    own = {entry.numbers[take.digest], *(each.number for each in known.again)} if known is not None else set()
    taken = {item for item in entry.used_numbers if item not in own}
    wanted = entry.numbers.get(take.digest, number)
    numbered = next_number(entry, reserved) if wanted in taken else wanted
    if known is not None:
        free = next_number(entry, reserved) if number in {*taken, *own} else number
        take = _delivered_again(known, take, free)
    elif take.again:  # it comes from another shot, where its deliveries have other numbers
        after = max(numbered, next_number(entry, reserved) - 1) + 1
        again = (replace(each, number=at) for at, each in enumerate(take.again, start=after))
        take = replace(take, again=tuple(again))
    entry = replace(
        entry,
        takes={**entry.takes, take.digest: take},
        numbers={**entry.numbers, take.digest: numbered},
        recipes={**entry.recipes, take.fingerprint: recipe},
    )
    return _with_entry(lock, shot, entry)


def _delivered_again(known: Take, take: Take, number: int) -> Take:
    """A take that was delivered before, with what another task delivered and charged now, under its own number.

    A free take that is made again for its own question, as on the animatic, takes the place of the former.
    """
    same = (known.fingerprint, known.seed) == (take.fingerprint, take.seed)
    if take.task_id in {None, known.task_id} or known.task_id is None or (same and take.currency is None):
        return replace(take, again=known.again)
    if take.task_id in {each.task_id for each in known.again}:
        return known
    facts = (take.fingerprint, take.seed, take.model, take.date, take.task_id, take.cost, take.currency, take.estimate)
    repeat = Repeat(number, *facts)
    others = known.again
    if take.currency is None:
        others = tuple(each for each in others if (each.fingerprint, each.seed) != (take.fingerprint, take.seed))
    return replace(known, gone=False, again=(*others, repeat))


def owner(lock: Lock, shot: str, fingerprint: str) -> str:
    """The shot that a take belongs to which was asked for under a name: the shot may have been renamed since."""
    named = [shot] if shot in lock.shots else []
    named += lock.called(shot)
    return next((name for name in named if fingerprint in lock.shots[name].recipes), named[0] if named else shot)


def drop_take(lock: Lock, shot: str, digest: str) -> Lock:
    """The lock without a take of a shot and what was decided about it; the entry goes with its last take."""
    entry = without_takes(_entry_with(lock, shot, digest), {digest})
    if entry.takes:
        return _with_entry(lock, shot, entry)
    return replace(lock, shots={name: known for name, known in lock.shots.items() if name != shot})


def without_takes(entry: ShotEntry, digests: set[str]) -> ShotEntry:
    """An entry without some takes and what was decided about them."""
    return replace(
        undecided(entry, digests),
        takes={digest: take for digest, take in entry.takes.items() if digest not in digests},
        numbers={digest: number for digest, number in entry.numbers.items() if digest not in digests},
    )


def undecided(entry: ShotEntry, digests: set[str]) -> ShotEntry:
    """An entry in which some takes are neither picked nor held; of two branches the other one's choice stays."""
    picks = {request: digest for request, digest in entry.picks.items() if digest not in digests}
    rivals: dict[str, tuple[str, ...]] = {}
    for request, both in entry.rival_picks.items():
        left = tuple(digest for digest in both if digest not in digests)
        if len(left) > 1:
            rivals[request] = left
        elif left:
            picks[request] = left[0]
    holds = tuple(digest for digest in entry.rival_holds if digest not in digests)
    held = None if entry.held in digests else entry.held
    return replace(
        entry,
        picks=picks,
        rival_picks=rivals,
        held=holds[0] if len(holds) == 1 else held,
        rival_holds=holds if len(holds) > 1 else (),
    )


def set_current(lock: Lock, shot: str, request: str) -> Lock:
    """The lock with the request that a shot was last run with."""
    return _with_entry(lock, shot, replace(lock.shots.get(shot, ShotEntry()), current=request, asked=None))


def note_asked(lock: Lock, requests: Mapping[str, str]) -> Lock:
    """The lock with what held shots ask for, by shot; the same lock where it says so already."""
    for shot, request in requests.items():
        entry = lock.shots.get(shot)
        asked = None if entry is None or entry.current == request else request
        if entry is not None and entry.asked != asked:
            lock = _with_entry(lock, shot, replace(entry, asked=asked))
    return lock


def pick(lock: Lock, shot: str, request: str, digest: str) -> Lock:
    """The lock with a take picked for one request of a shot; the picks of its other requests stay (law 6).

    Raises ValueError where the shot has no such take.
    """
    entry = _entry_with(lock, shot, digest)
    rivals = {other: both for other, both in entry.rival_picks.items() if other != request}
    return _with_entry(lock, shot, replace(entry, picks={**entry.picks, request: digest}, rival_picks=rivals))


def keep(lock: Lock, shot: str, digest: str) -> Lock:
    """The lock with a take held, so that it stays although the shot changes; raises ValueError for an unknown take."""
    return _with_entry(lock, shot, replace(_entry_with(lock, shot, digest), held=digest, rival_holds=()))


def release(lock: Lock, shot: str) -> Lock:
    """The lock with a shot's take no longer held; the same lock where none is."""
    entry = lock.shots.get(shot)
    if entry is None or (entry.held is None and not entry.rival_holds):
        return lock
    return _with_entry(lock, shot, replace(entry, held=None, rival_holds=()))


def wish(lock: Lock, shot: str, request: str, takes: int) -> Lock:
    """The lock with the wish that a request has this many takes in all; an earlier, larger wish stays."""
    entry = lock.shots.get(shot, ShotEntry())
    wanted = max(takes, entry.wishes.get(request, 0))
    return _with_entry(lock, shot, replace(entry, wishes={**entry.wishes, request: wanted}))


def rename(lock: Lock, names: Mapping[str, str]) -> Lock:
    """The lock with entries moved to new names, all at once: `names` maps each new name to the former one.

    Everything moves: takes, numbers, picks, holds, wishes and recipes. Where the new name has an entry that stays, as
    after a merge, both become one. Names without an entry are ignored, so that doing it twice changes nothing.
    """
    return rename_among(lock, dict(lock.shots), names) if any(old in lock.shots for old in names.values()) else lock


def rename_among(lock: Lock, shots: dict[str, ShotEntry], names: Mapping[str, str]) -> Lock:
    """As `rename`, in the entries of a lock that no other lock has: many renames, one by one, copy them once."""
    moved = {new: old for new, old in names.items() if old in shots}
    leaving = {old: shots[old] for old in moved.values()}
    for old in leaving:
        del shots[old]
    for new, old in moved.items():
        arrived = replace(leaving[old], former=(leaving[old].former | {old}) - {new})
        shots[new] = _united(shots[new], arrived) if new in shots else arrived
    return lock.with_entries(shots, moved)


def forget_former(lock: Lock, shots: Container[str]) -> Lock:
    """The lock in which no former name is one of these shots: a name that is used again is that shot's own."""
    fresh = {
        name: replace(entry, former=frozenset(former for former in entry.former if former not in shots))
        for name, entry in lock.shots.items()
        if any(former in shots for former in entry.former)
    }
    return replace(lock, shots={**lock.shots, **fresh}) if fresh else lock


@immutable
class ShotNames:
    """What the names of a production's shots mean for its lock.

    `renames` are the shots that were renamed since the last run, new names with former ones, one mapping after the
    other; `asked` what held shots ask for; `answered` the requests that takes of shots answer already; `shots` all the
    names that shots have now.
    """

    renames: Sequence[Mapping[str, str]]
    asked: Mapping[str, str]
    answered: Mapping[str, str]
    shots: Container[str]

    def applied(self, lock: Lock) -> Lock:
        """The lock with these names; the same lock where it has them already."""
        named = note_asked(forget_former(reduce(rename, self.renames, lock), self.shots), self.asked)
        for shot, request in self.answered.items():
            # the lock was rebuilt from the journal of an older wanflow, or its takes were collected without a run
            if shot in named.shots and named.shots[shot].current is None:
                named = set_current(named, shot, request)
        return named


def _united(entry: ShotEntry, other: ShotEntry) -> ShotEntry:
    """Two entries of one shot as one; the first keeps its numbers. Two decisions that differ are both kept."""
    numbers = dict(entry.numbers)
    for digest in sorted(other.numbers, key=lambda name: (other.numbers[name], name)):
        free = other.numbers[digest] not in numbers.values()
        numbers.setdefault(digest, other.numbers[digest] if free else max(numbers.values()) + 1)
    picks: dict[str, str] = {}
    rivals: dict[str, tuple[str, ...]] = {}
    for request in dict.fromkeys((*_decided(entry), *_decided(other))):
        both = united_choice(_choices(entry, request) + _choices(other, request))
        if len(both) == 1:
            picks[request] = both[0]
        else:
            rivals[request] = both
    held = united_choice(_holds(entry) + _holds(other))
    wishes = dict(other.wishes)
    for request, number in entry.wishes.items():
        wishes[request] = max(number, wishes.get(request, 0))
    return ShotEntry(
        takes={**other.takes, **entry.takes},
        numbers=numbers,
        current=entry.current or other.current,
        picks=picks,
        held=held[0] if len(held) == 1 else None,
        wishes=wishes,
        recipes={**other.recipes, **entry.recipes},
        rival_picks=rivals,
        rival_holds=held if len(held) > 1 else (),
        former=entry.former | other.former,
        asked=entry.asked or other.asked,
    )


def united_choice(digests: tuple[str, ...]) -> tuple[str, ...]:
    """What several branches chose, each take once, in an order that is the same on every machine."""
    return tuple(sorted(set(digests)))


def _decided(entry: ShotEntry) -> tuple[str, ...]:
    return (*entry.picks, *entry.rival_picks)


def _choices(entry: ShotEntry, request: str) -> tuple[str, ...]:
    return entry.rival_picks.get(request) or tuple(filter(None, (entry.picks.get(request),)))


def _holds(entry: ShotEntry) -> tuple[str, ...]:
    return entry.rival_holds or tuple(filter(None, (entry.held,)))


def _with_entry(lock: Lock, shot: str, entry: ShotEntry) -> Lock:
    return lock.with_entries({**lock.shots, shot: entry}, (shot,))


def _entry_with(lock: Lock, shot: str, digest: str) -> ShotEntry:
    entry = lock.shots.get(shot, ShotEntry())
    if digest not in entry.takes:
        raise ValueError(f"`{shot}` has no take `{digest}`")
    return entry
