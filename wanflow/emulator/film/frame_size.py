"""The pixel size of a film by the service's rules (service.md 7.2 and 7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt

Size = tuple[int, int]
"""Width and height in pixels."""

Sizes = Mapping[str, Mapping[str, str]]
"""The sizes of a model's films by tier and ratio, written `1280*720` (service.md 7.2 and 7.3)."""


def by_ratio(sizes: Sizes, tier: str, ratio: str) -> Size:
    """The size of a film whose ratio was asked for."""
    width, _, height = sizes[tier][ratio].partition("*")
    return int(width), int(height)


def by_input(tier: str, given: Size) -> Size:
    """The size of a film that follows a picture or a clip: its aspect at the tier's pixels, down to multiples of 16.

    Whole numbers throughout: with floats the root of 921600 · 16/9 comes out below 1280 (service.md 7.4).
    """
    width, height = given
    pixels = _pixels(tier)
    return _floor16(isqrt(pixels * width // height)), _floor16(isqrt(pixels * height // width))


def _pixels(tier: str) -> int:
    """How many pixels a tier has: `720P` has those of 1280 by 720."""
    side = int(tier.removesuffix("P"))
    return side * side * 16 // 9


def _floor16(side: int) -> int:
    return max(side // 16 * 16, 16)
