"""Pictures that films are made of, drawn by Pillow: cards, boards, overlays; and the looks of edits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from wanflow.emulator.film.command import PixelSize
from wanflow.emulator.film.text import drawable_words, first_drawable
from wanflow.media.text import layout
from wanflow.records import immutable


class Precipitation(StrEnum):
    """What falls through the picture."""

    NONE = "none"
    RAIN = "rain"
    SNOW = "snow"


@immutable
class EditLook:
    """A look: brightness `gain` and `lift` (of 255), `saturation`, a shift of blue and of red (of 255), a vignette."""

    gain: float = 1.0
    lift: int = 0
    saturation: float = 1.0
    blue: int = 0
    red: int = 0
    vignette: float = 0.0
    precipitation: Precipitation = Precipitation.NONE

    @property
    def filter(self) -> str:
        """The look as an ffmpeg filter, one table for each plane."""
        luma = f"clip(16+(val-16)*{self.gain}+{self.lift},16,235)"
        blue = f"clip(128+(val-128)*{self.saturation}+{self.blue},16,240)"
        red = f"clip(128+(val-128)*{self.saturation}+{self.red},16,240)"
        return f"lutyuv=y='{luma}':u='{blue}':v='{red}'"

    def apply(self, picture: Image.Image) -> Image.Image:
        """A picture in this look, as `filter` gives it to a film."""
        gains = ((self.gain, 0, self.lift), (self.saturation, 128, self.blue), (self.saturation, 128, self.red))
        table = [
            min(max(round(middle + (level - middle) * gain + lift), 0), 255)
            for gain, middle, lift in gains
            for level in range(256)
        ]
        return picture.convert("YCbCr").point(table).convert("RGB")


LOOKS: Sequence[tuple[str, EditLook]] = (
    (r"\bnight|midnight|moonl|夜|月光", EditLook(0.48, 4, 0.55, 16, -9, 0.55)),
    (r"\bnoir\b|black.and.white|monochrome|黑白", EditLook(1.12, -14, 0.0, vignette=0.6)),
    (r"sepia|vintage|old film|antique|复古|怀旧|老电影", EditLook(0.95, 8, 0.3, -16, 12, 0.45)),
    (r"sunset|sunrise|golden|\bdusk|\bdawn|黄昏|日落|日出|金色", EditLook(0.98, 4, 1.15, -20, 16, 0.25)),
    (r"neon|cyber|霓虹|赛博", EditLook(0.85, -6, 1.5, 14, 10, 0.5)),
    (r"\bfog|\bmists?\b|\bmisty|\bhaz[ey]|雾|霾", EditLook(0.62, 74, 0.45, 4, -2)),
    (r"autumn|\bfall leaves|秋", EditLook(0.97, 2, 1.1, -14, 10, 0.2)),
    (r"winter|\bsnow|\bcold\b|\bice\b|冬|雪|冰", EditLook(1.02, 14, 0.6, 12, -8, 0.15)),
    (r"\brain(s|y|ing|fall)?\b|\bstorm|雨|暴风", EditLook(0.74, 2, 0.55, 7, -5, 0.3)),
    (r"dream|梦", EditLook(0.9, 30, 0.8, 6, 6, 0.35)),
)
"""Words and the look that they call for, in English and Chinese; the first that is found wins."""

FALLING: Sequence[tuple[str, Precipitation]] = (
    (r"\brain(s|y|ing|fall)?\b|\bstorm|雨|暴风", Precipitation.RAIN),
    (r"\bsnow|雪", Precipitation.SNOW),
)

TINTS = ((18, -10), (-16, 14), (12, 12), (-12, -14), (-18, 4), (4, 18))
"""What an edit that names no look gets, by seed: shifts of blue and of red."""


def choose_look(prompt: str, seed: int) -> EditLook:
    """The look that a prompt calls for; without one a tint by the seed, so that an edit always shows."""
    words = prompt.lower()
    falling = next((kind for pattern, kind in FALLING if re.search(pattern, words)), Precipitation.NONE)
    blue, red = Random(seed).choice(TINTS)  # noqa: S311 - a choice of colour
    tint = EditLook(0.96, 2, 0.85, blue, red, 0.2)
    return replace(next((look for pattern, look in LOOKS if re.search(pattern, words)), tint), precipitation=falling)


Color = tuple[int, int, int]

PALETTES: Sequence[tuple[Color, Color]] = (
    ((24, 38, 58), (86, 112, 128)),
    ((44, 32, 54), (140, 98, 104)),
    ((22, 44, 44), (104, 132, 112)),
    ((50, 36, 28), (150, 118, 84)),
    ((30, 34, 60), (112, 110, 150)),
)
"""Dusk, plum, moss, amber, slate: what is shown where a request brings no picture."""

LINES = 6
"""Maximum lines of a prompt on a card."""

PAPER = (236, 232, 222)

WATERMARKS = ("AI生成", "AI")
"""The vendor's watermark, and the part of it that every font can draw."""


@immutable
class Box:
    """A place on the frame; all four numbers are even, so that video can lie there."""

    left: int
    top: int
    width: int
    height: int

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.left + self.width, self.top + self.height


def fit(picture: Image.Image, size: PixelSize) -> Image.Image:
    """A picture filling a frame, cut evenly where its aspect differs; untouched where it has the size."""
    return picture if picture.size == size else ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def draw_background(size: PixelSize, seed: int) -> Image.Image:
    """A calm gradient, lit from one side."""
    dice = Random(seed)  # noqa: S311 - a choice of colours
    dark, light = dice.choice(PALETTES)
    slope = Image.linear_gradient("L").rotate(180 + dice.choice((-90, 0, 90)))
    glow = ImageChops.invert(Image.radial_gradient("L"))
    shade = Image.blend(slope, glow, 0.55).resize(size, Image.Resampling.BICUBIC)
    return ImageOps.colorize(shade, dark, light)


def draw_card(size: PixelSize, seed: int, title: str, text: str) -> Image.Image:
    """A card for media that cannot be shown: a small title over the prompt."""
    made = draw_background(size, seed)
    draw = ImageDraw.Draw(made)
    small, large = max(size[1] // 34, 10), max(size[1] // 20, 12)
    margin = size[0] // 9
    layout.draw_line(draw, drawable_words(title), (margin, size[1] // 4 + small), small, (*PAPER[:2], 180))
    room = (size[0] - 2 * margin, LINES * layout.pitch_of(large))
    words = layout.fit(drawable_words(" ".join(text.split())), room, (large, large), most_lines=LINES)
    for row, line in enumerate(words.lines):
        down = size[1] // 4 + small * 3 + large + row * large * 3 // 2
        layout.draw_line(draw, line, (margin, down), large, PAPER, words.typography)
    return made


def arrange(shapes: Sequence[PixelSize], size: PixelSize) -> list[Box]:
    """Places for pictures of these shapes, whole, in the rows that show them largest."""
    layouts = [_rows(shapes, size, columns) for columns in range(1, len(shapes) + 1)]
    return max(layouts, key=lambda boxes: sum(box.width * box.height for box in boxes))


def draw_board(
    pictures: Sequence[Image.Image | None],
    boxes: Sequence[Box],
    size: PixelSize,
    seed: int,
    behind: Image.Image | None = None,
) -> Image.Image:
    """References on one frame, with soft shadows, before the blurred first one; None leaves a hole for a video.

    `behind` is another picture to put them on.
    """
    first = next((item for item in pictures if item is not None), None)
    made = behind or draw_background(size, seed)
    if first is not None and behind is None:
        small = ImageOps.fit(first, (size[0] // 8, size[1] // 8)).filter(ImageFilter.GaussianBlur(size[1] / 8 / 14))
        large = small.resize(size, Image.Resampling.BICUBIC)
        made = Image.blend(large, Image.new("RGB", size, (10, 12, 18)), 0.55)
    shadows = Image.new("L", (size[0] // 4, size[1] // 4))
    for box in boxes:
        left, top, right, bottom = (edge // 4 for edge in box.corners)
        shadows.paste(150, (left, top + 3, right, bottom + 3))
    shadows = shadows.filter(ImageFilter.GaussianBlur(5)).resize(size, Image.Resampling.BICUBIC)
    made = Image.composite(Image.new("RGB", size), made, shadows)
    holes = Image.new("L", size, 255)
    for picture, box in zip(pictures, boxes, strict=True):
        mask = _rounded((box.width, box.height), size)
        if picture is None:
            holes.paste(0, box.corners, mask)
        else:
            made.paste(fit(picture, (box.width, box.height)), box.corners, mask)
    if None in pictures:
        made.putalpha(holes)
    return made


def draw_vignette(size: PixelSize, vignette: float, given: Sequence[Image.Image]) -> Image.Image:
    """What lies over an edited film: dark corners and the pictures that it was given."""
    dark = Image.radial_gradient("L").resize(size, Image.Resampling.BICUBIC)
    made = Image.new("RGBA", size, (4, 6, 12, 0))
    made.putalpha(dark.point([round(max(level - 90, 0) * vignette * 1.3) for level in range(256)]))
    _paste_insets(made, given)
    return made


def draw_insets(size: PixelSize, pictures: Sequence[Image.Image]) -> Image.Image:
    """Pictures small at the upper right, the rest transparent."""
    made = Image.new("RGBA", size, (0, 0, 0, 0))
    _paste_insets(made, pictures)
    return made


def _paste_insets(made: Image.Image, pictures: Sequence[Image.Image]) -> None:
    """Paste pictures small at the upper right, one below the other."""
    side = min(made.size) // 6 // 2 * 2
    gap = side // 5
    for number, picture in enumerate(pictures):
        place = (made.width - gap - side, gap + number * (side + gap))
        made.paste(fit(picture, (side, side)), place, _rounded((side, side), made.size))


def draw_precipitation(size: PixelSize, kind: Precipitation, seed: int) -> Image.Image:
    """One frame of rain or snow that joins itself at top and bottom, so that it can fall for ever."""
    dice = Random(seed)  # noqa: S311 - where drops fall
    alpha = Image.new("L", size)
    draw = ImageDraw.Draw(alpha)
    for _ in range(size[0] * size[1] // (3600 if kind is Precipitation.RAIN else 5200)):
        across, down, strength = dice.randrange(size[0]), dice.randrange(size[1]), dice.randrange(30, 110)
        for top in (down, down - size[1]):
            _drop(draw, kind, (across, top), strength, size[1])
    made = Image.new("RGBA", size, (214, 224, 236, 0))
    made.putalpha(alpha.filter(ImageFilter.GaussianBlur(0.8)))
    return made


def draw_names(made: Image.Image, boxes: Sequence[Box], names: Sequence[tuple[str, ...]]) -> None:
    """Write each name small into the lower left corner of its box."""
    pixels = max(made.height // 40, 9)
    for box, words in zip(boxes, names, strict=True):
        tag = _tag(words, pixels)
        if tag.width < box.width and tag.height < box.height:
            inset = pixels // 2
            made.paste(tag, (box.left + inset, box.top + box.height - tag.height - inset), tag.getchannel("A"))


def draw_watermark(size: PixelSize) -> Image.Image:
    """The vendor's mark at the lower right, the rest transparent."""
    pixels = max(min(size) // 24, 10)
    text = first_drawable(WATERMARKS)
    made = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(made)
    at = (size[0] - pixels - layout.length_of(text, pixels), size[1] - pixels)
    layout.draw_line(draw, text, at, pixels, (0, 0, 0, 120), stroke=1)
    layout.draw_line(draw, text, at, pixels, (255, 255, 255, 190))
    return made


def _drop(draw: ImageDraw.ImageDraw, kind: Precipitation, at: tuple[int, int], strength: int, height: int) -> None:
    across, down = at
    if kind is Precipitation.RAIN:
        length = height // 16 * strength // 70
        draw.line((across, down, across - length // 6, down + length), fill=strength, width=max(height // 480, 1))
    else:
        radius = max(height // 320 * strength // 60, 1)
        draw.ellipse((across - radius, down - radius, across + radius, down + radius), fill=min(strength * 2, 220))


def _rows(shapes: Sequence[PixelSize], size: PixelSize, columns: int) -> list[Box]:
    rows = [shapes[start : start + columns] for start in range(0, len(shapes), columns)]
    gap = min(size) // 16
    height = (size[1] - gap * (len(rows) + 1)) // len(rows)
    boxes: list[Box] = []
    for number, row in enumerate(rows):
        width = (size[0] - gap * (len(row) + 1)) // len(row)
        cells = [
            Box(gap + place * (width + gap), gap + number * (height + gap), width, height) for place in range(len(row))
        ]
        for shape, cell in zip(row, cells, strict=True):
            scale = min(cell.width / shape[0], cell.height / shape[1])
            across, down = (max(int(side * scale) // 2 * 2, 2) for side in shape)
            left, top = cell.left + (cell.width - across) // 2, cell.top + (cell.height - down) // 2
            boxes.append(Box(left // 2 * 2, top // 2 * 2, across, down))
    return boxes


def _rounded(shape: PixelSize, frame: PixelSize) -> Image.Image:
    """A mask with soft-edged round corners, drawn large and shrunk."""
    mask = Image.new("L", (shape[0] * 2, shape[1] * 2))
    radius = min(frame) // 40 * 2
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, shape[0] * 2 - 1, shape[1] * 2 - 1), radius, fill=255)
    return mask.resize(shape, Image.Resampling.LANCZOS)


def _tag(words: tuple[str, ...], pixels: int) -> Image.Image:
    """A name in light letters on a dark plate with round corners."""
    text, pad = first_drawable(words), pixels // 2
    width, height = int(layout.length_of(text, pixels)), pixels
    made = Image.new("RGBA", (width + 2 * pad, height + 2 * pad), (0, 0, 0, 0))
    draw = ImageDraw.Draw(made)
    draw.rounded_rectangle((0, 0, made.width - 1, made.height - 1), pad, fill=(12, 14, 20, 255))
    layout.draw_line(draw, text, (pad, pad + height * 85 // 100), pixels, (*PAPER, 255))
    return made
