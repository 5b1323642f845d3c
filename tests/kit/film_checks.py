"""Looking at films and listening to them: decoded frames, how alike two pictures are, how loud a stretch is."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log10
from pathlib import Path

import av
from av.audio.resampler import AudioResampler
from av.video.frame import VideoFrame
from PIL import Image, ImageChops, ImageStat


@dataclass(frozen=True, slots=True)
class Frames:
    """The decoded frames of a film; one becomes a picture when it is looked at, which takes longer than to decode it."""

    decoded: Sequence[VideoFrame]

    def __len__(self) -> int:
        return len(self.decoded)

    def __getitem__(self, number: int) -> Image.Image:
        return self.decoded[number].to_image()  # type: ignore[no-untyped-call,no-any-return]


def frames(path: Path) -> Frames:
    """Every frame of a film."""
    with av.open(str(path)) as container:
        return Frames([*container.decode(container.streams.video[0])])


def likeness(one: Image.Image, other: Image.Image) -> float:
    """How alike two pictures are, as PSNR in decibels: above 30 hard to tell apart, above 40 the same to the eye."""
    squares = ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB")))
    error = sum(rms**2 for rms in squares.rms) / 3
    return 99.0 if error == 0 else 10 * log10(255**2 / error)


def loudness(path: Path, start: float, end: float) -> float:
    """The mean level between two seconds in decibels of full scale; -99 for silence."""
    samples = _samples(path)[int(start * 48_000) : int(end * 48_000)]
    power = sum(sample * sample for sample in samples) / max(len(samples), 1)
    return -99.0 if power < 1 else 10 * log10(power / 32_768**2)


def peak_share(path: Path) -> float:
    """The share of samples within two decibels of full scale, where a codec leaves those that were clipped."""
    samples = _samples(path)
    return sum(abs(sample) >= 26_000 for sample in samples) / max(len(samples), 1)


def streams(path: Path) -> dict[str, object]:
    """What a film is made of."""
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        return {
            "size": (video.width, video.height),
            "rate": video.average_rate,
            "frames": video.frames,
            "video": (video.codec_context.name, video.codec_context.pix_fmt),
            "audio": (audio.codec_context.name, audio.rate, audio.channels),
            "lengths": {_length(video), _length(audio), Fraction(container.duration or 0, av.time_base)},
            "starts": {video.start_time, audio.start_time},
        }


def _length(stream: av.VideoStream | av.AudioStream) -> Fraction:
    return Fraction(stream.duration or 0) * Fraction(stream.time_base or 0)


def _samples(path: Path) -> array[int]:
    samples = array("h")
    resampler = AudioResampler("s16", "mono", 48_000)
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.audio[0]):
            for part in resampler.resample(frame):
                samples.frombytes(bytes(part.planes[0])[: part.samples * 2])
    return samples
