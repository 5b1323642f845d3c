"""The check of a take: one local job that measures a delivered film against what its request asked for."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePath

from wanflow.language.checks import Check
from wanflow.media.checks.film_series import FilmSeries, Measurement, bar_measurement, film_measurements
from wanflow.media.checks.given_files import JUMP_REACH, UNREADABLE, read_given
from wanflow.media.checks.small_picture import small_film, small_size
from wanflow.media.checks.sound_level import sound_measurements
from wanflow.media.clock import PictureClock, read_clock, shown_pictures
from wanflow.media.container import film_of, opened, square_size
from wanflow.media.jobs import Job, Worker
from wanflow.store.findings import Expected, Finding

MOST_FRAMES = 20_000
"""Pictures of a take that are measured: ten minutes, where no model delivers more than thirty seconds."""
LENGTH_SECONDS = 0.25
"""Seconds by which a film may be shorter or longer than asked: the service is off by a few frames (service.md 7.1)."""
SIDE_PIXELS = 16.0
"""Pixels by which a side may differ: models deliver multiples of 16 (service.md 7.4)."""
RATE_DIFFERENCE = 0.1
"""Frames a second by which a rate may differ: 59.94 is played as 60."""


@dataclass(frozen=True, slots=True)
class CheckTake(Job[tuple[Finding, ...]]):
    """Measure a take, the film `file`, against what its request asked for; the findings are in the order of `Check`."""

    file: PurePath
    expected: Expected

    def perform(self, worker: Worker) -> tuple[Finding, ...]:
        """Measure what can be measured: a file that is damaged has fewer findings, never a fault."""
        measured = measure_take(worker.root / self.file, self.expected, worker)
        order = list(Check)
        return tuple(
            sorted(
                (each.finding for each in measured if each.found),
                key=lambda finding: (order.index(finding.check), finding.start or 0),
            )
        )


def measure_take(path: Path, expected: Expected, worker: Worker) -> Iterator[Measurement]:
    """All that is measured of a take, also where nothing is wrong."""
    new = Fraction(0)
    if not path.is_file():  # a pipe would never be open
        return
    with suppress(*UNREADABLE):
        new = yield from _picture_measurements(path, expected, worker)
    with suppress(*UNREADABLE):
        yield from sound_measurements(path, asked=expected.sound, begin=new)


def _picture_measurements(path: Path, expected: Expected, worker: Worker) -> Generator[Measurement, None, Fraction]:
    """What is measured of the picture; returns the second at which its new part begins."""
    clock = read_clock(path)
    with opened(path) as container:
        stream = film_of(container, path)
        size = square_size(stream, next(shown_pictures(path, clock, [0])))
    yield from _form_measurements(clock, size, expected)
    small = small_size(size)
    given = read_given(expected, worker.root, small, clock.rate)
    series = FilmSeries(clock.rate)
    with suppress(*UNREADABLE):
        for number, picture in enumerate(small_film(path, clock, range(min(clock.frames, MOST_FRAMES)), small)):
            if worker.processes.killed:
                return Fraction(0)
            series.add(picture)
            given.compare(number, picture, clock.rate)
    series.finish()
    compared = [*given.measurements(series)]
    yield from compared
    # a jump at the hand-over is one finding
    jumps = {each.finding.start for each in compared if each.found and each.finding.check is Check.SEAM}
    judged = given.judged_from
    for each in film_measurements(series, one_move=expected.one_move, new=judged, reach=JUMP_REACH):
        if each.finding.check is not Check.HARD_CUT or each.finding.start not in jumps:
            yield each
    yield bar_measurement(series, given.framed, judged)
    return series.at(given.new)


def _form_measurements(clock: PictureClock, size: tuple[int, int], expected: Expected) -> Iterator[Measurement]:
    """Length, size and rate against the request; the difference is the film's less what was asked for."""
    seconds = clock.frames / clock.rate
    if expected.seconds is not None:
        yield _difference(Check.LENGTH, seconds - expected.seconds, LENGTH_SECONDS)
    sides = zip(size, (expected.width, expected.height), strict=True)
    pixels = max((side - asked for side, asked in sides if asked is not None), key=abs, default=None)
    if pixels is not None:
        yield _difference(Check.SIZE, Fraction(pixels), SIDE_PIXELS)
    # a repeated picture was not delivered
    rate = clock.rate if clock.slots is None else Fraction(len(clock.times)) / seconds
    if expected.rate is not None:
        yield _difference(Check.RATE, rate - expected.rate, RATE_DIFFERENCE)


def _difference(check: Check, difference: Fraction, limit: float) -> Measurement:
    return Measurement(Finding(check, float(difference), limit), abs(difference) > limit)
