"""Board, plan, graph and costs in a real browser: keys, changes while they are open, a run, and without scripts."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from kit.browser import Review, Visitor, require_usable, reviewing
from kit.project import rewrite

VIEWS = ("/", "/plan", "/plan?confirm=yes", "/graph", "/costs")


def focused(page: Page) -> str | None:
    """The shot whose card has the focus."""
    return page.evaluate("document.activeElement.closest('[data-shot]')?.dataset.shot")  # type: ignore[no-any-return]


def test_the_board_is_used_by_keys(review: Review, visitor: Visitor) -> None:
    """The overlay of keys, cards, the selector, and the views; a field takes letters as they are."""
    page = visitor.open(review)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("p")
    assert page.url == f"{review.base}/"
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("j")
    assert focused(page) == "coast"
    page.keyboard.press("l")
    assert focused(page) == "approach"
    page.keyboard.press("ArrowLeft")
    assert focused(page) == "coast"
    page.keyboard.press("/")
    page.keyboard.type("coa*")
    expect(page.locator("[data-shot]")).to_have_count(1)
    expect(page.locator("#select")).to_be_focused()
    assert page.url == f"{review.base}/?select=coa*"
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    page.keyboard.press("Enter")
    page.wait_for_url("**/shots/coast")
    for key, path in (("p", "plan"), ("g", "graph"), ("c", "costs"), ("b", "")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(f"{review.base}/{path}")


def test_an_open_board_follows_its_files(review: Review, visitor: Visitor) -> None:
    """A saved change shows without a reload; what was typed, the focus and the scroll stay; errors go as they came."""
    page = visitor.open(review, viewport={"width": 420, "height": 500})
    page.evaluate("window.same = true")
    page.locator("[data-shot=approach] a").focus()
    page.evaluate("scrollTo(0, 200)")
    scrolled = page.evaluate("scrollY")
    rewrite(review.file, "The coast ", "The shore ")
    expect(page.locator("[data-shot=coast]")).to_have_attribute("data-state", "changed")
    assert focused(page) == "approach"
    assert page.evaluate("scrollY") == scrolled
    rewrite(review.file, "duration: ", "duratoin: ")
    expect(page.locator("#problems")).to_contain_text("unknown key duratoin")
    expect(page.locator("#problems a").first).to_have_attribute(
        "href", re.compile(r"^vscode://file/.*wanflow\.yaml:\d+:\d+$")
    )
    rewrite(review.file, "duratoin: ", "duration: ")
    expect(page.locator("#problems")).to_have_count(0)
    expect(page.locator("[data-shot]")).to_have_count(2)
    assert page.evaluate("window.same")


def test_a_run_is_approved_and_followed(production: Path, visitor: Visitor) -> None:
    """The button, what will be sent, the run while it goes on, and the board after it."""
    rewrite(production, "The coast ", "The shore ")
    with reviewing(production, "--allow-run") as served:
        page = visitor.open(served, "/plan")
        watching = visitor.another(page)
        expect(watching.locator("[data-shot=coast]")).to_have_attribute("data-state", "changed")
        page.locator("#run-button").click()
        expect(page.locator("#confirm")).to_contain_text("The shore at dawn.")
        page.locator("#confirm button").click()
        expect(page.locator("#run")).to_contain_text("coast.t3")
        page.goto(f"{served.base}/plan")
        expect(page.locator(".while-running")).to_be_visible()
        expect(page.locator("#run-button")).to_be_hidden()
        expect(watching.locator("#run")).to_be_visible()
        expect(page.locator("#run")).to_have_attribute("data-over", "done", timeout=60_000)
        expect(watching.locator("[data-shot=coast]")).to_have_attribute("data-state", "current")
        expect(page.locator("#run-button")).to_have_count(0)


def test_the_page_reads_without_scripts(review: Review, visitor: Visitor) -> None:
    """Filters are a form, views are links; what needs a script is not shown."""
    page = visitor.open(review, java_script_enabled=False)
    expect(page.locator("#show-keys")).to_be_hidden()
    page.locator("#select").fill("coast")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("[data-shot]")).to_have_count(1)
    for name in ("Plan", "Graph", "Costs", "Board"):
        page.get_by_role("navigation").get_by_role("link", name=name).click()
        expect(page.locator("h1")).to_have_text(name)


def test_views_are_for_everybody(review: Review, visitor: Visitor) -> None:
    """Axe finds nothing in light and in dark, and nothing is wider than a small screen; with errors as well."""
    rewrite(review.file, "duration: ", "duratoin: ")
    page = visitor.open(review, viewport={"width": 400, "height": 800}, bypass_csp=True)
    for path in VIEWS:
        require_usable(page, f"{review.base}{path}")


def test_a_lost_connection_is_said(production: Path, visitor: Visitor) -> None:
    """The last state stays, with a note."""
    with reviewing(production) as served:
        page = visitor.open(served)
        expect(page.locator("[data-shot]")).to_have_count(2)
        page.wait_for_load_state("networkidle")
    expect(page.locator("#connection")).to_contain_text("The connection to wanflow is lost.")
    expect(page.locator("[data-shot]")).to_have_count(2)
