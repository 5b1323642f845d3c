"""A take against what its request was given: pictures at its ends, the clip that it continues, its chain's head."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from fractions import Fraction
from functools import reduce
from math import dist
from pathlib import Path

from av import FFmpegError
from PIL import Image, ImageChops, UnidentifiedImageError

from wanflow.errors import MediaFault
from wanflow.language.checks import Check
from wanflow.media.checks.film_series import FULL, FilmSeries, Measurement
from wanflow.media.checks.small_picture import MiddleLook, SmallPicture, SmallSize, small_film, small_stills
from wanflow.media.clock import read_clock
from wanflow.records import mutable
from wanflow.store.findings import Expected, Finding, Given

UNREADABLE = (MediaFault, UnidentifiedImageError, FFmpegError, OSError)
"""What is raised for a file that can't be read, or whose pictures can't be scaled."""
SAMPLES = 60
"""Pictures of a given clip that are compared, evenly over its length."""
HEAD_SAMPLES = 24
"""Pictures of the head of a chain whose colours are measured."""
COLOURS_A_SECOND = 4
"""Pictures of a take whose colours are measured, for each second."""

FIRST_REACH, LAST_REACH = 3, 5
"""Pictures at the beginning and the end of a take, of which the likest to the given one counts."""
LIKE_PICTURE = 0.6
"""Likeness below which the first or last frame is unlike the given picture."""
LIKE_CLIP = 0.7
"""Likeness below which the head of a continuation is unlike the clip that it continues."""
SAME_CLIP = 0.9
"""Likeness from which on the head of a continuation is the given clip itself, with its faults."""
WORST_SHARE = 4
"""Part of the compared pictures, a quarter, whose mean likeness counts: one picture may differ by its place."""
JUMP_TIMES, JUMP_LEVELS = 2.5, 1.5
"""Times the usual change, and levels of mean difference, of a jump where the new part of a continuation begins."""
JUMP_REACH = 2
"""Pictures by which the new part may begin earlier or later than the given clip is long."""
DRIFT = 14.0
"""Difference between two looks that is seen, in CIELAB (delta E 1976); another view of a scene differs by less."""
CONTRAST_WEIGHT, SATURATION_WEIGHT = 3.0, 1.5
"""Weights of a difference in contrast and in saturation, beside one of the mean colour: a view changes them less."""


@mutable
class GivenFiles:
    """What was given, read before the take is; what can't be read is left out.

    `clip` has pictures of the given clip by the number of the take's picture that should show the same, `new` is the
    number of the first picture behind it. `likeness` are the best ones for them so far.
    """

    first: Sequence[SmallPicture] = ()
    last: Sequence[SmallPicture] = ()
    clip: Mapping[int, SmallPicture] = field(default_factory=dict)
    new: int = 0
    head: MiddleLook | None = None
    likeness: dict[int, float] = field(default_factory=dict)
    looks: list[MiddleLook] = field(default_factory=list)

    def compare(self, number: int, picture: SmallPicture, rate: Fraction) -> None:
        """Compare a picture of the take while it is here."""
        for at in (number - 1, number, number + 1):
            if at in self.clip:
                self.likeness[at] = max(self.likeness.get(at, -1.0), picture.likeness(self.clip[at]))
        measured = self.head is not None and number >= self.new and not picture.is_black
        if measured and number % max(1, round(rate / COLOURS_A_SECOND)) == 0:
            self.looks.append(picture.middle)

    @property
    def clip_likeness(self) -> float | None:
        """How alike the beginning of the take is to the given clip where it is least; None where none was given."""
        if not (self.likeness and self.new):
            return None
        worst = sorted(self.likeness.values())[: max(1, len(self.likeness) // WORST_SHARE)]
        return sum(worst) / len(worst)

    @property
    def judged_from(self) -> int:
        """The number of the first picture that was not given: faults of a clip that is repeated were there before."""
        measure = self.clip_likeness
        return 0 if measure is None or measure < SAME_CLIP else self.new

    @property
    def framed(self) -> Iterator[Image.Image]:
        """The brightest that was given of each picture and of the clip, whose bars are asked for."""
        for pictures in (self.first[:1], self.last[:1], tuple(self.clip.values())):
            if pictures:
                yield reduce(ImageChops.lighter, (each.luma for each in pictures))

    def measurements(self, series: FilmSeries) -> Iterator[Measurement]:
        """How far the take differs from what was given."""
        end = series.at(len(series.changes))
        yield from _unlike(Check.FIRST_FRAME, self.first, series.first[:FIRST_REACH], Fraction(0))
        yield from _unlike(Check.LAST_FRAME, self.last, list(series.recent)[-LAST_REACH:], end)
        yield from self._continuation(series)
        # drift adds up until the end
        look = mean_look(self.looks[len(self.looks) // 2 :])
        if self.head is not None and look is not None:
            measure = drift_between(self.head, look)
            yield Measurement(Finding(Check.DRIFT, measure, DRIFT), measure > DRIFT)

    def _continuation(self, series: FilmSeries) -> Iterator[Measurement]:
        if (measure := self.clip_likeness) is not None:
            end = series.at(min(self.new, len(series.changes)))
            yield Measurement(Finding(Check.SEAM, measure, LIKE_CLIP, Fraction(0), end), measure < LIKE_CLIP)
            if measure < LIKE_CLIP:
                return  # where another clip ends, a jump is expected
            near = range(max(1, self.new - JUMP_REACH), min(len(series.changes), self.new + JUMP_REACH + 1))
            times, at = max(((series.times_usual(each), each) for each in near), default=(0.0, 0))
            if at:
                finding = Finding(Check.SEAM, times, JUMP_TIMES, series.at(at), series.at(at))
                yield Measurement(finding, times > JUMP_TIMES and series.changes[at] > JUMP_LEVELS)


def read_given(expected: Expected, root: Path, size: SmallSize, rate: Fraction) -> GivenFiles:
    """Read the files that a take of this size and rate is compared with; one that can't be read is left out."""
    given = GivenFiles(first=_stills(expected.first_frame, root, size), last=_stills(expected.last_frame, root, size))
    for file, read in ((expected.clip, _read_clip), (expected.chain_head, _read_head)):
        if file is not None and (root / file.file).is_file():
            with suppress(*UNREADABLE):
                read(given, root / file.file, size, rate)
    return given


def _stills(file: Given | None, root: Path, size: SmallSize) -> Sequence[SmallPicture]:
    if file is not None and (root / file.file).is_file():
        with suppress(*UNREADABLE):
            return small_stills(root / file.file, size)
    return ()


def _read_clip(given: GivenFiles, path: Path, size: SmallSize, rate: Fraction) -> None:
    clock = read_clock(path)
    places = range(0, clock.frames, max(1, clock.frames // SAMPLES))
    pictures = small_film(path, clock, places, size)
    given.clip = {round(place * rate / clock.rate): picture for place, picture in zip(places, pictures, strict=True)}
    given.new = round(clock.frames * rate / clock.rate)


def _read_head(given: GivenFiles, path: Path, size: SmallSize, _rate: Fraction) -> None:
    clock = read_clock(path)
    places = range(0, clock.frames, max(1, clock.frames // HEAD_SAMPLES))
    given.head = mean_look([each.middle for each in small_film(path, clock, places, size) if not each.is_black])


def _unlike(
    check: Check, given: Sequence[SmallPicture], shown: Iterable[SmallPicture], at: Fraction
) -> Iterator[Measurement]:
    likest = max((each.likeness(picture) for each in given for picture in shown), default=None)
    if likest is not None:
        yield Measurement(Finding(check, likest, LIKE_PICTURE, at, at), likest < LIKE_PICTURE)


def mean_look(looks: Sequence[MiddleLook]) -> MiddleLook | None:
    """The mean of several looks; None of none."""
    return MiddleLook(*(sum(each) / len(looks) for each in zip(*looks, strict=True))) if looks else None


def drift_between(one: MiddleLook, other: MiddleLook) -> float:
    """How far two looks are from each other: by colour, by contrast or by saturation, whichever is most."""
    colour = dist(lab(*one[:3]), lab(*other[:3]))
    contrast = abs(one.contrast - other.contrast) * 100 / FULL
    saturation = abs(one.saturation - other.saturation)
    return max(colour, CONTRAST_WEIGHT * contrast, SATURATION_WEIGHT * saturation)


def lab(y: float, cb: float, cr: float) -> tuple[float, float, float]:
    """A colour of BT.709 in limited range as CIELAB under D65 (ITU-R BT.709, IEC 61966-2-1)."""
    bright, blue, red = (y - 16) / 219, (cb - 128) / 112, (cr - 128) / 112
    r, b = bright + 0.7874 * red, bright + 0.9278 * blue
    g = (bright - 0.2126 * r - 0.0722 * b) / 0.7152
    linear = [max(0.0, part) ** 2.2 for part in (r, g, b)]
    matrix = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = [sum(weight * part for weight, part in zip(row, linear, strict=True)) for row in matrix]
    shares = [part / white for part, white in zip(xyz, (0.9505, 1.0, 1.089), strict=True)]
    fx, fy, fz = (share ** (1 / 3) if share > 0.008856 else 7.787 * share + 16 / 116 for share in shares)
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)
