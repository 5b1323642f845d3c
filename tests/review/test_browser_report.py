"""The report in a real Chromium, opened from the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kit.project import call


@pytest.fixture(scope="module")
def folder(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered production with its report, and with one that plays alone; not to be changed."""
    copy = tmp_path_factory.mktemp("report") / "film 第一"
    shutil.copytree(rendered, copy)
    for words in ((), ("--embed", "-o", "alone/film.html")):
        done = call(copy, "report", *words)
        assert done.returncode == 0, done.stderr
    return copy


def opened(browser: Browser, file: Path, trouble: list[str], **options: object) -> Page:
    """A report in a browser; what goes wrong in it, and what it loads from elsewhere, is `trouble`."""
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(20_000)
    beside = file.parent.as_uri()
    page.on("pageerror", lambda fault: trouble.append(str(fault)))
    page.on("console", lambda said: trouble.append(said.text) if "Security Policy" in said.text else None)
    page.on(
        "request", lambda asked: None if asked.url.startswith((beside, "data:", "blob:")) else trouble.append(asked.url)
    )
    page.goto(file.as_uri())
    return page


def plays(page: Page, player: str) -> None:
    """A player plays: its time goes on."""
    page.eval_on_selector(player, "(player) => { player.muted = true; return player.play(); }")
    page.evaluate(
        "(name) => new Promise((done) => document.querySelector(name).addEventListener('timeupdate', done))", player
    )
    assert page.eval_on_selector(player, "(player) => player.currentTime") > 0


def test_a_report_is_the_page_without_its_server(browser: Browser, folder: Path) -> None:
    """Its views change with keys and links, its takes play, and nothing is loaded from elsewhere."""
    trouble: list[str] = []
    page = opened(browser, folder / "out" / "report.html", trouble)
    expect(page.locator(".card")).to_have_count(2)
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page.locator("h1:visible")).to_have_text("Plan")
    page.go_back()
    page.locator('[data-shot="coast"] a').first.click()
    expect(page.locator(".take")).to_have_count(2)
    expect(page.locator("form:not([method=dialog])")).to_have_count(0)
    plays(page, ".take video")
    page.goto(f"{page.url.partition('#')[0]}#cut/main")
    expect(page.locator(".item").first).to_be_visible()
    plays(page, '[data-film-part="written"] video')
    assert trouble == []


def test_a_report_that_plays_alone(browser: Browser, folder: Path, tmp_path: Path) -> None:
    """Moved away from the takes, its players have all that they need."""
    trouble: list[str] = []
    file = Path(shutil.copy(folder / "alone" / "film.html", tmp_path))
    page = opened(browser, file, trouble)
    page.locator('[data-shot="approach"] a').first.click()
    plays(page, ".take video")
    assert trouble == []


def test_a_report_reads_without_scripts(browser: Browser, folder: Path) -> None:
    """The board first, and each view by its link."""
    page = opened(browser, folder / "out" / "report.html", [], java_script_enabled=False)
    expect(page.locator(".card:visible")).to_have_count(2)
    page.locator('.tabs [data-view="costs"]').click()
    expect(page.locator("h1:visible")).to_have_text("Costs")
    expect(page.locator(".card:visible")).to_have_count(0)
