"""A film in which each picture of another one is shown for two frames, without encoding any picture again.

The second frame of a picture is a slice of H.264 that says "as before" for all of the picture: a few bytes. No other
frame refers to it, so the frames that are there stay as they are. `BASELINE` is what the encoder has to write for this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import av
from av.packet import Packet
from av.video.stream import VideoStream

from wanflow.media.container import opened
from wanflow.records import immutable

BASELINE = ("-profile:v", "baseline", "-bf", "0", "-refs", "1", "-x264-params", "scenecut=0:no-deblock=1")
"""Options of libx264: slices without arithmetic coding, weights or an order of their own, which the filters leave."""
TIME_BASE = Fraction(1, 15_360)
"""Seconds of a tick of the film's clock: 512 ticks are a frame."""

SLICE = 1
"""First byte of a slice that no other refers to (ITU-T H.264, 7.3.1)."""
ANY_SLICE_P = 5
"""Type of slices in a picture that refer to one before."""
AS_PARAMETERS_SAY = "00"
"""Bits of a slice that refers to as many pictures as usual, in the usual order."""
UNFILTERED = 1
"""Code of a slice whose edges are not smoothed."""


@immutable
class _SliceForm:
    """What slices of a film are like: the bits of their picture's number, and the blocks of a picture."""

    number_bits: int
    blocks: int

    def repeated(self, number: int) -> bytes:
        """The slice that shows the picture before once more, with its length; `number` is its own in its group."""
        wrapped = number % (1 << self.number_bits)
        bits = (
            f"{_coded(0)}{_coded(ANY_SLICE_P)}{_coded(0)}{wrapped:0{self.number_bits}b}{AS_PARAMETERS_SAY}"
            f"{_coded(0)}{_coded(UNFILTERED)}{_coded(self.blocks)}1"
        )
        plain = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
        escaped = bytes([SLICE]) + re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", plain)
        return len(escaped).to_bytes(4, "big") + escaped


def repeat_pictures(source: Path, target: Path, *, frames: int, comment: str) -> None:
    """Write the film of this many frames; `source` has half as many, by `BASELINE`, and all of its sound.

    `comment` is written into the file. Raises what PyAV does.
    """
    options = {"movflags": "+faststart", "fflags": "+bitexact", "video_track_timescale": str(1 / TIME_BASE)}
    with opened(source, decoding=False) as filmed, av.open(str(target), "w", "mp4", options=options) as film:
        film.metadata["comment"] = comment
        (picture,) = filmed.streams.video
        streams = {stream.index: film.add_stream_from_template(stream) for stream in filmed.streams}
        twice = _Twice(picture, frames)
        for packet in filmed.demux():
            for each in twice.frames_of(packet) if packet.stream is picture else [packet]:
                if each.dts is not None:
                    each.stream = streams[packet.stream.index]
                    film.mux(each)


class _Twice:
    """The packets of a film's pictures, each followed by that of its repetition."""

    def __init__(self, picture: VideoStream, frames: int) -> None:
        # its parameters (ITU-T H.264, 7.3.2.1.1), after the three bytes of their level
        parameters = bytes(picture.codec_context.extradata or b"")
        first = int.from_bytes(parameters[6:8], "big")
        bits = _Bits(parameters[8 + 4 : 8 + first].replace(b"\0\0\3", b"\0\0"))
        bits.read()
        blocks = (picture.width + 15) // 16 * ((picture.height + 15) // 16)
        self._form, self._frames = _SliceForm(bits.read() + 4, blocks), frames
        self._done, self._number = count(), 0

    def frames_of(self, packet: Packet[Any]) -> Iterator[Packet[Any]]:
        """A picture's packet, and what repeats it, unless the film has enough."""
        if packet.dts is None:
            return
        self._number = 1 if packet.is_keyframe else self._number + 1
        for each in packet, Packet(self._form.repeated(self._number)):
            if (number := next(self._done)) < self._frames:
                each.time_base, each.duration = TIME_BASE, int(1 / (TIME_BASE * 30))
                each.pts = each.dts = number * each.duration
                yield each


class _Bits:
    """Numbers of variable length, one after another (ITU-T H.264, 9.1)."""

    def __init__(self, coded: bytes) -> None:
        self._bits = f"{int.from_bytes(coded, 'big'):0{len(coded) * 8}b}"

    def read(self) -> int:
        """The next one."""
        zeros = self._bits.index("1")
        end = 2 * zeros + 1
        value, self._bits = int(self._bits[zeros:end], 2) - 1, self._bits[end:]
        return value


def _coded(number: int) -> str:
    """A number as its bits (ITU-T H.264, 9.1)."""
    return f"{number + 1:0{2 * (number + 1).bit_length() - 1}b}"
