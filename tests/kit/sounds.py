"""Small segments and WAVs with sound as ffmpeg's sources draw it, and ears for what comes out."""

from __future__ import annotations

import math
import os
from array import array
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from wanflow import timebase
from wanflow.media import ffmpeg
from wanflow.media.jobs import RunningProcesses

PRIMING = 1024
"""The samples by which a decoded ADTS stream lags behind what was encoded."""
SILENCE = "aevalsrc=0|0:s=48000"


def click_at(*places: int, level: float = 0.6) -> str:
    """A source of silence with a click of ten milliseconds at each of these samples."""
    within = "+".join(f"between(n,{place},{place + 479})" for place in places) or "0"
    wave = f"{level}*({within})*(1-2*gt(mod(n,48),23))".replace(",", "\\,")
    return f"aevalsrc={wave}|{wave}:s=48000"


def tone(hertz: int, level: float, *, sounding: str = "1") -> str:
    """A source of a tone; `sounding` is an expression of the seconds `t`."""
    wave = f"{level}*({sounding})*sin(2*PI*{hertz}*t)".replace(",", "\\,")
    return f"aevalsrc={wave}|{wave}:s=48000"


def noise(level: float, *, seed: int = 1) -> str:
    """A source of pink noise, other in each channel."""
    return f"anoisesrc=r=48000:a={level}:c=pink:s={seed}[a];anoisesrc=r=48000:a={level}:c=pink:s={seed + 100}[b];[a][b]join"


def draw_segment(
    path: Path, source: str, frames: int = 30, rate: Fraction | int = 30, *, samples: int | None = None
) -> Path:
    """A segment of a cut with a small black picture and this sound, as conforming would write it."""
    counted = timebase.to_samples(frames, Fraction(rate)) if samples is None else samples
    _ffmpeg(
        *("-f", "lavfi", "-i", f"color=s=64x36:r={rate}", "-f", "lavfi", "-i", f"{source},atrim=end_sample={counted}"),
        *("-frames:v", str(frames), "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0"),
        *("-c:a", "pcm_s16le", "-f", "mov", str(path)),
    )
    return path


def draw_wav(path: Path, source: str, samples: int) -> Path:
    """A WAV of exactly these 48 kHz stereo samples."""
    _ffmpeg("-f", "lavfi", "-i", f"{source},atrim=end_sample={samples}", "-c:a", "pcm_s16le", "-bitexact", str(path))
    return path


def delay_sound(segment: Path, target: Path) -> Path:
    """A copy of a segment whose sound begins half a second after its picture."""
    both = ("-i", str(segment), "-itsoffset", "0.5", "-i", str(segment))
    _ffmpeg(*both, "-map", "0:v", "-map", "1:a", "-c", "copy", "-f", "mov", str(target))
    return target


def encode_whole(sources: Sequence[Path], target: Path) -> Path:
    """The sounds of several files one after another as one ADTS stream, encoded at once."""
    inputs = [word for source in sources for word in ("-i", str(source))]
    joined = "".join(f"[{index}:a]" for index in range(len(sources))) + f"concat=n={len(sources)}:v=0:a=1"
    _ffmpeg(*inputs, "-filter_complex", joined, "-c:a", "aac", "-b:a", "192k", "-f", "adts", str(target))
    return target


def mux_film(sound: Path, picture: Path, target: Path, samples: int) -> Path:
    """An MP4 of a spliced sound and the picture of another file, both copied: the priming lies before 0."""
    last = -(-samples // 1024)
    shift = "TS-1024/48000/TB"
    ends = f"if(eq(N\\,{last})\\,{samples - (last - 1) * 1024}/48000/TB\\,DURATION)"
    _ffmpeg(
        *("-f", "aac", "-i", str(sound), "-i", str(picture), "-map", "1:v", "-map", "0:a"),
        *("-c", "copy", "-bsf:a", f"setts=ts={shift}:duration={ends}", "-f", "mp4", str(target)),
    )
    return target


def rms(samples: array[int], begin: int, end: int) -> float:
    """The level of the samples `begin` to `end` in dB of full scale."""
    power = sum(sample * sample for sample in samples[begin:end]) / (end - begin)
    return 10 * math.log10(power / 32768**2) if power else -math.inf


def amplitude(samples: array[int], hertz: int, begin: int, end: int) -> float:
    """The peak level of a tone within the samples `begin` to `end`, in dB of full scale."""
    turn = 2 * math.pi * hertz / 48_000
    real = sum(sample * math.cos(turn * index) for index, sample in enumerate(samples[begin:end]))
    imaginary = sum(sample * math.sin(turn * index) for index, sample in enumerate(samples[begin:end]))
    return 20 * math.log10(max(1e-9, 2 * math.hypot(real, imaginary) / (end - begin) / 32768))


def hear(path: Path) -> tuple[Decimal, Decimal]:
    """The integrated loudness in LUFS and the true peak in dBTP of a whole file as it decodes, by ffmpeg's own sums."""
    said = ffmpeg.ask_ffmpeg(
        ["-i", str(path), "-vn", "-af", "ebur128=peak=true:metadata=1,ametadata=mode=print:file=-", "-f", "null", "-"],
        processes=RunningProcesses(),
    )
    values = dict(line.split("=") for line in said.splitlines() if line.startswith("lavfi.r128."))
    peak = float(values["lavfi.r128.true_peak"])
    return Decimal(values["lavfi.r128.I"]), Decimal(str(round(20 * math.log10(peak + 1e-9), 2)))


def _ffmpeg(*arguments: str) -> None:
    ffmpeg.run([str(ffmpeg.find_ffmpeg(os.environ)), "-y", *arguments], processes=RunningProcesses())
