"""Time on a timeline: whole frames at a rational rate, whole samples at 48 kHz, never floats."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from wanflow import decode
from wanflow.messages import tr
from wanflow.patterns import pattern

SAMPLE_RATE = 48_000
POLL_SECONDS = 15.0
"""Seconds between two polls of a task, about as the vendor asks (service.md 4.3)."""

GRACE_SECONDS = 30.0
"""Seconds that an accepted task may be missing in the service's list (cli.md, Submissions of unknown fate)."""

LONG_AGO = "1970-01-01T00:00:00Z"
"""Date of a record whose own cannot be read: its task is too old to be waited for."""

YEARS = (1970, 2999)
"""First and last year of a record; the clock of a machine without a battery starts in the first."""

_RATE = pattern(r"([0-9]{1,10})(?:/([0-9]{1,10}))?")

NOMINAL_RATE = Fraction(30)
"""Frames per second of what the service delivers (service.md 7.1)."""
STANDARD_RATES = (
    *(Fraction(rate) for rate in (24, 25, 30, 50, 60)),
    *(Fraction(rate * 1000, 1001) for rate in (24, 30, 60)),
)
"""Frames per second at which films play; whole rates first."""


@lru_cache
def to_frames(seconds: Decimal | Fraction | int, rate: Fraction) -> int:
    """The number of whole frames nearest to `seconds` at `rate` frames per second; halves go up."""
    return _round(Fraction(seconds) * rate)


@lru_cache
def to_seconds(frames: int, rate: Fraction) -> Fraction:
    """The exact seconds that `frames` last at `rate` frames per second."""
    return Fraction(frames) / rate


@lru_cache
def to_samples(frames: int, rate: Fraction) -> int:
    """The number of 48 kHz samples that last as long as `frames` at `rate`; halves go up."""
    return _round(Fraction(frames * SAMPLE_RATE) / rate)


def track_samples(seconds: Fraction) -> int:
    """How many 48 kHz samples a sound track of this length is extracted to; halves go to the even number."""
    return round(seconds * SAMPLE_RATE)


def decimal_text(seconds: Fraction | Decimal, places: int = 6) -> str:
    """Seconds as a plain decimal with trailing zeros removed, e.g. `2.5`; at most `places` digits."""
    value = Fraction(seconds)
    scaled = _round(value * 10**places)
    text = format(Decimal(scaled).scaleb(-places), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def rate_text(rate: Fraction) -> str:
    """A rate as files have it: `30` or `30000/1001`."""
    return str(rate)


def stamp(moment: datetime) -> str:
    """A moment as records have it: RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """The moment of a `stamp`, or of another text of RFC 3339; raises ValueError for any other text.

    It is far enough from both ends of the calendar that days can be added and subtracted.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or not YEARS[0] <= found.year <= YEARS[1]:
        raise ValueError(
            tr(
                "not a moment with its zone, from {years} to {years_2}: {text}",
                years=YEARS[0],
                years_2=YEARS[1],
                text=text,
            )
        )
    return found


def date_from_json(value: object) -> str:
    """Read the date of a record, in RFC 3339."""
    text = decode.text(value)
    try:
        moment(text)
    except ValueError as error:
        raise ValueError(tr("not a date with its time and zone: {text}", text=decode.shown(text))) from error
    return text


def rate_from_json(value: object) -> Fraction:
    """Read frames per second: two whole numbers of at most ten digits, as containers have them."""
    found = _RATE.fullmatch(decode.text(value))
    above, below = (int(found[1]), int(found[2] or 1)) if found else (0, 0)
    if not above or not below:
        raise ValueError(tr("not a rate: {value}", value=decode.shown(value)))
    return Fraction(above, below)


def _round(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
