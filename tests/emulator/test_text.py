"""Words on cards: what can't be drawn is left out, and the rest is shown."""

from __future__ import annotations

import pytest

from kit.square_fonts import bare_machine
from wanflow.emulator.film.drawing import draw_card
from wanflow.emulator.film.text import UNDRAWABLE, drawable_words

LETTER = "\U00013000"
"""A letter that no usual font has."""


def test_plain_words_are_drawn_as_they_are() -> None:
    """Every machine can draw Latin."""
    assert drawable_words("It's 100% {dark}: go") == "It's 100% {dark}: go"


def test_a_sign_without_a_font_never_empties_a_card() -> None:
    """It is left out, and the words around it stay; a card of such signs alone says what happened."""
    with bare_machine():
        assert drawable_words("a cat looks out… 😭") == "a cat looks out…"
        assert drawable_words("😭") == UNDRAWABLE
        cards = [draw_card((320, 180), 1, "t2v", f"a cat{end}").tobytes() for end in ("", " 😭", " dog")]
    assert cards[0] == cards[1] != cards[2]


def test_lost_letters_are_left_out_with_a_word_about_it() -> None:
    """Such as Chinese on a machine without a font for it."""
    assert drawable_words(f"the {LETTER} lamp") == f"the  lamp {UNDRAWABLE}"
    with bare_machine():
        assert drawable_words("清晨 lamp") == f"lamp {UNDRAWABLE}"


@pytest.mark.parametrize("words", ["one two three\nfour five " * 20, "灯塔" * 90])
def test_a_long_prompt_keeps_to_the_card(words: str) -> None:
    """It ends below the middle, with room on both sides: the margins are as on an empty card."""
    size = (640, 360)
    full, empty = draw_card(size, 1, "t2v", words), draw_card(size, 1, "t2v", "")
    for strip in ((0, 0, 69, 360), (573, 0, 640, 360), (0, 300, 640, 360)):
        assert full.crop(strip).tobytes() == empty.crop(strip).tobytes()
    assert full.tobytes() != empty.tobytes()
