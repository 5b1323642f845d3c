"""Cuts: segments and sound joined without encoding again, with subtitles, chapters and AI labels."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from wanflow import timebase
from wanflow.language.language_tags import UNKNOWN
from wanflow.language.source import Facts
from wanflow.media import encoder, labels
from wanflow.media.ffmpeg import path_argument, run_ffmpeg
from wanflow.media.inputs import Options, input_words, option_words, own_options
from wanflow.media.jobs import Job, Worker
from wanflow.media.join_checks import require_alike, require_cut, survey
from wanflow.media.sound.mix import splice
from wanflow.media.sound.soundtrack import AAC_SAMPLES
from wanflow.media.text.subtitle_file import Line, read_lines
from wanflow.media.text.subtitles import to_srt, track_words
from wanflow.records import immutable
from wanflow.store.atomic import replacing
from wanflow.timebase import SAMPLE_RATE

PLAYLIST, SOUND, CHAPTERS = "segments.ffconcat", "sound.aac", "chapters.txt"
UNDECODED = "option codec_whitelist none"
"""Line of the playlist: without it ffmpeg decodes a frame of each file, which takes longer than to copy all of it."""

TITLE_BYTES = 255
"""Maximum bytes of a chapter's title in one of the two places where an MP4 keeps it."""

_SIGNS = re.compile(r"[=;#\\\n]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CUT_SHORT = re.compile(r"[\x00\r]")


@immutable
class Chapter:
    """A part of a film that players jump to: from frame `begin` up to frame `end`, which is the first of the next."""

    title: str
    begin: int
    end: int


@immutable
class SubtitleTrack:
    """Subtitles that viewers can switch on: their file or their lines, the file beside the film that they are written
    to, their language in three letters, and their title where the language does not tell them apart.

    `encoding` is that of the file as its author names it, None to recognise it.
    """

    source: PurePath | tuple[Line, ...]
    sidecar: PurePath
    language: str = UNKNOWN
    title: str | None = None
    encoding: str | None = None


@immutable
class CutLabels:
    """The film's own AI label: the models as producer, the digest of its provenance as its id.

    `mixed`: some of its clips were not made by AI.
    """

    producer: str
    content: str
    mixed: bool = False


@immutable
class CutRecipe:
    """All that goes into a film; its files are relative to the folder of the production.

    `segments` are files of one shape in order, `frames` their sum at `rate`; `sound` are the chunks of its AAC stream.
    `sources` are the clips as they were delivered, whose AI labels the film keeps.
    """

    segments: tuple[PurePath, ...]
    frames: int
    rate: Fraction
    sound: tuple[PurePath, ...]
    tracks: tuple[SubtitleTrack, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    sources: tuple[PurePath, ...] = ()
    label: CutLabels | None = None


@immutable
class AssembleCut(Job[Facts]):
    """Join segments and sound to a finished cut."""

    film: CutRecipe
    target: PurePath

    def perform(self, worker: Worker) -> Facts:
        """Write the cut, and measure what came out."""
        return assemble(self.film, worker.root / self.target, worker)


def assemble(film: CutRecipe, target: Path, worker: Worker) -> Facts:
    """Join segments and sound to an MP4, both copied as they are (ffmpeg.md 3.1), and write its subtitles beside it.

    The film is checked before it gets its name: it has every frame, begins at 0, and its sound is as long as its
    picture. That gives its facts. Raises MediaFault; `target` is then what it was before.
    """
    root = worker.root
    require_alike([survey(root / segment) for segment in film.segments], film.frames)
    sources = ((track.source, track.encoding) for track in film.tracks)
    lines = (read_lines(root / of, encoding) if isinstance(of, PurePath) else of for of, encoding in sources)
    words = [to_srt(each, frames=film.frames, rate=film.rate) for each in lines]
    shown = [(track, text) for track, text in zip(film.tracks, words, strict=True) if text]
    with replacing(target) as part, TemporaryDirectory(prefix="wanflow-") as name:
        folder = Path(name)
        _write_inputs(film, root, [text for _, text in shown], folder)
        arguments = assemble_arguments(film, folder, [(track.language, track.title) for track, _ in shown], part)
        run_ffmpeg(arguments, processes=worker.processes, progress=worker.progress)
        facts = require_cut(part, film.frames, film.rate)
    for track, text in zip(film.tracks, words, strict=True):
        if not text:
            (root / track.sidecar).unlink(missing_ok=True)
            continue
        with replacing(root / track.sidecar) as part:
            part.write_text(text, encoding="utf-8", newline="\n")
    return facts


def assemble_arguments(
    film: CutRecipe, folder: Path, subtitles: Sequence[tuple[str, str | None]], target: Path
) -> list[str]:
    """The arguments of the ffmpeg that joins the files of a folder; pure.

    `subtitles` are the language and the title of each subtitle track.
    """
    tracks = range(len(subtitles))
    arguments = input_words(folder / PLAYLIST, {**own_options("concat", also="mov"), "safe": 0})
    arguments += input_words(folder / SOUND, own_options("aac"))
    arguments += [word for at in tracks for word in input_words(folder / _track_name(at), own_options("srt"))]
    arguments += input_arguments(folder / CHAPTERS)
    for stream in ("0:v", "1:a", *(f"{2 + at}:s" for at in tracks)):
        arguments += ["-map", stream]
    options = {**encoder.FILM, **_times(film), **mux_options(2 + len(subtitles), film.rate)}
    titled = [(code, None if title is None else _CONTROL.sub("", title)) for code, title in subtitles]
    return [*arguments, *option_words(options), *track_words(titled), path_argument(target), "-y"]


def _times(film: CutRecipe) -> Options:
    """Options that give every packet its time, counted from 0.

    ffmpeg's own times are rounded to microseconds at every join. The first frame of an AAC stream holds no sound of
    the film and lies before 0; the last one ends with the film.
    """
    ticks = encoder.timescale(film.rate)
    samples = timebase.to_samples(film.frames, film.rate)
    last = -(-samples // AAC_SAMPLES)
    rest = samples - (last - 1) * AAC_SAMPLES
    lasting = f"if(eq(N\\,{last})\\,{rest}/{SAMPLE_RATE}/TB\\,DURATION)"
    return {
        "bsf:v": f"setts=ts=N*{ticks / film.rate}",
        "bsf:a": f"setts=ts=TS-{AAC_SAMPLES}/{SAMPLE_RATE}/TB:duration={lasting}",
        "video_track_timescale": ticks,
    }


def playlist(names: Iterable[str]) -> str:
    """The list that ffmpeg's concat demuxer reads, of files beside it whose names need no quotes.

    The first file is decoded for the film's shape; the others were checked to have the same.
    """
    files = (f"file {name}\n{UNDECODED}\n" if at else f"file {name}\n" for at, name in enumerate(names))
    return "ffconcat version 1.0\n" + "".join(files)


def _write_inputs(film: CutRecipe, root: Path, subtitles: Sequence[str], folder: Path) -> None:
    """Write or link everything that is joined, under names that need no quotes."""
    names = [f"{at:06d}.mov" for at in range(len(film.segments))]
    for name, segment in zip(names, film.segments, strict=True):
        _link((root / segment).absolute(), folder / name)
    (folder / PLAYLIST).write_text(playlist(names), encoding="ascii", newline="\n")
    splice([root / chunk for chunk in film.sound], folder / SOUND)
    for at, text in enumerate(subtitles):
        (folder / _track_name(at)).write_text(text, encoding="utf-8", newline="\n")
    kept = [label for source in dict.fromkeys(film.sources) for label in labels.read_labels(root / source)]
    if film.label is None:
        metadata = labels.merge_labels(kept, None)
    else:
        own = labels.own_label(film.label.producer, film.label.content)
        metadata = labels.merge_labels(kept, own, mixed=film.label.mixed)
    (folder / CHAPTERS).write_text(chapter_file(film.chapters, film.rate, metadata), encoding="utf-8", newline="\n")


def _link(source: Path, name: Path) -> None:
    """Give a file another name; a copy where the system makes no links, as Windows for users without that right."""
    try:
        name.symlink_to(source)
    except OSError:
        try:
            name.hardlink_to(source)
        except OSError:
            shutil.copyfile(source, name)


def _track_name(position: int) -> str:
    return f"subtitles{position}.srt"


def chapter_file(chapters: Sequence[Chapter], rate: Fraction, metadata: Mapping[str, str] | None = None) -> str:
    """The text of an FFMETADATA1 file: chapters counted in frames at `rate`, after the metadata of the whole film.

    A title is one line without control characters, of 255 bytes at most; an empty one becomes the chapter's number,
    since ffmpeg drops a chapter without a title. Metadata are kept as they are.
    """
    values = [f"{_escaped(key)}={_escaped(_CUT_SHORT.sub('', value))}" for key, value in (metadata or {}).items()]
    parts = []
    for number, chapter in enumerate(chapters, 1):
        words = _CONTROL.sub("", " ".join(chapter.title.split())).strip()
        title = words.encode()[:TITLE_BYTES].decode(errors="ignore").strip() or str(number)
        times = f"TIMEBASE={rate.denominator}/{rate.numerator}\nSTART={chapter.begin}\nEND={chapter.end}"
        parts.append(f"[CHAPTER]\n{times}\ntitle={_escaped(title)}")
    return "\n".join([";FFMETADATA1", *values, *parts, ""])


def mux_options(index: int, rate: Fraction) -> dict[str, str | int]:
    """Options of ffmpeg's output that take chapters and metadata from the input at `index`, and nothing else from any.

    They replace those of `encoder.FILM`: with `map_metadata -1` chapters would lose their titles. The movie's clock
    has the ticks of the video's, so that a chapter begins with its frame on every version of ffmpeg.
    """
    return {
        "map_chapters": index,
        "map_metadata": index,
        "map_metadata:s": -1,
        "movie_timescale": encoder.timescale(rate),
    }


def input_arguments(path: Path) -> list[str]:
    """The arguments by which ffmpeg reads such a file as an input."""
    return input_words(path, own_options("ffmetadata"))


def _escaped(text: str) -> str:
    return _SIGNS.sub(r"\\\g<0>", text)
