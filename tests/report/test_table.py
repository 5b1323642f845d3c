"""Tables: columns under headings, on screens of any width."""

from __future__ import annotations

import pytest

from wanflow.characters import cells_wide
from wanflow.report.text.table import Column, Screen, table, wrapped

COLUMNS = (
    Column("", styled=True),
    Column("node"),
    Column("model", below=2),
    Column("price", right=True),
    Column("unused"),
    Column("why", wraps=True, below=1),
)
ROWS = (
    ("+", "海岸/arrival.t1", "wan2.7-i2v", "≤ 3.00 CNY", "", "never rendered; first_clip: `coast` is rendered again"),
    ("+", "e\u0301te\u0301.t1", "wan2.7-i2v", "12.00 CNY", "", "灯塔看守人第一集" * 3),
    ("*", "cut:main", "", "", "", "not built yet"),
)


def test_a_pipe_has_whole_lines_under_their_headings() -> None:
    """A column without text is left out; the others begin, or end, in the same cell in each row."""
    lines = table(COLUMNS, ROWS).lines()
    assert len(lines) == 4
    assert "unused" not in lines[0]
    assert [
        cells_wide(line[: line.index(word)]) for line, word in zip(lines, ("why", "never", "灯", "not"), strict=True)
    ] == [*[cells_wide(lines[0].partition("why")[0])] * 4]
    assert [cells_wide(line.partition("CNY")[0]) for line in lines[1:3]] == [
        len(lines[0].partition("price")[0]) + 2 + 0
    ] * 2


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120])
def test_a_table_fits_its_screen_and_loses_nothing(width: int) -> None:
    """Texts are broken into lines, or move below their rows; names are broken last."""
    lines = "\n".join(table(COLUMNS, ROWS, Screen(width)).lines()).splitlines()
    assert max(map(cells_wide, lines)) <= width
    for row in ROWS:
        for cell in row:
            assert all(char in "".join(lines) for char in cell)
    if width >= 60:
        assert all(row[1] in "\n".join(lines) for row in ROWS)


def test_a_wide_screen_breaks_only_the_text() -> None:
    """Its further lines begin below its first one."""
    first, second = table(COLUMNS, ROWS[:1], Screen(80)).rows[0].split("\n")
    assert first == "+  海岸/arrival.t1  wan2.7-i2v  ≤ 3.00 CNY  never rendered; first_clip: `coast`"
    assert second == " " * 44 + "is rendered again"


def test_a_narrow_screen_has_the_text_below() -> None:
    """And what is to the right of the name, if it must be."""
    assert table(COLUMNS, ROWS[2:], Screen(14)).rows == ("*  cut:main\n     not built\n     yet",)


def test_styles_change_no_widths() -> None:
    """A coloured table is the same text."""
    plain = table(COLUMNS, ROWS, Screen(80)).lines()
    coloured = table(COLUMNS, ROWS, Screen(80, coloured=True), ["green", "green", "yellow"]).lines()
    assert coloured[1].startswith("\x1b[32m+\x1b[0m  海岸")
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[32m", "\x1b[33m"):
        coloured = [line.replace(code, "") for line in coloured]
    assert coloured == plain


def test_a_command_is_completed_before_the_cell_is_measured() -> None:
    """So that it fits as it is printed."""
    screen = Screen(40, complete=lambda text: text.replace("`coast`", "`coast -f films/a.yaml`"))
    lines = "\n".join(table(COLUMNS, ROWS, screen).lines()).splitlines()
    assert max(map(cells_wide, lines)) <= 40
    assert "films/a.yaml" in "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("a bc def", 4, ["a bc", "def"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("灯塔看守人", 5, ["灯塔", "看守", "人"]),
        ("灯塔", 1, ["灯", "塔"]),
        ("a 灯塔看守人", 6, ["a 灯塔", "看守人"]),
        ("", 4, [""]),
        ("e\u0301e\u0301e\u0301", 2, ["e\u0301e\u0301", "e\u0301"]),
    ],
)
def test_lines_are_broken_between_words(text: str, width: int, lines: list[str]) -> None:
    """Long words and Han text are broken anywhere, but not between a sign and its accent."""
    assert wrapped(text, width) == lines
