"""Stills in a real Chromium: on the page, in a comparison, in a cut, and in reports."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kit.browser import Visitor, require_usable, reviewing
from kit.project import call

STORY = """wanflow: 1
backend: animatic
shots:
  door_still:
    model: wan2.7-image
    prompt: The keeper at a red door, dusk.
    size: 1280*720
    takes: 2
cuts:
  main:
    - {shot: door_still, duration: 1}
"""

LOADED_WIDTHS = """(all) => Promise.all(all.map(async (each) => {
  if (!each.complete) await new Promise((done) => { each.onload = each.onerror = done })
  return each.naturalWidth
}))"""
"""Waits for events: what asks again and again evaluates a text in the page, which the page forbids."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A production of stills alone, rendered, with a report beside its takes and one that needs none."""
    made = tmp_path_factory.mktemp("stills")
    (made / "wanflow.yaml").write_text(STORY)
    for words in (("run",), ("report",), ("report", "--embed", "-o", "alone/film.html")):
        done = call(made, *words)
        assert done.returncode == 0, done.stderr
    return made


def shown_widths(page: Page, pictures: str) -> list[int]:
    """The widths of pictures as they were loaded; 0 for one that is not shown."""
    return page.eval_on_selector_all(pictures, LOADED_WIDTHS)  # type: ignore[no-any-return]


def compare(page: Page) -> None:
    """Compare the takes by keys, zoomed and whole; nothing of it plays."""
    page.keyboard.press("c")
    dialog = page.locator("dialog.compare")
    expect(dialog).to_be_visible()
    expect(dialog.locator(".transport")).to_be_hidden()
    page.keyboard.press("z")
    zoomed = dialog.locator(".compare-stage[data-zoomed]")
    expect(zoomed).to_be_visible()
    page.keyboard.press("ArrowRight")
    assert zoomed.evaluate("(element) => element.style.getPropertyValue('--across')") == "60%"
    for key in ("w", " ", "j", "b"):
        page.keyboard.press(key)
    expect(dialog.locator('[data-mode="blink"][aria-pressed="true"]')).to_be_visible()
    page.keyboard.press("c")
    expect(dialog).to_be_hidden()


def test_stills_are_looked_at_and_compared(browser: Browser, folder: Path) -> None:
    """No view asks for what a picture does not have, and everybody can use them."""
    visitor, refused = Visitor(browser), list[str]()
    with reviewing(folder / "wanflow.yaml", "--read-only") as review:
        page = visitor.open(review, "/shots/door_still")
        page.on("response", lambda reply: refused.append(reply.url) if reply.status >= 400 else None)
        assert shown_widths(page, "img.still") == [1280, 1280]
        expect(page.locator(".takes-side > .transport [data-do=play]")).to_be_hidden()
        compare(page)
        require_usable(page, f"{review.base}/shots/door_still")
        require_usable(page, f"{review.base}/")
        page.locator(".card").hover()
        page.locator(".card a").focus()
        assert shown_widths(page, ".card img") == [480]
        page.goto(f"{review.base}/cuts/main")
        page.get_by_role("button", name="As it would be now").click()
        expect(page.locator(".film-still")).to_be_visible()
        assert shown_widths(page, ".film-still") == [1280]
        assert refused == []
        visitor.close()


@pytest.mark.parametrize("file", ["out/report.html", "alone/film.html"])
@pytest.mark.parametrize("scripts", [True, False])
def test_a_report_has_its_stills(browser: Browser, folder: Path, file: str, scripts: bool) -> None:
    """Beside it, or inside; with scripts and without."""
    context = browser.new_context(java_script_enabled=scripts)
    trouble: list[str] = []
    page = context.new_page()
    page.on("console", lambda said: trouble.append(said.text) if "Security Policy" in said.text else None)
    page.on("requestfailed", lambda asked: trouble.append(asked.url))
    page.goto(f"{(folder / file).as_uri()}#shot/door_still")
    if scripts:
        assert shown_widths(page, "img.still") == [1280, 1280]
        compare(page)
        page.goto(f"{(folder / file).as_uri()}#cut/main")
        page.get_by_role("button", name="As it would be now").click()
        assert shown_widths(page, ".film-still") == [1280]
    else:
        page.wait_for_load_state("load")
        assert page.locator("img.still").count() == 2
        assert page.locator("img.still").first.bounding_box()["height"] > 100  # type: ignore[index]
    context.close()
    assert trouble == []
