"""A cut as editors speak of it: which frames of which file play when, and where each of them comes from."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from wanflow.errors import UnknownTarget, did_you_mean
from wanflow.graph.node import CutVertex, ShotVertex, cut_id
from wanflow.planner.edit import EditItem
from wanflow.planner.steps import Plan
from wanflow.runner.cutting import frame_rate, items_of, place_items
from wanflow.runner.stage import Stage
from wanflow.spec.production import Shot
from wanflow.store.take import Take


@dataclass(frozen=True, slots=True)
class Event:
    """One clip of a cut. `first` and `count` are frames of its file, which has `frames` of them at `rate`.

    `begin` and `length` are frames of the cut. `file` is relative to the production's folder. `take` and what follows
    it are None for a file that somebody brought.
    """

    name: str
    file: str
    first: int
    count: int
    frames: int
    rate: Fraction
    begin: int
    length: int
    digest: str
    sound: bool
    shot: Shot | None = None
    number: int | None = None
    take: Take | None = None


@dataclass(frozen=True, slots=True)
class EditList:
    """A cut at its frame rate."""

    cut: str
    title: str
    rate: Fraction
    events: tuple[Event, ...]

    @property
    def frames(self) -> int:
        """How long the cut is."""
        return sum(event.length for event in self.events)


def edit_list(plan: Plan, cut: str) -> EditList:
    """A cut of a plan's production as it would be assembled now.

    Raises UnknownTarget for a cut that isn't there, or one of whose takes is not rendered yet, MediaFault where an `in`
    or `out` lies beyond a clip.
    """
    production = plan.graph.production
    if cut not in production.cuts:
        hint = did_you_mean(cut, production.cuts) or f"cuts here: {', '.join(production.cuts) or 'none'}"
        raise UnknownTarget(f"no cut is called `{cut}`", hint=hint)
    vertex = plan.graph.vertex(cut_id(cut))
    if not isinstance(vertex, CutVertex):
        raise TypeError(f"not a cut: {cut}")
    items = items_of(vertex, Stage(plan, plan.inventory))
    missing = [item.vertex for item in items if item.digest is None]
    if missing:
        raise UnknownTarget(f"`{missing[0]}` is not rendered yet", hint="`wanflow run` first")
    rate = frame_rate(items, vertex.cut.shape)
    events = tuple(
        _event(plan, items[clip.item], (clip.first, clip.count, clip.begin, clip.length))
        for clip in place_items(items, rate)
    )
    return EditList(cut, production.title or cut, rate, events)


def _event(plan: Plan, item: EditItem, span: tuple[int, int, int, int]) -> Event:
    first, count, begin, length = span
    film, digest = item.film, item.digest
    if film is None or digest is None:
        raise TypeError(f"nothing to show of {item.vertex}")
    sound = film.samples > 0
    vertex = plan.graph.vertex(item.vertex)
    if not isinstance(vertex, ShotVertex):
        path = item.vertex.removeprefix("asset:")
        return Event(path, path, first, count, film.frames, film.rate, begin, length, digest, sound)
    entry = plan.inventory.lock.shots[item.vertex]
    number = entry.numbers[digest]
    name = f"{item.vertex}.t{number}"
    file = f"{plan.graph.production.out}/shots/{name}.mp4"
    known = (vertex.shot, number, entry.takes[digest])
    return Event(name, file, first, count, film.frames, film.rate, begin, length, digest, sound, *known)
