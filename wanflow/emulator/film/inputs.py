"""The media of an order: where they are on this machine, and what they are."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image, ImageOps, UnidentifiedImageError

from wanflow.emulator.api.order import Rejected
from wanflow.emulator.film.command import FPS, PixelSize


@dataclass(frozen=True, slots=True)
class InputVideo:
    """A video: its size after rotation, its length, and whether it has sound."""

    path: Path
    size: PixelSize
    seconds: Fraction
    sound: bool

    @property
    def frames(self) -> int:
        """How many frames it has at 30 a second; at least one."""
        return max(round(self.seconds * FPS), 1)


def fetch(url: str, files: Mapping[str, Path], scratch: Path) -> Path | None:
    """The file of a URL; None where it is out of reach, which a card in the film then says.

    A data URI is written into `scratch`. Raises Rejected for one that cannot be read and for an upload that is gone.
    """
    if url.startswith("data:"):
        return _write_inline(url, scratch)
    found = files.get(url)
    if found is None and not url.startswith(("http://", "https://")):
        raise Rejected("InvalidParameter", f"Failed to download {url}")
    return found


def probe_clip(path: Path) -> InputVideo:
    """What a video is. Raises Rejected in the service's words for any other file."""
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            frame = next(container.decode(stream))
            length = stream.duration * stream.time_base if stream.duration and stream.time_base else None
            seconds = length or Fraction(container.duration or 0, av.time_base)
            size = (frame.height, frame.width) if frame.rotation % 180 else (frame.width, frame.height)
            return InputVideo(path, size, seconds, bool(container.streams.audio))
    except (av.FFmpegError, IndexError, StopIteration):
        raise Rejected("InvalidFile.Openerror", "Invalid file, cannot open file as video.") from None


def open_picture(path: Path) -> Image.Image:
    """A picture upright in RGB. Raises Rejected in the service's words for any other file."""
    try:
        with Image.open(path) as picture:
            return ImageOps.exif_transpose(picture).convert("RGB")
    except Image.DecompressionBombError:
        raise Rejected("InvalidFile.Resolution", "Invalid image resolution.") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise Rejected("InvalidFile.Openerror", "Invalid file, cannot open file as image.") from None


def _write_inline(url: str, scratch: Path) -> Path:
    head, comma, data = url.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        raise Rejected("InvalidParameter", "url error, please check url！")
    try:
        decoded = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("InvalidParameter", "url error, please check url！") from None
    place = scratch / f"inline-{len(list(scratch.iterdir()))}"
    place.write_bytes(decoded)
    return place
