"""Titles of a cut: where their words lie in the picture, and how they are drawn on a card or over an item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from ffmpeg.nodes import FilterableStream
from PIL import Image, ImageDraw, ImageFilter

from wanflow import timebase
from wanflow.media import encoder
from wanflow.media.inputs import PICTURE_DEMUXER, own_input
from wanflow.media.picture.segment import strip_height
from wanflow.media.picture.still import BLACK
from wanflow.media.text.caption_layout import SAFE_BOTTOM, SAFE_TOP
from wanflow.media.text.captions import Size
from wanflow.media.text.direction import runs_left
from wanflow.media.text.font_files import find_family
from wanflow.media.text.fonts import PLAIN, Ink, Typography
from wanflow.media.text.layout import TextSetting, draw_line, fit, length_of
from wanflow.media.text.title_look import DEFAULT_POSITION, PLAIN_LOOK, TitleLook, TitleOverlay, asked_letters
from wanflow.records import immutable

WHITE: Ink = (255, 255, 255)
SMALLEST_PERCENT, BOX_PERCENT = 3, 84
MARGIN_PERCENT = 5
"""Percent of a side that stay free of titles at each edge (EBU R95, graphics)."""
BAND_ALPHA, SHADOW_ALPHA = 165, 190
"""How much of the picture the ground of a title over an item hides, of 255."""

ALIGNED = {"left": 0.0, "middle": 0.5, "right": 1.0}
"""Which share of a line lies left of the side to which it is aligned."""

Titles = Sequence[tuple[TitleOverlay, Path, tuple[int, int]]]
"""Titles with their drawn pictures, and where those lie."""


@immutable
class PlacedTitle:
    """The words of a title in a picture: its lines, the first one below `top`, aligned to `middle`, `left` or `right`.

    `side` is the place of that edge, or of the middle, in pixels from the left. `shrunk`: they are smaller than asked.
    """

    setting: TextSetting
    top: int
    align: str
    side: int
    shrunk: bool = False

    @property
    def rows(self) -> range:
        """The rows of the picture that the letters take, without the room above and below them."""
        room = self.setting.size // 4
        return range(self.top + room, self.top + self.setting.height - room)

    def draw(self, draw: ImageDraw.ImageDraw, ink: Ink, *, stroke: int = 0) -> None:
        """Draw the lines; `stroke` are pixels by which letters grow all around."""
        setting = self.setting
        for row, line in enumerate(setting.lines):
            length = length_of(line, setting.size, setting.typography)
            left = self.side - round(length * ALIGNED[self.align])
            draw_line(
                draw, line, (left, self.top + setting.baseline(row)), setting.size, ink, setting.typography, stroke
            )


def place_title(
    text: str, size: Size, typography: Typography = PLAIN, look: TitleLook = PLAIN_LOOK, *, over: bool = False
) -> PlacedTitle:
    """The lines of a title in a picture of `size` pixels, within the safe margins of its position.

    A lower third is at the left, and at the right where its words run from right to left.
    """
    width, height = size
    centred, largest = look.position == DEFAULT_POSITION, asked_letters(size, look.position, look.size)
    smallest = max(1, min(largest, min(size) * SMALLEST_PERCENT // 100))
    upper, lower = _bounds(size, look.position)
    padding = _padding(size) if over and look.position == "lower-third" else (0, 0)
    across, down = width * (100 - 2 * MARGIN_PERCENT) // 100 - 2 * padding[0], lower - upper - 2 * padding[1]
    if centred:
        across, down = width * BOX_PERCENT // 100, height * BOX_PERCENT // 100
    box = (max(1, across), max(1, down))
    # a size that somebody asked for may be far too large, and a word is better small than broken
    setting = fit(text, box, (largest, smallest), typography, word_percent=50 if look.size is None else 0)
    shrunk = look.size is not None and setting.size < largest
    if look.position != "lower-third":
        top = (height - setting.height) // 2 if centred else upper
        return PlacedTitle(setting, top, "middle", width // 2, shrunk)
    margin = width * MARGIN_PERCENT // 100 + padding[0]
    top = lower - padding[1] - setting.height
    if runs_left(text):
        return PlacedTitle(setting, top, "right", width - margin, shrunk)
    return PlacedTitle(setting, top, "left", margin, shrunk)


def _bounds(size: Size, position: str) -> tuple[int, int]:
    """The rows between which a title at the top or in the lower third lies.

    They are clear of the slate, and of what a platform draws over a vertical film.
    """
    width, height = size
    vertical = height > width
    upper = int(height * SAFE_TOP) if vertical else height * MARGIN_PERCENT // 100
    lower = height - (
        int(height * SAFE_BOTTOM) if vertical else max(strip_height(size), height * MARGIN_PERCENT // 100)
    )
    return (upper, height // 2) if position == "top" else (height * 2 // 3, lower)


def _padding(size: Size) -> tuple[int, int]:
    """The room between the words of a lower third and the ends of its band, across and down."""
    return max(1, min(size) * 2 // 100), max(1, min(size) * 12 // 1000)


def typography_of(look: TitleLook, typography: Typography, root: Path) -> Typography:
    """The typography of a title: its own font before the film's; a family that is not here leaves those."""
    if look.font is None:
        return typography
    if look.font.is_file:
        return replace(typography, first=(root / look.font.name, None))
    face = find_family(look.font.name, typography.fonts)
    return typography if face is None else replace(typography, first=(face.path, face.index))


def draw_title(
    text: str, size: Size, background: Ink, typography: Typography = PLAIN, look: TitleLook = PLAIN_LOOK
) -> Image.Image:
    """A card with a text, in black or white where it has no colour, whichever is easier to read.

    The same pixels each time. Letters of about a tenth of the height, smaller where the text needs it.
    """
    card = Image.new("RGB", size, background)
    place_title(text, size, typography, look).draw(ImageDraw.Draw(card), look.color or ink_on(background))
    return card


def draw_words(
    text: str, size: Size, typography: Typography, look: TitleLook, background: Ink | None = None
) -> tuple[Image.Image, tuple[int, int]]:
    """The words of a title alone, clear around them, and the even place in a picture of `size` at which they lie.

    Without a `background` they are over an item: a lower third has a band behind it, other words have a shadow.
    """
    over = background is None
    placed = place_title(text, size, typography, look, over=over)
    ink = look.color or (WHITE if background is None else ink_on(background))
    layer = Image.new("RGBA", size, (*ink, 0))
    if over:
        ground = ink_on(ink)
        mask = _band(placed, size) if look.position == "lower-third" else _shadow(placed, size)
        layer = Image.merge("RGBA", (*Image.new("RGB", size, ground).split(), mask))
    letters = Image.new("L", size, 0)
    placed.draw(ImageDraw.Draw(letters), (255,))
    layer.alpha_composite(Image.merge("RGBA", (*Image.new("RGB", size, ink).split(), letters)))
    left, top, right, bottom = layer.getchannel("A").getbbox() or (0, 0, 2, 2)
    # even numbers, since yuv420p has one colour sample for two by two pixels
    box = (left // 2 * 2, top // 2 * 2, min(size[0], (right + 1) // 2 * 2), min(size[1], (bottom + 1) // 2 * 2))
    return layer.crop(box), box[:2]


def _band(placed: PlacedTitle, size: Size) -> Image.Image:
    """How much a soft band behind a lower third hides of each pixel."""
    setting, (across, down) = placed.setting, _padding(size)
    mask = Image.new("L", size, 0)
    widest = round(max((length_of(line, setting.size, setting.typography) for line in setting.lines), default=0))
    if not any(setting.lines):
        return mask
    left = placed.side - (widest if placed.align == "right" else 0)
    corners = (left - across, placed.top - down, left + widest + across, placed.top + setting.height + down)
    soft = max(1, down // 2)
    inner = (corners[0] + soft, corners[1] + soft, corners[2] - soft, corners[3] - soft)
    ImageDraw.Draw(mask).rounded_rectangle(inner, radius=down, fill=BAND_ALPHA)
    return mask.filter(ImageFilter.BoxBlur(soft / 2))


def _shadow(placed: PlacedTitle, size: Size) -> Image.Image:
    """How much the soft shadow around letters hides of each pixel: an edge that is seen, and more around it."""
    letters, edge = min(placed.setting.size, min(size) // 6), Image.new("L", size, 0)
    wide = edge.copy()
    placed.draw(ImageDraw.Draw(wide), (255,), stroke=max(1, letters // 8))
    wide = wide.filter(ImageFilter.GaussianBlur(max(1, letters / 10)))
    placed.draw(ImageDraw.Draw(edge), (SHADOW_ALPHA,), stroke=max(1, letters // 24))
    return Image.composite(edge, wide.point([level * SHADOW_ALPHA // 255 for level in range(256)]), edge)


def overlay_titles(video: FilterableStream, titles: Titles, rate: Fraction) -> FilterableStream:
    """A film in yuv420p with titles over it, each in its own frames, counted from 0, with its fades."""
    for title, path, (x, y) in titles:
        timed = {"framerate": timebase.rate_text(rate)} if title.look.fade else {}
        words = own_input(path, PICTURE_DEMUXER, **timed).video.filter("scale", **encoder.TO_BT709)
        words = words.filter("format", "yuva420p")
        if title.look.fade:
            ends, fade = title.length - title.look.fade, title.look.fade
            # the fades are counted from the title's own beginning, which may lie in an earlier segment
            words = (
                words.filter("tpad", stop_mode="clone", stop=-1)
                .filter("fade", type="in", start_frame=0, nb_frames=fade, alpha=1)
                .filter("fade", type="out", start_frame=ends, nb_frames=fade, alpha=1)
                .filter("trim", start_frame=title.passed, end_frame=title.passed + title.end - title.first)
                # half a frame early: times of a joined picture are rounded, and may lie just before their frame
                .filter("settb", expr=str(1 / (2 * rate)))
                .filter("setpts", f"2*(N+{title.first:d})-1")
            )
        shown = f"between(n,{title.first:d},{title.end - 1:d})"
        video = video.overlay(words, x=x, y=y, format="yuv420", enable=shown)
    return video


def ink_on(background: Ink) -> Ink:
    """Black or white, whichever has more contrast to a background (WCAG's relative luminance)."""
    levels = (channel / 255 for channel in background)
    red, green, blue = (level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return BLACK if (luminance + 0.05) ** 2 > 1.05 * 0.05 else WHITE
