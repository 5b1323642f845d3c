"""The files of a production as one: names defined once, known everywhere and filled in; each file's shape checked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import filterfalse

from wanflow.catalog.read import Catalog
from wanflow.characters import case_folded, with_ascii_signs
from wanflow.language.include import ProductionFile, check_place_of_keys
from wanflow.language.names import Names, not_nested, values_of
from wanflow.language.problem import Problem, Severity, defined_again
from wanflow.language.production import OriginStep
from wanflow.language.schema_problems import check_shape, without_broken
from wanflow.language.scope import BasePath
from wanflow.language.shot import generator_of, is_generator
from wanflow.messages import tr
from wanflow.patterns import pattern
from wanflow.records import immutable
from wanflow.suggest import Known, did_you_mean, listed
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode

GROUPS = ("vars", "cast", "cuts")
"""Named things that all files of a production share; the names of shots begin with their scene."""

WHOLE = ""
"""In place of a key: all of an item."""

Pairs = tuple[tuple[TextNode, Node], ...]


@immutable
class MergedFile:
    """One file whose names are filled in, except in shots with a matrix or a pipeline.

    `shots` and `cuts` are those that can be used: what breaks the schema is left out and reported.
    """

    root: MapNode
    base: BasePath
    scene: tuple[str, ...]
    via: tuple[OriginStep, ...]
    names: Names
    shots: tuple[tuple[TextNode, MapNode], ...]
    cuts: Pairs

    def keys(self, group: str) -> list[TextNode]:
        """The names that the file defines in a group."""
        return [key for key, _ in self.root.entries_of(group)]


def merge(
    files: Sequence[ProductionFile], given: Mapping[str, TextNode], catalog: Catalog, problems: list[Problem]
) -> list[MergedFile]:
    """All files with their names filled in; `given` are the vars of the command line, by name."""
    for group in GROUPS:
        problems += _defined_twice(files, group)
    nested = (not_nested(key.string, value) for file in files for key, value in file.root.entries_of("vars"))
    problems += (problem for problem in nested if problem is not None)
    values: Known[TextNode] = Known()
    for file in reversed(files):  # the first file that has a name decides
        written = file.root.find("vars")
        values |= values_of(written if isinstance(written, MapNode) else None, given)
    known = tr("its vars: {values}", values=listed(sorted(values))) if values else tr("this production defines none")
    problems += (
        Problem(
            given[name].place,
            tr("no var `{name}`", name=name),
            did_you_mean(name, values) or known,
            option="--set",
        )
        for name in given.keys() - values.keys()
    )
    members = {key.string: key.place for file in files for key, _ in file.root.entries_of("cast")}
    problems += _ambiguous(files, members)
    cast: Known[str | None] = Known((name, name) for name in members)
    names = Names(values, cast, problems, frozenset(given))
    return [_merge_file(file, names, catalog, problems) for file in files]


def _ambiguous(files: Sequence[ProductionFile], members: Mapping[str, Place]) -> Iterator[Problem]:
    """Problems at the vars that have the name of a cast member."""
    for key in (key for file in files for key, _ in file.root.entries_of("vars")):
        if key.string in members:
            message = tr(
                "`{name}` is both a var and a cast member, at {members}", name=key.string, members=members[key.string]
            )
            yield Problem(key.place, message, tr("rename one of them"))


def _defined_twice(files: Sequence[ProductionFile], group: str) -> Iterator[Problem]:
    """Problems at the later places of names that a group has twice; cuts give their names to files."""
    seen: dict[str, TextNode] = {}
    for key in (key for file in files for key, _ in file.root.entries_of(group)):
        first = seen.setdefault(case_folded(key.string) if group == "cuts" else key.string, key)
        if first is not key:
            yield Problem(key.place, defined_again(key.string, first.string, first.place), tr("rename one"))


_NO_BLOCK = pattern(r"[｜＞][-－]?$")
_NO_COMMENT = pattern(r"(?<=\s)＃(?=\s)")
_NOT_IN_TAGS = pattern("[，、“”]")
_HALF_QUOTED = frozenset("“”„＂「")


def cut_off_texts(files: Sequence[ProductionFile]) -> Iterator[Problem]:
    """Warnings for texts that a ` #` without a space after it ends, and for those that begin with another quote.

    The first is more often a cut prompt than a comment; the second is a slip of an input method, as is a ` ＃ `.
    """
    for file in files:
        yield from _cut_off(file.root)


def _cut_off(node: Node) -> Iterator[Problem]:
    match node:
        case MapNode(pairs):
            for key, value in ((key, value) for key, value in pairs if not _is_innocent(value)):
                yield from _cut_off(value)
                if key.string == "tags" and isinstance(value, ListNode):
                    yield from _signs_in_tags(value)
        case ListNode(items):
            for item in filterfalse(_is_innocent, items):
                yield from _cut_off(item)
        case TextNode(cut_off=True):
            message = tr("the text is cut off at ` #`, which begins a comment")
            yield Problem(node.place, message, tr("quote the text, or write a space after `#`"), Severity.WARNING)
        case TextNode(text=text, plain=True, verbatim=True) if (hash_ := _NO_COMMENT.search(text)) is not None:
            message = tr("`＃` does not begin a comment: it is sent with the text behind it")
            hint = tr("write `#`, or put the text in quotes")
            yield Problem(node.place_of(hash_.start()), message, hint, Severity.WARNING)
        case TextNode(text=text, plain=True) if text[:1] in _HALF_QUOTED and text.find('"') == len(text) - 1 > 0:
            message = tr("`{text}` does not begin a text in quotes: both quotes are sent as they are", text=text[0])
            yield Problem(node.place, message, tr('write `"` at both ends'), Severity.WARNING)
        case TextNode(text=text, plain=True, lines=(first, *_)) if text[:1] in {"｜", "＞"} and _NO_BLOCK.search(first):
            message = tr("`{text}` does not begin a block of text: it is sent as it is", text=text[0])
            yield Problem(
                node.place,
                message,
                tr("write `{value}`", value=with_ascii_signs(text[0])),
                Severity.WARNING,
            )


def _is_innocent(node: Node) -> bool:
    """Whether a value is an ASCII text that nothing cuts off, as most are: only other signs are slips."""
    return isinstance(node, TextNode) and not node.cut_off and node.text.isascii()


def _signs_in_tags(tags: ListNode) -> Iterator[Problem]:
    """Warnings for tags without quotes that have a comma or a quote of an input method: `tag:夜` finds no `夜，雨`."""
    for tag in tags.items:
        if isinstance(tag, TextNode) and tag.plain and (sign := _NOT_IN_TAGS.search(tag.text)) is not None:
            message = tr("`{sign}` is a part of this tag", sign=sign[0])
            hint = tr("write `{meant}`, or put the tag in quotes", meant=with_ascii_signs(sign[0]))
            yield Problem(tag.place_of(sign.start()), message, hint, Severity.WARNING)


def _merge_file(file: ProductionFile, names: Names, catalog: Catalog, problems: list[Problem]) -> MergedFile:
    problems += check_place_of_keys(file)
    root = MapNode(tuple((key, _fill(key, value, names)) for key, value in file.root.pairs), file.root.place)
    found, broken = check_shape(_without_generated(root), catalog, included=bool(file.via))
    reported = {problem.place for problem in problems}
    problems += [problem for problem in found if not (file.via and problem.place in reported)]
    shots = tuple((key, node) for key, node in _usable(root, "shots", broken) if isinstance(node, MapNode))
    return MergedFile(root, file.base, file.scene, file.via, names, shots, _usable(root, "cuts", broken))


def _fill(key: TextNode, value: Node, names: Names) -> Node:
    """A value with its names filled in, except `vars` themselves: names do not nest."""
    if key.string == "vars":
        return value
    if key.string != "shots" or not isinstance(value, MapNode):
        return names.entry(key, value)
    pairs = ((name, node if is_generator(node) else names.fill(node)) for name, node in value.pairs)
    return MapNode(tuple(pairs), value.place)


def _without_generated(root: MapNode) -> MapNode:
    """A file without the content of its generators, which is checked in each shot that they make."""
    pairs: list[tuple[TextNode, Node]] = []
    for key, value in root.pairs:
        if key.string == "shots" and isinstance(value, MapNode):
            shots = ((name, generator_of(node) if is_generator(node) else node) for name, node in value.pairs)
            pairs.append((key, MapNode(tuple(shots), value.place)))
        else:
            pairs.append((key, value))
    return MapNode(tuple(pairs), root.place)


def _usable(root: MapNode, group: str, broken: frozenset[tuple[str | int, ...]]) -> Pairs:
    """The named values of a group without what breaks the schema: whole values, keys, items and keys of items."""
    unusable = {path[1] for path in broken if len(path) == 2 and path[0] == group}
    keys: dict[str | int, set[str]] = {}
    items: dict[str | int, dict[int, set[str]]] = {}
    for path in broken:
        match path:
            case (found, name, int() as at, *rest) if found == group:
                items.setdefault(name, {}).setdefault(at, set()).update(map(str, rest or [WHOLE]))
            case (found, name, str() as key) if found == group:
                keys.setdefault(name, set()).add(key)
    return tuple(
        (key, _marked(_without(value, keys.get(key.string, ())), items.get(key.string, {})))
        for key, value in root.entries_of(group)
        if key.string not in unusable
    )


def _without(value: Node, keys: Collection[str]) -> Node:
    return without_broken(value, keys) if isinstance(value, MapNode) else value


def _marked(cut: Node, broken: Mapping[int, Collection[str]]) -> Node:
    """A cut with each item that breaks the schema inside a list, without its broken keys; an empty one for all of it.

    So the cut is not taken for whole, and what else is wrong with the item is found.
    """
    match cut:
        case MapNode(pairs, place) if broken:
            marked = ((key, _marked(value, broken) if key.string == "items" else value) for key, value in pairs)
            return MapNode(tuple(marked), place)
        case ListNode(items, place) if broken:
            kept = (_rest(item, broken[at]) if at in broken else item for at, item in enumerate(items))
            return ListNode(tuple(kept), place)
        case _:
            return cut


def _rest(item: Node, keys: Collection[str]) -> ListNode:
    return ListNode(() if WHOLE in keys else (_without(item, keys),), item.place)
