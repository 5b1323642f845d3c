"""Stills of a cut: pictures brought to the cut's size, and the slate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from PIL import Image, ImageDraw

from wanflow.media.picture.segment import MIDDLE, Focus, fit_bars, fit_crop, strip_height
from wanflow.media.picture.still import BLACK, read_moving, read_still
from wanflow.media.text.fonts import PLAIN, Typography
from wanflow.media.text.layout import draw_line, drawable, shortened


def fit_still(path: Path, size: tuple[int, int], fit: str, focus: Focus = MIDDLE) -> Image.Image:
    """A picture file at exactly `size`, upright, in sRGB, over black: with `bars` around it or as a `crop`.

    A crop keeps the point `focus`.

    The first of several pictures in a file. Raises BadMedia for a damaged, too large or unreadable one.
    """
    if fit not in {"bars", "crop"}:
        raise ValueError(f"a picture fits with bars or as a crop, not as `{fit}`")
    return _fitted(read_still(path), size, fit, focus)


def fit_moving(
    path: Path, size: tuple[int, int], fit: str, rate: Fraction, first: int, focus: Focus = MIDDLE
) -> Iterator[Image.Image]:
    """The pictures of an animation as `fit_still` shows one, at `rate` from frame `first` on, without an end."""
    shown: Image.Image | None = None
    for picture in read_moving(path, rate, first):
        if picture is not shown:
            shown, still = picture, _fitted(picture, size, fit, focus)
        yield still


def _fitted(image: Image.Image, size: tuple[int, int], fit: str, focus: Focus) -> Image.Image:
    """The picture with black bars around it, or cropped to the size.

    A crop scales only what is seen: a whole very narrow picture would not fit in memory.
    """
    if fit == "bars":
        window = fit_bars(*image.size, *size)
        still = Image.new("RGB", size, BLACK)
        still.paste(image.resize((window.width, window.height), Image.Resampling.LANCZOS), (window.left, window.top))
        return still
    window = fit_crop(*image.size, *size, focus)
    across, down = image.width / window.width, image.height / window.height
    left, top = window.left * across, window.top * down
    part = (left, top, min(image.width, left + size[0] * across), min(image.height, top + size[1] * down))
    return image.resize(size, Image.Resampling.LANCZOS, box=part)


INK, PAPER = (235, 235, 235), (16, 16, 16)


def draw_strip(lines: Sequence[str], size: tuple[int, int], typography: Typography = PLAIN) -> Image.Image:
    """The strip of a picture of `size` with the lines one below the other, each cut to the width.

    The same pixels for the same input. A character that is in no font is drawn as a box.
    """
    width, height = size[0], strip_height(size)
    strip = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(strip)
    pitch = max(1, height // max(1, len(lines)))
    letters, margin = max(6, pitch * 3 // 4), max(2, width // 100)
    for row, line in enumerate(lines):
        baseline = row * pitch + (pitch + letters * 2 // 3) // 2
        text = drawable(line)
        own = typography.for_text(text)
        draw_line(draw, shortened(text, letters, width - 2 * margin, own), (margin, baseline), letters, INK, own)
    return strip
