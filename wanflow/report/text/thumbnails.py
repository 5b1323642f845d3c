"""Tables beside posters, on a terminal that shows pictures; the only home of textual-image.

Its import asks the terminal what it can show, so this module is imported only where somebody asked for posters.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PIL.Image import new
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as Grid
from rich.text import Text
from textual_image.renderable import Image, SixelImage, TGPImage

from wanflow.messages import translated
from wanflow.report.text.table import Screen, Table

POSTER_CELLS, POSTER_LINES, GAP = 20, 5, 2
"""Maximum width and height of a poster on the terminal, and the cells between it and its row."""

# it warns, with a traceback, of a terminal that does not know the size of its cells, and assumes the usual one
logging.getLogger("textual_image").setLevel(logging.ERROR)


def shows_pictures() -> bool:
    """Whether the terminal shows pictures, by kitty's protocol or as sixels; blocks of colour are not enough.

    Raises an error of any kind where what the terminal says of its size makes no sense, such as a window of no columns.
    """
    if Image not in {SixelImage, TGPImage}:
        return False
    # textual-image asks for the size of the cells once, and before anything is printed an error does no harm
    console = Console()
    return Measurement.get(console, console.options, Image(new("RGB", (1, 1)), width=1)).maximum > 0


def rows_beside_posters(made: Callable[[Screen], Table], screen: Screen) -> Iterator[Callable[[Path | None], None]]:
    """What prints the heading, and then each row, of a table that `made` makes for a screen, beside its poster."""
    narrow = screen.indented(POSTER_CELLS + GAP)
    shown = made(narrow)
    # kitty's protocol writes the number of a picture as a colour, which people who want no colours need as well
    console = Console(highlight=False, color_system="truecolor", no_color=False, height=POSTER_LINES)

    def print_row(text: str, poster: Path | None) -> None:
        beside = Grid.grid(padding=(0, GAP, 0, 0))
        beside.add_column(width=POSTER_CELLS)
        beside.add_column(no_wrap=True, overflow="ignore")
        picture = "" if poster is None else Image(poster, width="auto", height="auto")
        beside.add_row(picture, Text.from_ansi(narrow.printed(translated(text))))
        console.print(beside)

    return (partial(print_row, text) for text in (shown.heading, *shown.rows))
