"""How loud each sample of a mixed sound is: its gain, its fades, and where it steps back under others."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from operator import mul

from wanflow.media.sound.soundtrack import DUCK_ATTACK, DUCK_BLOCK, DUCK_HOLD, DUCK_RELEASE, HeardSound

HEARD_LEVEL = -40
"""Level in dB of full scale (RMS of a block) from which on other sounds step back."""
HEARD_POWER = (32768 * 10 ** (HEARD_LEVEL / 20)) ** 2
"""HEARD_LEVEL as the mean square of samples of 16 bits."""
CHANNELS = 2

Stretch = tuple[int, int]
"""The first sample of a stretch of the film, and the one after its last."""


def gain_curve(sound: HeardSound, loud: Sequence[Stretch] = ()) -> array[float]:
    """The factor of each sample that is heard of a sound; where it is ducked it steps back in the `loud` stretches.

    It steps back by exactly its dB: the ramp there ends where a stretch begins, the ramp back begins after a hold.
    These ramps are even in dB, fades in amplitude.
    """
    factor, count = float(10 ** (sound.gain / 20)), sound.end - sound.begin
    curve = array("f", [factor]) * count
    if sound.duck is not None:
        _step_back(curve, sound.begin, factor, sound.duck, joined_stretches(loud, DUCK_HOLD))
    if sound.rise is not None:
        begin, end = sound.rise
        for at in range(min(count, end - sound.begin)):
            curve[at] *= (sound.begin + at - begin) / (end - begin)
    if sound.fall is not None:
        begin, end = sound.fall
        for at in range(max(0, begin - sound.begin), count):
            curve[at] *= (end - sound.begin - at) / (end - begin)
    return curve


def _step_back(curve: array[float], begin: int, factor: float, duck: Decimal, loud: Sequence[Stretch]) -> None:
    """Lower a curve that begins at a sample of the film by `duck` dB in stretches, with ramps around them."""
    low = array("f", [factor * float(10 ** (duck / 20))])
    shares = (_shares(duck, length) for length in (DUCK_ATTACK, DUCK_RELEASE))
    attack, release = (array("f", [factor * share for share in each]) for each in shares)
    attack.reverse()
    held = [(first - begin, last - begin + DUCK_HOLD) for first, last in loud]
    for first, last in held:
        inside = range(len(curve))[max(0, first) : max(0, last)]
        curve[inside.start : inside.stop] = low * len(inside)
    for first, last in held:
        for at, ramp in ((first - DUCK_ATTACK, attack), (last, release)):
            inside = range(len(curve))[max(0, at) : max(0, at + len(ramp))]
            before = curve[inside.start : inside.stop]
            values = ramp[inside.start - at : inside.stop - at]
            curve[inside.start : inside.stop] = array("f", map(min, before, values))


@lru_cache(maxsize=8)
def _shares(duck: Decimal, length: int) -> tuple[float, ...]:
    """The shares of its level at which a ducked sound comes back to it in this many samples."""
    step = 10 ** (-float(duck) / 20 / (length + 1))
    return tuple(float(10 ** (float(duck) / 20)) * step ** (at + 1) for at in range(length))


def loud_stretches(raw: bytes, begin: int, curve: Sequence[float] | None = None) -> Iterator[Stretch]:
    """Where raw samples that begin at a sample of the film are heard; `curve` is their factor, None for 1.

    Blocks are counted from the film's begin, so that every chunk of a film finds the same.
    """
    samples = array("h", raw)
    end = begin + len(samples) // CHANNELS
    for block in range(begin // DUCK_BLOCK * DUCK_BLOCK, end, DUCK_BLOCK):
        first, last = max(begin, block), min(end, block + DUCK_BLOCK)
        part = samples[CHANNELS * (first - begin) : CHANNELS * (last - begin)]
        factor = 1 if curve is None else curve[(first + last) // 2 - begin]
        if sum(map(mul, part, part)) * factor**2 >= HEARD_POWER * len(part):
            yield first, last


def joined_stretches(stretches: Iterable[Stretch], gap: int = 0) -> list[Stretch]:
    """Stretches in order, those that overlap or are at most `gap` samples apart as one."""
    found: list[Stretch] = []
    for first, last in sorted(stretches):
        if found and first <= found[-1][1] + gap:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found
