"""Words on cards: what can't be drawn is said, never shown as boxes."""

from __future__ import annotations

from PIL import Image, ImageDraw

from wanflow.emulator.film.text import NO_SIGN, UNDRAWABLE, choose_font, wrap


def test_plain_words_are_drawn_as_they_are() -> None:
    """Every machine can draw Latin."""
    assert choose_font("It's 100% {dark}: go", 20)[1] == "It's 100% {dark}: go"


def test_signs_without_a_font_are_left_out_with_a_word_about_it() -> None:
    """A character that no font has represents Chinese on a machine without a font for it."""
    text = choose_font(f"the {NO_SIGN} lamp", 20)[1]
    assert text == f"the  lamp {UNDRAWABLE}"
    assert choose_font(NO_SIGN, 20)[1] == UNDRAWABLE


def test_lines_keep_to_their_width_and_their_number() -> None:
    """Latin breaks between words, other scripts anywhere; what is too long ends in an ellipsis."""
    draw = ImageDraw.Draw(Image.new("RGB", (10, 10)))
    font, _ = choose_font("", 20)
    lines = wrap("one two three\nfour five six seven eight nine ten", draw, font, 120, 3)
    assert len(lines) == 3
    assert lines[0].startswith("one two")
    assert lines[-1].endswith("...")
    assert all(draw.textlength(line.removesuffix("..."), font=font) <= 120 for line in lines)
    assert len(wrap("灯塔" * 30, draw, font, 120, 99)) > 3
