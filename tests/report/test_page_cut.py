"""The view of a cut: its items in proportion to time, the file as last written and the film as it would be now."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from kit.bookkeeping import run
from kit.films import LIGHTHOUSE, MAIN, place, plan
from kit.pages import Element, PlainLinks, read, snapshot
from wanflow.errors import UnknownTarget
from wanflow.language.production import Cut, CutItem, Production, TitleCard, Transition, TransitionKind
from wanflow.planner.plan import Plan
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
    assert second.attributes["data-end"] == "288"
    assert "Joins are shown as cuts." in page.text


def test_titles_and_missing_takes_have_their_place() -> None:
    """A film that is not rendered yet can be looked at: what is missing is as long as it will be."""
    title = CutItem(TitleCard("The <End>"), place(), seconds=Decimal(2))
    page = view(plan(with_items(*MAIN.items, title)))
    assert [each.attributes["data-kind"] for each in items(page)] == ["missing", "missing", "title"]
    assert items(page)[2].attributes["data-text"] == "The <End>"
    assert "2 items are not rendered yet." in page.text
    assert "The cut was not written yet, or its file changed since." in page.text


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
    assert "lies beyond the end of `coast`" in page.one("p", class_="trouble").text
    assert "shot coast, in 9" in page.text


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
