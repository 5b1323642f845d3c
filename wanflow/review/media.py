"""The films, pictures and sounds that pages show, by digest, and what is made of them for a page."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from wanflow import api
from wanflow.errors import ClusterFault, MediaFault
from wanflow.language.production import Production
from wanflow.loading import store_of
from wanflow.media.jobs import LimitedJobs
from wanflow.messages import joined
from wanflow.report.page.snapshot import Snapshot
from wanflow.runner.renditions import RenditionMaker, open_renditions
from wanflow.store.layout import Store
from wanflow.store.media_files import MediaFile, MediaFiles
from wanflow.store.renditions import Rendition

KEPT = "private, max-age=31536000, immutable"
"""How long a browser keeps what has a digest as its address: as long as it likes."""


class ServedMedia:
    """Answers for the media of a production; `work` has to run beside it.

    `jobs` make what pages show instead of them; `warn` gets a sentence where a cluster makes nothing any more.
    """

    def __init__(self, jobs: LimitedJobs, warn: Callable[[str], None]) -> None:
        self._jobs, self._warn, self._warned = jobs, warn, set[str]()
        self._production: Production | None = None
        self._known, self._ready = anyio.Event(), anyio.Event()
        self._maker: RenditionMaker | None = None
        self._snapshot: Snapshot | None = None
        self._files: MediaFiles | None = None
        self._prepared = set[str]()
        self._asking = set[anyio.CancelScope]()

    @property
    def store(self) -> Store | None:
        """The store of the production; None before it could be read."""
        return None if self._production is None else Store(self._production.folder, self._production.provider)

    async def work(self) -> None:
        """Make posters and the like, as soon as a production could be read, until it is cancelled."""
        await self._known.wait()
        if self._production is not None:
            store = store_of(self._production)
            async with open_renditions(store, self._jobs, lambda: self._jobs.at_once) as self._maker:
                self._ready.set()
                await anyio.sleep_forever()

    async def show(self, snapshot: Snapshot) -> None:
        """The media are those of this snapshot from now on; the posters of its takes are made beforehand."""
        if snapshot is self._snapshot or snapshot.plan is None:
            return
        self._snapshot, self._production = snapshot, snapshot.plan.graph.production
        files = self._files = api.media_files(self._production)
        self._known.set()
        if self._maker is None:
            return
        digests = [row.take.digest for row in snapshot.takes if row.picked and row.file is not None]
        new = [digest for digest in digests if digest not in self._prepared]
        self._prepared.update(new)
        found = await anyio.to_thread.run_sync(lambda: list(filter(None, map(files.find, new))))
        self._maker.prepare((file, Rendition.POSTER) for file in found)

    async def file(self, request: Request, digest: str) -> Response:
        """A file itself, with ranges. Raises HTTPException where the production has none of this digest."""
        found = await self._find(digest)
        return _reply(request, found.path, found.digest, found.media_type)

    async def rendition(self, request: Request, digest: str, kind: str) -> Response:
        """What is made of a file, now where it is not here yet. Raises HTTPException where nothing can be made."""
        found = await self._find(digest)
        if kind not in set(Rendition):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        rendition = Rendition(kind)
        with anyio.CancelScope() as asking:
            self._asking.add(asking)
            try:
                while self._maker is None:
                    await self._ready.wait()
                path = await self._maker.path(found, rendition)
                return _reply(request, path, path.name, rendition.media_type)
            except MediaFault as fault:
                raise HTTPException(HTTPStatus.NOT_FOUND) from fault
            except ClusterFault as fault:
                words = joined("; ", filter(None, (str(fault), fault.hint)))
                if words not in self._warned:
                    self._warned.add(words)
                    self._warn(words)
            finally:
                self._asking.discard(asking)
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE)

    def end(self) -> None:
        """Let nobody wait any more for what is not made: the server ends."""
        for asking in self._asking:
            asking.cancel()

    async def _find(self, digest: str) -> MediaFile:
        found = None if self._files is None else await anyio.to_thread.run_sync(self._files.find, digest)
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return found


def _reply(request: Request, path: Path, name: str, media_type: str) -> Response:
    """A file, whose bytes are always those of its address."""
    headers = {"etag": f'"{name}"', "cache-control": KEPT}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return FileResponse(path, headers=headers, media_type=media_type)
