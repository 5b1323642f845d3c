"""Stills drawn by Pillow: a scene that the words decide, the references before it, and the words themselves.

A film that starts from a still is drawn as from any other picture, so it begins with exactly what is seen here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import isqrt
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from PIL import Image, ImageColor, ImageDraw, ImageFilter, ImageOps
from PIL.PngImagePlugin import PngInfo

from wanflow.emulator.api.media_checks import inspect
from wanflow.emulator.api.order import FilmFaultKind, Order, RenderedPicture
from wanflow.emulator.api.rules import ANY_FORM, Palette
from wanflow.emulator.api.tasks import PRIVATE
from wanflow.emulator.film import drawing
from wanflow.emulator.film.command import PixelSize, fetch, open_picture
from wanflow.emulator.film.drawing import Box, Color, Precipitation
from wanflow.emulator.film.film_faults import BAR_PERCENT
from wanflow.emulator.film.text import drawable_words, reference_names, title_of_card
from wanflow.media.text import layout

SKY_PART = 4
"""Part of the sides at which the sky is drawn, in the look of the words; it has no edges."""
CAPTION_SHARE = 0.24
"""Share of the height that the words have where references are above them."""
CAPTION_LINES = 3
SHADES = 64
"""Heights of the sky whose colours ridges have."""
LEVELS = 256
"""Levels of light in a picture."""
STEPS = 48
"""Points of a ridge between left and right."""
GLOW_EDGE = 176
"""Level of a radial gradient in the middle of its sides."""
NIGHT: Color = (8, 10, 16)
CARD_SIZE = (640, 480)
"""Size of a card in place of a reference that is out of reach."""
TIER = 1024
"""Side of the square that has the pixels of `1K`, unless the catalog says otherwise (service.md 9.1)."""


def render_picture(order: Order, target: Path, *, files: Mapping[str, Path]) -> RenderedPicture:
    """Draw a picture of an order into `target`, whole or not at all; `files` are its media by URL.

    Raises Rejected in the service's words where the media are not what they have to be.
    """
    with TemporaryDirectory(prefix="wanflow-") as scratch:

        def find(url: str) -> Path | None:
            return fetch(url, files, Path(scratch))

        items = inspect(order, find).media
        places = [find(item.url) for item in items]
        references = [
            open_picture(place)
            if place is not None
            else drawing.draw_card(CARD_SIZE, order.seed, title_of_card(item, order), order.prompt)
            for item, place in zip(items, places, strict=True)
        ]
    size = _size(order, [picture.size for picture in references])
    fault = order.fault.kind if order.fault else None
    seed = 0 if fault is FilmFaultKind.DUPLICATE else order.seed
    if order.rules.form == ANY_FORM:
        made = drawing.draw_card(size, seed, title_of_card(None, order), order.prompt)
    else:
        made = draw_still(
            size, order.prompt, seed, list(zip(references, reference_names(items, order), strict=True)), order.colors
        )
    if order.settings.get("watermark") is True:
        mark = drawing.draw_watermark(size)
        made.paste(mark, (0, 0), mark)
    part = target.with_suffix(".part")
    try:
        comment = PngInfo()
        comment.add_text("Comment", order.digest)
        _spoiled(made, fault).save(part, "PNG", pnginfo=comment, compress_level=1)
        if fault is FilmFaultKind.CUT_OFF:
            part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])
        part.chmod(PRIVATE)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return RenderedPicture(size)


def _size(order: Order, given: Sequence[PixelSize]) -> PixelSize:
    """The size that was asked for; a word for it has the aspect of the last picture, or is square (service.md 9.1)."""
    asked = str(order.settings["size"])
    width, star, height = asked.partition("*")
    if star:
        return int(width), int(height)
    side = int(order.rules.sizes.get(asked, {}).get("1:1", "").partition("*")[0] or TIER * int(asked.rstrip("K")))
    across, down = given[-1] if given else (1, 1)
    return isqrt(side * side * across // down), isqrt(side * side * down // across)


def _spoiled(made: Image.Image, fault: FilmFaultKind | None) -> Image.Image:
    """A picture with the fault that it is delivered with on purpose."""
    width, height = made.size
    match fault:
        case FilmFaultKind.BLACK:
            return Image.new("RGB", made.size)
        case FilmFaultKind.SIZE:
            return made.resize((width // 2, height // 2))
        case FilmFaultKind.BLURRED:
            return made.filter(ImageFilter.GaussianBlur(min(made.size) / 40))
        case FilmFaultKind.LETTERBOX:
            bar = height * BAR_PERCENT // 100
            made.paste((0, 0, 0), (0, 0, width, bar))
            made.paste((0, 0, 0), (0, height - bar, width, height))
    return made


def draw_scene(size: PixelSize, words: str, seed: int) -> Image.Image:
    """A landscape whose light, colours and ridges depend on the words and the seed, in the look that the words name."""
    dice = Random(f"{seed} {words}")  # noqa: S311 - a choice of colours and shapes
    look = drawing.choose_look(words, seed)
    small = (max(size[0] // SKY_PART, 1), max(size[1] // SKY_PART, 1))
    hue, light, value = drawing.draw_background(small, dice.getrandbits(32)).convert("HSV").split()
    turned = hue.point([(level + shift) % 256 for shift in [dice.randrange(256)] for level in range(256)])
    sky = Image.merge("HSV", (turned, light, value)).convert("RGB")
    _shine(sky, dice)
    sky = look.apply(sky)
    shades = sky.resize((1, SHADES), Image.Resampling.BOX).tobytes()
    made = sky.resize(size, Image.Resampling.BICUBIC)
    horizon, count = dice.uniform(0.5, 0.72), dice.randrange(2, 5)
    for number in range(count):
        top = horizon + (1 - horizon) * number / count
        shade, depth = 3 * int(top * SHADES), 0.45 + 0.4 * number / count
        red, green, blue = (round(level + (8 - level) * depth) for level in shades[shade : shade + 3])
        made.paste((red, green, blue), (0, 0), _ridge(size, top, 0.16 - 0.03 * number, dice))
    if look.precipitation is not Precipitation.NONE:
        drops = drawing.draw_precipitation(size, look.precipitation, seed)
        made.paste(drops, (0, 0), drops)
    return made


def draw_still(
    size: PixelSize,
    words: str,
    seed: int,
    references: Sequence[tuple[Image.Image, tuple[str, ...]]],
    colors: Palette = (),
) -> Image.Image:
    """The scene of the words, in these colours, with the references on it, each with its name, and the words below."""
    made = draw_scene(size, words, seed)
    if colors:
        made = _in_colors(made, colors)
    if references:
        room = (size[0], round(size[1] * (1 - CAPTION_SHARE)))
        pictures, names = zip(*references, strict=True)
        boxes: list[Box] = drawing.arrange([picture.size for picture in pictures], room)
        made = drawing.draw_board(pictures, boxes, size, seed, behind=made)
        drawing.draw_names(made, boxes, names)
    _write(made, words)
    return made


def _in_colors(made: Image.Image, colors: Palette) -> Image.Image:
    """A picture in these colours alone: the darker a part of it is, the darker is its colour, each by its share."""
    read = [(ImageColor.getrgb(code), Decimal(share.removesuffix("%"))) for code, share in colors]
    table: list[tuple[int, ...]] = []
    upto, whole = Decimal(0), sum(share for _, share in read)
    for color, share in sorted(read, key=lambda each: 3 * each[0][0] + 6 * each[0][1] + each[0][2]):
        upto += share
        table += [color] * (round(upto * LEVELS / whole) - len(table))
    level = ImageOps.equalize(made.convert("L"))
    return Image.merge("RGB", [level.point([color[band] for color in table]) for band in range(3)])


def _shine(sky: Image.Image, dice: Random) -> None:
    """A light in the sky with a glow around it."""
    side = max(round(min(sky.size) * dice.uniform(0.1, 0.26)), 2)
    center = (round(sky.width * dice.uniform(0.12, 0.88)), round(sky.height * dice.uniform(0.16, 0.5)))
    around = Image.radial_gradient("L").resize((side * 5, side * 5), Image.Resampling.BICUBIC)
    glow = around.point([max(GLOW_EDGE - level, 0) * 2 // 3 for level in range(256)])
    sky.paste(drawing.PAPER, (center[0] - side * 5 // 2, center[1] - side * 5 // 2), glow)
    disc = Image.new("L", (side * 4, side * 4))
    ImageDraw.Draw(disc).ellipse((0, 0, side * 4 - 1, side * 4 - 1), fill=230)
    sky.paste(drawing.PAPER, (center[0] - side // 2, center[1] - side // 2), disc.resize((side, side)))


def _ridge(size: PixelSize, top: float, height: float, dice: Random) -> Image.Image:
    """A mask of everything below an uneven line, drawn large and shrunk so that its edge is smooth."""
    width, tall = size[0] * 2, size[1] * 2
    levels = [dice.uniform(-1, 1) for _ in range(dice.randrange(4, 9))]
    points: list[tuple[float, float]] = []
    for step in range(STEPS + 1):
        place = step / STEPS * (len(levels) - 1)
        left = min(int(place), len(levels) - 2)
        share = (place - left) ** 2 * (3 - 2 * (place - left))
        level = levels[left] * (1 - share) + levels[left + 1] * share
        points.append((width * step / STEPS, tall * (top + height * level)))
    mask = Image.new("L", (width, tall))
    ImageDraw.Draw(mask).polygon([*points, (width, tall), (0, tall)], fill=255)
    return mask.reduce(2)


def _write(made: Image.Image, words: str) -> None:
    """The words at the lower left, on ground that darkens towards the edge."""
    size = made.size
    letters = max(min(size) // 22, 12)
    margin = size[0] // 16
    text = drawable_words(" ".join(words.split()))
    room = (size[0] - 2 * margin, CAPTION_LINES * layout.pitch_of(letters))
    caption = layout.fit(text, room, (letters, letters * 2 // 3), most_lines=CAPTION_LINES)
    band = min(caption.height + letters * 3, size[1])
    shade = Image.linear_gradient("L").resize((size[0], band)).point(lambda level: level * 3 // 4)
    made.paste(NIGHT, (0, size[1] - band), shade)
    draw = ImageDraw.Draw(made)
    top = size[1] - caption.height - letters
    for row, line in enumerate(caption.lines):
        at = (margin, top + caption.baseline(row))
        layout.draw_line(draw, line, at, caption.size, drawing.PAPER, caption.typography)
