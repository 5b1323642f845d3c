"""Extracts: frames, pieces and sound tracks of a clip, exact to the frame and to the sample."""

from __future__ import annotations

from collections.abc import Iterable
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
from wanflow.media.container import BadMedia, film_of, opened, square_size
from wanflow.media.ffmpeg import path_argument, require_filter, run_ffmpeg
from wanflow.media.inputs import OWN_TIMES, Options, fed_input, media_input
from wanflow.media.jobs import Job, OnProgress, RunningProcesses, Worker
from wanflow.media.look import Filter, Look, look_of
from wanflow.media.picture.still import turned_over_black
from wanflow.media.pipe import Reel, writer_of
from wanflow.media.probe import Footage, examine, probe, steady_begin
from wanflow.media.sound.track import USUAL, Track, heard_track
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.store.atomic import replacing
from wanflow.timebase import SAMPLE_RATE

SWS_MATRICES = {
    "bt709": Colorspace.ITU709,
    "bt601": Colorspace.ITU601,
    "smpte240m": Colorspace.SMPTE240M,
    "bt2020": Colorspace.BT2020,
}


@immutable
class ExtractFrame(Job[Facts]):
    """Write one frame, counted from 0 in order of showing, as a PNG."""

    source: PurePath
    index: int
    target: PurePath

    def perform(self, worker: Worker) -> Facts:
        """Write it, and measure what came out."""
        target = worker.root / self.target
        extract_frame(worker.root / self.source, self.index, target, processes=worker.processes)
        return probe(target)


@immutable
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


@immutable
class ExtractSound(Job[Facts]):
    """Write the whole sound track as a WAV."""

    source: PurePath
    target: PurePath

    def perform(self, worker: Worker) -> Facts:
        """Write it, and measure what came out."""
        target = worker.root / self.target
        extract_sound(worker.root / self.source, target, processes=worker.processes)
        return probe(target)


def extract_frame(source: Path, index: int, target: Path, *, processes: RunningProcesses | None = None) -> None:
    """Write the frame at `index` (from 0, in order of showing) as a PNG, as people see it.

    Raises MediaFault where the clip has no such frame, StoreFault where the disk refuses.
    """
    clock = read_clock(source)
    if not 0 <= index < clock.frames:
        raise BadMedia(source, tr("has no frame {index}: it has {frames} frames", index=index, frames=clock.frames))
    frame = next(shown_pictures(source, clock, [index]))
    with opened(source) as container:
        stream = film_of(container, source)
        look, size = look_of(container, stream, frame), square_size(stream, frame)
    if look.interlaced:
        frame = next(shown_pictures(source, clock, [index], interlaced=True))
    picture = None if look.converted else picture_of(frame, look).resize(size, Image.Resampling.LANCZOS)
    with replacing(target) as part:
        if picture is not None:
            picture.save(part, "PNG")
            return
        require_zscale(source, look)
        reel = Reel(source, clock, [index], clock.rate, interlaced=look.interlaced)
        run_ffmpeg(
            picture_arguments(look, size, part), processes=processes or RunningProcesses(), stdin=writer_of([reel])
        )


def extract_piece(
    source: Path, first: int, last: int, target: Path, *, processes: RunningProcesses, progress: OnProgress | None
) -> None:
    """Write frames `first` to `last` (both included, from 0) with exactly their sound as an MP4 of its own.

    The same bytes for the same source and frames, on the same ffmpeg. Raises MediaFault.
    """
    footage = examine(source)
    if not 0 <= first <= last < footage.facts.frames:
        raise BadMedia(
            source,
            tr(
                "has no frames {first} to {last}: it has {frames} frames",
                first=first,
                last=last,
                frames=footage.facts.frames,
            ),
        )
    require_zscale(source, footage.look)
    with replacing(target) as part:
        arguments = piece_arguments(footage, first, last, part)
        run_ffmpeg(
            arguments, processes=processes, progress=progress, stdin=writer_of(piece_reels(footage, first, last))
        )
        made, frames = probe(part), last - first + 1
        samples = timebase.to_samples(frames, footage.rate) if footage.facts.samples else 0
        if (made.frames, made.samples) != (frames, samples):
            why = tr(
                "came out with {frames} frames and {samples} samples, not {frames_2} and {samples_2}",
                frames=made.frames,
                samples=made.samples,
                frames_2=frames,
                samples_2=samples,
            )
            raise BadMedia(part, why)


def extract_sound(source: Path, target: Path, *, processes: RunningProcesses) -> None:
    """Write the whole sound track as a 48 kHz stereo WAV. Raises MediaFault where there is none."""
    facts, track = probe(source), heard_track(source)
    footage = examine(source) if facts.kind is Kind.VIDEO else None
    with replacing(target) as part:
        if footage is None or footage.clock.direct:
            begin = 0 if footage is None else min(footage.lead, footage.onset)
            arguments = sound_arguments(source, facts, part, begin, track=track, since=steady_begin(source))
            run_ffmpeg(arguments, processes=processes)
        else:
            reel = Reel(source, footage.clock, (), footage.rate, (0, _samples(facts)))
            sound = exact_sound(fed_sound(0, track), 0, _samples(facts), track.channels)
            arguments = arguments_of(ffmpeg.output(sound, path_argument(part), **encoder.WAV))
            run_ffmpeg(arguments, processes=processes, stdin=writer_of([reel]))


def piece_arguments(
    footage: Footage,
    first: int,
    last: int,
    target: Path,
    *,
    size: tuple[int, int] | None = None,
    options: Options | None = None,
    silent: bool = False,
) -> list[str]:
    """The arguments of the ffmpeg that writes a piece; pure.

    It has the size of its source, and the options of a piece for the service, unless others are given.
    """
    rate = footage.rate
    width, height = (side // 2 * 2 for side in size or (footage.facts.width, footage.facts.height))
    source = media_input(footage.path, footage.begin)
    if footage.plain:
        video = source[str(footage.picture)].filter("trim", start_frame=first, end_frame=last + 1)
    else:
        video = fed_pictures(0, footage.look)
    # pictures are counted, not timed: stamps wander
    video = video.filter("settb", expr=str(1 / rate)).filter("setpts", "N").filter("fps", fps=str(rate))
    video = filtered(video, footage.look.filters(width, height))
    video = video.filter("setsar", 1).filter("setparams", **encoder.TAGS)
    streams = [video]
    if footage.facts.samples and not silent:
        begin, samples = timebase.to_samples(first, rate), timebase.to_samples(last + 1 - first, rate)
        track = footage.sound
        if footage.plain:
            streams.append(exact_sound(source[str(track.stream)], footage.lead + begin, samples, track.channels))
        else:
            streams.append(exact_sound(fed_sound(0, track), 0, samples, track.channels))
    return arguments_of(ffmpeg.output(*streams, path_argument(target), **(options or encoder.piece(rate)), **OWN_TIMES))


def picture_arguments(look: Look, size: tuple[int, int], target: Path, columns: int = 1) -> list[str]:
    """The arguments of the ffmpeg that writes pictures that it is fed side by side, in the colours of films; pure."""
    picture = filtered(fed_pictures(0, look), look.picture_filters(*size))
    if columns > 1:
        picture = picture.filter("tile", f"{columns}x1")
    # not as a sequence of pictures: a `%` in the path would be a number
    return arguments_of(ffmpeg.output(picture, path_argument(target), **encoder.PICTURE))


def require_zscale(path: Path, look: Look) -> None:
    """Raise ToolMissing where the colours of a clip have to be converted and ffmpeg can't."""
    if look.converted:
        require_filter(
            "zscale",
            f"`{path.name}`" if look.hdr is None else tr("`{name}` in HDR ({hdr})", name=path.name, hdr=look.hdr),
        )


def piece_reels(footage: Footage, first: int, last: int, *, silent: bool = False) -> list[Reel]:
    """What is fed for a piece; nothing where ffmpeg can read the file itself."""
    if footage.plain:
        return []
    begin = timebase.to_samples(first, footage.rate)
    sound = (
        (begin, begin + timebase.to_samples(last + 1 - first, footage.rate))
        if footage.facts.samples and not silent
        else None
    )
    places, fields = range(first, last + 1), footage.look.interlaced
    return [Reel(footage.path, footage.clock, places, footage.rate, sound, interlaced=fields)]


def sound_arguments(
    source: Path,
    facts: Facts,
    target: Path,
    begin: int = 0,
    *,
    track: Track = USUAL,
    since: Fraction | None = Fraction(),
) -> list[str]:
    """The arguments of the ffmpeg that writes the sound track from a 48 kHz sample on; pure.

    Samples are counted from the second `since` of the file's clock; None where that may jump, and ffmpeg mends it.
    """
    sound = media_input(source, since or Fraction())[str(track.stream)]
    sound = exact_sound(sound, begin, _samples(facts), track.channels)
    options = encoder.WAV if since is None else {**encoder.WAV, **OWN_TIMES}
    return arguments_of(ffmpeg.output(sound, path_argument(target), **options))


def _samples(facts: Facts) -> int:
    """The 48 kHz samples of a sound track."""
    return timebase.track_samples(Fraction(facts.samples, facts.sample_rate))


def exact_sound(
    sound: FilterableStream, begin: int, samples: int, channels: int, *, stop: int | None = None
) -> FilterableStream:
    """48 kHz stereo from sample `begin` on, exactly `samples` of it: silence where it ends before, or at `stop`.

    Its `channels` are as loud as players play them: ffmpeg would take 3 dB off mono and 8 dB off 5.1 (ffmpeg.md 3.10).
    """
    end = begin + samples if stop is None else min(stop, begin + samples)
    sound = sound.filter("aresample", SAMPLE_RATE, **{"async": 1, "first_pts": 0})
    if channels == 1:
        sound = sound.filter("channelmap", map="0|0", channel_layout="stereo")
    elif channels > 2:
        sound = sound.filter("aformat", sample_fmts="flt", channel_layouts="stereo")
    return (
        sound.filter("aformat", sample_fmts="s16", channel_layouts="stereo")
        .filter("atrim", start_sample=begin, end_sample=end)
        .filter("asetpts", "N")
        .filter("apad", whole_len=samples)
        .filter("atrim", end_sample=samples)
    )


def paced_sound(sound: FilterableStream, speed: Fraction, begin: int, samples: int) -> FilterableStream:
    """Sound of 48 kHz at another speed and in pitch: exactly `samples` from sample `begin` of what comes out."""
    while speed != 1:
        # beyond two times as fast the filter leaves samples out
        factor = max(Fraction(1, 2), min(Fraction(2), speed))
        sound, speed = sound.filter("atempo", timebase.decimal_text(factor, 9)), speed / factor
    return (
        sound.filter("atrim", start_sample=begin, end_sample=begin + samples)
        .filter("asetpts", "N")
        .filter("apad", whole_len=samples)
        .filter("atrim", end_sample=samples)
    )


def filtered(video: FilterableStream, filters: Iterable[Filter]) -> FilterableStream:
    """A stream that goes through filters one after another."""
    for each in filters:
        video = video.filter(each.name, *each.values, **each.options)
    return video


def fed_pictures(number: int, look: Look) -> FilterableStream:
    """The pictures of a clip that is fed, upright, one at each place; `number` counts the fed clips before it."""
    return filtered(fed_input()[f"v:{number}"], look.upright())


def fed_sound(number: int, track: Track) -> FilterableStream:
    """The sound of a clip that is fed, from the sample on that its reel says."""
    sound = fed_input()[f"a:{number}"]
    if track.channels <= 2:
        return sound
    # the pipe tells the number of channels, not which they are
    return sound.filter("channelmap", map="|".join(map(str, range(track.channels))), channel_layout=track.layout)


def arguments_of(output: OutputStream) -> list[str]:
    """A filter graph as ffmpeg's arguments; it overwrites its output, which is always a temporary file."""
    arguments: list[str] = ffmpeg.get_args(output, overwrite_output=True)
    return arguments


def picture_of(frame: VideoFrame, look: Look) -> Image.Image:
    """A decoded frame as people see it, unless its colours have to be converted."""
    matrix = SWS_MATRICES[look.matrix]
    mode = "RGBA" if look.clear else "RGB"
    colours = frame.reformat(
        format="rgba" if look.clear else "rgb24",
        src_colorspace=matrix,
        dst_colorspace=matrix,
        src_color_range=ColorRange.JPEG if look.full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )
    plane = colours.planes[0]
    picture = Image.frombuffer(mode, (frame.width, frame.height), bytes(plane), "raw", mode, plane.line_size, 1)
    return turned_over_black(picture, look.orientation)
