"""What is measured of a film's pictures in one pass, and the faults that show in it: black, frozen, flicker, cuts."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from fractions import Fraction
from itertools import groupby, pairwise
from statistics import median
from typing import NamedTuple

from PIL import Image, ImageChops

from wanflow.language.checks import Check
from wanflow.media.checks.small_picture import BLACK_LEVEL, BLACK_SHARE, SmallPicture
from wanflow.records import mutable
from wanflow.store.findings import Expected, Finding

BLACK_SECONDS = 0.4
"""Seconds of black that are a finding; a fade at the beginning or the end has less."""

STILL_MEAN, STILL_LARGEST = 0.6, 3
"""Levels of difference, mean and largest, up to which a picture doesn't differ from the one where a stop began."""
GRAIN = 0.1
"""Levels of the usual change from picture to picture from which on a film has grain, and isn't frozen."""
FROZEN_SECONDS = 1.0
"""Seconds without change that are a finding."""
STRUCTURE = 3.0
"""Levels of contrast that one picture of a film has at least: on one colour no movement can be seen."""

SWINGS = 8
"""Swings of the brightness in a second that are flicker where all of them are large; lightning has fewer."""
FLICKER_PERCENT = 1.2
"""Percent of full brightness of a swing that is seen as flicker."""
FULL = 219
"""Levels from black to white."""

BLACK_REACH = 1
"""Pictures by which a cut to or from a black part may be off its ends."""
AROUND = 4
"""Pictures on each side whose changes are the usual one beside a cut."""
LEAST_CHANGE = 0.5
"""Levels of change below which nothing is told from noise: the usual change counts as at least this."""
CUT_PERCENT = 40.0
"""Percent by which a picture is unlike the one before where there is a cut: 100 less the percent of correlation."""
CUT_TIMES, USUAL_PERCENT = 2.5, 5.0
"""Times that a cut is more than the usual such percent, which counts as at least the second number."""
CUT_CHANGE = 2.0
"""Times that the mean difference at a cut is more than the usual one; a fade from black goes on as it began."""
CUT_LEVELS = 1.5
"""Levels of mean difference of the smallest cut that is seen, in a night."""
FLASH_SECONDS = Fraction(2, 3)
"""Seconds after which a flash of light is over: a picture that comes back by then wasn't cut away."""
FLASH_LEVELS = 30
"""Levels by which a picture in a flash is brighter."""
WHITE_LEVEL, WHITE_CONTRAST = 180, 12
"""Mean brightness of a picture in which a flash leaves nothing to be seen, and its highest contrast."""

BAR_PERCENT = 3.0
"""Percent of a side that are bars."""
FILLED = 0.5
"""Share of the line beside a bar that is bright somewhere in the film: a bar ends in a straight line."""


@mutable
class FilmSeries:
    """A film's pictures, measured one after another; it keeps a few pictures, and a few numbers of each.

    `changes` are the mean differences to the picture before, `stops` the number of the picture since which nothing
    changed. `cuts` have the number of the first picture behind a cut, and by how many percent it is another one.
    `brightest` has the brightest that each pixel was, black pictures apart, and `bars` the percent of the height and of
    the width that are bars, for each second of the film. `contrast` is the highest one of a picture.
    """

    rate: Fraction
    brightness: list[float] = field(default_factory=list)
    black: list[bool] = field(default_factory=list)
    dark: list[bool] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    cuts: list[tuple[int, float]] = field(default_factory=list)
    brightest: Image.Image | None = None
    bars: list[tuple[float, float]] = field(default_factory=list)
    contrast: float = 0.0
    first: list[SmallPicture] = field(default_factory=list)
    recent: deque[SmallPicture] = field(default_factory=deque)
    _changed_percents: list[float] = field(default_factory=list)
    _anchor: SmallPicture | None = None
    _brightest_now: Image.Image | None = None

    @property
    def flash(self) -> int:
        """Pictures of the longest flash."""
        return max(AROUND, round(self.rate * FLASH_SECONDS))

    def add(self, picture: SmallPicture) -> None:
        """Measure the next picture."""
        number, before = len(self.changes), self.recent[-1] if self.recent else None
        self.brightness.append(picture.brightness)
        self.black.append(picture.is_black)
        self.dark.append(picture.is_dark)
        self.contrast = max(self.contrast, picture.contrast)
        self.changes.append(0.0 if before is None or before is picture else picture.difference(before))
        unlike = 0.0 if before is None or self.changes[-1] < CUT_LEVELS else _unlike(before, picture)
        self._changed_percents.append(unlike)
        if self._anchor is None or picture.moved(self._anchor, STILL_MEAN, STILL_LARGEST):
            self._anchor = picture
            self.stops.append(number)
        else:
            self.stops.append(self.stops[-1])
        if not self.black[-1]:
            now = self._brightest_now
            self._brightest_now = picture.luma if now is None else ImageChops.lighter(now, picture.luma)
        if int(self.at(number + 1)) > int(self.at(number)):
            self._finish_second()
        self.recent.append(picture)
        if len(self.recent) > 2 * self.flash + 2:
            self.recent.popleft()
        if len(self.first) < AROUND:
            self.first.append(picture)
        self._judge(number - self.flash)

    def finish(self) -> None:
        """Measure what waits for the pictures behind it."""
        for number in range(len(self.changes) - self.flash, len(self.changes)):
            self._judge(number)
        self._finish_second(short=self.at(len(self.changes)) % 1 < Fraction(1, 2))

    def _finish_second(self, *, short: bool = False) -> None:
        """Measure the bars of a second, unless it is too short and not the only one."""
        now, self._brightest_now = self._brightest_now, None
        if now is not None:
            self.brightest = now if self.brightest is None else ImageChops.lighter(self.brightest, now)
        if not short or not self.bars:
            self.bars.append((0.0, 0.0) if now is None else bars(now))

    def _judge(self, number: int) -> None:
        """Decide whether a picture is the first one behind a cut."""
        if number < 1 or self._changed_percents[number] < CUT_PERCENT or self.times_usual(number) < CUT_CHANGE:
            return
        if self._changed_percents[number] < CUT_TIMES * _usual(self._changed_percents, number, USUAL_PERCENT):
            return
        pictures, here = list(self.recent), number - (len(self.changes) - len(self.recent))
        before, after = pictures[max(0, here - self.flash - 1) : here], pictures[here : here + self.flash + 1]
        if not (_comes_back(before[-1], after) or _comes_back(after[0], before[::-1])):
            self.cuts.append((number, self._changed_percents[number]))

    def times_usual(self, number: int) -> float:
        """How many times larger a change is than the changes around it."""
        return self.changes[number] / _usual(self.changes, number, LEAST_CHANGE)

    def at(self, number: int) -> Fraction:
        """The second at which a picture is shown."""
        return number / self.rate


def _usual(changes: Sequence[float], number: int, least: float) -> float:
    """The usual change around a picture, without its own."""
    around = sorted([*changes[max(1, number - AROUND) : number], *changes[number + 1 : number + AROUND + 1]])
    # the second largest: a cut away and back has another one beside it
    return max(around[-2] if len(around) > 1 else 0.0, least)


def _unlike(one: SmallPicture, other: SmallPicture) -> float:
    """By how many percent a picture is another one, whatever its brightness."""
    return min(100.0, 100 - 100 * one.correlation(other))


def _comes_back(picture: SmallPicture, following: Sequence[SmallPicture]) -> bool:
    """Whether a picture comes back after a flash: all between are brighter, or white."""
    for each in following:
        white = each.brightness > WHITE_LEVEL and each.contrast < WHITE_CONTRAST
        if white or _unlike(picture, each) < CUT_PERCENT:
            return True
        if each.brightness < picture.brightness + FLASH_LEVELS:
            return False
    return False


SIDE_PIXELS = 16.0
"""Pixels by which a side may differ: models deliver multiples of 16 (service.md 7.4)."""
WORD_SHARE = 0.05
"""Share by which a side may differ where a word such as `2K` asks for a size: its pixels are not published."""


class Measurement(NamedTuple):
    """What was measured, and whether it is a finding."""

    finding: Finding
    found: bool


def difference(check: Check, measure: Fraction, limit: float) -> Measurement:
    """A measure that may be off either way by `limit`."""
    return Measurement(Finding(check, float(measure), limit), abs(measure) > limit)


def size_measurements(size: tuple[int, int], expected: Expected) -> Iterator[Measurement]:
    """The side that differs most from the request, in pixels more than were asked for."""
    sides = zip(size, (expected.width, expected.height), strict=True)
    off = {side - asked: asked for side, asked in sides if asked is not None}
    if off:
        pixels = max(off, key=abs)
        limit = max(SIDE_PIXELS, off[pixels] * WORD_SHARE) if expected.size_by_word else SIDE_PIXELS
        yield difference(Check.SIZE, Fraction(pixels), limit)


def film_measurements(series: FilmSeries, *, one_move: bool, new: int = 0, reach: int = 0) -> Iterable[Measurement]:
    """What is measured of a film by itself.

    The pictures before the number `new` were given, and are not judged. A cut may be `reach` pictures earlier.
    """
    count = len(series.changes)
    black = _longest_run(series.black, new)
    for check, limit, run in (
        (Check.BLACK, BLACK_SECONDS, black),
        (Check.FROZEN, FROZEN_SECONDS, _longest_stop(series, new)),
    ):
        seconds = series.at(run[1] - run[0])
        whole = count - new > 1 and run == (new, count)
        finding = Finding(check, float(seconds), min(limit, float(seconds)), series.at(run[0]), series.at(run[1]))
        yield Measurement(finding, seconds > limit or whole)
    yield _flicker(series, new)
    # the cuts to and from a black part that is found are no further findings
    ends = black if series.at(black[1] - black[0]) > BLACK_SECONDS else ()
    for number, percent in series.cuts if one_move else ():
        if number >= new - reach and all(abs(number - end) > BLACK_REACH for end in ends):
            at = series.at(number)
            yield Measurement(Finding(Check.HARD_CUT, percent, CUT_PERCENT, at, at), found=True)


def _longest_run(marks: Sequence[bool], first: int = 0) -> tuple[int, int]:
    """The first number and the end of the longest run of marked pictures, of those from `first` on."""
    best, begin = (first, first), first
    for number, marked in enumerate(marks[first:], start=first):
        if not marked:
            begin = number + 1
        elif number + 1 - begin > best[1] - best[0]:
            best = begin, number + 1
    return best


def _longest_stop(series: FilmSeries, first: int) -> tuple[int, int]:
    """The longest run of pictures from `first` on that don't change; in dark ones too little is to be seen."""
    best = first, first
    if series.contrast < STRUCTURE:
        return best
    end = first
    for _, run in groupby(series.stops[first:]):
        begin, end = end, end + sum(1 for _ in run)
        longer = end - begin > max(1, best[1] - best[0]) and not series.dark[begin]
        if longer and median(series.changes[begin + 1 : end]) < GRAIN:
            best = begin, end
    return best


def _flicker(series: FilmSeries, first: int) -> Measurement:
    """How much the brightness goes up and down where it does most, of the pictures from `first` on, and from when on.

    Its seconds are all those around that place in which it flickers.
    """
    swings = [(first + one, first + two, size) for one, two, size in _swings(series.brightness[first:])]
    parts = [swings[index : index + SWINGS] for index in range(len(swings) - SWINGS + 1)]
    sized = [(min(size for *_, size in part) * 100 / FULL, part[0][0], part[-1][1]) for part in parts]
    seconds = [each for each in sized if series.at(each[2] - each[1]) <= 1]
    percent, begin, end = max(seconds, key=lambda each: each[0], default=(0.0, first, first))
    flickering = {number for size, one, two in seconds if size > FLICKER_PERCENT for number in range(one, two)}
    while begin - 1 in flickering:
        begin -= 1
    while end in flickering:
        end += 1
    finding = Finding(Check.FLICKER, percent, FLICKER_PERCENT, series.at(begin), series.at(end))
    return Measurement(finding, percent > FLICKER_PERCENT)


def _swings(levels: Sequence[float]) -> list[tuple[int, int, float]]:
    """Every rise and every fall: where it begins and ends, and by how much."""
    turns = [0]
    for number in range(1, len(levels)):
        step = levels[number] - levels[number - 1]
        if step == 0:
            continue
        went = levels[turns[-1]] - levels[turns[-2]] if len(turns) > 1 else 0
        if went * step > 0:
            turns[-1] = number
        else:
            turns.append(number)
    return [(one, two, abs(levels[two] - levels[one])) for one, two in pairwise(turns)]


def bar_measurement(series: FilmSeries, given: Iterable[Image.Image], new: int = 0) -> Measurement:
    """The bars of a film beyond those that a given picture has; each of these shows the brightest of what was given.

    Bars that are there for some seconds only have these seconds, which begin behind the pictures before `new`.
    """
    measured = [bars(picture) for picture in given]
    asked = [max((each[side] for each in measured), default=0.0) for side in (0, 1)]

    def more(shown: tuple[float, float]) -> float:
        return max(percent - most for percent, most in zip(shown, asked, strict=True))

    whole = 0.0 if series.brightest is None else more(bars(series.brightest))
    begin, end = _longest_run([more(each) > BAR_PERCENT for each in series.bars], math.ceil(series.at(new)))
    if whole > BAR_PERCENT or begin == end:
        return Measurement(Finding(Check.LETTERBOX, whole, BAR_PERCENT), whole > BAR_PERCENT)
    until = min(Fraction(end), series.at(len(series.changes)))
    percent = min(more(each) for each in series.bars[begin:end])
    return Measurement(Finding(Check.LETTERBOX, percent, BAR_PERCENT, Fraction(begin), until), found=True)


def bars(picture: Image.Image) -> tuple[float, float]:
    """The percent of the height and of the width that are bars of black at both edges; 0 for none.

    `picture` has the brightest that each pixel was. Bars are pairs of about the same size, and end in straight lines.
    """
    return _bars(picture), _bars(picture.transpose(Image.Transpose.TRANSPOSE))


def _bars(picture: Image.Image) -> float:
    width, height = picture.size
    data = picture.tobytes()
    rows = [data[at : at + width] for at in range(0, width * height, width)]
    filled = [sum(level > BLACK_LEVEL for level in row) / width for row in rows]
    above = next((number for number, share in enumerate(filled) if share > BLACK_SHARE), height)
    below = next((number for number, share in enumerate(reversed(filled)) if share > BLACK_SHARE), height)
    if not above or not below or above + below >= height or abs(above - below) > max(1, (above + below) // 8):
        return 0.0
    # a line that is only partly covered may be dark
    inner = filled[above : above + 2], filled[height - below - 2 : height - below]
    return (above + below) * 100 / height if min(max(edge) for edge in inner) >= FILLED else 0.0
