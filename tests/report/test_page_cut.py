"""The view of a cut: its items in proportion to time, the file as last written and the film as it would be now."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import pytest

from kit.bookkeeping import run
from kit.films import FACTS, LIGHTHOUSE, MAIN, edited, place, plan
from kit.pages import Element, PlainLinks, read, snapshot
from wanflow.errors import UnknownTarget
from wanflow.language.production import (
    Cut,
    CutFinish,
    CutItem,
    Notice,
    OverTitle,
    Production,
    Subtitles,
    TitleCard,
    Transition,
    TransitionKind,
)
from wanflow.language.source import Facts, FileSource, Kind
from wanflow.planner.plan import Plan
from wanflow.report.export.edit_list import edit_list
from wanflow.report.page import pages
from wanflow.report.page.cut_view import clock, cut_page

FILM = "f" * 64
DISSOLVE = Transition(TransitionKind.DISSOLVE, Decimal("0.4"), place())


def view(of: Plan, films: dict[str, str] | None = None) -> Element:
    """The page of the cut `main`."""
    return read(pages.cut(snapshot(of, films), PlainLinks(), "main"))


def items(page: Element) -> list[Element]:
    """The items on the strip."""
    return [each for each in page.all("svg") if "data-item" in each.attributes]


def with_items(*made: CutItem) -> Production:
    """The film with another cut."""
    return replace(LIGHTHOUSE, cuts={"main": replace(MAIN, items=made)})


def test_items_are_in_proportion_to_time() -> None:
    """A continuation takes over where the piece begins that it was given, so the first item plays 3 of 8 s."""
    after, _ = run(LIGHTHOUSE)
    shown = items(view(plan(LIGHTHOUSE, after)))
    assert [each.attributes["data-begin"] for each in shown] == ["0", "90"]
    assert [each.attributes["width"] for each in shown] == ["37.5000%", "62.5000%"]
    assert [each.attributes["data-from"] for each in shown] == ["0.000000", "0.000000"]
    assert shown[0].one("a").attributes["href"] == "/shot/coast"
    assert shown[1].one("image").attributes["href"].endswith("/poster")


def test_a_join_is_a_cut_in_its_middle() -> None:
    """The page says so; the film is as long as with the join."""
    coast, approach = (
        CutItem(item.source, place(), transition=join) for item, join in zip(MAIN.items, (None, DISSOLVE), strict=True)
    )
    film = with_items(coast, replace(approach, keep_overlap=True))
    after, _ = run(film)
    page = view(plan(film, after))
    first, second = items(page)
    # 150 frames, of which the join covers the last 12: the second begins at 138 and is seen from 144
    assert (first.attributes["data-end"], second.attributes["data-begin"]) == ("144", "144")
    assert second.attributes["data-from"] == "0.200000"
    assert "frame 6 of 150" in page.one("table", class_="items").words
    assert second.attributes["data-end"] == "288"
    assert "frame 6 of 150" in page.one("tr", data_row="2").words
    assert "Joins are shown as cuts." in page.text


def test_titles_and_missing_takes_have_their_place() -> None:
    """A film that is not rendered yet can be looked at: what is missing is as long as it will be."""
    title = CutItem(TitleCard("The <End>"), place(), seconds=Decimal(2))
    page = view(plan(with_items(*MAIN.items, title)))
    assert [each.attributes["data-kind"] for each in items(page)] == ["missing", "missing", "title"]
    assert items(page)[2].attributes["data-text"] == "The <End>"
    assert "2 items are not rendered yet." in page.text
    assert "The cut was not written yet, or its file changed since." in page.text


def test_a_cut_whose_shot_waits_for_a_pick_is_laid_out() -> None:
    """This is when its film is wanted most: the strip has the item, and a link to where a take is picked."""
    waits = edited(LIGHTHOUSE, "coast", takes=2, waits_for_pick=True)
    after, _ = run(waits)
    page = view(plan(waits, after))
    assert [each.attributes["data-kind"] for each in items(page)] == ["waiting", "missing"]
    assert page.all("p", class_="trouble") == []
    assert page.one("p", class_="waiting").one("a").attributes["href"] == "/shot/coast"
    assert page.one("ul", class_="reasons").one("code").text == "wanflow pick coast N"
    with pytest.raises(UnknownTarget, match="coast has 2 takes and waits for a pick"):
        edit_list(plan(waits, after), "main")


def test_texts_are_where_the_file_will_have_them(tmp_path: Path) -> None:
    """Burned lines have a place of their own; the notice is over the opening for its seconds."""
    (tmp_path / "lines.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nTwo boats\n", encoding="utf-8")
    source = FileSource("lines.srt")
    tracks = [Subtitles(source, place(), burned=True, position=at) for at in ("top", Decimal("0.8"))]
    finish = CutFinish(
        subtitles=(*tracks, Subtitles(source, place(), position="top")),
        notice=Notice("Made by AI", Decimal(2), Decimal(5), place()),
    )
    film = replace(LIGHTHOUSE, folder=tmp_path, cuts={"main": replace(MAIN, finish=finish)})
    after, _ = run(film, facts=FACTS | {"lines.srt": Facts(Kind.SUBTITLES, "srt", "b" * 64, 50)})
    page = view(plan(film, after))
    lines = [each.attributes for each in page.all(class_="line") if "data-notice" not in each.attributes]
    assert [(each["data-place"], each.get("data-edge")) for each in lines] == [
        ("top", "4"),
        ("bottom", "20"),
        ("bottom", None),
    ]
    notice = next(each.attributes for each in page.all("g") if "data-notice" in each.attributes)
    assert (notice["data-text"], notice["data-line-begin"], notice["data-line-end"]) == ("Made by AI", "0", "60")


def test_titles_over_clips_are_lanes_of_the_strip() -> None:
    """One for each position, with the frames of the film, near to where they are drawn; the page says so."""
    coast, approach = MAIN.items
    lower, top = (OverTitle(TitleCard("A <b>", position=each), place(), Decimal(1)) for each in ("lower-third", "top"))
    film = with_items(replace(coast, over=(lower, top)), replace(approach, over=(lower,)))
    after, _ = run(film)
    page = view(plan(film, after))
    lanes = [each for each in page.all("svg", class_="lane") if each.attributes.get("aria-label") == "Titles"]
    assert [lane.all("title")[0].text for lane in lanes] == ["titles, top", "titles, lower-third"]
    lines = [[each.attributes for each in lane.all(class_="line")] for lane in lanes]
    assert [
        [(each["data-line-begin"], each["data-line-end"], each["data-text"]) for each in lane] for lane in lines
    ] == [
        [("30", "90", "A <b>")],
        [("30", "90", "A <b>"), ("120", "240", "A <b>")],
    ]
    assert [(lane[0]["data-place"], lane[0]["data-edge"]) for lane in lines] == [("top", "5"), ("bottom", "10")]
    assert "Titles over clips are drawn by the browser." in page.text


def test_both_films_are_offered_and_named() -> None:
    """The one that was written last is shown first where it is as it would be now."""
    after, _ = run(LIGHTHOUSE)
    current = view(plan(LIGHTHOUSE, after), {"main": FILM})
    assert current.one("video", id_="main.written").attributes["src"] == f"/media/{FILM}"
    assert current.one("button", data_film_mode="written").attributes["aria-pressed"] == "true"
    rewritten = with_items(*reversed(MAIN.items))
    outdated = view(plan(rewritten, after), {"main": FILM})
    assert outdated.one("button", data_film_mode="now").attributes["aria-pressed"] == "true"
    assert "It was written before the last changes" in outdated.text


def test_a_cut_that_cannot_be_laid_out_says_why() -> None:
    """And its items are listed all the same."""
    film = with_items(replace(MAIN.items[0], start=Decimal(9)))
    after, _ = run(LIGHTHOUSE)
    page = view(plan(film, after))
    assert "lies beyond the end of coast" in page.one("p", class_="trouble").text
    assert "shot coast, in 9" in page.text


def test_the_stylesheet_is_well_formed() -> None:
    """A brace too few or too many makes browsers ignore what follows."""
    text = re.sub(
        r"/\*.*?\*/|\"[^\"\n]*\"", "", (pages.STATIC / "page.css").read_text(encoding="utf-8"), flags=re.DOTALL
    )
    depth = list(accumulate({"{": 1, "}": -1}.get(letter, 0) for letter in text))
    assert (min(depth), depth[-1]) == (0, 0)
    assert max(depth) <= 2  # nothing is nested deeper than a rule in a condition


def test_another_name_is_not_found() -> None:
    """For the server to answer with 404."""
    with pytest.raises(UnknownTarget, match="no cut is called `mian`"):
        cut_page(snapshot(plan(LIGHTHOUSE)), "mian")
    assert isinstance(LIGHTHOUSE.cuts["main"], Cut)


@pytest.mark.parametrize(
    ("seconds", "words"), [("0", "0:00"), ("9.5", "0:09.5"), ("75.25", "1:15.25"), ("59.999", "1:00")]
)
def test_clock(seconds, words) -> None:
    """Minutes and seconds, with hundredths where there are."""
    assert clock(Fraction(seconds)) == words
