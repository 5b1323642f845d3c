"""Pictures as people see them: upright, over black, in sRGB with eight bits, one after another where they move."""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from threading import Lock

from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError, features

from wanflow.media.container import QUARTER_TURNS, BadMedia
from wanflow.messages import tr

PICTURES = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
"""Formats that are read; the last two are recognised although no model takes them."""
ANIMATED = ("PNG", "WEBP", "GIF")
"""Formats whose pictures are shown one after another; a TIFF has pages."""
SIDE = 8_000
MOST_PIXELS = SIDE * SIDE
"""Pixels of the largest picture that is decoded: no model takes more, and one takes up to 1 GB of memory."""
MOST_BYTES = 256_000_000
"""Bytes of the largest picture file, since Pillow reads a WebP whole."""
MOST_SCANS = 100
"""Scans of a JPEG: each is decoded over the whole picture, and a program writes at most ten."""
MOST_PICTURES = 10_000
"""Pictures of an animation: a quarter of an hour of ten a second."""
MOST_PAGES = 1_000
"""Pages of a TIFF, whose list Pillow searches for each page."""
MOST_MOVING_PIXELS = MOST_PICTURES * 1920 * 1080
"""Pixels of all pictures of an animation, which a cut decodes one after another."""

BEGINNINGS = re.compile(rb"\x89PNG|\xff\xd8\xff|RIFF....WEBP|BM|GIF8|II\*\0|MM\0\*", re.DOTALL)
"""First bytes of the pictures that are read."""
MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
"""A marker of a JPEG that isn't part of a scan."""
END_OF_PICTURE, SCAN = 0xD9, 0xDA
TOO_MUCH_TEXT = ("Decompressed data too large", "Too much memory used in text chunks")
"""Beginnings of Pillow's messages about texts and colour profiles that unpack to more than it reads."""

DAMAGED = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, OverflowError, EOFError, struct.error)
"""Errors that Pillow's readers raise for a damaged file."""

UPRIGHT: Mapping[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Transpositions that turn a picture upright, by EXIF's orientation."""

MANAGED = ("RGB", "CMYK", "L", "LAB")
"""Modes whose colour profile is applied."""
BLACK = (0, 0, 0)
HINT = tr("take a png, jpeg, webp, bmp, gif or tiff")

SHORTEST_MS, BROWSERS_MS = 10, 100
"""A picture of an animation that lasts no longer than the first is shown for the second, as browsers do."""

_warnings_lock = Lock()
"""Held while Pillow's warnings are off, since they are off for all threads."""


class PictureTooLarge(BadMedia):
    """A picture of more than `MOST_PIXELS`, by its header."""


@contextmanager
def opened_picture(path: Path, data: bytes | None = None) -> Iterator[Image.Image]:
    """A picture file, or one in memory that is called `path`, open but not decoded yet.

    What fails inside the block is a BadMedia, a PictureTooLarge before anything is decoded. Raises Pillow's
    UnidentifiedImageError for a file that is not a picture.
    """
    try:
        _require_bytes(path, data)
        with _quiet():
            opened = Image.open(path if data is None else BytesIO(data), formats=PICTURES)
        with opened as image:
            _require_pixels(path, image)
            if image.format in ("JPEG", "MPO"):
                _require_scans(path, data)
            yield image
    except UnidentifiedImageError:
        raise
    except Image.DecompressionBombError as fault:
        raise _too_large(path) from fault
    except DAMAGED as fault:
        if str(fault).startswith(TOO_MUCH_TEXT):
            why = tr("has texts or a colour profile of more than a picture needs")
            raise BadMedia(path, why, hint=tr("export it again without them")) from fault
        raise BadMedia(path, tr("is a damaged picture: {fault}", fault=fault), hint=tr("export it again")) from fault


@contextmanager
def _quiet() -> Iterator[None]:
    """A block in which Pillow reads headers without its warnings: wanflow judges sizes, and damage is an error."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _require_bytes(path: Path, data: bytes | None) -> None:
    """Raise PictureTooLarge for a picture file of too many bytes."""
    if data is not None or path.stat().st_size <= MOST_BYTES:
        return
    with path.open("rb") as file:
        if BEGINNINGS.match(file.read(12)):
            why = tr("is a picture of more than {most_bytes} MB", most_bytes=MOST_BYTES // 10**6)
            raise PictureTooLarge(path, why, hint=tr("save it with compression, or scale it down"))


def _require_pixels(path: Path, image: Image.Image) -> None:
    """Raise PictureTooLarge for a picture of too many pixels, by what its header tells."""
    if image.width * image.height > MOST_PIXELS:
        raise _too_large(path)


def _require_scans(path: Path, data: bytes | None) -> None:
    """Raise BadMedia for a JPEG of too many scans; what is behind its end, such as a film, doesn't count."""
    content, at, scans = path.read_bytes() if data is None else data, 2, 0
    while scans <= MOST_SCANS and (found := MARKER.search(content, at)):
        marker, at = found[1][0], found.end()
        if marker == END_OF_PICTURE:
            return
        scans += marker == SCAN
        at += int.from_bytes(content[at : at + 2])
    if scans > MOST_SCANS:
        raise BadMedia(
            path, tr("is a JPEG of more than {most_scans} scans", most_scans=MOST_SCANS), hint=tr("export it again")
        )


def moves(path: Path) -> bool:
    """Whether a picture file is an animation. Raises BadMedia."""
    with _recognised(path) as image:
        return image.format in ANIMATED and picture_count(image, path) > 1


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height as the camera was held."""
    return (image.height, image.width) if _orientation(image) in QUARTER_TURNS else (image.width, image.height)


def _orientation(image: Image.Image) -> int:
    with _quiet():
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))


def picture_count(image: Image.Image, path: Path) -> int:
    """The pictures in a file that are shown one after another, or are its pages; a camera's previews don't count.

    Raises BadMedia for more than a film can have.
    """
    if image.format == "TIFF":
        return _page_count(image, path)
    with _quiet():
        count: int = getattr(image, "n_frames", 1) if image.format in ANIMATED else 1
    if count > MOST_PICTURES or count * image.width * image.height > max(MOST_MOVING_PIXELS, MOST_PIXELS):
        size = tr("{width} x {height} pixels", width=image.width, height=image.height)
        raise BadMedia(
            path, tr("is an animation of {count} pictures of {size}", count=count, size=size), hint=tr("take a video")
        )
    return count


def _page_count(image: Image.Image, path: Path) -> int:
    """The pages of a TIFF, one by one: Pillow would count all of them, in a time that grows with their square."""
    for page in range(1, MOST_PAGES + 1):
        try:
            with _quiet():
                image.seek(page)
        except EOFError:
            image.seek(0)
            return page
    raise BadMedia(
        path, tr("has more than {most_pages} pages", most_pages=MOST_PAGES), hint=tr("save the first one alone")
    )


def read_still(path: Path) -> Image.Image:
    """The picture in a file, the first of several, as people see it. Raises BadMedia."""
    with _recognised(path) as image:
        return _as_seen(image)


def read_moving(path: Path, rate: Fraction, first: int = 0) -> Iterator[Image.Image]:
    """The pictures of a file at `rate`, from frame `first` on, again and again without an end; a still stays.

    Raises BadMedia.
    """
    with _recognised(path) as image:
        begin = 1 if getattr(image, "default_image", False) else 0
        pictures = range(begin, max(begin + 1, picture_count(image, path) if image.format in ANIMATED else 1))
        frame, until = first, Fraction(0)
        if len(pictures) == 1:
            still = _as_seen(image)
            while True:
                yield still
        while True:
            for number in pictures:
                with _quiet():
                    image.seek(number)
                _require_pixels(path, image)  # a GIF grows by a picture beyond its edge
                image.load()
                milliseconds = Fraction(image.info.get("duration") or 0)
                until += (milliseconds if milliseconds > SHORTEST_MS else Fraction(BROWSERS_MS)) / 1000
                if frame < until * rate:
                    seen = _as_seen(image)
                while frame < until * rate:
                    yield seen
                    frame += 1


def turned_over_black(image: Image.Image, orientation: int) -> Image.Image:
    """A picture turned upright by EXIF's number, over black, in sRGB with eight bits."""
    turn = UPRIGHT.get(orientation)
    upright = _eight_bits(image if turn is None else image.transpose(turn))
    if not upright.has_transparency_data:
        return _in_srgb(upright, upright.info.get("icc_profile"))
    clear = upright if upright.mode == "RGBA" else upright.convert("RGBA")  # a copy is 256 MB at worst
    black = Image.new("RGB", upright.size, BLACK)
    black.paste(_in_srgb(clear.convert("RGB"), upright.info.get("icc_profile")), mask=clear.getchannel("A"))
    return black


@contextmanager
def _recognised(path: Path) -> Iterator[Image.Image]:
    """A file that must be a picture; raises BadMedia for any other one."""
    if not path.is_file():
        raise BadMedia(path, tr("is not a file") if path.exists() else tr("does not exist"))
    try:
        with opened_picture(path) as image:
            yield image
    except UnidentifiedImageError as fault:
        raise BadMedia(path, tr("is not a picture that can be read"), hint=HINT) from fault


def _too_large(path: Path) -> PictureTooLarge:
    why = tr("is a picture of more than {most_pixels} million pixels", most_pixels=MOST_PIXELS // 1_000_000)
    return PictureTooLarge(path, why, hint=tr("scale it down: models take at most {side} pixels a side", side=SIDE))


def _as_seen(image: Image.Image) -> Image.Image:
    """The decoded picture upright, over black, in sRGB."""
    image.load()
    return turned_over_black(image, _orientation(image))


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of more than eight bits in eight, where Pillow would clip it."""
    if not image.mode.startswith(("I", "F")):
        return image
    grey = image.convert("I").convert("F") if image.mode.startswith("I;16") else image.convert("F")
    scale = _scale(image.mode, max(level for level in grey.getextrema() if isinstance(level, float)))
    level = grey.point(lambda value: value * scale + 0).convert("L")
    clear = level.info.pop("transparency", None)
    if image.mode == "I;16" and isinstance(clear, int):
        level.putalpha(image.convert("I").point([0 if value == clear else 255 for value in range(1 << 16)], "L"))
    return level


def _scale(mode: str, brightest: float) -> float:
    """The factor that brings grey to 255 levels, by its mode and where that leaves it open by its brightest level."""
    if mode == "F" and brightest <= 1:
        return 255
    if not mode.startswith("I;16") and brightest <= 255:
        return 1
    return 1 / 256 if brightest < 1 << 16 else 1 / (1 << 23)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture's colours by its own profile; one that is damaged, or made for other channels, is ignored."""
    if not profile or not features.check("littlecms2"):
        return image.convert("RGB")
    plain = image if image.mode in MANAGED else image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        managed = ImageCms.profileToProfile(plain, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image.convert("RGB")
    return managed or image.convert("RGB")
