"""How long a file has to be by its own container, so that one which lacks its end is told from a short one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from wanflow.messages import tr

UNKNOWN_RIFF = (0, 0xFFFFFFFF)
"""Lengths that a recorder writes before it knows them."""
PADDING = 16
"""Bytes by which writers get the length of a RIFF file wrong."""
XING_REACH = 200
"""Bytes of the first MP3 frame in which a Xing header begins."""
TS_PACKET = 188
MOST_PARTS = 100_000
"""Parts of a file that are looked at: one with more is made of headers only."""


def missing_end(path: Path) -> str | None:
    """How much there is of a file that lacks its end; None where it is whole, or where its container can't tell."""
    with path.open("rb") as file:
        told = _told_bytes(file)
    has = path.stat().st_size
    return tr("{has} of {told} bytes", has=has, told=told) if told is not None and told > has + PADDING else None


def broken_packet(path: Path) -> str | None:
    """What is said of a transport stream that ends in the middle of a packet; None for any other file."""
    with path.open("rb") as file:
        beginning = file.read(2 * TS_PACKET + 1)
    synced = all(beginning[at : at + 1] == b"G" for at in (0, TS_PACKET, 2 * TS_PACKET))
    ragged = synced and path.stat().st_size % TS_PACKET
    return tr("ends in the middle of a packet: its end may be missing") if ragged else None


def _told_bytes(file: BinaryIO) -> int | None:
    """The length of the whole file in the words of its container."""
    beginning = file.read(12)
    file.seek(0)
    if beginning.startswith(b"RIFF"):
        return _end(_riff_chunks(file))
    if beginning.startswith(b"\x1aE\xdf\xa3"):
        return _matroska_end(file)
    if beginning[4:8] == b"ftyp":
        return _end(_boxes(file))
    if beginning.startswith(b"OggS"):
        return _end(_ogg_pages(file))
    if beginning.startswith((b"ID3", b"\xff")):
        return _mp3_end(file)
    return None


def _end(ends: Iterator[int | None]) -> int | None:
    """The last of the ends; None where one is unknown."""
    last: int | None = None
    for last in islice(ends, MOST_PARTS):
        if last is None:
            break
    return last


def _riff_chunks(file: BinaryIO) -> Iterator[int | None]:
    """The ends of the RIFF chunks one behind the other: a long AVI has several."""
    at = 0
    while (header := file.read(8)).startswith(b"RIFF") and len(header) == 8:
        length = int.from_bytes(header[4:], "little")
        if length in UNKNOWN_RIFF:
            yield None
            return
        at += 8 + length
        yield at
        file.seek(at)


def _boxes(file: BinaryIO) -> Iterator[int | None]:
    """The ends of the boxes of an MP4 one behind the other."""
    at = 0
    while len(header := file.read(16)) >= 8:
        length = int.from_bytes(header[:4])
        if length == 1:
            length = int.from_bytes(header[8:])
        if length < 8 or not header[4:8].isalnum():
            return  # the last box, which reaches to the end, or no box at all
        at += length
        yield at
        file.seek(at)


def _ogg_pages(file: BinaryIO) -> Iterator[int | None]:
    """The ends of the pages of an Ogg file one behind the other."""
    at = 0
    while len(header := file.read(27)) == 27 and header.startswith(b"OggS"):
        at += 27 + header[26] + sum(file.read(header[26]))
        yield at
        file.seek(at)


def _matroska_end(file: BinaryIO) -> int | None:
    """The end of the segment of a Matroska file; None where its recorder never wrote it."""
    for _ in range(2):
        _, known = _variable(file, keep=True)
        length, known = _variable(file)
        if not known:
            return None
        at = file.tell() + length
        file.seek(at)
    return at


def _variable(file: BinaryIO, *, keep: bool = False) -> tuple[int, bool]:
    """A number of one to eight bytes, as Matroska writes it, and whether it is known; `keep` the mark of its length."""
    first = file.read(1)
    if not first or not first[0]:
        return 0, False
    more = 8 - first[0].bit_length()
    digits = first + file.read(more)
    value = int.from_bytes(digits) if keep else int.from_bytes(digits) & (1 << 7 * (more + 1)) - 1
    return value, value != (1 << 7 * (more + 1)) - 1


def _mp3_end(file: BinaryIO) -> int | None:
    """The end of an MP3 by its Xing header, which most encoders write into the first frame."""
    tag = file.read(10)
    begin = 0
    if tag.startswith(b"ID3"):
        begin = 10 + sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(tag[6:10])))
    file.seek(begin)
    frame = file.read(XING_REACH)
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    flags = int.from_bytes(frame[at + 4 : at + 8])
    if at < 0 or not flags & 2:
        return None
    field = at + 8 + (4 if flags & 1 else 0)
    return begin + int.from_bytes(frame[field : field + 4])
