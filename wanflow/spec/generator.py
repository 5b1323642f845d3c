"""Shots that stand for others: those with a matrix, and those whose place a pipeline takes."""

from __future__ import annotations

from collections.abc import Iterable

from wanflow.yamlvalue import Mapping as Table
from wanflow.yamlvalue import Node

GENERATORS = frozenset({"matrix", "use"})
_KEYS = GENERATORS | {"with"}


def is_generator(node: Node) -> bool:
    """Whether a shot is made by a matrix or a pipeline: what is in it can be filled in for each shot only."""
    return isinstance(node, Table) and any(key.words in GENERATORS for key, _ in node.pairs)


def generator_of(node: Node) -> Node:
    """What says which shots a shot stands for, without what goes into each of them."""
    if not isinstance(node, Table):
        return node
    return Table(tuple((key, value) for key, value in node.pairs if key.words in _KEYS), node.place)


def without(node: Table, keys: Iterable[str]) -> Table:
    """A mapping without some of its keys."""
    left_out = frozenset(keys)
    return Table(tuple((key, value) for key, value in node.pairs if key.words not in left_out), node.place)
