"""The slate strip: drawn, not interpreted."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from kit.assembly import SIZE, joined, made, recipe_of
from kit.clips import drawn_clip, pictures
from wanflow.media.picture.card import PAPER, draw_strip
from wanflow.media.picture.segment import JoinRecipe, SegmentRecipe, strip_height

HOSTILE = "it's %{pts} [0:v];drawtext=x:y\\n\x00\x1b[31m \u202eabc\n\t end"


@pytest.mark.parametrize(
    ("size", "strip"), [((1280, 720), 72), ((720, 1280), 72), ((1920, 1080), 108), ((600, 490), 48), ((64, 12), 2)]
)
def test_the_strip_is_a_tenth_of_the_shorter_side_in_whole_pairs_of_lines(size: tuple[int, int], strip: int) -> None:
    """Even, and never more than a tenth where there is room: a vertical film has no larger letters than another."""
    assert strip_height(size) == strip
    assert draw_strip(["a"], size).size == (size[0], strip)


def test_a_slate_changes_the_key_of_a_vertical_segment_only() -> None:
    """Earlier versions drew a vertical slate by the height; all other segments keep their keys."""
    wide = SegmentRecipe("ab" * 32, 0, 8, 8, 1280, 720, Fraction(24), ("a",))
    tall = replace(wide, width=720, height=1280)
    assert wide.key() == "5d97d0d0ee279fc7facc6419d13ad8ac5c184ac23481f56656033333ca52a81b"
    assert replace(wide, slate=()).key() == "e25d99845686f32c9de6ae269d5c18a3fdb841e20144be84f4e3c5d2276ed415"
    assert replace(tall, slate=()).key() == "fd2a9b60b9ddb13b80f604b4911c9ed96aa2c91f2c3198065c26c0c0467340d3"
    assert tall.key() != "e1357ec18ead716aa4888b99546e0238e80d4a91534767f5aed51327c752d719"


def test_slates_take_turns_in_a_transition(tmp_path: Path) -> None:
    """The earlier one is shown in the first half, the later one in the second, each as in its own segment."""
    clip = drawn_clip(tmp_path / "clip.mp4", [Image.new("RGB", SIZE, (90, 90, 90))] * 16)
    one, other = (recipe_of(clip, frames=6, slate=(words,)) for words in ("#" * 40, ""))
    strips = [strip_of(next(pictures(made(clip, recipe)[0]))) for recipe in (one, other)]
    for kind in ("dissolve", "wipe", "fade"):
        shown = [strip_of(each) for each in pictures(joined(clip, clip, JoinRecipe(kind, one, other))[0])]
        assert [abs(ink(each) - ink(strips[0])) < 60 for each in shown] == [True] * 3 + [False] * 3, kind
        assert [ink(each) for each in shown[3:]] == [0] * 3, kind
    assert ink(strips[0]) > 500


def strip_of(picture: Image.Image) -> Image.Image:
    """The lowest tenth of a picture, without the line that the encoder mixes with what is above."""
    return picture.crop((0, picture.height - strip_height(picture.size) + 2, *picture.size))


def test_the_same_text_is_the_same_picture() -> None:
    """Two drawings do not differ in one pixel; two texts do."""
    lines = ["approach · take 2 · wan2.7-i2v · 12 s", HOSTILE]
    assert draw_strip(lines, (640, 480)).tobytes() == draw_strip(lines, (640, 480)).tobytes()
    assert draw_strip(lines, (640, 480)).tobytes() != draw_strip(["approach"], (640, 480)).tobytes()


def test_a_long_line_ends_within_the_strip() -> None:
    """It is cut with an ellipsis before the right margin."""
    strip = draw_strip(["prompt " * 200], (320, 480))
    margin = strip.crop((318, 0, 320, strip.height))
    assert margin.getcolors() == [(2 * strip.height, PAPER)]
    assert ink(strip.crop((0, 0, 318, strip.height))) > 100


def test_every_line_is_drawn() -> None:
    """Two lines lie one below the other."""
    strip = draw_strip(["first", "second"], (1280, 720))
    assert ink(strip.crop((0, 0, 1280, 36))) > 50
    assert ink(strip.crop((0, 36, 1280, 72))) > 50


def test_an_empty_line_is_no_trouble() -> None:
    """No text, no ink."""
    assert ink(draw_strip(["", "\n"], (1280, 720))) == 0


def ink(picture: Image.Image) -> int:
    """How many pixels are brighter than paper."""
    return sum(picture.convert("L").histogram()[100:])
