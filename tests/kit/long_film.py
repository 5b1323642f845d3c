"""A long film of many clips that are drawn once, and what a run of it takes."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kit.clips import numbered_clip
from kit.sounds import click_at, draw_wav, tone
from wanflow import timebase
from wanflow.media import ffmpeg
from wanflow.media.jobs import RunningProcesses

SIZE, RATE = (160, 90), 30
SECONDS = 4.5
"""Length of each item."""
DRAWN = ("one", "two", "three")
"""Clips of 15 seconds from which most items are cut."""
TITLE_EVERY, SHOT_EVERY = 50, 4


@dataclass(frozen=True, slots=True)
class Work:
    """What a run took: seconds of CPU, and the most memory of wanflow and of any of its ffmpegs, in MiB."""

    cpu: float
    peak: float


def write_long_film(folder: Path, items: int) -> Path:
    """A production of a film of `items` clips, of which no two are the same; its last frame is white and clicks.

    It has titles, a shot, music and a line of subtitles for each item.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(DRAWN):
        numbered_clip(folder / f"{name}.mp4", 15 * RATE, SIZE, RATE, first=number * 15 * RATE)
    _draw_end(folder / "end.mp4")
    draw_wav(folder / "theme.wav", tone(220, 0.1), 60 * timebase.SAMPLE_RATE)
    said = (f"{number}\n{_clock(4 * number)} --> {_clock(4 * number + 2)}\nLine {number}.\n" for number in range(items))
    (folder / "en.srt").write_text("\n".join(said), encoding="utf-8")
    text = f"""\
wanflow: 1
shots:
  talk: {{model: wan2.7-t2v, prompt: A keeper talks., duration: 15}}
cuts:
  main:
    size: {SIZE[0]}x{SIZE[1]}
    fps: {RATE}
    music: {{file: theme.wav, gain: -12, duck: true}}
    subtitles: en.srt
    items:
"""
    (folder / "wanflow.yaml").write_text(text + "".join(_items(items)), encoding="utf-8")
    return folder / "wanflow.yaml"


def _items(count: int) -> Iterator[str]:
    """The items as lines of YAML, each with another beginning."""
    for number in range(count - 1):
        begin = number // 4 / RATE
        where = f"in: {begin:.4f}, out: {begin + SECONDS:.4f}"
        if number % TITLE_EVERY == 0:
            yield f"    - {{title: Part {number}, duration: {SECONDS}}}\n"
        elif number % SHOT_EVERY == 0:
            yield f"    - {{shot: talk, {where}}}\n"
        else:
            yield f"    - {{file: {DRAWN[number % SHOT_EVERY - 1]}.mp4, {where}}}\n"
    yield "    - {file: end.mp4}\n"


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02},000"


def _draw_end(path: Path) -> None:
    """A clip that is black and silent but for its last frame, which is white and clicks."""
    frames = round(SECONDS * RATE)
    size = f"{SIZE[0]}x{SIZE[1]}"
    flash = f"color=s={size}:r={RATE},drawbox=color=white:t=fill:enable=eq(n\\,{frames - 1}),trim=end_frame={frames}"
    click = f"{click_at(timebase.to_samples(frames - 1, RATE))},atrim=end_sample={timebase.to_samples(frames, RATE)}"
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-c:a", "aac", "-f", "mp4")
    words = ("-f", "lavfi", "-i", flash, "-f", "lavfi", "-i", click, *coded, str(path), "-y")
    ffmpeg.run([str(ffmpeg.find_ffmpeg(os.environ)), *words], processes=RunningProcesses())


def run_measured(folder: Path, *words: str) -> tuple[str, Work]:
    """What a command prints, and what it took; it has to succeed."""
    command = [Path(sysconfig.get_path("scripts")) / "wanflow", *words]
    output = folder / "printed"
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=folder, stdout=file, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    printed = output.read_text(encoding="utf-8")
    assert process.returncode == 0, printed[-3000:]
    return printed, Work(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
