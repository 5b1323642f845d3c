"""One file of all pages: links inside it, media as data, its one script, and what it may load."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from wanflow.errors import ExitCode, WanflowError
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.report.page import pages
from wanflow.report.page.pages import STATIC, PageAction, View
from wanflow.report.page.snapshot import Snapshot
from wanflow.report.text.words import size_text
from wanflow.store.media_files import MediaFiles
from wanflow.store.renditions import Rendition
from wanflow.yamldoc.nodes import Place

MOST_BYTES = 100_000_000
"""Maximum size of a report that nobody forces: mail and chat carry less, and browsers open it slowly."""

ON_DEMAND = frozenset({Rendition.STRIP, Rendition.PREVIEW})
"""What only scripts show: pages name it, and it is in the file once."""
EMBEDDED = (Rendition.PROXY, Rendition.STILL)
"""What a report has inside instead of a film and of a picture, where these are embedded."""
ONCE = ON_DEMAND | {*EMBEDDED}
EMPTY = "data:,"
"""Address of nothing; before a name it is what a script replaces by the data of that name."""
SCRIPTS = ("report.js", "page.js")
"""Scripts of a report, in the order in which they begin."""

_IMPORT = re.compile(r'^import(?: *(\{[^}]*\}) *from)? *"\./([\w.-]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const|let) +(\w+))", re.MULTILINE)


class ReportTooLarge(WanflowError):
    """A report would be larger than `MOST_BYTES`."""

    exit_code = ExitCode.WRONG


@immutable
class FrozenReport:
    """A report as it is written to a file.

    `left_out` counts the short films that would have made it too large, `not_made` the posters and films that could
    not be made.
    """

    html: str
    left_out: int = 0
    not_made: int = 0


class Derived(NamedTuple):
    """What is derived from a file: the digest of the file, and what it is."""

    digest: str
    kind: Rendition


@immutable
class FrozenLinks:
    """Links of a report.

    `file` gives the address of a medium beside the report. `made` are the media inside it, None while a first rendering
    counts in `asked` what the pages need. Where players are `embedded`, their films and pictures are inside, too.
    """

    file: Callable[[str], str | None]
    made: Mapping[Derived, Path] | None = None
    embedded: bool = False
    asked: dict[Derived, int] = field(default_factory=dict)
    live: bool = False

    def view(self, view: View, name: str = "") -> str:
        """The place of a view in the file."""
        return f"#{quote(anchor(view, name))}"

    def static(self, name: str) -> str:
        """Nothing: stylesheet and script are inside the file."""
        del name
        return EMPTY

    def media(self, digest: str) -> str | None:
        """The film of a player, or a picture: beside the file, or inside and small where players are embedded."""
        beside = self.file(digest)
        if beside is None or not self.embedded:
            return beside
        inside = [self._inside(Derived(digest, kind)) for kind in EMBEDDED]
        return next(filter(None, inside), beside)

    def picture(self, digest: str, kind: Rendition) -> str | None:
        """What is derived from a file; None where the file is not here, or nothing of this kind can be made of it."""
        return None if self.file(digest) is None else self._inside(Derived(digest, kind))

    def editor(self, place: Place) -> None:
        """Nothing: who reads a report has none of the files."""

    def completed(self, text: str) -> str:
        """The message as it is: who reads a report has no production."""
        return text

    def action(self, action: PageAction, shot: str = "") -> None:
        """Nothing: a report changes nothing."""

    def _inside(self, wanted: Derived) -> str | None:
        self.asked[wanted] = self.asked.get(wanted, 0) + 1
        if self.made is None:
            return EMPTY
        if wanted not in self.made:
            return None
        name = f"{wanted.digest}.{wanted.kind}"
        if wanted.kind in ON_DEMAND or (wanted.kind in EMBEDDED and self.asked[wanted] > 1):
            return EMPTY + name
        inside = data_address(self.made[wanted], wanted.kind.media_type)
        return f"{inside}#{name}" if wanted.kind in EMBEDDED else inside


def anchor(view: View, name: str = "") -> str:
    """The id of a view in a report."""
    return f"{view}/{name}" if name else str(view)


def data_address(file: Path, media_type: str) -> str:
    """The bytes of a file as an address; raises OSError."""
    return f"data:{media_type};base64,{base64.b64encode(file.read_bytes()).decode()}"


class Beside:
    """Where media are beside a report in a folder: addresses that hold wherever both folders are moved to together.

    `named` are the names of takes that people see, by digest; they go before those in the store.
    """

    def __init__(self, production: Path, folder: Path, named: Mapping[str, str], known: MediaFiles) -> None:
        self._production, self._folder = Path(os.path.abspath(production)), os.path.abspath(folder)  # noqa: PTH100 - links stay
        self._named, self._known = named, known
        self.address = cache(self._address)

    def _address(self, digest: str) -> str | None:
        """The address of a medium; None where it is not here, or is outside the production's folder."""
        found = self._known.find(digest)
        if found is None:
            return None
        path = self._production / self._named.get(digest, found.path)
        if not path.is_relative_to(self._production):
            return None
        try:
            relative = Path(os.path.relpath(path, self._folder))
        except ValueError:  # on another drive
            return None
        return quote(os.fsencode(relative.as_posix()))


def fitting(
    outline: str, asked: Mapping[Derived, int], made: Mapping[Derived, Path], *, embedded: bool, force: bool
) -> Mapping[Derived, Path]:
    """The media that are put into a report: without the short films, where it would be too large with them.

    `outline` is the report without media. Raises ReportTooLarge where it is too large all the same.
    """
    size = _size(outline, asked, made)
    if force or size <= MOST_BYTES:
        return made
    fewer = {wanted: file for wanted, file in made.items() if wanted.kind is not Rendition.PREVIEW}
    if not embedded and _size(outline, asked, fewer) <= MOST_BYTES:
        return fewer
    words = tr("the report would be {size}, more than {most}", size=size_text(size), most=size_text(MOST_BYTES))
    if embedded:
        raise ReportTooLarge(words, hint=tr("leave out `--embed`, or write it all the same with `--force`"))
    raise ReportTooLarge(words, hint=tr("write it all the same with `--force`"))


def _size(outline: str, asked: Mapping[Derived, int], made: Mapping[Derived, Path]) -> int:
    """The bytes of a report: a byte of a medium takes four thirds of one in an address."""
    times = ((1 if wanted.kind in ONCE else asked[wanted], file) for wanted, file in made.items())
    return len(outline.encode()) + sum(number * (file.stat().st_size * 4 // 3 + 4) for number, file in times)


def frozen_page(snapshot: Snapshot, links: FrozenLinks) -> str:
    """All views in one file."""
    style, script = (STATIC / "page.css").read_text(encoding="utf-8"), one_script(*SCRIPTS)
    files = {"style": style, "script": script, "policy": policy(style, script), "media": on_demand(links.made or {})}
    return pages.report(snapshot, links, files)


def on_demand(made: Mapping[Derived, Path]) -> str:
    """What scripts show when it is asked for, as JSON that may be inside a page: addresses by names."""
    addresses = {
        f"{digest}.{kind}": data_address(file, kind.media_type)
        for (digest, kind), file in made.items()
        if kind in ON_DEMAND
    }
    return json.dumps(addresses)


def one_script(*names: str) -> str:
    """Scripts of the page and all that they import as one script, since a file on disk may import no other.

    Each becomes a function that gives what its module exports.
    """
    done: dict[str, str] = {}

    def add(name: str) -> None:
        if name not in done:
            text = (STATIC / name).read_text(encoding="utf-8")
            done[name] = ""
            for _, imported in _IMPORT.findall(text):
                add(imported)
            exported = ", ".join(_EXPORT.findall(text))
            body = _EXPORT.sub("", _IMPORT.sub(_taken_from, text))
            del done[name]  # after what it imports
            done[name] = f"const {_module(name)} = (() => {{\n{body}return {{ {exported} }};\n}})();\n"

    for name in names:
        add(name)
    return '"use strict";\n' + "".join(done.values())


def _taken_from(found: re.Match[str]) -> str:
    return f"const {found[1]} = {_module(found[2])};\n" if found[1] else ""


def _module(file: str) -> str:
    return "module_" + re.sub(r"\W", "_", file)


def policy(style: str, script: str) -> str:
    """What the file may load: what is inside it or beside it, and of styles and scripts only these two."""

    def hashed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; script-src {hashed(script)}; style-src {hashed(style)}; "
        "img-src 'self' file: data: blob:; media-src 'self' file: data: blob:; base-uri 'none'; form-action 'none'"
    )
