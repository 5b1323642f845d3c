"""Clips on a timeline, and the overlap of continuations."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.films import place as place_at
from kit.films import shot
from wanflow import timebase
from wanflow.language.production import CutItem, TransitionKind
from wanflow.language.source import Frame, Head, Piece, ShotSource, Tail
from wanflow.language.timeline import (
    PlacedClip,
    TimelineItem,
    TrimOutsideClip,
    film_rate,
    place,
    takeover,
    total_frames,
)

THIRTY = Fraction(30)
COAST = TimelineItem("coast", 150, THIRTY, continued_at=90)
APPROACH = TimelineItem("approach", 360, THIRTY)


def spans(*items: TimelineItem) -> list[tuple[int, int, int]]:
    """Item, first frame and count of each clip."""
    return [(clip.item, clip.first, clip.count) for clip in place(items, THIRTY)]


def test_a_continuation_takes_over_where_its_piece_begins() -> None:
    """The item coast plays 0 to 3 s, then all of approach (format.md, Continuation and the overlap)."""
    clips = place([COAST, APPROACH], THIRTY)
    assert [(clip.begin, clip.length) for clip in clips] == [(0, 90), (90, 360)]
    assert total_frames(clips) == 450


def test_a_continuation_of_the_whole_clip_replaces_it() -> None:
    """Nothing of the earlier clip is left, so it is dropped."""
    assert spans(TimelineItem("coast", 150, THIRTY, continued_at=0), APPROACH) == [(1, 0, 360)]


@pytest.mark.parametrize(
    ("piece", "begins"),
    [(None, 0), (Tail(Decimal(2)), 90), (Head(Decimal(2)), 0), (Frame("last"), 149), (Tail(Decimal(9)), None)],
)
def test_a_continuation_takes_over_at_the_first_frame_that_it_shows(piece: Piece | None, begins: int | None) -> None:
    """The piece of the clip that it continues; one that lies outside of the clip takes over nothing."""
    shots = {"near": shot("near", {"first_clip": ShotSource("coast", piece)})}
    coast, near = (CutItem(ShotSource(name), place_at()) for name in ("coast", "near"))
    assert takeover(coast, near, 150, THIRTY, shots) == begins


def test_keep_switches_the_rule_off() -> None:
    """`overlap: keep` on the later item shows the piece twice; on the earlier one it is about the item before it."""
    shots = {"near": shot("near", {"first_clip": ShotSource("coast", Tail(Decimal(2)))})}
    coast, near = (CutItem(ShotSource(name), place_at()) for name in ("coast", "near"))
    assert takeover(coast, replace(near, keep_overlap=True), 150, THIRTY, shots) is None
    assert takeover(replace(coast, keep_overlap=True), near, 150, THIRTY, shots) == 90


def test_what_continues_something_else_takes_over_nothing() -> None:
    """Another shot's clip, a shot that takes none of it, and the end of the cut."""
    shots = {"near": shot("near", {"first_clip": ShotSource("pier")}), "far": shot("far", {})}
    coast, near, far = (CutItem(ShotSource(name), place_at()) for name in ("coast", "near", "far"))
    assert [takeover(coast, after, 150, THIRTY, shots) for after in (near, far, None)] == [None, None, None]


def test_an_explicit_out_wins() -> None:
    """The earlier item's own `out` decides, earlier or later than the rule."""
    for out, frames in (("4", 120), ("1", 30)):
        coast = TimelineItem("coast", 150, THIRTY, stop=Decimal(out), continued_at=90)
        assert spans(coast, APPROACH) == [(0, 0, frames), (1, 0, 360)]


def test_an_explicit_in_of_the_later_item_wins() -> None:
    """Who trims the continuation's head has taken the join into their own hands."""
    assert spans(COAST, TimelineItem("approach", 360, THIRTY, start=Decimal(2))) == [(0, 0, 150), (1, 60, 300)]


def test_an_in_of_the_earlier_item_leaves_the_rule_on() -> None:
    """It is not on the side of the join."""
    assert spans(TimelineItem("coast", 150, THIRTY, start=Decimal(1), continued_at=90), APPROACH) == [
        (0, 30, 60),
        (1, 0, 360),
    ]


def test_an_earlier_item_that_begins_in_the_continued_piece_is_dropped() -> None:
    """All that it would show is in the later clip."""
    assert spans(TimelineItem("coast", 150, THIRTY, start=Decimal(4), continued_at=90), APPROACH) == [(1, 0, 360)]


def test_a_continuation_at_the_end_of_a_cut_continues_nothing() -> None:
    """The rule needs the later item right after the earlier one."""
    assert spans(APPROACH, COAST) == [(0, 0, 360), (1, 0, 150)]


def test_another_rate_rounds_to_the_nearest_frame() -> None:
    """25 frames at 24 a second are 31 at 30."""
    clips = place([TimelineItem("a", 25, Fraction(24)), TimelineItem("b", 1, Fraction(240))], THIRTY)
    assert [(clip.count, clip.length) for clip in clips] == [(25, 31), (1, 1)]


@pytest.mark.parametrize(
    ("start", "stop", "message"),
    [
        ("5", None, "`in` 5 lies beyond the end of `coast`, which lasts 5 s (150 frames)"),
        (None, "5.1", "`out` 5.1 lies beyond the end of `coast`, which lasts 5 s (150 frames)"),
        ("2", "2", "`out` 2 of `coast` leaves no frame after its `in` 2"),
        (None, "0.01", "`out` 0.01 of `coast` leaves no frame after its `in` 0"),
    ],
)
def test_a_trim_outside_the_real_clip_is_said(start: str | None, stop: str | None, message: str) -> None:
    """Both in and out lie within the clip, and something lies between them."""
    item = TimelineItem("coast", 150, THIRTY, Decimal(start) if start else None, Decimal(stop) if stop else None)
    with pytest.raises(TrimOutsideClip) as caught:
        place([item], THIRTY)
    assert str(caught.value) == message


rates = st.sampled_from(
    [Fraction(24), Fraction(24000, 1001), Fraction(25), THIRTY, Fraction(30000, 1001), Fraction(60)]
)


@st.composite
def items(draw: st.DrawFn) -> TimelineItem:
    """Any item whose trim lies within its clip."""
    frames, rate = draw(st.integers(2, 500)), draw(rates)
    first = draw(st.integers(0, frames - 1))
    end = draw(st.integers(first + 1, frames))
    start = draw(st.sampled_from([None, Decimal(first) / 1000]))
    within = start is None or timebase.to_frames(start, rate) < frames
    takeover = draw(st.none() | st.integers(0, frames - 1))
    stop = None if start is not None else draw(st.sampled_from([None, _seconds(end, rate)]))
    return TimelineItem("x", frames, rate, start if within else None, stop, takeover)


def _seconds(frames: int, rate: Fraction) -> Decimal:
    seconds = frames / rate
    return Decimal(seconds.numerator) / Decimal(seconds.denominator)


@given(st.lists(items(), max_size=8), rates)
def test_a_timeline_has_no_gaps_and_no_foreign_frames(edit: list[TimelineItem], rate: Fraction) -> None:
    """Clips follow each other in order without a gap, within their sources, and none is empty."""
    clips = place(edit, rate)
    begin = 0
    for clip in clips:
        assert clip.begin == begin
        assert clip.length >= 1
        assert 0 <= clip.first < clip.first + clip.count <= edit[clip.item].frames
        begin += clip.length
    assert total_frames(clips) == begin
    assert [clip.item for clip in clips] == sorted({clip.item for clip in clips})


@given(st.lists(items(), min_size=1, max_size=8), rates)
def test_an_item_keeps_its_length_wherever_it_stands(edit: list[TimelineItem], rate: Fraction) -> None:
    """Putting something else in front changes no other clip: no segment is conformed again for it."""
    alone = place(edit, rate)
    moved = place([TimelineItem("title", 47, Fraction(25)), *edit], rate)[1:]
    assert [(clip.first, clip.count, clip.length) for clip in moved] == [
        (clip.first, clip.count, clip.length) for clip in alone
    ]


@given(st.lists(items(), min_size=1, max_size=8), rates)
def test_a_length_is_within_half_a_frame(edit: list[TimelineItem], rate: Fraction) -> None:
    """No clip is longer or shorter than its footage by more than half a frame of the timeline, but for the shortest."""
    for clip in place(edit, rate):
        exact = clip.count / edit[clip.item].rate * rate
        assert abs(clip.length - exact) <= Fraction(1, 2) or clip.length == 1


NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("videos", "rate"),
    [
        ([], 30),
        ([(Fraction(24), None), (Fraction(60), None)], 24),
        ([(Fraction(60), Fraction(10)), (Fraction(25), None)], 25),
        ([(Fraction(5), None), (Fraction(50), None)], 50),
        ([(Fraction(60), Fraction(10))], 24),
        ([(Fraction(60), Fraction(299, 10))], 30),
        ([(Fraction(299, 10), None)], 30),
        ([(Fraction(60), NTSC)], NTSC),
        ([(Fraction(240), Fraction(100))], 60),
        ([(Fraction(25, 2), None)], Fraction(25, 2)),
    ],
)
def test_the_rate_of_a_film(videos: list[tuple[Fraction, Fraction | None]], rate: Fraction) -> None:
    """That of the first video of constant rate, else the standard rate nearest to the first one's pictures."""
    assert film_rate(videos) == rate


def test_speed_counts_the_seconds_of_the_clip_and_freeze_adds_to_its_length() -> None:
    """Five seconds at half speed last ten; the last frame is held for one and a half more, before the next item."""
    slow = TimelineItem("slow", 150, THIRTY, speed=Decimal("0.5"), freeze=Decimal("1.5"))
    clips = place([slow, TimelineItem("b", 30, Fraction(24), speed=Decimal(4))], THIRTY)
    assert [(clip.begin, clip.length, clip.played, clip.held) for clip in clips] == [(0, 345, 300, 45), (345, 9, 9, 0)]


def test_a_transition_after_a_held_frame_lies_over_it() -> None:
    """The frozen part is what dissolves: the clip that moves needs no room for the transition."""
    held = TimelineItem("held", 15, THIRTY, freeze=Decimal(1))
    join = TimelineItem("next", 60, THIRTY, transition=TransitionKind.DISSOLVE, seconds=Decimal(1))
    clips = place([held, join], THIRTY)
    assert (clips[0].length, clips[1].begin, clips[1].lead) == (45, 15, 30)


def test_a_continuation_takes_over_by_the_frames_of_the_source() -> None:
    """Of coast 3 of its 5 seconds are left, whatever its speed: at double speed they last 1.5."""
    clips = place([replace(COAST, speed=Decimal(2)), APPROACH], THIRTY)
    assert [(clip.count, clip.begin, clip.length) for clip in clips] == [(90, 0, 45), (360, 45, 360)]


@pytest.mark.parametrize(
    ("seconds", "frame"), [("0.9", None), ("1", 100), ("1.5", 120), ("2.99", 179), ("3", None), ("-1", None)]
)
def test_a_second_of_a_clip_is_found_in_the_film(seconds: str, frame: int | None) -> None:
    """A clip that plays from 1 to 3 s at three quarters of its speed, from frame 100 of a film at 30 a second."""
    clip = PlacedClip(0, 24, 48, 100, 95, speed=Fraction(3, 4), held=15, source_rate=Fraction(24), rate=THIRTY)
    assert clip.film_frame_of(Decimal(seconds)) == frame


def test_what_is_said_in_a_clip_is_seen_as_far_as_the_clip_is() -> None:
    """A span is cut off at the trims of the clip, and at its held frame."""
    clip = PlacedClip(0, 24, 48, 100, 75, held=15, source_rate=Fraction(24), rate=THIRTY)
    assert clip.film_span(Decimal("1.5"), Decimal(2)) == (115, 130)
    assert clip.film_span(Decimal(0), Decimal(2)) == (100, 130)
    assert clip.film_span(Decimal(2), Decimal(9)) == (130, 160)
    assert clip.film_span(Decimal(0), Decimal(1)) is None
    assert clip.film_span(Decimal(3), Decimal(9)) is None


def test_a_frame_of_the_film_is_found_in_its_clip() -> None:
    """At double speed one frame of the film is two of the clip; the held part shows the last one."""
    clip = PlacedClip(0, 30, 60, 100, 45, speed=Fraction(2), held=15, source_rate=THIRTY, rate=THIRTY)
    assert [clip.source_seconds_at(frame) for frame in (100, 115, 129, 144)] == [
        1,
        2,
        Fraction(88, 30),
        Fraction(89, 30),
    ]
