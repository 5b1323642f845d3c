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
from wanflow.graph.shotgraph import CyclicGraph, ShotGraph, connect
from wanflow.language.problem import Problem, SpecError
from wanflow.language.production import Cut, Production, Shot, TitleCard
from wanflow.language.source import FileSource, ShotSource, Source
from wanflow.yamldoc.nodes import Place

Edge = tuple[str, str]


def build(production: Production) -> ShotGraph:
    """The graph of everything that must exist; raises SpecError where shots need each other in a circle."""
    vertices: dict[str, Vertex] = {}
    edges: list[Edge] = []
    for shot in production.shots.values():
        vertices |= {vertex.id: vertex for vertex in _feeds(shot)}
        vertices[shot.name] = ShotVertex(shot.name, shot)
        edges += _edges_into_shot(shot)
    for cut in production.cuts.values():
        vertices |= {vertex.id: vertex for vertex in _files(cut)}
        vertices[cut_id(cut.name)] = CutVertex(cut_id(cut.name), cut)
        edges += [(origin_id(source), cut_id(cut.name)) for source in cut_sources(cut)]
    try:
        # a shot that is nowhere is the check's to report; circles are looked for all the same
        return connect(production, vertices.values(), [(a, b) for a, b in edges if a in vertices and b in vertices])
    except CyclicGraph as cycle:
        raise SpecError([_located(production, cycle.path)]) from None


def input_id(shot: str, slot: str, source: Source) -> str:
    """The vertex that feeds a media slot directly: an extract for a piece, else the source itself."""
    piece = source.piece if isinstance(source, FileSource | ShotSource) else None
    return extract_id(shot, slot) if piece is not None else origin_id(source)


def sources_of(shot: Shot) -> Iterator[tuple[str, Source]]:
    """A shot's media slots with what they hold, voices included, in the order in which they are sent."""
    for media in shot.media:
        yield media.slot, media.source
        if media.voice is not None:
            yield f"{media.slot}.voice", media.voice


def _feeds(shot: Shot) -> Iterator[Vertex]:
    for slot, source in sources_of(shot):
        if not isinstance(source, ShotSource):
            whole = FileSource(source.path) if isinstance(source, FileSource) else source
            yield AssetVertex(asset_id(whole), whole)
        if isinstance(source, FileSource | ShotSource) and source.piece is not None:
            yield ExtractVertex(extract_id(shot.name, slot), origin_id(source), source.piece, shot.name, slot)


def _edges_into_shot(shot: Shot) -> Iterator[Edge]:
    for slot, source in sources_of(shot):
        feed = input_id(shot.name, slot, source)
        if feed != origin_id(source):
            yield origin_id(source), feed
        yield feed, shot.name


def cut_sources(cut: Cut) -> Iterator[FileSource | ShotSource]:
    """What a cut is made from, in order: the clips of its items, its music and its subtitles."""
    for item in cut.items:
        if not isinstance(item.source, TitleCard):
            yield item.source
    for _, source in cut.finish.files:
        yield source


def _files(cut: Cut) -> Iterator[AssetVertex]:
    for source in cut_sources(cut):
        if isinstance(source, FileSource):
            yield AssetVertex(asset_id(source), source)


def _located(production: Production, path: tuple[str, ...]) -> Problem:
    names = [name for name in path[:-1] if name in production.shots]
    at = production.shots[names[0]].place
    steps = " → ".join(f"`{name}` ({_where(production.shots[name].place, at)})" for name in (*names, names[0]))
    if len(names) == 1:
        return Problem(at, f"`{names[0]}` depends on itself", "give it another source")
    return Problem(at, f"circular dependency: {steps}", "give one of them another source")


def _where(place: Place, seen_from: Place) -> str:
    return f"line {place.line}" if place.file == seen_from.file else f"{place.file} line {place.line}"
