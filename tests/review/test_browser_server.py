"""A browser at the page: its link, two tabs, a file that is saved meanwhile, a run to its end, and no script."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from kit.browser import Review, Visitor, reviewing
from kit.project import call, rewrite


def test_what_happens_elsewhere_reaches_every_tab(review: Review, visitor: Visitor) -> None:
    """A pick in one tab and one in a terminal, a saved file, errors in it, and a reload in the middle."""
    board = visitor.open(review)
    assert board.url == f"{review.base}/"
    coast, approach = (board.locator(f'[data-shot="{name}"]') for name in ("coast", "approach"))
    expect(board.locator("[data-shot]")).to_have_count(2)
    first = coast.get_attribute("data-seen") or ""
    shot = visitor.another(board, "/shots/coast")
    shot.locator('form[action$="/pick"] button').last.click()
    expect(shot.locator('[data-take="2"]').first).to_have_attribute("data-picked", "somebody")
    expect(coast).not_to_have_attribute("data-seen", first)
    assert call(review.file.parent, "hold", "coast").returncode == 0
    expect(coast).to_have_attribute("data-state", "held")
    assert call(review.file.parent, "release", "coast").returncode == 0
    expect(coast).not_to_have_attribute("data-state", "held")
    rewrite(review.file, "comes near", "is near")
    expect(approach).to_have_attribute("data-state", "changed")
    rewrite(review.file, "7-i2v", "7-i3v")
    expect(board.locator("#problems")).to_contain_text("wanflow.yaml")
    board.reload()
    expect(board.locator("#problems")).to_contain_text("wanflow.yaml")
    rewrite(review.file, "7-i3v", "7-i2v")
    expect(board.locator("#problems")).to_have_count(0)


def test_a_run_from_the_page_goes_to_its_end(production: Path, visitor: Visitor) -> None:
    """The button shows what is sent and asks once more; a page that is loaded meanwhile follows as well."""
    rewrite(production, "comes near", "is near")
    with reviewing(production, "--allow-run") as review:
        page = visitor.open(review, "/plan")
        page.locator('a[href*="confirm"], [data-confirm]').first.click()
        page.locator('form[action="/run"] button').first.click()
        expect(page.locator("#run")).to_be_visible()
        late = visitor.another(page, "/")
        expect(late.locator('[data-shot="approach"]')).to_have_attribute("data-state", "current", timeout=60_000)
        expect(page.locator("#run")).to_have_attribute("data-over", "done", timeout=60_000)


def test_without_a_script_the_page_reads_and_picks(review: Review, visitor: Visitor) -> None:
    """Forms are ordinary forms, whose origin a browser keeps to itself; each message is shown once."""
    page = visitor.open(review, "/shots/coast", java_script_enabled=False)
    page.locator('form[action$="/pick"] button').last.click()
    assert page.url == f"{review.base}/shots/coast"
    expect(page.locator('[role="status"]')).to_contain_text("take 2 of coast is picked")
    expect(page.locator('[data-take="2"]').first).to_have_attribute("data-picked", "somebody")
    page.reload()
    expect(page.locator('[role="status"]')).to_have_text("")
