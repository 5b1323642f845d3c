"""Words, numbers and columns."""

from __future__ import annotations

import pytest

from wanflow.report.text.words import cells_wide, columns, count, listed, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc", "a b c"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("灯塔", "灯塔"),
        ("[bold]", "[bold]"),
        ("a\u202eb", "a\\x202eb"),
    ],
)
def test_nothing_reaches_the_terminal_that_it_would_act_on(text: str, shown: str) -> None:
    """Controls and bidirectional overrides are made visible; words of any language stay."""
    assert printable(text) == shown


def test_columns_hold_with_han_characters() -> None:
    """A Chinese name takes two cells a character, so that the next column stays aligned."""
    lines = columns([("海岸", "a"), ("coast", "b")])
    assert [cells_wide(line[: line.index(mark)]) for line, mark in zip(lines, "ab", strict=True)] == [7, 7]


def test_empty_columns_take_no_room() -> None:
    """A column that nobody fills is left out, and lines have no trailing blanks."""
    assert columns([("a", "", "b"), ("c", "", "")]) == ["a  b", "c"]


def test_counting_and_listing() -> None:
    """One take, two takes; a, b and c."""
    assert (count(1, "take"), count(2, "take")) == ("1 take", "2 takes")
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")
