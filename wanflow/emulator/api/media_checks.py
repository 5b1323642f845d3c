"""Checks the media of a request before anything is filmed: their kinds and their limits (service.md 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from PIL import UnidentifiedImageError

from wanflow.emulator.api.order import Order, OrderItem, Rejected
from wanflow.emulator.api.rules import UNSEEN, FileRules
from wanflow.emulator.api.validate import check_counts
from wanflow.emulator.film.command import PixelSize
from wanflow.media.container import BadMedia, film_of, opened, sound_stream
from wanflow.media.picture.still import PictureTooLarge, opened_picture, upright_size
from wanflow.records import immutable

Fetch = Callable[[str], Path | None]
"""The file behind an address, None where it is out of reach; raises Rejected for an address that is none."""

MEGABYTE = 10**6


@immutable
class MediaInfo:
    """What a file is; `size` is as it is shown, `seconds` 0 for a picture."""

    format: str
    bytes: int
    size: PixelSize | None = None
    seconds: Fraction = Fraction(0)
    alpha: bool = False


def inspect(order: Order, fetch: Fetch) -> Order:
    """The order with the kinds of its references known. What is out of reach is left as it is.

    Raises Rejected in the service's words for media that break the model's rules.
    """
    media = tuple(_seen(item, order, fetch) for item in order.media)
    check_counts(media, order.rules, order.region)
    _check_lengths(media, order, fetch)
    for item in media:
        if item.type != UNSEEN:
            _check(item.url, order.rules.files[item.type], fetch)
        if item.voice is not None:
            _check(item.voice, order.rules.voices[item.type], fetch)
    return replace(order, media=media)


def _seen(item: OrderItem, order: Order, fetch: Fetch) -> OrderItem:
    path = fetch(item.url) if item.type == UNSEEN else None
    if path is None:
        return item
    kind = "image" if _is_picture(path) else "video"
    known = (name for name, role in order.rules.roles.items() if role == "reference")
    return replace(item, type=next(name for name in known if order.rules.files[name].kind == kind))


def _check_lengths(media: Sequence[OrderItem], order: Order, fetch: Fetch) -> None:
    """Raise Rejected for media of a type that are too long together, or with the result (service.md 2.6)."""
    length = order.rules.settings.get("duration")
    shared = None if length is None else length.shared
    for kind in {*order.rules.together, *(() if shared is None else (shared[0],))}:
        paths = [path for item in media if item.type == kind and (path := fetch(item.url)) is not None]
        seconds = sum((_LOOKS[order.rules.files[kind].kind](path).seconds for path in paths), Fraction(0))
        most = order.rules.together.get(kind)
        if most is not None and seconds > most:
            raise Rejected("InvalidFile.Duration", f"The total duration of {kind} must be at most {most} s.")
        if shared is not None and kind == shared[0] and paths and seconds + order.seconds > shared[1]:
            words = f"The total duration of the input and output videos must be at most {shared[1]} s."
            raise Rejected("InvalidParameter", words)


def _check(url: str, rule: FileRules, fetch: Fetch) -> None:
    path = fetch(url)
    if path is None:
        return
    found = _LOOKS[rule.kind](path)
    if found.format not in rule.formats and found.format:
        raise Rejected("InvalidFile.Format", f"Invalid file format. The file format must be {', '.join(rule.formats)}.")
    if url.startswith("data:") and not url.startswith(f"data:image/{found.format};base64,"):
        raise Rejected("InvalidParameter", "url error, please check url！")
    if found.bytes > rule.most_bytes:
        most = rule.most_bytes // MEGABYTE
        words = f"Invalid file size. The {rule.kind} file size must be less than {most}MB."
        raise Rejected("InvalidFile.Size", words)
    if found.alpha and not rule.alpha:
        raise Rejected("InvalidFile.Format", "Invalid file format. Images with an alpha channel are not supported.")
    _check_shape(found, rule)
    if rule.seconds is not None and not rule.seconds[0] <= found.seconds <= rule.seconds[1]:
        words = f"Invalid file duration. The file duration must be {rule.seconds[0]} s ~ {rule.seconds[1]} s."
        raise Rejected("InvalidFile.Duration", words)


def _check_shape(found: MediaInfo, rule: FileRules) -> None:
    if found.size is not None and rule.sides is not None:
        low, high = rule.sides
        if not all(low <= side <= high for side in found.size):
            words = f"Invalid {rule.kind} resolution. The height or width of {rule.kind} must be {low} ~ {high}."
            raise Rejected("InvalidFile.Resolution", words)
    if found.size is not None and rule.shape is not None:
        short, long = rule.shape
        if max(found.size) * short > min(found.size) * long:
            words = f"Invalid {rule.kind} aspect ratio. It must be {short}:{long} ~ {long}:{short}."
            raise Rejected("InvalidFile.AspectRatio", words)


def _look_at_picture(path: Path) -> MediaInfo:
    try:
        with opened_picture(path) as picture:
            picture.load()
            written = (picture.format or "").lower()
            seen = {"mpo": "jpeg"}.get(written, written)  # a camera's JPEG with a second picture behind it is one
            return MediaInfo(seen, path.stat().st_size, upright_size(picture), alpha=picture.has_transparency_data)
    except PictureTooLarge:
        raise Rejected("InvalidFile.Resolution", "Invalid image resolution.") from None
    except (UnidentifiedImageError, BadMedia):
        raise _not_open("image") from None


def _look_at_video(path: Path) -> MediaInfo:
    try:
        with opened(path) as container:
            stream = film_of(container, path)
            frame = next(container.decode(stream))
            size = (frame.height, frame.width) if frame.rotation % 180 else (frame.width, frame.height)
            length = stream.duration * stream.time_base if stream.duration and stream.time_base else None
            seconds = length or Fraction(container.duration or 0, av.time_base)
            return MediaInfo(_format(container), path.stat().st_size, size, seconds)
    except (BadMedia, StopIteration):
        raise _not_open("video") from None


def _look_at_document(path: Path) -> MediaInfo:
    """A document by its name, where it has one: an upload is kept without its suffix."""
    return MediaInfo(path.suffix[1:].lower(), path.stat().st_size)


def _look_at_sound(path: Path) -> MediaInfo:
    try:
        with opened(path) as container:
            stream = sound_stream(container)
            if stream is None:
                raise _not_open("audio")
            next(container.decode(stream))
            length = stream.duration * stream.time_base if stream.duration and stream.time_base else None
            seconds = length or Fraction(container.duration or 0, av.time_base)
            return MediaInfo(_format(container), path.stat().st_size, None, seconds)
    except (BadMedia, StopIteration):
        raise _not_open("audio") from None


_STILL = {"avif", "avis", "heic", "heix", "hevc", "heim", "mif1", "msf1"}
"""Brands of pictures in the container of videos."""

_LOOKS: dict[str, Callable[[Path], MediaInfo]] = {
    "image": _look_at_picture,
    "video": _look_at_video,
    "audio": _look_at_sound,
    "document": _look_at_document,
    "page": _look_at_document,
}


def _is_picture(path: Path) -> bool:
    try:
        with opened_picture(path):
            return True
    except PictureTooLarge:
        return True
    except (UnidentifiedImageError, BadMedia):
        return False


def _format(container: InputContainer) -> str:
    demuxer = container.format.name.partition(",")[0]
    if demuxer != "mov":
        return demuxer
    brand = container.metadata.get("major_brand", "").strip()
    if brand in _STILL:
        return brand
    return {"qt": "mov", "M4A": "m4a"}.get(brand, "mp4")


def _not_open(kind: str) -> Rejected:
    return Rejected("InvalidFile.Openerror", f"Invalid file, cannot open file as {kind}.")
