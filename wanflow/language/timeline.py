"""Clips on a timeline: which frames of which item play when, and where two play at once. Pure, in whole frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from wanflow import timebase
from wanflow.catalog.model import Role
from wanflow.language.production import CutItem, OverTitle, Shot, TransitionKind
from wanflow.language.source import FileSource, Frame, Head, PieceOutside, ShotSource, Source, Span, Tail, frame_span
from wanflow.messages import tr
from wanflow.records import immutable

SLOWEST_FILM = 10
"""Minimum frames per second of a video that gives its rate to a film."""
COUNTED = (1, 2, 1001)
"""Denominators of the rates in which recorders and editors count."""
DRIFT = 5_000
"""Frames within which 30 and 30000/1001 frames per second are told apart."""


class TimelineError(ValueError):
    """Items that cannot be placed; the text says why, `item` is the position of the wrong one."""

    def __init__(self, item: int, message: str) -> None:
        super().__init__(message)
        self.item = item


class TrimOutsideClip(TimelineError):
    """An `in` or an `out` beyond the end of its clip."""


class TitleOutsideItem(TimelineError):
    """A title that would begin after the end of the item that it lies over."""


class TransitionsOverlap(TimelineError):
    """Transitions that are longer than an item that they join; `item` is the one that the later of them leads to."""


@immutable
class TimelineItem:
    """One item of a cut before it is placed.

    `frames` and `rate` are of the whole clip. `start` and `stop` are the author's `in` and `out`, seconds into the
    clip. `continued_at` is the frame of this clip at which the piece begins that the *next* item continues, 0 where
    it continues the whole clip, None where this clip stays whole (see `takeover`). `transition` joins this item to the
    one before it and takes `seconds`. The clip plays `speed` times as fast; then its last frame is held for `freeze`
    seconds. `name` is for messages.
    """

    name: str
    frames: int
    rate: Fraction
    start: Decimal | None = None
    stop: Decimal | None = None
    continued_at: int | None = None
    transition: TransitionKind = TransitionKind.CUT
    seconds: Decimal = Decimal(0)
    speed: Decimal = Decimal(1)
    freeze: Decimal = Decimal(0)


@immutable
class PlacedClip:
    """A part of an item's clip, placed.

    `item` is the item's position in the cut. `first` and `count` are frames of the clip at its own `source_rate`;
    `begin` and `length` are frames of the timeline at its `rate`. `lead` of them, at its start, are those of its
    `transition`: the clip before plays on through them, or nothing where this is the first. The clip plays `speed`
    times as fast, and in the last `held` frames of its `length` its last frame is held, in silence.
    """

    item: int
    first: int
    count: int
    begin: int
    length: int
    lead: int = 0
    transition: TransitionKind = TransitionKind.CUT
    speed: Fraction = Fraction(1)
    held: int = 0
    source_rate: Fraction = timebase.NOMINAL_RATE
    rate: Fraction = timebase.NOMINAL_RATE

    @property
    def played(self) -> int:
        """The frames of the timeline in which it moves; its last frame is held after them."""
        return self.length - self.held

    def film_frame_of(self, seconds: Decimal | Fraction) -> int | None:
        """The frame of the film at which a second of the clip is shown; None where it is not.

        While a transition lasts, the clip before is shown as well.
        """
        frame = self._film_frame(seconds)
        inside = self.first <= Fraction(seconds) * self.source_rate < self.first + self.count
        return min(frame, self.begin + self.played - 1) if inside else None

    def film_span(self, start: Decimal | Fraction, stop: Decimal | Fraction) -> tuple[int, int] | None:
        """First frame and end (excluded) of what is shown between two seconds of the clip; None for nothing.

        What is trimmed away or taken over by a continuation is not shown. A held last frame belongs to no second.
        """
        begin = max(self.begin, self._film_frame(start))
        end = min(self.begin + self.played, self._film_frame(stop))
        return (begin, end) if begin < end else None

    def source_seconds_at(self, frame: int) -> Fraction:
        """The second of the clip that a frame of the film shows; in the held part that of its last frame."""
        moved = self.first + (frame - self.begin) * self.speed * self.source_rate / self.rate
        return min(moved, Fraction(self.first + self.count - 1)) / self.source_rate

    def _film_frame(self, seconds: Decimal | Fraction) -> int:
        since = Fraction(seconds) - self.first / self.source_rate
        return self.begin + timebase.to_frames(since / self.speed, self.rate)


@immutable
class TimelineSpan:
    """A part of the film that is made by itself: the body of a clip, or the transition between two.

    `clip` and `before` are positions on the timeline, `before` None for a body and for a film that begins with a fade.
    `offset` and `before_offset` count the clip's frames on the timeline from its own start. `opens` and `closes`: it
    begins, it ends with a hard cut.
    """

    clip: int
    offset: int
    frames: int
    begin: int
    transition: TransitionKind = TransitionKind.CUT
    before: int | None = None
    before_offset: int = 0
    opens: bool = False
    closes: bool = False


def timeline_item(
    item: CutItem, clip: tuple[int, Fraction] | None, continued_at: int | None, rate: Fraction
) -> TimelineItem | None:
    """An item of a cut as a timeline of `rate` takes it; None where its length isn't known.

    `clip` are the frames of its clip and their rate; a still or a title has a length of its own, at least one frame.
    """
    kind, seconds = (
        (TransitionKind.CUT, Decimal(0)) if item.transition is None else (item.transition.kind, item.transition.seconds)
    )
    if item.seconds is not None:
        shown = max(1, timebase.to_frames(item.seconds, rate))
        return TimelineItem(item.name, shown, rate, transition=kind, seconds=seconds)
    if clip is None:
        return None
    played = (item.speed, item.freeze or Decimal(0))
    return TimelineItem(item.name, *clip, item.start, item.stop, continued_at, kind, seconds, *played)


def film_rate(videos: Sequence[tuple[Fraction, Fraction | None]]) -> Fraction:
    """The rate of a film by the rate and the pace of each video in it.

    It is that of the first video of constant rate that plays as a film does, else the standard rate nearest to the
    first video. A measured rate such as 29.9 is near 30, and no rate for a film.
    """
    for rate, pace in videos:
        if pace is None and rate >= SLOWEST_FILM and rate.denominator in COUNTED:
            return rate
    if not videos:
        return timebase.NOMINAL_RATE
    wanted = videos[0][1] or videos[0][0]
    near = [rate for rate in timebase.STANDARD_RATES if abs(rate - wanted) <= wanted / DRIFT]
    whole = (rate for rate in timebase.STANDARD_RATES if rate.denominator == 1)
    return near[0] if near else min(whole, key=lambda rate: abs(rate - wanted))


def takeover(
    item: CutItem, after: CutItem | None, frames: int, rate: Fraction, shots: Mapping[str, Shot]
) -> int | None:
    """The frame of `item`'s clip at which the continuation that follows it begins (format.md, Continuation).

    None where the next item continues something else, or keeps the overlap.
    """
    if after is None or after.keep_overlap or not isinstance(after.source, ShotSource):
        return None
    shot = shots.get(after.source.shot)
    if shot is None:
        return None
    for media in shot.media:
        continued = shot.rules.has_role(media.type, Role.CONTINUED)
        if continued and _same(media.source, item):
            return _first_frame(media.source, frames, rate)
    return None


def _first_frame(source: Source, frames: int, rate: Fraction) -> int | None:
    """The frame of a clip at which a source begins, 0 for the whole clip; None where its piece lies outside."""
    piece = source.piece if isinstance(source, FileSource | ShotSource) else None
    if not isinstance(piece, Tail | Head | Span | Frame):
        return 0
    try:
        return frame_span(piece, frames, rate)[0]
    except PieceOutside:
        return None  # the extract of this piece is blocked with the reason, and the cut with it


def _same(source: Source, item: CutItem) -> bool:
    match source, item.source:
        case ShotSource(one), ShotSource(other):
            return one == other
        case FileSource(one), FileSource(other):
            return one == other
        case _:
            return False


def place(items: Sequence[TimelineItem], rate: Fraction) -> tuple[PlacedClip, ...]:
    """The items one after the other on a timeline of `rate`, without what a continuation would show twice.

    An item ends where the piece begins that the next one continues (format.md, Continuation and the overlap), unless it
    has an `out`, or the next one an `in`; an item of which nothing is left is dropped, and what follows takes over its
    transition unless it has one. A length is that of the item alone, rounded to the nearest frame and at least one, so
    that an edit elsewhere changes no other segment; a held last frame is added to it. A transition is laid over the
    ends of its two items. Raises TrimOutsideClip and TransitionsOverlap.
    """
    clips: list[PlacedClip] = []
    inherited: TimelineItem | None = None
    for position, item in enumerate(items):
        first, end = span(items, position)
        joined = inherited if inherited is not None and item.transition == TransitionKind.CUT else item
        if first >= end:
            inherited = joined
            continue
        speed = Fraction(item.speed)
        held = timebase.to_frames(item.freeze, rate)
        length = max(1, timebase.to_frames((end - first) / item.rate / speed, rate)) + held
        lead = 0 if joined.transition == TransitionKind.CUT else max(1, timebase.to_frames(joined.seconds, rate))
        begin = clips[-1].begin + clips[-1].length - lead if clips else 0
        played = (speed, held, item.rate, rate)
        clips.append(PlacedClip(position, first, end - first, begin, length, lead, joined.transition, *played))
        inherited = None
    _require_room(clips, items, rate)
    return tuple(clips)


def title_frames(clip: PlacedClip, item: CutItem, over: OverTitle, rate: Fraction) -> tuple[int, int]:
    """The first frame and the end (excluded), on the timeline, of a title over a clip; it ends with the clip at last.

    Raises TitleOutsideItem.
    """
    first = timebase.to_frames(over.at, rate)
    if first >= clip.length:
        message = tr(
            "`at` {at} lies beyond the end of `{name}`, which plays for {length} s",
            at=over.at,
            name=item.name,
            length=timebase.decimal_text(timebase.to_seconds(clip.length, rate), 3),
        )
        raise TitleOutsideItem(clip.item, message)
    end = clip.length if over.seconds is None else first + max(1, timebase.to_frames(over.seconds, rate))
    return clip.begin + first, clip.begin + min(end, clip.length)


def total_frames(clips: Sequence[PlacedClip]) -> int:
    """The length of a timeline in frames."""
    return clips[-1].begin + clips[-1].length if clips else 0


def stretches(clips: Sequence[PlacedClip]) -> Iterator[TimelineSpan]:
    """The parts that a film is joined from, in order: each clip's transition where it has one, and its body.

    They depend on the clips that they show and on nothing else.
    """
    for position, clip in enumerate(clips):
        if clip.lead:
            before = position - 1 if position else None
            offset = clips[position - 1].length - clip.lead if position else 0
            first = position == 0
            yield TimelineSpan(position, 0, clip.lead, clip.begin, clip.transition, before, offset, opens=first)
        filled = clips[position + 1].lead if position + 1 < len(clips) else 0
        if body := clip.length - clip.lead - filled:
            begin = clip.begin + clip.lead
            yield TimelineSpan(position, clip.lead, body, begin, opens=clip.lead == 0, closes=filled == 0)


def span(items: Sequence[TimelineItem], position: int) -> tuple[int, int]:
    """First frame and end (excluded) of an item's clip; empty where the next item shows all that is left of it.

    Raises TrimOutsideClip.
    """
    item = items[position]
    after = items[position + 1] if position + 1 < len(items) else None
    first = 0 if item.start is None else timebase.to_frames(item.start, item.rate)
    if first >= item.frames:
        message = tr(
            "`in` {start} lies beyond the end of `{name}`, which lasts {length}",
            start=item.start,
            name=item.name,
            length=_length(item),
        )
        raise TrimOutsideClip(position, message)
    if item.stop is not None:
        return first, _explicit_end(item, first, position)
    if item.continued_at is None or after is None or after.start is not None:
        return first, item.frames
    return first, item.continued_at


def _explicit_end(item: TimelineItem, first: int, position: int) -> int:
    end = timebase.to_frames(item.stop or 0, item.rate)
    if end > item.frames:
        message = tr(
            "`out` {stop} lies beyond the end of `{name}`, which lasts {length}",
            stop=item.stop,
            name=item.name,
            length=_length(item),
        )
        raise TrimOutsideClip(position, message)
    if end <= first:
        message = tr(
            "`out` {stop} of `{name}` leaves no frame after its `in` {start}",
            stop=item.stop,
            name=item.name,
            start=item.start or 0,
        )
        raise TrimOutsideClip(position, message)
    return end


def _require_room(clips: Sequence[PlacedClip], items: Sequence[TimelineItem], rate: Fraction) -> None:
    leads = [*(clip.lead for clip in clips), 0]
    for position, clip in enumerate(clips):
        taken = clip.lead + leads[position + 1]
        if taken > clip.length:
            later = position + 1 if leads[position + 1] else position
            room, wanted = (timebase.decimal_text(timebase.to_seconds(each, rate), 3) for each in (clip.length, taken))
            message = tr(
                "`{name}` plays for {room} s, and its transitions take {wanted} s",
                name=items[clip.item].name,
                room=room,
                wanted=wanted,
            )
            raise TransitionsOverlap(clips[later].item, message)


def _length(item: TimelineItem) -> str:
    return tr(
        "{decimal} s ({frames} frames)",
        decimal=timebase.decimal_text(timebase.to_seconds(item.frames, item.rate), 3),
        frames=item.frames,
    )
