"""The productions that `wanflow init` writes: drawn pictures, a few shots, one cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from math import sin
from pathlib import Path

from PIL import Image, ImageDraw

from wanflow.language.production import RESULTS_FOLDER
from wanflow.schemas import data_folder

Colour = tuple[int, int, int]

SIZE = (1280, 720)
SMOOTH = 2
"""Drawn this much larger, then made smaller, so that edges are smooth."""
GUTTER = 10
"""Pixels of white around each panel of a storyboard."""

MODELINE = "# yaml-language-server: $schema=wanflow.schema.json\n"

PRODUCTION = """\
wanflow: 1                      # format version
title: My First Film

vars:
  style: hand-painted gouache, warm light

defaults:                       # for every shot, where its model knows the parameter
  model: wan2.7-i2v
  resolution: 720P
  prompt_extend: false

shots:
  valley:                       # starts from a picture
    first_frame: sets/valley.png
    prompt: Dawn over the valley; mist drifts between the hills, ${style}.
    duration: 4

  climb:                        # goes on from the last 2 s of `valley` and lands on another picture
    first_clip: {shot: valley, tail: 2}
    last_frame: sets/summit.png
    prompt: The camera climbs above the mist to the summit as the sun rises, ${style}.
    duration: 6

cuts:
  main: [valley, climb]
"""

GITIGNORE = f"{RESULTS_FOLDER}/\n"
"""Lines for git's list of what it ignores; the store keeps itself out of git."""


def templates() -> Mapping[str, Path]:
    """The productions that each use one of the pipelines that come with wanflow, by the pipeline's name."""
    return {file.stem: file for file in sorted((data_folder("pipelines") / "templates").glob("*.yaml"))}


def production(template: Path | None) -> str:
    """What stands in the production file: that of a template, else the two shots that everybody begins with."""
    return MODELINE + (PRODUCTION if template is None else template.read_text(encoding="utf-8"))


def pictures(text: str) -> Mapping[str, bytes]:
    """The pictures that a production names, drawn, by their paths."""
    return {path: _png(draw()) for path, draw in _DRAWN.items() if path in text}


def _valley() -> Image.Image:
    """Hills in mist before sunrise."""
    hills = [(380, 46, (150, 160, 186)), (470, 60, (112, 130, 150)), (575, 74, (70, 96, 104))]
    return _draw(((92, 110, 160), (246, 204, 170)), (420, 365, 44), hills)


def _mist() -> Image.Image:
    """The same hills, almost gone in mist."""
    hills = [(330, 40, (206, 200, 206)), (450, 40, (214, 206, 204)), (590, 40, (190, 190, 192))]
    return _draw(((178, 180, 200), (240, 216, 196)), (420, 330, 40), hills)


def _ridge_at_dawn() -> Image.Image:
    """The sun behind a ridge that fills the picture."""
    return _draw(((120, 120, 160), (252, 214, 160)), (700, 300, 120), [(420, 150, (84, 78, 88))])


def _summit() -> Image.Image:
    """A summit above the mist in full sun."""
    hills = [(560, 26, (222, 196, 178)), (620, 20, (236, 214, 196)), (500, 190, (98, 84, 88))]
    return _draw(((70, 130, 190), (252, 224, 160)), (860, 210, 62), hills)


def _storyboard() -> Image.Image:
    """Four panels in reading order: the valley, the mist, a ridge, the summit."""
    sheet = Image.new("RGB", SIZE, (255, 255, 255))
    width, height = SIZE[0] // 2, SIZE[1] // 2
    for number, panel in enumerate((_valley(), _mist(), _ridge_at_dawn(), _summit())):
        small = panel.resize((width - 2 * GUTTER, height - 2 * GUTTER), Image.Resampling.LANCZOS)
        sheet.paste(small, (number % 2 * width + GUTTER, number // 2 * height + GUTTER))
    return sheet


_DRAWN = {"sets/valley.png": _valley, "sets/summit.png": _summit, "sets/storyboard.png": _storyboard}


def _png(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw(
    sky: tuple[Colour, Colour], sun: tuple[int, int, int], hills: Sequence[tuple[int, int, Colour]]
) -> Image.Image:
    picture = Image.new("RGB", (SIZE[0] * SMOOTH, SIZE[1] * SMOOTH))
    draw = ImageDraw.Draw(picture)
    for row in range(picture.height):
        draw.line([(0, row), (picture.width, row)], fill=_between(*sky, row / picture.height))
    x, y, radius = (SMOOTH * value for value in sun)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 240, 206))
    for seed, (height, swing, colour) in enumerate(hills):
        draw.polygon(_ridge(height, swing, seed), fill=colour)
    return picture.resize(SIZE, Image.Resampling.LANCZOS)


def _ridge(height: int, swing: int, seed: int) -> list[tuple[float, float]]:
    """The outline of a range of hills, down to the picture's lower edge."""
    width, bottom = SIZE[0] * SMOOTH, SIZE[1] * SMOOTH
    crest = [
        (x, SMOOTH * (height + swing * (sin(x / 410 + 2 * seed) + sin(x / 170 + seed) / 3)))
        for x in range(0, width + 8, 8)
    ]
    return [(0, bottom), *crest, (width, bottom)]


def _between(top: Colour, bottom: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True))
    return red, green, blue
