"""What can be seen from one place of a production: files beside it, shots by short names, a pipeline's inputs."""

from __future__ import annotations

import posixpath
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wanflow.language.problem import Problem
from wanflow.suggest import did_you_mean, nearest
from wanflow.yamldoc.nodes import Interpolated, Node, TextNode

MOST_LISTED = 4
"""Names of a group that a hint shows."""


@dataclass(frozen=True, slots=True)
class NearbyNames:
    """Names as they are called from one place, and those of them that have scenes or pipelines before their last part,
    by that part.
    """

    names: frozenset[str] = frozenset()
    short: Mapping[str, str] = field(default_factory=dict)
    lasts: frozenset[str] = frozenset()


NOTHING = NearbyNames()


@dataclass(slots=True)
class ShotIndex:
    """Every name that means shots, by its whole path; filled while a production is expanded, read afterwards.

    `shots` are single ones. `groups` are the shots of a matrix, in order. `outputs` says which shot, or which other
    output, stands for a used pipeline. `unusable` could not be used, which is said: every name inside counts as there.
    """

    shots: dict[str, None] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    unusable: set[str] = field(default_factory=set)
    _near: dict[str, NearbyNames] = field(default_factory=dict)

    def knows(self, name: str) -> bool:
        """Whether a name means anything."""
        return name in self.shots or name in self.groups or name in self.outputs or self._is_unusable(name)

    def shot(self, name: str) -> str:
        """The shot that a name stands for; the name itself where its pipeline could not be used."""
        while name in self.outputs and name not in self.shots:
            name = self.outputs[name]
        return name

    def members(self, name: str) -> tuple[str, ...]:
        """The shots that a name means, in order."""
        return tuple(self.shot(each) for each in self.groups.get(name, (name,)))

    def near(self, around: str) -> NearbyNames:
        """The names below one, for hints; asked when all names are known."""
        if not self._near:
            self._near |= _nearby([*self.shots, *self.groups, *self.outputs])
        return self._near.get(around, NOTHING)

    def all(self) -> dict[str, tuple[str, ...]]:
        """What each name means that is no shot itself."""
        return {name: self.members(name) for name in (*self.groups, *self.outputs)}

    def _is_unusable(self, name: str) -> bool:
        parts = name.split("/") if self.unusable else []
        return any("/".join(parts[:depth]) in self.unusable for depth in range(1, len(parts) + 1))


@dataclass(frozen=True, slots=True)
class GivenInput:
    """What a media input of a pipeline was given: the value, and the place that it is seen from; None for nothing.

    `problem` is why it can't be used, which is said already: whoever takes the input can't be used either.
    """

    node: Node | None
    scope: Scope
    filled: Interpolated
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """`path` are the names around a shot, outermost first; the first `closed` of them can't be left out to find
    another shot: they lead to the pipeline. `inputs` are the media inputs of that pipeline, None outside of one;
    `cast` are its cast inputs.
    """

    home: BasePath
    addresses: ShotIndex
    path: tuple[str, ...] = ()
    closed: int = 0
    inputs: Mapping[str, GivenInput] | None = None
    cast: Mapping[str, str | None] | None = None

    def shot(self, written: TextNode, problems: list[Problem]) -> str:
        """The whole name of a single shot; what is written, and a problem, where it means none or several."""
        found = self.find(written.string)
        if found is None:
            problems.append(Problem(written.place, f"no shot is called `{written.string}`", self._near(written.string)))
            return written.string
        if self.addresses.groups.get(found):  # an empty one could not be read, which is said already
            problems.append(self._several(written, found))
        return self.addresses.shot(found)

    def shots(self, written: TextNode) -> tuple[str, ...] | None:
        """The whole names of all shots that a name means, None where it means nothing."""
        found = self.find(written.string)
        return None if found is None else self.addresses.members(found)

    def find(self, words: str) -> str | None:
        """The whole name for a short one: the nearest that there is around the place."""
        for depth in range(len(self.path), self.closed - 1, -1):
            name = "/".join((*self.path[:depth], words))
            if self.addresses.knows(name):
                return name
        return None

    def _several(self, written: TextNode, name: str) -> Problem:
        shots = self.addresses.groups[name]
        listed = ", ".join(f"`{each}`" for each in shots[:MOST_LISTED])
        more = f" and {len(shots) - MOST_LISTED} more" if len(shots) > MOST_LISTED else ""
        message = f"`{written.string}` is a group of {len(shots)} shot{'s' if len(shots) > 1 else ''}"
        return Problem(written.place, message, f"name one of them: {listed}{more}")

    def _near(self, words: str) -> str | None:
        around = "/".join(self.path[: self.closed])
        known = self.addresses.near(around)
        if words not in known.short and (near := did_you_mean(words, known.names)) is not None:
            return near
        close = words if words in known.short else nearest(words, known.lasts)
        if close is not None:
            whole = known.short[close]
            return f"did you mean `{close if self.find(close) == whole else whole}`?"
        return "a pipeline sees its own shots only: others are given to it as media" if around else None


def _nearby(names: Iterable[str]) -> dict[str, NearbyNames]:
    below: dict[str, list[str]] = {"": []}
    for name in names:
        parts = name.split("/")
        for depth in range(len(parts)):
            below.setdefault("/".join(parts[:depth]), []).append("/".join(parts[depth:]))
    return {around: _near(known) for around, known in below.items()}


def _near(names: list[str]) -> NearbyNames:
    short = {name.rpartition("/")[2]: name for name in names}
    return NearbyNames(frozenset(names), short, frozenset(short))


@dataclass(frozen=True, slots=True)
class BasePath:
    """`root` is the production's folder, absolute; `folder` leads from there to the file's, empty where it is one."""

    root: Path
    folder: str = ""

    def path(self, text: str) -> str:
        """A path as it is named from `root`: as it is on disk, which is as written, in NFC or in NFD (format.md,
        Sources); as written where no such file is.
        """
        forms = dict.fromkeys((text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)))
        joined = [self._joined(form) for form in forms]
        return next((path for path in joined if path_exists(self.root / path)), joined[0])

    def beside(self, file: str) -> BasePath:
        """The home of another file, whose path is named from `root`."""
        return BasePath(self.root, posixpath.dirname(file))

    def _joined(self, text: str) -> str:
        plain = Path(text).as_posix()
        if not self.folder or Path(plain).is_absolute():
            return plain
        return posixpath.normpath(posixpath.join(self.folder, plain))


def path_exists(path: Path) -> bool:
    """Whether there is anything of that name, whatever the name is."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False  # too long or with a null byte: reported as missing, with its place
