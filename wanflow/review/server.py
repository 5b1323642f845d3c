"""The page of one production on a socket of this machine, until a signal ends it."""

from __future__ import annotations

import asyncio
import webbrowser
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import anyio
from anyio.from_thread import start_blocking_portal

from wanflow.cluster.opening import open_jobs
from wanflow.hosts import ServedHosts, address_of, is_loopback
from wanflow.language.production import Production
from wanflow.loading import SoundPart
from wanflow.records import immutable
from wanflow.review.access import Access, Guarded
from wanflow.review.actions import Said
from wanflow.review.app import ServedLinks, Site, build_app
from wanflow.review.events import Events
from wanflow.review.live import LiveProduction
from wanflow.review.media import ServedMedia
from wanflow.review.runs import PageRuns, RunProgress
from wanflow.web.server import Server, listening_socket

Announce = Callable[[str], None]


@immutable
class Reviewing:
    """How to serve a page: where, what it may do, and whether a browser opens it. `port` 0 is any free one.

    `cluster` is the address of a Dask scheduler whose workers do the local work, None that of `WANFLOW_CLUSTER`, if
    there is one. `complete` completes the commands in a message, so that they work when pasted.
    """

    host: str = "127.0.0.1"
    port: int = 0
    read_only: bool = False
    allow_run: bool = False
    opens: bool = True
    cluster: str | None = None
    complete: Callable[[str], str] = str


async def serve(
    file: Path,
    load: Callable[[], SoundPart],
    reviewing: Reviewing,
    announce: Announce,
    announce_again: Announce,
    warn: Announce,
) -> Production | None:
    """Serve until SIGINT, SIGTERM or SIGHUP; gives the production in which a run of the page was interrupted by it.

    `announce` gets the address with its token once it is answered, and `announce_again` a new one where the first was
    used and is opened elsewhere; `warn` gets sentences on what a cluster does not do. Raises CannotListen, and
    ClusterFault before anything is served.
    """
    async with AsyncExitStack() as stack:
        sock, origin = stack.enter_context(listening_socket(reviewing.host, reviewing.port))
        port, bound = urlsplit(origin).port, address_of(urlsplit(origin).hostname or "")
        shown = f"http://127.0.0.1:{port}" if bound is not None and bound.is_unspecified else origin

        def link(token: str) -> str:
            return f"{shown}/?token={token}"

        access = Access(lambda token: announce_again(link(token)))
        live, loop = LiveProduction(file, load), asyncio.get_running_loop()
        opened = open_jobs(live.folder, reviewing.cluster, warn, can_wait=True)
        media = ServedMedia(await stack.enter_async_context(opened), warn)
        progress = RunProgress(lambda: media.store, reviewing.complete)
        events = Events(progress.past)
        runs: PageRuns | None = None
        if reviewing.allow_run:
            portal = stack.enter_context(start_blocking_portal())
            runs = PageRuns(portal, load, partial(loop.call_soon_threadsafe, events.ran), reviewing.cluster)
        here = live.folder if is_loopback(reviewing.host) else None
        links = ServedLinks(
            read_only=reviewing.read_only, allow_run=reviewing.allow_run, folder=here, complete=reviewing.complete
        )
        site = Site(live, links, events, Said(f"wanflow-said-{port}"), media, runs)
        guarded = Guarded(build_app(site), access, ServedHosts(reviewing.host), f"wanflow-{port}")
        ending = ExitStack()
        ending.callback(live.end)
        ending.callback(media.end)
        ending.callback(events.end)
        server = Server(guarded, sock, on_stop=ending.close)
        async with anyio.create_task_group() as group:
            group.start_soon(live.follow, events.changed, lambda: events.ran(*progress.look()))
            group.start_soon(media.work)
            if reviewing.opens:
                address = link(access.token)
                group.start_soon(partial(anyio.to_thread.run_sync, webbrowser.open, address, abandon_on_cancel=True))
            await server.run_until_signal(lambda: announce(link(access.token)))
            group.cancel_scope.cancel()
        return None if runs is None else runs.stop()
