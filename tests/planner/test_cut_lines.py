"""Lines of shots on the clock of a film: trimmed, moved, sped up and taken over with their clips."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from kit.films import place, production, shot
from wanflow.language.output_paths import soft_tracks
from wanflow.language.production import (
    Cut,
    CutFinish,
    CutItem,
    Shot,
    ShotLines,
    SpokenLine,
    Subtitles,
    Transition,
    TransitionKind,
)
from wanflow.language.source import FileSource, ShotSource, Tail
from wanflow.planner.cut import Edit, EditItem, arrange
from wanflow.planner.cut_layout import place_items
from wanflow.planner.cut_lines import lines_in, lines_on_slates, place_lines
from wanflow.planner.drawn_texts import drawn_texts
from wanflow.planner.plan import NodeOutput, Slate
from wanflow.store.take import Film

TEN = Fraction(10)
DISSOLVE = Transition(TransitionKind.DISSOLVE, Decimal("0.5"), place())


def line(at: str, to: str, text: str = "x", **more: str) -> SpokenLine:
    """A line in English, and in other languages."""
    texts = {"en": text, **more}
    return SpokenLine(Decimal(at), Decimal(to), texts, place(), None, place(), dict.fromkeys(texts, place()))


def talk(name: str, *lines: SpokenLine, of: str | None = None) -> Shot:
    """A shot that says something; it continues the last two seconds of the shot `of`."""
    media = {"first_clip": ShotSource(of, Tail(Decimal(2)))} if of else {"first_frame": FileSource("a.png")}
    return replace(shot(name, media), lines=lines)


def edit_of(
    shots: list[Shot], items: list[CutItem], *tracks: Subtitles, seconds: int = 5, slated: bool = False
) -> Edit:
    """A cut at ten frames a second of takes that last some seconds."""
    film = production(*shots)
    clips = {
        each.name: NodeOutput(
            each.name,
            each.name,
            Film(seconds * 10, TEN, 64, 36, 0, 0),
            slate=Slate(each.name, 1, "m", None, (64, 36), "words", "en") if slated else None,
        )
        for each in shots
    }
    cut = Cut("main", place(), tuple(items), "out/main.mp4", finish=CutFinish(subtitles=tracks))
    return arrange(cut, clips, film.shots, film.provider)


def seen(edit: Edit, language: str | None = "en") -> list[tuple[int, int, str]]:
    """First frame, end and words of what is said."""
    return [*lines_in(place_lines(edit, place_items(edit, TEN)), language)]


def item(name: str, **more: object) -> CutItem:
    """An item of a cut."""
    return CutItem(ShotSource(name), place(), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "spans"),
    [
        ({}, [(5, 20), (30, 45)]),
        ({"start": Decimal(1)}, [(0, 10), (20, 35)]),
        ({"start": Decimal(2)}, [(10, 25)]),
        ({"stop": Decimal("3.5")}, [(5, 20), (30, 35)]),
        ({"start": Decimal(2), "stop": Decimal(3)}, []),
        ({"speed": Decimal(2)}, [(3, 10), (15, 23)]),
        ({"speed": Decimal("0.5"), "start": Decimal(1)}, [(0, 20), (40, 70)]),
        ({"freeze": Decimal(2), "stop": Decimal(4)}, [(5, 20), (30, 40)]),
    ],
)
def test_a_line_is_seen_as_far_as_its_clip_is(more: dict[str, object], spans: list[tuple[int, int]]) -> None:
    """Trims cut it off or leave it out, speed moves it, and a held last frame says nothing more."""
    said = talk("a", line("0.5", "2"), line("3", "4.5"))
    assert [span[:2] for span in seen(edit_of([said], [item("a", **more)]))] == spans


def test_lines_follow_the_order_of_items_and_their_joins() -> None:
    """In a dissolve both clips are heard; a shot with two items says its lines twice."""
    shots = [talk("a", line("4", "5", "last")), talk("b", line("0", "1", "first"))]
    edit = edit_of(shots, [item("b"), item("a"), item("b", transition=DISSOLVE)])
    assert seen(edit) == [(0, 10, "first"), (90, 100, "last"), (95, 105, "first")]


def test_the_shortest_line_is_seen_for_a_frame() -> None:
    """As in a subtitle file; one beyond the end of the take is not seen at all."""
    said = talk("a", line("1", "1.01"), line("4.5", "99"), line("5", "6"))
    assert seen(edit_of([said], [item("a")])) == [(10, 11, "x"), (45, 50, "x")]


def test_what_a_continuation_takes_over_is_heard_in_it() -> None:
    """The last two seconds of `a` are the first two of `b`, wherever the join puts them."""
    shots = [talk("a", line("2", "4", "across"), line("4", "5", "tail")), talk("b", line("2", "3", "new"), of="a")]
    assert seen(edit_of(shots, [item("a"), item("b")])) == [(20, 40, "across"), (40, 50, "tail"), (50, 60, "new")]
    joined = [item("a"), item("b", transition=DISSOLVE)]
    assert seen(edit_of(shots, joined)) == [(20, 35, "across"), (35, 45, "tail"), (45, 55, "new")]
    fast = [item("a"), item("b", speed=Decimal(2))]
    assert seen(edit_of(shots, fast)) == [(20, 35, "across"), (35, 40, "tail"), (40, 45, "new")]


@pytest.mark.parametrize(
    "items", [[item("a", stop=Decimal(4)), item("b")], [item("a"), item("b", start=Decimal(1))], [item("a")]]
)
def test_trims_say_where_a_line_ends_where_they_decide(items: list[CutItem]) -> None:
    """Beside an `in` or an `out` nothing is taken over: the line ends with its own clip."""
    shots = [talk("a", line("3", "5")), talk("b", of="a")]
    assert len(seen(edit_of(shots, items))) == 1
    assert seen(edit_of(shots, items))[0][1] == (40 if items[0].stop else 50)


def test_a_continuation_that_says_the_line_itself_is_not_doubled() -> None:
    """Its own times count there, as its author measured them."""
    shots = [talk("a", line("2.5", "4.5", "wait")), talk("b", line("0", "1.2", "wait"), of="a")]
    assert seen(edit_of(shots, [item("a"), item("b")])) == [(25, 30, "wait"), (30, 42, "wait")]


def test_a_whole_clip_that_is_continued_is_heard_in_the_continuation() -> None:
    """Nothing of `a` plays by itself; links of a chain hand its line on."""
    whole = {"first_clip": ShotSource("a")}
    shots = [talk("a", line("1", "2")), shot("b", whole), talk("c", of="b")]
    assert seen(edit_of(shots, [item("a"), item("b"), item("c")])) == [(10, 20, "x")]
    late = [talk("a", line("4", "5")), shot("b", whole), talk("c", of="b")]
    assert seen(edit_of(late, [item("a"), item("b"), item("c")])) == [(40, 50, "x")]


def test_the_slate_shows_a_line_with_its_speaker() -> None:
    """Not where lines are burned in: they would be seen twice. It is drawn, so its letters are looked for."""
    said = talk("a", replace(line("0", "1", "Storm\n tonight", zh="风"), who="keeper"))
    soft = Subtitles(ShotLines("en"), place(), "en")
    edit = edit_of([said], [item("a"), item("a", slate=False)], soft, slated=True)
    placed = place_lines(edit, place_items(edit, TEN))
    assert [*lines_on_slates(edit, placed)] == [(0, 10, "keeper: Storm tonight")]
    texts = [text.text for text in drawn_texts(production(said), edit.cut)]
    assert "keeper: Storm tonight" in texts
    burned = edit_of([said], [item("a")], replace(soft, burned=True), slated=True)
    assert [*lines_on_slates(burned, placed)] == []
    texts = [(text.text, text.kind) for text in drawn_texts(production(said), burned.cut)]
    assert ("Storm\n tonight", "subtitle") in texts
    assert ("keeper: Storm tonight", "slate") not in texts


def fingerprint(lines: list[SpokenLine], *tracks: Subtitles, slated: bool = False, **more: object) -> str | None:
    """The identity of a cut of one shot."""
    return edit_of([talk("a", *lines)], [item("a", **more)], *tracks, slated=slated).fingerprint()


def test_a_cut_is_another_one_only_by_the_lines_that_it_shows() -> None:
    """By their words and times in the languages of its tracks, and on its slates; not by what trims leave out."""
    one, other = [line("1", "2", "a", zh="甲")], [line("1", "2", "b", zh="甲")]
    assert fingerprint(one) == fingerprint(other) == fingerprint([])
    english, chinese = (Subtitles(ShotLines(tag), place(), tag) for tag in ("en", "zh"))
    assert fingerprint(one, english) != fingerprint(other, english)
    assert fingerprint(one, chinese) == fingerprint(other, chinese)
    assert fingerprint(one, english) != fingerprint([line("1", "2.5", "a", zh="甲")], english)
    assert fingerprint(one, english, stop=Decimal(1)) == fingerprint(other, english, stop=Decimal(1))
    assert fingerprint(one, slated=True) != fingerprint(other, slated=True) != fingerprint([], slated=True)


def test_tracks_of_lines_have_files_beside_the_film() -> None:
    """Named by their languages, as those of files."""
    tracks = [Subtitles(ShotLines(tag), place(), tag) for tag in ("en", "zh", None)]
    file = Subtitles(FileSource("subs/en.srt"), place(), "en")
    cut = replace(edit_of([talk("a")], [item("a")]).cut, finish=CutFinish(subtitles=(*tracks, file)))
    assert [(track.file, track.title) for track in soft_tracks("out", cut)] == [
        ("out/main.eng.srt", "lines"),
        ("out/main.zho.srt", None),
        ("out/main.und.srt", None),
        ("out/main.eng.2.srt", "en"),
    ]


def test_ten_thousand_lines_take_linear_time() -> None:
    """Ten lines in each of a thousand items, each of which continues the one before: every line is placed once."""
    shots = [talk("s0", line("0", "1"))]
    shots += [
        talk(f"s{at}", *(line(f"{at % 3}.{n}", "4.5", f"{n}") for n in range(10)), of=f"s{at - 1}")
        for at in range(1, 1001)
    ]
    edit = edit_of(shots, [item(each.name) for each in shots])
    assert isinstance(edit.items[0], EditItem)
    assert len(seen(edit)) == 10_001
