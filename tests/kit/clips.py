"""Small drawn clips: every frame carries its number, every sound track begins with a click."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image, ImageDraw

from wanflow.media import ffmpeg
from wanflow.media.jobs import RunningProcesses

COLUMNS, ROWS = 4, 3
"""A frame's number in binary: twelve fields, the highest bit at the top left, bright for 1."""
DARK, BRIGHT = 40, 215
CLICK_SAMPLES = 480
CLICK_HALF_WAVE = 24
CLICK_LEVEL = 20_000
LOUD = 4_000
PLAIN: Mapping[str, str] = {"preset": "ultrafast", "crf": "18", "g": "12"}


class Box(NamedTuple):
    """Where in a picture the clip's own picture lies, in pixels."""

    left: int
    top: int
    width: int
    height: int


def to_frame(picture: Image.Image) -> VideoFrame:
    """A picture as PyAV's RGB frame."""
    frame = VideoFrame(*picture.size, "rgb24")
    data, line = picture.convert("RGB").tobytes(), picture.width * 3
    pad = bytes(frame.planes[0].line_size - line)
    frame.planes[0].update(b"".join(data[row : row + line] + pad for row in range(0, len(data), line)))
    return frame


def number_picture(number: int, size: tuple[int, int]) -> Image.Image:
    """A picture that carries `number` (0 to 4095)."""
    picture = Image.new("RGB", size)
    draw = ImageDraw.Draw(picture)
    for field, box in enumerate(_fields(Box(0, 0, *size))):
        level = BRIGHT if number >> (COLUMNS * ROWS - 1 - field) & 1 else DARK
        corner = (box.left + box.width - 1, box.top + box.height - 1)
        draw.rectangle((box.left, box.top, *corner), fill=(level, level, level))
    return picture


def read_number(picture: Image.Image, box: Box | None = None) -> int:
    """The number that a picture carries; `box` where the numbered picture is only a part of it."""
    grey = picture.convert("L")
    number = 0
    for field in _fields(box or Box(0, 0, *picture.size)):
        level = grey.getpixel((field.left + field.width // 2, field.top + field.height // 2))
        assert isinstance(level, int)
        number = number << 1 | (level > (DARK + BRIGHT) // 2)
    return number


_made: dict[tuple[object, ...], bytes] = {}
"""Clips by the parameters that they were made with: many tests want the same one."""


def numbered_clip(
    path: Path,
    frames: int = 30,
    size: tuple[int, int] = (320, 240),
    rate: Fraction | int = 30,
    *,
    sound: bool = True,
    first: int = 0,
    sample_rate: int = 48_000,
    mono: bool = False,
    times: Sequence[int] | None = None,
    options: Mapping[str, str] = PLAIN,
    container_format: str = "mp4",
    rotation: int = 0,
    pixel_aspect: Fraction = Fraction(1),
) -> Path:
    """Draw a clip whose frames carry `first`, `first` + 1, …, with a click at the start of its sound track.

    `times` are presentation times in ticks of 1/`rate`, for a variable rate. The sound is as long as the frames.
    `rotation` are degrees by which a player turns the picture. An mp4 has its index in front, as a download has.
    """
    wanted = (frames, size, rate, sound, first, sample_rate, mono, times and (*times,), (*options.items(),))
    wanted += (container_format, rotation, pixel_aspect)
    if wanted in _made:
        path.write_bytes(_made[wanted])
        return path
    faststart = {"movflags": "faststart"} if container_format in {"mp4", "mov"} else {}
    with av.open(str(path.absolute()), "w", format=container_format, options=faststart) as output:
        film = _film(output, size, Fraction(rate), options)
        film.codec_context.sample_aspect_ratio = pixel_aspect
        if rotation:
            film.set_display_rotation(rotation)
        track = output.add_stream("aac", rate=sample_rate, layout="mono" if mono else "stereo") if sound else None
        for index in range(frames):
            frame = to_frame(number_picture(first + index, size))
            frame.pts, frame.time_base = (times[index] if times else index), 1 / Fraction(rate)
            output.mux(film.encode(frame))
        output.mux(film.encode(None))
        if track is not None:
            _write_click(output, track, round(Fraction(frames * sample_rate) / Fraction(rate)))
    _made[wanted] = path.read_bytes()
    return path


def drawn_clip(path: Path, drawn: Sequence[Image.Image], rate: Fraction | int = 30) -> Path:
    """A silent clip of these pictures, all of one size."""
    with av.open(str(path.absolute()), "w", format="mp4") as output:
        film = _film(output, drawn[0].size, Fraction(rate), PLAIN)
        for index, picture in enumerate(drawn):
            frame = to_frame(picture)
            frame.pts, frame.time_base = index, 1 / Fraction(rate)
            output.mux(film.encode(frame))
        output.mux(film.encode(None))
    return path


def click_sound(path: Path, samples: int, sample_rate: int = 48_000, codec: str = "pcm_s16le") -> Path:
    """A sound file (`wav`, or `mp3` with the codec `mp3`) of exactly `samples` that begins with a click."""
    with av.open(str(path.absolute()), "w", format="wav" if codec.startswith("pcm") else codec) as output:
        track = output.add_stream(codec, rate=sample_rate, layout="stereo")
        assert isinstance(track, AudioStream)
        _write_click(output, track, samples)
    return path


def read_numbers(path: Path, box: Box | None = None) -> list[int]:
    """The numbers of all frames of a clip, in order of showing."""
    return [read_number(picture, box) for picture in pictures(path)]


def pictures(path: Path) -> Iterator[Image.Image]:
    """All frames of a clip as grey pictures (the luma, whatever the colour tags say)."""
    with av.open(str(path.absolute())) as container:
        for frame in container.decode(video=0):
            plane = frame.planes[0]
            yield Image.frombuffer("L", (frame.width, frame.height), bytes(plane), "raw", "L", plane.line_size, 1)


def read_sound(path: Path) -> array[int]:
    """The sound of a file as 48 kHz mono samples; empty where it has none."""
    samples = array("h")
    with av.open(str(path.absolute())) as container:
        if not container.streams.audio:
            return samples
        resampler = AudioResampler("s16", "mono", 48_000)
        for frame in [*container.decode(audio=0), None]:
            for part in resampler.resample(frame):
                samples.frombytes(bytes(part.planes[0])[: part.samples * 2])
    return samples


def clicks(samples: array[int], gap: int = 2_400) -> list[int]:
    """Where clicks begin: loud samples that follow at least `gap` quiet ones, or the start."""
    found: list[int] = []
    last = -gap - 1
    for index, sample in enumerate(samples):
        if abs(sample) > LOUD:
            if index - last > gap:
                found.append(index)
            last = index
    return found


def hide_start(clip: Path, target: Path, hidden: int) -> Path:
    """A copy of an mp4 whose edit list hides its first frames, as editors write it; `hidden` frames at 30 a second."""
    argv = [str(ffmpeg.find_ffmpeg(os.environ)), "-ss", str(float(Fraction(hidden * 2 - 1, 60))), "-i", str(clip)]
    ffmpeg.run([*argv, "-c", "copy", "-f", "mp4", str(target)], processes=RunningProcesses())
    return target


def cut_short(path: Path, target: Path, share: float = 0.6) -> Path:
    """A copy of a file that lacks its end, like a download that broke off."""
    data = path.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def _fields(box: Box) -> Iterator[Box]:
    for field in range(COLUMNS * ROWS):
        column, row = field % COLUMNS, field // COLUMNS
        left, right = (box.left + box.width * edge // COLUMNS for edge in (column, column + 1))
        top, bottom = (box.top + box.height * edge // ROWS for edge in (row, row + 1))
        yield Box(left, top, right - left, bottom - top)


def _film(output: OutputContainer, size: tuple[int, int], rate: Fraction, options: Mapping[str, str]) -> VideoStream:
    film = output.add_stream("libx264", rate=rate, options=dict(options))
    film.width, film.height = size
    film.pix_fmt = "yuv420p" if size[0] % 2 == size[1] % 2 == 0 else "yuv444p"
    film.codec_context.time_base = 1 / rate
    return film


def _write_click(output: OutputContainer, track: AudioStream, samples: int) -> None:
    channels = track.layout.nb_channels
    wave = [CLICK_LEVEL] * CLICK_HALF_WAVE + [-CLICK_LEVEL] * CLICK_HALF_WAVE
    loud = array("h", [level for level in wave * (CLICK_SAMPLES // len(wave)) for _ in range(channels)])
    everything = (loud + array("h", [0]) * (samples * channels))[: samples * channels]
    resampler = AudioResampler(track.format.name, track.layout.name, track.rate, track.frame_size or 1024)
    frame = AudioFrame("s16", track.layout.name, samples)
    frame.sample_rate, frame.pts, frame.time_base = track.rate, 0, Fraction(1, track.rate)
    frame.planes[0].update(everything.tobytes() + bytes(frame.planes[0].buffer_size - len(everything) * 2))
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        output.mux(track.encode(part))
    output.mux(track.encode(None))
