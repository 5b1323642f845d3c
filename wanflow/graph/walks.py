"""Walks through a shot graph, and its circles as its author reads of them; the only home of networkx."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import networkx as nx

from wanflow.language.problem import Problem
from wanflow.language.production import Media, Production, Shot
from wanflow.language.source import ShotSource
from wanflow.messages import tr
from wanflow.yamldoc.nodes import Place

MAX_CIRCLES = 20
"""Maximum circles that are named at once."""


def reached(neighbours: Mapping[str, Iterable[str]], vertices: Iterable[str]) -> frozenset[str]:
    """Everything that is reached from some vertices along their neighbours, less these vertices."""
    layers = nx.bfs_layers(_graph(neighbours), list(vertices))
    next(layers, None)  # the vertices themselves
    return frozenset(chain.from_iterable(layers))


def _graph(neighbours: Mapping[str, Iterable[str]]) -> nx.DiGraph[str]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(neighbours)
    graph.add_edges_from((vertex, near) for vertex, many in neighbours.items() for near in many)
    return graph


def circular_dependencies(production: Production, dependents: Mapping[str, Iterable[str]]) -> list[Problem]:
    """The circles of a graph, of which the dependents of each vertex are given: one problem for each."""
    return [_circular_dependency(production, path) for path in _circles(_graph(dependents))]


def _circles(graph: nx.DiGraph[str]) -> Iterator[tuple[str, ...]]:
    """Circles that have no closing edge in common, each of which is removed from the graph."""
    for _ in range(MAX_CIRCLES):
        try:
            steps = [edge[0] for edge in nx.find_cycle(graph)]
        except nx.NetworkXNoCycle:
            return
        yield (*steps, steps[0])
        graph.remove_edge(steps[-1], steps[0])


def _circular_dependency(production: Production, path: tuple[str, ...]) -> Problem:
    names = [name for name in path[:-1] if name in production.shots]
    at = production.shots[names[0]].place
    members = [
        _member_between(production.shots[name], before)
        for before, name in zip((names[-1], *names[:-1]), names, strict=True)
    ]
    if len(names) == 1 and members[0] is not None:
        cast, line = members[0].cast, _line(members[0].place, at)
        message = tr(
            "`{name}` depends on itself through the cast member `{cast}` ({line})", name=names[0], cast=cast, line=line
        )
        return Problem(at, message, tr("give the member another source, or do not name it here"))
    if len(names) == 1:
        return Problem(at, tr("`{names}` depends on itself", names=names[0]), tr("give it another source"))
    steps: list[str] = []
    for name, member in zip((*names, names[0]), (None, *members[1:], members[0]), strict=True):
        if member is not None:
            steps.append(tr("cast member `{cast}` ({line})", cast=member.cast, line=_line(member.place, at)))
        steps.append(f"`{name}` ({_line(production.shots[name].place, at)})")
    return Problem(
        at, tr("circular dependency: {steps}", steps=" → ".join(steps)), tr("give one of them another source")
    )


def _member_between(shot: Shot, before: str) -> Media | None:
    """The cast member through which a shot needs another one; None where it needs it by a source of its own."""
    for media in shot.media:
        sources = [source for source in (media.source, media.voice) if isinstance(source, ShotSource)]
        if any(source.shot == before for source in sources):
            return media if media.cast else None
    return None


def _line(place: Place, at: Place) -> str:
    """The line of a place, with its file where that is another than the one of `at`."""
    if place.file == at.file:
        return tr("line {line}", line=place.line)
    return tr("{file} line {line}", file=place.file, line=place.line)
