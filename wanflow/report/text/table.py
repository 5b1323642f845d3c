"""Tables of a terminal: cells in columns under their headings, as wide as the screen and no wider."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from wanflow.characters import cells_wide, shown, shown_lines
from wanflow.patterns import pattern
from wanflow.records import immutable

GAP = "  "
LEAST_TEXT = 28
"""Minimum cells of a column that is broken into lines; in fewer of them its text is hard to read."""
LEAST = 6
"""Minimum cells of any other column on a narrow screen."""
LONGEST_CELL = 1_000
"""Maximum characters of a cell; the middle of a longer one is left out."""
BELOW = "     "
"""Indentation of what has a line of its own below its row."""

CODES = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "cyan": 36}
"""Styles, by the number that a terminal knows them by."""
_STYLE = pattern(rf"(\x1b\[(?:0|{'|'.join(map(str, CODES.values()))})m)")


@immutable
class Screen:
    """Where a text is shown.

    `width` is in cells; None where a line may have any length, as in a pipe. `complete` completes the commands in a
    text, and `seen` gives a path of the production as the reader sees it.
    """

    width: int | None = None
    coloured: bool = False
    complete: Callable[[str], str] = str
    seen: Callable[[str], str] = str

    def indented(self, cells: int) -> Screen:
        """The same screen for lines that begin further right."""
        return self if self.width is None else replace(self, width=self.width - cells)

    def lines(self, text: str, width: int | None = None) -> list[str]:
        """A text in lines that fit the screen, or a column of `width` cells on it."""
        return [text] if self.width is None else wrapped(text, max(self.width, LEAST) if width is None else width)

    def styled(self, text: str, style: str) -> str:
        """The text in a style, where the screen has colours."""
        return f"\x1b[{CODES[style]}m{text}\x1b[0m" if self.coloured and style and text.strip() else text

    def printed(self, text: str) -> str:
        """A report whose lines are safe to print, whatever they hold; of escape sequences only styles stay."""
        if not self.coloured:
            return shown_lines(text)
        return "".join(part if _STYLE.fullmatch(part) else shown_lines(part) for part in _STYLE.split(text))


PIPE = Screen()
"""A file or a program."""


@immutable
class Column:
    """A column: its heading, whether its cells end together, and what becomes of it where the screen is too narrow.

    `wraps`: its text is broken into lines. `below`: it moves to a line of its own below the row, that of the lowest
    number first. `styled`: it has the style of its row. `most` is the maximum of characters in a cell.
    """

    heading: str
    right: bool = False
    wraps: bool = False
    below: int | None = None
    styled: bool = False
    most: int = LONGEST_CELL


@immutable
class Table:
    """A table as text: its heading, and the lines of each row."""

    heading: str
    rows: tuple[str, ...]

    def lines(self) -> list[str]:
        """The heading and the rows; nothing where there are no rows."""
        return [self.heading, *self.rows] if self.rows else []


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], screen: Screen = PIPE, styles: Sequence[str] = ()
) -> Table:
    """Rows of cells, whatever they hold, under the headings of their columns; a column without text is left out.

    `styles` are those of the rows, one each, where they have some.
    """
    cells = [
        [shown(screen.complete(cell), column.most) for column, cell in zip(columns, row, strict=True)] for row in rows
    ]
    columns = [replace(column, heading=screen.complete(column.heading)) for column in columns]
    widths = {
        index: max(cells_wide(column.heading), *(cells_wide(row[index]) for row in cells))
        for index, column in enumerate(columns)
        if any(row[index] for row in cells)
    }
    if screen.width is not None:
        _fit(columns, widths, screen.width)
    titles = {index: screen.lines(columns[index].heading, width) for index, width in widths.items()}
    heading = "\n".join(_side_by_side(columns, widths, titles, PIPE, ""))
    body = [
        "\n".join(_row(columns, widths, row, screen, style))
        for row, style in zip(cells, styles or [""] * len(cells), strict=True)
    ]
    return Table(screen.styled(heading, "bold"), tuple(body))


def _row(
    columns: Sequence[Column], widths: Mapping[int, int], row: Sequence[str], screen: Screen, style: str
) -> Iterator[str]:
    """The lines of a row: of its cells side by side, then of those that moved below them."""
    cells = {index: screen.lines(row[index], width) for index, width in widths.items()}
    yield from _side_by_side(columns, widths, cells, screen, style)
    below = GAP.join(cell for index, cell in enumerate(row) if index not in widths and cell)
    if below:
        yield from (BELOW + line for line in screen.indented(len(BELOW)).lines(below))


def _fit(columns: Sequence[Column], widths: dict[int, int], room: int) -> None:
    """Change the widths of columns so that a row fits; those that move below the row have no width any more."""
    movable = sorted(
        (index for index in widths if columns[index].below is not None), key=lambda index: columns[index].below or 0
    )
    while (excess := sum(widths.values()) + len(GAP) * (len(widths) - 1) - room) > 0:
        wrapping = [index for index in widths if columns[index].wraps and widths[index] - excess >= LEAST_TEXT]
        widest = max(widths, key=lambda index: widths[index])
        if wrapping:
            widths[wrapping[0]] -= excess
        elif movable:
            del widths[movable.pop(0)]
        elif widths[widest] > LEAST:
            widths[widest] -= 1
        else:
            return


def _side_by_side(
    columns: Sequence[Column],
    widths: Mapping[int, int],
    cells: Mapping[int, Sequence[str]],
    screen: Screen,
    style: str,
) -> Iterator[str]:
    """The lines of a row whose cells have several lines each."""
    for number in range(max(map(len, cells.values()), default=0)):
        line = []
        for index, width in widths.items():
            text = cells[index][number] if number < len(cells[index]) else ""
            blanks, shown = " " * (width - cells_wide(text)), screen.styled(text, style * columns[index].styled)
            line.append(blanks + shown if columns[index].right else shown + blanks)
        yield GAP.join(line).rstrip()


_HAN = "\u2e80-\uffff\U00020000-\U0003ffff"
_WORDS = pattern(
    rf"(?:[^\s{_HAN}]+|[（“‘《「【〔]*[{_HAN}])[，。、；：？！）”’》」】〕…\u0300-\u036f\ufe00-\ufe0f]*\s*|^\s+"
)
"""Words, and single Han characters, each with the punctuation that never begins or ends a line."""


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken between words and Han characters; a long word anywhere."""
    lines, line = [], ""
    for word in _WORDS.findall(text):
        rest = word
        while cells_wide(line + rest.rstrip()) > width:
            fitting = _fitting(rest, width - cells_wide(line)) if cells_wide(rest.rstrip()) > width else 0
            fitting = fitting or not line  # a character that is wider than the line is kept
            lines.append((line + rest[:fitting]).rstrip())
            line, rest = "", rest[fitting:]
        line += rest
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _fitting(text: str, width: int) -> int:
    """How many characters of the text fit; a mark stays with the character that it is above or below."""
    used = 0
    for index, char in enumerate(text):
        used += cells_wide(char)
        if used > width:
            return index
    return len(text)
