"""The page as a web application: its views, its media, its actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from wanflow import api
from wanflow.language.problem import is_shipped
from wanflow.loading import SoundPart
from wanflow.report.page import pages
from wanflow.report.page.pages import PageAction, View
from wanflow.store.renditions import Rendition as PictureKind
from wanflow.yamldoc.nodes import Place

FIXED = {View.BOARD: "/", View.PLAN: "/plan", View.GRAPH: "/graph", View.COSTS: "/costs"}
NAMED = {View.SHOT: "/shots/", View.CUT: "/cuts/"}


@dataclass(frozen=True, slots=True)
class ServedLinks:
    """Links to the views and files of this server."""

    live: bool = True
    read_only: bool = False
    allow_run: bool = False
    folder: Path | None = None

    def view(self, view: View, name: str = "") -> str:
        """A view; `/` in a name is kept, since names of scenes have it."""
        return FIXED[view] if view in FIXED else f"{NAMED[view]}{quote(name)}"

    def static(self, name: str) -> str:
        """A stylesheet or a script."""
        return f"/static/{quote(name)}"

    def media(self, digest: str) -> str | None:
        """A take, an asset, an extract or a written cut."""
        return f"/media/{digest}"

    def picture(self, digest: str, kind: PictureKind) -> str | None:
        """What is derived from a file."""
        return f"/media/{digest}/{kind}"

    def editor(self, place: Place) -> str | None:
        """What opens an editor on this machine; a shipped pipeline is not for editing."""
        if self.folder is None or is_shipped(place):
            return None
        return f"vscode://file{quote((self.folder / place.file).as_posix())}:{place.line}:{place.column}"

    def action(self, action: PageAction, shot: str = "") -> str | None:
        """Where the form of an action goes; nothing where the server refuses it."""
        if self.read_only or (action is PageAction.RUN and not self.allow_run):
            return None
        return "/run" if action is PageAction.RUN else f"{self.view(View.SHOT, shot)}/{action}"


def build_app(load: Callable[[], SoundPart]) -> Starlette:
    """The application; `load` reads the production as it is now."""

    async def board(request: Request) -> Response:
        del request
        return HTMLResponse(pages.board(api.snapshot(load()), ServedLinks()))

    return Starlette(
        routes=[Route("/", board), Mount("/static", StaticFiles(directory=pages.STATIC), name="static")],
    )
