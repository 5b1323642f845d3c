"""The check of a take: one local job that measures what was delivered against what its request asked for."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path, PurePath

from wanflow.catalog.model import ResultKind
from wanflow.language.checks import Check
from wanflow.media.checks.film_series import (
    FilmSeries,
    Measurement,
    bar_measurement,
    difference,
    film_measurements,
    size_measurements,
)
from wanflow.media.checks.given_files import JUMP_REACH, UNREADABLE, read_given
from wanflow.media.checks.picture_check import measure_picture
from wanflow.media.checks.small_picture import small_film, small_size
from wanflow.media.checks.sound_level import sound_measurements
from wanflow.media.clock import PictureClock, read_clock, shown_pictures
from wanflow.media.container import film_of, opened, square_size
from wanflow.media.jobs import Job, Worker
from wanflow.records import immutable
from wanflow.store.findings import Expected, TakeFindings

MOST_FRAMES = 20_000
"""Pictures of a take that are measured: ten minutes, where no model delivers more than thirty seconds."""
LENGTH_SECONDS = 0.25
"""Seconds by which a film may be shorter or longer than asked: the service is off by a few frames (service.md 7.1)."""
RATE_DIFFERENCE = 0.1
"""Frames a second by which a rate may differ: 59.94 is played as 60."""


@immutable
class CheckTake(Job[TakeFindings]):
    """Measure a take, the film or the picture `file`, against what its request asked for."""

    file: PurePath
    expected: Expected

    def perform(self, worker: Worker) -> TakeFindings:
        """Measure what can be measured, in the order of `Check`: a damaged file has fewer findings, never a fault."""
        measured, thumbnail = measure_take(worker.root / self.file, self.expected, worker)
        order = list(Check)
        found = sorted(
            (each.finding for each in measured if each.found),
            key=lambda finding: (order.index(finding.check), finding.start or 0),
        )
        return TakeFindings(tuple(found), thumbnail)


def measure_take(path: Path, expected: Expected, worker: Worker) -> tuple[list[Measurement], bytes]:
    """All that is measured of a take, also where nothing is wrong, and the thumbnail of a picture."""
    if not path.is_file():  # a pipe would never be open
        return [], b""
    if path.suffix == ResultKind.PICTURE.suffix:
        with suppress(*UNREADABLE):
            return measure_picture(path, expected)
        return [], b""
    return list(_film_measurements(path, expected, worker)), b""


def _film_measurements(path: Path, expected: Expected, worker: Worker) -> Iterator[Measurement]:
    new = Fraction(0)
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
    yield from _form_measurements(clock, expected)
    yield from size_measurements(size, expected)
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


def _form_measurements(clock: PictureClock, expected: Expected) -> Iterator[Measurement]:
    """Length and rate against the request; the difference is the film's less what was asked for."""
    seconds = clock.frames / clock.rate
    if expected.seconds is not None:
        yield difference(Check.LENGTH, seconds - expected.seconds, LENGTH_SECONDS)
    # a repeated picture was not delivered
    rate = clock.rate if clock.slots is None else Fraction(len(clock.times)) / seconds
    if expected.rate is not None:
        yield difference(Check.RATE, rate - expected.rate, RATE_DIFFERENCE)
