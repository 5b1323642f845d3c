"""Shots that were renamed: what the lock has under a former name belongs to the new one."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import chain

from wanflow import digest
from wanflow.digest import Canonical
from wanflow.graph.build import sources_of
from wanflow.graph.recipe import parse_request_key
from wanflow.language.source import ShotSource
from wanflow.planner.plan import Action, Plan, StepKind
from wanflow.planner.request import ShotRequest, planned_request
from wanflow.records import mutable
from wanflow.store.lock import Lock, ShotEntry, ShotNames
from wanflow.store.take import Recipe


def names_from_merges(lock: Lock, shots: Container[str]) -> dict[str, str]:
    """Names with other names of the same shot that the lock has entries of: a merge brings them, or a task in flight.

    A former name that is a shot of the production again is that shot's own. After a merge in which only one side's name
    stayed, the removed entry with the other name is the shot's own as well: it has some of the same takes.
    """
    found: dict[str, str] = {}
    by_former: dict[str, list[str]] = {}
    for name, entry in lock.shots.items():
        for former in sorted(entry.former):
            by_former.setdefault(former, []).append(name)
            if former in lock.shots and former not in shots:
                found.setdefault(name, former)
    for former, renamed in by_former.items():
        for own, name in _of_one_side(lock, shots, former, renamed):
            found.setdefault(own, name)
    return found


def _of_one_side(lock: Lock, shots: Container[str], former: str, renamed: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The shots that one side of a merge still calls by one of these names, each with the other side's name."""
    kept = [name for name in (former, *renamed) if name in shots and name in lock.shots]
    for name in renamed:
        takes = lock.shots[name].takes.keys()
        own = next((other for other in kept if lock.shots[other].takes.keys() & takes), None)
        if name not in shots and own is not None:
            yield own, name


def names_of(plan: Plan) -> ShotNames:
    """What the names of a plan's shots mean for the lock; what they ask for as far as it is known."""
    held = [step.vertex for step in plan.steps if step.action is Action.HELD]
    asked = (planned_request(plan, plan.graph.production.shots[name]) for name in held)
    requests = {request.shot.name: request.key for request in asked if request.known}
    reused = {step.vertex for step in plan.steps if step.kind is StepKind.TAKE and step.action is Action.REUSE}
    shots = plan.inventory.lock.shots
    unnamed = [name for name in sorted(reused) if name not in shots or shots[name].current is None]
    answered = {name: planned_request(plan, plan.graph.production.shots[name]).key for name in unnamed}
    return ShotNames(plan.renames, requests, answered, plan.graph.production.shots)


def names_in_file(renames: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The name that each renamed shot has in the lock's file, by its present one; `renames` follow one another."""
    names: dict[str, str] = {}
    for moved in renames:
        names |= {new: names.get(old, old) for new, old in moved.items()}
    return names


@mutable
class FormerNames:
    """Which entries of a lock a renamed shot may have left, by what they asked; `taken` are spoken for already."""

    lock: Lock
    shots: Container[str]
    taken: set[str] = field(default_factory=set)
    _last: _Names = field(default_factory=dict)
    _ever: _Names = field(default_factory=dict)
    _words: dict[str, str] = field(default_factory=dict)
    _same: dict[tuple[tuple[str, ...], frozenset[str]], _Names] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, entry in self.lock.shots.items():
            if name not in self.shots:
                self._words[name] = _without_inputs(_last_recipe(entry))
                self._last.setdefault(entry.asked or entry.current or "", deque()).append(name)
                for core in {take.fingerprint for take in entry.takes.values() if not take.gone}:
                    self._ever.setdefault(core, deque()).append(name)

    def former_of(self, request: ShotRequest) -> str | None:
        """The removed shot that asked what a new one asks: last, else ever. None where the shot is not new.

        Else one that last asked the same of other takes: what comes before it in the chain was changed as well.
        """
        if request.shot.name in self.lock.shots:
            return None
        asked = chain(
            (self._last.get(key) for key in request.keys if request.known),
            (self._ever.get(core) for core in request.cores if request.known),
            self._same_of_other_takes(request),
        )
        found = next(filter(None, (_first_free(names, self.taken) for names in asked)), None)
        if found is not None:
            self.taken.add(found)
        return found

    def _same_of_other_takes(self, request: ShotRequest) -> Iterator[deque[str] | None]:
        """Removed shots whose last request differs in nothing but the takes that it was made from."""
        given = frozenset(slot for slot, source in sources_of(request.shot) if isinstance(source, ShotSource))
        if not given or not self._words:
            return
        slots = tuple(media.slot for media in request.shot.media)
        if (slots, given) not in self._same:
            same: _Names = {}
            for name, hashed in self._words.items():
                if name in self.lock.shots:
                    before = _last_recipe(self.lock.shots[name])
                    same.setdefault(_without_takes(hashed, before, slots, given), deque()).append(name)
            self._same[slots, given] = same
        for words in request.variants:
            key = _without_takes(_without_inputs(words), request.recipe, slots, given)
            yield self._same[slots, given].get(key)


_Names = dict[str, deque[str]]
"""Names of shots by what they asked, in the order of the lock."""


def _first_free(names: deque[str] | None, taken: Container[str]) -> str | None:
    """The first of some names that is not taken; taken ones are dropped, so that each is looked at once."""
    while names and names[0] in taken:
        names.popleft()
    return names[0] if names else None


def _last_recipe(entry: ShotEntry) -> Recipe:
    return entry.recipes.get(parse_request_key(entry.current or "")[0])


def _media(recipe: Recipe) -> list[Mapping[str, Canonical]]:
    media = recipe.get("media") if isinstance(recipe, Mapping) else None
    return [item for item in (media if isinstance(media, list | tuple) else ()) if isinstance(item, Mapping)]


def _without_inputs(recipe: Recipe) -> str:
    """The hash of a request with the roles of its media alone."""
    words = dict(recipe) if isinstance(recipe, Mapping) else {}
    return digest.of_json({**words, "media": [item.get("role") for item in _media(recipe)]})


def _without_takes(words: str, recipe: Recipe, slots: Sequence[str], given: Container[str]) -> str:
    """The hash of a request's words, media and voices, without the slots that takes are `given` to."""
    inputs: list[Canonical] = [
        [None if slot in given else item.get("is"), None if f"{slot}.voice" in given else item.get("voice")]
        for slot, item in zip(slots, _media(recipe), strict=False)
    ]
    return digest.of_json([words, inputs])


def moved_names(requests: Collection[ShotRequest], lock: Lock) -> dict[str, str]:
    """New names with former ones where names moved on among shots that exist, as when shots are numbered again.

    A shot follows the entry of another one that last asked what it asks now. That other one asks something else now, or
    was removed; and either the shot was on record itself, or the other one followed a third one's entry, or no run ever
    filed a take for the other one: its takes were collected, for shots that had other names when they were asked for.
    """
    unknown = {request.shot.name: request for request in requests if request.known and not _is_on_record(request)}
    if not unknown:
        return {}
    known = {request.shot.name for request in requests} - unknown.keys()
    last: defaultdict[str, deque[str]] = defaultdict(deque)
    for name in (name for name in lock.shots if name not in known):
        for key in _last_requests(lock.shots[name]):
            last[key].append(name)
    moves: dict[str, str] = {}
    taken: set[str] = set()
    for name, request in unknown.items():
        free = (_first_free(last.get(key), taken) for key in (*request.keys, *request.cores))
        if (other := next(filter(None, free), None)) is not None:
            moves[name] = other
            taken.add(other)
    return _without_loose(moves, lock)


def _without_loose(moves: dict[str, str], lock: Lock) -> dict[str, str]:
    """The moves of shots on record, and those that belong to a chain of moves or follow an entry that no run filed."""

    def is_loose(name: str) -> bool:
        other = moves[name]
        return name not in lock.shots and other not in moves and lock.shots[other].current is not None

    follower = {other: name for name, other in moves.items()}
    loose = list(filter(is_loose, moves))
    while loose:
        name = loose.pop()
        del moves[name]
        after = follower.get(name)  # what followed it has lost its chain
        if after in moves and is_loose(after):
            loose.append(after)
    return moves


def _last_requests(entry: ShotEntry) -> set[str]:
    """The request that a shot was last run with; those of its takes where no run filed any, only a collect."""
    asked = entry.asked or entry.current
    return {take.fingerprint for take in entry.takes.values() if not take.gone} if asked is None else {asked}


def _is_on_record(request: ShotRequest) -> bool:
    """Whether a shot had this request before: the lock has it as current, picked, wished or rendered."""
    entry = request.entry
    known = {entry.current, entry.asked, *entry.picks, *entry.rival_picks, *entry.wishes}
    return not known.isdisjoint(request.keys) or any(take.fingerprint in request.cores for take in entry.takes.values())
