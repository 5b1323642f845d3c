"""The slate strip: drawn, not interpreted."""

from __future__ import annotations

import pytest
from PIL import Image

from wanflow.media.picture.card import PAPER, draw_strip
from wanflow.media.picture.segment import strip_height

HOSTILE = "it's %{pts} [0:v];drawtext=x:y\\n\x00\x1b[31m \u202eabc\n\t end"


@pytest.mark.parametrize(("height", "strip"), [(720, 72), (240, 24), (1080, 108), (490, 48), (12, 2)])
def test_the_strip_is_the_lowest_tenth_in_whole_pairs_of_lines(height: int, strip: int) -> None:
    """Even, and never more than a tenth where there is room."""
    assert strip_height(height) == strip
    assert draw_strip(["a"], 100, height).size == (100, strip)


def test_the_same_text_is_the_same_picture() -> None:
    """Two drawings do not differ in one pixel; two texts do."""
    lines = ["approach · take 2 · wan2.7-i2v · 12 s", HOSTILE]
    assert draw_strip(lines, 640, 480).tobytes() == draw_strip(lines, 640, 480).tobytes()
    assert draw_strip(lines, 640, 480).tobytes() != draw_strip(["approach"], 640, 480).tobytes()


def test_a_long_line_ends_within_the_strip() -> None:
    """It is cut with an ellipsis before the right margin."""
    strip = draw_strip(["prompt " * 200], 320, 480)
    margin = strip.crop((318, 0, 320, strip.height))
    assert margin.getcolors() == [(2 * strip.height, PAPER)]
    assert ink(strip.crop((0, 0, 318, strip.height))) > 100


def test_every_line_is_drawn() -> None:
    """Two lines lie one below the other."""
    strip = draw_strip(["first", "second"], 320, 720)
    assert ink(strip.crop((0, 0, 320, 36))) > 50
    assert ink(strip.crop((0, 36, 320, 72))) > 50


def test_an_empty_line_is_no_trouble() -> None:
    """No text, no ink."""
    assert ink(draw_strip(["", "\n"], 320, 720)) == 0


def ink(picture: Image.Image) -> int:
    """How many pixels are brighter than paper."""
    return sum(picture.convert("L").histogram()[100:])
