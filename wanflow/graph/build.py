"""The shot graph: what must exist, and what needs what.

networkx walks through it and finds its circles. Its import takes as long as planning hundreds of shots, so that waits
for the first walk, and a plan of everything has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import heappop, heappush
from itertools import filterfalse

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
from wanflow.language.problem import SpecError
from wanflow.language.production import Cut, Production, Shot, TitleCard
from wanflow.language.source import FileSource, ShotSource, Source
from wanflow.records import immutable

Edges = Mapping[str, Mapping[str, None]]
"""The neighbours of each vertex on one side, in order."""


@immutable
class ShotGraph:
    """A production's vertices in an order in which they can be made, and their edges.

    The order depends on the production's own order and the edges only, so that plans repeat (law 8). `numbered` are the
    shots of which a cut names takes.
    """

    production: Production
    vertices: tuple[Vertex, ...]
    numbered: frozenset[str]
    _by_id: Mapping[str, Vertex]
    _inputs: Edges
    _dependents: Edges

    def __contains__(self, vertex: str) -> bool:
        return vertex in self._by_id

    def vertex(self, vertex: str) -> Vertex:
        """The vertex of an id; raises KeyError for an unknown one."""
        return self._by_id[vertex]

    def inputs(self, vertex: str) -> tuple[str, ...]:
        """What a vertex is directly made from, in the order in which it names it."""
        return tuple(self._inputs[vertex])

    def dependents(self, vertex: str) -> tuple[str, ...]:
        """What is made directly from a vertex."""
        return tuple(self._dependents[vertex])

    def ancestors(self, *vertices: str) -> frozenset[str]:
        """Everything that vertices need, near and far, less these vertices."""
        from wanflow.graph.walks import reached

        return reached(self._inputs, vertices)

    def descendants(self, *vertices: str) -> frozenset[str]:
        """Everything that needs one of some vertices, near and far, less these vertices."""
        from wanflow.graph.walks import reached

        return reached(self._dependents, vertices)


def _ordered(production: Production, vertices: Iterable[Vertex], edges: Iterable[tuple[str, str]]) -> ShotGraph:
    """Order vertices along edges, in the given order where the edges leave it open; raises SpecError for circles."""
    by_id = {vertex.id: vertex for vertex in vertices}
    inputs: dict[str, dict[str, None]] = {name: {} for name in by_id}
    dependents: dict[str, dict[str, None]] = {name: {} for name in by_id}
    for source, made in edges:
        inputs[made][source] = dependents[source][made] = None
    names = list(by_id)
    rank = {name: position for position, name in enumerate(names)}
    missing = {name: len(sources) for name, sources in inputs.items()}
    ready = [position for name, position in rank.items() if not missing[name]]
    order: list[str] = []
    while ready:  # in ascending order at first, so it is a heap
        order.append(names[heappop(ready)])
        for made in dependents[order[-1]]:
            missing[made] -= 1
        for made in filterfalse(missing.__getitem__, dependents[order[-1]]):
            heappush(ready, rank[made])
    if len(order) < len(names):
        from wanflow.graph.walks import circular_dependencies

        raise SpecError(circular_dependencies(production, dependents))
    numbered = frozenset(takes_in_cuts(production.cuts.values()))
    return ShotGraph(production, tuple(by_id[name] for name in order), numbered, by_id, inputs, dependents)


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
    known = [edge for edge in edges if edge[0] in vertices and edge[1] in vertices]
    return _ordered(production, vertices.values(), known)


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
    """What a cut is made from, in order: the clips of its items, its sounds and its subtitles."""
    for item in cut.items:
        if not isinstance(item.source, TitleCard):
            yield item.source
    for _, source in cut.finish.sources:
        yield source


def takes_in_cuts(cuts: Iterable[Cut]) -> Mapping[str, tuple[tuple[str, int | None], ...]]:
    """The cuts that name takes of a shot, by shot, each with the number; None for all takes of the present request."""
    found: dict[str, list[tuple[str, int | None]]] = {}
    for cut in cuts:
        for item in cut.items:
            if isinstance(item.source, ShotSource) and (item.takes_all or item.take is not None):
                found.setdefault(item.source.shot, []).append((cut.name, item.take))
    return {shot: tuple(dict.fromkeys(named)) for shot, named in found.items()}
