"""Other ways to the same film, as programs to be run: one filter graph over all clips, MoviePy, and the bare copy.

All of them have the encoder line of wanflow's segments and of its sound.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from wanflow.media import encoder
from wanflow.media.ffmpeg import find_ffmpeg

RATE = Fraction(30)
QUIET = ("-nostdin", "-hide_banner", "-loglevel", "error", "-y")

MOVIEPY = """
import sys
from moviepy import VideoFileClip, concatenate_videoclips, vfx
target, seconds, *names = sys.argv[1:]
join = float(seconds)
clips = [VideoFileClip(name) for name in names]
if join:
    clips = [clips[0], *(clip.with_effects([vfx.CrossFadeIn(join)]) for clip in clips[1:])]
    film = concatenate_videoclips(clips, method="compose", padding=-join)
else:
    film = concatenate_videoclips(clips)
film.write_videofile(target, codec="libx264", preset="veryfast", audio_codec="aac", audio_bitrate="192k", threads=2,
                     ffmpeg_params=["-crf", "18", "-bf", "0", "-pix_fmt", "yuv420p"], logger=None)
"""


def ffmpeg(*words: str) -> list[str]:
    """A run of the ffmpeg that wanflow uses."""
    return [str(find_ffmpeg(os.environ)), *QUIET, *words]


def one_graph(clips: Sequence[Path], join_frames: int, frames: int, target: Path) -> list[str]:
    """All clips in one graph: the concat filter, or with `join_frames` one chain of crossfades; `frames` a clip."""
    graph = target.with_suffix(".graph")
    graph.write_text(_chained(len(clips), join_frames, frames) if join_frames else _concatenated(len(clips)))
    inputs = [word for clip in clips for word in ("-i", str(clip))]
    mapped = ("-/filter_complex", str(graph), "-map", "[v]", "-map", "[a]")
    return ffmpeg(*inputs, *mapped, *_words(_whole()), str(target))


def moviepy(python: Path, clips: Sequence[Path], join_frames: int, target: Path) -> list[str]:
    """A MoviePy program, by the Python that has it."""
    seconds = str(float(join_frames / RATE))
    return [str(python), "-c", MOVIEPY, str(target), seconds, *map(str, clips)]


def install_moviepy(folder: Path) -> Path:
    """MoviePy in an environment of its own; gives its Python."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "-qq", "moviepy>=2,<3"], check=True)
    return python


def bare_copy(segments: Sequence[Path], sound: Path, target: Path) -> list[str]:
    """Segments and encoded sound joined as they are, and nothing proved."""
    folder = target.parent / "listed"
    folder.mkdir(exist_ok=True)
    names = [f"{number:06d}.mov" for number in range(len(segments))]
    for name, segment in zip(names, segments, strict=True):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(segment.absolute())
    (folder / "list").write_text("".join(f"file {name}\n" for name in names), encoding="ascii")
    inputs = ("-f", "concat", "-safe", "0", "-i", str(folder / "list"), "-f", "aac", "-i", str(sound))
    return ffmpeg(*inputs, "-map", "0:v", "-map", "1:a", *_words(encoder.FILM), str(target))


def encoded_sound(film: Path, seconds: float, target: Path) -> list[str]:
    """The sound of a film encoded again, as much of it as is told."""
    sound = {"t": seconds, "vn": "", "ar": 48_000, "ac": 2, **encoder.AAC, "f": "adts"}
    return ffmpeg("-i", str(film), *(word for word in _words(sound) if word), str(target))


def changed_segments(
    clips: Sequence[Path], number: int, join_frames: int, frames: int, folder: Path
) -> list[list[str]]:
    """The clip `number`, which changed, encoded alone; with `join_frames` its middle and both of its joins."""
    if not join_frames:
        return [_body(clips[number], 0, frames, folder)]
    joins = [_join(clips[at], clips[at + 1], join_frames, frames, folder) for at in (number - 1, number)]
    return [_body(clips[number], join_frames, frames - join_frames, folder), *joins]


def _body(clip: Path, first: int, end: int, folder: Path) -> list[str]:
    cut = ("-ss", _seconds(first), "-t", _seconds(end - first), "-i", str(clip))
    return ffmpeg(*cut, *_words(encoder.segment(RATE, "draft")), str(folder / "body.mov"))


def _join(before: Path, after: Path, join_frames: int, frames: int, folder: Path) -> list[str]:
    lasts = _seconds(join_frames)
    cut = ("-ss", _seconds(frames - join_frames), "-i", str(before), "-t", lasts, "-i", str(after))
    graph = f"[0:v][1:v]xfade=duration={lasts}:offset=0[v];[0:a][1:a]acrossfade=duration={lasts}[a]"
    mapped = ("-filter_complex", graph, "-map", "[v]", "-map", "[a]")
    return ffmpeg(*cut, *mapped, *_words(encoder.segment(RATE, "draft")), str(folder / "join.mov"))


def _concatenated(clips: int) -> str:
    return "".join(f"[{at}:v][{at}:a]" for at in range(clips)) + f"concat=n={clips}:v=1:a=1[v][a]"


def _chained(clips: int, join_frames: int, frames: int) -> str:
    lasts, links = _seconds(join_frames), []
    for at in range(1, clips):
        before = ("0:v", "0:a") if at == 1 else (f"v{at - 1}", f"a{at - 1}")
        after = ("v", "a") if at == clips - 1 else (f"v{at}", f"a{at}")
        begin = _seconds(at * (frames - join_frames))
        links.append(f"[{before[0]}][{at}:v]xfade=duration={lasts}:offset={begin}[{after[0]}]")
        links.append(f"[{before[1]}][{at}:a]acrossfade=duration={lasts}[{after[1]}]")
    return ";\n".join(links)


def _whole() -> encoder.Options:
    """The encoder line of a whole film: the picture as in a segment, the sound as in a cut."""
    sound = {"ar": 48_000, "ac": 2, **encoder.AAC}
    return {**encoder.segment(RATE, "draft"), **sound, "f": "mp4", "movflags": "+faststart"}


def _seconds(frames: int) -> str:
    return f"{float(frames / RATE):.6f}"


def _words(options: encoder.Options) -> list[str]:
    return [word for key, value in options.items() for word in (f"-{key}", str(value))]
