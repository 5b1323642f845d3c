"""Draws the pictures, the voice and the clip that the examples start from: `python examples/draw_assets.py`.

The same script draws the same pictures anywhere; what it drew last is committed, so that nobody has to run it.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import wave
from array import array
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from sheet import INK, WHITE, Point, Sheet, arc, box, shade

from wanflow.media.ffmpeg import find_ffmpeg

HERE = Path(__file__).resolve().parent
WIDE = (1280, 720)
RED = (188, 74, 60)
STONE = (150, 142, 140)
SEA = ((150, 168, 178), (58, 92, 120))
DAWN = ((118, 136, 172), (246, 206, 166))
RATE = 16_000
SMALL_RATE = 8_000
CHORDS = ((110, 165, 220, 262), (87, 175, 220, 262), (131, 165, 196, 262), (98, 147, 196, 247))
"""Hertz of the notes of each second: A minor, F, C and G."""
BELL = ((1.0, 0.5, 2.2), (2.0, 0.3, 3.0), (2.4, 0.24, 4.0), (3.0, 0.16, 6.0), (4.2, 0.12, 9.0))
"""Partials of a bell: times its note, loudness, and how quickly each dies away."""
GULL_FRAMES = 48
OVERTONES = ((1, 0.5), (2, 0.3), (3, 0.22), (5, 0.1), (7, 0.05))
ENCODING = ("-c:v", "libx264", "-preset", "slow", "-crf", "24", "-pix_fmt", "yuv420p", "-bitexact")


def gulls(sheet: Sheet, places: Sequence[Point]) -> None:
    """Gulls far away, two strokes each."""
    for x, y in places:
        sheet.line([*arc((x - 13, y), (13, 9), 200, 352), *arc((x + 13, y), (13, 9), 188, 340)], INK, 2)


def glints(sheet: Sheet, top: float, bottom: float, center: float) -> None:
    """The light on the water under the sun."""
    for _ in range(46):
        y = sheet.dice.uniform(top, bottom)
        x = center + sheet.dice.gauss(0, 30 + (y - top) * 0.8)
        reach = sheet.dice.uniform(8, 20 + (y - top) * 0.12)
        sheet.line([(x - reach, y), (x + reach, y)], (250, 224, 188), 1.6)


def tower(sheet: Sheet, foot: Point, height: float) -> None:
    """The lighthouse, by the middle of its foot."""
    x, y = foot
    wide, narrow, head = height * 0.16, height * 0.1, y - height
    for stripe in range(5):
        low, high = stripe / 5, (stripe + 1) / 5
        (a, b), (c, d) = ((wide + (narrow - wide) * t, y - height * t) for t in (low, high))
        sheet.shape([(x - a, b), (x + a, b), (x + c, d), (x - c, d)], RED if stripe % 2 else WHITE)
    sheet.shape(box(x - narrow * 1.45, head - 9, x + narrow * 1.45, head), INK)
    sheet.shape(box(x - narrow * 0.8, head - height * 0.16, x + narrow * 0.8, head - 9), (252, 226, 140))
    sheet.line([(x, head - height * 0.16), (x, head - 9)])
    sheet.shape(arc((x, head - height * 0.16), (narrow * 0.95, height * 0.09), 180, 356), RED)
    for up in (0.3, 0.64):
        sheet.shape(box(x - 7, y - height * up - 22, x + 7, y - height * up), INK, ink=1)


def draw_coast() -> Image.Image:
    """A lighthouse on its rock across the water, at dawn."""
    sheet = Sheet(WIDE, 1)
    sheet.wash(0, 420, DAWN, 9)
    sheet.round((420, 372), (46, 46), (253, 236, 200), ink=0)
    sheet.shape([(-10, 420), (-10, 366), (150, 344), (330, 384), (520, 398), (640, 424)], (126, 138, 160), ink=0)
    sheet.wash(416, 730, SEA, 11)
    glints(sheet, 430, 690, 420)
    rock = [(690, 560), (742, 452), (828, 420), (880, 372), (1010, 352), (1130, 372), (1300, 340), (1300, 590)]
    sheet.shape([*rock, (1090, 604), (900, 590)], (104, 102, 104))
    sheet.shape([*rock[2:7], (1300, 394), (1050, 410)], (134, 148, 104))
    tower(sheet, (985, 372), 262)
    sheet.shape(box(1046, 320, 1142, 374), WHITE)
    sheet.shape([(1034, 322), (1060, 284), (1130, 284), (1154, 322)], RED)
    for x in range(700, 1280, 70):
        sheet.line([(x, 588 + x % 3 * 5), (x + 44, 592 + x % 5 * 4)], WHITE, 3)
    gulls(sheet, [(250, 180), (330, 150), (560, 226), (720, 120)])
    return sheet.finished()


def draw_door() -> Image.Image:
    """The door at the foot of the tower, ajar, with light behind it."""
    sheet = Sheet(WIDE, 2)
    sheet.wash(0, 730, ((132, 146, 176), (232, 200, 170)), 8)
    sheet.shape([(250, 730), (310, -10), (970, -10), (1030, 730)], WHITE)
    for row in range(9):
        y, lean = 40 + row * 74, (730 - (40 + row * 74)) * 0.081
        start = 254 + lean + row % 2 * 40
        sheet.line([(start, y), (start + 90 + row * 5, y + 2)], (206, 196, 182), 2)
        sheet.line([(1026 - lean - 110, y + 22), (1026 - lean - 10, y + 24)], (206, 196, 182), 2)
    sheet.shape([*arc((640, 300), (166, 150), 180, 356), (806, 640), (474, 640)], STONE)
    sheet.shape([*arc((640, 306), (132, 122), 180, 356), (772, 640), (508, 640)], (252, 214, 130))
    sheet.shape([(508, 640), (508, 306), *arc((640, 306), (132, 122), 184, 268), (668, 214), (668, 664)], RED)
    for x in (552, 596, 636):
        sheet.line([(x, 236), (x, 648)], (140, 48, 42), 3)
    for y in (340, 560):
        sheet.shape(box(508, y, 650, y + 18), INK, ink=1)
    sheet.round((644, 452), (9, 9), (226, 186, 96), ink=2)
    for step in range(3):
        sheet.shape(box(430 - step * 44, 640 + step * 30, 850 + step * 44, 672 + step * 30), shade(STONE, 10 * step))
    sheet.line([(870, 210), (870, 250)], INK, 4)
    sheet.shape([(850, 250), (890, 250), (898, 316), (842, 316)], (252, 226, 140))
    sheet.shape([(842, 250), (870, 226), (898, 250)], INK)
    for x in (60, 130, 205, 1090, 1160, 1230):
        sheet.line([(x, 730), (x + 6, 660), (x - 14, 610)], (104, 122, 84), 5)
    return sheet.finished()


def draw_lamp_room() -> Image.Image:
    """The room at the top: the lens in the middle, the sea behind the panes."""
    sheet = Sheet(WIDE, 3)
    sheet.wash(0, 330, ((92, 104, 140), (226, 176, 150)), 8)
    sheet.wash(326, 560, SEA, 7)
    for x in (-6, 248, 500, 752, 1004, 1258):
        sheet.shape(box(x, -10, x + 26, 540), (62, 74, 88))
    sheet.shape(box(-10, 250, 1290, 270), (62, 74, 88))
    sheet.shape(box(-10, 520, 1290, 730), (128, 92, 70))
    sheet.shape(box(-10, 506, 1290, 530), (92, 64, 52))
    for x in range(40, 1280, 152):
        sheet.line([(x, 534), (x - (640 - x) * 0.16, 730)], (92, 64, 52), 3)
    sheet.shape([(556, 690), (576, 560), (704, 560), (724, 690)], (70, 78, 86))
    sheet.shape(box(520, 506, 760, 566), (206, 160, 80))
    sheet.shape([*arc((640, 330), (132, 226), 128, 232), *arc((640, 330), (132, 226), 308, 412)], (198, 222, 214))
    for ring in range(1, 6):
        sheet.line(arc((640, 330), (22 * ring, 34 * ring), 0, 360), (126, 164, 164), 3)
    sheet.round((640, 330), (30, 44), (255, 236, 164), ink=2)
    for x in (566, 714):
        sheet.line([(x, 150), (x, 534)], (206, 160, 80), 6)
    sheet.shape(box(536, 120, 744, 150), (206, 160, 80))
    sheet.shape(arc((640, 120), (70, 50), 180, 356), (206, 160, 80))
    return sheet.finished()


def draw_keeper() -> Image.Image:
    """The keeper: an old man with a white beard in a yellow coat."""
    sheet = Sheet((720, 960), 4)
    sheet.wash(0, 970, ((196, 206, 206), (226, 214, 192)), 6)
    coat = [(110, 970), (140, 690), (236, 606), (360, 580), (484, 606), (580, 690), (610, 970)]
    sheet.shape(coat, (230, 178, 66), ink=4)
    sheet.line([(360, 640), (356, 960)], INK, 4)
    for y in (726, 812, 898):
        sheet.round((386, y), (11, 11), INK, ink=0)
    sheet.shape([(236, 606), (300, 570), (360, 664), (300, 690)], (206, 152, 50))
    sheet.shape([(484, 606), (420, 570), (360, 664), (420, 690)], (206, 152, 50))
    sheet.round((228, 420), (26, 40), (216, 160, 130))
    sheet.round((492, 420), (26, 40), (216, 160, 130))
    sheet.round((360, 406), (132, 168), (228, 176, 144))
    beard = [(230, 430), (262, 484), (312, 470), (360, 486), (408, 470), (458, 484), (490, 430)]
    sheet.shape([*beard, (478, 560), (420, 640), (360, 668), (300, 640), (242, 560)], WHITE)
    for x in (284, 320, 360, 400, 436):
        sheet.line([(x, 540), (x + (360 - x) * 0.2, 626)], (206, 204, 196), 3)
    sheet.line(arc((360, 512), (34, 12), 16, 168), (150, 84, 74), 4)
    sheet.shape([(344, 394), (366, 392), (384, 454), (352, 466), (336, 452)], (220, 160, 130), ink=2)
    for x in (306, 414):
        sheet.round((x, 396), (9, 11), INK, ink=0)
        sheet.line(arc((x, 374), (34, 16), 196, 348), (226, 224, 216), 9)
        sheet.line([(x - 22 if x < 360 else x + 22, 414), (x - 40 if x < 360 else x + 40, 424)], (178, 120, 98), 2)
    sheet.shape([(222, 330), *arc((360, 318), (146, 150), 184, 356), (498, 330)], (52, 66, 96), ink=4)
    sheet.shape([*arc((360, 340), (176, 36), 180, 356), *reversed(arc((360, 348), (150, 20), 180, 356))], INK)
    sheet.line(arc((360, 262), (17, 17), 0, 360), (226, 186, 96), 4)
    sheet.line([(360, 236), (360, 290)], (226, 186, 96), 4)
    return sheet.finished()


def draw_boat() -> Image.Image:
    """A small boat with a red sail, alone on the water."""
    sheet = Sheet(WIDE, 5)
    sheet.wash(0, 380, ((134, 172, 190), (238, 226, 196)), 8)
    sheet.round((960, 150), (54, 54), (252, 240, 206), ink=0)
    for x, y, reach in ((220, 130, 120), (330, 160, 90), (700, 90, 110), (1120, 250, 100)):
        sheet.round((x, y), (reach, 22), (240, 238, 226), ink=0)
    sheet.wash(376, 730, ((128, 166, 170), (44, 92, 112)), 12)
    glints(sheet, 396, 700, 960)
    sheet.line([(560, 150), (566, 486)], (98, 68, 54), 7)
    sheet.shape([(572, 164), (584, 454), (760, 440), (690, 300)], RED)
    sheet.shape([(550, 180), (542, 450), (420, 456)], WHITE)
    sheet.shape([(392, 470), (800, 462), (752, 540), (680, 560), (470, 562), (424, 540)], (122, 82, 60), ink=4)
    sheet.line([(404, 494), (786, 488)], WHITE, 7)
    for x in range(360, 840, 62):
        sheet.line([(x, 566 + x % 4 * 4), (x + 46, 562 + x % 3 * 5)], WHITE, 3)
    gulls(sheet, [(260, 300), (340, 270), (880, 330)])
    return sheet.finished()


def draw_gull(number: int) -> Image.Image:
    """One frame of a gull that beats its wings and hovers before the clouds."""
    sheet = Sheet((640, 480), 6)
    turn = number / GULL_FRAMES * math.tau
    beat, drift = math.sin(turn * 3), math.sin(turn)
    x, y = 320 + 26 * drift, 250 - 18 * beat
    sheet.wash(0, 490, ((140, 164, 188), (236, 214, 186)), 6)
    sheet.round((150 - 10 * drift, 120), (90, 22), (238, 234, 224), ink=0)
    sheet.round((510 - 10 * drift, 380), (110, 24), (238, 234, 224), ink=0)
    for side in (-1, 1):
        elbow, tip = (x + side * 110, y - 70 * beat - 20), (x + side * 224, y - 34 * beat + 30 * abs(beat))
        trailing = [(x + side * 104, y - 44 * beat + 22), (x + side * 12, y + 24)]
        sheet.shape([(x + side * 18, y - 16), elbow, tip, *trailing], (176, 184, 194))
        sheet.shape([tip, (x + side * 176, y - 52 * beat + 2), (x + side * 172, y - 40 * beat + 24)], INK, ink=1)
    sheet.shape([(x - 16, y + 40), (x - 32, y + 92), (x + 32, y + 92), (x + 16, y + 40)], WHITE)
    sheet.round((x, y + 8), (30, 52), WHITE)
    sheet.round((x, y - 50), (25, 24), WHITE)
    sheet.shape([(x - 9, y - 44), (x + 9, y - 44), (x, y - 18)], (230, 166, 62), ink=2)
    for side in (-1, 1):
        sheet.round((x + side * 11, y - 56), (4, 4), INK, ink=0)
    return sheet.finished()


def hum(path: Path, rate: int = RATE) -> None:
    """Two and a half seconds of an old man's hum: a low voice that slides over three notes, mono."""
    samples, phase = array("h"), 0.0
    for number in range(rate * 5 // 2):
        second = number / rate
        note = (104.0, 117.0, 92.0)[min(int(second / 0.8), 2)]
        phase += math.tau * (note + 2 * math.sin(second * 31)) / rate
        voice = sum(math.sin(phase * over) * loud for over, loud in OVERTONES)
        swell = min(second / 0.2, (2.5 - second) / 0.4, 1) * (0.75 + 0.25 * math.sin(second / 0.8 * math.tau - 1.6))
        samples.append(round(voice * swell * 11_000))
    write_sound(path, samples, rate)


def theme(path: Path) -> None:
    """Four seconds of a slow chord progression that begins where it ends, mono: made to be repeated."""
    samples = array("h")
    for number in range(4 * SMALL_RATE):
        second = number / SMALL_RATE
        chord, within = CHORDS[int(second)], second % 1
        # each chord comes out of the one before and goes into the next
        swell = math.sin(math.pi * within) ** 0.5
        tones = sum(math.sin(math.tau * note * within) + 0.3 * math.sin(math.tau * 2 * note * within) for note in chord)
        samples.append(round(tones * swell * 3_400))
    write_sound(path, samples, SMALL_RATE)


def bell(path: Path) -> None:
    """A ship's bell, struck once, mono."""
    samples = array("h")
    for number in range(SMALL_RATE * 3 // 2):
        second = number / SMALL_RATE
        tones = (
            loud * math.exp(-second * fall) * math.sin(math.tau * 523 * over * second) for over, loud, fall in BELL
        )
        samples.append(round(sum(tones) * min(second / 0.002, (1.5 - second) / 0.05, 1) * 20_000))
    write_sound(path, samples, SMALL_RATE)


def write_sound(path: Path, samples: array[int], rate: int) -> None:
    """Samples of 16 bits as a mono WAV."""
    if sys.byteorder == "big":
        samples.byteswap()
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.tobytes())


def film_gull(path: Path) -> None:
    """The gull's frames as a silent clip of 1.6 seconds."""
    with TemporaryDirectory() as folder:
        for number in range(GULL_FRAMES):
            draw_gull(number).save(Path(folder) / f"{number:03}.png")
        read = ["-y", "-loglevel", "error", "-framerate", "30", "-i", str(Path(folder) / "%03d.png")]
        subprocess.run([find_ffmpeg(os.environ), *read, *ENCODING, str(path)], check=True)


def saved(draw: Callable[[], Image.Image]) -> Callable[[Path], None]:
    """What draws a picture, as what writes its file."""
    return lambda path: draw().save(path, optimize=True)


ASSETS: Mapping[str, Callable[[Path], None]] = {
    "01-one-shot/boat.png": saved(draw_boat),
    "02-lighthouse/sets/coast.png": saved(draw_coast),
    "02-lighthouse/sets/door.png": saved(draw_door),
    "02-lighthouse/sets/lamp_room.png": saved(draw_lamp_room),
    "02-lighthouse/cast/keeper.png": saved(draw_keeper),
    "02-lighthouse/cast/keeper.wav": hum,
    "02-lighthouse/cast/gull.mp4": film_gull,
    "03-scenes/sets/boat.png": saved(draw_boat),
    "03-scenes/sets/coast.png": saved(draw_coast),
    "03-scenes/sets/lamp_room.png": saved(draw_lamp_room),
    "03-scenes/cast/keeper.png": saved(draw_keeper),
    "05-own-pipeline/sets/boat.png": saved(draw_boat),
    "05-own-pipeline/sets/coast.png": saved(draw_coast),
    "07-trailer/sets/boat.png": saved(draw_boat),
    "07-trailer/sets/coast.png": saved(draw_coast),
    "07-trailer/cast/keeper.png": saved(draw_keeper),
    "07-trailer/sound/theme.wav": theme,
    "07-trailer/sound/bell.wav": bell,
    "07-trailer/sound/voice.wav": lambda path: hum(path, SMALL_RATE),
}


def draw_all(folder: Path) -> None:
    """Draw every asset of the examples below a folder."""
    for name, draw in ASSETS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        draw(folder / name)


if __name__ == "__main__":
    draw_all(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
