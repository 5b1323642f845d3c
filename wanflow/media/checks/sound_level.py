"""How loud the sound of a take is: whether there is any, and whether it is louder than its format holds."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby
from math import log10
from pathlib import Path

from wanflow.language.checks import Check
from wanflow.media.checks.film_series import Measurement
from wanflow.media.sound.track import decoded_sound
from wanflow.store.findings import Finding

MOST_SECONDS = 600
"""Seconds of a sound that are measured."""
SILENT_DB = -60.0
"""Peak in decibels below full scale, up to which a sound can't be heard."""
NOTHING_DB = -120.0
"""Peak that is told of digital silence."""
FULL_SCALE = 32_767
RUN = 3
"""Samples at full scale one after another that are clipped; a peak may reach it for less."""
CLIPPED_MS = 4.0
"""Milliseconds of clipped sound in a second that are heard; AAC adds a few to music that is limited to full scale."""


def sound_measurements(path: Path, *, asked: bool, begin: Fraction = Fraction(0)) -> Iterator[Measurement]:
    """What is measured of the sound of a take, of which the part before `begin` was given. Raises MediaFault."""
    peak, done, rate = 0, 0, 1
    clipped: dict[int, int] = {}
    for frame in decoded_sound(path):
        samples = array("h", bytes(frame.planes[0])[: 2 * frame.samples * frame.layout.nb_channels])
        if sys.byteorder == "big":
            samples.byteswap()
        rate = frame.sample_rate
        if done > MOST_SECONDS * rate:
            break
        highest, lowest = max(samples, default=0), min(samples, default=0)
        loudest = max(highest, -lowest)
        if done >= begin * rate:
            peak = max(peak, loudest)
            if loudest >= FULL_SCALE:
                second = done // rate
                clipped[second] = clipped.get(second, 0) + _clipped(samples, frame.layout.nb_channels)
        done += frame.samples
    decibels = 20 * log10(peak / (FULL_SCALE + 1)) if peak else NOTHING_DB
    if asked:
        yield Measurement(Finding(Check.SILENT, decibels, SILENT_DB), decibels < SILENT_DB)
    second = max(clipped, key=lambda each: clipped[each], default=0)
    milliseconds = clipped.get(second, 0) * 1000 / rate
    # the seconds around the worst one that are clipped too
    start, end = second, second + 1
    while clipped.get(start - 1, 0) * 1000 / rate > CLIPPED_MS:
        start -= 1
    while clipped.get(end, 0) * 1000 / rate > CLIPPED_MS:
        end += 1
    until = min(Fraction(end), max(Fraction(done, rate), Fraction(start)))
    finding = Finding(Check.CLIPPED, milliseconds, CLIPPED_MS, Fraction(start), until)
    yield Measurement(finding, milliseconds > CLIPPED_MS)


def _clipped(samples: array[int], channels: int) -> int:
    """The samples in runs at full scale of the channel that has most of them."""
    most = 0
    for channel in range(channels):
        runs = groupby(samples[channel::channels], key=lambda sample: abs(sample) >= FULL_SCALE)
        lengths = [sum(1 for _ in run) for full, run in runs if full]
        most = max(most, sum(length for length in lengths if length >= RUN))
    return most
