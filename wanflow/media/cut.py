"""Cuts: segments and sound joined without encoding anything again, with subtitles, chapters and labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from wanflow import timebase
from wanflow.language.facts import Facts
from wanflow.media import encoder, labels
from wanflow.media.cut_recipe import CutRecipe
from wanflow.media.ffmpeg import path_argument, run_ffmpeg
from wanflow.media.jobs import Job, Worker
from wanflow.media.join_checks import require_alike, require_cut, survey
from wanflow.media.probe import probe
from wanflow.media.sound.mix import splice
from wanflow.media.sound.soundtrack import AAC_SAMPLES
from wanflow.media.text.chapters import chapter_file, input_arguments, mux_options
from wanflow.media.text.subtitles import read_lines, to_srt, track_options
from wanflow.store.atomic import replacing
from wanflow.timebase import SAMPLE_RATE

PLAYLIST, SOUND, CHAPTERS = "segments.ffconcat", "sound.aac", "chapters.txt"
UNDECODED = "option codec_whitelist none"
"""ffmpeg decodes a frame of each file that it joins to learn its shape, which costs more than to copy all of it."""


@dataclass(frozen=True, slots=True)
class AssembleCut(Job[Facts]):
    """Join segments and sound to a finished cut."""

    film: CutRecipe
    target: PurePath

    def perform(self, worker: Worker) -> Facts:
        """Write the cut, and measure what came out."""
        target = worker.root / self.target
        assemble(self.film, target, worker)
        return probe(target)


def assemble(film: CutRecipe, target: Path, worker: Worker) -> None:
    """Join segments and sound to an MP4, both copied as they are (ffmpeg.md 3.1), and write its subtitles beside it.

    What comes out is proved before it gets its name: every frame is there, it begins at 0, and sound and picture
    are equally long. Raises MediaFault; `target` is then what it was before.
    """
    root = worker.root
    require_alike([survey(root / segment) for segment in film.segments], film.frames)
    words = {
        track: to_srt(read_lines(root / track.source), frames=film.frames, rate=film.rate) for track in film.tracks
    }
    soft = [track for track in film.tracks if not track.burned and words[track]]
    with replacing(target) as part, TemporaryDirectory(prefix="wanflow-") as name:
        folder = Path(name)
        _lay_out(film, root, [words[track] for track in soft], folder)
        arguments = assemble_arguments(film, folder, [track.language for track in soft], part)
        run_ffmpeg(arguments, processes=worker.processes, progress=worker.progress)
        require_cut(part, film.frames, film.rate)
    for track, text in words.items():
        with replacing(root / track.sidecar) as part:
            part.write_text(text, encoding="utf-8")


def assemble_arguments(film: CutRecipe, folder: Path, languages: Sequence[str | None], target: Path) -> list[str]:
    """What ffmpeg is told to join what lies in a folder, a subtitle track for each language; pure."""
    tracks = range(len(languages))
    arguments = _input(folder / PLAYLIST, f="concat", safe=0, protocol_whitelist="file")
    arguments += _input(folder / SOUND, f="aac")
    arguments += [word for at in tracks for word in _input(folder / _track_name(at), f="srt")]
    arguments += input_arguments(folder / CHAPTERS)
    for stream in ("0:v", "1:a", *(f"{2 + at}:s" for at in tracks)):
        arguments += ["-map", stream]
    subtitles = track_options(languages) if languages else {}
    options = {**encoder.FILM, **_times(film), **mux_options(2 + len(languages), film.rate), **subtitles}
    return [*arguments, *_options(options), path_argument(target), "-y"]


def _times(film: CutRecipe) -> encoder.Options:
    """When each frame is shown and heard, counted from 0.

    The list's own times are rounded to microseconds at every join. The first frame of an AAC stream holds nothing of
    its sound and lies before 0; the last one ends with the film.
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

    The first file's shape is that of the film; the others were found to have the same, and aren't decoded for it.
    """
    files = (f"file {name}\n{UNDECODED}\n" if at else f"file {name}\n" for at, name in enumerate(names))
    return "ffconcat version 1.0\n" + "".join(files)


def _lay_out(film: CutRecipe, root: Path, subtitles: Sequence[str], folder: Path) -> None:
    """Everything that is joined, under names of our own, whatever the files themselves are called."""
    names = [f"{at:06d}.mov" for at in range(len(film.segments))]
    for name, segment in zip(names, film.segments, strict=True):
        (folder / name).symlink_to((root / segment).absolute())
    (folder / PLAYLIST).write_text(playlist(names), encoding="ascii")
    splice([root / chunk for chunk in film.sound], folder / SOUND)
    for at, text in enumerate(subtitles):
        (folder / _track_name(at)).write_text(text, encoding="utf-8")
    (folder / CHAPTERS).write_text(chapter_file(film.chapters, film.rate, _labels(film, root)), encoding="utf-8")


def _labels(film: CutRecipe, root: Path) -> dict[str, str]:
    """What the film says of its making, with every label that its clips came with."""
    kept = [label for source in dict.fromkeys(film.sources) for label in labels.read_labels(root / source)]
    own = film.label
    if own is None:
        return labels.merge_labels(kept, None)
    return labels.merge_labels(kept, labels.own_label(own.producer, own.content), mixed=own.mixed)


def _track_name(position: int) -> str:
    return f"subtitles{position}.srt"


def _input(file: Path, **options: str | int) -> list[str]:
    return [*_options(options), "-i", path_argument(file)]


def _options(options: Mapping[str, str | int | None]) -> list[str]:
    return [word for key, value in options.items() for word in (f"-{key}", str(value))]
