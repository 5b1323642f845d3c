"""The media of an order, and the ffmpeg command that makes one film of them: its size, inputs, filters and encoder."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isqrt
from pathlib import Path

import av
from PIL import Image

from wanflow.emulator.api.order import Grade, Rejected, repeated
from wanflow.emulator.film.repetition import BASELINE
from wanflow.media.container import BadMedia, film_of, opened, sound_stream
from wanflow.media.ffmpeg import path_argument
from wanflow.media.inputs import Options, input_words, media_options, own_options
from wanflow.media.picture.still import PictureTooLarge, read_still
from wanflow.records import immutable

FPS = 30
SAMPLE_RATE = 48_000

QUALITY: Mapping[Grade, Sequence[str]] = {
    # one quantizer for all: choosing it by the frame takes more than half of the encoder's time, and a third for sound
    Grade.DRAFT: ("-qp", "22", *BASELINE, "-q:a", "2", "-aac_coder", "fast", "-aac_ms", "0", "-aac_tns", "0"),
    Grade.FINAL: ("-crf", "18", "-b:a", "160k"),
}
"""What makes the encoders faster or better; the film has the same format."""

ENCODER = (
    "-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-pix_fmt", "yuv420p",
    "-bf", "0", "-g", str(FPS), "-video_track_timescale", "15360",
    "-c:a", "aac", "-ar", str(SAMPLE_RATE), "-ac", "2",
    "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact",
    "-movflags", "+faststart", "-f", "mp4",
)  # fmt: skip
"""Options of the output: no dates, no versions and one thread, so that the same frames give the same bytes."""

PIXEL_DEMUXER = "rawvideo"

TAGS = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709,setsar=1"

PixelSize = tuple[int, int]
"""Width and height in pixels."""

Sizes = Mapping[str, Mapping[str, str]]
"""The sizes of a model's films by tier and ratio, written `1280*720` (service.md 7.2 and 7.3)."""


def size_by_ratio(sizes: Sizes, tier: str, ratio: str) -> PixelSize:
    """The size of a film whose ratio was asked for: that of the model's table, else the ratio at the tier's pixels."""
    known = sizes.get(tier, {}).get(ratio)
    width, _, height = (ratio if known is None else known).partition(":" if known is None else "*")
    return size_by_input(tier, (int(width), int(height))) if known is None else (int(width), int(height))


def size_by_input(tier: str, given: PixelSize) -> PixelSize:
    """The size of a film that follows a picture or a clip: its aspect at the tier's pixels, down to multiples of 16.

    A tier like `720P` has the pixels of 1280 by 720. Whole numbers throughout: with floats the root of 921600 · 16/9
    comes out below 1280 (service.md 7.4).
    """
    width, height = given
    side = int(tier.removesuffix("P"))
    pixels = side * side * 16 // 9
    exact = isqrt(pixels * width // height), isqrt(pixels * height // width)
    return max(exact[0] // 16 * 16, 16), max(exact[1] // 16 * 16, 16)


@immutable
class DrawnPicture:
    """A picture that was drawn here, in a file of its bare pixels: quicker than a PNG for both sides.

    Over a film its place is `at`: pixels from the left and from the top.
    """

    path: Path
    size: PixelSize
    pixel_format: str
    at: PixelSize = (0, 0)


class FilmCommand:
    """Collects the arguments of the ffmpeg that makes one film of `frames` frames of `size`.

    It is filmed at 30 frames a second, and delivered at `rate`.
    """

    def __init__(self, frames: int, size: PixelSize) -> None:
        self.frames = frames
        self.size = size
        self.rate = FPS
        self._inputs: list[str] = []
        self._input_count = 0
        self._filters: list[str] = []

    @property
    def samples(self) -> int:
        """The samples of sound beside its frames."""
        return self.frames * SAMPLE_RATE // FPS

    def add_media(self, path: Path, *, endless: bool = False) -> int:
        """Read a video or a sound, again and again where it is `endless`; returns the number of the input."""
        return self._add(path, {**media_options(path), "stream_loop": -1} if endless else media_options(path))

    def add_picture(self, picture: DrawnPicture) -> str:
        """Read a picture that was drawn here; returns the name of its stream."""
        width, height = picture.size
        form: Options = {"pixel_format": picture.pixel_format, "video_size": f"{width}x{height}"}
        return f"{self._add(picture.path, {**own_options(PIXEL_DEMUXER), **form})}:v"

    def _add(self, path: Path, options: Options) -> int:
        self._inputs += input_words(path, {"threads": 1, **options})
        self._input_count += 1
        return self._input_count - 1

    def add_filter(self, sources: Sequence[str], filters: str) -> str:
        """Send streams (`0:v`, or the output of another chain) through a filter chain; returns its output's name."""
        name = f"s{len(self._filters)}"
        self._filters.append(f"{''.join(f'[{source}]' for source in sources)}{filters}[{name}]")
        return name

    def arguments(
        self, video: str, audio: str | None, target: Path, *, grade: Grade, comment: str, repeats: int = 1
    ) -> list[str]:
        """The arguments that make the film, silent without `audio`; `comment` is written into the file.

        Where its pictures will be repeated, so that there are `repeats` of each, it has as many frames fewer.
        """
        sound = [] if audio is None else ["-map", f"[{audio}]"]
        clock = f"settb=1/{FPS},setpts=N,fps={FPS}," if repeats > 1 else ""
        delivered = f"trim=end_frame={-(-self.frames // repeats)}" + ("" if self.rate == FPS else f",fps={self.rate}")
        picture = self.add_filter([video], f"{clock}{delivered},format=yuv420p,{TAGS}")
        return [
            *self._inputs,
            "-filter_complex_threads", "1", "-filter_complex", ";".join(self._filters),
            "-map", f"[{picture}]", *sound, "-r", str(self.rate), *ENCODER, *QUALITY[grade],
            "-metadata", f"comment={comment}", "-y", path_argument(target),
        ]  # fmt: skip


@immutable
class InputVideo:
    """A video: its size after rotation, its length, and the numbers of the streams that are seen and heard."""

    path: Path
    size: PixelSize
    seconds: Fraction
    picture: int
    sound: int | None

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
        raise Rejected("InvalidParameter", f"Failed to download {repeated(url)}")
    return found


def probe_clip(path: Path) -> InputVideo:
    """What a video is. Raises Rejected in the service's words for any other file."""
    try:
        with opened(path) as container:
            stream, sound = film_of(container, path), sound_stream(container)
            frame = next(container.decode(stream))
            length = stream.duration * stream.time_base if stream.duration and stream.time_base else None
            seconds = length or Fraction(container.duration or 0, av.time_base)
            size = (frame.height, frame.width) if frame.rotation % 180 else (frame.width, frame.height)
            return InputVideo(path, size, seconds, stream.index, None if sound is None else sound.index)
    except (BadMedia, StopIteration):
        raise Rejected("InvalidFile.Openerror", "Invalid file, cannot open file as video.") from None


def open_picture(path: Path) -> Image.Image:
    """A picture as people see it. Raises Rejected in the service's words for any other file."""
    try:
        return read_still(path)
    except PictureTooLarge:
        raise Rejected("InvalidFile.Resolution", "Invalid image resolution.") from None
    except BadMedia:
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
