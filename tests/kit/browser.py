"""A real Chromium on a real `wanflow review`, and the production that it shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from filelock import FileLock
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from kit.project import SHORT, call, clean, write_production

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Names under which a machine has a Chromium."""
REQUIRED = "WANFLOW_REQUIRE_BROWSER"
"""Variable that makes a machine without a Chromium an error."""
PATIENCE_SECONDS = 60
"""Seconds after which a server counts as hung."""


@dataclass
class Review:
    """A running `wanflow review`: the address that it printed, and that without the token."""

    address: str
    process: subprocess.Popen[str]
    file: Path

    @property
    def base(self) -> str:
        """The address of the board, without a `/` at its end."""
        return self.address.partition("/?")[0]

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return urlsplit(self.address).port or 0


@contextmanager
def reviewing(file: Path, *options: str, environ: Mapping[str, str] | None = None) -> Iterator[Review]:
    """`wanflow review` as a process of its own, which ends by Ctrl-C; it may have printed no error then."""
    command = [sys.executable, "-m", "wanflow", "review", "-f", str(file), "--no-open", *options]
    with subprocess.Popen(
        command, env=clean(environ or {}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            address = process.stdout.readline().strip()
            assert address.startswith("http://"), process.stderr.read()
            yield Review(address, process, file)
            process.terminate()
            code, printed = process.wait(PATIENCE_SECONDS), process.stderr.read()
            assert code == 0, printed
            assert "Traceback" not in printed, printed
            assert "bug" not in printed, printed
        finally:
            process.kill()


@dataclass
class Visitor:
    """Opens pages in one browser, and collects what must never happen in them."""

    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def open(self, review: Review, path: str = "/", **options: object) -> Page:
        """A view in a session of its own; `options` are those of Playwright's contexts."""
        context = self.browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        self.contexts.append(context)
        page = self._watched(context)
        page.goto(review.address)
        if path != "/":
            page.goto(f"{review.base}{path}")
        return page

    def another(self, page: Page, path: str = "/") -> Page:
        """A second tab of the session of a page."""
        tab = self._watched(page.context)
        parts = urlsplit(page.url)
        tab.goto(f"{parts.scheme}://{parts.netloc}{path}")
        return tab

    def close(self) -> None:
        """Close all pages; what went wrong in them fails the test."""
        for context in self.contexts:
            context.close()
        assert self.trouble == []

    def _watched(self, context: BrowserContext) -> Page:
        """A new tab, in which errors of scripts, violations of the policy, and requests to elsewhere are collected."""
        page = context.new_page()
        page.on("pageerror", lambda fault: self.trouble.append(f"error: {fault}"))
        page.on(
            "console", lambda said: self.trouble.append(f"console: {said.text}") if _is_trouble(said.text) else None
        )
        page.on(
            "request", lambda asked: None if _is_here(asked.url) else self.trouble.append(f"elsewhere: {asked.url}")
        )
        return page


def _is_trouble(text: str) -> bool:
    return any(words in text for words in ("Content Security Policy", "Uncaught", "TypeError", "ReferenceError"))


def _is_here(url: str) -> bool:
    return url.startswith(
        ("http://127.0.0.1:", "http://localhost:", "http://[::1]:", "blob:http://127.0.0.1:", "data:", "about:")
    )


def require_usable(page: Page, address: str) -> None:
    """Open an address: axe finds nothing in light, nor in the contrasts of the dark, and nothing is wider than the screen."""
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    found = Axe().run(page).response["violations"]
    page.emulate_media(color_scheme="dark")
    found += Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    page.emulate_media(color_scheme="light")
    assert [(address, each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


def chromium() -> str:
    """The path of this machine's Chromium; the test is skipped, or fails where one is required, without it."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        if os.environ.get(REQUIRED):
            pytest.fail(f"no Chromium is here, and {REQUIRED} is set")
        pytest.skip("no Chromium is here")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for the tests of one file.

    Until its end the thread has an event loop that runs, so no other file's tests may be in between.
    """
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """The pages of one test."""
    opened = Visitor(browser)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of a rendered production: `coast` with two takes, `approach` with one, and a cut of both.

    It is rendered once for all workers; tests change a copy of it.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "rendered-for-review"
    with FileLock(f"{folder}.lock"):
        if not (folder / "out" / "main.mp4").exists():
            write_production(folder, SHORT.replace("    tags: [water]", "    tags: [water]\n    takes: 2"))
            done = call(folder, "run")
            assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def production(rendered: Path, tmp_path: Path) -> Path:
    """The file of a copy of the rendered production."""
    copy = tmp_path / "film"
    shutil.copytree(rendered, copy)
    return copy / "wanflow.yaml"


@pytest.fixture
def review(production: Path) -> Iterator[Review]:
    """A server on the copy of the rendered production."""
    with reviewing(production) as served:
        yield served
