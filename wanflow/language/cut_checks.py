"""Checks of a cut before a run: its clips exist, its trims lie within them, its transitions fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import takewhile

from wanflow import timebase
from wanflow.language import timeline
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import Cut, CutItem, OverTitle, Shot, TitleCard
from wanflow.language.source import Facts, FileSource, Kind, ShotSource, Source, Unreadable
from wanflow.language.timeline import PlacedClip
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.timebase import NOMINAL_RATE
from wanflow.yamldoc.nodes import Place

NAMED = {
    Kind.IMAGE: tr("a picture"),
    Kind.VIDEO: tr("a video"),
    Kind.AUDIO: tr("a sound"),
    Kind.SUBTITLES: tr("a subtitle file"),
    Kind.DOCUMENT: tr("a document"),
    Kind.PAGE: tr("a web page"),
    Kind.FONT: tr("a font"),
}

PLAYED = ("gif", "png", "webp")
"""Formats of pictures that move; those of other formats are pages."""


@immutable
class ExpectedClip:
    """What a source will be: measured for a file, nominal for a shot; None where that is known only after a run.

    `facts` of a whole file; `sides` are the pixels of a picture or a clip, of a piece as well. `frames` at `rate` for a
    clip, `seconds` also for a sound; `silent` only where it certainly has no sound. `pace` as in `Facts`.
    """

    kind: Kind
    facts: Facts | None = None
    sides: tuple[int, int] | None = None
    frames: int | None = None
    rate: Fraction = NOMINAL_RATE
    seconds: Fraction | None = None
    silent: bool = False
    pace: Fraction | None = None


Expect = Callable[[Source], ExpectedClip | Unreadable | None]


def check_cut(cut: Cut, expect: Expect, shots: Mapping[str, Shot]) -> Iterator[Problem]:
    """All problems of a cut with what is, or will be, in it."""
    found = [_problem(item, expect) for item in cut.items]
    yield from (problem for problem in found if problem is not None)
    for item in cut.items:
        expected = None if isinstance(item.source, TitleCard) else expect(item.source)
        if isinstance(expected, ExpectedClip) and expected.facts and (words := shown_otherwise(expected.facts)):
            yield Problem(item.place, tr("`{name}` {words}", name=item.name, words=words), None, Severity.WARNING)
    for track in cut.finish.subtitles:
        if track.file is not None:
            yield from _required(expect(track.file), track.place, track.file.path, "subtitles")
    for place, source in cut.finish.title_fonts:
        yield from _required(expect(source), place, source.path, "font")
    if not any(found):
        yield from _misfits(cut, expect, shots)


def shown_otherwise(facts: Facts) -> str | None:
    """What a film shows of a file otherwise than a player does, as a message fragment; None where nothing is."""
    if facts.hdr is not None:
        return tr("is HDR ({hdr}): it is converted to BT.709", hdr=facts.hdr)
    if facts.pictures > 1 and facts.format not in PLAYED:
        return tr("has {pictures} pages: only the first one is shown", pictures=facts.pictures)
    return None


def _problem(item: CutItem, expect: Expect) -> Problem | None:
    if isinstance(item.source, TitleCard):
        return None
    expected = expect(item.source)
    if isinstance(expected, Unreadable):
        return Problem(
            item.source_place, tr("`{name}` {why}", name=item.name, why=expected.why), expected.hint_at(item.place)
        )
    if expected is None:
        return None
    if expected.kind not in {Kind.VIDEO, Kind.IMAGE}:
        return Problem(
            item.place, tr("`{name}` is {named}, not a video or a picture", name=item.name, named=NAMED[expected.kind])
        )
    if expected.kind is Kind.IMAGE and item.seconds is None:
        hint = tr("give its seconds: `duration: 2`")
        return Problem(item.place, tr("`{name}` is a picture and needs a `duration`", name=item.name), hint)
    if expected.kind is Kind.VIDEO and item.seconds is not None and isinstance(item.source, ShotSource):
        hint = tr("trim it with `in` and `out`; its own length is the shot's `duration`")
        place = item.seconds_at or item.place
        return Problem(place, tr("`{name}` makes a film, and only pictures have a `duration`", name=item.name), hint)
    if expected.kind is Kind.VIDEO and item.seconds is not None and isinstance(item.source, FileSource):
        hint = tr("trim it with `in` and `out`")
        return Problem(item.place, tr("`{name}` is a video, and only pictures have a `duration`", name=item.name), hint)
    return None


def _required(found: ExpectedClip | Unreadable | None, place: Place, path: str, role: str) -> Iterator[Problem]:
    if isinstance(found, Unreadable) and found.line is not None:
        for fault in (found, *found.others):
            yield Problem(Place(path, fault.line or 1, 1), fault.why, fault.hint)
    elif isinstance(found, Unreadable):
        yield Problem(place, tr("`{path}` {why}", path=path, why=found.why), found.hint_at(place))
    elif found is not None and role == "subtitles" and found.kind is not Kind.SUBTITLES:
        hint = tr("SRT, WebVTT and ASS are read")
        yield Problem(
            place,
            tr("`{path}` is {named}, and `subtitles` takes a subtitle file", path=path, named=NAMED[found.kind]),
            hint,
        )
    elif found is not None and role == "font" and found.kind is not Kind.FONT:
        what = NAMED[found.kind]
        yield Problem(place, tr("`{path}` is {what}, and `font` takes a font file", path=path, what=what))


def expected_length(cut: Cut, expect: Expect, shots: Mapping[str, Shot]) -> tuple[int, Fraction] | None:
    """How many frames a cut will have at which rate; None where that is known only after a run."""
    placed, rate = _timeline_items(cut, expect, shots)
    if None in placed or any(item.takes_all for item in cut.items):
        return None
    try:
        return timeline.total_frames(timeline.place([item for item in placed if item is not None], rate)), rate
    except timeline.TimelineError:
        return None  # reported already


def _misfits(cut: Cut, expect: Expect, shots: Mapping[str, Shot]) -> Iterator[Problem]:
    """Trims that lie outside of their clips, and transitions that do not fit between them."""
    cut = replace(cut, items=tuple(_expected_items(cut, shots)))
    placed, rate = _timeline_items(cut, expect, shots)
    if None not in placed:
        yield from _misfit(cut, [item for item in placed if item is not None], rate)
        return
    for at, one in enumerate(placed):  # trims can be checked where lengths are known
        if one is not None:
            yield from _misfit(cut, [one], rate, at)


def _expected_items(cut: Cut, shots: Mapping[str, Shot]) -> Iterator[CutItem]:
    """The items of a cut, one of all takes for as many as its shot asks for, but at most two: they join each other."""
    for position, item in enumerate(cut.items):
        shot = shots.get(item.source.shot) if isinstance(item.source, ShotSource) else None
        if item.takes_all and shot is not None:
            yield from item.each_take(range(1, 1 + min(2, shot.takes)), opens=position == 0)
        else:
            yield item


def _timeline_items(
    cut: Cut, expect: Expect, shots: Mapping[str, Shot]
) -> tuple[list[timeline.TimelineItem | None], Fraction]:
    """The items of a cut, None where the length of one is not known yet, and the rate of the cut."""
    clips = [None if isinstance(item.source, TitleCard) else expect(item.source) for item in cut.items]
    videos = [clip for clip in clips if isinstance(clip, ExpectedClip) and clip.kind is Kind.VIDEO]
    rate = cut.shape.rate or timeline.film_rate([(clip.rate, clip.pace) for clip in videos])
    placed: list[timeline.TimelineItem | None] = []
    for item, after, clip in zip(cut.items, (*cut.items[1:], None), clips, strict=False):
        known = (clip.frames, clip.rate) if isinstance(clip, ExpectedClip) and clip.frames else None
        # which take a continuation continues is known when planning
        whole = known is None or item.take is not None
        continued_at = None if whole or known is None else timeline.takeover(item, after, *known, shots)
        placed.append(timeline.timeline_item(item, known, continued_at, rate))
    return placed, rate


def _misfit(cut: Cut, items: list[timeline.TimelineItem], rate: Fraction, offset: int = 0) -> Iterator[Problem]:
    try:
        clips = timeline.place(items, rate)
    except timeline.TransitionsOverlap as crowded:
        item = cut.items[crowded.item + offset]
        place = item.transition.place if item.transition else item.place
        yield Problem(place, str(crowded), tr("make a transition shorter, or the item longer"))
    except timeline.TrimOutsideClip as outside:
        yield Problem(cut.items[outside.item + offset].place, str(outside))
    else:
        if items and not clips and not offset:
            yield Problem(cut.place, tr("nothing of the cut is left"))
        yield from _misplaced_titles(cut, clips, rate, offset)


def _misplaced_titles(cut: Cut, clips: Sequence[PlacedClip], rate: Fraction, offset: int) -> Iterator[Problem]:
    """Titles that begin after the end of their items, and those that are drawn over each other."""
    shown: list[tuple[int, int, str, Place | None]] = []
    for clip in clips:
        item = cut.items[clip.item + offset]
        if isinstance(item.source, TitleCard):
            shown.append((clip.begin, clip.begin + clip.length, item.source.position, None))
        for over in item.over:
            try:
                first, end = timeline.title_frames(clip, item, over, rate)
            except timeline.TitleOutsideItem as outside:
                yield Problem(over.place, str(outside), tr("make `at` smaller"))
            else:
                shown.append((first, end, over.title.position, over.place))
                yield from _shortened_fades(over, timebase.to_seconds(end - first, rate))
    yield from _titles_together(sorted(shown, key=lambda each: each[0]))


def _shortened_fades(over: OverTitle, seconds: Fraction) -> Iterator[Problem]:
    """A warning of a title whose fades take longer than it is shown."""
    if 2 * Fraction(over.title.fade) > seconds:
        message = tr(
            "two fades of {fade} s do not fit into {seconds} s, in which the title is shown: they are shortened",
            fade=over.title.fade,
            seconds=timebase.decimal_text(seconds, 3),
        )
        hint = tr("make `fade` smaller, or `at` earlier")
        yield Problem(over.place, message, hint, Severity.WARNING)


def _titles_together(shown: Sequence[tuple[int, int, str, Place | None]]) -> Iterator[Problem]:
    """Warnings of titles at one position at the same time: first frame, end and position of each, None for a card."""
    for at, (_, end, position, place) in enumerate(shown):
        others = takewhile(lambda other: other[0] < end, shown[at + 1 :])  # noqa: B023 - used at once
        # cards that join each other are meant to
        later = next((other[3] or place for other in others if other[2] == position and (other[3] or place)), None)
        if later is not None:
            message = tr("two titles are shown at `{position}` at the same time", position=position)
            yield Problem(later, message, tr("give one another `position`, `at` or `duration`"), Severity.WARNING)
