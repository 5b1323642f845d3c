"""Violations of the schemas as located problems in plain words."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice

from wanflow.catalog.read import Catalog
from wanflow.characters import bad_sign, for_shell, name_like, named
from wanflow.language.author_hints import (
    OTHER_KEYS,
    hint_for_choice,
    hint_for_key,
    hint_for_series,
    hint_for_value,
    is_other_name,
)
from wanflow.language.problem import Problem
from wanflow.messages import joined, tr
from wanflow.schemas import MAX_VIOLATIONS, Violation, load_schema, violations
from wanflow.suggest import did_you_mean, listed, nearest
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode, needlessly_quoted, node_at, plain

SCHEMA = "production.schema.json"

_KINDS = {
    "string": tr("text"),
    "integer": tr("a whole number"),
    "number": tr("a number"),
    "boolean": tr("`true` or `false`"),
    "object": tr("a mapping"),
    "array": tr("a list"),
    "null": tr("nothing"),
}


class TooManyProblems(Exception):
    """A file of which nothing can be used, since not all of its problems are known."""

    def __init__(self, place: Place) -> None:
        message = tr(
            "`{file}` breaks the format in more than {max_violations} places",
            file=place.file,
            max_violations=MAX_VIOLATIONS,
        )
        self.problem = Problem(
            place, message, tr("mend what generates it: `wanflow validate` lists the problems of fewer")
        )
        super().__init__(message)


def check_shape(
    root: MapNode, catalog: Catalog, *, included: bool = False
) -> tuple[list[Problem], frozenset[tuple[str | int, ...]]]:
    """The problems of a file's shape, and the paths of what is unusable because of them.

    For a broken parameter this is the key, `(group, name, key)`. For broken media, or an unknown key that may be a
    misspelt one, it is the whole shot, `(group, name)`, since its model's rules would only add noise. An included file
    has no required keys. Raises TooManyProblems.
    """
    root, misplaced = _without_misplaced(root, catalog)
    violated = list(violations(plain(root), SCHEMA, catalog.files))
    if len(violated) > MAX_VIOLATIONS:
        raise TooManyProblems(root.place)
    broken = list(_without_repeats(violated))
    found = [violation for violation in broken if not included or violation.rule != "required" or violation.path]
    below: dict[str, list[str]] = {key.string: [] for key, node in root.entries_of("shots") if _is_null(node)}
    for key, shot in misplaced:
        below.get(shot.string, []).append(f"`{key.string}`")
    told = (problem for violation in found for problem in _problems(root, violation, catalog, below))
    problems = list(islice(told, MAX_VIOLATIONS + 1))  # one violation may be of half a million keys
    if len(problems) > MAX_VIOLATIONS:
        raise TooManyProblems(root.place)
    problems += [
        Problem(key.place, tr("`{name}` {not_a_shot}", name=key.string, not_a_shot=NOT_A_SHOT), INDENT)
        for key, shot in misplaced
        if shot.string not in below
    ]
    unusable = {path for violation in found for path in _unusable(violation, catalog)}
    return problems, frozenset(unusable | {("shots", key.string) for pair in misplaced for key in pair})


NOTHING_BELOW: Mapping[str, Collection[str]] = {}
NOT_A_SHOT = tr("is a key of a shot, not a shot")
INDENT = tr("indent it below the name of its shot")


def _without_misplaced(root: MapNode, catalog: Catalog) -> tuple[MapNode, list[tuple[TextNode, TextNode]]]:
    """A file without the keys of a shot that are not indented below it; each of them and the name of its shot.

    A shot may have the name of such a key: only a source, which has none of a shot's keys, is media. Below an empty
    shot every key of a shot is one, unless it has such keys itself.
    """
    shots = root.find("shots")
    if not isinstance(shots, MapNode):
        return root, []
    misplaced: list[tuple[TextNode, TextNode]] = []
    kept_pairs: list[tuple[TextNode, Node]] = []
    for key, value in shots.pairs:
        if kept_pairs and key.string in _keys_outside(value, kept_pairs[-1][1], catalog):
            misplaced.append((key, kept_pairs[-1][0]))
        else:
            kept_pairs.append((key, value))
    kept = MapNode(tuple(kept_pairs), shots.place)
    pairs = tuple((key, kept if value is shots else value) for key, value in root.pairs)
    return (MapNode(pairs, root.place), misplaced) if misplaced else (root, [])


def _keys_outside(value: Node, shot: Node, catalog: Catalog) -> Collection[str]:
    """The keys that a value can have without being a shot, after a shot that lacks them."""
    given = value if isinstance(value, MapNode) else MapNode((), value.place)
    source_keys = _definition_keys("sourceMapping", catalog)  # of which a model may have one as a key of a shot too
    if given.keys_among(shot_keys(catalog) - source_keys):
        return ()
    if _is_null(shot):
        return shot_keys(catalog)
    return catalog.media_keys if given.keys_among(source_keys) else ()


def _is_null(node: Node) -> bool:
    return isinstance(node, TextNode) and node.value is None


def check_shot(name: TextNode, node: MapNode, catalog: Catalog) -> tuple[list[Problem], MapNode | None]:
    """The problems of a shot that a matrix or a pipeline made, and its usable part; None for nothing."""
    shots = TextNode("shots", "shots", name.place)
    root = MapNode(((shots, MapNode(((name, node),), name.place)),), name.place)
    found = [
        replace(violation, path=("shots", name.text, *violation.path))
        for violation in _without_repeats(violations(plain(node), f"{SCHEMA}#/$defs/shot", catalog.files))
    ]
    unusable = {path[2:] for violation in found for path in _unusable(violation, catalog)}
    problems = [problem for violation in found for problem in _problems(root, violation, catalog)]
    keys = {str(path[0]) for path in unusable if path}
    return problems, None if () in unusable else without_broken(node, keys)


def without_broken(node: MapNode, keys: Collection[str]) -> MapNode:
    """A shot or a cut without the keys whose values are unusable.

    A prompt becomes an empty list, which no check reads: its shot is not said to lack one.
    """
    pairs = ((key, ListNode((), value.place) if key.string in keys else value) for key, value in node.pairs)
    return MapNode(
        tuple(pair for pair in pairs if pair[0].string not in keys or pair[0].string == "prompt"), node.place
    )


def check_against(root: MapNode, schema: str, catalog: Catalog) -> Iterator[Problem]:
    """The problems of a file's shape by the schema of that name."""
    found = _without_repeats(violations(plain(root), schema, catalog.files))
    yield from islice(
        (problem for violation in found for problem in _problems(root, violation, catalog)), MAX_VIOLATIONS
    )


def _without_repeats(broken: Iterable[Violation]) -> Iterator[Violation]:
    """Of several violations at one path, those that say most: an enum before a type, one type of several."""
    found = list(broken)
    at = {rule: {each.path for each in found if each.rule == rule} for rule in ("enum", "format", "type")}
    at |= {"not": at["type"], "const": at["type"], "pattern": at["format"]}
    types: dict[tuple[str | int, ...], Violation] = {}
    for each in found:
        if each.rule == "type" and (each.path not in types or len(_kinds(each)) > len(_kinds(types[each.path]))):
            types[each.path] = each
    at["type"] = at["enum"]
    for each in found:
        says_less = each.rule in {"not", "const", "pattern", "type"} and each.path in at[each.rule]
        if not says_less and (each.rule != "type" or each is types[each.path]):
            yield each


def _unusable(broken: Violation, catalog: Catalog) -> Iterator[tuple[str | int, ...]]:
    match broken.path:
        case ("cuts", name, int() as at, *rest) | ("cuts", name, "items", int() as at, *rest):
            keys = rest[:1] if broken.rule != "additionalProperties" or rest else sorted(_unknown(broken))
            yield from (("cuts", name, at, key) for key in keys) if keys else [("cuts", name, at)]
        case (group, name) if broken.rule == "additionalProperties" and isinstance(broken.value, Mapping):
            if any(nearest(key, _essential(catalog)) or key in OTHER_KEYS for key in _unknown(broken)):
                yield group, name
        case (("shots" | "cuts") as group, name, str() as key, *_) if key not in _essential(catalog):
            yield group, name, key
        case (group, name, *_):
            yield group, name


def _unknown(broken: Violation) -> set[str]:
    given = broken.value if isinstance(broken.value, Mapping) else {}
    return {key for key in given if key not in _keys(broken.schema) and not key.startswith("x-")}


_STRUCTURAL = ("references", "model", "items", "matrix", "use", "with")
"""Keys without which the rest of a shot or a cut cannot be checked, as without its media."""


def _essential(catalog: Catalog) -> frozenset[str]:
    return frozenset((*_STRUCTURAL, *catalog.media_keys))


def _problems(
    root: MapNode, broken: Violation, catalog: Catalog, below: Mapping[str, Collection[str]] = NOTHING_BELOW
) -> Iterator[Problem]:
    """The problems of a violation; `below` are the keys that belong to each empty shot, as they are quoted."""
    value = node_at(root, broken.path)
    match broken.rule:
        case "additionalProperties":
            yield from _unknown_keys(value, broken, catalog)
        case "anyOf" | "oneOf" if isinstance(broken.value, Mapping) and isinstance(broken.wanted, list):
            wanted = listed(key for each in broken.wanted for key in each.get("required", ()))
            needed = tr("one of these keys is needed: {keys}", keys=wanted)
            only = tr("one of these keys is needed, and one only: {keys}", keys=wanted)
            if any(all(key in broken.value for key in each.get("required", ())) for each in broken.wanted):
                only = tr("these keys exclude each other: {keys}", keys=wanted)
            yield Problem(_name_place(root, broken.path), only if broken.rule == "oneOf" else needed)
        case "anyOf":
            name = str(broken.value)
            yield _bad_name((value.key(name) if isinstance(value, MapNode) else None) or value, name)
        case "format":
            yield _bad_name(value, str(broken.value))
        case "required":
            yield from _missing_keys(root, broken)
        case "not" | "minProperties" | "dependentRequired":
            yield Problem(_name_place(root, broken.path), _combination(broken))
        case _:
            message, hint = _wrong_value(value, broken, catalog)
            keys = below.get(str(broken.path[1]), ()) if broken.path[:1] == ("shots",) and len(broken.path) == 2 else ()
            yield Problem(value.place, message, tr("indent {keys} below it", keys=listed(keys)) if keys else hint)


def _unknown_keys(value: Node, broken: Violation, catalog: Catalog) -> Iterator[Problem]:
    """The keys that a schema does not have, without those of a model whose file has a reported problem."""
    known, unsure = _keys(broken.schema), frozenset[str]().union(*catalog.left_out.values())
    given = value.keys_among(known) if isinstance(value, MapNode) else frozenset()
    for key, inner in value.entries if isinstance(value, MapNode) else ():
        if key.string not in known | unsure:
            hint = hint_for_series(key.string, inner, known)
            hint = hint or hint_for_key(key.string, inner, known, broken.path, given)
            hint = (
                hint or did_you_mean(key.string, known) or tr("known keys: {known}", known=joined(", ", sorted(known)))
            )
            yield Problem(key.place, tr("unknown key `{name}`", name=key.string), hint)


def _bad_name(written: Node, name: str) -> Problem:
    """The problem of a text that is not a name, at the first sign that no name has there."""
    text = written.text if isinstance(written, TextNode) else name
    at = bad_sign(text) or 0
    place = written.place_of(at) if isinstance(written, TextNode) else written.place
    sign = text[at : at + 1]
    seen = f"`{sign}`" if sign.isprintable() and not unicodedata.combining(sign or " ") else named(sign)
    message = tr("`{name}` is not a valid name: it begins with {seen}", name=name, seen=seen)
    if at:
        message = tr("`{name}` is not a valid name: it contains {seen}", name=name, seen=seen)
    hint = tr("a name begins with a letter or a digit; letters, digits, `_` and `-` follow")
    if example := name_like(name):
        hint = tr("{hint}, e.g. `{example}`", hint=hint, example=example)
    return Problem(place, message if name else tr("the name is empty"), hint)


def _missing_keys(root: MapNode, broken: Violation) -> Iterator[Problem]:
    given = broken.value if isinstance(broken.value, Mapping) else {}
    for required in broken.wanted if isinstance(broken.wanted, Sequence) else ():
        misnamed = any(is_other_name(str(key), str(required), broken.path) for key in given)
        if required not in given and not misnamed:
            hint = _MISSING.get(str(required)) if required != "key" or "matrix" in broken.path else None
            yield Problem(_name_place(root, broken.path), tr("`{required}` is missing", required=required), hint)


_MISSING = {
    "wanflow": tr("begin the file with `wanflow: 1`"),
    "key": tr("a value of several parts needs a `key` for its name; combinations are left out by `exclude`"),
}
"""What to write, by the key that is missing."""


def _combination(broken: Violation) -> str:
    if broken.rule == "minProperties":
        return tr("the mapping is empty")
    if broken.rule == "dependentRequired":
        return tr("`to` needs a `from`, and `sha256` a `url`")
    wanted = broken.wanted.get("required", ()) if isinstance(broken.wanted, Mapping) else ()
    if not wanted:
        return tr("the matrix has no dimension")
    keys = joined(tr(" and "), (f"`{key}`" for key in wanted))
    return tr("{keys} cannot be combined", keys=keys)


def _wrong_value(value: Node, broken: Violation, catalog: Catalog) -> tuple[str, str | None]:
    """The message and the hint for a single wrong value."""
    match broken.path, broken.rule:
        case ("budget",), "type" if isinstance(broken.value, int | Decimal):
            return tr("`budget` needs a currency: `{value} CNY`", value=broken.value), None
        case (*_, str() as name), "type" if broken.value is None and "object" in _kinds(broken):
            return tr("`{name}` needs its settings indented below it", name=name), None
        case ("shots", str() as name), "type" if name in shot_keys(catalog):
            return tr("`{name}` {not_a_shot}", name=name, not_a_shot=NOT_A_SHOT), INDENT
        case (_, str() as name, "pick"), "enum":
            take = broken.value if isinstance(broken.value, int) and not isinstance(broken.value, bool) else 2
            return _wrong(broken), tr(
                "to choose a take, run `wanflow pick {name} {take}`", name=for_shell(name), take=take
            )
        case (*_, "image"), "type" if isinstance(broken.value, list):
            return _wrong(broken), tr("several views of one subject are `images: […]`")
        case (*_, "images"), "minItems" | "maxItems" if isinstance(broken.value, list) and broken.value:
            message = tr("`images` takes 2 to 5 pictures, not {number}", number=len(broken.value))
            return message, tr("write a single picture as `image: …`") if len(broken.value) == 1 else None
        case (*_, "focus"), "minItems" | "maxItems" if isinstance(broken.value, list):
            return tr("`focus` takes two numbers, not {number}", number=len(broken.value)), tr(
                "the shares of the picture from its left and its top: `[0.3, 0.4]`"
            )
        case (*_, "sha256"), "pattern":
            return _wrong(broken), tr("it has 64 hexadecimal digits: `sha256sum FILE` prints them")
        case ("call", "path"), "pattern":
            return _wrong(broken), tr("write the part of the address behind `/api/v1`, as `/services/…`")
    hint = _hint_for_sound(broken)
    if broken.rule == "enum" and isinstance(broken.wanted, Sequence):
        hint = hint_for_choice(str(broken.value), [str(item) for item in broken.wanted], broken.path)
    elif broken.rule in {"type", "pattern"} and hint is None:
        quoted = isinstance(value, TextNode) and needlessly_quoted(value)
        hint = (
            tr("write it without quotes")
            if quoted
            else hint_for_value(value, _kinds(broken), broken.path, _examples(broken))
        )
    return _wrong(broken), hint


def _hint_for_sound(broken: Violation) -> str | None:
    """The hint for a wrong value of a cue; None for any other."""
    match broken.path, broken.rule:
        case ("cuts", _, "audio", int()), "type" if isinstance(broken.value, str):
            return tr("write `{{file: {name}}}`, or `{{shot: {name}}}`", name=broken.value)
        case ("cuts", _, "audio"), "type":
            return tr("write each cue in a line of its own that begins with `-`")
        case (*_, "duck"), "maximum" if isinstance(broken.value, int | Decimal):
            return tr("it says how much softer, in dB: write `{value}`", value=-broken.value)
    return None


def _named_value(path: Sequence[str | int]) -> str:
    match path:
        case (*_, str() as key):
            return f"`{key}`"
        case (*_, str() as key, int()):
            return tr("an entry of `{key}`", key=key)
        case _:
            return tr("this")


def _wrong(broken: Violation) -> str:
    name = _named_value(broken.path)
    found = _shown(broken.value)
    match broken.rule:
        case "type":
            return tr("{name} must be {kinds}, not {found}", name=name, kinds=_wanted_kinds(broken), found=found)
        case "pattern" if "string" in _kinds(broken) and len(_kinds(broken)) > 1:
            return tr("{name} must be {kinds}, not {found}", name=name, kinds=_wanted_kinds(broken), found=found)
        case "pattern":
            return tr("{name} cannot be {found}", name=name, found=found)
        case "enum" if isinstance(broken.wanted, Sequence):
            items = joined(", ", (f"`{item}`" for item in broken.wanted))
            if len(broken.wanted) > 1:
                return tr("{name} must be one of {items}, not {found}", name=name, items=items, found=found)
            return tr("{name} must be {items}, not {found}", name=name, items=items, found=found)
        case "const":
            return tr("{name} must be `{wanted}`, not {found}", name=name, wanted=broken.wanted, found=found)
        case "minimum" | "exclusiveMinimum":
            if broken.rule == "minimum":
                return tr("{name} must be at least {wanted}, not {found}", name=name, wanted=broken.wanted, found=found)
            return tr("{name} must be more than {wanted}, not {found}", name=name, wanted=broken.wanted, found=found)
        case "maximum":
            return tr("{name} must be at most {wanted}, not {found}", name=name, wanted=broken.wanted, found=found)
        case "minItems" | "minLength":
            return tr("{name} is empty", name=name)
        case _:
            return tr("{name} breaks the format's rule `{rule}`", name=name, rule=broken.rule)


def _examples(broken: Violation) -> Sequence[object]:
    examples = broken.schema.get("examples", ())
    return examples if isinstance(examples, list) else ()


def _kinds(broken: Violation) -> list[str]:
    kinds = broken.schema.get("type", ())
    return [kinds] if isinstance(kinds, str) else [str(kind) for kind in kinds] if isinstance(kinds, list) else []


def _wanted_kinds(broken: Violation) -> str:
    kinds = [kind for kind in _kinds(broken) if kind != "string" or "pattern" not in broken.schema]
    if {"string", "integer"} < {*kinds} and "number" not in kinds:  # a name may be written as a number, and is text
        kinds = [kind for kind in kinds if kind not in {"integer", "boolean"}]
    return joined(tr(" or "), [_KINDS[kind] for kind in kinds or ["string"] if kind != "null"])


def _shown(value: object) -> str:
    if value is None:
        return tr("nothing")
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Mapping):
        return tr("a mapping")
    if isinstance(value, list):
        return tr("a list")
    text = str(value)
    return f"`{text}`" if len(text) <= 40 else f"`{text[:39]}…`"


def _keys(schema: Mapping[str, object]) -> frozenset[str]:
    properties = schema.get("properties", {})
    return frozenset(properties) if isinstance(properties, Mapping) else frozenset()


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


def shot_keys(catalog: Catalog) -> frozenset[str]:
    """The keys of a shot."""
    return _definition_keys("shot", catalog)


def _definition_keys(name: str, catalog: Catalog) -> frozenset[str]:
    definitions = load_schema(SCHEMA, catalog.files)["$defs"]
    return _keys(definitions[name]) if isinstance(definitions, Mapping) else frozenset()
