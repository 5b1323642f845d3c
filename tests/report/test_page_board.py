"""The views of a whole production: board, plan, graph, costs, and its problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from kit.bookkeeping import run
from kit.films import APPROACH, COAST, LIGHTHOUSE, edited, picture, plan, production, shot, still
from kit.locks import attempt
from kit.pages import Element, PlainLinks, read, snapshot
from kit.providers import DASHSCOPE
from wanflow import money
from wanflow.language.checks import Check
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import Production
from wanflow.language.source import ShotSource
from wanflow.messages import translations
from wanflow.planner import choose
from wanflow.planner.plan import Plan
from wanflow.report.page import pages
from wanflow.report.page.graph_view import MOST_NODES
from wanflow.report.page.snapshot import Snapshot
from wanflow.store.attempt import OpenTask
from wanflow.store.charges import Charge, Ledger
from wanflow.store.findings import Finding
from wanflow.store.take import Price
from wanflow.yamldoc.nodes import Place

DONE, _ = run(LIGHTHOUSE)
SCENES = production(
    replace(shot("day/boat", {}), tags=("sea",)),
    replace(shot("day/quay", {}), tags=("sea", "wide")),
    shot("night/boat", {}),
)
VIEWS = [page.make for page in pages.MAIN_PAGES.values()]


def board(of: Plan, query: Mapping[str, str] | None = None, links: PlainLinks | None = None) -> Element:
    """A board as a browser gets it."""
    return read(pages.board(snapshot(of), links or PlainLinks(), query or {}))


def shots(page: Element) -> list[str]:
    """The shots of a board's cards, in their order."""
    return [each.attributes["data-shot"] for each in page.all("li") if "data-shot" in each.attributes]


def paid(film: Production) -> Production:
    """The production on a backend that costs money."""
    return replace(film, provider=DASHSCOPE)


def test_a_card_says_what_a_shot_is_and_what_a_run_would_pay() -> None:
    """State, take in use, its poster, price and first reason; the shot's view is a click away."""
    rewritten = edited(paid(LIGHTHOUSE), "approach", prompt="another")
    after, _ = run(paid(LIGHTHOUSE))
    page = board(plan(rewritten, after))
    card = page.one("li", data_shot="approach")
    assert card.attributes["data-state"] == "changed"
    assert card.attributes["data-seen"]
    assert card.one("a").attributes["href"] == "/shot/approach"
    for words in ("approach", "changed", "3.00 CNY", "take 1 · default", "prompt: approach at dawn → another"):
        assert words in card.words
    (used,) = after.lock.shots["approach"].takes
    assert (card.one("img").attributes["src"], card.one("img").attributes["loading"]) == (
        f"/media/{used}/poster",
        "lazy",
    )
    assert "CNY" not in page.one("li", data_shot="coast").words


def test_a_picked_take_is_marked() -> None:
    """The card says that somebody chose it."""
    made = plan(LIGHTHOUSE, DONE)
    asked = choose.request_of_shot(made, "coast")
    lock = choose.pick(DONE.lock, asked, choose.take_of_number(asked.entry, "coast", 1))
    page = board(plan(LIGHTHOUSE, replace(DONE, lock=lock)))
    assert "take 1 · picked" in page.one("li", data_shot="coast").words


def test_a_shot_without_takes_shows_what_it_is_given() -> None:
    """The picture that it begins with is its poster, and marked as an input."""
    card = board(plan(LIGHTHOUSE)).one("li", data_shot="coast")
    assert card.one("img").attributes["src"] == f"/media/{picture().digest}/poster"
    assert "input" in card.words


def test_a_still_is_told_from_a_film() -> None:
    """Its card says so, and nothing is asked for that only a film has; a plan bills a picture."""
    film = paid(production(still("door"), shot("clip", {"first_frame": ShotSource("door")})))
    after, _ = run(film)
    door, clip = (board(plan(film, after)).one("li", data_shot=name) for name in ("door", "clip"))
    posters = [card.one("span", **{"class": "poster"}).attributes for card in (door, clip)]
    assert ["data-strip" in each for each in posters] == [False, True]
    assert [[each.words for each in card.all("span", **{"class": "of-still"})] for card in (door, clip)] == [
        ["still"],
        [],
    ]
    page = read(pages.plan(snapshot(plan(film)), PlainLinks()))
    assert "1 picture" in page.one("tr", data_node="door.t1").text


def test_cuts_are_reached_from_the_board() -> None:
    """Each with its state and the posters of its shots."""
    cut = board(plan(LIGHTHOUSE, DONE)).one("li", data_cut="main")
    assert cut.one("a").attributes["href"] == "/cut/main"
    assert cut.attributes["data-state"] == "current"
    assert len(cut.all("img")) == 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["day/boat", "day/quay", "night/boat"]),
        ({"select": "day"}, ["day/boat", "day/quay"]),
        ({"select": "*/boat"}, ["day/boat", "night/boat"]),
        ({"select": "tag:wide night/boat"}, ["day/quay", "night/boat"]),
        ({"select": "state:current"}, []),
        ({"state": "new", "scene": "day"}, ["day/boat", "day/quay"]),
        ({"tag": "sea", "select": "*/boat"}, ["day/boat"]),
        ({"state": "no such state"}, []),
    ],
)
def test_a_board_is_filtered_by_its_address(query: Mapping[str, str], found: list[str]) -> None:
    """By selectors of the command line, state, tag and scene; what is typed stays in its field."""
    page = board(plan(SCENES), query)
    assert shots(page) == found
    assert page.one("input", id="select").attributes["value"] == query.get("select", "")
    assert ("All shots" in page.text) == bool(query)
    for key in ("state", "scene", "tag"):
        chosen = [each for each in page.one("select", id=key).all("option") if "selected" in each.attributes]
        assert [each.attributes["value"] for each in chosen] in ([query.get(key, "")], [])


def test_findings_are_on_the_card_and_filter() -> None:
    """What checks found in the take in use, in words; a filter shows the shots with any, or with one kind."""
    made = snapshot(plan(SCENES))
    assert made.status is not None
    dark = Finding(Check.BLACK, 0.4, 0.1, Fraction(1), Fraction(2))
    first, *others = made.status.shots
    made = replace(made, status=replace(made.status, shots=(replace(first, findings=(dark,)), *others)))
    page = read(pages.board(made, PlainLinks()))
    assert dark.text in page.one("li", data_shot="day/boat").words
    options = [each.words for each in page.one("select", id="finding").all("option")]
    assert options == ["with and without", "any finding (1)", "black (1)"]
    for finding, found in (("any", ["day/boat"]), ("black", ["day/boat"]), ("frozen", [])):
        assert shots(read(pages.board(made, PlainLinks(), {"finding": finding}))) == found


def test_a_selector_brings_what_is_needed() -> None:
    """As commands take it: a cut is all that it needs, and a shot comes with the one that it goes on from."""
    film = replace(LIGHTHOUSE, shots={**LIGHTHOUSE.shots, "apart": shot("apart", {})})
    assert shots(board(plan(film), {"select": "cut:main"})) == ["coast", "approach"]
    assert shots(board(plan(film), {"select": "approach"})) == ["coast", "approach"]
    assert shots(board(plan(film), {"select": "coast"})) == ["coast"]


def test_a_wrong_selector_says_what_to_do() -> None:
    """All shots stay, with the words and the hint of the command line."""
    page = board(plan(LIGHTHOUSE), {"select": "cost"})
    assert shots(page) == ["coast", "approach"]
    assert "`cost` matches no shot".replace("`", "") in page.one("p", id="select-error").words
    assert "did you mean coast?" in page.one("p", id="select-error").words


def test_money_is_one_bar_with_words() -> None:
    """What was spent, is in flight, is planned, and the budget."""
    film = replace(paid(LIGHTHOUSE), budget=money.parse_amount("10 CNY"))
    task = OpenTask(
        "task-9", replace(attempt("a"), price=Price(Decimal(4), Decimal("0.6"), "CNY")), "2026-11-20T00:00:01Z"
    )
    bar = board(plan(film, replace(DONE, open_tasks=(task,)))).one("div", id="bar")
    parts = {each.attributes["data-part"]: each.words for each in bar.all("div") if "data-part" in each.attributes}
    assert parts["flight"] == "in flight at most 4.00 CNY"
    assert parts["planned"] == "planned 6.00 CNY"
    assert parts["budget"] == "budget 10.00 CNY"
    widths = [int(each.attributes["width"]) for each in bar.all("rect")][1:4]
    assert sum(widths) <= 1000


def test_the_animatic_is_free() -> None:
    """Its bar has the list price of the plan, and its costs say that nothing is charged."""
    made = plan(LIGHTHOUSE)
    assert "animatic free" in board(made).one("div", id="bar").words
    shown = replace(snapshot(made), ledger=Ledger("CNY", ()))
    assert "This backend costs nothing." in read(pages.costs(shown, PlainLinks())).text


def test_the_plan_has_every_step_and_its_price() -> None:
    """Action, reasons and price of each step; what is unchanged is folded."""
    after, _ = run(paid(LIGHTHOUSE))
    made = plan(edited(paid(LIGHTHOUSE), "approach", prompt="another"), after)
    page = read(pages.plan(snapshot(made), PlainLinks()))
    rows = {each.attributes["data-node"]: each for each in page.all("tr") if "data-node" in each.attributes}
    assert list(rows) == sorted(rows, key=[*rows].index)
    assert set(rows) == {step.node for step in made.steps}
    assert rows["approach.t2"].attributes["data-action"] == "render"
    assert "3.00 CNY" in rows["approach.t2"].words
    folded = page.one("details", id="unchanged")
    assert "coast.t1" in folded.text
    assert "approach.t2" not in folded.text


def test_a_run_is_asked_for_twice() -> None:
    """The button leads to what will be sent; only there is the form, with the plan that was seen."""
    made = plan(paid(LIGHTHOUSE))
    first = read(pages.plan(snapshot(made), PlainLinks()))
    button = first.one("a", id="run-button")
    assert button.words == "Run: 2 takes, 6.00 CNY"
    assert button.attributes["href"] == "/plan/?confirm=yes"
    assert first.all("form") == [first.one("form", method="dialog")]
    second = read(pages.plan(snapshot(made), PlainLinks(), {"confirm": "yes"}))
    sent = [each.attributes["data-submission"] for each in second.all("li") if "data-submission" in each.attributes]
    assert sent == ["coast.t1", "approach.t1"]
    form = second.one("form", method="post")
    assert form.attributes["action"] == "//run"
    (seen,) = form.all("input")
    assert (seen.attributes["name"], seen.attributes["value"]) == ("seen", snapshot(made).seen_plan)


def test_a_page_that_only_reads_has_no_way_to_run() -> None:
    """Neither the button nor the question."""
    made = plan(paid(LIGHTHOUSE))
    page = read(pages.plan(snapshot(made), PlainLinks(act=False), {"confirm": "yes"}))
    assert [each for each in page.within if each.attributes.get("id") in {"run-button", "confirm"}] == []


def test_the_graph_leads_from_assets_to_cuts() -> None:
    """Nodes are links from left to right, each with its state, and lines between them; a table says the same."""
    page = read(pages.graph(snapshot(plan(LIGHTHOUSE, DONE)), PlainLinks()))
    nodes = {each.attributes["data-node"]: each for each in page.within if each.attributes.get("class") == "node"}
    assert list(nodes) == ["asset:sets/coast.png", "coast", "approach", "cut:main"]
    lefts = [int(each.attributes["transform"].split("(")[1].split()[0]) for each in nodes.values()]
    assert lefts == sorted(set(lefts))
    assert nodes["approach"].attributes["href"] == "/shot/approach"
    assert "current" in nodes["approach"].text
    edges = {
        (each.attributes["data-from"], each.attributes["data-to"])
        for each in page.all("path")
        if "data-to" in each.attributes
    }
    assert ("coast", "approach") in edges
    assert ("approach", "cut:main") in edges
    assert "approach" in page.one("details", id="graph-text").text


def test_a_large_graph_is_folded_by_scene() -> None:
    """Each scene is one node with the most urgent state; an open one has its shots."""
    film = production(*(shot(f"scene{number % 7}/shot{number}", {}) for number in range(MOST_NODES + 1)))
    shown = snapshot(plan(film))
    folded = read(pages.graph(shown, PlainLinks()))
    assert len([each for each in folded.within if each.attributes.get("class") == "node"]) == 7
    opened = read(pages.graph(shown, PlainLinks(), {"scene": "scene3"}))
    kinds = [each.attributes["data-kind"] for each in opened.within if each.attributes.get("class") == "node"]
    assert (kinds.count("scene"), kinds.count("shot")) == (6, 43)


def _ledger() -> Ledger:
    charges = [
        Charge("coast", 1, "wan2.7-i2v", "2026-11-20T00:00:00Z", "charged", Decimal("2.40"), Decimal("3.00"), "task-1"),
        Charge(
            "approach", 1, "wan2.7-r2v", "2026-11-21T00:00:00Z", "charged", Decimal("4.80"), Decimal("4.80"), "task-2"
        ),
        Charge("approach", 2, "wan2.7-r2v", "2026-11-21T01:00:00Z", "failed", Decimal(0), Decimal("4.80"), "task-3"),
        Charge("approach", 3, "wan2.7-r2v", "2026-11-22T00:00:00Z", "in flight", None, Decimal("4.80"), "task-4"),
    ]
    return Ledger("CNY", tuple(charges))


def test_costs_are_by_shot_day_and_model() -> None:
    """Three tables with their totals, one chart by the key that is asked for, and what is still to come."""
    shown = replace(snapshot(plan(paid(LIGHTHOUSE))), ledger=_ledger())
    page = read(pages.costs(shown, PlainLinks(), {"by": "model"}))
    tables = {each.attributes["data-key"]: each.words for each in page.all("section") if "data-key" in each.attributes}
    assert list(tables) == ["table:shot", "table:day", "table:model"]
    assert all("total 2 7.20 CNY 7.80 CNY 1" in words for words in tables.values())
    assert "2026-11-21 1 4.80 CNY 4.80 CNY 1" in tables["table:day"]
    bars = {
        each.attributes["data-key"]: each
        for each in page.all("div")
        if each.attributes.get("data-key", "").startswith("bar:")
    }
    assert list(bars) == ["bar:wan2.7-i2v", "bar:wan2.7-r2v"]
    assert [each.attributes["width"] for each in bars["bar:wan2.7-i2v"].all("rect")] == ["1000", "625", "500"]
    assert "1 take still to come, at most 4.80 CNY" in page.text
    assert "task-3" in page.one("details", id="ledger").text


PROBLEM = Problem(
    Place("scenes/夜.yaml", 3, 7), "unknown key `promt`", "did you mean `prompt`?", source="  夜: {promt: a}"
)


def test_errors_are_shown_with_line_caret_and_hint() -> None:
    """On each view, above what can be used; a place opens the editor."""
    shown = replace(snapshot(plan(LIGHTHOUSE)), problems=(PROBLEM, replace(PROBLEM, severity=Severity.WARNING)))
    for view in VIEWS:
        page = read(view(shown, PlainLinks()))
        told = page.one("section", id="problems")
        assert told.one("a").attributes["href"] == "editor:scenes/夜.yaml:3:7"
        assert "unknown key promt" in told.words
        assert "hint: did you mean prompt?" in told.words
        source, caret = told.one("pre").text.split("\n")
        assert source.strip() == "夜: {promt: a}"
        assert caret.rstrip("^") == source[:6]
        assert "1 warning" in page.one("details", id="warnings").text
    assert shots(read(pages.board(shown, PlainLinks()))) == ["coast", "approach"]


def test_navigation_and_report_have_each_view_of_the_whole_production() -> None:
    """With a key of its own; a view that is not one of them is that of a shot or a cut."""
    assert set(pages.View) - set(pages.MAIN_PAGES) == {pages.View.SHOT, pages.View.CUT}
    assert len({page.key for page in pages.MAIN_PAGES.values()}) == len(VIEWS)
    shown = snapshot(plan(LIGHTHOUSE))
    for view, page in pages.MAIN_PAGES.items():
        tab = read(page.make(shown, PlainLinks())).one("nav").one(aria_current="page")
        assert (tab.attributes["data-view"], tab.attributes["data-key"], tab.text) == (view, page.key, page.heading)
    described = (Path(__file__).parents[2] / "docs" / "review.md").read_text(encoding="utf-8")
    assert [page.heading for page in pages.MAIN_PAGES.values() if f"- **{page.heading}**" not in described] == []
    files = dict.fromkeys(("style", "script", "policy", "media"), "")
    frozen = read(pages.report(shown, PlainLinks(live=False), files))
    named = [part.attributes["data-view"] for part in frozen.all("section", class_="frozen")]
    assert named[: len(VIEWS)] == [*pages.MAIN_PAGES]


def test_a_production_that_cannot_be_read_has_only_its_problems() -> None:
    """No view needs a plan."""
    for view in VIEWS:
        page = read(view(Snapshot("", None, problems=(PROBLEM,)), PlainLinks()))
        assert "unknown key promt" in page.one("section", id="problems").words
        assert "Below is what can be used" not in page.text


HOSTILE = "<script>alert(1)</script>\"'&\u202e\u0007{{ 7 * 7 }}"


def test_names_and_messages_are_text() -> None:
    """Whatever title, prompts, tags and messages contain, no page has an element or an attribute of theirs."""
    film = edited(paid(LIGHTHOUSE), "coast", prompt=HOSTILE, tags=(HOSTILE,))
    film = replace(film, title=HOSTILE)
    made = replace(snapshot(plan(film)), title=HOSTILE, problems=(replace(PROBLEM, message=HOSTILE, source=HOSTILE),))
    made = replace(
        made, ledger=replace(_ledger(), charges=(replace(_ledger().charges[0], shot=HOSTILE, task_id=HOSTILE),))
    )
    asked = {"select": HOSTILE, "confirm": "yes", "scene": HOSTILE, "by": HOSTILE}
    for view in VIEWS:
        html = view(made, PlainLinks(), asked, said=HOSTILE)
        page = read(html)
        assert [each.attributes.get("src") for each in page.all("script")] == ["/static/page.js"]
        assert not any(name.startswith("on") or name == "style" for each in page.within for name in each.attributes)
        assert page.all("style") == []
        assert "\u202e" not in html
        assert "\u0007" not in html
        assert "49" not in page.one("p", id="said").text
        assert r"\u202e" in page.one("p", id="said").text


def test_pages_speak_chinese() -> None:
    """All words of the page are in the language of its reader; names stay."""
    with translations("zh_CN"):
        page = board(plan(LIGHTHOUSE, DONE))
        told = read(pages.plan(snapshot(plan(paid(LIGHTHOUSE))), PlainLinks()))
    assert page.one("html").attributes["lang"] == "zh-Hans"
    assert "看板" in page.text
    assert "最新" in page.one("li", data_shot="coast").text
    assert "运行：2 条" in told.one("a", id="run-button").words


def test_a_message_of_an_action_is_announced() -> None:
    """In a region that screen readers watch."""
    page = read(pages.board(snapshot(plan(LIGHTHOUSE)), PlainLinks(), said="take 2 of coast is picked"))
    assert page.one("p", role="status").text == "take 2 of coast is picked"


def test_a_frozen_board_has_no_forms() -> None:
    """A report cannot ask a server."""
    page = board(plan(LIGHTHOUSE), links=PlainLinks(live=False, act=False))
    assert {each.attributes.get("method") for each in page.all("form")} <= {"dialog"}
    assert shots(page) == ["coast", "approach"]
    assert APPROACH.name in page.text
    assert COAST.name in page.text
