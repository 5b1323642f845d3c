"""Drawn takes that look like footage: textures with edges under a moving camera, grain, flashes, fades, nights, sound."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from kit.clips import to_frame

SIZE = (160, 90)
RATE = 24
SAMPLE_RATE = 48_000
USUAL: Mapping[str, str] = {"preset": "ultrafast", "crf": "20"}
PALETTES = (("#182030", "#d8c8a0"), ("#203018", "#c8d8e8"), ("#301820", "#e8d0c0"), ("#101828", "#a8c0d0"))

Picture = Image.Image


def scene(seed: int, size: tuple[int, int] = SIZE, *, wider: float = 2.0) -> Picture:
    """A landscape of soft textures and hard-edged things, `wider` than a frame so that a camera can move over it."""
    dice = Random(seed)
    width, height = round(size[0] * wider), round(size[1] * wider)
    texture = Image.new("L", (width, height), 128)
    for cells, weight in ((4, 0.5), (12, 0.5), (40, 0.35), (120, 0.2)):
        small = Image.new("L", (cells, max(2, cells * height // width)))
        small.putdata([dice.randrange(256) for _ in range(small.width * small.height)])
        texture = Image.blend(texture, small.resize((width, height), Image.Resampling.BICUBIC), weight)
    texture = ImageOps.autocontrast(texture)
    dark, light = PALETTES[seed % len(PALETTES)]
    picture = ImageOps.colorize(texture, dark, light)
    draw = ImageDraw.Draw(picture)
    for _ in range(14):
        left, top = dice.randrange(width), dice.randrange(height)
        right, below = left + dice.randrange(width // 14, width // 6), top + dice.randrange(height // 14, height // 5)
        colour = tuple(dice.randrange(20, 236) for _ in range(3))
        (draw.ellipse if dice.random() < 0.5 else draw.rectangle)((left, top, right, below), fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(size[0] / 320))


def sharp_scene(seed: int, size: tuple[int, int] = SIZE) -> Picture:
    """A picture of a scene with sharp things in it, drawn at twice its size."""
    dice, large = Random(seed), (size[0] * 2, size[1] * 2)
    picture = scene(seed, large, wider=1.0)
    draw = ImageDraw.Draw(picture)
    for _ in range(30):
        left, top = dice.randrange(large[0]), dice.randrange(large[1])
        right, below = left + dice.randrange(large[0] // 50, large[0] // 10), top + dice.randrange(20, large[1] // 6)
        colour = tuple(dice.randrange(20, 236) for _ in range(3))
        (draw.ellipse if dice.random() < 0.5 else draw.rectangle)((left, top, right, below), fill=colour)
    return picture.resize(size, Image.Resampling.LANCZOS)


def view(
    canvas: Picture, across: float, down: float = 0.5, size: tuple[int, int] = SIZE, *, zoom: float = 1.0
) -> Picture:
    """What a camera sees of a scene; 0 to 1 across and down, to a fraction of a pixel."""
    width, height = size[0] / zoom, size[1] / zoom
    left, top = (canvas.width - width) * across, (canvas.height - height) * down
    return canvas.transform(
        size, Image.Transform.AFFINE, (1 / zoom, 0, left, 0, 1 / zoom, top), Image.Resampling.BICUBIC
    )


def pan(
    canvas: Picture, frames: int, begin: float = 0.1, end: float = 0.5, size: tuple[int, int] = SIZE
) -> list[Picture]:
    """A camera that moves evenly over a scene."""
    step = (end - begin) / max(1, frames - 1)
    return [view(canvas, begin + step * number, size=size) for number in range(frames)]


def grained(pictures: Iterable[Picture], sigma: float) -> list[Picture]:
    """Pictures with film grain of this standard deviation, other in each."""
    return [_with_noise(picture, sigma) for picture in pictures]


def _with_noise(picture: Picture, sigma: float) -> Picture:
    noise = Image.effect_noise(picture.size, sigma)
    return ImageChops.add(picture, Image.merge("RGB", (noise, noise, noise)), 1, -128)


def lit(picture: Picture, light: float) -> Picture:
    """A picture under another light: 0 is black, 1 as it was, beyond 1 brighter."""
    return ImageEnhance.Brightness(picture).enhance(light)


def under(pictures: Sequence[Picture], light: Callable[[int], float]) -> list[Picture]:
    """Pictures under a light that changes with their number."""
    return [lit(picture, light(number)) for number, picture in enumerate(pictures)]


def barred(pictures: Iterable[Picture], share: float, *, pillars: bool = False) -> list[Picture]:
    """Pictures that are scaled down between bars, which take this share of the height, or of the width."""
    made = []
    for picture in pictures:
        width, height = picture.size
        inner = (round(width * (1 - share)), height) if pillars else (width, round(height * (1 - share)))
        frame = Image.new("RGB", picture.size)
        frame.paste(ImageOps.fit(picture, inner), ((width - inner[0]) // 2, (height - inner[1]) // 2))
        made.append(frame)
    return made


def coloured(
    pictures: Iterable[Picture], saturation: float = 1.0, contrast: float = 1.0, red: float = 1.0
) -> list[Picture]:
    """Pictures whose colours drifted."""
    made = []
    for picture in pictures:
        drifted = ImageEnhance.Contrast(ImageEnhance.Color(picture).enhance(saturation)).enhance(contrast)
        channels = drifted.split()
        made.append(Image.merge("RGB", (channels[0].point(lambda level: min(255, level * red)), *channels[1:])))
    return made


def tone(seconds: float, level: float, *, hertz: float = 220.0) -> array[int]:
    """Samples of a tone in mono whose peak is `level` of full scale; what is louder than 1 is clipped."""
    count = round(seconds * SAMPLE_RATE)
    waves = (level * math.sin(2 * math.pi * hertz * number / SAMPLE_RATE) for number in range(count))
    return array("h", [round(32_767 * max(-1.0, min(1.0, wave))) for wave in waves])


def write_take(
    path: Path,
    pictures: Iterable[Picture],
    *,
    rate: Fraction | int = RATE,
    sound: array[int] | None = None,
    codec: str = "aac",
    options: Mapping[str, str] = USUAL,
    rotation: int = 0,
) -> Path:
    """Encode a film of these pictures, with mono sound where it is given; a player turns it by `rotation` degrees."""
    rest = iter(pictures)
    first = next(rest)
    with av.open(str(path.absolute()), "w", format="mov" if codec.startswith("pcm") else "mp4") as output:
        film = output.add_stream("libx264", rate=Fraction(rate), options=dict(options))
        film.width, film.height = first.size
        film.pix_fmt = "yuv420p" if first.width % 2 == first.height % 2 == 0 else "yuv444p"
        if rotation:
            film.set_display_rotation(rotation)
        track = None if sound is None else output.add_stream(codec, rate=SAMPLE_RATE, layout="mono")
        for number, picture in enumerate(_chained(first, rest)):
            frame = to_frame(picture)
            frame.pts, frame.time_base = number, 1 / Fraction(rate)
            output.mux(film.encode(frame))
        output.mux(film.encode(None))
        if sound is not None:
            assert isinstance(track, AudioStream)
            _write_sound(output, track, sound)
    return path


def _chained(first: Picture, rest: Iterator[Picture]) -> Iterator[Picture]:
    yield first
    yield from rest


def _write_sound(output: av.container.OutputContainer, track: AudioStream, samples: array[int]) -> None:
    resampler = AudioResampler(track.format.name, track.layout.name, track.rate, track.frame_size or 1024)
    frame = AudioFrame("s16", "mono", len(samples))
    frame.sample_rate, frame.pts, frame.time_base = track.rate, 0, Fraction(1, track.rate)
    frame.planes[0].update(samples.tobytes() + bytes(frame.planes[0].buffer_size - len(samples) * 2))
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        output.mux(track.encode(part))
    output.mux(track.encode(None))
