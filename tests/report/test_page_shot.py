"""The view of a shot: its takes side by side, earlier requests below, and what a pick would do before it is made."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from kit.bookkeeping import run
from kit.films import APPROACH, COAST, LIGHTHOUSE, edited, plan, production, still
from kit.pages import Element, PlainLinks, read, snapshot
from kit.providers import DASHSCOPE
from wanflow import api
from wanflow.errors import UnknownTarget
from wanflow.language.checks import Check, CheckRules, FindingAction
from wanflow.money import Bound, Cost
from wanflow.planner import choose
from wanflow.planner.plan import Plan
from wanflow.report.page import pages
from wanflow.report.page.shot_view import shot_page
from wanflow.report.text.consequence import consequence_text
from wanflow.store.findings import Finding
from wanflow.store.inventory import Inventory
from wanflow.store.lock import Lock

TWICE = replace(LIGHTHOUSE, shots={**LIGHTHOUSE.shots, "coast": replace(COAST, takes=2)}, provider=DASHSCOPE)
"""Two takes of the first shot, which the second continues."""


def view(of: Plan, name: str, pick: int | None = None, links: PlainLinks | None = None) -> Element:
    """A shot's page as a browser gets it."""
    asked = None if pick is None else api.consequence(of, name, pick)
    return read(pages.shot(snapshot(of), links or PlainLinks(), name, asked))


def picked(made: Plan, number: int) -> Inventory:
    """What there is once a take of `coast` was picked."""
    asked = choose.request_of_shot(made, "coast")
    take = choose.take_of_number(asked.entry, "coast", number)
    return replace(made.inventory, lock=choose.pick(made.inventory.lock, asked, take))


def test_takes_of_the_present_request_are_side_by_side() -> None:
    """Each with its number, whether it is in use and who chose it, its player, and what made it."""
    after, _ = run(TWICE)
    chosen = view(plan(TWICE, picked(plan(TWICE, after), 2)), "coast")
    takes = [each for each in chosen.all("div") if "data-take" in each.attributes]
    assert [(each.attributes["data-take"], each.attributes["data-picked"]) for each in takes] == [
        ("1", ""),
        ("2", "somebody"),
    ]
    player = takes[0].one("video")
    assert (player.attributes["data-rate"], player.attributes["data-frames"]) == ("30", "150")
    assert player.attributes["src"].startswith("/media/")
    assert "controls" in player.attributes
    assert "out/shots/coast.t1.mp4" in takes[0].text
    assert "wan2.7-i2v" in takes[0].text
    card = chosen.one("article")
    assert card.attributes["data-shot"] == "coast"
    assert card.attributes["data-seen"]
    assert view(plan(TWICE, after), "coast").one("div", data_take="1").attributes["data-picked"] == "default"


def test_takes_of_a_still_are_pictures_without_players() -> None:
    """Each is whole and leads to its file; they can be compared, and nothing can be played."""
    film = production(still("door", takes=2), provider=DASHSCOPE)
    page = view(plan(film, run(film)[0]), "door")
    pictures = [each.attributes for each in page.all("img") if each.attributes.get("class") == "still"]
    assert [(each["width"], each["height"]) for each in pictures] == [("1280", "720")] * 2
    assert all(each["src"].startswith("/media/") and each["src"].count("/") == 2 for each in pictures)
    assert not page.all("video")
    take = page.one("div", data_take="1")
    assert "1280 × 720" in take.text
    assert "frames" not in take.text
    bar = page.one("div", id="door.transport")
    assert "data-stills" in bar.attributes
    assert bar.one("button", data_do="compare")
    film_bar = view(plan(TWICE, run(TWICE)[0]), "coast").one("div", id="coast.transport")
    assert "data-stills" not in film_bar.attributes


def test_the_price_of_a_pick_is_said_before_it_is_made() -> None:
    """What is rendered again, at which price, and the cut that shows it; the others have a link to ask."""
    after, _ = run(TWICE)
    page = view(plan(TWICE, after), "coast", pick=2)
    told = page.one("p", data_consequence="2")
    assert told.words == "picking take 2 renders approach again (3.00 CNY) and re-cuts main"
    assert page.one("button", aria_describedby=told.attributes["id"]).words == "Pick take 2"
    plain = view(plan(TWICE, after), "coast")
    assert plain.one("a", data_ask="2").attributes["href"] == "/shot/coast?pick=2"
    assert not [each for each in plain.within if "data-consequence" in each.attributes]


@pytest.mark.parametrize(
    ("film", "before", "take", "words"),
    [
        (TWICE, 0, 1, "take 1 is in use"),
        (TWICE, 2, 1, "picking take 1 costs nothing: it restores approach.t1 and re-cuts main"),
        (
            edited(TWICE, "coast", prompt="dusk"),
            0,
            1,
            (
                "take 1 was made from an earlier request, so the pick changes nothing now; "
                "to use it, hold `coast` first, then pick it"
            ),
        ),
    ],
    ids=["in use", "back", "earlier"],
)
def test_words_of_a_pick(film, before, take, words) -> None:
    """Of one that changes nothing, of one that goes back, and of one that is not used."""
    after, _ = run(TWICE)
    if before:
        after, _ = run(TWICE, picked(plan(TWICE, after), before))
    assert consequence_text(api.consequence(plan(film, after), "coast", take), paid=True) == words


def test_a_take_of_an_earlier_request_is_held_first_and_picked_then() -> None:
    """The other way round the take of the present request is held; until the next run the old one is in use."""
    dusk = edited(TWICE, "coast", prompt="dusk")
    before, _ = run(TWICE)
    assert "take 1 is in use until the next run" in view(plan(dusk, before), "coast").text
    after, _ = run(dusk, before)
    made = plan(dusk, after)

    def held(lock: Lock) -> int | None:
        entry = lock.shots["coast"]
        return entry.numbers.get(entry.held or "")

    def decided(lock: Lock, number: int | None) -> Lock:
        asked = choose.at_present(choose.request_of_shot(made, "coast"), lock)
        if number is None:
            return choose.hold(lock, asked)
        return choose.pick(lock, asked, choose.take_of_number(asked.entry, "coast", number))

    assert held(decided(decided(after.lock, 1), None)) == 3
    assert held(decided(decided(after.lock, None), 1)) == 1


def test_a_take_that_waits_because_of_findings_has_its_price() -> None:
    """It is in use, and still its pick renders what waits for it; the page says that it waits."""
    waits = edited(TWICE, "coast", checks=CheckRules({Check.SEAM: FindingAction.WAIT}))
    after, _ = run(waits, refuse=frozenset({"approach.t1"}))
    (first, *_) = after.lock.shots["coast"].takes.values()
    found = {(first.digest, first.fingerprint): (Finding(Check.SEAM, 0.4, 0.8),)}
    page = view(plan(waits, replace(after, findings=found)), "coast")
    assert page.one("a", data_ask="1").attributes["href"] == "/shot/coast?pick=1"
    assert "coast take 1 waits for a pick" in page.one("ul", class_="reasons").words
    board = read(pages.board(snapshot(plan(waits, replace(after, findings=found))), PlainLinks()))
    assert board.one("p", class_="waits small").words == "waiting for your pick"
    asked = api.consequence(plan(waits, replace(after, findings=found)), "coast", 1)
    assert consequence_text(asked, paid=True).startswith("picking take 1 renders approach (3.00 CNY)")


def test_a_pick_that_the_budget_forbids_says_so() -> None:
    """Before it is made: the pick itself costs nothing, the run after it does."""
    after, _ = run(TWICE)
    asked = api.consequence(plan(replace(TWICE, budget=Cost(Decimal(2), "CNY", Bound.EXACT)), after), "coast", 2)
    words = consequence_text(asked, paid=True)
    assert words.endswith("; the run would exceed the limit: this costs at least 3.00 CNY; `budget` allows 2.00 CNY")


def test_a_free_backend_says_that_the_price_is_of_the_list() -> None:
    """The animatic costs nothing, and what the paid take costs is said."""
    after, _ = run(TWICE)
    words = consequence_text(api.consequence(plan(TWICE, after), "coast", 2), paid=False)
    assert "(list price 3.00 CNY, free here)" in words


def test_earlier_requests_are_folded_under_the_words_that_changed() -> None:
    """With the present prompt and what differs; open where nothing was made from the present request."""
    after, _ = run(TWICE)
    rewritten = edited(TWICE, "coast", prompt="coast at night", written="coast at night")
    page = view(plan(rewritten, after), "coast")
    folded = page.one("details", class_="earlier")
    assert folded.one("span", class_="changes").words == "prompt: dawn → night"
    assert (folded.one("del").text, folded.one("ins").text) == ("dawn", "night")
    assert len(folded.all("video")) == 2
    assert "open" in folded.attributes
    assert "No take was made from the present request yet." in page.text
    now, _ = run(rewritten, after)
    assert "open" not in view(plan(rewritten, now), "coast").one("details", class_="earlier").attributes
    after, _ = run(TWICE)
    other = view(plan(TWICE, picked(plan(TWICE, after), 2)), "approach").one("span", class_="changes")
    assert "`" not in other.text
    assert other.one("code").text == "coast"


def test_an_input_is_shown_with_where_it_comes_from() -> None:
    """A piece of another shot links to it; a picture is shown by its poster."""
    after, _ = run(TWICE)
    first = view(plan(TWICE, after), "coast").one("ul", class_="inputs")
    assert first.one("img").attributes["src"] == f"/media/{'a' * 64}/poster"
    assert "wanflow.yaml:3:3" in first.text
    second = view(plan(TWICE, after), "approach").one("ul", class_="inputs")
    assert second.one("a", href="/shot/coast").words == "shot coast, tail 2 s"


def test_names_of_the_cast_are_as_they_are_sent() -> None:
    """What the model reads is marked."""
    film = edited(TWICE, "coast", prompt="Image 1 waves", written="keeper waves")
    page = view(plan(film), "coast")
    assert page.one("mark").text == "Image 1"
    assert "keeper waves" not in page.one("p", class_="prompt").text


def test_a_page_that_only_reads_has_no_forms() -> None:
    """And none of what a frozen one could not answer."""
    after, _ = run(TWICE)
    frozen = view(plan(TWICE, after), "coast", links=PlainLinks(live=False, act=False))
    assert not [each for each in frozen.all("form") if each.attributes.get("method") == "post"]
    assert not [each for each in frozen.within if "data-ask" in each.attributes]


def test_names_and_prompts_are_text() -> None:
    """Nothing that somebody wrote becomes an element, and what cannot be seen is shown."""
    hostile = "<script>alert(1)</script>\"'\u202e"
    film = edited(TWICE, "coast", prompt=hostile, written=hostile, note=hostile, tags=(hostile,))
    page = view(plan(film), "coast")
    assert all(each.attributes.get("src", "").startswith("/static/") for each in page.all("script"))
    assert "<script>alert(1)</script>" in page.text
    assert "\u202e" not in page.text


def test_another_name_is_not_found() -> None:
    """For the server to answer with 404."""
    with pytest.raises(UnknownTarget, match="no shot is called `cost`"):
        shot_page(snapshot(plan(LIGHTHOUSE)), "cost")
    assert APPROACH.name in LIGHTHOUSE.shots
