"""Clips that wanflow decodes itself and hands to ffmpeg's standard input, since ffmpeg would time them otherwise."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from heapq import merge
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame

from wanflow.media.clock import PictureClock, shown_pictures
from wanflow.media.container import opened, sound_stream
from wanflow.media.ffmpeg import WriteInput
from wanflow.media.inputs import FED_DEMUXER
from wanflow.media.picture.card import fit_moving
from wanflow.media.picture.segment import MIDDLE, Focus
from wanflow.media.sound.track import pcm
from wanflow.records import immutable
from wanflow.timebase import SAMPLE_RATE


@immutable
class Reel:
    """What ffmpeg is given of a clip: the pictures at these places of its clock, one after another at `rate`.

    `sound` are the first and the end (excluded) of its 48 kHz samples, counted from its first picture; None for none.
    Without places it is only sound. `interlaced`: its pictures are made whole first.
    """

    path: Path
    clock: PictureClock
    places: Sequence[int]
    rate: Fraction
    sound: tuple[int, int] | None = None
    interlaced: bool = False


@immutable
class Animation:
    """Pictures that ffmpeg is given of a picture file that moves: `frames` from `first` on, at `rate`."""

    path: Path
    size: tuple[int, int]
    fit: str
    first: int
    frames: int
    rate: Fraction
    focus: Focus = MIDDLE

    def pictures(self) -> Iterator[VideoFrame]:
        """Them in their order. Raises BadMedia."""
        drawn = fit_moving(self.path, self.size, self.fit, self.rate, self.first, self.focus)
        return (VideoFrame.from_image(each) for each in islice(drawn, self.frames))  # type: ignore[no-untyped-call]


def writer_of(reels: Sequence[Reel | Animation]) -> WriteInput | None:
    """What writes these clips; None for none. Their pictures and their sounds are numbered in their order.

    It ends by an OSError where ffmpeg reads no more.
    """

    def write(pipe: IO[bytes]) -> None:
        try:
            with av.open(pipe, "w", format=FED_DEMUXER) as output:
                tracks = [track for reel in reels for track in _tracks(reel, output)]
                for _, _, packet in merge(*tracks, key=lambda item: item[:2]):
                    output.mux(packet)
        except av.error.PyAVCallbackError as fault:  # it replaces that of the pipe when the file is closed
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)) from fault

    return write if reels else None


Item = tuple[Fraction, int, "Packet[Any]"]
"""A packet, with the second at which it comes and the number of its stream."""


def _tracks(reel: Reel | Animation, output: OutputContainer) -> Iterator[Iterator[Item]]:
    if isinstance(reel, Animation):
        yield _film(output, reel.pictures(), reel.rate)
        return
    if reel.places:
        yield _film(output, shown_pictures(reel.path, reel.clock, reel.places, interlaced=reel.interlaced), reel.rate)
    if reel.sound is not None:
        with opened(reel.path) as source:
            track = sound_stream(source)
            rate, layout = (track.rate, track.layout.name) if track else (SAMPLE_RATE, "stereo")
        span = (reel.sound[0] * rate // SAMPLE_RATE, reel.sound[1] * rate // SAMPLE_RATE)
        yield _sound(output, rate, layout, pcm(reel.path, reel.clock, span))


def _film(output: OutputContainer, frames: Iterator[VideoFrame], rate: Fraction) -> Iterator[Item]:
    """The packets of raw pictures; all of the size and the format of the first one."""
    first = next(frames)
    raw = output.add_stream("rawvideo", rate=rate)
    raw.width, raw.height, raw.pix_fmt = first.width, first.height, first.format.name
    raw.codec_context.time_base = 1 / rate

    def packets() -> Iterator[Item]:
        for number, frame in enumerate(chain([first], frames)):
            frame.pts, frame.time_base = number, 1 / rate
            yield from ((number / rate, raw.index, packet) for packet in raw.encode(frame))

    return packets()


def _sound(output: OutputContainer, rate: int, layout: str, parts: Iterator[bytes]) -> Iterator[Item]:
    raw = output.add_stream("pcm_s16le", rate=rate, layout=layout)

    def packets() -> Iterator[Item]:
        done = 0
        for part in parts:
            packet = Packet(part)
            packet.stream, packet.time_base = raw, Fraction(1, rate)
            packet.pts = packet.dts = done
            yield Fraction(done, rate), raw.index, packet
            done += len(part) // (2 * raw.layout.nb_channels)

    return packets()
