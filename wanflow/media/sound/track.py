"""The sound of a file beside its picture: at which sample each part is heard, and how long all of it lasts."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import inf

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import InvalidDataError

from wanflow.media.clock import JUMP_SECONDS, JUMPING, PictureClock

SLACK = Fraction(1, 50)
"""Seconds by which stamps of sound may wander without a gap or an overlap being heard."""
SETBACK = Fraction(1, 4)
"""Seconds of a step back of the stamps that begins a new clock."""
SAMPLE_FORMAT = "s16"
ROUNDED = 3
"""Packets of a difference between a header's length and that of the packets: the encoder's padding."""


def heard(
    container: InputContainer, stream: AudioStream, clock: PictureClock, base: Fraction
) -> Iterator[tuple[int, AudioFrame]]:
    """All that can be decoded of a track in 16 bits, each part with the sample of the track's rate where it begins.

    Sample 0 is at the first picture of `clock`, in ticks of `base`. Where the stamps of the picture jump, those of the
    sound are continued by as much.
    """
    tick, longest = stream.time_base or Fraction(1), JUMP_SECONDS if container.format.name == JUMPING else inf
    shifts = [epoch.shift * base for epoch in clock.epochs]
    jumps, end = 0, 0
    origin = clock.times[0] * base
    for frame in decoded_sound(container, stream):
        at = end if frame.pts is None else round((frame.pts * tick - origin) * stream.rate)
        behind = Fraction(at - end, stream.rate)
        if end and not -SETBACK <= behind <= longest:
            jumps += 1
            # a track whose stamps jump more often than those of the picture goes on where it was
            shift = shifts[jumps] - shifts[jumps - 1] if jumps < len(shifts) else -behind
            origin -= shift
            at += round(shift * stream.rate)
        if end and abs(at - end) <= SLACK * stream.rate:
            at = end
        yield at, frame
        end = at + frame.samples


def decoded_sound(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """All parts of a track that can be decoded, at its rate and layout, in 16 bits; reads the file from its start."""
    container.seek(0, backward=True)
    resampler, written = None, None
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except InvalidDataError:
            continue
        for frame in frames:
            kind = (frame.format.name, frame.layout.name, frame.sample_rate)
            if resampler is None or kind != written:
                resampler, written = AudioResampler(SAMPLE_FORMAT, stream.layout, stream.rate), kind
            pts = frame.pts
            for part in resampler.resample(frame):
                part.pts = pts
                yield part
                pts = None


def pcm(
    container: InputContainer, stream: AudioStream, clock: PictureClock, base: Fraction, span: tuple[int, int]
) -> Iterator[bytes]:
    """A track's samples from the first to the end (excluded) of a span, raw, with silence in its gaps."""
    size = 2 * stream.layout.nb_channels
    done, end = span
    for at, frame in heard(container, stream, clock, base):
        if at >= end:
            break
        while done < at:
            silent = min(at - done, stream.rate)
            yield bytes(silent * size)
            done += silent
        first, last = done - at, min(end - at, frame.samples)
        if first < last:
            yield bytes(frame.planes[0])[first * size : last * size]
            done = at + last


def measured_samples(container: InputContainer, stream: AudioStream) -> int:
    """The samples of a track, at its own rate, without the encoder's padding.

    Its header knows that padding, and is believed where its packets agree. A length that was estimated from the bit
    rate is measured by decoding.
    """
    container.seek(0, backward=True)
    lengths = [packet.duration or 0 for packet in container.demux(stream)]
    packets, tick = sum(lengths), stream.time_base or Fraction(1)
    told = stream.duration
    if told is None or "mp4" in container.format.name.split(","):
        return round((packets if told is None else told) * tick * stream.rate)
    if abs(told - packets) <= ROUNDED * max(lengths, default=0):
        return round(told * tick * stream.rate)
    return sum(frame.samples for frame in decoded_sound(container, stream))
