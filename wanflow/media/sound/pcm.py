"""Raw samples (48 kHz, stereo, 16 bits) read from segments and sounds, and the frames of AAC streams."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from av.audio.stream import AudioStream
from av.container import InputContainer

from wanflow.media.container import BadMedia, opened
from wanflow.media.sound.soundtrack import HeardSound, SoundPiece
from wanflow.messages import tr
from wanflow.timebase import SAMPLE_RATE

SAMPLE_BYTES = 4
"""Two channels of 16 bits."""
SHORTFALL = 2
"""Maximum samples that a segment may lack beside its frames in the film; its last sample is repeated for them."""


def read_pieces(pieces: Sequence[SoundPiece], segments: Mapping[str, Path]) -> bytes:
    """Pieces of segments one after another as raw samples. Raises BadMedia for any other file."""
    return b"".join(read_piece(segments[piece.key], piece.begin, piece.end) for piece in pieces)


def read_piece(segment: Path, begin: int, end: int) -> bytes:
    """The samples `begin` to `end` (excluded) of a segment, raw; its picture isn't decoded. Raises BadMedia."""
    early = max(0, begin - SHORTFALL)
    found = bytearray()
    for at, data in _packets(segment, early):
        if at > early + len(found) // SAMPLE_BYTES:
            break
        found += data[(early - at) * SAMPLE_BYTES if at < early else 0 :]
        if len(found) >= (end - early) * SAMPLE_BYTES:
            break
    missing = end - early - len(found) // SAMPLE_BYTES
    if not found or missing > SHORTFALL:
        raise BadMedia(
            segment,
            tr("is damaged: its sound ends {missing} samples before {end}", missing=missing, end=end),
            hint=tr("delete it"),
        )
    held = found + found[-SAMPLE_BYTES:] * max(0, missing)
    return bytes(held[(begin - early) * SAMPLE_BYTES : (end - early) * SAMPLE_BYTES])


def read_sound(sound: HeardSound, file: Path) -> bytes:
    """The part of a sound that is heard, as raw samples. Raises BadMedia for another format or a shorter file."""
    wanted = sound.end - sound.begin
    first, last = sound.loop or (sound.first, sound.first + wanted)
    found = _wave_samples(file, sound.first, min(last, sound.first + wanted))
    rounds, rest = divmod(wanted - len(found) // SAMPLE_BYTES, last - first)
    if rounds:
        found += _wave_samples(file, first, last) * rounds
    return found + _wave_samples(file, first, first + rest) if rest else found


def _wave_samples(file: Path, begin: int, end: int) -> bytes:
    try:
        with wave.open(str(file), "rb") as opened_file:
            _require_stereo(file, (opened_file.getnchannels(), opened_file.getframerate(), opened_file.getsampwidth()))
            opened_file.setpos(min(begin, opened_file.getnframes()))
            found = opened_file.readframes(end - begin)
    except (OSError, EOFError, wave.Error) as fault:
        raise BadMedia(file, tr("is not a WAV that can be read: {why}", why=str(fault).lower())) from fault
    if len(found) != (end - begin) * SAMPLE_BYTES:
        raise BadMedia(file, tr("ends before its sample {end}", end=end))
    return found


def _packets(segment: Path, begin: int) -> Iterator[tuple[int, bytes]]:
    """The packets of a segment's sound, each with its first sample's number, from one at or before `begin` on."""
    with opened(segment, decoding=False) as container:
        stream = _track(container, segment)
        container.seek(begin, stream=stream)
        for packet in container.demux(stream):
            if packet.pts is not None and packet.size:
                yield packet.pts, bytes(packet)


def _track(container: InputContainer, segment: Path) -> AudioStream:
    if not container.streams.audio:
        raise BadMedia(segment, tr("is not a segment: it has no sound"))
    stream = container.streams.audio[0]
    if stream.codec_context.name != "pcm_s16le" or stream.time_base is None or 1 / stream.time_base != SAMPLE_RATE:
        raise BadMedia(
            segment, tr("is not a segment: its sound is {name}, not 48 kHz PCM", name=stream.codec_context.name)
        )
    _require_stereo(segment, (stream.layout.nb_channels, stream.rate, SAMPLE_BYTES // 2))
    return stream


def _require_stereo(path: Path, found: tuple[int, int, int]) -> None:
    channels, rate, width = found
    if found != (2, SAMPLE_RATE, SAMPLE_BYTES // 2):
        raise BadMedia(
            path,
            tr(
                "has {channels} channels of {value} bits at {rate} Hz, not 2 of 16 bits at 48000 Hz",
                channels=channels,
                value=8 * width,
                rate=rate,
            ),
        )


HEADER_BYTES = 7
HINT = tr("it was made here and can be made again: delete it")


def read_frames(path: Path) -> Iterator[bytes]:
    """The frames of an AAC stream, headers included, one by one. Raises BadMedia where one is damaged or cut off."""
    try:
        stream = path.open("rb")
    except OSError as fault:
        raise BadMedia(path, tr("cannot be opened: {strerror}", strerror=fault.strerror)) from fault
    with stream as file:
        while header := file.read(HEADER_BYTES):
            whole = len(header) == HEADER_BYTES and header[0] == 0xFF and header[1] & 0xF6 == 0xF0
            length = ((header[3] & 0x03) << 11 | header[4] << 3 | header[5] >> 5) if whole else 0
            frame = header + file.read(max(0, length - HEADER_BYTES))
            if length < HEADER_BYTES or len(frame) != length:
                raise BadMedia(path, tr("is not a complete stream of AAC frames"), hint=HINT)
            yield frame


def keep_frames(source: Path, target: Path, first: int, count: int) -> None:
    """Write `count` frames of a stream from `first` on to another file. Raises BadMedia where it has fewer."""
    kept = 0
    with target.open("wb") as file:
        for frame in islice(read_frames(source), first, first + count):
            file.write(frame)
            kept += 1
    if kept != count:
        raise BadMedia(source, tr("came out with {kept} AAC frames, not {count}", kept=kept, count=count))
