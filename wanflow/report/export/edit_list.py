"""A cut as editors speak of it: which frames of which file play when, and where each of them comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from wanflow.errors import UnknownTarget
from wanflow.graph.node import CutVertex, ShotVertex, asset_name, cut_id
from wanflow.language.production import Shot, TransitionKind
from wanflow.language.timeline import PlacedClip
from wanflow.planner.cut import EditItem, arrange
from wanflow.planner.cut_layout import frame_rate, place_items
from wanflow.planner.inputs import inputs_of, outputs_of
from wanflow.planner.plan import Plan
from wanflow.report.text.words import printable
from wanflow.store.take import Take
from wanflow.store.take_names import take_file, take_node
from wanflow.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class EditEvent:
    """One clip of a cut. `first` and `count` are frames of its file, which has `frames` of them at `rate`.

    `begin` and `length` are frames of the cut; of them the first `lead` are a `transition` from the event before, or
    from black. `file` is relative to the production's folder, None for a title; `still`: it is a picture. `take` and
    what follows it are None for a file that somebody brought.
    """

    name: str
    file: str | None
    first: int
    count: int
    frames: int
    rate: Fraction
    begin: int
    length: int
    lead: int
    transition: TransitionKind
    digest: str
    sound: bool
    still: bool = False
    shot: Shot | None = None
    number: int | None = None
    take: Take | None = None


@dataclass(frozen=True, slots=True)
class EditList:
    """A cut at its frame rate."""

    cut: str
    title: str
    rate: Fraction
    events: tuple[EditEvent, ...]

    @property
    def frames(self) -> int:
        """How long the cut is."""
        return max((event.begin + event.length for event in self.events), default=0)


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
    inputs = inputs_of(vertex, outputs_of(plan, plan.inventory), plan.graph)
    edit = arrange(vertex.cut, inputs, production.shots, production.provider)
    missing = [item.vertex for item in edit.items if item.digest is None]
    if missing:
        raise UnknownTarget(f"`{missing[0]}` is not rendered yet", hint="`wanflow run` first")
    rate = frame_rate(edit)
    events = tuple(_event(plan, edit.items[clip.item], clip, rate) for clip in place_items(edit, rate))
    return EditList(cut, production.title or cut, rate, events)


def _event(plan: Plan, item: EditItem, clip: PlacedClip, rate: Fraction) -> EditEvent:
    film = item.film
    event = EditEvent(
        name=item.item.name,
        file=None if item.vertex is None else asset_name(item.vertex),
        first=clip.first,
        count=clip.count,
        frames=clip.count if film is None else film.frames,
        rate=rate if film is None else film.rate,
        begin=clip.begin,
        length=clip.length,
        lead=clip.lead,
        transition=clip.transition,
        digest=item.digest or "",
        sound=film is not None and film.samples > 0,
        still=film is None,
    )
    vertex = None if item.vertex is None else plan.graph.vertex(item.vertex)
    if not isinstance(vertex, ShotVertex) or item.digest is None:
        return event
    entry = plan.inventory.lock.shots[vertex.id]
    number = entry.numbers[item.digest]
    name, take = take_node(vertex.id, number), entry.takes[item.digest]
    file = take_file(plan.graph.production.out, vertex.id, number, take.suffix)
    return replace(event, name=name, file=file, shot=vertex.shot, number=number, take=take)


def to_srt(cut: EditList) -> str:
    """One entry a clip, from its first frame to its last: its name, and its prompt as it was written."""
    entries = []
    for number, event in enumerate(cut.events, 1):
        following = cut.events[number].begin if number < len(cut.events) else cut.frames
        begin, end = (_time(frames / cut.rate) for frames in (event.begin, following))
        words = printable(event.shot.written) if event.shot is not None else ""
        entries.append(f"{number}\n{begin} --> {end}\n{printable(event.name)}\n{words}".rstrip() + "\n")
    return "\n".join(entries)


def _time(seconds: Fraction) -> str:
    """`00:01:02,500`."""
    thousandths = round(seconds * 1000)
    whole, rest = divmod(thousandths, 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d},{rest:03d}"
