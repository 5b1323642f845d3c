"""The sounds of a cut beside those of its clips: music and cues, as they are read and checked (format.md, Cuts)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction

from wanflow import timebase
from wanflow.boundary import Content
from wanflow.language.cut_checks import NAMED, ExpectedClip
from wanflow.language.cut_items import MAX_ITEMS
from wanflow.language.cut_titles import is_true, number_of
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import Cut, SoundCue
from wanflow.language.scope import Scope
from wanflow.language.source import FileSource, Kind, ShotSource, Source, Unreadable
from wanflow.messages import tr
from wanflow.timebase import SAMPLE_RATE
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode

DUCK = Decimal(-12)
"""Decibels by which a sound steps back with `duck: true`."""
END_SLACK = Fraction(1, 20)
"""Seconds by which a sound may outlast a film unmentioned: encoders fill up their last frame."""


class SoundOutside(ValueError):
    """An `in` or an `out` beyond the end of its sound, and the place of that key; the text says why."""

    def __init__(self, message: str, place: Place | None) -> None:
        super().__init__(message)
        self.place = place


def read_sounds(node: Node | None, scope: Scope, problems: list[Problem]) -> tuple[SoundCue, ...]:
    """The usable sounds of one or of a list; problems of the others are added to `problems`."""
    listed = node.items if isinstance(node, ListNode) else () if node is None else (node,)
    if len(listed) > MAX_ITEMS:
        message = tr("a cut has at most {max_items} sounds of a kind", max_items=MAX_ITEMS)
        problems.append(Problem(listed[0].place, message, tr("split it")))
        return ()
    return tuple(cue for each in listed if (cue := _cue(each, scope, problems)) is not None)


def _cue(node: Node, scope: Scope, problems: list[Problem]) -> SoundCue | None:
    shot, file = (node.find(key) for key in ("shot", "file")) if isinstance(node, MapNode) else (None, node)
    source: ShotSource | FileSource
    if isinstance(shot, TextNode) and shot.string:
        named, source = shot, ShotSource(scope.shot(shot, problems))
    elif isinstance(file, TextNode) and file.string:
        named, source = file, FileSource(scope.base.path(file.text, Content.MEDIA))
    else:
        return None
    if not isinstance(node, MapNode):
        return SoundCue(source, named.place)
    start, stop = _span(node, problems)
    start_at, stop_at = (None if (key := node.key(name)) is None else key.place for name in ("in", "out"))
    depth = DUCK if is_true(node, "duck") else number_of(node, "duck")
    return SoundCue(
        source=source,
        place=named.place,
        at=number_of(node, "at") or Decimal(0),
        start=start,
        stop=stop,
        gain=number_of(node, "gain") or Decimal(0),
        fade=number_of(node, "fade") or Decimal(0),
        duck=depth if depth and depth < 0 else None,
        loop=is_true(node, "loop"),
        voice=is_true(node, "voice"),
        start_at=start_at,
        stop_at=stop_at,
    )


def _span(node: MapNode, problems: list[Problem]) -> tuple[Decimal | None, Decimal | None]:
    """The `in` and the `out` of a sound; neither, and a problem, where not one sample is between them."""
    start, stop = number_of(node, "in"), number_of(node, "out")
    begin, rate = start or Decimal(0), Fraction(SAMPLE_RATE)
    if stop is None or timebase.to_frames(stop, rate) > timebase.to_frames(begin, rate):
        return start, stop
    message = (
        tr("`out` {stop} is not after `in` {start}", stop=stop, start=begin)
        if stop <= begin
        else tr("`out` {stop} leaves nothing to hear after `in` {start}", stop=stop, start=begin)
    )
    key = node.key("out") or node
    problems.append(Problem(key.place, message, tr("write an earlier `in` or a later `out`")))
    return None, None


def heard_samples(cue: SoundCue, seconds: Fraction) -> tuple[int, int]:
    """The 48 kHz samples, the last one excluded, that are heard of a sound of this length.

    Raises SoundOutside where its `in` or `out` lies beyond that.
    """
    rate, length = Fraction(SAMPLE_RATE), timebase.decimal_text(seconds, 3)
    last = max(1, timebase.track_samples(seconds))
    first = 0 if cue.start is None else timebase.to_frames(cue.start, rate)
    stop = last if cue.stop is None else timebase.to_frames(cue.stop, rate)
    if first >= last:
        words = tr(
            "`in` {start} lies beyond the end of `{name}`, whose sound lasts {length} s",
            start=cue.start,
            name=cue.name,
            length=length,
        )
        raise SoundOutside(words, cue.start_at)
    if stop > last:
        words = tr(
            "`out` {stop} lies beyond the end of `{name}`, whose sound lasts {length} s",
            stop=cue.stop,
            name=cue.name,
            length=length,
        )
        raise SoundOutside(words, cue.stop_at)
    return first, stop


def words_beyond(cut: Cut, cue: SoundCue, samples: int | None, film: Fraction) -> str | None:
    """What is said of a sound that reaches beyond a film of this many seconds; `samples` of it are heard.

    None where it ends in time, and for a loop, which ends with the film. The words are the same before a run and in it.
    """
    at = timebase.decimal_text(cue.at)
    if cue.at >= film:
        return tr(
            "`{name}` at {at} s begins after the end of the cut `{cut}`: it is not heard",
            name=cue.name,
            at=at,
            cut=cut.name,
        )
    if cue.loop or samples is None or Fraction(cue.at) + Fraction(samples, SAMPLE_RATE) <= film + END_SLACK:
        return None
    return tr(
        "`{name}` at {at} s reaches beyond the end of the cut `{cut}`: the rest is cut off",
        name=cue.name,
        at=at,
        cut=cut.name,
    )


def check_sounds(
    cut: Cut, expect: Callable[[Source], ExpectedClip | Unreadable | None], film: Fraction | None
) -> Iterator[Problem]:
    """The problems of the sounds of a cut that lasts `film` seconds, None where that is not known."""
    for key, sounds in (("music", cut.finish.music), ("audio", cut.finish.audio)):
        for cue in sounds:
            found = expect(cue.source)
            unusable = _unusable(cue, found, key)
            if unusable is not None:
                yield unusable
            elif not isinstance(found, Unreadable):
                yield from _outside(cut, cue, found, film)


def _unusable(cue: SoundCue, found: ExpectedClip | Unreadable | None, key: str) -> Problem | None:
    """The problem of a source without sound, or one that cannot be read."""
    if isinstance(found, Unreadable):
        return Problem(cue.place, tr("`{path}` {why}", path=cue.name, why=found.why), found.hint_at(cue.place))
    if found is None or (found.kind in {Kind.AUDIO, Kind.VIDEO} and not found.silent):
        return None
    what = tr("a video without sound") if found.silent else NAMED[found.kind]
    words = tr("`{path}` is {what}, and `{key}` takes a sound", path=cue.name, what=what, key=key)
    return Problem(cue.place, words, tr("name a sound, or a video that has one"))


def _outside(cut: Cut, cue: SoundCue, found: ExpectedClip | None, film: Fraction | None) -> Iterator[Problem]:
    """The problems of a sound that lies outside of its source or of the film, where their lengths are known."""
    seconds = None if found is None else found.seconds
    if found is not None and found.facts is not None and found.facts.sample_rate:
        seconds = Fraction(found.facts.samples, found.facts.sample_rate)
    samples = None
    if seconds is not None:
        try:
            first, last = heard_samples(cue, seconds)
        except SoundOutside as outside:
            yield Problem(outside.place or cue.place, str(outside), tr("change `in` or `out` of the sound"))
            return
        samples = last - first
    words = None if film is None else words_beyond(cut, cue, samples, film)
    if words is not None and film is not None:
        hint = tr("the cut lasts {seconds} s", seconds=timebase.decimal_text(film, 3))
        yield Problem(cue.place, words, hint, Severity.WARNING)
