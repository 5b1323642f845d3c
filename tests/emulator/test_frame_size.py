"""Pixel sizes by the service's rules (service.md 7.2, 7.4)."""

from __future__ import annotations

import pytest

from wanflow.emulator.api.rules import ModelRules, read_catalog
from wanflow.emulator.film.command import PixelSize, size_by_input, size_by_ratio


@pytest.mark.parametrize(
    ("tier", "given", "size"),
    [
        ("720P", (1280, 720), (1280, 720)),
        ("720P", (1920, 1080), (1280, 720)),
        ("720P", (320, 180), (1280, 720)),
        ("720P", (720, 1280), (720, 1280)),
        ("720P", (750, 1000), (816, 1104)),
        ("1080P", (1920, 1080), (1920, 1072)),
        ("1080P", (1000, 1000), (1440, 1440)),
        ("720P", (8000, 1000), (2704, 336)),
    ],
)
def test_a_film_follows_its_input(tier: str, given: PixelSize, size: PixelSize) -> None:
    """The aspect is kept at the tier's pixels, down to multiples of 16; the vendor's own example is among these."""
    assert size_by_input(tier, given) == size


@pytest.mark.parametrize("rules", read_catalog().values(), ids=lambda rules: rules.name)
def test_the_tables_keep_to_the_tiers_pixels(rules: ModelRules) -> None:
    """Every size of every model's table is even and has at most the tier's pixels."""
    for tier, sizes in rules.sizes.items():
        for ratio in sizes:
            width, height = size_by_ratio(rules.sizes, tier, ratio)
            assert width * height <= {"720P": 1280 * 720, "1080P": 1920 * 1080}[tier]
            assert width % 2 == height % 2 == 0
            across, down = (int(part) for part in ratio.split(":"))
            assert abs(width * down / (height * across) - 1) < 0.03
