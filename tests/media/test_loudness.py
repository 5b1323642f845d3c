"""The sums of loudness, and the search for a gain. No ffmpeg."""

from __future__ import annotations

from decimal import Decimal
from math import nan

import pytest

from wanflow.media.sound.mix import integrate, seek_gain


@pytest.mark.parametrize(
    ("blocks", "lufs"),
    [
        ([-23.0] * 10, "-23.0"),
        ([-20.0] * 10 + [-26.0] * 10, "-22.04"),
        ([-20.0] * 10 + [-40.0] * 10, "-20.0"),
        ([-23.0] * 10 + [-80.0, nan, -120.691] * 10, "-23.0"),
    ],
)
def test_loudness_is_gated(blocks: list[float], lufs: str) -> None:
    """Powers are averaged; silence and what lies 10 LU below the rest count for nothing."""
    loudness = integrate(blocks, 0.5)
    assert loudness
    assert (loudness.lufs, loudness.peak) == (Decimal(lufs), Decimal("-6.02"))


@pytest.mark.parametrize("blocks", [[], [-80.0], [nan]])
def test_silence_has_no_loudness(blocks: list[float]) -> None:
    """Nor has what is too short for a block."""
    assert integrate(blocks, 0.5) is None


def bending(gain: Decimal) -> Decimal:
    """A mix at -30 LUFS that rises half as fast once its limiter sets in, and from +20 dB on not at all."""
    return min(Decimal(-15), Decimal(-30) + min(gain, Decimal(10)) + max(Decimal(0), gain - 10) / 2)


@pytest.mark.parametrize(
    ("target", "tries"),
    [
        (-18, [12, 14]),
        (-16, [14, 18]),
        (-9, [21, 30]),
    ],
)
def test_a_gain_is_found_in_a_few_tries(target: int, tries: list[int]) -> None:
    """Where the target is out of reach, the search ends at what the limiter is made to bear."""
    tried: list[Decimal] = []

    def measure(gain: Decimal) -> Decimal:
        tried.append(gain)
        return bending(gain)

    known = (Decimal(10), Decimal(-20))
    gain, lufs = seek_gain(Decimal(target), Decimal(target + 30), known, measure)
    assert lufs == bending(gain)
    assert tried == tries
    assert lufs == max(bending(gain) for gain in tried)
