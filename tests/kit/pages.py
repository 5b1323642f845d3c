"""Views of the page without a server: snapshots of plans made by hand, plain links, and elements of what is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import quote

from wanflow.planner.plan import Plan
from wanflow.planner.status import status, take_rows
from wanflow.report.page.pages import PageAction, View
from wanflow.report.page.snapshot import Snapshot
from wanflow.store.renditions import Rendition
from wanflow.yamldoc.nodes import Place

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def snapshot(plan: Plan, films: Mapping[str, str] | None = None) -> Snapshot:
    """A plan as the page shows it; `films` are the digests of its written cuts."""
    return Snapshot("A film", plan, status=status(plan, NOW), takes=take_rows(plan), films=films or {})


@dataclass(frozen=True, slots=True)
class PlainLinks:
    """Links of a served page; one that does not `act` has no forms."""

    live: bool = True
    act: bool = True

    def view(self, view: View, name: str = "") -> str:
        """A view below its kind."""
        return f"/{view}/{quote(name)}"

    def static(self, name: str) -> str:
        """A stylesheet or a script."""
        return f"/static/{name}"

    def media(self, digest: str) -> str | None:
        """A file."""
        return f"/media/{digest}"

    def picture(self, digest: str, kind: Rendition) -> str | None:
        """What is derived from a file."""
        return f"/media/{digest}/{kind}"

    def editor(self, place: Place) -> str | None:
        """What opens an editor."""
        return f"editor:{place}"

    def completed(self, text: str) -> str:
        """A message for a terminal."""
        return text

    def action(self, action: PageAction, shot: str = "") -> str | None:
        """The address of a form."""
        return f"/{quote(shot)}/{action}" if self.act else None


@dataclass(slots=True)
class Element:
    """An element with its attributes, and all the text in it."""

    name: str
    attributes: Mapping[str, str]
    text: str = ""
    within: list[Element] = field(default_factory=list)

    def all(self, name: str = "", **attributes: str) -> list[Element]:
        """The elements in it that have a name and these attributes; `_` is written for `-`."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            each
            for each in self.within
            if (not name or each.name == name)
            and all(each.attributes.get(key) == value for key, value in wanted.items())
        ]

    def one(self, name: str = "", **attributes: str) -> Element:
        """The only such element."""
        (found,) = self.all(name, **attributes)
        return found

    @property
    def words(self) -> str:
        """Its text with one blank between words."""
        return " ".join(self.text.split())


VOID = {"meta", "link", "img", "input", "br", "hr", "source"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {key: value or "" for key, value in attrs})
        for each in self.open:
            each.within.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if len(self.open) > 1 and self.open[-1].name == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        for each in self.open:
            each.text += data


def read(page: str) -> Element:
    """The elements of a page."""
    reader = _Reader()
    reader.feed(page)
    return reader.root
