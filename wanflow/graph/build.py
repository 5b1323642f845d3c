"""The shot graph: what must exist, and what needs what; the only home of networkx."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import networkx as nx

from wanflow.graph.node import (
    AssetVertex,
    CutVertex,
    ExtractVertex,
    ShotVertex,
    Vertex,
    asset_id,
    cut_id,
    extract_id,
    origin_id,
)
from wanflow.language.problem import Problem, SpecError
from wanflow.language.production import Cut, Media, Production, Shot, TitleCard
from wanflow.language.source import FileSource, ShotSource, Source
from wanflow.messages import tr
from wanflow.yamldoc.nodes import Place

MAX_CIRCLES = 20
"""Maximum circles that are named at once."""


class CyclicGraph(Exception):
    """The edges form circles; each of `paths` names the vertices of one, the first one again at the end."""

    def __init__(self, paths: tuple[tuple[str, ...], ...]) -> None:
        super().__init__("; ".join(" → ".join(path) for path in paths))
        self.paths = paths


@dataclass(frozen=True, slots=True)
class ShotGraph:
    """A production's vertices in an order in which they can be made, and their edges.

    The order depends on the production's own order and the edges only, so that plans repeat (law 8).
    """

    production: Production
    vertices: tuple[Vertex, ...]
    _by_id: Mapping[str, Vertex]
    _graph: nx.DiGraph[str]

    def __contains__(self, vertex: str) -> bool:
        return vertex in self._by_id

    def vertex(self, vertex: str) -> Vertex:
        """The vertex of an id; raises KeyError for an unknown one."""
        return self._by_id[vertex]

    def inputs(self, vertex: str) -> tuple[str, ...]:
        """What a vertex is directly made from, in the order in which it names it."""
        return tuple(self._graph.predecessors(vertex))

    def dependents(self, vertex: str) -> tuple[str, ...]:
        """What is made directly from a vertex."""
        return tuple(self._graph.successors(vertex))

    def ancestors(self, vertex: str) -> frozenset[str]:
        """Everything that a vertex needs, near and far."""
        return frozenset(nx.ancestors(self._graph, vertex))

    def descendants(self, vertex: str) -> frozenset[str]:
        """Everything that needs a vertex, near and far."""
        return frozenset(nx.descendants(self._graph, vertex))


def ordered_graph(production: Production, vertices: Iterable[Vertex], edges: Iterable[tuple[str, str]]) -> ShotGraph:
    """Order vertices along edges, in the given order where the edges leave it open; raises CyclicGraph."""
    by_id = {vertex.id: vertex for vertex in vertices}
    rank = {name: position for position, name in enumerate(by_id)}
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(by_id)
    graph.add_edges_from(edges)
    try:
        order = list(nx.lexicographical_topological_sort(graph, key=rank.__getitem__))
    except nx.NetworkXUnfeasible:
        raise CyclicGraph(tuple(_circles(graph))) from None
    return ShotGraph(production, tuple(by_id[name] for name in order), by_id, graph)


def _circles(graph: nx.DiGraph[str]) -> Iterator[tuple[str, ...]]:
    """Circles that have no closing edge in common, each of which is removed from the graph."""
    for _ in range(MAX_CIRCLES):
        try:
            steps = [edge[0] for edge in nx.find_cycle(graph)]
        except nx.NetworkXNoCycle:
            return
        yield (*steps, steps[0])
        graph.remove_edge(steps[-1], steps[0])


def build(production: Production) -> ShotGraph:
    """The graph of everything that must exist; raises SpecError for a circular dependency."""
    vertices: dict[str, Vertex] = {}
    edges: list[tuple[str, str]] = []
    for shot in production.shots.values():
        for slot, source in sources_of(shot):
            edges += _add_source(shot, slot, source, vertices)
        vertices[shot.name] = ShotVertex(shot.name, shot)
    for cut in production.cuts.values():
        files = [source for source in cut_sources(cut) if isinstance(source, FileSource)]
        vertices |= {asset_id(source): AssetVertex(asset_id(source), source) for source in files}
        vertices[cut_id(cut.name)] = CutVertex(cut_id(cut.name), cut)
        edges += [(origin_id(source), cut_id(cut.name)) for source in cut_sources(cut)]
    # the check reports a shot that does not exist; circles are looked for all the same
    known = [edge for edge in edges if vertices.keys() >= set(edge)]
    try:
        return ordered_graph(production, vertices.values(), known)
    except CyclicGraph as cycle:
        raise SpecError(_circular_dependencies(production, cycle)) from None


def _add_source(shot: Shot, slot: str, source: Source, vertices: dict[str, Vertex]) -> list[tuple[str, str]]:
    """Add the vertices that a media slot needs, and give the edges that lead to its shot."""
    origin, given = origin_id(source), input_id(shot.name, slot, source)
    if not isinstance(source, ShotSource):
        vertices[origin] = AssetVertex(origin, FileSource(source.path) if isinstance(source, FileSource) else source)
    if not isinstance(source, FileSource | ShotSource) or source.piece is None:
        return [(given, shot.name)]
    vertices[given] = ExtractVertex(given, origin, source.piece, shot.name, slot)
    return [(origin, given), (given, shot.name)]


def input_id(shot: str, slot: str, source: Source) -> str:
    """The vertex that a media slot is made from directly: an extract for a piece, else the source itself."""
    piece = source.piece if isinstance(source, FileSource | ShotSource) else None
    return extract_id(shot, slot) if piece is not None else origin_id(source)


def sources_of(shot: Shot) -> Iterator[tuple[str, Source]]:
    """A shot's media slots with what they hold, voices included, in the order in which they are sent."""
    for media in shot.media:
        yield media.slot, media.source
        if media.voice is not None:
            yield f"{media.slot}.voice", media.voice


def cut_sources(cut: Cut) -> Iterator[FileSource | ShotSource]:
    """What a cut is made from, in order: the clips of its items, its music and its subtitles."""
    for item in cut.items:
        if not isinstance(item.source, TitleCard):
            yield item.source
    for _, source in cut.finish.files:
        yield source


def _circular_dependencies(production: Production, cycle: CyclicGraph) -> list[Problem]:
    return [_circular_dependency(production, path) for path in cycle.paths]


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
