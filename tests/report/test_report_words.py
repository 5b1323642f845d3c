"""Words, numbers and columns."""

from __future__ import annotations

import pytest

from wanflow.characters import cells_wide
from wanflow.report.text.words import count, listed, printable


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


@pytest.mark.parametrize(
    ("text", "cells"), [("coast", 5), ("海岸", 4), ("e\u0301te\u0301", 3), ("ก\u0e34", 1), ("ｆ", 2)]
)
def test_a_text_is_as_wide_as_its_cells(text: str, cells: int) -> None:
    """Han and full-width signs take two cells, a mark above or below another sign takes none."""
    assert cells_wide(text) == cells


def test_counting_and_listing() -> None:
    """One take, two takes; a, b and c."""
    assert (count(1, "take"), count(2, "take")) == ("1 take", "2 takes")
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")
