"""Pixel sizes by the service's rules (api.md 7.2, 7.4)."""

from __future__ import annotations

import pytest

from wanflow.emulator.frame_size import RATIO_SIZES, TIER_PIXELS, Size, by_input, by_ratio


@pytest.mark.parametrize(
    ("tier", "given", "size"),
    [
        (720, (1280, 720), (1280, 720)),
        (720, (1920, 1080), (1280, 720)),
        (720, (320, 180), (1280, 720)),
        (720, (720, 1280), (720, 1280)),
        (720, (750, 1000), (816, 1104)),
        (1080, (1920, 1080), (1920, 1072)),
        (1080, (1000, 1000), (1440, 1440)),
        (720, (8000, 1000), (2704, 336)),
    ],
)
def test_a_film_follows_its_input(tier: int, given: Size, size: Size) -> None:
    """The aspect is kept at the tier's pixels, down to multiples of 16; the vendor's own example is among these."""
    assert by_input(tier, given) == size


def test_the_table_keeps_to_the_tiers_pixels() -> None:
    """Every size of the table is even and has at most the tier's pixels."""
    for tier, sizes in RATIO_SIZES.items():
        for ratio, (width, height) in sizes.items():
            assert by_ratio(tier, ratio) == (width, height)
            assert width * height <= TIER_PIXELS[tier]
            assert width % 2 == height % 2 == 0
