"""Small files of every kind, good ones and bad ones, drawn once; what they are is measured once."""

from __future__ import annotations

import atexit
import shutil
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import av
from PIL import Image

from kit.clips import to_frame
from wanflow.language.media_checks import file_sources
from wanflow.language.production import Production
from wanflow.language.source import FactsTable, Unreadable
from wanflow.media import probe
from wanflow.media.container import BadMedia

GOOD = {"image": "good.png", "video": "good.mp4", "audio": "voice.wav"}
"""By kind: a file that any model takes, wherever it takes that kind."""


@dataclass(frozen=True)
class SampleFile:
    """What a file is taken for, and how it is drawn."""

    kind: str
    draw: Callable[[Path], None]


def _picture(size: tuple[int, int], mode: str = "RGB", written: str = "PNG") -> SampleFile:
    return SampleFile("image", lambda path: Image.new(mode, size, None).save(path, written))


def _video(size: tuple[int, int], seconds: int, container: str = "mp4") -> SampleFile:
    return SampleFile("video", lambda path: _film(path, size, seconds, container))


def _sound(seconds: int) -> SampleFile:
    return SampleFile("audio", lambda path: _tone(path, seconds))


SPECIMENS: Mapping[str, SampleFile] = {
    "good.png": _picture((800, 450)),
    "good.jpg": _picture((450, 800), written="JPEG"),
    "good.webp": _picture((300, 300), written="WEBP"),
    "good.bmp": _picture((240, 240), written="BMP"),
    "renamed.png": _picture((640, 360), written="JPEG"),
    "small.png": _picture((239, 300)),
    "huge.png": _picture((8001, 1100), mode="1"),
    "long.png": _picture((2169, 271)),
    "longest.png": _picture((2168, 271)),
    "clear.png": _picture((640, 360), mode="RGBA"),
    "moving.png": _picture((640, 360), mode="P", written="GIF"),
    "camera.jpg": SampleFile("image", lambda path: _two_pictures(path, "MPO")),
    "still.avif": SampleFile("video", lambda path: _two_pictures(path, "AVIF")),
    "broken.png": SampleFile("image", lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64)) and None),
    "junk.png": SampleFile("image", lambda path: path.write_bytes(b"no picture at all") and None),
    "good.mp4": _video((320, 240), 3),
    "good.mov": _video((240, 320), 2, "mov"),
    "brief.mp4": _video((320, 240), 1),
    "lasting.mp4": _video((320, 240), 12),
    "endless.mp4": _video((240, 240), 31),
    "tiny.mp4": _video((238, 320), 3),
    "other.mp4": _video((320, 240), 3, "matroska"),
    "short.wav": _sound(1),
    "voice.wav": _sound(3),
    "long.wav": _sound(11),
    "endless.wav": _sound(31),
}
"""By name; a name does not prove what is inside."""


@cache
def _folder() -> Path:
    folder = Path(mkdtemp(prefix="wanflow-specimens-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def place_of(name: str) -> Path:
    """Where a specimen is."""
    path = _folder() / name
    SPECIMENS[name].draw(path)
    return path


def facts_of(production: Production) -> FactsTable:
    """What is known of a production's files, all of them specimens."""
    return {path: _measured(path) for path in file_sources(production)}


@cache
def _measured(name: str) -> object:
    try:
        return probe.probe(place_of(name))
    except BadMedia as bad:
        return Unreadable(bad.why, bad.hint)


def _two_pictures(path: Path, written: str) -> None:
    first, second = (Image.new("RGB", (640, 360), (shade, 90, 60)) for shade in (60, 90))
    first.save(path, written, save_all=True, append_images=[second])


def _film(path: Path, size: tuple[int, int], seconds: int, container: str) -> None:
    with av.open(str(path), "w", format=container) as target:
        stream = target.add_stream("libx264", rate=5, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        frame = to_frame(Image.new("RGB", size, (90, 120, 60)))
        for number in range(seconds * 5):
            frame.pts = number
            target.mux(stream.encode(frame))
        target.mux(stream.encode())


def _tone(path: Path, seconds: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 8_000 * seconds))
