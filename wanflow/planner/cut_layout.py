"""From an edit to its segments: which clips, how trimmed, how joined, in what shape."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from wanflow import timebase
from wanflow.errors import MediaFault
from wanflow.language import timeline
from wanflow.language.production import Cut, CutItem, CutShape, TitleCard, TransitionKind
from wanflow.language.source import FileSource
from wanflow.language.timeline import PlacedClip, TimelineSpan
from wanflow.media.picture.segment import MIDDLE, Card, JoinRecipe, PartRecipe, SegmentRecipe
from wanflow.media.text.caption_layout import Caption, in_each
from wanflow.media.text.title_look import TitleFont, TitleLook, TitleOverlay, titles_within
from wanflow.messages import tr
from wanflow.planner.cut import DEFAULT_SIZE, Edit, EditItem, film_size, films_of
from wanflow.records import immutable

MOST_CAPTIONS = 400
"""Maximum captions that begin in one segment: each is a picture among the arguments of ffmpeg, which are limited."""


@immutable
class Segment:
    """A segment of a cut: what it is made from, and whose clips; `before` where it is a transition between two.

    `begin` is its first frame in the film.
    """

    recipe: PartRecipe
    begin: int
    item: EditItem
    before: EditItem | None = None


@immutable
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


def frame_rate(edit: Edit) -> Fraction:
    """The rate of a cut: its own, else the one that its videos give it (format.md, Cuts)."""
    return edit.cut.shape.rate or timeline.film_rate([(film.rate, film.pace) for film in films_of(edit)])


def place_items(edit: Edit, rate: Fraction) -> tuple[PlacedClip, ...]:
    """The items of a cut on a timeline; raises MediaFault where the real clips don't fit it."""
    try:
        return timeline.place([_timeline_item(item, rate) for item in edit.items], rate)
    except timeline.TransitionsOverlap as overlap:
        raise MediaFault(str(overlap), hint=tr("make a transition shorter, or the item longer")) from overlap
    except timeline.TrimOutsideClip as outside:
        raise MediaFault(str(outside), hint=tr("change `in` or `out` of the item")) from outside


def notice_caption(cut: Cut, frames: int, rate: Fraction) -> Caption | None:
    """The words over the opening of a film of this length; None where a cut has none."""
    notice = cut.finish.notice
    if notice is None:
        return None
    return Caption(notice.text, 0, min(frames, timebase.to_frames(notice.seconds, rate)), "top", notice.height)


def lay_out(edit: Edit, clips: tuple[PlacedClip, ...], rate: Fraction, captions: tuple[Caption, ...] = ()) -> CutLayout:
    """An edit whose clips are placed, with its segments; `captions` are burned in, their frames the film's."""
    shape = CutShape(film_size(edit), rate, edit.cut.shape.fit)
    return CutLayout(edit, rate, clips, tuple(_segments(edit, clips, shape, captions)))


def _segments(
    edit: Edit, clips: tuple[PlacedClip, ...], shape: CutShape, captions: tuple[Caption, ...]
) -> Iterator[Segment]:
    titles = _overlays(edit, clips, shape.rate or timebase.NOMINAL_RATE)
    stretches = tuple(_with_few_captions(timeline.stretches(clips), captions))
    captioned = in_each(captions, ((stretch.begin, stretch.frames) for stretch in stretches))
    for stretch, shown in zip(stretches, captioned, strict=True):
        near = [*titles.get(-1 if stretch.before is None else stretch.before, ()), *titles.get(stretch.clip, ())]
        over = titles_within(near, stretch.begin, stretch.frames)
        clip = clips[stretch.clip]
        item = edit.items[clip.item]
        own = _recipe(edit, clip, stretch.offset, stretch, shape, captioned=bool(shown or over))
        if stretch.transition is TransitionKind.CUT:
            yield Segment(replace(own, captions=shown, titles=over), stretch.begin, item)
            continue
        earlier = None if stretch.before is None else clips[stretch.before]
        before = None if earlier is None else _recipe(edit, earlier, stretch.before_offset, stretch, shape)
        joined = JoinRecipe(stretch.transition, before, own, shown, over)
        yield Segment(joined, stretch.begin, item, None if earlier is None else edit.items[earlier.item])


def _with_few_captions(stretches: Iterable[TimelineSpan], captions: tuple[Caption, ...]) -> Iterator[TimelineSpan]:
    """Stretches of a film, of which a body with too many captions is divided where a caption begins."""
    begins = sorted(caption.first for caption in captions)
    for stretch in stretches:
        end = stretch.begin + stretch.frames
        inside = begins[bisect_right(begins, stretch.begin) : bisect_left(begins, end)]
        if stretch.transition is not TransitionKind.CUT or len(inside) < MOST_CAPTIONS:
            yield stretch
            continue
        edges = [stretch.begin, *dict.fromkeys(inside[MOST_CAPTIONS - 1 :: MOST_CAPTIONS]), end]
        for first, after in pairwise(edges):
            yield replace(
                stretch,
                begin=first,
                frames=after - first,
                offset=stretch.offset + first - stretch.begin,
                opens=stretch.opens and first == stretch.begin,
                closes=stretch.closes and after == end,
            )


def _recipe(
    edit: Edit, clip: PlacedClip, skip: int, stretch: TimelineSpan, shape: CutShape, *, captioned: bool = False
) -> SegmentRecipe:
    """What of a clip is seen in a stretch; `captioned` where captions are drawn over it."""
    item, made = edit.items[clip.item], edit.items[clip.item].item
    width, height = shape.size or DEFAULT_SIZE
    card = None if made.seconds is None else Card()
    if isinstance(made.source, TitleCard):
        card = Card(made.source.text, made.source.background, _look(edit, made.source, clip.length, shape.rate))
    drawn = captioned or item.slate or isinstance(made.source, TitleCard)
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
        # a title that does not fade is the same at any moment
        skip=0 if isinstance(made.source, TitleCard) and card is not None and not card.look.fade else skip,
        opens=stretch.opens,
        closes=stretch.closes,
        card=card,
        profile=edit.cut.finish.profile,
        # a font is named with its size, so that another one draws the words again
        fonts=tuple(f"{path} {size}" for path, size in edit.cut.finish.fonts) if drawn else (),
        language=edit.cut.finish.language,
        missing=edit.missing,
        speed=clip.speed,
        heard=made.keep_sound,
        played=clip.played if clip.held and skip + stretch.frames >= clip.played else None,
        focus=made.focus or MIDDLE,
    )


def _overlays(edit: Edit, clips: tuple[PlacedClip, ...], rate: Fraction) -> dict[int, list[TitleOverlay]]:
    """The titles over each clip, in frames of the film. Raises MediaFault."""
    found = dict[int, list[TitleOverlay]]()
    for position, clip in enumerate(clips):
        for title, first, length in place_titles(edit.items[clip.item].item, clip, rate):
            overlay = TitleOverlay(title.text, _look(edit, title, length, rate), first, first + length, length)
            found.setdefault(position, []).append(overlay)
    return found


def place_titles(item: CutItem, clip: PlacedClip, rate: Fraction) -> Iterator[tuple[TitleCard, int, int]]:
    """The titles over a clip, each with its first frame in the film and its length in frames.

    Raises MediaFault for one that begins after the end of its item.
    """
    for over in item.over:
        try:
            first, end = timeline.title_frames(clip, item, over, rate)
        except timeline.TitleOutsideItem as outside:
            raise MediaFault(f"{over.place}: {outside}", hint=tr("make `at` smaller")) from outside
        yield over.title, first, end - first


def _look(edit: Edit, title: TitleCard, length: int, rate: Fraction | None) -> TitleLook:
    """How a title of `length` frames looks; of two fades each takes half of it at most."""
    font = None
    if isinstance(title.font, FileSource):
        font = TitleFont(title.font.path, is_file=True, identity=edit.title_fonts[title.font.path] or "")
    elif title.font is not None:
        font = TitleFont(title.font, is_file=False, identity=edit.families.get(title.font, ""))
    fade = min(timebase.to_frames(title.fade, rate or timebase.NOMINAL_RATE), length // 2)
    return TitleLook(font, title.color, title.size, title.position, fade)


def _timeline_item(item: EditItem, rate: Fraction) -> timeline.TimelineItem:
    clip = None if item.film is None or item.film.frames == 0 else (item.film.frames, item.film.rate)
    placed = timeline.timeline_item(item.item, clip, item.continued_at, rate)
    if placed is None:
        raise MediaFault(tr("`{name}` is not a video: it needs a `duration` in a cut", name=item.name))
    return replace(placed, name=item.name)
