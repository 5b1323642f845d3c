"""What a media file is, measured by its content, never by its name or by its header alone."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from mimetypes import guess_type
from pathlib import Path, PurePath

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import UnidentifiedImageError

from wanflow import digest
from wanflow.catalog.model import ResultKind
from wanflow.git_marks import POINTER_HINT, is_pointer
from wanflow.language.source import Facts, Kind
from wanflow.media.clock import JUMPING, REMEMBERED, PictureClock, read_clock, shown_pictures, state_of
from wanflow.media.container import (
    HDR_CURVES,
    BadMedia,
    CutShort,
    film_of,
    film_stream,
    opened,
    sound_stream,
    square_size,
)
from wanflow.media.jobs import Job, Worker
from wanflow.media.look import Look, look_of
from wanflow.media.picture.still import opened_picture, picture_count, upright_size
from wanflow.media.sound.track import USUAL, Track, heard, measured_samples, numbered_track
from wanflow.media.text.font_files import is_font
from wanflow.media.text.subtitle_file import BEGINNING_BYTES, SUFFIXES, measure_subtitles, subtitle_format
from wanflow.media.wholeness import broken_packet, missing_end
from wanflow.messages import tr, trn
from wanflow.records import immutable
from wanflow.timebase import NOMINAL_RATE, SAMPLE_RATE
from wanflow.writing import FONT_FORMATS

SAME = {"mpo": "jpeg"}
"""Formats by another name: a camera's JPEG with a second picture behind it is a JPEG."""
STILL = {"avif": "avif", "avis": "avif", "heic": "heic", "heix": "heic", "hevc": "heic", "mif1": "heic", "msf1": "heic"}
"""Formats of pictures in a container of videos, by its brand."""
MOVIE = b"ftyp"
"""Kind of the first box of an MP4, a QuickTime file, and a picture in such a container."""
DAMAGED = (b"\x89PNG", b"\xff\xd8\xff")
"""First bytes of pictures, by which a badly damaged one is recognised."""
HINT = tr(
    "convert it to a format that wanflow reads: png, jpeg, webp, bmp, gif or tiff; mp4, mov, mkv, webm, avi or ts; "
    "wav, mp3, m4a, aac, flac or ogg; srt, vtt or ass"
)
MOST_SECONDS = 24 * 3600
"""Seconds of the longest media: a few bytes of a header can name a time that no film ends in."""
OTHERS = {
    Kind.IMAGE: tr("a picture"),
    Kind.AUDIO: tr("a sound"),
    Kind.SUBTITLES: tr("a subtitle file"),
    Kind.FONT: tr("a font"),
}

FONT_STARTS = (b"\0\1\0\0", b"OTTO", b"true", b"ttcf")
"""First bytes of TrueType and OpenType fonts, and of collections of them."""


@immutable
class CheckResult(Job[Facts]):
    """Measure a delivered result, and make sure that it can be played, or seen, to its end."""

    kind: ResultKind
    path: PurePath

    def perform(self, worker: Worker) -> Facts:
        """Decode all of it."""
        match self.kind:
            case ResultKind.FILM:
                return check_film(worker.root / self.path)
            case ResultKind.PICTURE:
                return check_picture(worker.root / self.path)


def probe(path: Path, *, texts: bool = True) -> Facts:
    """Measure a picture, a video, a sound or subtitles. Raises BadMedia, a MediaFault, with the reason.

    Without `texts` subtitles are not read, so that no reason quotes them.
    """
    facts = _probe(path, _size(path), texts=texts)
    if facts.seconds > MOST_SECONDS:
        why = tr(
            "lasts {seconds} hours, at most {most_seconds} are read",
            seconds=facts.seconds // 3600,
            most_seconds=MOST_SECONDS // 3600,
        )
        raise BadMedia(path, why, hint=tr("cut it into parts"))
    return facts


def _probe(path: Path, size: int, *, texts: bool) -> Facts:
    with path.open("rb") as file:
        beginning = file.read(BEGINNING_BYTES)
    if beginning[4:8] == MOVIE and beginning[8:12].decode(errors="replace") not in STILL:
        # Pillow would load all of its formats, in 25 ms, to find that it has none for a film
        return _probe_other(path, size, beginning) if texts else _probe_container(path, size)
    font = _probe_font(path, size, beginning)
    if font is not None:
        return font
    try:
        return _probe_picture(path, size)
    except UnidentifiedImageError as fault:
        if is_pointer(beginning):
            kind, _, _ = (guess_type(path.name)[0] or "").partition("/")
            what = {"image": "picture", "audio": "sound"}.get(kind, kind or "file")
            raise BadMedia(
                path, tr("is a Git LFS pointer, the {what} itself is not here", what=what), hint=POINTER_HINT
            ) from fault
        if beginning.startswith(DAMAGED):
            raise BadMedia(path, tr("is a damaged picture"), hint=tr("export it again")) from fault
        return _probe_other(path, size, beginning) if texts else _probe_container(path, size)


def _probe_font(path: Path, size: int, beginning: bytes) -> Facts | None:
    """Measure a font; None for what is none by its content and by its name."""
    named = path.suffix.lower() in FONT_FORMATS and not is_pointer(beginning)
    if not named and not beginning.startswith(FONT_STARTS):
        return None
    if not is_font(path):  # one with bitmaps only is none either: titles have any size
        raise BadMedia(path, tr("is not a font"), hint=tr("name a .ttf, .otf or .ttc file with outlines"))
    return Facts(Kind.FONT, path.suffix[1:].lower() or "ttf", digest.of_file(path), size)


def _probe_other(path: Path, size_bytes: int, beginning: bytes) -> Facts:
    """Measure what is not a picture: by its content, since a video may be called like subtitles."""
    named = SUFFIXES.get(path.suffix.lower())
    written = subtitle_format(beginning) or (None if b"\0" in beginning else named)
    if written is not None:
        return measure_subtitles(path)
    try:
        return _probe_container(path, size_bytes)
    except BadMedia:
        if named is None:
            raise
        return measure_subtitles(path)  # text in another encoding, else the reason why it is none


def probe_picture(data: bytes) -> Facts:
    """Measure a picture in memory. Raises BadMedia for anything else."""
    name = Path("data")
    try:
        facts = _probe_picture(name, len(data), data)
    except UnidentifiedImageError:
        raise BadMedia(
            name, tr("is not a picture"), hint=tr("write the bytes of a png, jpeg, webp or bmp picture")
        ) from None
    return facts


def check_film(path: Path) -> Facts:
    """Measure a delivered result, decoding it to its end. Raises BadMedia unless it is a playable video."""
    try:
        facts = probe(path)
        if facts.kind is not Kind.VIDEO:
            raise BadMedia(path, tr("is {others}", others=OTHERS[facts.kind]))
        decoded, frames = _decode(path), len(examine(path).clock.times)
        if decoded != frames:
            raise BadMedia(path, tr("shows only {decoded} of {frames} frames", decoded=decoded, frames=frames))
    except BadMedia as fault:
        raise BadMedia(path, tr("is not a playable video: it {why}", why=fault.why), hint=fault.hint) from fault
    return facts


def check_picture(path: Path) -> Facts:
    """Measure a delivered picture, decoding all of it. Raises BadMedia for anything else."""
    try:
        facts = probe(path)
    except BadMedia as fault:
        raise BadMedia(path, tr("is not a usable picture: it {why}", why=fault.why), hint=fault.hint) from fault
    if facts.kind is not Kind.IMAGE:
        others = OTHERS.get(facts.kind, tr("a video"))
        raise BadMedia(path, tr("is not a picture but {others}", others=others), hint=tr("save a frame of it as a png"))
    return facts


def check_brought(path: Path, kind: ResultKind) -> Facts:
    """Measure a file that somebody brought in the place of a result of this kind. Raises BadMedia for another kind.

    A picture has to be a PNG, as those of the service are: its name in `out/shots` says so.
    """
    if kind is ResultKind.FILM:
        return check_film(path)
    facts = check_picture(path)
    if facts.format != "png":
        raise BadMedia(path, tr("is {format} inside, not png", format=facts.format), hint=tr("save it as a png"))
    return facts


@immutable
class Footage:
    """A video with everything that is needed to extract from it.

    `clock` tells when each picture is shown, `look` what has to be done to it. `picture` is the number of the stream
    that is seen, `sound` the track that is heard. `begin` is the second at which the first of its streams begins, as
    the file counts; `lead` are the 48 kHz samples from there to its first picture, `onset` those to its sound.
    """

    path: Path
    facts: Facts
    look: Look
    clock: PictureClock
    picture: int = 0
    sound: Track = USUAL
    begin: Fraction = Fraction()
    lead: int = 0
    onset: int = 0

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return self.facts.rate or NOMINAL_RATE

    @property
    def plain(self) -> bool:
        """Whether ffmpeg can read the file itself: it would show the same pictures at the same times."""
        return self.clock.plain and not self.look.decoded_here


def examine(path: Path) -> Footage:
    """Measure a video to extract from, once while it does not change. Raises BadMedia."""
    return _examined(path, _size(path), state_of(path))


@lru_cache(maxsize=REMEMBERED)
def _examined(path: Path, size_bytes: int, _state: tuple[int, ...]) -> Footage:
    """A video in a state: its body and both of its transitions ask for it."""
    with opened(path) as container:
        stream = film_of(container, path)
        facts, clock, frame = _measure_video(path, size_bytes, container, stream)
        begin = _first_begin(container)
        track = sound_stream(container)
        return Footage(
            path,
            facts,
            look_of(container, stream, frame),
            clock,
            stream.index,
            USUAL if track is None else numbered_track(track),
            begin=begin,
            lead=round(max(Fraction(0), clock.begin - begin) * SAMPLE_RATE),
            onset=0 if track is None else round(max(Fraction(0), _begin(track) - begin) * SAMPLE_RATE),
        )


def steady_begin(path: Path) -> Fraction | None:
    """The second at which a file's first stream begins, as the file counts; None where its clock may jump.

    Raises BadMedia.
    """
    with opened(path) as container:
        return None if container.format.name == JUMPING else _first_begin(container)


def _first_begin(container: InputContainer) -> Fraction:
    return Fraction(container.start_time or 0, av.time_base)


def _begin(track: AudioStream) -> Fraction:
    """The second of the first sound, as the file counts."""
    return (track.start_time or 0) * (track.time_base or Fraction(1))


def _size(path: Path) -> int:
    try:
        if not path.exists():
            raise BadMedia(path, tr("does not exist"))
        if not path.is_file():
            raise BadMedia(path, tr("is not a file"))
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
    except OSError as fault:
        raise BadMedia(path, tr("cannot be opened: {strerror}", strerror=fault.strerror)) from fault
    if size == 0:
        raise BadMedia(path, tr("is empty"))
    return size


def _probe_picture(path: Path, size_bytes: int, data: bytes | None = None) -> Facts:
    with opened_picture(path, data) as image:
        pictures = picture_count(image, path)
        image.load()
        width, height = upright_size(image)
        alpha, written = image.has_transparency_data, (image.format or "").lower()
    written = SAME.get(written, written)
    found = digest.of_file(path) if data is None else digest.of_bytes(data)
    return Facts(Kind.IMAGE, written, found, size_bytes, width, height, alpha, pictures=pictures)


def _probe_container(path: Path, size_bytes: int) -> Facts:
    try:
        facts = _measure_container(path, size_bytes)
    except CutShort:
        raise
    except BadMedia as fault:
        if has := missing_end(path):  # a file that lacks its end often can't be read at all
            raise CutShort(path, has) from fault
        raise BadMedia(path, fault.why, hint=fault.hint or HINT) from fault
    if has := missing_end(path):
        raise CutShort(path, has)
    return facts


def _measure_container(path: Path, size_bytes: int) -> Facts:
    with opened(path) as container:
        still = STILL.get(container.metadata.get("major_brand", "").strip())
        if still is not None:
            raise BadMedia(path, tr("is {still} inside", still=still))
        if stream := film_stream(container):
            return _measure_video(path, size_bytes, container, stream)[0]
        if sound := sound_stream(container):
            return _probe_sound(path, size_bytes, container, sound)
    raise BadMedia(path, tr("has neither video nor sound"))


def _measure_video(
    path: Path, size_bytes: int, container: InputContainer, stream: VideoStream
) -> tuple[Facts, PictureClock, VideoFrame]:
    """The facts of a video, its clock and its first picture."""
    clock = read_clock(path)
    frame = next(container.decode(stream) if clock.counted else shown_pictures(path, clock, [0]), None)
    if frame is None:
        raise BadMedia(path, tr("has a video without frames"))
    width, height = square_size(stream, frame)
    track = sound_stream(container)
    samples, sample_rate = (0, 0) if track is None else (_samples_beside(path, track, clock), track.rate)
    facts = Facts(
        kind=Kind.VIDEO,
        format=_format(container),
        digest=digest.of_file(path),
        size_bytes=size_bytes,
        width=width,
        height=height,
        frames=clock.frames,
        rate=clock.rate,
        samples=samples,
        sample_rate=sample_rate,
        seconds=clock.frames / clock.rate,
        hdr=HDR_CURVES.get(frame.color_trc),
        pace=clock.pace,
        flaws=tuple(_flaws(path, clock)),
    )
    return facts, clock, frame


def _samples_beside(path: Path, track: AudioStream, clock: PictureClock) -> int:
    """The samples of a film's sound, with the silence before a sound that begins after the picture."""
    if not clock.direct:
        return max([0, *(at + frame.samples for at, frame in heard(path, clock))])
    samples, late = measured_samples(path), _begin(track) - clock.begin
    return samples + round(max(Fraction(0), late) * track.rate) if samples else 0


def _flaws(path: Path, clock: PictureClock) -> Iterator[str]:
    if broken := broken_packet(path):
        yield broken
    if clock.damaged:
        yield trn("has {number} damaged frame", "has {number} damaged frames", clock.damaged)
    if clock.unseen:
        yield trn(
            "has {number} frame at the same time as others, not shown",
            "has {number} frames at the same time as others, not shown",
            clock.unseen,
        )


def _probe_sound(path: Path, size_bytes: int, container: InputContainer, stream: AudioStream) -> Facts:
    samples, sample_rate = measured_samples(path), stream.rate
    if samples == 0:
        raise BadMedia(path, tr("is a sound without samples"))
    return Facts(
        kind=Kind.AUDIO,
        format=_format(container),
        digest=digest.of_file(path),
        size_bytes=size_bytes,
        samples=samples,
        sample_rate=sample_rate,
        seconds=Fraction(samples, sample_rate),
    )


def _decode(path: Path) -> int:
    with opened(path) as container:
        stream = film_of(container, path)
        stream.thread_type = "AUTO"
        decoded = sum(1 for frame in container.decode(stream) if not frame.is_corrupt)
        if sound := sound_stream(container):
            container.seek(0, backward=True)
            deque(container.decode(sound), maxlen=0)
    return decoded


def _format(container: InputContainer) -> str:
    demuxer = container.format.name.partition(",")[0]
    if demuxer != "mov":
        return demuxer
    brand = container.metadata.get("major_brand", "").strip()
    return {"qt": "mov", "M4A": "m4a"}.get(brand, "mp4")
