"""Sources: a file, an address, inline data or a shot, with the piece of it that is meant, and the facts of a file."""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Literal

from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.timebase import to_frames
from wanflow.yamldoc.nodes import Place


class Kind(StrEnum):
    """What a media file is, by its content."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    SUBTITLES = "subtitles"
    DOCUMENT = "document"
    PAGE = "page"
    FONT = "font"


@immutable
class Facts:
    """A media file's measured properties.

    `format` is by content (`png`, `jpeg`, `webp`, `bmp`, `mp4`, `mov`, `wav`, `mp3`, `srt`, `vtt`, `ass`, …).
    `frames` and `rate` are of the video, `samples` and `sample_rate` of the sound track, 0 and None where there is
    none; `seconds` is exact: frames / rate of a video, samples / sample_rate of a sound, the end of the last line of
    subtitles, 0 of a picture. `pictures` is how many a picture file has: the frames of an animation, or pages. `hdr`
    is the curve of a video of high dynamic range, `PQ` or `HLG`. A video of variable rate has `frames` places on a grid
    of `rate`, and `pace` is its usual number of pictures a second, None where the rate is constant. `flaws` are what a
    film loses of the file, as message fragments.
    """

    kind: Kind
    format: str
    digest: str
    size_bytes: int
    width: int = 0
    height: int = 0
    alpha: bool = False
    frames: int = 0
    rate: Fraction | None = None
    samples: int = 0
    sample_rate: int = 0
    seconds: Fraction = Fraction(0)
    pictures: int = 1
    hdr: str | None = None
    pace: Fraction | None = None
    flaws: tuple[str, ...] = ()


@immutable
class Unreadable:
    """A file that does not exist or is not a media file; `why` is a message fragment, `hint` the way out.

    `near` is the path in the hint, from the production's folder, of the file that was meant.
    With the `line` of a text file, `why` is what is wrong in that line; `others` are the faults of further lines.
    """

    why: str
    hint: str | None = None
    near: str | None = None
    line: int | None = None
    others: tuple[Unreadable, ...] = ()

    def hint_at(self, place: Place) -> str | None:
        """The hint with the path as the file of a place has to write it."""
        if self.hint is None or self.near is None or Path(self.near).is_absolute():
            return self.hint
        written = posixpath.relpath(self.near, posixpath.dirname(place.file) or ".")
        return self.hint.replace(f"`{self.near}`", f"`{written}`")


FactsTable = Mapping[str, Facts | Unreadable]
"""Facts of files by `FileSource.key`, and of inline data by `DataSource.key`."""

ENCODINGS = {
    "utf-8": "utf-8",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "cp950": "cp950",
    "shift-jis": "cp932",
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
    "koi8-r": "koi8-r",
}
"""Python's name of each encoding of text files, by the name in a production; some read more than the name says."""
ENCODING_ALIASES = {
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "gb2312": "gbk",
    "cp936": "gbk",
    "big5-hkscs": "big5",
    "shiftjis": "shift-jis",
    "sjis": "shift-jis",
    "cp932": "shift-jis",
    "cp949": "euc-kr",
    "cp1250": "windows-1250",
    "cp1251": "windows-1251",
    "cp1252": "windows-1252",
    "latin-1": "windows-1252",
    "iso-8859-1": "windows-1252",
}
"""Other names that people write, and the name in `ENCODINGS` of each."""


def codec_of(encoding: str) -> str | None:
    """Python's name of an encoding as people write it; None for an unknown one."""
    written = encoding.lower().replace("_", "-")
    return ENCODINGS.get(ENCODING_ALIASES.get(written, written))


@immutable
class Tail:
    """The last seconds of a clip."""

    seconds: Decimal


@immutable
class Head:
    """The first seconds of a clip."""

    seconds: Decimal


@immutable
class Span:
    """From one second to another; `end` None runs to the clip's end."""

    start: Decimal
    end: Decimal | None


@immutable
class Frame:
    """One frame as a lossless picture: the first, the last, or the one nearest to a second."""

    at: Literal["first", "last"] | Decimal


@immutable
class Sound:
    """The whole sound track."""


Piece = Tail | Head | Span | Frame | Sound


@immutable
class FileSource:
    """A file by its path relative to the production's folder, with forward slashes.

    `encoding` of a text is as its author writes it, known or not; None to recognise it.
    """

    path: str
    piece: Piece | None = None
    encoding: str | None = None

    @property
    def key(self) -> str:
        """Its key in a table of facts: one file may be read in several encodings."""
        return self.path if self.encoding is None else f"{self.path}\0{self.encoding}"

    @property
    def codec(self) -> str | None:
        """Python's name of the encoding; None for one that is not named, or unknown."""
        return None if self.encoding is None else codec_of(self.encoding)


@immutable
class UrlSource:
    """A URL that the service reads itself (`https:` or `oss:`); pinned when `sha256` is given."""

    url: str
    sha256: str | None = None


@immutable
class DataSource:
    """A picture written into the YAML as a data URI; `digest` is of the decoded bytes."""

    uri: str
    mime: str
    digest: str

    @property
    def key(self) -> str:
        """Its key in a table of facts."""
        return f"data:{self.digest}"

    @property
    def data(self) -> bytes:
        """The decoded bytes."""
        return base64.b64decode(self.uri.partition(",")[2])


@immutable
class ShotSource:
    """The picked take of another shot."""

    shot: str
    piece: Piece | None = None


Source = FileSource | UrlSource | DataSource | ShotSource


class PieceOutside(ValueError):
    """A piece that is empty or reaches beyond its clip; the text says why, `hint` is the way out."""

    def __init__(self, words: str, hint: str) -> None:
        super().__init__(words)
        self.hint = hint


def frame_span(piece: Tail | Head | Span | Frame, frames: int, rate: Fraction) -> tuple[int, int]:
    """The first and the last frame, both included and counted from 0, of a piece of a clip of `frames` at `rate`.

    Seconds are rounded to the nearest frame (format.md, Sources). Raises PieceOutside where the piece is empty or
    reaches beyond the clip.
    """
    match piece:
        case Tail(seconds):
            first, end = frames - to_frames(seconds, rate), frames
        case Head(seconds):
            first, end = 0, to_frames(seconds, rate)
        case Span(start, None):
            first, end = to_frames(start, rate), frames
        case Span(start, stop):
            first, end = to_frames(start, rate), to_frames(stop or 0, rate)
        case Frame("first"):
            first, end = 0, 1
        case Frame("last"):
            first, end = frames - 1, frames
        case Frame(at):
            first = to_frames(Decimal(at), rate)
            end = first + 1
    if first < 0 or end > frames or first >= end:
        raise PieceOutside(*_why_outside(piece, frames, tr("the clip ({float:g} s)", float=float(frames / rate)), rate))
    return first, end - 1


def _why_outside(piece: Tail | Head | Span | Frame, frames: int, clip: str, rate: Fraction) -> tuple[str, str]:
    """Why a piece is empty or reaches beyond its clip, and the way out."""
    match piece:
        case Tail(seconds) | Head(seconds):
            named = f"`{type(piece).__name__.lower()}: {seconds}`"
            if to_frames(seconds, rate) > frames:
                return tr("{named} is longer than {clip}", named=named, clip=clip), tr("take a shorter piece")
            return tr("{named} is less than a frame", named=named), tr("take a longer piece")
        case Span(start, end):
            if to_frames(start, rate) >= frames:
                return tr("`from: {start}` lies beyond the end of {clip}", start=start, clip=clip), tr(
                    "write an earlier `from`"
                )
            if end is not None and to_frames(end, rate) > frames:
                return tr("`to: {end}` lies beyond the end of {clip}", end=end, clip=clip), tr("write an earlier `to`")
            if end is not None and start >= end:
                return tr("`from` ({start}) is not before `to` ({end})", start=start, end=end), tr(
                    "write an earlier `from` or a later `to`"
                )
            return tr("`from: {start}` to `to: {end}` is less than a frame", start=start, end=end), tr(
                "take a longer piece"
            )
        case Frame(at):
            return tr("`frame: {at}` lies beyond the end of {clip}", at=at, clip=clip), tr(
                "write an earlier `frame`, or `frame: last`"
            )


class NoSuchPiece(ValueError):
    """A piece of a piece that cannot be written as one piece of the whole clip; the text says why."""


def piece_of(outer: Piece | None, inner: Piece | None) -> Piece | None:
    """The piece of the whole clip that `inner` takes of `outer`; None is all of it.

    Raises NoSuchPiece where that reaches beyond `outer`, or depends on the length of the clip.
    """
    if outer is None or inner is None:
        return outer or inner
    match outer:
        case Tail(seconds):
            return _of_tail(seconds, inner)
        case Head(seconds):
            return _of_span(Decimal(0), seconds, inner)
        case Span(start, end):
            return _of_span(start, end, inner)
        case _:
            raise NoSuchPiece(tr("a frame or a sound has no pieces"))


def _of_tail(seconds: Decimal, inner: Piece) -> Piece:
    match inner:
        case Tail(wanted):
            return Tail(_within(wanted, seconds))
        case Frame("last"):
            return inner
        case _:
            raise NoSuchPiece(tr("only a shorter `tail` or the last frame can be taken of a `tail`"))


def _of_span(start: Decimal, end: Decimal | None, inner: Piece) -> Piece:
    length = None if end is None else end - start
    match inner:
        case Head(wanted):
            return _span(start, start + _within(wanted, length))
        case Tail(wanted) if end is not None:
            return _span(end - _within(wanted, length), end)
        case Tail(_) | Frame("last") if end is None:
            return inner
        case Span(first, last):
            stop = end if last is None else start + _within(last, length)
            return _span(start + _within(first, length), stop)
        case Frame("first"):
            return Frame(start) if start else Frame("first")
        case Frame(Decimal() as at):
            if length is not None and at >= length:
                raise NoSuchPiece(
                    tr("the given piece lasts {length} s: it has no frame at {at} s", length=length, at=at)
                )
            return Frame(start + at)
        case _:
            raise NoSuchPiece(tr("the last frame or the sound of a piece with an end cannot be taken"))


def _span(start: Decimal, end: Decimal | None) -> Piece:
    return Head(end) if not start and end is not None else Span(start, end)


def _within(wanted: Decimal, length: Decimal | None) -> Decimal:
    if length is not None and wanted > length:
        raise NoSuchPiece(
            tr("the given piece lasts {length} s, less than the wanted {wanted} s", length=length, wanted=wanted)
        )
    return wanted
