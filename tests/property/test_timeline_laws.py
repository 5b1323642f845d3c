"""Properties of timelines: what a film is joined from covers it exactly, whatever its items and transitions are."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wanflow import timebase
from wanflow.language.production import TransitionKind
from wanflow.language.timeline import (
    TimelineItem,
    TransitionsOverlap,
    TrimOutsideClip,
    place,
    span,
    stretches,
    total_frames,
)

RATES = [Fraction(12), Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(60), Fraction(22, 7)]
rates = st.sampled_from(RATES)
seconds = st.decimals(Decimal(0), Decimal(9), places=2)
speeds = st.just(Decimal(1)) | st.decimals(Decimal("0.25"), Decimal(4), places=2)


@st.composite
def drawn_items(draw: st.DrawFn) -> TimelineItem:
    """Any item, also one that fits nowhere."""
    return TimelineItem(
        name=draw(st.sampled_from("abc")),
        frames=draw(st.integers(1, 200)),
        rate=draw(rates),
        start=draw(st.none() | st.none() | seconds),
        stop=draw(st.none() | st.none() | seconds),
        continued_at=draw(st.none() | st.integers(0, 199)),
        transition=draw(st.sampled_from(tuple(TransitionKind))),
        seconds=draw(seconds),
        speed=draw(speeds),
        freeze=draw(st.just(Decimal(0)) | seconds),
    )


@st.composite
def roomy_items(draw: st.DrawFn) -> TimelineItem:
    """An item of a second or more, with a transition that leaves room for another one at its end."""
    rate = draw(st.sampled_from(RATES))
    frames = draw(st.integers(int(rate) + 1, 400))
    kind, longest = draw(st.sampled_from(tuple(TransitionKind))), draw(st.sampled_from(["0.01", "0.1", "0.35"]))
    return TimelineItem("", frames, rate, transition=kind, seconds=Decimal(longest))


@st.composite
def trimmed_items(draw: st.DrawFn) -> TimelineItem:
    """The same with trims, and with footage that the next item goes on from, perhaps from its very start."""
    item = draw(roomy_items())
    head, behind = draw(st.integers(0, 40)), draw(st.integers(3, 40))
    start = draw(st.none() | st.just((Decimal(head) / Decimal(float(item.rate))).quantize(Decimal("0.01"))))
    whole = replace(item, frames=head + 1 + item.frames + behind, start=start)
    return replace(whole, continued_at=draw(st.sampled_from([None, 0, whole.frames - behind])))


@st.composite
def tight_items(draw: st.DrawFn) -> TimelineItem:
    """A few frames at 25 a second, with a transition that may take all of them, or one more."""
    kind, taken = draw(st.sampled_from(tuple(TransitionKind))), draw(st.integers(1, 4))
    taken_over = draw(st.sampled_from([None, None, 0]))
    return TimelineItem("", draw(st.integers(1, 6)), RATES[2], None, None, taken_over, kind, Decimal(taken) / 25)


tight = st.lists(tight_items(), min_size=1, max_size=4)
edits = st.lists(drawn_items(), min_size=1, max_size=4)
trimmed = st.lists(trimmed_items(), min_size=1, max_size=6)
roomy = st.lists(roomy_items(), min_size=1, max_size=6)


def named(items: list[TimelineItem]) -> list[TimelineItem]:
    """The items with names of their own."""
    return [replace(item, name=str(number)) for number, item in enumerate(items)]


def seen(items: list[TimelineItem], rate: Fraction) -> list[tuple[frozenset[str], object]]:
    """Of each stretch whose items are in it, and all that makes it what it is, wherever in the film it lies."""
    clips = place(items, rate)
    found: list[tuple[frozenset[str], object]] = []
    for stretch in stretches(clips):
        shown = [clips[each] for each in (stretch.before, stretch.clip) if each is not None]
        names = frozenset(items[clip.item].name for clip in shown)
        sources = tuple((items[clip.item].name, clip.first, clip.count) for clip in shown)
        found.append((names, (sources, replace(stretch, clip=0, before=None, begin=0))))
    return found


@given(trimmed, rates)
def test_stretches_cover_the_film_without_a_gap_and_without_an_overlap(
    edit: list[TimelineItem], rate: Fraction
) -> None:
    """Each begins where the one before it ends, none is empty, and together they are as long as the film."""
    clips = place(edit, rate)
    end = 0
    for stretch in stretches(clips):
        assert stretch.begin == end
        assert stretch.frames >= 1
        end += stretch.frames
    assert end == total_frames(clips)
    shared = sum(clip.lead for clip in clips[1:])
    assert end == sum(clip.length for clip in clips) - shared


@given(roomy, rates)
def test_each_frame_of_the_film_shows_the_items_that_are_placed_there(edit: list[TimelineItem], rate: Fraction) -> None:
    """One in a body, both in a transition, each at the frame of its own that plays then; never a third."""
    clips = place(edit, rate)
    for stretch in stretches(clips):
        playing = {stretch.clip: stretch.offset}
        if stretch.before is not None:
            playing[stretch.before] = stretch.before_offset
        for at in (stretch.begin, stretch.begin + stretch.frames - 1):
            placed = {n: at - clip.begin for n, clip in enumerate(clips) if clip.begin <= at < clip.begin + clip.length}
            assert placed == {n: offset + at - stretch.begin for n, offset in playing.items()}


@given(roomy, rates)
def test_a_transition_is_the_end_of_one_item_and_the_start_of_the_next(
    edit: list[TimelineItem], rate: Fraction
) -> None:
    """As long as it was asked to be, once for each that was asked for; the first one comes out of nothing."""
    clips = place(edit, rate)
    joins = [stretch for stretch in stretches(clips) if stretch.transition != TransitionKind.CUT]
    asked = [(at, item) for at, item in enumerate(edit) if item.transition != TransitionKind.CUT]
    assert [(join.clip, join.transition) for join in joins] == [(at, item.transition) for at, item in asked]
    for join, (at, item) in zip(joins, asked, strict=True):
        assert join.frames == max(1, timebase.to_frames(item.seconds, rate))
        assert (join.offset, join.before) == (0, at - 1 if at else None)
        if join.before is not None:
            assert join.before_offset + join.frames == clips[join.before].length


@given(trimmed, rates)
def test_the_sound_of_a_body_is_cut_hard_where_its_picture_is(edit: list[TimelineItem], rate: Fraction) -> None:
    """It opens where nothing leads into it, and closes where nothing leads on."""
    clips = place(edit, rate)
    trails = [*(clip.lead for clip in clips[1:]), 0]
    for part in stretches(clips):
        if part.transition == TransitionKind.CUT:
            assert (part.opens, part.closes) == (clips[part.clip].lead == 0, trails[part.clip] == 0)
        else:
            assert (part.opens, part.closes) == (part.before is None, False)


@given(edits | trimmed | tight, st.just(RATES[2]) | rates)
@settings(max_examples=300)
def test_what_does_not_fit_is_said_and_nothing_else_is(edit: list[TimelineItem], rate: Fraction) -> None:
    """Trims beyond a clip are outside it; transitions longer than what they join are a crowd; the item is named."""
    outside = [at for at, item in enumerate(edit) if not trims_fit(item)]
    if outside:
        with pytest.raises(TrimOutsideClip) as caught:
            place(edit, rate)
        assert caught.value.item == outside[0]
        return
    lengths = lengths_of(edit, rate)
    leads = [lead for _, _, lead in lengths] + [0]
    overlapping = [n for n, (_, length, lead) in enumerate(lengths) if lead + leads[n + 1] > length]
    if not overlapping:
        assert [(clip.item, clip.length, clip.lead) for clip in place(edit, rate)] == lengths
        return
    with pytest.raises(TransitionsOverlap) as crowd:
        place(edit, rate)
    blamed = overlapping[0] + 1 if leads[overlapping[0] + 1] else overlapping[0]
    assert crowd.value.item == lengths[blamed][0]


def trims_fit(item: TimelineItem) -> bool:
    """Whether `in` and `out` leave something, and lie within the clip."""
    first, end = (None if each is None else timebase.to_frames(each, item.rate) for each in (item.start, item.stop))
    return (first or 0) < (item.frames if end is None else end) <= item.frames


def lengths_of(edit: list[TimelineItem], rate: Fraction) -> list[tuple[int, int, int]]:
    """The items of which something is left, with their frames in the film and those of their transitions."""
    found: list[tuple[int, int, int]] = []
    waiting = (TransitionKind.CUT, Decimal(0))
    for at, item in enumerate(edit):
        first, end = span(edit, at)
        own = (item.transition, item.seconds)
        kind, lasting = own if item.transition != TransitionKind.CUT else waiting
        waiting = (TransitionKind.CUT, Decimal(0)) if first < end else (kind, lasting)
        if first < end:
            lead = 0 if kind == TransitionKind.CUT else max(1, timebase.to_frames(lasting, rate))
            played = max(1, timebase.to_frames((end - first) / item.rate / Fraction(item.speed), rate))
            found.append((at, played + timebase.to_frames(item.freeze, rate), lead))
    return found


@given(roomy, rates, st.data())
def test_another_clip_changes_its_own_stretch_and_its_two_joins(
    edit: list[TimelineItem], rate: Fraction, data: st.DataObject
) -> None:
    """Whatever its length and its rate are, every other stretch is what it was, in the order in which it was."""
    items = named(edit)
    at = data.draw(st.integers(0, len(items) - 1))
    was, other = items[at], data.draw(roomy_items())
    changed = [*items]
    changed[at] = replace(other, name="other", transition=was.transition, seconds=was.seconds)
    before, after = seen(items, rate), seen(changed, rate)
    assert [part for names, part in before if was.name not in names] == [
        part for names, part in after if "other" not in names
    ]
    own = [names for names, _ in before if was.name in names]
    assert 1 <= len(own) <= 3
    assert len(after) == len(before)


@given(roomy, rates, st.data())
def test_another_transition_changes_itself_and_the_bodies_beside_it(
    edit: list[TimelineItem], rate: Fraction, data: st.DataObject
) -> None:
    """What lies further away is copied."""
    items = named(edit)
    at = data.draw(st.integers(0, len(items) - 1))
    beside = {items[each].name for each in (at - 1, at) if each >= 0}
    changed = [*items]
    changed[at] = replace(
        items[at], transition=data.draw(st.sampled_from(tuple(TransitionKind))), seconds=Decimal("0.2")
    )
    before, after = ([part for names, part in seen(each, rate) if not names <= beside] for each in (items, changed))
    assert before == after
