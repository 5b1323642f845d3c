"""Paths of the files that a cut writes; two spellings of one path count as one."""

from __future__ import annotations

import os
import posixpath
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from wanflow.characters import case_folded, on_windows
from wanflow.language.language_tags import UNKNOWN, iso_code, own_name
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import RESULTS_FOLDER, Cut, Shot, Subtitles
from wanflow.messages import tr
from wanflow.records import immutable

FILM = ".mp4"
"""Suffix of a cut's film."""


@immutable
class SoftTrack:
    """Subtitles that viewers can switch on: `file` beside the film, relative to the production's folder.

    `title` is what players show beside the language, None where the language says all.
    """

    subtitles: Subtitles
    file: str
    title: str | None


def results_folder(backend: str | None, own: str | None = None) -> str:
    """The folder of results while a backend renders, relative to the production's folder.

    It is `out` for the production's own backend (also if `backend` is None), and a folder in it for another one.
    """
    return RESULTS_FOLDER if backend in {None, own} else f"{RESULTS_FOLDER}/{backend}"


def place_output(out: str, path: str) -> str:
    """Where a cut is written: `out/` belongs to the production's own backend, another one has a folder in it.

    No path leads out of that folder, however many `..` it begins with.
    """
    if out == RESULTS_FOLDER:
        return posixpath.normpath(path)
    inner = posixpath.normpath(posixpath.join("/", path)).lstrip("/")
    return f"{out}/{inner.removeprefix(f'{RESULTS_FOLDER}/')}"


def provenance_file(out: str, cut: Cut) -> str:
    """The provenance file of a cut, relative to the production's folder."""
    return f"{out}/{cut.name}.provenance.json"


def soft_tracks(out: str, cut: Cut) -> tuple[SoftTrack, ...]:
    """The subtitle tracks of a cut with their files, of which no two are alike; burned subtitles have none.

    A file has the code of three letters in its name. Where tracks share that, it has the tag with its script and
    region, and a number where tracks share that too.
    """
    soft = [track for track in cut.finish.subtitles if not track.burned]
    codes = Counter(iso_code(track.language) for track in soft)
    tags = Counter(track.language for track in soft)
    names, found = Counter[str](), list[SoftTrack]()
    for track in soft:
        code, tag = iso_code(track.language), track.language or UNKNOWN
        name = tag if "-" in tag and codes[code] > 1 else code
        names[name] += 1
        number = f".{names[name]}" if names[name] > 1 else ""
        title = _title(track, alone=codes[code] == 1, distinct=tags[track.language] == 1)
        found.append(SoftTrack(track, f"{out}/{cut.name}.{name}{number}.srt", title))
    return tuple(found)


def _title(track: Subtitles, *, alone: bool, distinct: bool) -> str | None:
    """The title of a track that is `alone` with its code of three letters, or at least `distinct` by its tag."""
    if not distinct:
        return "lines" if track.file is None else posixpath.splitext(posixpath.basename(track.file.path))[0]
    tag = track.language or UNKNOWN
    return None if alone and "-" not in tag else own_name(tag)


def sidecars(out: str, cut: Cut) -> tuple[str, ...]:
    """All files that a cut writes beside its film, relative to the production's folder; pictures as their folder."""
    tracks = (track.file for track in soft_tracks(out, cut))
    return (provenance_file(out, cut), *tracks, *(delivery.output for delivery in cut.deliveries))


def target_of(path: Path) -> Path:
    """An absolute path with all links followed; a path that no file system takes stays as it is."""
    try:
        return Path(os.path.realpath(path))
    except ValueError:  # a null character, a lone surrogate
        return path.absolute()


def entry_of(folder: Path, path: str, follow: Callable[[Path], Path] = target_of) -> Path:
    """The directory entry that a path means, absolute: links above it are followed, a link at its end is not.

    This is what a rename to the path replaces. The path may be absolute; nothing has to exist. `follow` is `target_of`,
    or one that remembers.
    """
    whole = folder / path
    return follow(whole.parent) / whole.name


def folded(path: Path) -> str:
    """A path as a file system without case compares it; equal for two names that may be one file."""
    return case_folded(unicodedata.normalize("NFC", str(path)))


def refused_by_windows(shots: Mapping[str, Shot], cuts: Mapping[str, Cut]) -> Iterator[Problem]:
    """Problems of shots and cuts whose files Windows cannot have: errors there, and warnings elsewhere."""
    severity = Severity.WARNING if os.name == "posix" else Severity.ERROR
    named = [(shot.place, name) for name, shot in shots.items() if not on_windows(name)]
    for cut in cuts.values():
        below = os.path.splitdrive(cut.output)[1]
        if not on_windows(below):
            named.append((cut.written_at, cut.output))
        elif not on_windows(cut.name):
            named.append((cut.place, cut.name))
    for place, name in named:
        message = tr("Windows takes no file called `{name}`", name=name)
        yield Problem(place, message, tr("give it another name, if the production is used there"), severity)


def shared_outputs(cuts: Mapping[str, Cut], folder: Path) -> Iterator[Problem]:
    """Problems of cuts that would write the file of an earlier cut, in whatever spelling, and of their deliveries.

    The film of a cut may not be a delivery, nor lie in the folder of one.
    """
    writers, follow = dict[str, Cut](), cache(target_of)
    for cut in cuts.values():
        first = writers.setdefault(folded(entry_of(folder, cut.output, follow)), cut)
        if first is not cut and case_folded(first.name) != case_folded(cut.name):  # else it is reported already
            message = tr(
                "`{name}` and `{first_name}` would both write `{output}`",
                name=cut.name,
                first_name=first.name,
                output=cut.output,
            )
            yield Problem(cut.written_at, message, tr("give one of them another `output`"))
    films = ((entry_of(folder, cut.output, follow), cut) for cut in cuts.values())
    claimed = {folded(place): cut for film, cut in films for place in (film, *film.parents)}
    for delivery in (each for cut in cuts.values() for each in cut.deliveries):
        other = claimed.get(folded(entry_of(folder, delivery.output, follow)))
        if other is not None:
            message = tr(
                "the delivery `{name}` and the film of `{cut}`, at {place}, would both write `{output}`",
                name=delivery.name,
                cut=other.name,
                place=other.written_at,
                output=delivery.output,
            )
            yield Problem(delivery.place, message, tr("rename the delivery, or give the cut another `output`"))
