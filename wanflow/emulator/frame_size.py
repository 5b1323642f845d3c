"""The pixel size of a film by the service's rules (api.md 7.2 and 7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt

Size = tuple[int, int]
"""Width and height in pixels."""

RATIO_SIZES: Mapping[int, Mapping[str, Size]] = {
    720: {"16:9": (1280, 720), "9:16": (720, 1280), "1:1": (960, 960), "4:3": (1104, 832), "3:4": (832, 1104)},
    1080: {"16:9": (1920, 1080), "9:16": (1080, 1920), "1:1": (1440, 1440), "4:3": (1648, 1248), "3:4": (1248, 1648)},
}
"""By tier and ratio (api.md 7.2)."""

TIER_PIXELS: Mapping[int, int] = {720: 1280 * 720, 1080: 1920 * 1080}


def by_ratio(tier: int, ratio: str) -> Size:
    """The size of a film whose ratio was asked for."""
    return RATIO_SIZES[tier][ratio]


def by_input(tier: int, given: Size) -> Size:
    """The size of a film that follows a picture or a clip: its aspect at the tier's pixels, down to multiples of 16.

    Whole numbers throughout: with floats the root of 921600 · 16/9 comes out below 1280 (api.md 7.4).
    """
    width, height = given
    pixels = TIER_PIXELS[tier]
    return _floor16(isqrt(pixels * width // height)), _floor16(isqrt(pixels * height // width))


def _floor16(side: int) -> int:
    return max(side // 16 * 16, 16)
