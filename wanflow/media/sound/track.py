"""The sound of a file beside its picture: at which sample each part is heard, and how long all of it lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from math import inf
from pathlib import Path
from typing import NamedTuple

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import InvalidDataError

from wanflow.media.clock import JUMP_SECONDS, PictureClock
from wanflow.media.container import BadMedia, CutShort, bounded, opened, sound_stream
from wanflow.media.inputs import has_tables
from wanflow.messages import tr

SLACK = Fraction(1, 50)
"""Seconds by which stamps of sound may wander without a gap or an overlap being heard."""
SETBACK = Fraction(1, 4)
"""Seconds of a step back of the stamps that begins a new clock."""
SAMPLE_FORMAT = "s16"
ESTIMATED = ("mp3", "aac", "mpegts")
"""Containers whose header doesn't tell the length of a sound."""
ROUNDED = 3
"""Packets of a difference between a header's length and that of the packets: the encoder's padding."""


class Track(NamedTuple):
    """The number of the stream that is heard, its channels, and how ffmpeg calls their layout."""

    stream: int = 1
    channels: int = 2
    layout: str = "stereo"


USUAL = Track()
"""Where clips have their sound: stereo, behind the picture."""


def heard_track(path: Path) -> Track:
    """The track of a file that must have one. Raises BadMedia."""
    with opened(path) as container:
        stream = sound_stream(container)
        if stream is None:
            raise BadMedia(path, tr("has no sound track"))
        return numbered_track(stream)


def heard_rate(path: Path) -> int:
    """The samples a second of a file that must have a track. Raises BadMedia."""
    with opened(path) as container:
        stream = sound_stream(container)
        if stream is None:
            raise BadMedia(path, tr("has no sound track"))
        return stream.rate


def numbered_track(stream: AudioStream) -> Track:
    """A stream as a track."""
    return Track(stream.index, stream.layout.nb_channels, stream.layout.name)


def heard(path: Path, clock: PictureClock) -> Iterator[tuple[int, AudioFrame]]:
    """All that can be decoded of a film's track in 16 bits, each part with the sample of its rate where it begins.

    Sample 0 is at the first picture. Where the stamps of the picture jump, those of the sound are continued by as much.
    """
    shifts = [epoch.shift * clock.tick for epoch in clock.epochs]
    jumps, end = 0, 0
    origin, longest = clock.begin, JUMP_SECONDS if clock.jumping else inf
    for frame in decoded_sound(path):
        rate = frame.sample_rate
        at = end if frame.pts is None else round((frame.pts * (frame.time_base or 0) - origin) * rate)
        behind = Fraction(at - end, rate)
        if end and not -SETBACK <= behind <= longest:
            jumps += 1
            # a track whose stamps jump more often than those of the picture goes on where it was
            shift = shifts[jumps] - shifts[jumps - 1] if jumps < len(shifts) else -behind
            origin -= shift
            at += round(shift * rate)
        if end and abs(at - end) <= SLACK * rate:
            at = end
        yield at, frame
        end = at + frame.samples


def decoded_sound(path: Path) -> Iterator[AudioFrame]:
    """All parts of a file's track that can be decoded, at its rate and layout, in 16 bits, with the file's stamps."""
    with opened(path) as container:
        stream = sound_stream(container)
        if stream is not None:
            yield from _decoded(container, stream)


def _decoded(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    resampler, written = None, None
    for packet in container.demux(stream):
        with suppress(InvalidDataError):
            for frame in packet.decode():
                kind = (frame.format.name, frame.layout.name, frame.sample_rate)
                if resampler is None or kind != written:
                    resampler, written = AudioResampler(SAMPLE_FORMAT, stream.layout, stream.rate), kind
                stamp = frame.pts
                for part in resampler.resample(frame):
                    part.pts, part.time_base = stamp, stream.time_base
                    stamp = None
                    yield part


def pcm(path: Path, clock: PictureClock, span: tuple[int, int]) -> Iterator[bytes]:
    """The samples of a film's track, from the first to the end (excluded) of a span, raw, with silence in its gaps."""
    done, end = span
    for at, frame in heard(path, clock):
        if at >= end:
            break
        size = 2 * frame.layout.nb_channels
        while done < at:
            silent = min(at - done, frame.sample_rate)
            yield bytes(silent * size)
            done += silent
        first, last = done - at, min(end - at, frame.samples)
        if first < last:
            yield bytes(frame.planes[0])[first * size : last * size]
            done = at + last


def measured_samples(path: Path) -> int:
    """The samples of a track, at its own rate, without the encoder's padding.

    Its header knows that padding, and is believed where its packets agree. A length that was estimated from the bit
    rate is measured by decoding; a header without one leaves the stamps.
    """
    with opened(path, decoding=not has_tables(path)) as container:
        stream = sound_stream(container)
        if stream is None:
            return 0
        parts = ((packet.pts or 0, packet.duration or 0) for packet in container.demux(stream) if packet.size)
        packets = bounded(parts, path)
        if not packets:
            return 0
        told, length = stream.duration, sum(duration for _, duration in packets)
        if told is None:
            told = max(at + duration for at, duration in packets) - packets[0][0]
        if container.format.name == "flac" and told - length > ROUNDED * max(duration for _, duration in packets):
            raise CutShort(path, tr("{length} % of its sound", length=length * 100 // told))
        near = abs(told - length) <= ROUNDED * max(duration for _, duration in packets)
        if near or container.format.name not in ESTIMATED:
            return round(told * (stream.time_base or 0) * stream.rate)
    return sum(frame.samples for frame in decoded_sound(path))
