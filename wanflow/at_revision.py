"""A production as a revision of git has it, in a folder that lasts as long as it is looked at."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

from wanflow import loading
from wanflow.errors import LockUnreadable
from wanflow.git_revision import LINK, Revision, read_revision
from wanflow.language.load import Overrides, read_usable
from wanflow.language.media_checks import file_readings
from wanflow.language.problem import Problem, Severity, SpecError, has_errors
from wanflow.language.production import Production
from wanflow.records import immutable
from wanflow.store import lockfile
from wanflow.store.layout import Store
from wanflow.store.lock import Lock

MEDIA = frozenset(
    f".{suffix}"
    for suffix in (
        *("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "avif", "heic", "psd", "blend", "zip"),
        *("mp4", "mov", "mkv", "webm", "avi", "m4v", "wav", "mp3", "m4a", "aac", "flac", "ogg", "opus", "pdf"),
    )
)
"""Suffixes of files that only a production's media can be, so that only those are written that it names."""
TEXT_BYTES = 16_000_000
"""Maximum bytes of a file of another suffix that is written although nothing names it yet."""


@immutable
class ProductionAtRevision:
    """What a revision has of a production.

    `production` is None where it has none, or one with errors, which are in `problems`; warnings are not. `unread` are
    the problems of media that are not here. `lock` is that of its paid takes, None where it is not in git.
    """

    revision: Revision
    exists: bool
    production: Production | None = None
    problems: tuple[Problem, ...] = ()
    unread: tuple[Problem, ...] = ()
    lock: Lock | None = None


@contextmanager
def production_at(folder: Path, file: str, name: str | None, overrides: Overrides) -> Iterator[ProductionAtRevision]:
    """The production `file` of a folder as a revision has it; its media are here until the end of the context.

    Of the media only those are written that it names; others are empty, so that patterns find their names. Raises
    GitFault.
    """
    revision = read_revision(folder, name)
    with tempfile.TemporaryDirectory(prefix="wanflow-revision-") as made:
        # as deep as the work tree, so that a path to a file beside it stays in this folder
        top = Path(made).resolve().joinpath(*revision.top.parts[1:])
        top.mkdir(parents=True, exist_ok=True)
        root, here = overrides.root, os.path.realpath(revision.top)
        if root is not None and Path(os.path.realpath(root)).is_relative_to(here):
            root = top / os.path.relpath(os.path.realpath(root), here)
        place = top / revision.prefix / file
        if str(revision.prefix / file) not in revision.entries:
            yield ProductionAtRevision(revision, exists=False)
            return
        _write_texts(revision, top, [place.parent, *([root] if root is not None else [])])
        yield _read(revision, top, place, replace(overrides, root=root))


def _write_texts(revision: Revision, top: Path, folders: list[Path]) -> None:
    """Write what a production can read below some folders: texts and fonts whole, media as empty files, then links."""
    below = [folder.relative_to(top).as_posix() for folder in folders if folder.is_relative_to(top)]
    inside = {
        path: entry
        for path, entry in revision.entries.items()
        if any(folder == "." or path.startswith(f"{folder}/") for folder in below)
    }
    links = [path for path, entry in inside.items() if entry.mode == LINK]
    whole = [
        path
        for path, entry in inside.items()
        if entry.mode != LINK and entry.size_bytes <= TEXT_BYTES and PurePosixPath(path).suffix.lower() not in MEDIA
    ]
    revision.write(whole, top)
    revision.write_empty(inside.keys() - {*whole, *links}, top)
    revision.write(links, top)
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)


def _read(revision: Revision, top: Path, place: Path, overrides: Overrides) -> ProductionAtRevision:
    """Read and check the production, with the media that it names."""
    reading = read_usable(place, overrides)
    if reading.production is None or has_errors(reading.problems):
        return ProductionAtRevision(revision, exists=True, problems=_errors(reading.problems))
    files = [place.parent / source.path for source in file_readings(reading.production)]
    _write_media(revision, top, files, untrusted=overrides.untrusted)
    part = loading.read(place, overrides)
    if part.production is None:
        return ProductionAtRevision(revision, exists=True, problems=_errors(part.problems))
    unread, known = _errors(part.problems), None
    try:
        loading.graph_of(part.production)
        lock = Store(part.production.folder, part.production.provider).lock
        known = lockfile.read(lock) if part.production.provider.paid and lock.exists() else None
    except SpecError as circle:
        return ProductionAtRevision(revision, exists=True, problems=circle.problems)
    except LockUnreadable:
        unread += _errors(loading.problems_of_lock(part.production))
    return ProductionAtRevision(revision, exists=True, production=part.production, unread=unread, lock=known)


def _write_media(revision: Revision, top: Path, files: Iterable[Path], *, untrusted: bool) -> None:
    """Write the media of a production, also those behind links.

    Media that git does not have, as they are ignored or beside the repository, are those that are here now: links lead
    to them, but for an untrusted production.
    """
    named = {Path(way(file)) for file in files for way in (os.path.normpath, os.path.realpath)}
    paths = sorted(file.relative_to(top).as_posix() for file in named if file.is_relative_to(top))
    revision.write([path for path in paths if path in revision.entries and revision.entries[path].mode != LINK], top)
    made = top.parents[len(revision.top.parts) - 2]
    for file in () if untrusted else named:
        if file.is_relative_to(made) and not os.path.lexists(file):
            present = Path(revision.top.anchor, file.relative_to(made))
            if present.is_file():
                file.parent.mkdir(parents=True, exist_ok=True)
                with suppress(OSError):  # a system may have no links
                    file.symlink_to(present)


def _errors(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)
