"""Time on a timeline: whole frames at a rational rate, whole samples at 48 kHz, never floats."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

SAMPLE_RATE = 48_000
POLL_SECONDS = 15.0
"""The vendor asks for about this much between two looks at a task (api.md 4.3)."""

GRACE_SECONDS = 30.0
"""So long a task may be missing in the service's list although it was accepted (cli.md, last table)."""

NOMINAL_RATE = Fraction(30)
"""Frames per second of what the service delivers (api.md 7.1)."""


def to_frames(seconds: Decimal | Fraction | int, rate: Fraction) -> int:
    """The number of whole frames nearest to `seconds` at `rate` frames per second; halves go up."""
    return _round(Fraction(seconds) * rate)


def to_seconds(frames: int, rate: Fraction) -> Fraction:
    """The exact seconds that `frames` last at `rate` frames per second."""
    return Fraction(frames) / rate


def to_samples(frames: int, rate: Fraction) -> int:
    """The number of 48 kHz samples that lie beside `frames` at `rate`; halves go up."""
    return _round(Fraction(frames * SAMPLE_RATE) / rate)


def decimal_text(seconds: Fraction | Decimal, places: int = 6) -> str:
    """Seconds as a plain decimal with trailing zeros removed, e.g. `2.5`; at most `places` digits."""
    value = Fraction(seconds)
    scaled = _round(value * 10**places)
    text = format(Decimal(scaled).scaleb(-places), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def rate_text(rate: Fraction) -> str:
    """A rate as it stands in files: `30` or `30000/1001`."""
    return str(rate)


def stamp(moment: datetime) -> str:
    """A moment as it stands in records: RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _round(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
