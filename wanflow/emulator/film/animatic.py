"""The animatic: an endpoint in process whose films are rendered with ffmpeg."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import anyio

from wanflow.emulator.api.bucket import Bucket
from wanflow.emulator.api.endpoint import IN_PROCESS, NO_LOG, AccountTerms, EmulatedEndpoint
from wanflow.emulator.api.order import Order, RenderedFilm
from wanflow.emulator.api.rules import read_catalog
from wanflow.emulator.api.tasks import TaskLog
from wanflow.emulator.film.render import RenderFilm
from wanflow.errors import WanflowError
from wanflow.media.jobs import Jobs

ORIGIN = "http://animatic.invalid"
"""Beginning of URLs that only this process can resolve; no host has a name in `.invalid`."""


@asynccontextmanager
async def open_animatic(
    folder: Path,
    jobs: Jobs,
    *,
    root: Path,
    origin: str = ORIGIN,
    terms: AccountTerms = IN_PROCESS,
    ledger: TaskLog = NO_LOG,
) -> AsyncIterator[EmulatedEndpoint]:
    """An endpoint that keeps its files in `folder`, and whose films are `jobs` with files below `root`.

    `origin` is the beginning of the URLs that it returns. Leaving it cancels the films that are still being rendered.
    Raises StateUnreadable for a damaged ledger.
    """
    bucket = Bucket(folder, origin, _now)

    async def render(order: Order, target: Path) -> RenderedFilm:
        return await jobs(film_job(order, target, bucket, root))

    failure: WanflowError | None = None
    async with anyio.create_task_group() as group:
        try:
            yield EmulatedEndpoint(bucket, read_catalog(), render, group=group, clock=_now, terms=terms, ledger=ledger)
        except WanflowError as fault:
            # raised below, so that the caller's fault is not wrapped in the group's
            failure = fault
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure


def film_job(order: Order, target: Path, bucket: Bucket, root: Path) -> RenderFilm:
    """The job that renders an order into `target`, with the media that the bucket holds; all files lie below `root`."""
    urls = dict.fromkeys(url for item in order.media for url in (item.url, item.voice) if url is not None)
    found = ((url, bucket.find(url)) for url in urls)
    files = tuple((url, file.relative_to(root)) for url, file in found if file is not None)
    return RenderFilm(order, files, target.relative_to(root))


def _now() -> datetime:
    return datetime.now(UTC)
