"""The inputs of ffmpeg and PyAV: each is told its demuxer and its protocol, so that a file never opens another one.

Every `-i` of ffmpeg, and every file that PyAV opens, gets its options here.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import ffmpeg
from ffmpeg.nodes import FilterableStream

from wanflow.media.ffmpeg import path_argument
from wanflow.timebase import decimal_text

Options = Mapping[str, str | int | None]

FILE, PIPE, NOTHING = "file", "pipe", "none"
"""Protocols that an input may use."""

UNSIGNED = "mpegts,mp3,aac,flac"
"""Demuxers of files that have no signature, or a tag before it; each reads one file."""
MOV = "mov"
MOV_BOXES = (b"ftyp", b"moov", b"mdat", b"moof", b"styp", b"free", b"skip", b"wide", b"pnot", b"uuid", b"udta", b"junk")
"""Boxes with which a QuickTime file or an MP4 begins."""
SIGNATURES = (
    (0, b"RIFF", b"WAVE", "wav"),
    (0, b"RF64", b"WAVE", "wav"),
    (0, b"BW64", b"WAVE", "wav"),
    (0, b"RIFF", b"AVI ", "avi"),
    (0, b"\x1aE\xdf\xa3", b"", "matroska"),
    (0, b"OggS", b"", "ogg"),
    (0, b"fLaC", b"", "flac"),
    *((4, box, b"", MOV) for box in MOV_BOXES),
)
"""Where a signature is in a file, it, what the bytes 8 to 12 are, and the demuxer: ffmpeg may guess another one."""

MOST_FRAME_PIXELS = 36_000_000
"""Pixels of the largest frame of a video that is decoded: 8192 x 4320 with the margins of decoders."""

MOST_PACKETS = 1_000_000
"""Packets of a stream that are read: nine hours of 30 frames a second."""

OWN_TIMES: Options = {"copyts": None}
"""An option of an output by which the stamps of its inputs stay.

Else each ffmpeg counts from where it sees a file's beginning: up to 7.1 at the padding before a Matroska's sound.
"""

FED = "pipe:0"
FED_DEMUXER = "nut"
"""A container for raw pictures and samples that can be written to a pipe and has every pixel format (ffmpeg.md 3.9)."""
PICTURE_DEMUXER = "png_pipe"
"""Reads one picture from its bytes; ffmpeg's other reader takes a `%` in a path for a number."""


def demuxer_of(path: Path) -> str | None:
    """The demuxer that the first bytes of a file name; None where they name none, and ffmpeg has to guess."""
    beginning = b""
    with suppress(OSError), path.open("rb") as file:
        beginning = file.read(12)
    for at, signature, kind, demuxer in SIGNATURES:
        if beginning[at:].startswith(signature) and beginning[8:].startswith(kind):
            return demuxer
    return None


def has_tables(path: Path) -> bool:
    """Whether a file is a movie whose tables tell rates and stamps, so that no frame need be decoded for them."""
    return demuxer_of(path) == MOV


def container_options(demuxer: str | None) -> dict[str, str]:
    """Options of a container from outside, of this demuxer or one without a signature; it opens no other file."""
    told = {"protocol_whitelist": FILE, "format_whitelist": demuxer or UNSIGNED}
    # a movie may keep its samples in other files
    return {**told, "enable_drefs": "0", "use_absolute_path": "0"} if demuxer == MOV else told


def media_options(path: Path) -> Options:
    """Options of a media file from outside, which is read as what its first bytes say that it is."""
    demuxer = demuxer_of(path)
    forced = {} if demuxer is None else {"f": demuxer}
    return {**container_options(demuxer), **forced, "max_pixels": MOST_FRAME_PIXELS}


def own_options(demuxer: str, *, protocol: str = FILE, also: str = "") -> Options:
    """Options of an input that wanflow wrote; `also` is a second demuxer, of the files that a playlist names."""
    return {"f": demuxer, "protocol_whitelist": protocol, "format_whitelist": f"{demuxer},{also}" if also else demuxer}


GENERATED = own_options("lavfi", protocol=NOTHING)


def media_input(path: Path, begin: Fraction = Fraction(), **more: str | int) -> FilterableStream:
    """A media file from outside as an input of a filter graph, whose time is 0 at second `begin` of the file's.

    With a `begin` its output has to have `OWN_TIMES`: ffmpeg would take its own beginning off once more.
    """
    shifted = {"itsoffset": decimal_text(-begin)} if begin else {}
    return ffmpeg.input(path_argument(path), **media_options(path), **shifted, **more)


def own_input(path: Path, demuxer: str, **more: str | int) -> FilterableStream:
    """A file that wanflow wrote as an input of a filter graph."""
    return ffmpeg.input(path_argument(path), **own_options(demuxer), **more)


def fed_input() -> FilterableStream:
    """What wanflow writes to ffmpeg's standard input, as an input of a filter graph."""
    return ffmpeg.input(FED, **own_options(FED_DEMUXER, protocol=PIPE))


def generated_input(graph: str, **more: str | int) -> FilterableStream:
    """What a source filter makes, as an input of a filter graph."""
    return ffmpeg.input(graph, **GENERATED, **more)


def generated_words(graph: str) -> list[str]:
    """The arguments by which ffmpeg reads what a source filter makes."""
    return [*option_words(GENERATED), "-i", graph]


def input_words(path: Path, options: Options) -> list[str]:
    """The arguments by which ffmpeg reads a file, with its options."""
    return [*option_words(options), "-i", path_argument(path)]


def option_words(options: Options) -> list[str]:
    """Options as arguments of ffmpeg."""
    return [word for key, value in options.items() for word in (f"-{key}", str(value))]
