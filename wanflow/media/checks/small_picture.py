"""Small pictures of films and stills, which the checks compare: brightness by pixel, and the mean colour."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from PIL import Image, ImageChops, ImageMath, ImageStat

from wanflow.media.clock import PictureClock, shown_pictures
from wanflow.media.container import QUARTER_TURNS, matrix_of, orientation_of
from wanflow.media.extract import SWS_MATRICES
from wanflow.media.picture.still import UPRIGHT, read_still

LONG_SIDE = 128
"""Pixels of the longer side: codecs and grain change such a picture little, and bars of a fiftieth are seen."""
SHORTEST_SIDE = 8
BLACK_LEVEL = 28
"""Brightness (16 to 235) up to which a pixel is black."""
BLACK_SHARE = 0.01
"""Share of a black picture's pixels that may be brighter."""
LIT_LEVEL, LIT_SHARE = 40, 0.001
"""Brightness of a pixel that is clearly lit, and the share of such pixels in a night with a moon, or in a title."""
WINDOW = 8
"""Pixels of a side of the windows that SSIM compares."""
STEADY_MEAN, STEADY_CONTRAST = (0.01 * 255) ** 2, (0.03 * 255) ** 2
"""Constants of SSIM (Wang et al. 2004, equation 13): without them flat and dark windows would decide."""
OTHER_COLOURS = 60.0
"""Levels of mean distance in Y, Cb and Cr at which two pictures have nothing in common, however alike their shapes."""
MIDDLE = 0.7
"""Share of the sides of the middle of a picture."""
SAME_SHAPE = 0.01
"""Share by which two aspects differ where one picture is still the whole of the other."""

SmallSize = tuple[int, int]


class _Scaler(threading.local):
    """A scaler for each thread, since setting one up costs more than a small picture."""

    def __init__(self) -> None:
        self.reformatter = VideoReformatter()


_scaler = _Scaler()


class MiddleLook(NamedTuple):
    """The mean Y, Cb and Cr of a picture's middle, the standard deviation of Y, and the mean strength of its colours.

    All are in levels.
    """

    y: float
    cb: float
    cr: float
    contrast: float
    saturation: float


@dataclass(frozen=True)
class SmallPicture:
    """A picture of a few thousand pixels in BT.709 of limited range: 16 is black and 235 white."""

    luma: Image.Image
    cb: Image.Image
    cr: Image.Image

    @cached_property
    def histogram(self) -> list[int]:
        """How many pixels have each brightness from 0 to 255."""
        return self.luma.histogram()

    @cached_property
    def brightness(self) -> float:
        """The mean brightness."""
        return _means(self.luma, (1, 1))[0]

    @cached_property
    def contrast(self) -> float:
        """The standard deviation of the brightness."""
        total = sum(number * (level - self.brightness) ** 2 for level, number in enumerate(self.histogram))
        return math.sqrt(total / sum(self.histogram))

    @property
    def is_dark(self) -> bool:
        """Whether nearly all of it is black."""
        return sum(self.histogram[BLACK_LEVEL + 1 :]) <= BLACK_SHARE * sum(self.histogram)

    @property
    def is_black(self) -> bool:
        """Whether it is dark, and nothing in it is lit, such as a moon or letters."""
        return self.is_dark and sum(self.histogram[LIT_LEVEL + 1 :]) <= LIT_SHARE * sum(self.histogram)

    def difference(self, other: SmallPicture) -> float:
        """The mean difference in brightness to a picture of the same size, in levels."""
        return _levels(self.luma, other.luma)[0]

    def moved(self, other: SmallPicture, mean: float, largest: int) -> bool:
        """Whether the mean or the largest difference in brightness, of four pixels together, is more than this."""
        if self is other:
            return False
        found = _levels(self._quarter, other._quarter)
        return found[0] > mean or found[1] > largest

    @cached_property
    def _quarter(self) -> Image.Image:
        return self.luma.reduce(2)

    @property
    def middle(self) -> MiddleLook:
        """The look of its middle, which bars at its edges don't reach."""
        width, height = self.luma.size
        left, top = round(width * (1 - MIDDLE) / 2), round(height * (1 - MIDDLE) / 2)
        y, cb, cr = (each.crop((left, top, width - left, height - top)) for each in (self.luma, self.cb, self.cr))
        windows = (max(1, y.width // WINDOW), max(1, y.height // WINDOW))
        blue, red = _means(cb, windows), _means(cr, windows)
        strengths = [math.hypot(one - 128, two - 128) for one, two in zip(blue, red, strict=True)]
        return MiddleLook(
            _means(y, (1, 1))[0],
            sum(blue) / len(blue),
            sum(red) / len(red),
            ImageStat.Stat(y).stddev[0],
            sum(strengths) / len(strengths),
        )

    def likeness(self, other: SmallPicture) -> float:
        """How alike two pictures of the same size look: 1 for the same, about 0 for unrelated ones.

        It is the structural similarity (SSIM) of their brightness, lowered by as much as their colours differ: to SSIM
        two evenly coloured surfaces are alike.
        """
        windows = (max(1, self.luma.width // WINDOW), max(1, self.luma.height // WINDOW))
        planes = ((self.luma, other.luma), (self.cb, other.cb), (self.cr, other.cr))
        both = [zip(_means(one, windows), _means(two, windows), strict=True) for one, two in planes]
        distances = [math.hypot(*(one - two for one, two in window)) for window in zip(*both, strict=True)]
        return self.ssim(other) * max(0.0, 1 - sum(distances) / len(distances) / OTHER_COLOURS)

    def ssim(self, other: SmallPicture) -> float:
        """Structural similarity of the brightness to a picture of the same size."""
        windows = (max(1, self.luma.width // WINDOW), max(1, self.luma.height // WINDOW))
        one, two = self.luma.convert("I"), other.luma.convert("I")
        pictures = (one, two, _product(one, one), _product(two, two), _product(one, two))
        total = 0.0
        for x, y, xx, yy, xy in zip(*(_means(each, windows) for each in pictures), strict=True):
            likeness = (2 * x * y + STEADY_MEAN) / (x * x + y * y + STEADY_MEAN)
            spread = max(0.0, xx - x * x) + max(0.0, yy - y * y)
            total += likeness * (2 * (xy - x * y) + STEADY_CONTRAST) / (spread + STEADY_CONTRAST)
        return total / (windows[0] * windows[1])

    def correlation(self, other: SmallPicture) -> float:
        """How alike two pictures of the same size are whatever their brightness: 1 for the same, 0 for unrelated."""
        mean = _means(_product(self.luma.convert("I"), other.luma.convert("I")), (1, 1))[0]
        spread = self.contrast * other.contrast
        return (mean - self.brightness * other.brightness) / spread if spread > 1 else 0.0


def _levels(one: Image.Image, two: Image.Image) -> tuple[float, int]:
    """The mean and the largest difference of two pictures."""
    histogram = ImageChops.difference(one, two).histogram()
    mean = sum(level * number for level, number in enumerate(histogram)) / sum(histogram)
    return mean, max(level for level, number in enumerate(histogram) if number)


def _product(one: Image.Image, two: Image.Image) -> Image.Image:
    made: Image.Image = ImageMath.lambda_eval(lambda pictures: pictures["one"] * pictures["two"], one=one, two=two)
    return made


def _means(picture: Image.Image, windows: SmallSize) -> Sequence[float]:
    """The mean of each window of a grid."""
    shrunk = picture.convert("F").resize(windows, Image.Resampling.BOX)
    return memoryview(shrunk.tobytes()).cast("f").tolist()


def small_size(size: SmallSize) -> SmallSize:
    """The size of the small picture of one of this size: of about its shape, and never larger."""
    scale = min(1.0, LONG_SIDE / max(size))
    return max(SHORTEST_SIDE, round(size[0] * scale)), max(SHORTEST_SIDE, round(size[1] * scale))


def small_picture(frame: VideoFrame, size: SmallSize, orientation: int = 1) -> SmallPicture:
    """A decoded frame, turned upright, as a small picture of this size."""
    turn = UPRIGHT.get(orientation)
    lying = (size[1], size[0]) if orientation in QUARTER_TURNS else size
    made = _scaler.reformatter.reformat(
        frame,
        *lying,
        format="yuv444p",
        src_colorspace=SWS_MATRICES[matrix_of(frame)],
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG if frame.color_range == ColorRange.JPEG else ColorRange.MPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.AREA,
        threads=1,  # a small picture is done before another thread has begun
    )
    planes = []
    for plane in made.planes:
        picture = Image.frombuffer("L", lying, bytes(plane), "raw", "L", plane.line_size, 1)
        planes.append(picture if turn is None else picture.transpose(turn))
    return SmallPicture(*planes)


def small_film(path: Path, clock: PictureClock, places: range, size: SmallSize) -> Iterator[SmallPicture]:
    """The pictures that a film shows at these places, cut to the shape of `size`; a repeated one is the same value."""
    last: tuple[VideoFrame, SmallPicture] | None = None
    orientation = 1
    for frame in shown_pictures(path, clock, places):
        if last is None:
            orientation = orientation_of(frame)  # one for all: a frame that was asked stays in memory for a while
        if last is None or last[0] is not frame:
            last = frame, _filling(frame, size, orientation)
        yield last[1]


def small_stills(path: Path, size: SmallSize) -> list[SmallPicture]:
    """A still as a film of this size may show it: cut to its shape, stretched, or whole between bars."""
    still = read_still(path)
    frame = VideoFrame.from_image(still)  # type: ignore[no-untyped-call]
    shape = still.width * size[1] / (still.height * size[0])
    if abs(shape - 1) <= SAME_SHAPE:
        return [small_picture(frame, size)]
    across, down = (1.0, shape) if shape > 1 else (1 / shape, 1.0)
    inner = small_picture(frame, (max(1, round(size[0] / across)), max(1, round(size[1] / down))))
    corner = (size[0] - inner.luma.width) // 2, (size[1] - inner.luma.height) // 2
    whole = [Image.new("L", size, level) for level in (16, 128, 128)]
    for under, over in zip(whole, (inner.luma, inner.cb, inner.cr), strict=True):
        under.paste(over, corner)
    return [_filling(frame, size), small_picture(frame, size), SmallPicture(*whole)]


def _filling(frame: VideoFrame, size: SmallSize, orientation: int = 1) -> SmallPicture:
    """A frame that fills a size, turned upright, and cut evenly where its shape differs."""
    lying = orientation in QUARTER_TURNS
    width, height = (frame.height, frame.width) if lying else (frame.width, frame.height)
    scale = max(size[0] / width, size[1] / height)
    outer = max(size[0], round(width * scale)), max(size[1], round(height * scale))
    made = small_picture(frame, outer, orientation)
    if outer == size:
        return made
    left, top = (outer[0] - size[0]) // 2, (outer[1] - size[1]) // 2
    box = (left, top, left + size[0], top + size[1])
    return SmallPicture(*(plane.crop(box) for plane in (made.luma, made.cb, made.cr)))
