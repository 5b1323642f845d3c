"""The shot graph as a page draws it: assets, shots and cuts from left to right, scenes folded where they are many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from wanflow.characters import cells_wide
from wanflow.graph.diagram import vertex_label
from wanflow.graph.node import AssetVertex, CutVertex, ExtractVertex, ShotVertex, cut_name
from wanflow.graph.select import STATES
from wanflow.planner.plan import Plan
from wanflow.records import immutable
from wanflow.report.page.board import poster_of, scene_of
from wanflow.report.page.snapshot import Snapshot

MOST_NODES = 300
"""Maximum nodes that are drawn one by one; of more, each scene is one node."""
MOST_PICTURES = 80
"""Maximum nodes up to which shots are drawn with their posters: a drawing cannot load them later."""
WIDTH, COLUMN_GAP, ROW_GAP, EDGE = 216, 84, 12, 16
"""Width of a node, room between columns and rows, and around the drawing, in pixels."""
HEIGHTS = {"asset": 32, "shot": 58, "scene": 58, "cut": 46}
LETTERS = {"asset": 26, "shot": 13, "scene": 21, "cut": 21}
"""Cells of text that a node has room for; a shot without a poster has those of a scene."""


@immutable
class GraphNode:
    """One node of the drawing.

    `kind` is asset, shot, scene or cut; `label` fits into it, `name` is whole. `inputs` and `outputs` are the names of
    other nodes. `number` is how many shots a scene has.
    """

    id: str
    kind: str
    name: str
    label: str
    state: str | None
    poster: str | None
    number: int
    left: int
    top: int
    height: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@immutable
class GraphEdge:
    """A line between two nodes, as the path of SVG; `to_cut`: it ends at a cut."""

    start: str
    end: str
    path: str
    to_cut: bool


@immutable
class GraphView:
    """A drawing of `width` by `height` pixels. `folded`: scenes are one node each, but for `scene`, which is open."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    width: int
    height: int
    node_width: int
    folded: bool
    scene: str
    pictures: bool


@immutable
class _Drawn:
    """A graph that is drawn: kinds and names of its nodes, and their inputs, each in the order of making."""

    kinds: Mapping[str, str]
    names: Mapping[str, str]
    inputs: Mapping[str, tuple[str, ...]]
    shots: Mapping[str, tuple[str, ...]]


def graph_of(snapshot: Snapshot, plan: Plan, scene: str = "") -> GraphView:
    """The drawing of a plan's graph; `scene` is one whose shots are shown although scenes are folded."""
    whole = sum(not isinstance(vertex, ExtractVertex) for vertex in plan.graph.vertices)
    folded = whole > MOST_NODES
    drawn = _drawn(plan, scene, folded=folded)
    columns = _columns(drawn)
    tops = _tops(drawn, columns)
    lefts = {node: EDGE + at * (WIDTH + COLUMN_GAP) for at, column in enumerate(columns) for node in column}
    pictures = len(lefts) <= MOST_PICTURES
    outputs: dict[str, list[str]] = {node: [] for node in drawn.kinds}
    for node, inputs in drawn.inputs.items():
        for start in inputs:
            outputs[start].append(node)
    nodes: list[GraphNode] = []
    for node, kind in drawn.kinds.items():
        shots, poster = drawn.shots[node], None
        if kind == "shot" and pictures:
            poster = poster_of(snapshot.takes_of.get(node, ()))
        nodes.append(
            GraphNode(
                id=node,
                kind=kind,
                name=drawn.names[node],
                label=_fitting(drawn.names[node], LETTERS["scene" if kind == "shot" and not poster else kind]),
                state=_state(snapshot, node, kind, shots),
                poster=poster,
                number=len(shots),
                left=lefts[node],
                top=tops[node],
                height=HEIGHTS[kind],
                inputs=tuple(drawn.names[each] for each in drawn.inputs[node]),
                outputs=tuple(drawn.names[each] for each in outputs[node]),
            )
        )
    return GraphView(
        nodes=tuple(nodes),
        edges=tuple(_edges(drawn, lefts, tops)),
        width=max(lefts.values(), default=0) + WIDTH + EDGE,
        height=max((tops[node] + HEIGHTS[kind] for node, kind in drawn.kinds.items()), default=0) + EDGE,
        node_width=WIDTH,
        folded=folded,
        scene=scene,
        pictures=pictures,
    )


def _drawn(plan: Plan, scene: str, *, folded: bool) -> _Drawn:
    """The nodes and their inputs: an extract belongs to its line; folded, so does what only one scene uses."""
    graph, kinds, names = plan.graph, dict[str, str](), dict[str, str]()
    inputs, shots, place = dict[str, dict[str, None]](), dict[str, list[str]](), dict[str, str]()
    for vertex in graph.vertices:
        match vertex:
            case ExtractVertex():
                place[vertex.id] = place.get(vertex.origin, "")
                continue
            case AssetVertex() if folded:
                place[vertex.id] = ""
                continue
            case AssetVertex():
                node, kind, name = vertex.id, "asset", vertex_label(vertex)
            case ShotVertex() if folded and scene_of(vertex.id) != (scene or None):
                node, kind, name = f"scene:{scene_of(vertex.id)}", "scene", scene_of(vertex.id)
            case ShotVertex():
                node, kind, name = vertex.id, "shot", vertex.id
            case CutVertex():
                node, kind, name = vertex.id, "cut", cut_name(vertex.id)
        place[vertex.id] = node
        kinds[node], names[node] = kind, name
        shots.setdefault(node, []).append(vertex.id)
        known = inputs.setdefault(node, {})
        known.update((start, None) for each in graph.inputs(vertex.id) if (start := place[each]) not in {"", node})
    return _Drawn(
        kinds,
        names,
        {node: tuple(each) for node, each in inputs.items()},
        {node: tuple(each) for node, each in shots.items()},
    )


def _columns(drawn: _Drawn) -> list[list[str]]:
    """The nodes by the length of the longest way to them; assets beside what uses them first, cuts at the end."""
    order = _order(drawn)
    column: dict[str, int] = {}
    for node in order:
        column[node] = 1 + max((column[each] for each in drawn.inputs[node] if each in column), default=-1)
    for node in reversed(order):
        if drawn.kinds[node] == "asset":
            users = [column[user] for user in order if node in drawn.inputs[user]]
            column[node] = max(0, min(users, default=1) - 1)
    last = max((at for node, at in column.items() if drawn.kinds[node] != "cut"), default=-1) + 1
    columns: list[list[str]] = [[] for _ in range(last + 1)]
    for node in drawn.kinds:
        columns[last if drawn.kinds[node] == "cut" else column[node]].append(node)
    return [each for each in columns if each]


def _order(drawn: _Drawn) -> Sequence[str]:
    """The nodes with inputs before what they make, as far as folded scenes, which may form circles, have that order."""
    found: dict[str, None] = {}
    left = dict(drawn.kinds)
    while left:
        ready = [node for node in left if all(each in found for each in drawn.inputs[node])] or [next(iter(left))]
        for node in ready:
            found[node] = None
            del left[node]
    return tuple(found)


def _tops(drawn: _Drawn, columns: Sequence[Sequence[str]]) -> dict[str, int]:
    """Where each node begins: beside the middle of its inputs, below its neighbour."""
    tops: dict[str, int] = {}
    place = {node: at for at, node in enumerate(drawn.kinds)}
    for column in columns:
        wanted: dict[str, float] = {}
        for node in column:
            middles = [tops[each] + HEIGHTS[drawn.kinds[each]] / 2 for each in drawn.inputs[node] if each in tops]
            if middles:
                wanted[node] = sum(middles) / len(middles) - HEIGHTS[drawn.kinds[node]] / 2
        free = EDGE
        for node in sorted(column, key=lambda each: (wanted.get(each, free), place[each])):
            tops[node] = max(free, round(wanted.get(node, free)))
            free = tops[node] + HEIGHTS[drawn.kinds[node]] + ROW_GAP
    return tops


def _edges(drawn: _Drawn, lefts: Mapping[str, int], tops: Mapping[str, int]) -> Iterable[GraphEdge]:
    for end, inputs in drawn.inputs.items():
        for start in inputs:
            x1, y1 = lefts[start] + WIDTH, tops[start] + HEIGHTS[drawn.kinds[start]] // 2
            x2, y2 = lefts[end], tops[end] + HEIGHTS[drawn.kinds[end]] // 2
            bend = max(30, (x2 - x1) // 2)
            path = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
            yield GraphEdge(start, end, path, drawn.kinds[end] == "cut")


def _state(snapshot: Snapshot, node: str, kind: str, shots: Sequence[str]) -> str | None:
    """The state of a node: a scene has the most urgent of its shots."""
    if kind == "cut" and snapshot.status is not None:
        return next((row.state for row in snapshot.status.cuts if row.node == node), None)
    if kind == "asset":
        return None
    states = [snapshot.rows[shot].state for shot in shots if shot in snapshot.rows]
    return max(states, key=STATES.index, default=None)


def _fitting(name: str, cells: int) -> str:
    """A name that fits; of a longer one the end is kept, where names of files and scenes differ."""
    if cells_wide(name) <= cells:
        return name
    end = name
    while cells_wide(end) > cells - 1:
        end = end[1:]
    return f"…{end}"
