"""The slate: a strip of text at the bottom of an animatic's picture, drawn so that no text can do harm."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from wanflow.media.segment import strip_height
from wanflow.media.typeface import Fonts
from wanflow.media.typeset import draw_line, drawable, shortened

INK, PAPER = (235, 235, 235), (16, 16, 16)


def draw_strip(lines: Sequence[str], width: int, picture_height: int, fonts: Fonts = ()) -> Image.Image:
    """The strip with the lines one below the other, each cut to the width; the same pixels for the same input.

    A character that no font has is drawn as a box.
    """
    height = strip_height(picture_height)
    strip = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(strip)
    pitch = max(1, height // max(1, len(lines)))
    size, margin = max(6, pitch * 3 // 4), max(2, width // 100)
    for row, line in enumerate(lines):
        baseline = row * pitch + (pitch + size * 2 // 3) // 2
        text = shortened(drawable(line), size, width - 2 * margin, fonts)
        draw_line(draw, text, (margin, baseline), size, INK, fonts)
    return strip
