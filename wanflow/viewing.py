"""What the page and the report show of a production: its state at a moment, and the renditions of its files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path

import anyio

from wanflow import api, digest
from wanflow.cluster.opening import open_jobs
from wanflow.errors import MediaFault, ToolMissing
from wanflow.language.problem import SpecError
from wanflow.language.production import Production
from wanflow.loading import SoundPart, store_of
from wanflow.media.posters import small_jpeg
from wanflow.report.page import frozen
from wanflow.report.page.frozen import Derived, FrozenReport
from wanflow.report.page.snapshot import Snapshot
from wanflow.runner import renditions as background
from wanflow.runner.renditions import RenditionMaker
from wanflow.store import atomic, renditions
from wanflow.store.media_files import MediaFile
from wanflow.store.renditions import Rendition

Warn = Callable[[str], None]

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
    cluster: str | None = None,
    warn: Warn,
    tell: Callable[[int, int], None] | None = None,
    now: datetime | None = None,
) -> FrozenReport:
    """The page frozen into one file, which is to be written into `folder`; `part` is what `load_sound_part` gave.

    Posters and short silent films are inside; players have the takes' own files by relative addresses, with `embed`
    small films inside. What is not made yet is made first: `tell` gets how much of it is done, and all of it; `cluster`
    and `warn` are those of `open_renditions`. Raises SpecError for a production of which nothing can be used,
    ReportTooLarge above the limit unless `force`, ToolMissing without an ffmpeg, ClusterFault, StoreFault.
    """
    production = part.production
    if production is None:
        raise SpecError(part.problems)
    shown, known = snapshot(part, now), api.media_files(production)
    named = {row.take.digest: row.file for row in shown.takes if row.file is not None}
    beside = frozen.Beside(production.folder, folder, named, known)
    first = frozen.FrozenLinks(beside.address, embedded=embed)
    outline = frozen.frozen_page(shown, first)
    files = {wanted: file for wanted in first.asked if (file := known.find(wanted.digest)) is not None}
    possible = {wanted: file for wanted, file in files.items() if wanted.kind in file.renditions}
    made: dict[Derived, Path] = {}
    due = [(file, wanted.kind) for wanted, file in possible.items()]
    async with open_renditions(production, due, cluster, warn) as maker:
        for number, (wanted, file) in enumerate(possible.items(), start=1):
            try:
                made[wanted] = await maker.path(file, wanted.kind)
            except ToolMissing:
                raise
            except MediaFault:
                continue
            finally:
                if tell is not None:
                    tell(number, len(possible))
    inside = frozen.fitting(outline, first.asked, made, embedded=embed, force=force)
    html = frozen.frozen_page(shown, frozen.FrozenLinks(beside.address, inside, embedded=embed))
    return frozen.FrozenReport(html, len(made) - len(inside), len(possible) - len(made))


def write_pictures(production: Production, takes: Iterable[str], folder: Path, warn: Warn) -> Mapping[str, str]:
    """Write small JPEGs of takes into a folder, which is made; gives their names by the digests of the takes.

    A name is the digest of the picture, and says nothing of the production. Takes that are not here, or that cannot be
    shown, are left out, and so are those above `MOST_PICTURES`. `warn` is that of `open_renditions`. Raises ToolMissing
    without an ffmpeg, ClusterFault, StoreFault.
    """
    known, names = api.media_files(production), dict[str, str]()
    folder.mkdir(parents=True, exist_ok=True)
    files = [file for take in takes if (file := known.find(take)) is not None and Rendition.POSTER in file.renditions]
    wanted = [(file, Rendition.POSTER) for file in files[:MOST_PICTURES]]

    async def main() -> None:
        async with open_renditions(production, wanted, None, warn) as maker:
            for file in files:
                if len(names) == MOST_PICTURES:
                    break
                try:
                    content = small_jpeg(await maker.path(file, Rendition.POSTER), PICTURE_BYTES)
                except ToolMissing:
                    raise
                except MediaFault:
                    continue
                names[file.digest] = f"{digest.of_bytes(content)}.jpg"
                atomic.write_whole(folder / names[file.digest], content)

    anyio.run(main)
    return names


def show_posters(
    production: Production, files: Sequence[MediaFile | None], show: Callable[[Path | None], None], warn: Warn
) -> None:
    """Call `show` with the poster of each file, in their order, as soon as it is here; None where there is none.

    `warn` is that of `open_renditions`. Raises ClusterFault, StoreFault.
    """

    async def main() -> None:
        wanted = [(file, Rendition.POSTER) for file in files if file is not None]
        async with open_renditions(production, wanted, None, warn) as maker:
            for file in files:
                poster = None
                with suppress(MediaFault):
                    poster = None if file is None else await maker.path(file, Rendition.POSTER)
                show(poster)

    anyio.run(main)


@asynccontextmanager
async def open_renditions(
    production: Production, wanted: Iterable[tuple[MediaFile, Rendition]], cluster: str | None, warn: Warn
) -> AsyncIterator[RenditionMaker]:
    """What makes renditions of files, several at a time and behind the work of runs, beginning with those `wanted`.

    `cluster` is the address of a Dask scheduler, None that of `WANFLOW_CLUSTER`, if there is one; where all that is
    wanted is here, none is asked. `warn` gets a sentence for each worker that is not used. Raises ClusterFault.
    """
    store = store_of(production)
    missing = [each for each in wanted if renditions.find(store, each[0].digest, each[1]) is None]
    async with (
        open_jobs(store.folder, cluster if missing else "", warn, can_wait=True) as jobs,
        background.open_renditions(store, jobs, lambda: jobs.at_once) as maker,
    ):
        maker.prepare(missing)
        yield maker
