"""The shot graph: what must exist, and what needs what; the only home of networkx."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import networkx as nx

from wanflow.graph.node import Vertex
from wanflow.language.production import Production


class CyclicGraph(Exception):
    """The edges form a circle; `path` names its vertices, the first one again at the end."""

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__(" → ".join(path))
        self.path = path


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
        steps = [edge[0] for edge in nx.find_cycle(graph)]
        raise CyclicGraph((*steps, steps[0])) from None
    return ShotGraph(production, tuple(by_id[name] for name in order), by_id, graph)
