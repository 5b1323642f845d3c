"""The tables of an MP4 or a QuickTime file: a few bytes of them can promise more samples than fit into memory.

ffmpeg writes all of them down when it opens the file, before a sample is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from struct import iter_unpack
from typing import BinaryIO

from wanflow.media.inputs import MOST_PACKETS
from wanflow.messages import tr
from wanflow.records import immutable, mutable

MOST_BOXES = 1_000_000
"""Boxes of a file; ten hours in fragments of one second have a third of it."""
DEEPEST = 10
"""Boxes within each other; ffmpeg reads no deeper."""
MOST_REPEATED = 2 * MOST_PACKETS
"""Entries of an index in which each part of an edit list shows all samples."""
MOST_PER_BYTE = 64
"""Samples of sound in a byte: old codecs have some, and chunks differ in length."""
PARTS = b"moov trak mdia minf stbl edts dinf udta mvex moof traf wave meta sinf schi rinf iprp ipco mfra".split()
"""Boxes that hold boxes."""


@mutable
class _Track:
    """What the tables of one track promise."""

    samples: int = 0
    chunks: int = 0
    per_chunk: int = 0
    edits: int = 0
    fragments: int = 0
    sound: bool = False
    steps: tuple[int, int] = (0, 0)

    def fault(self, size_bytes: int) -> str | None:
        """What is wrong with them; None for tables that a file of this size can have."""
        if self.sound and self.steps == (1, 1):  # ffmpeg keeps its chunks, not its samples
            promised = max(self.samples, self.chunks * self.per_chunk)
            return (
                tr("promises {promised} samples of sound", promised=promised)
                if promised > MOST_PER_BYTE * size_bytes
                else None
            )
        promised = max(self.samples, self.fragments)
        if promised > MOST_PACKETS:
            return tr(
                "promises {promised} frames in a track, at most {most_packets} are read",
                promised=promised,
                most_packets=MOST_PACKETS,
            )
        if self.edits * promised > MOST_REPEATED:
            return tr("has an edit list of {edits} parts over {promised} frames", edits=self.edits, promised=promised)
        return None


def table_fault(path: Path) -> str | None:
    """What the tables of a movie promise that can't be true; None where they are plausible."""
    state = path.stat()
    return _fault_of(path, (state.st_size, state.st_mtime_ns, state.st_ino))


@lru_cache(maxsize=64)
def _fault_of(path: Path, state: tuple[int, ...]) -> str | None:
    """The fault of a file in a state: it is opened several times."""
    tracks, boxes = [_Track()], 0
    with path.open("rb") as file:
        for kind, content in _boxes(file, state[0]):
            boxes += 1
            if boxes > MOST_BOXES:
                return tr("has more than {most_boxes} boxes", most_boxes=MOST_BOXES)
            if kind == b"cmov":
                return tr("has a compressed index")
            if kind in (b"trak", b"traf"):
                tracks.append(_Track())
            _note(tracks[-1], kind, content)
    # fragments of a track are apart in the file, and come together in its index
    tracks[0].fragments = sum(track.fragments for track in tracks)
    return next((fault for track in tracks if (fault := track.fault(state[0]))), None)


@immutable
class _Content:
    """What a box holds: `length` bytes of a file from `begin` on."""

    file: BinaryIO
    begin: int
    length: int

    def numbers(self, first: int, count: int | None = None) -> list[int]:
        """Numbers of four bytes from byte `first` on, as many as it has; all of them without a `count`."""
        most = max(0, self.length - first)
        self.file.seek(self.begin + first)
        data = self.file.read(most if count is None else min(most, 4 * count))
        return [number for (number,) in iter_unpack(">I", data[: len(data) // 4 * 4])]


def _boxes(file: BinaryIO, end: int) -> Iterator[tuple[bytes, _Content]]:
    """Each box from outside in: its kind and what it holds."""
    at, ends = 0, [end]
    while ends:
        if at + 8 > ends[-1]:
            at = ends.pop()
            continue
        file.seek(at)
        head = file.read(24)
        length, kind, begin = int.from_bytes(head[:4]), head[4:8], 8
        if length == 1:
            length, begin = int.from_bytes(head[8:16]), 16
        # the last box may reach to the end
        until = min(at + length if length >= begin else ends[-1], ends[-1])
        yield kind, _Content(file, at + begin, max(0, until - at - begin))
        if kind in PARTS and len(ends) <= DEEPEST:
            ends.append(until)
            # QuickTime writes no version before the boxes of this one
            at += begin + (4 if kind == b"meta" and head[begin + 4 : begin + 8] != b"hdlr" else 0)
        else:
            at = until


def _note(track: _Track, kind: bytes, content: _Content) -> None:
    """Keep what a table promises."""
    match kind:
        case b"hdlr":
            track.sound = track.sound or content.numbers(8, 1) == [int.from_bytes(b"soun")]
        case b"stsz":
            size, count, *_ = [*content.numbers(4, 2), 0, 0]
            track.samples = max(track.samples, count if size else min(count, content.length // 4))
        case b"stco" | b"co64":
            track.chunks = max(track.chunks, *content.numbers(4, 1), 0)
        case b"stts":
            entries, _, step, *_ = [*content.numbers(4, 3), 0, 0, 0]
            track.steps = entries, step
        case b"stsc":
            track.per_chunk = max(track.per_chunk, *content.numbers(8)[1::3], 0)
        case b"elst":
            track.edits = max(track.edits, min(content.length // 12, *content.numbers(4, 1)))
        case b"trun":
            track.fragments += sum(content.numbers(4, 1))
        case _:
            return
