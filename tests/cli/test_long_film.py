"""Ninety minutes of 1,200 clips: memory does not grow with them, one change is one segment, and the end is exact."""

from __future__ import annotations

from array import array
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.audio.resampler import AudioResampler

from kit.clips import clicks
from kit.long_film import RATE, SECONDS, run_measured, write_long_film
from wanflow import timebase
from wanflow.media.join_checks import measure
from wanflow.media.sound.soundtrack import AAC_SAMPLES
from wanflow.timebase import SAMPLE_RATE

CLIPS, FEW = 1_200, 120
GROWTH = 100
"""MiB that ten times as many clips may take more: their plan, their records and what the allocator keeps."""


def seen_and_heard(film: Path) -> tuple[list[Fraction], list[Fraction]]:
    """When white frames are shown and clicks are heard in the last seconds of a film."""
    samples, resampler = array("h"), AudioResampler("s16", "mono", SAMPLE_RATE)
    with av.open(str(film)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        container.seek(container.duration - 3 * av.time_base)
        white = [frame.pts * video.time_base for frame in container.decode(video) if bytes(frame.planes[0])[0] > 128]
        container.seek(container.duration - 3 * av.time_base)
        frames = list(container.decode(audio))
        for part in (part for frame in frames for part in resampler.resample(frame)):
            samples.frombytes(bytes(part.planes[0])[: part.samples * 2])
        begins = frames[0].pts * audio.time_base
    return white, [begins + Fraction(click, SAMPLE_RATE) for click in clicks(samples)]


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_a_film_of_1200_clips_takes_no_more_memory_than_one_of_120(tmp_path: Path) -> None:
    """Wanflow itself and each ffmpeg; then one changed clip is one segment, and the film is exact to its end."""
    few, many = tmp_path / "few", tmp_path / "many"
    write_long_film(few, FEW)
    file = write_long_film(many, CLIPS)
    _, short = run_measured(few, "run", "--yes")
    printed, long = run_measured(many, "run", "--yes")
    assert f"({CLIPS} segments encoded, 0 unchanged)" in printed
    assert long.peak < short.peak + GROWTH
    film, frames = many / "out/main.mp4", round(CLIPS * SECONDS * RATE)
    found = measure(film)
    assert (found.frames, found.shape.start) == (frames, 0)
    assert abs(found.samples - timebase.to_samples(frames, Fraction(RATE))) < AAC_SAMPLES
    last = Fraction(frames - 1, RATE)
    white, (click,) = seen_and_heard(film)
    assert white == [last]
    assert abs(click - last) < Fraction(1, RATE)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("in: 0.0667, out: 4.5667", "in: 10.4, out: 14.9", 1), encoding="utf-8")
    printed, again = run_measured(many, "run", "--yes")
    assert f"(1 segment encoded, {CLIPS - 1} unchanged)" in printed
    assert again.peak < short.peak + GROWTH
    assert measure(film).frames == frames
