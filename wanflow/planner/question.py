"""A shot's request as a question to lock and store: which takes answer it, which are wanted."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace

from wanflow.digest import Canonical
from wanflow.graph import recipe as recipes
from wanflow.planner.supply import Supply
from wanflow.spec.production import Shot
from wanflow.store.inventory import Inventory
from wanflow.store.lock import ShotEntry
from wanflow.store.take import Recipe, Take


@dataclass(frozen=True, slots=True)
class Former:
    """The name that a shot had before it was renamed, and what the lock says of that name."""

    name: str
    entry: ShotEntry


@dataclass(frozen=True, slots=True)
class Question:
    """One shot's request, with its inputs as far as they are known.

    `core` is the recipe's fingerprint; it is final only where `known`, otherwise it stands for what the request
    will be, so that two shots that will ask the same can be told. `request` is what the lock files picks under.
    `former` is the name that the shot had before, and what the lock says of it, while nothing is on record under the
    new one: takes, picks and wishes go with the shot.
    """

    shot: Shot
    recipe: Mapping[str, Canonical]
    core: str
    known: bool
    entry: ShotEntry
    former: Former | None = None

    @property
    def request(self) -> str:
        """The key of this request in the lock."""
        return recipes.request_key(self.core, self.shot.seed)

    @property
    def wanted(self) -> int:
        """How many takes are asked for: `takes:`, or more where somebody wished for more."""
        entries = (self.entry, self.former.entry) if self.former is not None else (self.entry,)
        return max(self.shot.takes, *(entry.wishes.get(self.request, 0) for entry in entries))

    def seed(self, ordinal: int) -> int:
        """The seed of the take at `ordinal`, from 0."""
        return recipes.seed_of(self.core, self.shot.seed, ordinal)

    def answers(self, take: Take) -> bool:
        """Whether a take answers this request: same recipe, and a seed that the request counts through.

        A take beyond `takes:` still answers, so that asking for fewer loses no pick; a clip made elsewhere, without
        a seed, answers the request it was filed under.
        """
        if take.fingerprint != self.core or take.gone:
            return False
        reach = max(self.wanted, len(self.entry.takes))
        return take.seed is None or take.seed in {self.seed(ordinal) for ordinal in range(reach)}

    @property
    def clips(self) -> tuple[Take, ...]:
        """The clips made elsewhere that answer this request, oldest first."""
        entry = self.former.entry if self.former is not None else self.entry
        found = [take for take in entry.takes.values() if take.seed is None and self.answers(take)]
        return tuple(sorted(found, key=lambda take: entry.numbers[take.digest]))

    @property
    def pick(self) -> Take | None:
        """The take that somebody picked for this request, also under the shot's former name; None where nobody did."""
        entry = self.entry
        if self.request not in entry.picks and self.former is not None:
            entry = self.former.entry
        pick = entry.takes.get(entry.picks.get(self.request, ""))
        return pick if pick is not None and self.answers(pick) else None

    def number(self, take: Take) -> int | None:
        """The running number of a take, also of one under the shot's former name; None for another shot's."""
        known = self.entry.numbers.get(take.digest)
        return known or (self.former.entry.numbers.get(take.digest) if self.former is not None else None)

    def picked(self) -> Take | None:
        """The take that dependents use: the picked one of this request, else its lowest-numbered one (law 6)."""
        if self.pick is not None:
            return self.pick
        answering = [take for take in self.entry.takes.values() if self.answers(take)]
        return min(answering, key=lambda take: self.entry.numbers[take.digest], default=None)


def ask(
    shot: Shot, backend: str, supplies: Mapping[str, Supply], inventory: Inventory, shots: Container[str]
) -> Question:
    """The question of a shot, given what its media slots are supplied with; `shots` are the production's names."""
    made_from = recipes.recipe(shot, backend, {slot: supply.identity for slot, supply in supplies.items()})
    known = all(supply.known for supply in supplies.values())
    entry = inventory.lock.shots.get(shot.name, ShotEntry())
    question = Question(shot, made_from, recipes.fingerprint(made_from), known, entry)
    if shot.name in inventory.on_record:
        return question
    return replace(question, former=_former(question.request, inventory, shots))


def _former(request: str, inventory: Inventory, shots: Container[str]) -> Former | None:
    """A shot that is gone, and last asked what a new one asks now: it was renamed, or moved to another scene."""
    names = (name for name in inventory.last_asked_by.get(request, ()) if name not in shots)
    name = next(names, None)
    return None if name is None else Former(name, inventory.lock.shots[name])


def is_settled(recipe: Canonical) -> bool:
    """Whether a request is fully known, with nothing in it that is only promised."""
    if isinstance(recipe, Mapping):
        return not recipes.is_promise(recipe) and all(map(is_settled, recipe.values()))
    return all(map(is_settled, recipe)) if isinstance(recipe, list | tuple) else True


def last_request(inventory: Inventory, shot: str) -> Recipe:
    """The recipe that a shot was last run with; None where it never was."""
    entry = inventory.lock.shots.get(shot)
    if entry is None or entry.current is None:
        return None
    core = entry.current.partition("+")[0]
    return entry.recipes.get(core) or inventory.recipes.get(core)


def answered_before(question: Question, inventory: Inventory) -> bool:
    """Whether some take answers this request as far as it is known, its promised inputs left open."""
    return any(_alike(question.recipe, known) for known in _known_recipes(question, inventory))


def _known_recipes(question: Question, inventory: Inventory) -> Iterator[Recipe]:
    yield from (inventory.recipes[core] for core in inventory.takes if core in inventory.recipes)
    yield from (question.entry.recipes.get(take.fingerprint) for take in question.entry.takes.values())


def _alike(promised: Canonical, known: Canonical) -> bool:
    if recipes.is_promise(promised):
        return known is not None
    if isinstance(promised, Mapping) and isinstance(known, Mapping):
        return promised.keys() == known.keys() and all(_alike(promised[key], known[key]) for key in promised)
    if isinstance(promised, list | tuple) and isinstance(known, list | tuple):
        return len(promised) == len(known) and all(map(_alike, promised, known))
    return promised == known
