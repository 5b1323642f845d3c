"""Clips as people bring them: other rates, codecs, shapes and containers, late streams, broken ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from kit.clips import click_sound, cut_short, hide_start, numbered_clip
from wanflow.media import ffmpeg
from wanflow.media.jobs import RunningProcesses

SIZE = (96, 64)
FRAMES = 15
"""Half a second at 30 a second."""
TIMES = (0, 1, 2, 5, 6, 9, 10, 14)
"""When the frames of a clip of variable rate are shown, in thirtieths of a second; each is seen until the next one."""

TICKS = tuple(3000 * frame + 700 * (frame % 3) + frame for frame in range(FRAMES))
"""When the frames of a telephone's recording are shown, in ticks of 90 kHz: each is shown once, at 30 a second."""

Make = Callable[[Path], object]


def seen(times: Sequence[int], frame: int, count: int) -> tuple[int, ...]:
    """Which picture of a clip of variable rate is seen at each of `count` frames that last `frame` ticks."""
    jitter = frame // 30
    return tuple(max(at for at, time in enumerate(times) if time <= now * frame + jitter) for now in range(count))


@dataclass(frozen=True, slots=True)
class UnusualClip:
    """A clip and what a cut at 30 frames a second has to show of it.

    `make` draws it at a path, which ends like `name`. `numbers` are what the frames carry, one for each; `frames` is
    given alone where the numbers can't be read. `click` is the frame beside which the clip clicks, None where it is
    silent. `encoder` is what an ffmpeg may lack.
    """

    make: Make
    name: str = "clip.mp4"
    numbers: tuple[int, ...] | None = tuple(range(FRAMES))
    frames: int = FRAMES
    click: int | None = 0
    encoder: str = "libx264"


def ff(*words: object) -> None:
    """Run ffmpeg on these arguments."""
    ffmpeg.run([str(ffmpeg.find_ffmpeg(os.environ)), "-y", *map(str, words)], processes=RunningProcesses())


@cache
def encoders() -> str:
    """What this ffmpeg can encode, in its own words."""
    return ffmpeg.ask([str(ffmpeg.find_ffmpeg(os.environ)), "-encoders"], processes=RunningProcesses())


def plain(path: Path) -> Path:
    """Fifteen frames with a click at the start."""
    return numbered_clip(path, FRAMES, SIZE)


def drawn(frames: int = FRAMES, size: tuple[int, int] = SIZE, **more: object) -> Make:
    """A clip as `numbered_clip` draws it."""
    return lambda path: numbered_clip(path, frames, size, **more)  # type: ignore[arg-type]


def coded(*words: object, silent: bool = False) -> Make:
    """The plain clip encoded otherwise."""

    def make(path: Path) -> None:
        source = numbered_clip(path.with_name("source.mp4"), FRAMES, SIZE, sound=not silent)
        ff("-i", source, *words, path)
        source.unlink()

    return make


def apart(*, picture: float = 0, sound: float = 0, click: int = 0) -> Make:
    """A clip whose streams begin at these seconds, with a click at a sample of its sound."""

    def make(path: Path) -> None:
        film, track = path.with_name("film.mp4"), path.with_name("click.wav")
        numbered_clip(film, FRAMES, SIZE, sound=False)
        click_sound(track, 24_000)
        heard = ("-af", f"adelay={click}S:all=1", "-c:v", "copy", "-c:a", "aac")
        ff("-itsoffset", picture, "-i", film, "-itsoffset", sound, "-i", track, *heard, path)
        film.unlink()
        track.unlink()

    return make


def hidden(path: Path) -> None:
    """A clip whose edit list hides its first five frames."""
    whole = numbered_clip(path.with_name("whole.mp4"), FRAMES + 5, SIZE)
    hide_start(whole, path, 5)
    whole.unlink()


def broken(container: str, share: float, *words: str) -> Make:
    """A plain clip that lacks its end, as a download that broke off or a recorder that crashed leaves it."""

    def make(path: Path) -> None:
        whole = path.with_name("whole")
        coded("-c", "copy", *words, "-f", container)(whole)
        cut_short(whole, path, share)
        whole.unlink()

    return make


def words(path: Path) -> None:
    """No clip at all."""
    path.write_text("moov mdat ftyp\n" * 200, encoding="utf-8")


CLIPS: Mapping[str, UnusualClip] = {
    "plain": UnusualClip(plain),
    "vfr": UnusualClip(drawn(len(TIMES), times=TIMES), numbers=seen(TIMES, 1, FRAMES)),
    "vfr mkv": UnusualClip(
        drawn(len(TIMES), times=TIMES, container_format="matroska"), "clip.mkv", seen(TIMES, 1, FRAMES)
    ),
    "unsteady ticks": UnusualClip(drawn(len(TICKS), rate=90_000, times=TICKS), click=None),
    "edit list": UnusualClip(hidden, numbers=tuple(range(5, FRAMES + 5)), click=None),
    "odd size": UnusualClip(drawn(size=(97, 65))),
    "turned": UnusualClip(drawn(rotation=90), numbers=None),
    "turned over": UnusualClip(drawn(rotation=180), numbers=None),
    "oblong pixels": UnusualClip(drawn(pixel_aspect=Fraction(4, 3)), numbers=None),
    "unknown colours": UnusualClip(
        coded("-c:a", "copy", "-bsf:v", "h264_metadata=matrix_coefficients=2", "-c:v", "copy")
    ),
    "full range": UnusualClip(coded("-vf", "scale=out_range=pc", "-pix_fmt", "yuvj420p")),
    "4:2:2 10 bit": UnusualClip(coded("-pix_fmt", "yuv422p10le", "-profile:v", "high422")),
    "prores": UnusualClip(coded("-c:v", "prores_ks", "-c:a", "pcm_s24le"), "clip.mov", encoder="prores_ks"),
    "prores alpha": UnusualClip(
        coded("-vf", "format=yuva444p10le,colorchannelmixer=aa=0.75", "-c:v", "prores_ks", "-profile:v", 4444),
        "clip.mov",
        encoder="prores_ks",
    ),
    "hevc 10 bit": UnusualClip(
        coded("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1", "-x265-params", "log-level=none"),
        encoder="libx265",
    ),
    "vp9": UnusualClip(coded("-c:v", "libvpx-vp9", "-c:a", "libopus"), "clip.webm", encoder="libvpx-vp9"),
    "interlaced": UnusualClip(coded("-vf", "setfield=tff", "-flags", "+ilme+ildct")),
    "b-frames": UnusualClip(coded("-bf", 3, "-c:v", "libx264", "-use_editlist", 0), click=None),
    "mono 44.1 kHz": UnusualClip(drawn(sample_rate=44_100, mono=True)),
    "5.1": UnusualClip(coded("-c:v", "copy", "-af", "pan=5.1|FL=FL|FR=FR|FC=FL|LFE=FL|BL=FL|BR=FR", "-c:a", "aac")),
    "silent": UnusualClip(drawn(sound=False), click=None),
    "late sound": UnusualClip(apart(sound=0.2), click=6),
    "late sound mkv": UnusualClip(apart(sound=0.2), "clip.mkv", click=6),
    "late picture": UnusualClip(apart(picture=0.2, click=14_400), click=3),
    "late picture mkv": UnusualClip(apart(picture=0.2, click=14_400), "clip.mkv", click=3),
    "late picture ts": UnusualClip(apart(picture=0.2, click=14_400), "clip.ts", click=3),
    "one frame": UnusualClip(drawn(1), numbers=(0,)),
    "2x2": UnusualClip(coded("-vf", "scale=2:2"), numbers=None),
    "1000 fps": UnusualClip(drawn(300, rate=1000), numbers=(0, 33, 66, 100, 133, 166, 200, 233, 266)),
    "ts": UnusualClip(coded("-c", "copy"), "clip.ts"),
}
"""What a cut has to take, by what is odd about it."""

CUT_SHORT: Mapping[str, UnusualClip] = {
    "ts": UnusualClip(broken("mpegts", 0.6), "clip.ts"),
    "mkv of a live recording": UnusualClip(broken("matroska", 0.6, "-live", "1"), "clip.mkv"),
}
"""What has a beginning that can be shown."""

NO_FILM = "is not a picture, video or sound"

REFUSED: Mapping[str, tuple[UnusualClip, str]] = {
    "mp4 without its index": (UnusualClip(broken("mp4", 0.6)), "is cut short: it has "),
    "mp4 without its end": (UnusualClip(broken("mp4", 0.9, "-movflags", "faststart")), "is cut short: it has "),
    "mkv without its end": (UnusualClip(broken("matroska", 0.6), "clip.mkv"), "is cut short: it has "),
    "mkv without its picture": (UnusualClip(broken("matroska", 0.03), "clip.mkv"), "is cut short: it has "),
    "words": (UnusualClip(words), NO_FILM),
    "gif": (UnusualClip(coded("-c:v", "gif", "-an"), "clip.gif"), "is a picture and needs a `duration`"),
    "nothing": (UnusualClip(lambda path: path.write_bytes(b"")), "is empty"),
}
"""What a cut can't be made from, and why."""

NAMES = (
    "q'u\"ote.mp4",
    "new\nline.mp4",
    "100%d %{pts} %03d.mp4",
    "中文 片 🎬.mp4",
    "-dash.mp4",
    "concat:x|y.mp4",
    "a;b[v],c=d\\e.mp4",
    "$(touch pwned).mp4",
    "`touch pwned`.mp4",
    "#{x} & ~ * ? <>.mp4",
)
