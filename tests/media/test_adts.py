"""Streams of AAC frames, read frame by frame."""

from __future__ import annotations

from pathlib import Path

import pytest

from wanflow.errors import MediaFault
from wanflow.media.sound.pcm import keep_frames, read_frames


def frame_of(body: bytes) -> bytes:
    """An ADTS frame: 48 kHz, stereo, no checksum."""
    length = len(body) + 7
    return bytes([0xFF, 0xF1, 0x4C, 0x80 | length >> 11, length >> 3 & 0xFF, (length & 7) << 5 | 0x1F, 0xFC]) + body


FRAMES = [frame_of(bytes([number]) * size) for number, size in enumerate((1, 300, 8184, 2500, 0))]


def stream(folder: Path, data: bytes) -> Path:
    """A file of these bytes."""
    path = folder / "stream.aac"
    path.write_bytes(data)
    return path


def test_frames_are_found_by_their_lengths(tmp_path: Path) -> None:
    """From the shortest to the longest that the header can say."""
    assert list(read_frames(stream(tmp_path, b"".join(FRAMES)))) == FRAMES


def test_frames_are_kept_by_number(tmp_path: Path) -> None:
    """From the first requested one, this many."""
    keep_frames(stream(tmp_path, b"".join(FRAMES)), tmp_path / "kept.aac", 1, 3)
    assert (tmp_path / "kept.aac").read_bytes() == b"".join(FRAMES[1:4])


def test_too_few_frames_are_a_fault(tmp_path: Path) -> None:
    """What isn't there is not made up."""
    with pytest.raises(MediaFault, match=r"`stream.aac` came out with 2 AAC frames, not 3"):
        keep_frames(stream(tmp_path, b"".join(FRAMES)), tmp_path / "kept.aac", 3, 3)


@pytest.mark.parametrize(
    "data",
    [
        FRAMES[0] + b"ID3 and more",
        FRAMES[1][:-1],
        FRAMES[0] + FRAMES[1][:5],
        b"\xff\xf1\x4c\x80\x00\x1f\xfc" * 3,
        b"RIFF....WAVE",
    ],
)
def test_a_damaged_stream_is_a_fault(tmp_path: Path, data: bytes) -> None:
    """Cut off in a frame or in a header, a length of nothing, another kind of file."""
    with pytest.raises(MediaFault, match=r"`stream.aac` is not a complete stream of AAC frames"):
        list(read_frames(stream(tmp_path, data)))


def test_a_stream_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(MediaFault, match=r"`gone.aac` cannot be opened: No such file"):
        list(read_frames(tmp_path / "gone.aac"))
