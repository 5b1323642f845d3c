"""A shot graph as a drawing: Mermaid, DOT or JSON; whatever a name contains, it stays a label."""

from __future__ import annotations

from collections.abc import Iterator

from wanflow.characters import shown
from wanflow.graph.build import ShotGraph
from wanflow.graph.node import (
    AssetVertex,
    CutVertex,
    ExtractVertex,
    ShotVertex,
    Vertex,
    asset_name,
    public_asset_id,
)
from wanflow.language.source import ShotSource, UrlSource
from wanflow.masking import public_url

MOST_CHARACTERS = 80
"""Maximum length of a label."""

_MERMAID = {AssetVertex: ("[/", "/]"), ShotVertex: ("[", "]"), ExtractVertex: ("(", ")"), CutVertex: ("[[", "]]")}
_DOT = {AssetVertex: "note", ShotVertex: "box", ExtractVertex: "ellipse", CutVertex: "folder"}
_KINDS = {AssetVertex: "asset", ShotVertex: "shot", ExtractVertex: "extract", CutVertex: "cut"}


def mermaid(graph: ShotGraph) -> str:
    """The graph for a Markdown page; every character that Mermaid would act on is written as a code."""
    ids = _ids(graph)
    lines = ["flowchart LR"]
    for vertex in graph.vertices:
        left, right = _MERMAID[type(vertex)]
        label = vertex_label(vertex)
        characters = (char if char.isalnum() or char in " -_./:,…" else f"#{ord(char)};" for char in label)
        lines.append(f'  {ids[vertex.id]}{left}"{"".join(characters)}"{right}')
    for start, end in _edges(graph):
        named = _takes_named(graph, start, end)
        label = f"|{named}|" if named else ""
        lines.append(f"  {ids[start]} -->{label} {ids[end]}")
    return "\n".join(lines)


def dot(graph: ShotGraph) -> str:
    """The graph for Graphviz."""
    ids = _ids(graph)
    nodes: list[str] = []
    for vertex in graph.vertices:
        label = vertex_label(vertex).replace("\\", "\\\\").replace('"', '\\"')
        nodes.append(f'  {ids[vertex.id]} [shape={_DOT[type(vertex)]}, label="{label}"];')
    edges: list[str] = []
    for start, end in _edges(graph):
        named = _takes_named(graph, start, end)
        label = f' [label="{named}"]' if named else ""
        edges.append(f"  {ids[start]} -> {ids[end]}{label};")
    return "\n".join(["digraph wanflow {", "  rankdir=LR;", *nodes, *edges, "}"])


def graph_json(graph: ShotGraph) -> dict[str, object]:
    """The graph for programs: `nodes` with id and kind, `edges` as pairs of ids, in the order of making."""
    names: dict[str, str] = {}
    for vertex in graph.vertices:
        names[vertex.id] = vertex.id
        if isinstance(vertex, AssetVertex) and isinstance(vertex.source, UrlSource):
            names[vertex.id] = public_asset_id(vertex.source.url)
    nodes = [{"id": names[vertex.id], "kind": _KINDS[type(vertex)]} for vertex in graph.vertices]
    return {"nodes": nodes, "edges": [[names[start], names[end]] for start, end in _edges(graph)]}


def _ids(graph: ShotGraph) -> dict[str, str]:
    return {vertex.id: f"n{position}" for position, vertex in enumerate(graph.vertices)}


def _edges(graph: ShotGraph) -> Iterator[tuple[str, str]]:
    for vertex in graph.vertices:
        yield from ((start, vertex.id) for start in graph.inputs(vertex.id))


def _takes_named(graph: ShotGraph, shot: str, made: str) -> str:
    """The takes of a shot that a cut names, as the label of their edge; empty for the one that counts."""
    vertex = graph.vertex(made)
    if shot not in graph.numbered or not isinstance(vertex, CutVertex):
        return ""
    items = [item for item in vertex.cut.items if item.source == ShotSource(shot)]
    numbers = sorted({item.take for item in items if item.take is not None})
    every = ["all takes"] if any(item.takes_all for item in items) else []
    return shown(", ".join([*every, *(f"take {number}" for number in numbers)]), MOST_CHARACTERS)


def vertex_label(vertex: Vertex) -> str:
    """The name of a vertex, shortened where it is long; an address without its query, which may be a signature."""
    name = asset_name(vertex.id)
    if isinstance(vertex, AssetVertex) and isinstance(vertex.source, UrlSource):
        name = public_url(vertex.source.url)
    return shown(name, MOST_CHARACTERS)
