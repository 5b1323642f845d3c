"""A segment of a cut: one clip brought to the cut's size and rate, named by what it is made from."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from wanflow import digest, timing

SEGMENT_VERSION = 1
"""Raised when the same recipe makes another segment: another encoder line, another slate."""

SLATE_SHARE = 10
"""The slate is a tenth of the picture's height (format.md, Cuts)."""


@dataclass(frozen=True, slots=True)
class SegmentRecipe:
    """All that determines a segment.

    `source` is the digest of the clip; `first` and `count` are frames of it at its own rate; `frames` are those of
    the segment at `rate`. `slate` are the lines of the strip at the bottom, none for a clean picture; `fit` is how a
    clip of another shape comes to this one: with `bars`, or by a `crop`.
    """

    source: str
    first: int
    count: int
    frames: int
    width: int
    height: int
    rate: Fraction
    slate: tuple[str, ...] = ()
    fit: str = "bars"
    version: int = SEGMENT_VERSION

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2:
            raise ValueError(f"a segment needs an even width and height, not {self.width}x{self.height}")

    @property
    def samples(self) -> int:
        """The 48 kHz samples that lie beside the frames."""
        return timing.to_samples(self.frames, self.rate)

    def key(self) -> str:
        """The hash of the recipe: equal keys are one segment, whatever ffmpeg made it and whatever bytes that gave."""
        made: dict[str, digest.Canonical] = {
            "segment": self.version,
            "source": self.source,
            "first": self.first,
            "count": self.count,
            "frames": self.frames,
            "size": [self.width, self.height],
            "rate": timing.rate_text(self.rate),
            "slate": list(self.slate),
        }
        return digest.of_json(made if self.fit == "bars" else made | {"fit": self.fit})


@dataclass(frozen=True, slots=True)
class Window:
    """Where in the segment's picture the clip's picture lies: even numbers of pixels."""

    left: int
    top: int
    width: int
    height: int


def fit_bars(width: int, height: int, into_width: int, into_height: int) -> Window:
    """The largest window of the same shape, in the middle, with black bars around it (format.md, `fit: bars`).

    Even numbers, since yuv420p has one colour sample for two by two pixels.
    """
    scale = min(Fraction(into_width, width), Fraction(into_height, height))
    fitted_width, fitted_height = (max(2, _even(side * scale)) for side in (width, height))
    left, top = (into_width - fitted_width) // 2, (into_height - fitted_height) // 2
    return Window(left // 2 * 2, top // 2 * 2, fitted_width, fitted_height)


def fit_crop(width: int, height: int, into_width: int, into_height: int) -> Window:
    """The clip's picture scaled to cover the segment's, and where in it that lies: in the middle (`fit: crop`)."""
    scale = max(Fraction(into_width, width), Fraction(into_height, height))
    covering = [max(into, _even(side * scale)) for side, into in ((width, into_width), (height, into_height))]
    left, top = (covering[0] - into_width) // 2, (covering[1] - into_height) // 2
    return Window(left // 2 * 2, top // 2 * 2, covering[0], covering[1])


def strip_height(picture_height: int) -> int:
    """The height of the slate for a picture of this height: the lowest tenth, an even number of lines."""
    return max(2, picture_height // SLATE_SHARE // 2 * 2)


def slate_top(recipe: SegmentRecipe) -> int:
    """The first line of the picture that the slate covers."""
    return recipe.height - strip_height(recipe.height)


def _even(value: Fraction) -> int:
    return int((value + 1) // 2) * 2
