"""Draws the pictures of the README from the lighthouse: the board, and a pick from the terminal to the page.

    python tools/draw_readme.py

It renders a copy of the example as an animatic, retakes a shot, and opens the page in Chromium.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SHOT = "talk"
"""The shot that is retaken and picked: another one is made from it, so that its pick has a price."""
VIEWPORT = {"width": 1120, "height": 700}
BOARD = {"width": 1120, "height": 560}
GIF_SIZE = (800, 500)
COLOURS = 96
MOST_BYTES = {"board.png": 200_000, "pick.gif": 600_000}


def main() -> None:
    """Draw both pictures; raises SystemExit where one is larger than it may be."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "lighthouse"
        ignored = shutil.ignore_patterns(".wanflow", "out", "wanflow.lock", ".gitattributes")
        shutil.copytree(ROOT / "examples" / "02-lighthouse", folder, ignore=ignored)
        said = [typed(folder, *words) for words in (("run",), ("retake", SHOT, "-n", "1"), ("run",))]
        with serving(folder) as address, sync_playwright() as playwright:
            chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport=BOARD, color_scheme="light", bypass_csp=True)
            page.goto(address)
            settled(page)
            save_board(page)
            page.set_viewport_size(VIEWPORT)
            save_pick(page, said[1:])
            browser.close()
    for name, most in MOST_BYTES.items():
        size = (PICTURES / name).stat().st_size
        print(f"{name}: {size // 1000} KB")
        if size > most:
            raise SystemExit(f"{name} is larger than {most // 1000} KB")


def typed(folder: Path, *words: str) -> str:
    """What a command prints, with the line that calls it."""
    environ = {**os.environ, "WANFLOW_LANG": "en", "COLUMNS": "92", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "wanflow", *words]
    done = subprocess.run(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    )
    return f"$ wanflow {' '.join(words)}\n{done.stdout}"


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The page of a production; its address."""
    environ = {**os.environ, "WANFLOW_LANG": "en"}
    command = [sys.executable, "-m", "wanflow", "review", "--no-open"]
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield (process.stdout or sys.stdin).readline().strip()
        finally:
            process.terminate()


def settled(page: Page) -> None:
    """Wait until the pictures that are seen are there."""
    page.wait_for_load_state("load")
    page.wait_for_function(
        "[...document.images].every((each) => each.naturalWidth || each.getBoundingClientRect().top > innerHeight)"
    )


def save_board(page: Page) -> None:
    """The board as it is, in as many colours as it takes to look the same."""
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(PICTURES / "board.png", optimize=True)


def save_pick(page: Page, said: list[str]) -> None:
    """A retake and a run in a terminal; then the page: its board, the takes of the shot, the price, and the pick."""
    frames: list[tuple[bytes, int]] = []

    def keep(milliseconds: int) -> None:
        frames.append((page.screenshot(), milliseconds))

    address = page.url
    for lines in (said[0], "\n".join(said)):
        page.set_content(terminal(lines))
        keep(1400)
    page.goto(address)
    settled(page)
    keep(1500)
    page.locator(f'[data-shot="{SHOT}"] a').first.focus()
    keep(600)
    page.keyboard.press("Enter")
    page.locator('.take[data-take="2"]').wait_for()
    settled(page)
    page.locator('.take[data-take="2"] [data-consequence]').wait_for()
    keep(1200)
    for moment in ("0.8", "1.6", "2.4"):
        page.evaluate(
            "(at) => Promise.all([...document.querySelectorAll('video.player')].map((player) => new Promise((done) => {"
            "player.onseeked = done; player.currentTime = at; })))",
            float(moment),
        )
        keep(350)
    page.keyboard.press("2")
    keep(2200)
    page.keyboard.press("Enter")
    page.locator('.take[data-take="2"][data-picked="somebody"]').wait_for()
    page.evaluate("scrollTo(0, 0)")
    keep(2200)
    page.locator('.tabs [data-view="board"]').click()
    page.locator(f'[data-shot="{SHOT}"]').wait_for()
    settled(page)
    keep(2600)
    pictures = [
        Image.open(io.BytesIO(shown)).convert("RGB").resize(GIF_SIZE, Image.Resampling.LANCZOS) for shown, _ in frames
    ]
    sheet = Image.new("RGB", (GIF_SIZE[0], GIF_SIZE[1] * len(pictures)))
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (0, GIF_SIZE[1] * number))
    palette = sheet.quantize(COLOURS)  # one palette for all, so that what does not change takes no bytes
    first, *others = (picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures)
    durations = [milliseconds for _, milliseconds in frames]
    first.save(PICTURES / "pick.gif", save_all=True, append_images=others, duration=durations, loop=0, optimize=True)


def terminal(text: str) -> str:
    """A page with a terminal that shows a text."""
    console = Console(record=True, width=92, file=io.StringIO())
    console.print(Text(text))
    svg = console.export_svg(title="wanflow")
    return f"<body style='margin: 90px 100px; background: #dededa'>{svg}</body>"


if __name__ == "__main__":
    main()
