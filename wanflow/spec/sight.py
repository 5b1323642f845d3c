"""What can be seen from one place of a production: files beside it, shots by short names, a pipeline's inputs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

from wanflow.errors import did_you_mean
from wanflow.spec.home import Home
from wanflow.spec.problem import Problem
from wanflow.yamlvalue import Filled, Node, Scalar

MOST_LISTED = 4
"""Names of a group that a hint shows."""


@dataclass(slots=True)
class Addresses:
    """Every name that means shots, by its whole path; filled while a production is expanded, read afterwards.

    `shots` are single ones. `groups` are the shots of a matrix, in order. `outputs` says which shot, or which other
    output, stands for a used pipeline. `unread` could not be used, which is said: every name inside counts as there.
    """

    shots: dict[str, None] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)

    def knows(self, name: str) -> bool:
        """Whether a name means anything."""
        return name in self.shots or name in self.groups or name in self.outputs or self._is_unread(name)

    def shot(self, name: str) -> str:
        """The shot that a name stands for; the name itself where its pipeline could not be used."""
        while name in self.outputs and name not in self.shots:
            name = self.outputs[name]
        return name

    def members(self, name: str) -> tuple[str, ...]:
        """The shots that a name means, in order."""
        return tuple(self.shot(each) for each in self.groups.get(name, (name,)))

    def all(self) -> dict[str, tuple[str, ...]]:
        """What each name means that is no shot itself."""
        return {name: self.members(name) for name in (*self.groups, *self.outputs)}

    def _is_unread(self, name: str) -> bool:
        return bool(self.unread) and any(name == each or name.startswith(f"{each}/") for each in self.unread)


@dataclass(frozen=True, slots=True)
class Given:
    """What a media input of a pipeline was given: the value, and the place that it is seen from; None for nothing.

    `problem` is why it can't be used, which is said already: whoever takes the input can't be used either.
    """

    node: Node | None
    sight: Sight
    filled: Filled
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """`path` are the names around a shot, outermost first; the first `closed` of them can't be left out to find
    another shot: they lead to the pipeline. `inputs` are the media inputs of that pipeline, None outside of one;
    `cast` are its cast inputs.
    """

    home: Home
    addresses: Addresses
    path: tuple[str, ...] = ()
    closed: int = 0
    inputs: Mapping[str, Given] | None = None
    cast: Mapping[str, str | None] | None = None

    def shot(self, written: Scalar, problems: list[Problem]) -> str:
        """The whole name of a single shot; what is written, and a problem, where it means none or several."""
        found = self.find(written.words)
        if found is None:
            problems.append(Problem(written.place, f"no shot is called `{written.words}`", self._near(written.words)))
            return written.words
        if self.addresses.groups.get(found):  # an empty one could not be read, which is said already
            problems.append(self._several(written, found))
        return self.addresses.shot(found)

    def shots(self, written: Scalar) -> tuple[str, ...] | None:
        """The whole names of all shots that a name means, None where it means nothing."""
        found = self.find(written.words)
        return None if found is None else self.addresses.members(found)

    def find(self, words: str) -> str | None:
        """The whole name for a short one: the nearest that there is around the place."""
        for depth in range(len(self.path), self.closed - 1, -1):
            name = "/".join((*self.path[:depth], words))
            if self.addresses.knows(name):
                return name
        return None

    def _several(self, written: Scalar, name: str) -> Problem:
        shots = self.addresses.groups[name]
        listed = ", ".join(f"`{each}`" for each in shots[:MOST_LISTED])
        more = f" and {len(shots) - MOST_LISTED} more" if len(shots) > MOST_LISTED else ""
        message = f"`{written.words}` is a group of {len(shots)} shot{'s' if len(shots) > 1 else ''}"
        return Problem(written.place, message, f"name one of them: {listed}{more}")

    def _near(self, words: str) -> str | None:
        around = "/".join(self.path[: self.closed])
        known = [*self.addresses.shots, *self.addresses.groups, *self.addresses.outputs]
        if around:
            known = [name.removeprefix(f"{around}/") for name in known if name.startswith(f"{around}/")]
        short = {name.rpartition("/")[2]: name for name in known}
        close = difflib.get_close_matches(words, short, n=1)
        if words not in short and (near := did_you_mean(words, known)) is not None:
            return near
        if close:
            return f"did you mean `{close[0] if self.find(close[0]) == short[close[0]] else short[close[0]]}`?"
        return "a pipeline sees its own shots only: others are given to it as media" if around else None
