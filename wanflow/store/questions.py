"""What was asked before: tasks, submissions and endings by request and seed, recipes by their prompts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

from wanflow.digest import Canonical
from wanflow.graph.recipe import is_placeholder
from wanflow.store.attempt import Attempt, Ending, OpenTask
from wanflow.store.take import Recipe, Take

Question = tuple[str, int]
"""The fingerprint of a request and a seed: what is asked for one take."""


class AskedBefore:
    """The open tasks, submissions of unknown fate, endings and lost tasks of an inventory, each by its question."""

    def __init__(
        self,
        open_tasks: Sequence[OpenTask],
        unknown_fate: Sequence[Attempt],
        endings: Sequence[Ending],
        lost: Sequence[OpenTask],
        forgotten: Sequence[OpenTask],
    ) -> None:
        self._sources = (open_tasks, unknown_fate, endings, lost, forgotten)
        self.open: defaultdict[Question, list[OpenTask]] = defaultdict(list)
        self.unknown: defaultdict[Question, list[Attempt]] = defaultdict(list)
        self.endings: defaultdict[Question, list[Ending]] = defaultdict(list)
        self.lost: defaultdict[Question, list[OpenTask]] = defaultdict(list)
        self.open_of_shot: defaultdict[str, list[OpenTask]] = defaultdict(list)
        for task in open_tasks:
            self.open[question_of(task.attempt)].append(task)
            self.open_of_shot[task.attempt.shot].append(task)
        for attempt in unknown_fate:
            self.unknown[question_of(attempt)].append(attempt)
        for ending in endings:
            self.endings[question_of(ending.attempt)].append(ending)
        for task in (*lost, *forgotten):
            self.lost[question_of(task.attempt)].append(task)

    def is_of(self, *sources: object) -> bool:
        """Whether it was made from these very values."""
        return all(mine is given for mine, given in zip(self._sources, sources, strict=True))


def question_of(attempt: Attempt) -> Question:
    """The question that an attempt asked."""
    return attempt.fingerprint, attempt.seed


class KnownRecipes:
    """The recipes from which takes were made, found by a request whose inputs are partly promised only.

    They are kept by prompt, and compared without what the request leaves open.
    """

    def __init__(self, takes: Mapping[str, Sequence[Take]], recipes: Mapping[str, Recipe]) -> None:
        self._sources = (takes, recipes)
        self._by_prompt: defaultdict[str, list[Recipe]] = defaultdict(list)
        self._compared: dict[tuple[str, tuple[RecipePath, ...]], frozenset[Hashable]] = {}
        for core in takes:
            recipe = recipes.get(core)
            if isinstance(recipe, Mapping):
                self._by_prompt[str(recipe.get("prompt"))].append(recipe)

    def is_of(self, takes: Mapping[str, Sequence[Take]], recipes: Mapping[str, Recipe]) -> bool:
        """Whether it was made from these very values."""
        return self._sources[0] is takes and self._sources[1] is recipes

    def has(self, promised: Mapping[str, Canonical]) -> bool:
        """Whether a recipe is the same as this one, its promised inputs left open."""
        prompt = str(promised.get("prompt"))
        if prompt not in self._by_prompt:
            return False
        open_places = tuple(_promised(promised))
        known = self._compared.get((prompt, open_places))
        if known is None:
            known = frozenset(_without(recipe, open_places) for recipe in self._by_prompt[prompt])
            self._compared[prompt, open_places] = known
        return _without(promised, open_places) in known


RecipePath = tuple[str | int, ...]


def alike(promised: Canonical, known: Canonical) -> bool:
    """Whether a recipe is the same as one that is promised in parts, these left open."""
    open_places = tuple(_promised(promised))
    return _without(promised, open_places) == _without(known, open_places)


def _promised(value: Canonical, place: RecipePath = ()) -> Iterator[RecipePath]:
    """The places in a recipe that are promised only."""
    if is_placeholder(value):
        yield place
    elif isinstance(value, Mapping):
        for key in sorted(value):
            yield from _promised(value[key], (*place, key))
    elif isinstance(value, list | tuple):
        for at, item in enumerate(value):
            yield from _promised(item, (*place, at))


def _without(value: Canonical, open_places: Sequence[RecipePath], place: RecipePath = ()) -> Hashable:
    """A value that equals another one without the open places; a place that has nothing equals none that is open."""
    if place in open_places:
        return ("open", value is not None)
    if isinstance(value, Mapping):
        items = ((key, _without(value[key], open_places, (*place, key))) for key in sorted(value))
        return ("mapping", *items)
    if isinstance(value, list | tuple):
        return ("list", *(_without(item, open_places, (*place, at)) for at, item in enumerate(value)))
    return value
