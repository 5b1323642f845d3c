"""A browser at the door of the page: its link, a pick, a file that is saved meanwhile."""

from __future__ import annotations

from playwright.sync_api import expect

from kit.browser import Review, Visitor


def test_the_link_opens_the_board(review: Review, visitor: Visitor) -> None:
    """The token is gone from the address, and every shot has its card."""
    page = visitor.open(review)
    assert page.url == f"{review.base}/"
    expect(page.locator("[data-shot]")).to_have_count(2)
