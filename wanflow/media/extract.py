"""Extracts: frames, pieces and sound tracks of a clip, exact to the frame and to the sample."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePath

import ffmpeg
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from ffmpeg.nodes import FilterableStream, OutputStream
from PIL import Image

from wanflow import timebase
from wanflow.language.source import Facts, Kind
from wanflow.media import encoder
from wanflow.media.clock import read_clock, shown_pictures
from wanflow.media.container import BadMedia, film_of, matrix_of, opened, square_size
from wanflow.media.ffmpeg import path_argument, run_ffmpeg
from wanflow.media.jobs import Job, OnProgress, RunningProcesses, Worker
from wanflow.media.pipe import SOURCE as FED
from wanflow.media.pipe import Reel, writer_of
from wanflow.media.probe import Footage, examine, probe
from wanflow.store.atomic import replacing
from wanflow.timebase import SAMPLE_RATE

TURNS = {90: ("cclock",), 180: ("clock", "clock"), 270: ("clock",)}
"""Values of ffmpeg's filter `transpose` that turn a picture by degrees against the clock."""
SWS_MATRICES = {
    "bt709": Colorspace.ITU709,
    "bt601": Colorspace.ITU601,
    "smpte240m": Colorspace.SMPTE240M,
    "bt2020": Colorspace.BT2020,
}


@dataclass(frozen=True, slots=True)
class ExtractFrame(Job[Facts]):
    """Write one frame, counted from 0 in order of showing, as a PNG."""

    source: PurePath
    index: int
    target: PurePath

    def perform(self, worker: Worker) -> Facts:
        """Write it, and measure what came out."""
        target = worker.root / self.target
        extract_frame(worker.root / self.source, self.index, target)
        return probe(target)


@dataclass(frozen=True, slots=True)
class ExtractPiece(Job[Facts]):
    """Write the frames `first` to `last`, both included, with their sound, as an MP4."""

    source: PurePath
    first: int
    last: int
    target: PurePath

    def perform(self, worker: Worker) -> Facts:
        """Write it, and measure what came out."""
        source, target = worker.root / self.source, worker.root / self.target
        extract_piece(source, self.first, self.last, target, processes=worker.processes, progress=worker.progress)
        return probe(target)


@dataclass(frozen=True, slots=True)
class ExtractSound(Job[Facts]):
    """Write the whole sound track as a WAV."""

    source: PurePath
    target: PurePath

    def perform(self, worker: Worker) -> Facts:
        """Write it, and measure what came out."""
        target = worker.root / self.target
        extract_sound(worker.root / self.source, target, processes=worker.processes)
        return probe(target)


def extract_frame(source: Path, index: int, target: Path) -> None:
    """Write the frame at `index` (from 0, in order of showing) as a PNG, upright, with its true colours.

    Raises MediaFault where the clip has no such frame, StoreFault where the disk refuses.
    """
    clock = read_clock(source)
    if not 0 <= index < clock.frames:
        raise BadMedia(source, f"has no frame {index}: it has {clock.frames} frames")
    frame = next(shown_pictures(source, clock, [index]))
    with opened(source) as container:
        size = square_size(film_of(container, source), frame)
    picture = _picture(frame).resize(size, Image.Resampling.LANCZOS)
    with replacing(target) as part:
        picture.save(part, "PNG")


def extract_piece(
    source: Path, first: int, last: int, target: Path, *, processes: RunningProcesses, progress: OnProgress | None
) -> None:
    """Write frames `first` to `last` (both included, from 0) with exactly their sound as an MP4 of its own.

    The same bytes for the same source and frames, on the same ffmpeg. Raises MediaFault.
    """
    footage = examine(source)
    if not 0 <= first <= last < footage.facts.frames:
        raise BadMedia(source, f"has no frames {first} to {last}: it has {footage.facts.frames} frames")
    with replacing(target) as part:
        arguments = piece_arguments(footage, first, last, part)
        run_ffmpeg(arguments, processes=processes, progress=progress, stdin=writer_of(_reels(footage, first, last)))
        made, frames = probe(part), last - first + 1
        samples = timebase.to_samples(frames, footage.rate) if footage.facts.samples else 0
        if (made.frames, made.samples) != (frames, samples):
            why = f"came out with {made.frames} frames and {made.samples} samples, not {frames} and {samples}"
            raise BadMedia(part, why)


def extract_sound(source: Path, target: Path, *, processes: RunningProcesses) -> None:
    """Write the whole sound track as a 48 kHz stereo WAV. Raises MediaFault where there is none."""
    facts = probe(source)
    if facts.samples == 0:
        raise BadMedia(source, "has no sound track")
    footage = examine(source) if facts.kind is Kind.VIDEO else None
    with replacing(target) as part:
        if footage is None or footage.clock.direct:
            begin = 0 if footage is None else min(footage.lead, footage.onset)
            run_ffmpeg(sound_arguments(source, facts, part, begin), processes=processes)
        else:
            reel = Reel(source, footage.clock, (), footage.rate, (0, _samples(facts)))
            run_ffmpeg(_fed_sound_arguments(facts, part), processes=processes, stdin=writer_of([reel]))


def piece_arguments(footage: Footage, first: int, last: int, target: Path) -> list[str]:
    """The arguments of the ffmpeg that writes a piece; pure."""
    rate, width, height = footage.rate, footage.facts.width // 2 * 2, footage.facts.height // 2 * 2
    source = ffmpeg.input(path_argument(footage.path), **encoder.FOREIGN)
    if footage.clock.plain:
        video = source.video.filter("trim", start_frame=first, end_frame=last + 1)
    else:
        video = fed_pictures(footage, 0)
    video = (
        # pictures are counted, not timed: stamps wander
        video.filter("settb", expr=str(1 / rate))
        .filter("setpts", "N")
        .filter("fps", fps=str(rate))
        .filter("scale", width, height, **encoder.TO_BT709, in_color_matrix=footage.matrix)
        .filter("format", "yuv420p")
        .filter("setsar", 1)
        .filter("setparams", **encoder.TAGS)
    )
    streams = [video]
    if footage.facts.samples:
        begin, samples = timebase.to_samples(first, rate), timebase.to_samples(last + 1 - first, rate)
        plain = footage.clock.plain
        sound = (
            exact_sound(source.audio, footage.lead + begin, samples) if plain else exact_sound(fed_sound(0), 0, samples)
        )
        streams.append(sound)
    return arguments_of(ffmpeg.output(*streams, path_argument(target), **encoder.piece(rate)))


def _reels(footage: Footage, first: int, last: int) -> list[Reel]:
    """What is fed for a piece; nothing where ffmpeg can read the file itself."""
    if footage.clock.plain:
        return []
    begin = timebase.to_samples(first, footage.rate)
    sound = (begin, begin + timebase.to_samples(last + 1 - first, footage.rate)) if footage.facts.samples else None
    return [Reel(footage.path, footage.clock, range(first, last + 1), footage.rate, sound)]


def sound_arguments(source: Path, facts: Facts, target: Path, begin: int = 0) -> list[str]:
    """The arguments of the ffmpeg that writes the sound track from a 48 kHz sample on; pure."""
    sound = exact_sound(ffmpeg.input(path_argument(source), **encoder.FOREIGN).audio, begin, _samples(facts))
    return arguments_of(ffmpeg.output(sound, path_argument(target), **encoder.WAV))


def _fed_sound_arguments(facts: Facts, target: Path) -> list[str]:
    sound = exact_sound(fed_sound(0), 0, _samples(facts))
    return arguments_of(ffmpeg.output(sound, path_argument(target), **encoder.WAV))


def _samples(facts: Facts) -> int:
    """The 48 kHz samples of a sound track."""
    return round(Fraction(facts.samples * SAMPLE_RATE, facts.sample_rate))


def exact_sound(sound: FilterableStream, begin: int, samples: int, *, stop: int | None = None) -> FilterableStream:
    """48 kHz stereo from sample `begin` on, exactly `samples` of it: silence where it ends before, or at `stop`."""
    end = begin + samples if stop is None else min(stop, begin + samples)
    return (
        sound.filter("aresample", SAMPLE_RATE, **{"async": 1, "first_pts": 0})
        .filter("aformat", sample_fmts="s16", channel_layouts="stereo")
        .filter("atrim", start_sample=begin, end_sample=end)
        .filter("asetpts", "N")
        .filter("apad", whole_len=samples)
        .filter("atrim", end_sample=samples)
    )


def fed_pictures(footage: Footage, number: int) -> FilterableStream:
    """The pictures of a clip that is fed, upright, one at each place; `number` counts the fed clips before it."""
    video = ffmpeg.input("pipe:0", **FED)[f"v:{number}"]
    if footage.full:
        video = video.filter("setparams", range="pc")
    for way in TURNS.get(footage.turn, ()):
        video = video.filter("transpose", way)
    return video


def fed_sound(number: int) -> FilterableStream:
    """The sound of a clip that is fed, from the sample on that its reel says."""
    return ffmpeg.input("pipe:0", **FED)[f"a:{number}"]


def arguments_of(output: OutputStream) -> list[str]:
    """A filter graph as ffmpeg's arguments; it overwrites its output, which is always a temporary file."""
    arguments: list[str] = ffmpeg.get_args(output, overwrite_output=True)
    return arguments


def _picture(frame: VideoFrame) -> Image.Image:
    matrix = SWS_MATRICES[matrix_of(frame)]
    full = ColorRange.JPEG if frame.color_range == ColorRange.JPEG else ColorRange.MPEG
    colours = frame.reformat(
        format="rgb24",
        src_colorspace=matrix,
        dst_colorspace=matrix,
        src_color_range=full,
        dst_color_range=ColorRange.JPEG,
    )
    plane = colours.planes[0]
    picture = Image.frombuffer("RGB", (frame.width, frame.height), bytes(plane), "raw", "RGB", plane.line_size, 1)
    return picture.rotate(frame.rotation, expand=True)
