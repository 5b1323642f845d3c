"""What is measured of a picture: black, one colour, blurred, between bars, transparent, and how it looks from afar."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path

from av.video.frame import VideoFrame
from PIL import Image, ImageChops, ImageFilter, ImageStat

from wanflow.language.checks import Check
from wanflow.media.checks.film_series import BAR_PERCENT, Measurement, bars, size_measurements
from wanflow.media.checks.small_picture import BLACK_LEVEL, small_picture, small_size
from wanflow.media.picture.still import opened_picture, read_still
from wanflow.store.findings import THUMBNAIL_SIDE, Expected, Finding

BLACK_PERCENT = 99.0
"""Percent of a picture's pixels that are black where it shows nothing; a night with a moon has fewer."""
FLAT_LEVELS = 1.0
"""Levels of contrast, in brightness and in each colour, below which a picture is of one colour."""

SHARP_SIDE = 1280
"""Pixels of the longer side at which sharpness is measured: a larger picture is scaled down to it."""
BLUR_PIXELS = 2.5
"""Standard deviation, in such pixels, of the blur of the sharpest parts from which on a picture is blurred."""
REBLUR_PIXELS = 2.0
"""Standard deviation of the blur that is added: a sharp edge loses more by it than a soft one."""
TILES = 16
"""Parts of the longer side in each of which the steepest edge is looked for."""
EDGE_LEVELS = 5
"""Levels a pixel of an edge that is seen apart from grain, after the blur that was added."""
LEAST_TILES = 3
"""Minimum parts that are as sharp as the picture is said to be: a letter may be sharp anywhere."""
BLURRED_MOST = 6.0
"""Pixels of blur beyond which half the size tells more."""
STEEPEST = 1.0001
"""Square of the least factor of steepness that is told from none."""
LEAST_SIDE = 160
"""Pixels of the longer side of the smallest size at which edges are looked for: below, a gradient is one as well."""
LIT_MOST, LIT_TO = 8.0, 235
"""Maximum factor by which a night is lit before its edges are measured, and the level of its brightest parts then."""

ACROSS = ImageFilter.Kernel((3, 3), (-1, 0, 1, -2, 0, 2, -1, 0, 1), 8, 128)
DOWN = ImageFilter.Kernel((3, 3), (-1, -2, -1, 0, 0, 0, 1, 2, 1), 8, 128)
"""Sobel's filters: the levels a pixel by which the brightness rises, 128 for none."""


def measure_picture(path: Path, expected: Expected) -> tuple[list[Measurement], bytes]:
    """All that is measured of a picture, also where nothing is wrong, and its thumbnail; raises BadMedia.

    Only a picture of `SHARP_SIDE` pixels is kept while it is measured.
    """
    measured = [*_alpha_measurements(path)]
    still = read_still(path)
    measured += size_measurements(still.size, expected)
    scale = min(1.0, SHARP_SIDE / max(still.size))
    size = max(1, round(still.width * scale)), max(1, round(still.height * scale))
    still = still.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    small = small_picture(VideoFrame.from_image(still), small_size(size))  # type: ignore[no-untyped-call]
    black = 100 * sum(small.histogram[: BLACK_LEVEL + 1]) / sum(small.histogram)
    measured.append(Measurement(Finding(Check.BLACK, black, min(black, BLACK_PERCENT)), small.is_black))
    contrast = max(ImageStat.Stat(plane).stddev[0] for plane in (small.luma, small.cb, small.cr))
    flat = contrast < FLAT_LEVELS
    measured.append(Measurement(Finding(Check.FLAT, contrast, FLAT_LEVELS), flat and not small.is_black))
    if (blur := blur_of(still)) is not None:
        measured.append(Measurement(Finding(Check.BLURRED, blur, BLUR_PIXELS), blur > BLUR_PIXELS))
    percent = max(bars(small.luma))
    measured.append(Measurement(Finding(Check.LETTERBOX, percent, BAR_PERCENT), percent > BAR_PERCENT))
    return measured, thumbnail_of(still)


def _alpha_measurements(path: Path) -> Iterator[Measurement]:
    """The percent of a picture that is not opaque, where it has an alpha channel: no model takes one."""
    with opened_picture(path) as image:
        if image.has_transparency_data:
            opaque = image.convert("RGBA").getchannel("A").histogram()
            clear = 100 * sum(opaque[:-1]) / sum(opaque)
            yield Measurement(Finding(Check.ALPHA, clear, 0.0), found=True)


def blur_of(picture: Image.Image) -> float | None:
    """The blur of the sharpest parts of a picture, as the standard deviation in its pixels; None without an edge.

    An edge of any height that is blurred by `b` pixels loses a factor of sqrt(b² + r²) / b of its steepness where it
    is blurred by `r` pixels more (Zhuo and Sim 2011, equation 6). So what the picture shows does not matter.
    """
    grey = picture.convert("L")
    levels = grey.histogram()
    brightest = next(level for level in range(255, -1, -1) if sum(levels[level:]) * 1000 > sum(levels))
    gain = min(LIT_MOST, LIT_TO / max(1, brightest))
    grey = grey.point([min(255, round(level * max(1.0, gain))) for level in range(256)])
    halved = 1.0
    while max(grey.size) >= LEAST_SIDE:
        blurs = sorted(_tile_blurs(grey))
        if len(blurs) >= LEAST_TILES and (blur := blurs[LEAST_TILES - 1]) < BLURRED_MOST:
            return blur * halved
        grey, halved = grey.reduce(2), halved * 2
    return None


def _tile_blurs(grey: Image.Image) -> Iterator[float]:
    """The blur of the steepest edge of each part of a picture that has one."""
    before, after = (_steepness(each) for each in (grey, grey.filter(ImageFilter.GaussianBlur(REBLUR_PIXELS))))
    side = max(grey.size) / TILES
    columns, rows = (pairwise(range(0, length + 1, max(1, round(side)))) for length in grey.size)
    for (left, right), (top, below) in product(columns, rows):
        histograms = (each.crop((left, top, right, below)).histogram() for each in (before, after))
        steep, left_over = (max(level for level in range(256) if each[level]) for each in histograms)
        if left_over >= EDGE_LEVELS:
            yield REBLUR_PIXELS / math.sqrt(max((steep / left_over) ** 2, STEEPEST) - 1)


def _steepness(grey: Image.Image) -> Image.Image:
    """By how many levels a pixel the brightness changes, across or down, whichever is more."""
    middle = Image.new("L", grey.size, 128)
    across, down = (ImageChops.difference(grey.filter(sobel), middle) for sobel in (ACROSS, DOWN))
    return ImageChops.lighter(across, down)


def thumbnail_of(picture: Image.Image) -> bytes:
    """How a picture looks from afar: its brightness in `THUMBNAIL_SIDE`² parts, its colours in a quarter of them."""
    brightness, *colours = picture.convert("YCbCr").split()
    side = THUMBNAIL_SIDE
    shrunk = (each.resize((side // 2, side // 2), Image.Resampling.BOX) for each in colours)
    return b"".join(each.tobytes() for each in (brightness.resize((side, side), Image.Resampling.BOX), *shrunk))
