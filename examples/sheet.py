"""Paper and a brush: shapes washed and outlined by a hand that trembles a little, always in the same way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from random import Random

from PIL import Image, ImageDraw

Color = tuple[int, int, int]
Point = tuple[float, float]

INK = (42, 46, 66)
WHITE = (246, 239, 224)


class Sheet:
    """Paper of a size in pixels, painted by a hand that trembles a little, always in the same way."""

    def __init__(self, size: tuple[int, int], seed: int) -> None:
        self.size = size
        self.dice = Random(seed)  # noqa: S311 - a trembling hand, no secret
        # twice as large, so that edges come out smooth when it is made small
        self.image = Image.new("RGB", (size[0] * 2, size[1] * 2), WHITE)

    def wash(self, top: float, bottom: float, colors: tuple[Color, Color], bands: int) -> None:
        """Bands across the sheet, from the first color above to the second below, with wavy edges."""
        step = (bottom - top) / bands
        for band in range(bands):
            edge = top + band * step
            wave_length, phase = self.dice.uniform(200, 420), self.dice.uniform(0, 6)
            waves = [(x, edge + step * 0.3 * math.sin(x / wave_length * 6 + phase)) for x in range(-20, 1320, 20)]
            start = waves if band else [(x, top) for x, _ in waves]
            self._fill([*start, (1320, bottom), (-20, bottom)], blend(*colors, band / max(bands - 1, 1)))

    def shape(self, points: Sequence[Point], color: Color, *, ink: float = 3) -> None:
        """An area with brush marks in it and an ink line around it."""
        edge = self._trembling([*points, points[0]])
        self._fill(edge, color)
        self._brush(edge, color)
        if ink:
            self._stroke(edge, INK, ink)

    def line(self, points: Sequence[Point], color: Color = INK, width: float = 3) -> None:
        """A stroke through some points."""
        self._stroke(self._trembling(points), color, width)

    def round(self, center: Point, radius: Point, color: Color, *, ink: float = 3) -> None:
        """An ellipse, by its two radii."""
        self.shape(arc(center, radius, 0, 360), color, ink=ink)

    def finished(self) -> Image.Image:
        """The sheet in its size and in few colours, which keeps the file small."""
        small = self.image.resize(self.size, Image.Resampling.BOX)
        return small.quantize(64, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)

    def _trembling(self, points: Sequence[Point]) -> list[Point]:
        path = [self._near(points[0])]
        for (x0, y0), (x1, y1) in pairwise(points):
            pieces = max(int(math.dist((x0, y0), (x1, y1)) / 26), 1)
            steps = [piece / pieces for piece in range(1, pieces + 1)]
            path.extend(self._near((x0 + (x1 - x0) * t, y0 + (y1 - y0) * t)) for t in steps)
        return path

    def _near(self, point: Point) -> Point:
        return point[0] + self.dice.gauss(0, 0.9), point[1] + self.dice.gauss(0, 0.9)

    def _brush(self, edge: Sequence[Point], color: Color) -> None:
        mask = Image.new("1", self.image.size)
        ImageDraw.Draw(mask).polygon(doubled(edge), fill=1)
        marks = self.image.copy()
        pen = ImageDraw.Draw(marks)
        left, right = min(x for x, _ in edge), max(x for x, _ in edge)
        top, bottom = min(y for _, y in edge), max(y for _, y in edge)
        for _ in range(int((bottom - top) / 14)):
            y, x = self.dice.uniform(top, bottom), self.dice.uniform(left, right)
            reach, tone = self.dice.uniform(0.1, 0.4) * (right - left), self.dice.choice((-9, 8, 13))
            path = [(x - reach, y), (x, y + self.dice.uniform(-3, 3)), (x + reach, y + self.dice.uniform(-4, 4))]
            pen.line(doubled(path), fill=shade(color, tone), width=self.dice.randint(6, 16))
        self.image.paste(marks, mask=mask)

    def _fill(self, points: Sequence[Point], color: Color) -> None:
        ImageDraw.Draw(self.image).polygon(doubled(points), fill=color)

    def _stroke(self, path: Sequence[Point], color: Color, width: float) -> None:
        pen = ImageDraw.Draw(self.image)
        for start, end in pairwise(path):
            thick = max(round(2 * width * self.dice.uniform(0.75, 1.2)), 1)
            pen.line(doubled([start, end]), fill=color, width=thick)
            x, y = end[0] * 2, end[1] * 2
            pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=color)


def doubled(points: Sequence[Point]) -> list[Point]:
    """Points as they lie on the large paper."""
    return [(x * 2, y * 2) for x, y in points]


def blend(first: Color, second: Color, part: float) -> Color:
    """A color between two; `part` 0 is the first, 1 the second."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
    return red, green, blue


def shade(color: Color, by: int) -> Color:
    """A color made lighter, or darker where `by` is below zero."""
    red, green, blue = (min(max(part + by, 0), 255) for part in color)
    return red, green, blue


def arc(center: Point, radius: Point, start: int, end: int) -> list[Point]:
    """Points on an ellipse between two angles in degrees, clockwise from the right."""
    angles = [math.radians(angle) for angle in range(start, end + 1, 8)]
    return [(center[0] + radius[0] * math.cos(angle), center[1] + radius[1] * math.sin(angle)) for angle in angles]


def box(left: float, top: float, right: float, bottom: float) -> list[Point]:
    """The corners of a rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]
