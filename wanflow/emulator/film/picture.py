"""Still pictures that films are made of, drawn by Pillow: fitted frames, cards, boards of references, veils."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from wanflow.emulator.film.frame_size import Size
from wanflow.emulator.film.grade import Precipitation
from wanflow.emulator.film.lettering import choose_font, wrap

Color = tuple[int, int, int]

PALETTES: Sequence[tuple[Color, Color]] = (
    ((24, 38, 58), (86, 112, 128)),
    ((44, 32, 54), (140, 98, 104)),
    ((22, 44, 44), (104, 132, 112)),
    ((50, 36, 28), (150, 118, 84)),
    ((30, 34, 60), (112, 110, 150)),
)
"""Dusk, plum, moss, amber, slate: what is shown where a request brings no picture."""

PAPER = (236, 232, 222)


@dataclass(frozen=True, slots=True)
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


def fit(picture: Image.Image, size: Size) -> Image.Image:
    """A picture filling a frame, cut evenly where its aspect differs; untouched where it has the size."""
    return picture if picture.size == size else ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def backdrop(size: Size, seed: int) -> Image.Image:
    """A calm gradient, lit from one side."""
    dice = Random(seed)  # noqa: S311 - a choice of colours
    dark, light = dice.choice(PALETTES)
    slope = Image.linear_gradient("L").rotate(180 + dice.choice((-90, 0, 90)))
    glow = ImageChops.invert(Image.radial_gradient("L"))
    shade = Image.blend(slope, glow, 0.55).resize(size, Image.Resampling.BICUBIC)
    return ImageOps.colorize(shade, dark, light)


def card(size: Size, seed: int, title: str, text: str) -> Image.Image:
    """A card for what can't be shown: a small title over the words."""
    made = backdrop(size, seed)
    draw = ImageDraw.Draw(made)
    small, large = max(size[1] // 34, 10), max(size[1] // 20, 12)
    margin = size[0] // 9
    font, title = choose_font(title, small)
    draw.text((margin, size[1] // 4), title, font=font, fill=(*PAPER[:2], 180))
    font, text = choose_font(text, large)
    lines = wrap(text, draw, font, size[0] - 2 * margin, 6)
    draw.multiline_text((margin, size[1] // 4 + small * 3), "\n".join(lines), font=font, fill=PAPER, spacing=large // 2)
    return made


def arrange(shapes: Sequence[Size], size: Size) -> list[Box]:
    """Places for pictures of these shapes, whole, in the rows that show them largest."""
    layouts = [_rows(shapes, size, columns) for columns in range(1, len(shapes) + 1)]
    return max(layouts, key=lambda boxes: sum(box.width * box.height for box in boxes))


def board(pictures: Sequence[Image.Image | None], boxes: Sequence[Box], size: Size, seed: int) -> Image.Image:
    """References on one frame, with soft shadows, before the blurred first one; None leaves a hole for a video."""
    made = _surroundings(next((item for item in pictures if item is not None), None), size, seed)
    made = Image.composite(Image.new("RGB", size), made, _shadows(boxes, size))
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


def veil(size: Size, vignette: float, given: Sequence[Image.Image]) -> Image.Image:
    """What lies over an edited film: dark corners and the pictures that it was given."""
    dark = Image.radial_gradient("L").resize(size, Image.Resampling.BICUBIC)
    made = Image.new("RGBA", size, (4, 6, 12, 0))
    made.putalpha(dark.point([round(max(level - 90, 0) * vignette * 1.3) for level in range(256)]))
    _paste_insets(made, given)
    return made


def insets(size: Size, pictures: Sequence[Image.Image]) -> Image.Image:
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


def weather(size: Size, kind: Precipitation, seed: int) -> Image.Image:
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


def _drop(draw: ImageDraw.ImageDraw, kind: Precipitation, at: tuple[int, int], strength: int, height: int) -> None:
    across, down = at
    if kind is Precipitation.RAIN:
        length = height // 16 * strength // 70
        draw.line((across, down, across - length // 6, down + length), fill=strength, width=max(height // 480, 1))
    else:
        radius = max(height // 320 * strength // 60, 1)
        draw.ellipse((across - radius, down - radius, across + radius, down + radius), fill=min(strength * 2, 220))


def _rows(shapes: Sequence[Size], size: Size, columns: int) -> list[Box]:
    rows = [shapes[start : start + columns] for start in range(0, len(shapes), columns)]
    gap = min(size) // 16
    height = (size[1] - gap * (len(rows) + 1)) // len(rows)
    boxes: list[Box] = []
    for number, row in enumerate(rows):
        width = (size[0] - gap * (len(row) + 1)) // len(row)
        cells = [
            Box(gap + place * (width + gap), gap + number * (height + gap), width, height) for place in range(len(row))
        ]
        boxes += [_inside(shape, cell) for shape, cell in zip(row, cells, strict=True)]
    return boxes


def _inside(shape: Size, cell: Box) -> Box:
    scale = min(cell.width / shape[0], cell.height / shape[1])
    width, height = (max(int(side * scale) // 2 * 2, 2) for side in shape)
    left, top = cell.left + (cell.width - width) // 2, cell.top + (cell.height - height) // 2
    return Box(left // 2 * 2, top // 2 * 2, width, height)


def _surroundings(picture: Image.Image | None, size: Size, seed: int) -> Image.Image:
    if picture is None:
        return backdrop(size, seed)
    small = ImageOps.fit(picture, (size[0] // 8, size[1] // 8)).filter(ImageFilter.GaussianBlur(size[1] / 8 / 14))
    return Image.blend(small.resize(size, Image.Resampling.BICUBIC), Image.new("RGB", size, (10, 12, 18)), 0.55)


def _shadows(boxes: Sequence[Box], size: Size) -> Image.Image:
    small = Image.new("L", (size[0] // 4, size[1] // 4))
    for box in boxes:
        left, top, right, bottom = (edge // 4 for edge in box.corners)
        small.paste(150, (left, top + 3, right, bottom + 3))
    return small.filter(ImageFilter.GaussianBlur(5)).resize(size, Image.Resampling.BICUBIC)


def _rounded(shape: Size, frame: Size) -> Image.Image:
    """A mask with soft-edged round corners, drawn large and shrunk."""
    mask = Image.new("L", (shape[0] * 2, shape[1] * 2))
    radius = min(frame) // 40 * 2
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, shape[0] * 2 - 1, shape[1] * 2 - 1), radius, fill=255)
    return mask.resize(shape, Image.Resampling.LANCZOS)
