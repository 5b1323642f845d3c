"""An hour at 29.97 frames a second: nothing is lost, and sound and picture still belong together at its end."""

from __future__ import annotations

import os
from array import array
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.audio.resampler import AudioResampler

from kit.clips import clicks
from kit.sounds import click_at
from wanflow import timebase
from wanflow.media import ffmpeg
from wanflow.media.cut import CutRecipe, assemble
from wanflow.media.jobs import RunningProcesses, Worker
from wanflow.media.join_checks import measure
from wanflow.media.sound.mix import encode_chunk
from wanflow.media.sound.soundtrack import AAC_SAMPLES, SoundRecipe
from wanflow.timebase import SAMPLE_RATE

NTSC = Fraction(30000, 1001)
MINUTE = 1798
MINUTES = 60
TAIL_SECONDS = 20
"""What is decoded of the hour."""


def draw_minute(path: Path) -> Path:
    """A segment that is black and silent but for its last frame, which is white and clicks."""
    flash = f"color=s=64x48:r={NTSC},drawbox=color=white:t=fill:enable=eq(n\\,{MINUTE - 1}),trim=end_frame={MINUTE}"
    samples = timebase.to_samples(MINUTE, NTSC)
    click = f"{click_at(timebase.to_samples(MINUTE - 1, NTSC))},atrim=end_sample={samples}"
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", 0, "-c:a", "pcm_s16le", "-f", "mov")
    words = ("-f", "lavfi", "-i", flash, "-f", "lavfi", "-i", click, *coded, path)
    ffmpeg.run([str(ffmpeg.find_ffmpeg(os.environ)), *map(str, words)], processes=RunningProcesses())
    return path


def encode(sound: SoundRecipe, segments: dict[str, Path], folder: Path) -> tuple[Path, ...]:
    """The chunks of a sound, two at a time."""
    chunks = list(enumerate(sound.chunks()))
    with ThreadPoolExecutor(2) as both:
        made = [
            both.submit(encode_chunk, chunk, segments, folder / f"{number}.aac", processes=RunningProcesses())
            for number, chunk in chunks
        ]
    for each in made:
        each.result()
    return tuple(folder / f"{number}.aac" for number, _ in chunks)


def flashes(film: Path) -> list[Fraction]:
    """When white frames are shown in a film's last seconds."""
    with av.open(str(film)) as container:
        video = container.streams.video[0]
        container.seek((MINUTES * 60 - TAIL_SECONDS) * av.time_base)
        return [frame.pts * video.time_base for frame in container.decode(video) if bytes(frame.planes[0])[0] > 128]


def heard(film: Path) -> list[Fraction]:
    """When clicks are heard in a film's last seconds."""
    samples, resampler = array("h"), AudioResampler("s16", "mono", SAMPLE_RATE)
    with av.open(str(film)) as container:
        audio = container.streams.audio[0]
        container.seek((MINUTES * 60 - TAIL_SECONDS) * av.time_base)
        frames = list(container.decode(audio))
        for frame in frames:
            for part in resampler.resample(frame):
                samples.frombytes(bytes(part.planes[0])[: part.samples * 2])
        begins = frames[0].pts * audio.time_base
    return [begins + Fraction(click, SAMPLE_RATE) for click in clicks(samples)]


@pytest.mark.slow
def test_an_hour_is_exact_to_its_end(tmp_path: Path) -> None:
    """Sixty segments: all frames, as much sound, and a click beside the last frame that it belongs to."""
    minute = draw_minute(tmp_path / "minute.mov")
    segments = {f"minute {number}": tmp_path / f"minute {number}.mov" for number in range(MINUTES)}
    for segment in segments.values():
        segment.symlink_to(minute)
    frames = MINUTE * MINUTES
    sound = encode(SoundRecipe(tuple((key, MINUTE) for key in segments), NTSC), segments, tmp_path)
    film = tmp_path / "film.mp4"
    assemble(CutRecipe(tuple(segments.values()), frames, NTSC, sound), film, Worker(tmp_path))
    hour = measure(film)
    assert (hour.frames, hour.shape.rate, hour.shape.start) == (frames, NTSC, 0)
    assert abs(hour.samples - timebase.to_samples(frames, NTSC)) < AAC_SAMPLES
    last = timebase.to_seconds(frames - 1, NTSC)
    assert flashes(film) == [last]
    (click,) = heard(film)
    assert abs(click - last) < 1 / NTSC
