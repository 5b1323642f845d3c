"""From an edit to its segments: which clips, how trimmed, how joined, in what shape. Pure but for where files are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from wanflow import timebase
from wanflow.errors import MediaFault
from wanflow.graph.node import CutVertex
from wanflow.language import cut_checks, timeline
from wanflow.language.production import CutShape, TitleCard
from wanflow.language.timeline import PlacedClip, TimelineSpan
from wanflow.media.picture.segment import Card, JoinRecipe, Recipe, SegmentRecipe
from wanflow.media.text.caption_layout import Caption, within
from wanflow.planner import cut
from wanflow.planner.cut import Edit, EditItem
from wanflow.runner.run_state import RunState
from wanflow.store.take import Film

DEFAULT_SIZE = (1280, 720)


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of a cut: what it is made from, and whose clips; `before` where it is a transition between two.

    `begin` is its first frame in the film.
    """

    recipe: Recipe
    begin: int
    item: EditItem
    before: EditItem | None = None


@dataclass(frozen=True, slots=True)
class CutLayout:
    """An edit on its timeline: clips, and the segments that they are made into."""

    edit: Edit
    rate: Fraction
    clips: tuple[PlacedClip, ...]
    segments: tuple[Segment, ...]

    @property
    def frames(self) -> int:
        """How long the film is."""
        return timeline.total_frames(self.clips)

    @property
    def items(self) -> tuple[EditItem, ...]:
        """The item of each clip."""
        return tuple(self.edit.items[clip.item] for clip in self.clips)


def edit_of(vertex: CutVertex, run_state: RunState) -> Edit:
    """A cut with what there is of its clips by now."""
    production = run_state.plan.graph.production
    return cut.arrange(vertex.cut, run_state.inputs(vertex), production.shots, production.backend)


def frame_rate(of: Edit) -> Fraction:
    """The rate of a cut: its own, else that of its first item which is a video (format.md, Cuts)."""
    first = _first_film(of)
    return of.cut.shape.rate or (first.rate if first is not None else timebase.NOMINAL_RATE)


def place_items(of: Edit, rate: Fraction) -> tuple[PlacedClip, ...]:
    """The items of a cut on a timeline; raises MediaFault where the real clips don't fit it."""
    try:
        return timeline.place([_placed(item, rate) for item in of.items], rate)
    except timeline.TransitionsOverlap as crowded:
        raise MediaFault(str(crowded), hint="make a transition shorter, or the item longer") from crowded
    except timeline.TrimOutsideClip as outside:
        raise MediaFault(str(outside), hint="change `in` or `out` of the item") from outside


def lay_out(of: Edit, clips: tuple[PlacedClip, ...], rate: Fraction, captions: tuple[Caption, ...] = ()) -> CutLayout:
    """An edit whose clips are placed, with its segments; `captions` are burned in, their frames the film's."""
    shape = CutShape(of.cut.shape.size or _even(_first_film(of)), rate, of.cut.shape.fit)
    return CutLayout(of, rate, clips, tuple(_segments(of, clips, shape, captions)))


def _segments(
    of: Edit, clips: tuple[PlacedClip, ...], shape: CutShape, captions: tuple[Caption, ...]
) -> Iterator[Segment]:
    for stretch in timeline.stretches(clips):
        shown = within(captions, stretch.begin, stretch.frames)
        clip = clips[stretch.clip]
        item = of.items[clip.item]
        own = _recipe(of, clip, stretch.offset, stretch, shape, worded=bool(shown))
        if stretch.transition == timeline.CUT:
            yield Segment(replace(own, captions=shown), stretch.begin, item)
            continue
        earlier = None if stretch.before is None else clips[stretch.before]
        before = None if earlier is None else _recipe(of, earlier, stretch.before_offset, stretch, shape)
        joined = JoinRecipe(stretch.transition, before, own, shown)
        yield Segment(joined, stretch.begin, item, None if earlier is None else of.items[earlier.item])


def _recipe(
    of: Edit, clip: PlacedClip, skip: int, stretch: TimelineSpan, shape: CutShape, *, worded: bool = False
) -> SegmentRecipe:
    """What of a clip is seen in a stretch; `worded` where captions are drawn over it."""
    item = of.items[clip.item]
    width, height = shape.size or DEFAULT_SIZE
    return SegmentRecipe(
        source=item.digest or "",
        first=clip.first,
        count=clip.count,
        frames=stretch.frames,
        width=width,
        height=height,
        rate=shape.rate or timebase.NOMINAL_RATE,
        slate=item.slate,
        fit=shape.fit,
        skip=skip if item.film is not None else 0,  # a picture is the same at any moment
        opens=stretch.opens,
        closes=stretch.closes,
        card=_card(item),
        profile=of.cut.finish.profile,
        fonts=_fonts(of, drawn=bool(worded or item.slate or isinstance(item.item.source, TitleCard))),
    )


def _fonts(of: Edit, *, drawn: bool) -> tuple[str, ...]:
    """The fonts of a segment with words in it, each with its size, so that another one draws them again."""
    return tuple(f"{path} {size}" for path, size in of.cut.finish.fonts) if drawn else ()


def _card(item: EditItem) -> Card | None:
    if isinstance(item.item.source, TitleCard):
        return Card(item.item.source.text, item.item.source.background)
    return None if item.item.seconds is None else Card()


def _placed(item: EditItem, rate: Fraction) -> timeline.TimelineItem:
    made, joined = item.item, item.item.transition
    kind, seconds = (joined.kind, joined.seconds) if joined is not None else (timeline.CUT, Decimal(0))
    if made.seconds is not None:
        return timeline.TimelineItem(made.name, cut_checks.standing(made, rate), rate, transition=kind, seconds=seconds)
    if item.film is None or item.film.frames == 0:
        raise MediaFault(f"`{made.name}` is no video and can't stand in a cut without a `duration`")
    film = item.film
    return timeline.TimelineItem(
        made.name, film.frames, film.rate, made.start, made.stop, item.continued_at, False, kind, seconds
    )


def _first_film(of: Edit) -> Film | None:
    return next((item.film for item in of.items if item.film is not None and item.film.width), None)


def _even(film: Film | None) -> tuple[int, int]:
    if film is None:
        return DEFAULT_SIZE
    return film.width // 2 * 2, film.height // 2 * 2
