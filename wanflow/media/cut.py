"""Cuts: segments joined without encoding the picture again, with sound, subtitles, chapters and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import ffmpeg

from wanflow import timing
from wanflow.media import encoding, labels
from wanflow.media.adts import AAC_SAMPLES, splice
from wanflow.media.chapters import chapter_file
from wanflow.media.extract import arguments_of
from wanflow.media.filmrecipe import FilmRecipe, Track
from wanflow.media.landing import landing
from wanflow.media.seam import require_alike, require_cut, survey
from wanflow.media.subtitles import read_lines, to_srt
from wanflow.media.tool import Leash, Progress, path_argument, run_ffmpeg

PLAYLIST, SOUND, CHAPTERS = "segments.ffconcat", "sound.aac", "chapters.txt"
UNKNOWN_LANGUAGE = "und"
PRIMING = -timing.to_seconds(AAC_SAMPLES, timing.Fraction(timing.SAMPLE_RATE))
"""Seconds by which an AAC stream begins before its sound: the encoder's first frame holds nothing of it."""


def assemble(film: FilmRecipe, target: Path, *, leash: Leash, progress: Progress | None) -> None:
    """Join segments and sound to an MP4, both copied as they are (video.md 3.1).

    What comes out is proved before it gets its name: every frame is there, it begins at 0, and sound and picture
    are equally long. Raises MediaFault; `target` is then what it was before.
    """
    require_alike([survey(segment) for segment in film.segments], film.frames)
    with landing(target) as part, TemporaryDirectory(prefix="wanflow-") as folder:
        parts = _lay_out(film, Path(folder))
        run_ffmpeg(assemble_arguments(film, parts, _labels(film), part), leash=leash, progress=progress)
        require_cut(part, film.frames, film.rate)


def assemble_arguments(film: FilmRecipe, folder: Path, label: Mapping[str, str], target: Path) -> list[str]:
    """What ffmpeg is told to join what lies in a folder; pure."""
    picture = ffmpeg.input(path_argument(folder / PLAYLIST), f="concat", safe=0, protocol_whitelist="file")
    sound = ffmpeg.input(path_argument(folder / SOUND), f="aac", itsoffset=timing.decimal_text(PRIMING))
    streams = [picture.video, sound.audio]
    streams += [ffmpeg.input(path_argument(folder / _track_name(at)), f="srt") for at in range(len(film.tracks))]
    chapters = ffmpeg.input(path_argument(folder / CHAPTERS), f="ffmetadata")
    options = {**encoding.FILM, **_languages(film.tracks), **labels.label_options(label)}
    return arguments_of(ffmpeg.output(*streams, path_argument(target), **options))


def _lay_out(film: FilmRecipe, folder: Path) -> Path:
    """Everything that is joined under names of our own, whatever the files themselves are called."""
    names = [f"{at:06d}.mov" for at in range(len(film.segments))]
    for name, segment in zip(names, film.segments, strict=True):
        (folder / name).symlink_to(segment.absolute())
    (folder / PLAYLIST).write_text(playlist(names), encoding="ascii")
    splice(film.sound, folder / SOUND)
    for at, track in enumerate(film.tracks):
        words = to_srt(read_lines(track.source), frames=film.frames, rate=film.rate)
        (folder / _track_name(at)).write_text(words, encoding="utf-8")
    (folder / CHAPTERS).write_text(chapter_file(film.chapters, film.rate), encoding="utf-8")
    return folder


def playlist(names: Sequence[str]) -> str:
    """The list that ffmpeg's concat demuxer reads, of files beside it whose names need no quotes."""
    return "ffconcat version 1.0\n" + "".join(f"file {name}\n" for name in names)


def _track_name(position: int) -> str:
    return f"subtitles{position}.srt"


def _languages(tracks: Sequence[Track]) -> dict[str, str]:
    return {f"metadata:s:s:{at}": f"language={track.language or UNKNOWN_LANGUAGE}" for at, track in enumerate(tracks)}


def _labels(film: FilmRecipe) -> dict[str, str]:
    """What the film says of its making, with every label that its clips came with."""
    own = film.label
    kept = [label for label in map(labels.read_label, dict.fromkeys(film.sources)) if label is not None]
    if own is None:
        return labels.merge_labels(kept, None) if kept else {}
    return labels.merge_labels(kept, labels.own_label(own.producer, own.content), mixed=own.mixed)
