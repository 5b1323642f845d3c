"""The pages from a snapshot: the only home of Jinja2, which escapes every value.

Nothing here knows of HTTP: `Links` says where views, media and pictures are, for the server and for the one file of a
report alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Protocol

import jinja2

from wanflow.messages import tr, translated, trn, trp
from wanflow.report.page.snapshot import Snapshot

STATIC = Path(__file__).parent / "static"
"""Folder of the stylesheet and the scripts."""


class View(StrEnum):
    """The views that need no name, and the kinds of those that have one."""

    BOARD = "board"
    SHOT = "shot"
    CUT = "cut"
    PLAN = "plan"
    GRAPH = "graph"
    COSTS = "costs"


class PictureKind(StrEnum):
    """What is derived from a film or a picture to be looked at."""

    POSTER = "poster"
    STRIP = "strip"
    PREVIEW = "preview"
    PEAKS = "peaks"


class Links(Protocol):
    """Where things are, as the `href` or `src` of a page.

    A page that is served, which is `live`, has actions and events. None is given for what cannot be shown.
    """

    @property
    def live(self) -> bool:
        """Whether the page is served."""
        ...

    def view(self, view: View, name: str = "") -> str:
        """A view; `name` is that of a shot or a cut."""
        ...

    def static(self, name: str) -> str:
        """A file of `STATIC`."""
        ...

    def media(self, digest: str) -> str | None:
        """The file of a take, an asset, an extract or a written cut."""
        ...

    def picture(self, digest: str, kind: PictureKind) -> str | None:
        """What is derived from the file of this digest."""
        ...


def board(snapshot: Snapshot, links: Links) -> str:
    """All shots in film order, by scene."""
    return _document("board.html", snapshot, links, {"title": snapshot.title})


def _document(template: str, snapshot: Snapshot, links: Links, values: Mapping[str, object]) -> str:
    return _environment().get_template(template).render(values, snapshot=snapshot, links=links)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_for_reader,
    )
    environment.globals.update(tr=tr, trn=trn, trp=trp, View=View, PictureKind=PictureKind)
    return environment


def _for_reader(value: object) -> object:
    """A value as the page has it: a message in the language of its reader, nothing for None."""
    if value is None:
        return ""
    return translated(value) if isinstance(value, str) else value
