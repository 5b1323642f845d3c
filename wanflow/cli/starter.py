"""The production that `wanflow init` writes: two drawn pictures, two shots, one cut."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from math import sin

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]

SIZE = (1280, 720)
SMOOTH = 2
"""Drawn this much larger, then made smaller, so that edges are smooth."""

PRODUCTION = """\
# yaml-language-server: $schema=wanflow.schema.json
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

GITIGNORE = """\
.wanflow/
out/
"""


def draw_valley() -> bytes:
    """Hills in mist before sunrise, as PNG."""
    hills = [(380, 46, (150, 160, 186)), (470, 60, (112, 130, 150)), (575, 74, (70, 96, 104))]
    return _draw(((92, 110, 160), (246, 204, 170)), (420, 365, 44), hills)


def draw_summit() -> bytes:
    """A summit above the mist in full sun, as PNG."""
    hills = [(560, 26, (222, 196, 178)), (620, 20, (236, 214, 196)), (500, 190, (98, 84, 88))]
    return _draw(((70, 130, 190), (252, 224, 160)), (860, 210, 62), hills)


def _draw(sky: tuple[Colour, Colour], sun: tuple[int, int, int], hills: Sequence[tuple[int, int, Colour]]) -> bytes:
    picture = Image.new("RGB", (SIZE[0] * SMOOTH, SIZE[1] * SMOOTH))
    draw = ImageDraw.Draw(picture)
    for row in range(picture.height):
        draw.line([(0, row), (picture.width, row)], fill=_between(*sky, row / picture.height))
    x, y, radius = (SMOOTH * value for value in sun)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 240, 206))
    for seed, (height, swing, colour) in enumerate(hills):
        draw.polygon(_ridge(height, swing, seed), fill=colour)
    file = BytesIO()
    picture.resize(SIZE, Image.Resampling.LANCZOS).save(file, "PNG", optimize=True)
    return file.getvalue()


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
