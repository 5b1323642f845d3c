"""From a production to its shot graph."""

from __future__ import annotations

from collections.abc import Iterator

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
from wanflow.graph.shotgraph import CyclicGraph, ShotGraph, ordered_graph
from wanflow.language.problem import Problem, SpecError
from wanflow.language.production import Cut, Production, Shot, TitleCard
from wanflow.language.source import FileSource, ShotSource, Source


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
        raise SpecError([_circular_dependency(production, cycle.path)]) from None


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


def _circular_dependency(production: Production, path: tuple[str, ...]) -> Problem:
    names = [name for name in path[:-1] if name in production.shots]
    at = production.shots[names[0]].place
    if len(names) == 1:
        return Problem(at, f"`{names[0]}` depends on itself", "give it another source")
    steps: list[str] = []
    for name in (*names, names[0]):
        place = production.shots[name].place
        line = f"line {place.line}" if place.file == at.file else f"{place.file} line {place.line}"
        steps.append(f"`{name}` ({line})")
    return Problem(at, f"circular dependency: {' → '.join(steps)}", "give one of them another source")
