"""Names and paths as one place of a production resolves them: files, shots by short names, a pipeline's inputs."""

from __future__ import annotations

import posixpath
import unicodedata
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from wanflow.boundary import Boundary, Content
from wanflow.language.author_hints import hint_for_take
from wanflow.language.problem import Problem
from wanflow.messages import joined, tr, trn
from wanflow.records import immutable, mutable
from wanflow.suggest import did_you_mean, nearest
from wanflow.yamldoc.nodes import Interpolated, Node, TextNode

MAX_LISTED = 4
"""Maximum names of a group in a hint."""


@immutable
class NearbyNames:
    """The names below one scene or pipeline, and the same by their last part."""

    names: frozenset[str] = frozenset()
    by_last_part: Mapping[str, str] = field(default_factory=dict)
    last_parts: frozenset[str] = frozenset()


@mutable
class ShotIndex:
    """Every name of shots, by its whole path; filled while a production is expanded, read afterwards.

    `shots` are single ones. `groups` are the shots of a matrix, in order. `outputs` maps a used pipeline to its output,
    a shot or another output. `unusable` have a reported problem: names below them are known, too.
    """

    shots: dict[str, None] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    unusable: set[str] = field(default_factory=set)
    _near: dict[str, NearbyNames] = field(default_factory=dict)

    def knows(self, name: str) -> bool:
        """Whether there are shots of this name, or below an unusable one."""
        if name in self.shots or name in self.groups or name in self.outputs:
            return True
        parts = name.split("/") if self.unusable else []
        return any("/".join(parts[:depth]) in self.unusable for depth in range(1, len(parts) + 1))

    def shot(self, name: str) -> str:
        """The shot of a name; the name itself where its pipeline is unusable."""
        while name in self.outputs and name not in self.shots:
            name = self.outputs[name]
        return name

    def members(self, name: str) -> tuple[str, ...]:
        """The shots of a name, in order."""
        return tuple(self.shot(each) for each in self.groups.get(name, (name,)))

    def near(self, around: str) -> NearbyNames:
        """The names below one, for hints; asked when all names are known."""
        if not self._near:
            below: dict[str, list[str]] = {"": []}
            for name in (*self.shots, *self.groups, *self.outputs):
                parts = name.split("/")
                for depth in range(len(parts)):
                    below.setdefault("/".join(parts[:depth]), []).append("/".join(parts[depth:]))
            for outer, names in below.items():
                by_last_part = {name.rpartition("/")[2]: name for name in names}
                known, last = frozenset(names), frozenset(by_last_part)
                # one set where both are equal: the cache of suggestions would compare them name by name
                self._near[outer] = NearbyNames(known, by_last_part, known if last == known else last)
        return self._near.get(around, NearbyNames())

    def all(self) -> dict[str, tuple[str, ...]]:
        """The shots of each name that is not a shot itself."""
        return {name: self.members(name) for name in (*self.groups, *self.outputs)}


@immutable
class GivenInput:
    """The value that a media input of a pipeline was given, and the scope it is resolved in; None for no value.

    `problem` is why it cannot be used: it is reported already, and a shot that takes the input cannot be used either.
    """

    node: Node | None
    scope: Scope
    filled: Interpolated
    problem: Problem | None = None


@immutable
class Scope:
    """The names around a place, and what they resolve to.

    `path` are the names around a shot, outermost first; the first `closed` of them lead to its pipeline, and every name
    is looked up below them. `inputs` are the media inputs of that pipeline, None outside of one; `cast` are its cast
    inputs.
    """

    base: BasePath
    index: ShotIndex
    path: tuple[str, ...] = ()
    closed: int = 0
    inputs: Mapping[str, GivenInput] | None = None
    cast: Mapping[str, str | None] | None = None

    def shot(self, written: TextNode, problems: list[Problem]) -> str:
        """The whole name of a single shot; what is written, and a problem, where it is none or several."""
        found = self.find(written.string)
        if found is None:
            problems.append(
                Problem(written.place, tr("no shot `{name}`", name=written.string), self._hint(written.string))
            )
            return written.string
        shots = self.index.groups.get(found, ())  # an empty group has a reported problem
        if shots:
            listed = joined(", ", (f"`{each}`" for each in shots[:MAX_LISTED]))
            more = tr(" and {number} more", number=len(shots) - MAX_LISTED) if len(shots) > MAX_LISTED else ""
            message = trn(
                "`{name}` is a group of {number} shot",
                "`{name}` is a group of {number} shots",
                len(shots),
                name=written.string,
            )
            problems.append(
                Problem(written.place, message, tr("name one of them: {listed}{more}", listed=listed, more=more))
            )
        return self.index.shot(found)

    def shots(self, written: TextNode) -> tuple[str, ...] | None:
        """The whole names of all shots of a name; None for an unknown one."""
        found = self.find(written.string)
        return None if found is None else self.index.members(found)

    def find(self, short: str) -> str | None:
        """The whole name for a short one, looked up from the inside out."""
        for depth in range(len(self.path), self.closed - 1, -1):
            name = "/".join((*self.path[:depth], short))
            if self.index.knows(name):
                return name
        return None

    def _hint(self, short: str) -> str | None:
        if (take := hint_for_take(short)) is not None:
            return take
        around = "/".join(self.path[: self.closed])
        known = self.index.near(around)
        if short not in known.by_last_part and (near := did_you_mean(short, known.names)) is not None:
            return near
        close = short if short in known.by_last_part else nearest(short, known.last_parts)
        if close is not None:
            whole = known.by_last_part[close]
            return tr("did you mean `{close}`?", close=close if self.find(close) == whole else whole)
        return tr("a pipeline knows only its own shots: give it others as media inputs") if around else None


@immutable
class BasePath:
    """The base of a file's paths.

    `boundary` says which files may be opened. `folder` leads from the production's folder to the file's own, empty for
    the same one.
    """

    boundary: Boundary
    folder: str = ""

    @property
    def root(self) -> Path:
        """The production's folder, absolute."""
        return self.boundary.folder

    def path(self, text: str, content: Content = Content.MEDIA) -> str:
        """A path from `root`: as written, in NFC or in NFD, whichever exists (format.md, Sources), else as written."""
        forms = dict.fromkeys((text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)))
        joined = [self._joined(form) for form in forms]
        if len(joined) == 1:  # of most paths the disk need not be asked
            return joined[0]
        return next((path for path in joined if self.has(path, content)), joined[0])

    def has(self, path: str, content: Content = Content.MEDIA) -> bool:
        """Whether a path from `root` exists; False for one that may not be opened."""
        return self.boundary.refusal(path, content) is None and path_exists(self.root / path)

    def beside(self, file: str) -> BasePath:
        """The base of another file, whose path is from `root`."""
        return BasePath(self.boundary, posixpath.dirname(file))

    def _joined(self, text: str) -> str:
        plain = Path(text).as_posix()
        if not self.folder or Path(plain).is_absolute():
            return plain
        return posixpath.normpath(posixpath.join(self.folder, plain))


def path_exists(path: Path) -> bool:
    """Whether the path exists; False for a name that no file system takes."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False  # the name is too long or has a null byte
