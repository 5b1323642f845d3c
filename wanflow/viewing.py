"""What the page and the report show of a production: its state at a moment, and the renditions of its files."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from wanflow import api, digest
from wanflow.errors import MediaFault, ToolMissing
from wanflow.language.problem import SpecError
from wanflow.language.production import Production
from wanflow.loading import SoundPart, store_of
from wanflow.media.jobs import LocalJobs
from wanflow.media.posters import small_jpeg
from wanflow.report.page import frozen
from wanflow.report.page.frozen import Derived, FrozenReport
from wanflow.report.page.snapshot import Snapshot
from wanflow.runner import renditions as background
from wanflow.runner.renditions import RenditionMaker, make_rendition
from wanflow.store import atomic, renditions
from wanflow.store.media_files import MediaFile, MediaFiles
from wanflow.store.renditions import Rendition

NICENESS = 10
"""Niceness of the ffmpegs that work for a page: those of a run go first."""

PICTURE_BYTES, MOST_PICTURES = 60_000, 40
"""Maximum bytes of a picture for a comment, and maximum pictures of one comment."""


def snapshot(part: SoundPart, now: datetime | None = None) -> Snapshot:
    """A production at this moment, as the page shows it; `part` is what `load_sound_part` gave. Raises StoreFault."""
    production = part.production
    if production is None:
        return Snapshot("", None, problems=part.problems)
    made = api.with_findings(api.plan(production, whole=part.whole))
    return Snapshot(
        title=production.title or production.folder.name,
        plan=made,
        status=api.status(made, now),
        takes=api.takes(made, whole=part.whole),
        notes=api.notes(made),
        ledger=api.ledger_of(production, made.inventory.lock),
        problems=part.problems,
        films={name: film.digest for name, film in api.media_files(production).cuts().items()},
    )


async def report(
    part: SoundPart,
    folder: Path,
    *,
    embed: bool = False,
    force: bool = False,
    tell: Callable[[int, int], None] | None = None,
    now: datetime | None = None,
) -> FrozenReport:
    """The page frozen into one file, which is to be written into `folder`; `part` is what `load_sound_part` gave.

    Posters and short silent films are inside; players have the takes' own files by relative addresses, with `embed`
    small films inside. What is not made yet is made first: `tell` gets how much of it is done, and all of it. Raises
    SpecError for a production of which nothing can be used, ReportTooLarge above the limit unless `force`, ToolMissing
    without an ffmpeg, StoreFault.
    """
    production = part.production
    if production is None:
        raise SpecError(part.problems)
    shown, known = snapshot(part, now), api.media_files(production)
    named = {row.take.digest: row.file for row in shown.takes if row.file is not None}
    beside = frozen.Beside(production.folder, folder, named, known)
    first = frozen.FrozenLinks(beside.address, embedded=embed)
    outline = frozen.frozen_page(shown, first)
    made, failed = await _renditions(production, known, first.asked, tell)
    inside = frozen.fitting(outline, first.asked, made, embedded=embed, force=force)
    html = frozen.frozen_page(shown, frozen.FrozenLinks(beside.address, inside, embedded=embed))
    return frozen.FrozenReport(html, len(made) - len(inside), failed)


async def _renditions(
    production: Production, known: MediaFiles, asked: Iterable[Derived], tell: Callable[[int, int], None] | None
) -> tuple[Mapping[Derived, Path], int]:
    """What pages ask for, by what it is, made where it is not here; and how much of it could not be made."""
    files = {wanted: file for wanted in asked if (file := known.find(wanted.digest)) is not None}
    possible = [wanted for wanted, file in files.items() if wanted.kind in file.renditions]
    found: dict[Derived, Path] = {}
    async with open_renditions(production) as maker:
        maker.prepare((files[wanted], wanted.kind) for wanted in possible)
        for number, wanted in enumerate(possible, start=1):
            try:
                found[wanted] = await maker.path(files[wanted], wanted.kind)
            except ToolMissing:
                raise
            except MediaFault:
                continue
            finally:
                if tell is not None:
                    tell(number, len(possible))
    return found, len(possible) - len(found)


def rendition(production: Production, file: MediaFile, kind: Rendition) -> Path:
    """A poster, a strip, a small film or a waveform of a file, made in this thread where it is not here yet.

    Raises MediaFault where it cannot be made, StoreFault.
    """
    store = store_of(production)
    found = renditions.find(store, file.digest, kind)
    if found is None:
        found = make_rendition(store, file, kind)
    return found


def write_pictures(production: Production, takes: Iterable[str], folder: Path) -> Mapping[str, str]:
    """Write small JPEGs of takes into a folder, which is made; gives their names by the digests of the takes.

    A name is the digest of the picture, and says nothing of the production. Takes that are not here, or that cannot be
    shown, are left out, and so are those above `MOST_PICTURES`. Raises ToolMissing without an ffmpeg, StoreFault.
    """
    known, names = api.media_files(production), dict[str, str]()
    folder.mkdir(parents=True, exist_ok=True)
    for take in takes:
        file = known.find(take)
        if file is None or Rendition.POSTER not in file.renditions:
            continue
        try:
            content = small_jpeg(rendition(production, file, Rendition.POSTER), PICTURE_BYTES)
        except ToolMissing:
            raise
        except MediaFault:
            continue
        names[take] = f"{digest.of_bytes(content)}.jpg"
        atomic.write_whole(folder / names[take], content)
        if len(names) == MOST_PICTURES:
            break
    return names


@asynccontextmanager
async def open_renditions(production: Production) -> AsyncIterator[RenditionMaker]:
    """What makes renditions in the background, at low priority, while a page is served."""
    store, at_once = store_of(production), max(1, (os.cpu_count() or 1) // 2)
    async with background.open_renditions(store, LocalJobs(store.folder, at_once, NICENESS), at_once) as maker:
        yield maker
