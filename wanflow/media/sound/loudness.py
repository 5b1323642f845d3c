"""How loud a film is, from the loudness of its blocks (ITU-R BS.1770, EBU R128)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

SILENT_LUFS = Decimal(-70)
"""LUFS below which a block is silence and is not counted."""
GATE_LU = -10.0
"""LU below the mean of the blocks under which a block is not counted."""

ENOUGH = Decimal("0.2")
"""LU by which a limited mix may miss its target; encoding adds a tenth."""
ATTEMPTS = 4
HARDEST = Decimal(20)
"""Maximum dB that the limiter takes off: beyond it a mix becomes noise and hardly louder."""
FLATTEST = Decimal("0.25")
"""Minimum LU per dB of gain that is assumed, so that the next try stays near where the limiter takes all of it."""


@dataclass(frozen=True, slots=True)
class Loudness:
    """The integrated loudness in LUFS and the highest true peak in dBTP, both to a hundredth."""

    lufs: Decimal
    peak: Decimal


def integrate(blocks: Sequence[float], peak: float) -> Loudness | None:
    """The loudness of a film from the LUFS of its overlapping 400 ms blocks and its linear true peak.

    None where no block is louder than silence.
    """
    silent = float(SILENT_LUFS)
    # ffmpeg prints `nan` for silence that follows sound, and `nan` compares as False
    heard = [block for block in blocks if block >= silent]
    if not heard or peak <= 0:
        return None
    gate = _mean(heard) + GATE_LU
    lufs = _mean([block for block in heard if block >= gate])
    return Loudness(_hundredths(lufs), _hundredths(20 * math.log10(peak)))


def seek_gain(
    target: Decimal, gain: Decimal, known: tuple[Decimal, Decimal], measure: Callable[[Decimal], Decimal]
) -> tuple[Decimal, Decimal]:
    """The gain in dB that brings a limited mix nearest to a target, of a few that are tried, and its LUFS.

    `gain` is the first to try; `known` is the gain from which the limiter works, with its LUFS. The next one is where
    the line through the last two meets the target. `measure` returns the LUFS at a gain.
    """
    tried, highest = [known], to_tenths(known[0] + HARDEST)
    gain = min(gain, highest)
    for _ in range(ATTEMPTS):
        tried.append((gain, measure(gain)))
        missing = target - tried[-1][1]
        (from_gain, from_lufs), (to_gain, to_lufs) = tried[-2:]
        slope = min(Decimal(1), max(FLATTEST, (to_lufs - from_lufs) / (to_gain - from_gain)))
        wanted = min(highest, to_tenths(gain + missing / slope))
        if abs(missing) <= ENOUGH or wanted == gain:
            break
        gain = wanted
    return min(tried[1:], key=lambda each: abs(target - each[1]))


def to_tenths(value: Decimal) -> Decimal:
    """Decibels to a tenth, so that a small edit seldom changes the gain of a whole film."""
    return value.quantize(Decimal("0.1"))


def _mean(blocks: Sequence[float]) -> float:
    """The level of the mean power."""
    return 10 * math.log10(sum(10 ** (block / 10) for block in blocks) / len(blocks))


def _hundredths(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))
