"""The page as a web application: its views, its media, and the way of a form to its action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from wanflow import api
from wanflow.errors import UnknownTarget
from wanflow.language.problem import is_shipped
from wanflow.messages import joined, tr
from wanflow.records import immutable
from wanflow.report.page import pages
from wanflow.report.page.pages import PageAction, View
from wanflow.report.page.snapshot import Snapshot
from wanflow.review.actions import ActionRefused, Said, decide, read_form, whole_number
from wanflow.review.events import Events
from wanflow.review.live import LiveProduction
from wanflow.review.media import ServedMedia
from wanflow.review.runs import PageRuns
from wanflow.store.renditions import Rendition
from wanflow.yamldoc.nodes import Place

FIXED = {view: "/" if view is View.BOARD else f"/{view}" for view in pages.MAIN_PAGES}
NAMED = {View.SHOT: "/shots/", View.CUT: "/cuts/"}
MOST_PAGES = 64
"""Maximum pages that are kept until the production changes."""
STATIC_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@immutable
class ServedLinks:
    """Links to the views and files of this server.

    `folder` is where an editor finds the files, None for other machines. `complete` completes the commands in a text.
    """

    live: bool = True
    read_only: bool = False
    allow_run: bool = False
    folder: Path | None = None
    complete: Callable[[str], str] = str

    def view(self, view: View, name: str = "") -> str:
        """A view; `/` in a name is kept, since names of scenes have it."""
        return FIXED[view] if view in FIXED else f"{NAMED[view]}{quote(name)}"

    def static(self, name: str) -> str:
        """A stylesheet or a script."""
        return f"/static/{quote(name)}"

    def media(self, digest: str) -> str | None:
        """A take, an asset, an extract or a written cut."""
        return f"/media/{digest}"

    def picture(self, digest: str, kind: Rendition) -> str | None:
        """What is derived from a file."""
        return f"/media/{digest}/{kind}"

    def editor(self, place: Place) -> str | None:
        """What opens an editor on this machine; a shipped pipeline is not for editing."""
        if self.folder is None or is_shipped(place):
            return None
        return f"vscode://file{quote((self.folder / place.file).as_posix())}:{place.line}:{place.column}"

    def completed(self, text: str) -> str:
        """A message whose commands name the production as the command of this server did."""
        return self.complete(text)

    def action(self, action: PageAction, shot: str = "") -> str | None:
        """Where the form of an action goes; nothing where the server refuses it."""
        if self.read_only or (action is PageAction.RUN and not self.allow_run):
            return None
        return "/run" if action is PageAction.RUN else f"{self.view(View.SHOT, shot)}/{action}"


@immutable
class Site:
    """What the application works with; without `runs` it starts none."""

    live: LiveProduction
    links: ServedLinks
    events: Events
    said: Said
    media: ServedMedia
    runs: PageRuns | None = None


def build_app(site: Site) -> Starlette:
    """The application, without the checks of who asks."""
    routes = _Answers(site)
    fixed = [Route(path, partial(routes.view, view)) for view, path in FIXED.items()]
    named = [Route(f"{path}{{name:path}}", partial(routes.view, view)) for view, path in NAMED.items()]
    decisions = [
        Route(f"{NAMED[View.SHOT]}{{name:path}}/{action}", partial(routes.decide, action), methods=["POST"])
        for action in PageAction
        if action is not PageAction.RUN
    ]
    return Starlette(
        routes=[
            *fixed,
            *named,
            *decisions,
            Route("/run", routes.run, methods=["POST"]),
            Route("/media/{digest}", routes.media),
            Route("/media/{digest}/{kind}", routes.rendition),
            Route("/static/{name}", routes.static),
            Route("/events", routes.listen),
        ],
        exception_handlers={HTTPException: routes.no_route, ActionRefused: routes.refused, Exception: routes.bug},
    )


class _Answers:
    """Answers requests that may be answered."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._static = {path.name: path for path in sorted(pages.STATIC.iterdir()) if path.suffix in STATIC_TYPES}
        self._pages = dict[object, str]()
        self._shown: Snapshot | None = None

    async def view(self, view: View, request: Request) -> Response:
        """A view of the production as it is now."""
        snapshot = await self._current()
        name, query = str(request.path_params.get("name", "")), dict(request.query_params)
        return await self._page(snapshot, view, name, query, said=self._site.said.taken(request))

    async def decide(self, action: PageAction, request: Request) -> Response:
        """Do an action on a shot, and show the shot."""
        self._require_writing()
        form = await read_form(request)
        shot = str(request.path_params["name"])
        snapshot = await self._current()
        try:
            words = await anyio.to_thread.run_sync(decide, action, snapshot, shot, form)
        except ActionRefused as refused:
            if refused.status is not HTTPStatus.CONFLICT:
                raise
            now = await self._current()
            return await self._page(now, View.SHOT, shot, {}, said=refused.words, status=refused.status)
        return self._site.said.redirect(self._site.links.view(View.SHOT, shot), words)

    async def run(self, request: Request) -> Response:
        """Begin a run of the plan, and show the plan."""
        self._require_writing()
        if self._site.runs is None:
            refusal = tr("this page may not start a run: `wanflow review --allow-run` allows it")
            raise ActionRefused(HTTPStatus.FORBIDDEN, refusal)
        form, snapshot = await read_form(request), await self._current()
        try:
            words = await self._site.runs.begin(snapshot, form.get("seen"))
        except ActionRefused as refused:
            now = await self._current()
            return await self._page(now, View.PLAN, "", {}, said=refused.words, status=refused.status)
        return self._site.said.redirect(self._site.links.view(View.PLAN), tr("started: {work}", work=words))

    async def media(self, request: Request) -> Response:
        """The file of a take, an asset, an extract or a written cut."""
        await self._current()
        return await self._site.media.file(request, str(request.path_params["digest"]))

    async def rendition(self, request: Request) -> Response:
        """What is made of a file for a page, such as its poster."""
        await self._current()
        digest, kind = (str(request.path_params[name]) for name in ("digest", "kind"))
        return await self._site.media.rendition(request, digest, kind)

    async def static(self, request: Request) -> Response:
        """A stylesheet, a script or a sign: those that were here when the server began, by their names."""
        path = self._static.get(str(request.path_params["name"]))
        if path is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return FileResponse(path, headers={"cache-control": "no-cache"}, media_type=STATIC_TYPES[path.suffix])

    async def listen(self, request: Request) -> Response:
        """What happens from now on, until the page is left."""
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        return StreamingResponse(
            self._site.events.listen(again="last-event-id" in request.headers), media_type="text/event-stream"
        )

    async def _current(self) -> Snapshot:
        """The production as it is now."""
        snapshot = await self._site.live.snapshot()
        await self._site.media.show(snapshot)
        return snapshot

    def _require_writing(self) -> None:
        if self._site.links.read_only:
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"allow": "GET, HEAD"})

    async def _page(
        self,
        snapshot: Snapshot,
        view: View,
        name: str,
        query: Mapping[str, str],
        *,
        said: str = "",
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        """A view; one without a message is kept until the production changes."""
        if snapshot is not self._shown:
            self._shown, self._pages = snapshot, {}
        kept, key = self._pages, (view, name, *query.items())
        html = "" if said else kept.get(key, "")
        if not html:
            try:
                html = await anyio.to_thread.run_sync(self._html, snapshot, view, name, query, said)
            except UnknownTarget as unknown:
                words = joined("; ", filter(None, (str(unknown), unknown.hint)))
                raise ActionRefused(HTTPStatus.NOT_FOUND, words) from None
            if not said and len(kept) < MOST_PAGES:
                kept[key] = html
        return HTMLResponse(html, status)

    def _html(self, snapshot: Snapshot, view: View, name: str, query: Mapping[str, str], said: str) -> str:
        links, plan = self._site.links, snapshot.plan
        if view in pages.MAIN_PAGES:
            return pages.MAIN_PAGES[view].make(snapshot, links, query, said=said)
        if view is View.CUT:
            return pages.cut(snapshot, links, name, said=said)
        pick = whole_number(query, "pick", 0)
        asked = api.consequence(plan, name, pick) if pick and plan is not None and snapshot.whole else None
        return pages.shot(snapshot, links, name, asked, said=said)

    async def no_route(self, request: Request, fault: Exception) -> Response:
        """The reply to an address or a method that does not exist."""
        status = fault.status_code if isinstance(fault, HTTPException) else HTTPStatus.NOT_FOUND
        method = request.method
        refused = tr("this address does not answer {method}", method=method)
        if self._site.links.read_only and method == "POST":
            refused = tr("this page only shows: nothing can be changed here")
        words = {
            HTTPStatus.NOT_FOUND: tr("nothing is at this address"),
            HTTPStatus.METHOD_NOT_ALLOWED: refused,
        }.get(HTTPStatus(status), tr("this cannot be answered"))
        reply = await self.refused(request, ActionRefused(HTTPStatus(status), words))
        reply.headers.update(getattr(fault, "headers", None) or {})
        return reply

    async def refused(self, request: Request, fault: Exception) -> Response:
        """A page that says why something was not done."""
        del request
        if not isinstance(fault, ActionRefused):
            raise fault
        snapshot = await self._current()
        html = await anyio.to_thread.run_sync(pages.message, snapshot, self._site.links, fault.words)
        return HTMLResponse(html, fault.status)

    async def bug(self, request: Request, fault: Exception) -> Response:
        """The reply to a request that nothing else answers."""
        del request
        words = str(tr("this is a bug in wanflow: {name}", name=type(fault).__name__))
        return Response(words, HTTPStatus.INTERNAL_SERVER_ERROR, media_type="text/plain")
