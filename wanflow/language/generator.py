"""Keys of shots that become other shots: a matrix, or a pipeline in their place."""

from __future__ import annotations

from collections.abc import Iterable

from wanflow.yamldoc.nodes import MapNode, Node

GENERATORS = frozenset({"matrix", "use"})
_KEYS = GENERATORS | {"with"}


def is_generator(node: Node) -> bool:
    """Whether a shot is made by a matrix or a pipeline: what is in it can be filled in for each shot only."""
    return isinstance(node, MapNode) and any(key.words in GENERATORS for key, _ in node.pairs)


def generator_of(node: Node) -> Node:
    """What says which shots a shot stands for, without what goes into each of them."""
    if not isinstance(node, MapNode):
        return node
    return MapNode(tuple((key, value) for key, value in node.pairs if key.words in _KEYS), node.place)


def without(node: MapNode, keys: Iterable[str]) -> MapNode:
    """A mapping without some of its keys."""
    left_out = frozenset(keys)
    return MapNode(tuple((key, value) for key, value in node.pairs if key.words not in left_out), node.place)
