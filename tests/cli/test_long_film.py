"""Ninety minutes of 1,200 clips: memory does not grow with them, one change is one segment, and the end is exact."""

from __future__ import annotations

import re
from array import array
from fractions import Fraction
from itertools import takewhile
from pathlib import Path

import av
import pytest
from av.audio.resampler import AudioResampler
from av.video.frame import VideoFrame

from kit.clips import clicks
from kit.long_film import (
    FIRST_BELL,
    LAST_BELL,
    NAMED,
    RATE,
    SECONDS,
    SUBTITLE_EVERY,
    TITLE_AT,
    TITLE_EVERY,
    TITLE_SECONDS,
    lines_shown,
    run_measured,
    write_long_film,
)
from wanflow import timebase
from wanflow.media.join_checks import measure
from wanflow.media.sound.soundtrack import AAC_SAMPLES
from wanflow.timebase import SAMPLE_RATE

CLIPS, FEW = 1_200, 120
GROWTH = 100
"""MiB that ten times as many clips may take more: their plan, their records and what the allocator keeps."""
REBUILD = 10
"""How many times less CPU one changed clip takes than the first build: reading 1,200 segments and copying them."""


def shown(film: Path, begin: float, end: float) -> list[tuple[Fraction, VideoFrame]]:
    """The frames of a film between two seconds, and when each is shown."""
    with av.open(str(film)) as container:
        video = container.streams.video[0]
        container.seek(round(begin * av.time_base))
        frames = takewhile(lambda each: each.pts * video.time_base < end, container.decode(video))
        return [(at, frame) for frame in frames if (at := frame.pts * video.time_base) >= begin]


def clicked(film: Path, begin: float, end: float) -> list[Fraction]:
    """When clicks begin in the sound of a film between two seconds."""
    samples, resampler = array("h"), AudioResampler("s16", "mono", SAMPLE_RATE)
    with av.open(str(film)) as container:
        audio = container.streams.audio[0]
        container.seek(round(begin * av.time_base))
        frames = list(takewhile(lambda each: each.pts * audio.time_base < end, container.decode(audio)))
        for part in (part for frame in frames for part in resampler.resample(frame)):
            samples.frombytes(bytes(part.planes[0])[: part.samples * 2])
        start = frames[0].pts * audio.time_base
    return [at for click in clicks(samples) if (at := start + Fraction(click, SAMPLE_RATE)) >= begin]


def reddest(frame: VideoFrame) -> int:
    """The most of red that a picture has, 128 for a grey one."""
    return max(bytes(frame.planes[2]))


def starts(subtitles: Path) -> list[float]:
    """When each subtitle of an SRT comes on, in seconds."""
    found = re.findall(r"^(\d+):(\d+):(\d+),(\d+) -->", subtitles.read_text(encoding="utf-8"), re.MULTILINE)
    return [
        int(hour) * 3600 + int(minute) * 60 + int(second) + int(part) / 1000 for hour, minute, second, part in found
    ]


def check_film(folder: Path, items: int) -> None:
    """A long film has each frame and sample, and its first and last title, cue and subtitle are at their places."""
    film, frames = folder / "out/main.mp4", round(items * SECONDS * RATE)
    found = measure(film)
    assert (found.frames, found.shape.start) == (frames, 0)
    assert abs(found.samples - timebase.to_samples(frames, Fraction(RATE))) < AAC_SAMPLES
    end, last = items * SECONDS, Fraction(frames - 1, RATE)
    assert [at for at, frame in shown(film, end - 3, end) if bytes(frame.planes[0])[0] > 128] == [last]
    bell, click = clicked(film, end - 3, end)
    assert abs(click - last) < Fraction(1, RATE)
    assert bell == Fraction(end - LAST_BELL)
    assert clicked(film, 0, 3) == [Fraction(FIRST_BELL)]
    for item in (NAMED[0], [number for number in NAMED if number < items][-1]):
        begin = item * SECONDS
        red = [at for at, frame in shown(film, begin, begin + SECONDS) if reddest(frame) > 160]
        first = Fraction(begin + TITLE_AT)
        assert red == [first + Fraction(number, RATE) for number in range(TITLE_SECONDS * RATE)]
    for card in (0, (items - 2) // TITLE_EVERY * TITLE_EVERY):
        at, frame = shown(film, card * SECONDS + 1, card * SECONDS + 2)[0]
        assert max(bytes(frame.planes[0])) > 200, f"no letters at {at} s"
    assert starts(folder / "out/main.eng.srt") == [SUBTITLE_EVERY * number for number in range(items)]
    assert starts(folder / "out/main.zho.srt") == pytest.approx(lines_shown(items), abs=0.002)


def chunks(folder: Path) -> int:
    """How many chunks of sound are kept."""
    return len({*(folder / ".wanflow").rglob("*.aac")})


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
    check_film(many, CLIPS)
    assert long.peak < short.peak + GROWTH
    kept, text = chunks(many), file.read_text(encoding="utf-8")
    file.write_text(text.replace("in: 0.0000, out: 4.5000", "in: 10.4, out: 14.9", 1), encoding="utf-8")
    printed, again = run_measured(many, "run", "--yes")
    assert f"(1 segment encoded, {CLIPS - 1} unchanged)" in printed
    assert chunks(many) - kept == 2, "the second item is heard in 10 s, and by the limiter before the next 10 s"
    assert again.peak < short.peak + GROWTH
    assert again.cpu < long.cpu / REBUILD
    check_film(many, CLIPS)
    printed, idle = run_measured(many, "run", "--yes")
    assert "segment" not in printed
    assert idle.cpu < again.cpu
