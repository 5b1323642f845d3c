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
SUBTITLE_EVERY = 4
"""Seconds from one subtitle to the next."""
NAMED = range(5, 10_000, 20)
"""Items that have a red title over them; they are cut from clips, which are grey."""
TITLE_AT, TITLE_SECONDS = 1, 2
FIRST_BELL, BELL_EVERY, LAST_BELL = 1.25, 300, 2.25
"""Seconds of the first bell, from one bell to the next, and of the last one before the end."""
SAID = ((0, 5), (5, 10), (10, 15))
"""From when to when each line of the shot is said, in seconds of its take."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a run took: seconds of CPU, and the most memory of wanflow and of any of its ffmpegs, in MiB."""

    cpu: float
    peak: float


def write_long_film(folder: Path, items: int) -> Path:
    """A production of a film of `items` clips, of which no two are the same; its last frame is white and clicks.

    It has title cards, titles over clips, a shot with lines in Chinese, and a subtitle in English for each item.
    Its music is a loop that ducks under bells, which have their places on the film's clock, as a shot's sound has.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(DRAWN):
        numbered_clip(folder / f"{name}.mp4", 15 * RATE, SIZE, RATE, first=number * 15 * RATE)
    _draw_end(folder / "end.mp4")
    draw_wav(folder / "theme.wav", tone(220, 0.1), 60 * timebase.SAMPLE_RATE)
    draw_wav(folder / "bell.wav", click_at(0), timebase.SAMPLE_RATE // 2)
    said = (
        f"{number}\n{_clock(begin)} --> {_clock(begin + 2)}\nLine {number}.\n"
        for number, begin in enumerate(range(0, SUBTITLE_EVERY * items, SUBTITLE_EVERY))
    )
    (folder / "en.srt").write_text("\n".join(said), encoding="utf-8")
    text = f"""\
wanflow: 1
shots:
  talk:
    model: wan2.7-t2v
    prompt: A keeper talks.
    duration: 15
    lines:
{"".join(_lines())}\
cuts:
  main:
    size: {SIZE[0]}x{SIZE[1]}
    fps: {RATE}
    music: {{file: theme.wav, loop: true, gain: -12, duck: true}}
    subtitles: [en.srt, {{lines: zh}}]
    audio:
      - {{shot: talk, in: 0.5, out: 2, at: 20, gain: -20, fade: 0.2}}
{"".join(_bells(items))}\
    items:
"""
    (folder / "wanflow.yaml").write_text(text + "".join(_items(items)), encoding="utf-8")
    return folder / "wanflow.yaml"


def lines_shown(items: int) -> list[float]:
    """When each line of the shot comes on, in seconds of a film of `items` clips."""
    return [
        number * SECONDS + max(0, begin - _begin(number))
        for number in range(0, items - 1, SHOT_EVERY)
        if number % TITLE_EVERY
        for begin, end in SAID
        if begin < _begin(number) + SECONDS and end > _begin(number)
    ]


def _lines() -> Iterator[str]:
    """The lines of the shot as lines of YAML."""
    for number, (begin, end) in enumerate(SAID):
        yield f"      - {{at: {begin}, to: {end}, text: {{en: Line {number}., zh: 第{number}句。}}}}\n"


def _bells(items: int) -> Iterator[str]:
    """The bells as lines of YAML."""
    end = items * SECONDS
    count = int((end - LAST_BELL - FIRST_BELL) // BELL_EVERY) + 1
    for second in (*(FIRST_BELL + BELL_EVERY * number for number in range(count)), end - LAST_BELL):
        yield f"      - {{file: bell.wav, at: {second}, voice: true}}\n"


def _begin(number: int) -> float:
    """From which second of its clip an item plays."""
    return number // SHOT_EVERY / RATE


def _items(count: int) -> Iterator[str]:
    """The items as lines of YAML, each with another beginning."""
    for number in range(count - 1):
        begin = _begin(number)
        where = f"in: {begin:.4f}, out: {begin + SECONDS:.4f}"
        if number % TITLE_EVERY == 0:
            yield f"    - {{title: Part {number}, duration: {SECONDS}}}\n"
        elif number % SHOT_EVERY == 0:
            yield f"    - {{shot: talk, {where}}}\n"
        else:
            yield f"    - {{file: {DRAWN[number % SHOT_EVERY - 1]}.mp4, {where}}}\n"
        if number in NAMED:
            over = f"over: true, at: {TITLE_AT}, duration: {TITLE_SECONDS}"
            yield f"    - {{title: Keeper {number}, {over}, position: lower-third, color: red}}\n"
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
