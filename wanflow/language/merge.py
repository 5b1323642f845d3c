"""The files of a production as one: names known everywhere, defined once, filled in; each file's shape checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wanflow.language.include import ProductionFile, check_place_of_keys
from wanflow.language.names import Names, not_nested, values_of
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import OriginStep
from wanflow.language.schema_problems import check_shape
from wanflow.language.scope import BasePath
from wanflow.language.shot import generator_of, is_generator
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode

GROUPS = ("vars", "cast", "cuts")
"""Named things that all files of a production share; shots have their scene before their names."""

Pairs = tuple[tuple[TextNode, Node], ...]


@dataclass(frozen=True, slots=True)
class MergedFile:
    """One file whose names are filled in, but for shots with a matrix or a pipeline.

    `shots` and `cuts` are those that can be used: what breaks the schema is left out, and said already.
    """

    root: MapNode
    home: BasePath
    scene: tuple[str, ...]
    via: tuple[OriginStep, ...]
    names: Names
    shots: tuple[tuple[TextNode, MapNode], ...]
    cuts: Pairs

    def keys(self, group: str) -> list[TextNode]:
        """The names that the file defines in a group."""
        return [key for key, _ in _named(self.root, group)]


def join(files: Sequence[ProductionFile], given: Mapping[str, TextNode], problems: list[Problem]) -> list[MergedFile]:
    """The pages of all files; `given` are the vars of the command line, by name."""
    problems += _defined_twice(files)
    problems += _nested(files)
    values: dict[str, TextNode] = {}
    for file in files:
        written = file.root.find("vars")
        values = {**values_of(written if isinstance(written, MapNode) else None, given), **values}
    for name in given.keys() - values.keys():
        hint = f"vars here: {', '.join(sorted(values)) or 'none'}"
        problems.append(Problem(given[name].place, f"`--set {name}` names no var", hint))
    cast = {key.string: key.string for file in files for key, _ in _named(file.root, "cast")}
    names = Names(values, cast, problems, frozenset(given))
    return [_merge_file(file, names, problems) for file in files]


def cut_off_texts(files: Sequence[ProductionFile]) -> Iterator[Problem]:
    """Texts that a ` #` without a blank behind it ends: more often a cut prompt than a comment."""
    for file in files:
        yield from _cut_off(file.root)


def _merge_file(file: ProductionFile, names: Names, problems: list[Problem]) -> MergedFile:
    problems += check_place_of_keys(file)
    root = MapNode(tuple((key, _filled(key, value, names)) for key, value in file.root.pairs), file.root.place)
    shape, broken = check_shape(_outline(root), included=bool(file.via))
    strange = {problem.place for problem in problems}
    problems += [problem for problem in shape if not (file.via and problem.place in strange)]
    shots = tuple((key, node) for key, node in _sound(root, "shots", broken) if isinstance(node, MapNode))
    return MergedFile(root, file.home, file.scene, file.via, names, shots, _sound(root, "cuts", broken))


def _filled(key: TextNode, value: Node, names: Names) -> Node:
    """A value with its names filled in, but for `vars` themselves: there is no nesting."""
    if key.string == "vars":
        return value
    if key.string != "shots" or not isinstance(value, MapNode):
        return names.entry(key, value)
    pairs = ((name, node if is_generator(node) else names.fill(node)) for name, node in value.pairs)
    return MapNode(tuple(pairs), value.place)


def _outline(root: MapNode) -> MapNode:
    """A file without what is in its generators, which is checked in each shot that they make."""
    pairs = [(key, _outlined(value) if key.string == "shots" else value) for key, value in root.pairs]
    return MapNode(tuple(pairs), root.place)


def _outlined(shots: Node) -> Node:
    if not isinstance(shots, MapNode):
        return shots
    pairs = ((key, generator_of(node) if is_generator(node) else node) for key, node in shots.pairs)
    return MapNode(tuple(pairs), shots.place)


def _defined_twice(files: Sequence[ProductionFile]) -> Iterator[Problem]:
    """Names of a group that several files define: at the later place, with the first one."""
    for group in GROUPS:
        first: dict[str, Place] = {}
        for key in (key for file in files for key, _ in _named(file.root, group)):
            if key.string in first:
                yield Problem(key.place, f"`{key.string}` is defined twice, first at {first[key.string]}", "rename one")
            first.setdefault(key.string, key.place)


def _nested(files: Sequence[ProductionFile]) -> Iterator[Problem]:
    """Vars that name others: they are taken as they are, and a model would read the `${…}`."""
    for key, value in (pair for file in files for pair in _named(file.root, "vars")):
        problem = not_nested(key.string, value)
        if problem is not None:
            yield problem


def _sound(root: MapNode, group: str, broken: frozenset[tuple[str | int, ...]]) -> Pairs:
    """The named values of a group without what breaks the schema, which was reported already."""
    bad = {path[1] for path in broken if len(path) == 2 and path[0] == group}
    torn: dict[str | int, set[str]] = {}
    for path in broken:
        if len(path) == 3 and path[0] == group:
            torn.setdefault(path[1], set()).add(str(path[2]))
    kept = [(key, value) for key, value in _named(root, group) if key.string not in bad]
    return tuple((key, _without(value, torn.get(key.string, set()))) for key, value in kept)


def _without(node: Node, keys: set[str]) -> Node:
    return node.without(keys) if keys and isinstance(node, MapNode) else node


def _named(root: MapNode, group: str) -> Iterator[tuple[TextNode, Node]]:
    named = root.find(group)
    for key, value in named.pairs if isinstance(named, MapNode) else ():
        if not key.string.startswith("x-"):
            yield key, value


def _cut_off(node: Node) -> Iterator[Problem]:
    match node:
        case MapNode(pairs):
            for _, value in pairs:
                yield from _cut_off(value)
        case TextNode(cut_off=True):
            hint = "quote the text, or write a blank after `#`"
            yield Problem(node.place, "the text is cut short by ` #`, which begins a comment", hint, Severity.WARNING)
        case ListNode(items):
            for item in items:
                yield from _cut_off(item)
        case _:
            return
