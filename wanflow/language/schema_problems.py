"""What the schema finds, as located problems in the words of people."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from wanflow.catalog.read import media_keys
from wanflow.language.problem import Problem
from wanflow.schemas import Violation, load_schema, violations
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode, needlessly_quoted, plain

SCHEMA = "production.schema.json"

_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}


def check_shape(root: MapNode, *, included: bool = False) -> tuple[list[Problem], frozenset[tuple[str | int, ...]]]:
    """The problems of a file's shape, and the paths of what can't be used for them; an included file needs no key.

    A broken parameter costs itself, `(group, name, key)`; broken media, or a key that may be a misspelt one, cost the
    whole shot, `(group, name)`, since its model's rules would only add noise.
    """
    broken = list(_said_once(violations(plain(root), SCHEMA)))
    found = [violation for violation in broken if not included or violation.rule != "required" or violation.path]
    problems = [problem for violation in found for problem in _problems(root, violation)]
    return problems, frozenset(path for violation in found for path in _torn(violation))


def check_shot(name: TextNode, node: MapNode) -> tuple[list[Problem], MapNode | None]:
    """The problems of a shot that a matrix or a pipeline made, and what can be used of it; None for nothing."""
    shots = TextNode("shots", "shots", name.place)
    root = MapNode(((shots, MapNode(((name, node),), name.place)),), name.place)
    found = [
        replace(violation, path=("shots", name.text, *violation.path))
        for violation in _said_once(violations(plain(node), f"{SCHEMA}#/$defs/shot"))
    ]
    torn = {path[2:] for violation in found for path in _torn(violation)}
    problems = [problem for violation in found for problem in _problems(root, violation)]
    kept = tuple((key, value) for key, value in node.pairs if (key.string,) not in torn)
    return problems, None if () in torn else MapNode(kept, node.place)


def check_against(root: MapNode, schema: str) -> Iterator[Problem]:
    """The problems of the shape of another file of ours, whose schema is named."""
    for violation in _said_once(violations(plain(root), schema)):
        yield from _problems(root, violation)


def _said_once(broken: Iterable[Violation]) -> Iterator[Violation]:
    """Without those of a type where the words about an enum say the type as well, and what follows from a type."""
    found = list(broken)
    listed, typed = ({each.path for each in found if each.rule == rule} for rule in ("enum", "type"))
    told = (each for each in found if each.rule != "type" or each.path not in listed)
    return (each for each in told if each.rule != "not" or each.path not in typed)


def _torn(broken: Violation) -> Iterator[tuple[str | int, ...]]:
    match broken.path:
        case (group, name) if broken.rule == "additionalProperties" and isinstance(broken.value, Mapping):
            strange = [key for key in broken.value if key not in _keys(broken.schema) and not key.startswith("x-")]
            if any(difflib.get_close_matches(key, _weighty()) for key in strange):
                yield group, name
        case (("shots" | "cuts") as group, name, str() as key, *_) if key not in _weighty():
            yield group, name, key
        case (group, name, *_):
            yield group, name


_STRUCTURAL = ("references", "model", "items", "matrix", "use", "with")
"""Keys without which the rest of a shot or a cut says little; so do its media."""


@cache
def _weighty() -> frozenset[str]:
    return frozenset(_STRUCTURAL) | frozenset(media_keys())


def _problems(root: MapNode, broken: Violation) -> Iterator[Problem]:
    value = _at(root, broken.path)
    match broken.rule:
        case "additionalProperties":
            yield from _unknown_keys(value, broken)
        case "anyOf":
            yield from _bad_name(value, broken)
        case "required":
            yield from _missing(root, broken)
        case "not" | "minProperties" | "dependentRequired":
            yield Problem(_name_place(root, broken.path), _combination(broken))
        case _:
            yield Problem(value.place, _wrong(broken), _near_value(broken) or _unquoted(value, broken))


def _unknown_keys(value: Node, broken: Violation) -> Iterator[Problem]:
    known = _keys(broken.schema)
    for key, _ in value.pairs if isinstance(value, MapNode) else ():
        if key.string not in known and not key.string.startswith("x-"):
            hint = did_you_mean(key.string, known) or f"known here: {', '.join(sorted(known))}"
            yield Problem(key.place, f"`{key.string}` is no key here", hint)


def _bad_name(value: Node, broken: Violation) -> Iterator[Problem]:
    key = value.key(str(broken.value)) if isinstance(value, MapNode) else None
    hint = "begin with a small letter a–z or a Han character, go on with those, digits, `_` and `-`"
    yield Problem(key.place if key else value.place, f"`{broken.value}` is no name", hint)


def _missing(root: MapNode, broken: Violation) -> Iterator[Problem]:
    given = broken.value if isinstance(broken.value, Mapping) else {}
    wanted = broken.wanted if isinstance(broken.wanted, Sequence) else ()
    for key in wanted:
        if key not in given:
            hint = _MISSING.get(str(key)) if key != "key" or "matrix" in broken.path else None
            yield Problem(_name_place(root, broken.path), f"`{key}` is missing", hint)


_MISSING = {
    "wanflow": "begin the file with `wanflow: 1`",
    "key": "a value of several parts needs a `key` for its name; combinations are left out by `exclude`",
}
"""What to write, by the key that is missing."""


def _combination(broken: Violation) -> str:
    if broken.rule == "minProperties":
        return "the mapping is empty"
    if broken.rule == "dependentRequired":
        return "`to` needs a `from`, and `sha256` a `url`"
    wanted = broken.wanted.get("required", ()) if isinstance(broken.wanted, Mapping) else ()
    if not wanted:
        return "the matrix has no dimension"
    return " and ".join(f"`{key}`" for key in wanted) + " exclude each other"


def _wrong(broken: Violation) -> str:
    name = f"`{broken.path[-1]}`" if broken.path and isinstance(broken.path[-1], str) else "this"
    found = _shown(broken.value)
    match broken.rule:
        case "type":
            return f"{name} has to be {_wanted_kinds(broken)}, not {found}"
        case "pattern" if "string" in _kinds(broken) and len(_kinds(broken)) > 1:
            return f"{name} has to be {_wanted_kinds(broken)}, not {found}"
        case "pattern":
            return f"{name} can't be {found}"
        case "enum" if isinstance(broken.wanted, Sequence):
            return f"{name} has to be one of {', '.join(f'`{item}`' for item in broken.wanted)}, not {found}"
        case "const":
            return f"{name} has to be `{broken.wanted}`, not {found}"
        case "minimum" | "exclusiveMinimum":
            bound = "at least" if broken.rule == "minimum" else "more than"
            return f"{name} has to be {bound} {broken.wanted}, not {found}"
        case "maximum":
            return f"{name} has to be at most {broken.wanted}, not {found}"
        case "minItems" | "minLength":
            return f"{name} is empty"
        case _:
            return f"{name} breaks the format's rule `{broken.rule}`"


def _unquoted(value: Node, broken: Violation) -> str | None:
    """The way out where quotes made a text of a number or a truth value."""
    if broken.rule == "pattern" and broken.path[-1:] == ("sha256",):
        return "it has 64 hexadecimal digits: `sha256sum FILE` prints them"
    meant = isinstance(value, TextNode) and needlessly_quoted(value)
    return "write it without quotes" if broken.rule in {"type", "pattern"} and meant else None


def _near_value(broken: Violation) -> str | None:
    if broken.rule != "enum" or not isinstance(broken.wanted, Sequence):
        return None
    return did_you_mean(str(broken.value), [str(item) for item in broken.wanted])


def _kinds(broken: Violation) -> list[str]:
    kinds = broken.schema.get("type", ())
    return [kinds] if isinstance(kinds, str) else [str(kind) for kind in kinds] if isinstance(kinds, list) else []


def _wanted_kinds(broken: Violation) -> str:
    kinds = [kind for kind in _kinds(broken) if kind != "string" or "pattern" not in broken.schema]
    return " or ".join(_KINDS[kind] for kind in kinds or ["string"] if kind != "null")


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return f"`{text}`" if len(text) <= 40 else f"`{text[:39]}…`"


def _keys(schema: Mapping[str, object]) -> frozenset[str]:
    properties = schema.get("properties", {})
    return frozenset(properties) if isinstance(properties, Mapping) else frozenset()


def _at(root: Node, path: Sequence[str | int]) -> Node:
    node: Node = root
    for part in path:
        if isinstance(node, MapNode):
            node = node.find(str(part)) or node
        elif isinstance(node, ListNode) and isinstance(part, int):
            node = node.items[part]
    return node


def _name_place(root: MapNode, path: Sequence[str | int]) -> Place:
    """The name of the shot, cut or member that a value belongs to; the value's own key for a source in a slot."""
    node: Node = root
    place = root.place
    for part in path:
        if isinstance(node, MapNode):
            key = node.key(str(part))
            place = key.place if key else place
            node = node.find(str(part)) or node
        elif isinstance(node, ListNode) and isinstance(part, int):
            node = node.items[part]
            place = node.place
    return place


def shot_keys() -> frozenset[str]:
    """The keys of a shot."""
    definitions = load_schema(SCHEMA)["$defs"]
    return _keys(definitions["shot"]) if isinstance(definitions, Mapping) else frozenset()
