"""Continuations of continuations: each adds a little drift, and nobody sees it before the money is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wanflow.catalog.model import Role
from wanflow.catalog.read import load_catalog
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import Media, Production, Shot
from wanflow.language.source import ShotSource

LONGEST = 3
"""More continuations than this in a row drift away from where they began."""


def check_chains(production: Production) -> Iterator[Problem]:
    """A warning where a chain of continuations gets longer than `LONGEST`; at that shot, not at each one after it."""
    depths: dict[str, int] = {}
    for shot in production.shots.values():
        item = _continued(shot)
        if item is not None and _depth(shot.name, production.shots, depths) == LONGEST + 1:
            message = f"`{shot.name}` is continuation {LONGEST + 1} in a row: pictures drift"
            hint = "begin anew from a picture, or let it end on one with `last_frame`"
            yield Problem(item.place, message, hint, Severity.WARNING)


def _depth(name: str, shots: Mapping[str, Shot], depths: dict[str, int]) -> int:
    """How many continuations lie between a shot and the beginning of its chain, itself included.

    A chain that bites its own tail has no beginning, which is an error of its own: its depths are negative.
    """
    path: list[str] = []
    while name in shots and name not in depths and name not in path:
        path.append(name)
        item = _continued(shots[name])
        name = item.source.shot if item is not None and isinstance(item.source, ShotSource) else ""
    depth = -len(path) - 1 if name in path else depths.get(name, -1)
    for step in reversed(path):
        depth += 1
        depths[step] = depth
    return depth


def _continued(shot: Shot) -> Media | None:
    """The media of a shot that its own film goes on from, where that is another shot's film.

    One that lands on a picture of its own begins anew.
    """
    model = load_catalog()[shot.model]
    if any(model.has_role(item.type, Role.ENDING) for item in shot.media):
        return None
    found = (item for item in shot.media if model.has_role(item.type, Role.CONTINUED))
    return next((item for item in found if isinstance(item.source, ShotSource)), None)
