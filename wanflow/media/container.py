"""Media containers, opened by PyAV: by content, of known kinds only, and every failure is a MediaFault."""

from __future__ import annotations

import gc
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.sidedata.sidedata import SideData
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from wanflow.errors import MediaFault
from wanflow.media.inputs import MOST_FRAME_PIXELS, MOST_PACKETS, MOV, container_options, demuxer_of
from wanflow.media.movie_tables import table_fault
from wanflow.messages import tr

PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
"""Marks of a video stream that is a picture: a cover, a thumbnail."""
ASIDE = (
    Disposition.comment
    | Disposition.hearing_impaired
    | Disposition.visual_impaired
    | Disposition.descriptions
    | Disposition.lyrics
    | Disposition.karaoke
    | Disposition.clean_effects
    | Disposition.non_diegetic
    | Disposition.dependent
)
"""Marks of a stream that players play only when it is chosen, or together with another one."""

UNTAGGED = 2
"""Code of an unspecified matrix in ITU-T H.273."""
HD_HEIGHT = 720
BT2020 = 9
"""Code of BT.2020's primaries, and of its matrix."""
MATRICES = {1: "bt709", 5: "bt601", 6: "bt601", 7: "smpte240m", BT2020: "bt2020"}

HDR_CURVES = {16: "PQ", 18: "HLG"}
"""Transfer curves of high dynamic range, by their codes in ITU-T H.273."""

QUARTER_TURNS = {5, 6, 7, 8}
"""EXIF's orientations of a picture that lies on its side."""

BOUNDED: Mapping[str, str] = {"max_pixels": str(MOST_FRAME_PIXELS)}
"""Option of decoders, which is also held where a container tells another size than its frames have."""

OLD = int(av.__version__.split(".")[0]) <= 18
LENIENT: Mapping[str, Any] = {"metadata_errors": "replace"} if OLD else {}
"""Option for PyAV 18, the last for Python 3.11, and older: without it they refuse metadata that is not UTF-8."""


PacketFacts = TypeVar("PacketFacts")
StreamKind = TypeVar("StreamKind", VideoStream, AudioStream)


class BadMedia(MediaFault):
    """A file that is not the media it has to be; `why` follows its name: `is empty`.

    With the `line` of a text file, `why` is what is wrong in that line: ``invalid time code `00:00:1` ``; `others` are
    the faults of further lines.
    """

    def __init__(
        self,
        path: Path,
        why: str,
        *,
        hint: str | None = None,
        line: int | None = None,
        others: tuple[BadMedia, ...] = (),
    ) -> None:
        place = f"`{path.name}`" if line is None else tr("line {line} of `{name}`:", line=line, name=path.name)
        super().__init__(tr("{place} {why}", place=place, why=why), hint=hint)
        self.path, self.why, self.line, self.others = path, why, line, others

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled by its fields, since a job may run in another process."""
        return partial(BadMedia, self.path, self.why, hint=self.hint, line=self.line, others=self.others), ()


class CutShort(BadMedia):
    """A file that lacks its end; `has` says how much of it is here: `60 of 120 frames`, None where not known."""

    def __init__(self, path: Path, has: str | None = None) -> None:
        how = tr("it breaks off in the middle") if has is None else tr("it has {has}", has=has)
        super().__init__(path, tr("is cut short: {how}", how=how), hint=tr("copy or export it again"))
        self.has = has

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled by its fields, since a job may run in another process."""
        return CutShort, (self.path, self.has)


@contextmanager
def opened(path: Path, *, decoding: bool = True) -> Iterator[InputContainer]:
    """A media file open for reading; any failure to read it inside the block is a BadMedia.

    Opening decodes a frame to know the pixel format and the range; without `decoding` they stay unknown, and it takes a
    tenth of the time.
    """
    gc.collect(0)  # frames of files before this one whose side data were read: megabytes each (`orientation_of`)
    demuxer = demuxer_of(path)
    options = container_options(demuxer) | ({} if decoding else {"codec_whitelist": "none"})
    try:
        if demuxer == MOV and (why := table_fault(path)):
            raise BadMedia(path, why, hint=tr("export it again"))
        if decoding and demuxer is None:  # its streams are found by decoding, without the option for a decoder
            with opened(path, decoding=False):
                pass
        bounds: dict[str, Any] = {"options": dict(BOUNDED), "container_options": options, **LENIENT}
        with av.open(str(path.absolute()), format=demuxer, **bounds) as container:
            _bound_frames(container, path)
            yield container
    except av.error.EOFError as fault:
        raise CutShort(path) from fault
    except av.error.ArgumentError as fault:  # no demuxer that is allowed reads it
        raise BadMedia(path, tr("is not a picture, video or sound of a format that wanflow reads")) from fault
    except av.FFmpegError as fault:
        words = tr("is not a picture, video or sound that can be read")
        raise BadMedia(path, tr("{words} ({why})", words=words, why=(fault.strerror or "").lower())) from fault


def _bound_frames(container: InputContainer, path: Path) -> None:
    """Let the decoders refuse frames that are too large. Raises BadMedia where the container names such a size."""
    for stream in container.streams.video:
        if not stream.codec_context:
            continue
        stream.codec_context.options = dict(BOUNDED)
        if not stream.disposition & PICTURES and stream.width * stream.height > MOST_FRAME_PIXELS:
            size, most = (
                tr("{width} x {height} pixels", width=stream.width, height=stream.height),
                MOST_FRAME_PIXELS // 10**6,
            )
            why = tr("has frames of {size}, at most {most} million are read", size=size, most=most)
            raise BadMedia(path, why, hint=tr("scale it down"))


def film_stream(container: InputContainer) -> VideoStream | None:
    """The video that people see, None where there is none: a cover or a thumbnail is a picture."""
    return _played([stream for stream in container.streams.video if not stream.disposition & PICTURES])


def sound_stream(container: InputContainer) -> AudioStream | None:
    """The sound that people hear, None where there is none."""
    return _played(container.streams.audio)


def _played(streams: Sequence[StreamKind]) -> StreamKind | None:
    """The stream that a player takes: the default, never a commentary beside another one; else the first."""
    ranks = [(bool(each.disposition & ASIDE), not each.disposition & Disposition.default) for each in streams]
    return streams[ranks.index(min(ranks))] if streams else None


def film_of(container: InputContainer, path: Path) -> VideoStream:
    """The video stream of a file that must have one."""
    stream = film_stream(container)
    if stream is None:
        raise BadMedia(path, tr("has no video"))
    return stream


class Stamp(NamedTuple):
    """When a packet's frame is shown, in ticks of its stream; `hidden` by an edit list.

    `key`: it can be decoded alone. `corrupt`: its container says that bytes of it are missing.
    """

    pts: int | None
    duration: int
    hidden: bool
    key: bool = True
    corrupt: bool = False


def packets_of(container: InputContainer, stream: VideoStream) -> Iterator[Stamp]:
    """The stamps of all packets of a stream that carry data; reads the file to its end, and keeps nothing of it."""
    for packet in container.demux(stream):
        if packet.size:
            yield Stamp(packet.pts, packet.duration or 0, packet.is_discard, packet.is_keyframe, packet.is_corrupt)


def bounded(packets: Iterable[PacketFacts], path: Path) -> list[PacketFacts]:
    """All that is told of a stream's packets. Raises BadMedia for more than a film can have."""
    found = list(islice(packets, MOST_PACKETS + 1))
    if len(found) > MOST_PACKETS:
        raise BadMedia(
            path,
            tr("has more than {most_packets} frames or parts of a sound", most_packets=MOST_PACKETS),
            hint=tr("cut it into parts"),
        )
    return found


def shown(stamps: Iterable[Stamp]) -> list[int]:
    """The presentation times of the frames that are shown, in order of showing: an edit list may hide some."""
    return sorted(stamp.pts for stamp in stamps if stamp.pts is not None and not stamp.hidden)


def matrix_of(frame: VideoFrame) -> str:
    """The colour matrix of a frame, as ffmpeg's scale filter names it.

    Untagged footage is that of its primaries where they are BT.2020, else BT.709 from 720 lines up and BT.601 below:
    swscale and PyAV would take all of it for BT.601 (ffmpeg.md 3.5).
    """
    tag = BT2020 if frame.color_primaries == BT2020 else UNTAGGED
    if known := MATRICES.get(frame.colorspace) or MATRICES.get(tag):
        return known
    return "bt709" if frame.height >= HD_HEIGHT else "bt601"


def orientation_of(frame: VideoFrame) -> int:
    """EXIF's number of how a frame has to be turned or mirrored, by its display matrix; 1 for an upright one.

    PyAV's side data and their frame hold each other, so that the frame stays until Python looks for circles. In a run
    with several jobs at once that may never be, so a copy of four pixels is asked: megabytes a segment.
    """
    with suppress(av.FFmpegError, ValueError):  # a format that cannot be scaled
        frame = frame.reformat(width=2, height=2, interpolation="POINT")
    written = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(written, SideData):
        return 1
    across, down, _, left, right, *_ = struct.unpack("9i", bytes(written))
    if abs(across) + abs(right) > abs(down) + abs(left):
        return {(False, False): 1, (True, False): 2, (True, True): 3, (False, True): 4}[across < 0, right < 0]
    return {(False, False): 5, (False, True): 6, (True, True): 7, (True, False): 8}[down < 0, left < 0]


def square_size(stream: VideoStream, frame: VideoFrame) -> tuple[int, int]:
    """Width and height as shown: with square pixels, and upright."""
    aspect = stream.sample_aspect_ratio or Fraction(1)
    width = round(frame.width * aspect)
    return (frame.height, width) if orientation_of(frame) in QUARTER_TURNS else (width, frame.height)
