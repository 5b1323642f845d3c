"""Pictures as people see them: upright, over black, in sRGB with eight bits, one after another where they move."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from threading import Lock

from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError, features

from wanflow.media.container import BadMedia

PICTURES = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
"""Formats that are read; the last two are recognised although no model takes them."""
ANIMATED = ("PNG", "WEBP", "GIF")
"""Formats whose pictures are shown one after another; a TIFF has pages."""
MOST_PIXELS = 178_956_970
"""Pixels of the largest picture that is decoded: above it Pillow refuses as well, and at half of it it warns."""

DAMAGED = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, OverflowError, EOFError, struct.error)
"""Errors that Pillow's readers raise for a damaged file."""

QUARTER_TURNS = {5, 6, 7, 8}
"""EXIF orientations of a picture that is turned by a quarter."""
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
HINT = "take a png, jpeg, webp, bmp, gif or tiff"

SHORTEST_MS, BROWSERS_MS = 10, 100
"""A picture of an animation that lasts no longer than the first is shown for the second, as browsers do."""

_header_lock = Lock()
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
        with _lazily(path if data is None else BytesIO(data)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _too_large(path)
            yield image
    except UnidentifiedImageError:
        raise
    except Image.DecompressionBombError as fault:
        raise _too_large(path) from fault
    except DAMAGED as fault:
        raise BadMedia(path, f"is a damaged picture: {fault}", hint="export it again") from fault


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height as the camera was held."""
    turned = image.getexif().get(ExifTags.Base.Orientation) in QUARTER_TURNS
    return (image.height, image.width) if turned else (image.width, image.height)


def picture_count(image: Image.Image) -> int:
    """The pictures in a file that are shown one after another, or are its pages; a camera's previews don't count."""
    return getattr(image, "n_frames", 1) if image.format in (*ANIMATED, "TIFF") else 1


def read_still(path: Path) -> Image.Image:
    """The picture in a file, the first of several, as people see it. Raises BadMedia."""
    if not path.is_file():
        raise BadMedia(path, "is not a file" if path.exists() else "does not exist")
    try:
        with opened_picture(path) as image:
            return _as_seen(image)
    except UnidentifiedImageError as fault:
        raise BadMedia(path, "is not a picture that can be read", hint=HINT) from fault


def read_moving(path: Path, rate: Fraction, first: int = 0) -> Iterator[Image.Image]:
    """The pictures of a file at `rate`, from frame `first` on, again and again without an end; a still stays.

    Raises BadMedia.
    """
    with opened_picture(path) as image:
        begin = 1 if getattr(image, "default_image", False) else 0
        pictures = range(begin, max(begin + 1, picture_count(image) if image.format in ANIMATED else 1))
        frame, until = first, Fraction(0)
        if len(pictures) == 1:
            still = _as_seen(image)
            while True:
                yield still
        while True:
            for number in pictures:
                image.seek(number)
                until += _seconds(image)
                if frame < until * rate:
                    seen = _as_seen(image)
                while frame < until * rate:
                    yield seen
                    frame += 1


def _seconds(image: Image.Image) -> Fraction:
    image.load()
    milliseconds = Fraction(image.info.get("duration") or 0)
    return (milliseconds if milliseconds > SHORTEST_MS else Fraction(BROWSERS_MS)) / 1000


def _lazily(file: Path | BytesIO) -> Image.Image:
    """Open a picture without Pillow's words on its size, which wanflow judges itself."""
    with _header_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(file, formats=PICTURES)


def _too_large(path: Path) -> PictureTooLarge:
    megapixels = MOST_PIXELS // 1_000_000
    return PictureTooLarge(path, f"is a picture of more than {megapixels} million pixels", hint="scale it down")


def _as_seen(image: Image.Image) -> Image.Image:
    """The decoded picture upright, over black, in sRGB."""
    image.load()
    turn = UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return _over_black(_eight_bits(image if turn is None else image.transpose(turn)))


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of more than eight bits in eight, where Pillow would clip it."""
    if not image.mode.startswith(("I", "F")):
        return image
    grey = image.convert("I").convert("F") if image.mode.startswith("I;16") else image.convert("F")
    brightest = max(level for level in grey.getextrema() if isinstance(level, float))
    scale: float = 255 if image.mode == "F" and brightest <= 1 else 1
    if image.mode.startswith("I;16") or brightest > 255:
        scale = 1 / 256 if brightest < 1 << 16 else 1 / (1 << 23)
    level = grey.point(lambda value: value * scale + 0).convert("L")
    level.info.pop("transparency", None)
    return level


def _over_black(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return _in_srgb(image, image.info.get("icc_profile"))
    clear = image.convert("RGBA")
    black = Image.new("RGB", image.size, BLACK)
    black.paste(_in_srgb(clear.convert("RGB"), image.info.get("icc_profile")), mask=clear.getchannel("A"))
    return black


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
