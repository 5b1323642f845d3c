"""The pages from a snapshot: the only home of Jinja2, which escapes every value.

Nothing here knows of HTTP: `Links` says where views, media and pictures are, for the server and for the one file of a
report alike. A view is a function from a snapshot to values, each in a module of its own, and a template in
`templates/views`, which reads them by the name of the view; `document.html` is around all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

import jinja2
import jinja2.runtime
from jinja2.filters import do_mark_safe

import wanflow
from wanflow.characters import shown
from wanflow.language.problem import excerpt, uses_texts
from wanflow.messages import tr, translated, trn, trp
from wanflow.planner.consequence import Consequence
from wanflow.records import immutable
from wanflow.report.page.board import BoardQuery, board_of
from wanflow.report.page.costs_view import costs_of
from wanflow.report.page.cut_view import cut_page
from wanflow.report.page.graph_view import graph_of
from wanflow.report.page.money_bar import money_bar
from wanflow.report.page.plan_view import plan_of
from wanflow.report.page.shot_view import shot_page
from wanflow.report.page.snapshot import Snapshot
from wanflow.report.text.consequence import consequence_text
from wanflow.report.text.plan import ACTIONS, billed_text
from wanflow.report.text.status import CHARGE_STATES, STATES, charge_text
from wanflow.report.text.words import cost_text, cost_words, count, seconds_text, time_text
from wanflow.store.charges import Ledger
from wanflow.store.renditions import STRIP_FRAMES, Rendition
from wanflow.yamldoc.nodes import Place

STATIC = Path(__file__).parent / "static"
"""Folder of the stylesheet and the scripts."""

Query = Mapping[str, str]
"""The query of an address: what is asked of a view."""
NOTHING: Query = {}
MOST_PROBLEMS = 50
"""Maximum errors that a page shows; every view has them above."""


class View(StrEnum):
    """The views of the whole production, each in `MAIN_PAGES`, and those of one shot or one cut."""

    BOARD = "board"
    SHOT = "shot"
    CUT = "cut"
    PLAN = "plan"
    GRAPH = "graph"
    COSTS = "costs"


class PageAction(StrEnum):
    """What a page can do, by a form: the last part of its address."""

    PICK = "pick"
    HOLD = "hold"
    RELEASE = "release"
    RETAKE = "retake"
    RUN = "run"


class Links(Protocol):
    """Where things are, as the `href`, `src` or `action` of a page.

    A page that is served, which is `live`, has events. None is given for what cannot be shown.
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

    def picture(self, digest: str, kind: Rendition) -> str | None:
        """What is derived from the file of this digest."""
        ...

    def editor(self, place: Place) -> str | None:
        """What opens an editor at a place of the production's files; None where the reader has none of them."""
        ...

    def completed(self, text: str) -> str:
        """A message whose commands work when they are pasted into a terminal."""
        ...

    def action(self, action: PageAction, shot: str = "") -> str | None:
        """Where the form of an action goes; None where the page may not do it, as a frozen one."""
        ...


def board(snapshot: Snapshot, links: Links, query: Query = NOTHING, *, said: str = "") -> str:
    """All shots in film order, by scene; `said` is the message of an action, shown once."""
    made = None if snapshot.plan is None else board_of(snapshot, snapshot.plan, BoardQuery.of(query))
    return _document(View.BOARD, "", snapshot, links, said, {"board": made})


def plan(snapshot: Snapshot, links: Links, query: Query = NOTHING, *, said: str = "") -> str:
    """What a run would do and cost; with `confirm` in the query also what it would send, and the button that does."""
    made = None if snapshot.plan is None else plan_of(snapshot, snapshot.plan, asked=bool(query.get("confirm")))
    return _document(View.PLAN, "", snapshot, links, said, {"plan_view": made})


def graph(snapshot: Snapshot, links: Links, query: Query = NOTHING, *, said: str = "") -> str:
    """What each shot and cut is made from; `scene` in the query opens a scene of a large production."""
    made = None if snapshot.plan is None else graph_of(snapshot, snapshot.plan, query.get("scene", ""))
    return _document(View.GRAPH, "", snapshot, links, said, {"graph_view": made})


def costs(snapshot: Snapshot, links: Links, query: Query = NOTHING, *, said: str = "") -> str:
    """What was charged; `by` in the query is the key of the chart."""
    made = None
    if snapshot.plan is not None:
        ledger = snapshot.ledger or Ledger(snapshot.plan.currency)
        made = costs_of(ledger, paid=snapshot.plan.provider.paid, by=query.get("by", ""))
    return _document(View.COSTS, "", snapshot, links, said, {"costs_view": made})


def shot(snapshot: Snapshot, links: Links, name: str, asked: Consequence | None = None, *, said: str = "") -> str:
    """A shot: its takes side by side and its request; `asked` is what a pick would do. Raises UnknownTarget."""
    values = {"shown": shot_page(snapshot, name), "asked": asked} if snapshot.plan else {}
    return _document(View.SHOT, name, snapshot, links, said, values)


def cut(snapshot: Snapshot, links: Links, name: str, *, said: str = "") -> str:
    """A cut: its film as it was last written and as it would be now, on its timeline. Raises UnknownTarget."""
    values = {"shown": cut_page(snapshot, name)} if snapshot.plan else {}
    return _document(View.CUT, name, snapshot, links, said, values)


@immutable
class MainPage:
    """A view of the whole production: its heading, the key that goes to it after `g`, and what makes its page."""

    heading: str
    key: str
    make: Callable[..., str]

    @property
    def help_row(self) -> tuple[tuple[str, str], str]:
        """Its keys and its name in the help of the page."""
        return ("g", self.key), self.heading


MAIN_PAGES: Mapping[View, MainPage] = {
    View.BOARD: MainPage(tr("Board"), "b", board),
    View.PLAN: MainPage(tr("Plan"), "p", plan),
    View.GRAPH: MainPage(tr("Graph"), "g", graph),
    View.COSTS: MainPage(tr("Costs"), "c", costs),
}
"""The views of the whole production, in their order; addresses, navigation, keys and the report follow from it."""


def message(snapshot: Snapshot, links: Links, said: str) -> str:
    """A page with one message, such as that an address has no page."""
    return _document(None, "", snapshot, links, said, {})


def report(snapshot: Snapshot, links: Links, files: Mapping[str, str]) -> str:
    """All views in one document; `files` are what a page loads elsewhere, which is put into it as it is."""
    cuts = () if snapshot.plan is None else snapshot.plan.graph.production.cuts
    views = [
        *((view, "", page.heading, page.make(snapshot, links)) for view, page in MAIN_PAGES.items()),
        *((View.SHOT, name, name, shot(snapshot, links, name)) for name in snapshot.rows),
        *((View.CUT, name, name, cut(snapshot, links, name)) for name in cuts),
    ]
    parts = [
        {"view": view, "place": unquote(links.view(view, name)[1:]), "heading": heading, "html": do_mark_safe(html)}
        for view, name, heading, html in views  # a template made each, so that it is escaped already
    ]
    made: dict[str, object] = {name: do_mark_safe(text) for name, text in files.items()}  # our own files, and base64
    # no moment of writing: a report of the same production is the same, byte by byte
    made |= {"version": wanflow.__version__, "newest": max((row.take.date for row in snapshot.takes), default=None)}
    made |= {"parts": parts, "current": None, "heading": "", "said": "", "fragment": "report.html"}
    return _rendered("report.html", snapshot, links, made)


def _document(
    view: View | None, heading: str, snapshot: Snapshot, links: Links, said: str, values: Mapping[str, object]
) -> str:
    """A view in its document, in a report without one; where nothing can be used, only the problems.

    `heading` is that of a view with a name; the others have their own.
    """
    if view is not None and view in MAIN_PAGES:
        heading = MAIN_PAGES[view].heading
    fragment = None if snapshot.plan is None or view is None else f"views/{view}.html"
    template = "document.html" if links.live else "part.html"
    own = {"current": view, "heading": heading, "fragment": fragment, "said": said}
    return _rendered(template, snapshot, links, {**values, **own})


def _rendered(template: str, snapshot: Snapshot, links: Links, values: Mapping[str, object]) -> str:
    return (
        _environment()
        .get_template(template)
        .render(
            values,
            title=snapshot.title,
            snapshot=snapshot,
            links=links,
            bar=None if snapshot.plan is None else money_bar(snapshot.plan),
            problems=snapshot.problems,
            paid=snapshot.plan is not None and snapshot.plan.provider.paid,
        )
    )


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
    environment.filters.update(cost_text=cost_text, in_parts=_in_parts, completed=_completed)
    environment.globals.update(
        tr=tr,
        trn=trn,
        trp=trp,
        count=count,
        charge_text=charge_text,
        cost_text=cost_text,
        cost_words=cost_words,
        seconds_text=seconds_text,
        billed_text=billed_text,
        time_text=time_text,
        excerpt=excerpt,
        uses_texts=uses_texts,
        View=View,
        MAIN_PAGES=MAIN_PAGES,
        Rendition=Rendition,
        PageAction=PageAction,
        ACTIONS=ACTIONS,
        STATES=STATES,
        CHARGE_STATES=CHARGE_STATES,
        MOST_PROBLEMS=MOST_PROBLEMS,
        STRIP_FRAMES=STRIP_FRAMES,
        consequence_text=consequence_text,
    )
    return environment


@jinja2.pass_context
def _in_parts(context: jinja2.runtime.Context, text: str) -> list[str]:
    """A message in the language of its reader, cut at its backticks: every second part is code."""
    whole = _completed(context, text)
    parts = whole.split("`")
    return parts if len(parts) % 2 else [whole]


@jinja2.pass_context
def _completed(context: jinja2.runtime.Context, text: str) -> str:
    links: Links = context["links"]
    return links.completed(translated(text))


def _for_reader(value: object) -> object:
    """A value as the page has it, nothing for None.

    A text is in the language of its reader, and shows what cannot be seen as a terminal does, at any length.
    """
    if value is None:
        return ""
    if not isinstance(value, str) or hasattr(value, "__html__"):  # the second is what a macro made
        return value
    return "\n".join(shown(line, len(line)) for line in translated(value).split("\n"))
