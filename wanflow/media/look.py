"""How the frames of a video look, and what makes them as people see them: whole, upright, over black, in BT.709."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from fractions import Fraction
from itertools import chain, islice
from typing import NamedTuple, cast

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.error import BlockingIOError as NothingYet
from av.error import EOFError as NothingMore
from av.filter.graph import Graph
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from wanflow.media import encoder
from wanflow.media.container import BT2020, HDR_CURVES, matrix_of, orientation_of
from wanflow.records import immutable, mutable

REFERENCE_WHITE = 203
"""Nits of white in a film of standard range (ITU-R BT.2408)."""
BRIGHTEST = 10_000
"""Nits of the brightest signal of PQ, so that nothing brighter than white is clipped."""
KNEE = 0.6
"""Share of reference white below which tone mapping changes nothing: white comes out as 231 of 255."""

BT709 = 1
WIDE_PRIMARIES = (BT2020, 11, 12)
"""Primaries that BT.709 can't be taken for, by their codes in ITU-T H.273: BT.2020, DCI-P3, Display P3."""
CURVES = (1, 6, 8, 13, 14, 15, *HDR_CURVES)
"""Transfer curves that ffmpeg's filter `zscale` converts; of any other one it is assumed to be BT.709's."""
ZSCALE_MATRICES: Mapping[str, int] = {"bt709": 1, "bt601": 6, "smpte240m": 7, "bt2020": 9}

TURNS: Mapping[int, tuple[tuple[str, ...], ...]] = {
    2: (("hflip",),),
    3: (("hflip",), ("vflip",)),
    4: (("vflip",),),
    5: (("transpose", "cclock_flip"),),
    6: (("transpose", "clock"),),
    7: (("transpose", "clock_flip"),),
    8: (("transpose", "cclock"),),
}
"""Filters of ffmpeg that turn a frame upright, by EXIF's orientation."""

SEEING_ALPHA: Mapping[str, str] = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders of the formats whose usual decoder leaves the alpha channel out."""
FIELDS = ("h264", "mpeg1video", "mpeg2video", "mpeg4", "vc1", "dvvideo", "prores", "dnxhd", "mjpeg", "rawvideo", "v210")
"""Formats that may have interlaced frames."""
SAMPLED = 4
"""Parts of a video whose beginnings are looked at for fields; a film may begin with a progressive title."""

DEINTERLACER = "mode=send_frame:parity=auto:deint=interlaced"
"""Options of ffmpeg's filter `bwdif`: as many frames as before, and only those that are marked as interlaced."""


class Filter(NamedTuple):
    """A filter of ffmpeg with its options."""

    name: str
    values: tuple[object, ...] = ()
    options: Mapping[str, object] = {}


@immutable
class Look:
    """What has to be done to a video's decoded frames.

    `orientation` is EXIF's number by which they are turned, `matrix` their colour matrix as ffmpeg's filter `scale`
    names it, `full` whether their levels reach from 0 to 255. `curve` and `primaries` are codes of ITU-T H.273, 1 where
    nothing has to be converted. `clear`: they have an alpha channel. `interlaced`: some have two fields. `decoder` is
    one that sees the alpha channel, None for the usual one.
    """

    matrix: str
    orientation: int = 1
    full: bool = False
    rgb: bool = False
    curve: int = BT709
    primaries: int = BT709
    clear: bool = False
    interlaced: bool = False
    decoder: str | None = None

    @property
    def hdr(self) -> str | None:
        """The name of the curve of a video of high dynamic range, `PQ` or `HLG`."""
        return HDR_CURVES.get(self.curve)

    @property
    def converted(self) -> bool:
        """Whether its colours need ffmpeg's filter `zscale`."""
        return self.hdr is not None or self.primaries != BT709

    @property
    def decoded_here(self) -> bool:
        """Whether wanflow has to decode it: ffmpeg would leave fields or alpha in it."""
        return self.interlaced or self.decoder is not None

    def upright(self) -> Iterator[Filter]:
        """What turns frames that wanflow decoded; ffmpeg turns its own ones itself."""
        for name, *values in TURNS.get(self.orientation, ()):
            yield Filter(name, tuple(values))

    def filters(self, width: int, height: int) -> Iterator[Filter]:
        """From upright frames to a film's: over black, of this size, in BT.709 of limited range."""
        rgb = self.rgb or self.clear
        yield from self._over_black()
        if self.converted:
            yield from self._linear(width, height, rgb=rgb)
            yield Filter("zscale", options={"transfer": "bt709", "matrix": "bt709", "range": "limited"})
        else:
            known = {} if rgb else {"in_color_matrix": self.matrix}
            levels = {"in_range": "pc"} if self.full and not rgb else {}
            yield Filter("scale", (width, height), {**encoder.TO_BT709, **known, **levels})
        yield Filter("format", ("yuv420p",))

    def picture_filters(self, width: int, height: int) -> Iterator[Filter]:
        """From upright frames whose colours are `converted` to pictures in RGB of this size."""
        yield from self._over_black()
        yield from self._linear(width, height, rgb=self.rgb or self.clear)
        yield Filter("zscale", options={"transfer": "bt709"})
        yield Filter("format", ("rgb24",))

    def _over_black(self) -> Iterator[Filter]:
        if self.clear:
            if not self.rgb:
                levels = {"in_range": "pc"} if self.full else {}
                yield Filter("scale", options={"in_color_matrix": self.matrix, **levels})
            # what follows drops the channel: ffmpeg 9 spoils lines where `format` drops it from 16 bits
            yield Filter("format", ("gbrap16le" if self.converted else "gbrap",))
            yield Filter("premultiply", options={"inplace": 1})

    def _linear(self, width: int, height: int, *, rgb: bool) -> Iterator[Filter]:
        """In linear light with BT.709's primaries, 1 being white; what is brighter is brought below it."""
        options: dict[str, object] = {
            "width": width,
            "height": height,
            "filter": "lanczos",
            "matrixin": 0 if rgb else ZSCALE_MATRICES[self.matrix],
            "transferin": self.curve,
            "primariesin": self.primaries,
            "rangein": "full" if self.full or rgb else "limited",
            "transfer": "linear",
            "primaries": "bt709",
            "npl": REFERENCE_WHITE,
        }
        yield Filter("zscale", options=options)
        yield Filter("format", ("gbrpf32le",))
        if self.hdr is not None:
            peak = round(BRIGHTEST / REFERENCE_WHITE, 2)
            yield Filter("tonemap", options={"tonemap": "mobius", "param": KNEE, "peak": peak, "desat": 0})


def look_of(container: InputContainer, stream: VideoStream, frame: VideoFrame) -> Look:
    """How the frames of a stream look, by the first one and by a few along the way."""
    decoder = _seeing_alpha(stream)
    clear = any(part.is_alpha for part in frame.format.components)
    curve, primaries = _conversion(frame)
    frames = chain([frame], _samples(container, stream, frame.pts))
    return Look(
        matrix=matrix_of(frame),
        orientation=orientation_of(frame),
        full=frame.color_range == ColorRange.JPEG,
        rgb=frame.format.is_rgb,
        curve=curve,
        primaries=primaries,
        clear=clear or decoder is not None,
        interlaced=stream.codec_context.name in FIELDS and any(each.interlaced_frame for each in frames),
        decoder=decoder,
    )


def _conversion(frame: VideoFrame) -> tuple[int, int]:
    """The curve and the primaries of colours that BT.709 can't be taken for."""
    curve, primaries = frame.color_trc, frame.color_primaries
    if curve in HDR_CURVES:
        return curve, primaries if primaries in (BT709, *WIDE_PRIMARIES) else BT2020
    if primaries in WIDE_PRIMARIES:
        return curve if curve in CURVES else BT709, primaries
    return BT709, BT709


def _samples(container: InputContainer, stream: VideoStream, first: int | None) -> Iterator[VideoFrame]:
    """A few frames here and there, as far as they can be decoded; the one with the stamp `first` is known.

    A short clip often has one key frame, so that every search in it ends at the same frame.
    """
    length, known = container.duration or 0, {first}
    for part in range(1, SAMPLED):
        with suppress(av.FFmpegError):
            container.seek((container.start_time or 0) + length * part // SAMPLED)
            packets = container.demux(stream)
            key = next(packets, None)
            if key is not None and (key.pts is None or key.pts not in known):
                known.add(key.pts)
                yield from islice((frame for packet in chain([key], packets) for frame in packet.decode()), 1)


def decoder_of(stream: VideoStream) -> VideoCodecContext | None:
    """What decodes a stream's packets so that its alpha channel is seen; None where the usual decoder does."""
    name = _seeing_alpha(stream)
    if name is None:
        return None
    decoder = cast(VideoCodecContext, CodecContext.create(name, "r"))
    decoder.extradata, decoder.options = stream.codec_context.extradata, stream.codec_context.options
    return decoder


def _seeing_alpha(stream: VideoStream) -> str | None:
    return SEEING_ALPHA.get(stream.codec_context.name) if stream.metadata.get("alpha_mode") == "1" else None


@mutable
class Deinterlacer:
    """Makes whole frames of those with two fields; others pass as they are. None is lost, and each keeps its time."""

    _graph: Graph | None = None
    _shape: tuple[int, int, str] | None = None
    _times: deque[tuple[int | None, Fraction | None]] = field(default_factory=deque)

    def frames(self, decoded: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
        """The frames in their order; each one is known when the next one is."""
        for frame in decoded:
            shape = (frame.width, frame.height, frame.format.name)
            if shape != self._shape:
                yield from self._rest()
                self._graph, self._shape = _bwdif(frame), shape
            self._times.append((frame.pts, frame.time_base))
            if self._graph is not None:
                self._graph.push(frame)
            yield from self._made()
        yield from self._rest()

    def _rest(self) -> Iterator[VideoFrame]:
        if self._graph is not None:
            self._graph.push(None)
            yield from self._made()

    def _made(self) -> Iterator[VideoFrame]:
        with suppress(NothingYet, NothingMore):
            while self._graph is not None:
                frame = self._graph.vpull()
                # the filter counts in fields
                frame.pts, frame.time_base = self._times.popleft()
                yield frame


def _bwdif(frame: VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    graph.link_nodes(source, graph.add("bwdif", DEINTERLACER), graph.add("buffersink")).configure()
    return graph
