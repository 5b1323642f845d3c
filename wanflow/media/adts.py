"""AAC frames as they follow each other in an ADTS stream (ISO/IEC 13818-7)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from wanflow.media.container import BadMedia

HEADER_BYTES = 7
HINT = "it was made here and can be made again: delete it"


def read_frames(path: Path) -> Iterator[bytes]:
    """The frames of a stream, headers included, read one by one. Raises BadMedia where one is damaged or cut off."""
    with _open(path) as file:
        while header := file.read(HEADER_BYTES):
            length = _length(header)
            frame = header + file.read(max(0, length - HEADER_BYTES))
            if length < HEADER_BYTES or len(frame) != length:
                raise BadMedia(path, "is no whole stream of AAC frames", hint=HINT)
            yield frame


def keep_frames(source: Path, target: Path, first: int, count: int) -> None:
    """Write `count` frames of a stream from `first` on to another file. Raises BadMedia where it has fewer."""
    kept = 0
    with target.open("wb") as file:
        for frame in islice(read_frames(source), first, first + count):
            file.write(frame)
            kept += 1
    if kept != count:
        raise BadMedia(source, f"came out with {kept} AAC frames, not {count}")


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as fault:
        raise BadMedia(path, f"can't be opened: {fault.strerror}") from fault


def _length(header: bytes) -> int:
    """The bytes of a frame by its header; 0 where that is none."""
    if len(header) < HEADER_BYTES or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
        return 0
    return (header[3] & 0x03) << 11 | header[4] << 3 | header[5] >> 5
