"""Signs of an input method where the format takes none of them: keys, names, numbers and choices, by the schema.

What is free text to the schema, such as prompts, titles, notes and paths, is never looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import reduce
from operator import getitem

from wanflow.catalog.read import Catalog
from wanflow.language.chinese_keys import CHINESE_KEYS
from wanflow.patterns import letters
from wanflow.schemas import PIPELINE, PRODUCTION, Json, load_schema
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, TextNode
from wanflow.yamldoc.parse import Document
from wanflow.yamldoc.slips import (
    Slip,
    hidden_entries,
    may_hide_entries,
    slips_of_entries,
    slips_of_name,
    slips_of_value,
    structural,
)

MAX_SLIPS = 500
"""Maximum slips of a file that are told at once."""

_CHOICES = ("background", "budget", "fps", "hex", "model", "size")
"""Keys beside those of parameters whose values are no free text, although the schema has them as text."""


def find_slips(document: Document, catalog: Catalog, *, wrong: bool) -> tuple[Slip, ...]:
    """The slips of a file; those that are repaired already are not found again.

    A file that is not `wrong` can have none but those that hide keys in a text.
    """
    root = document.root
    if root is None or all(map(str.isascii, document.lines)) or not (wrong or may_hide_entries(document.lines)):
        return ()
    pipeline = isinstance(root, MapNode) and root.find("pipeline") is not None
    search = _Search(document.lines, PIPELINE if pipeline else PRODUCTION, catalog, wrong=wrong)
    found = dict.fromkeys(search.all(root))
    return tuple(slip for slip in found if slip not in document.slips)[:MAX_SLIPS]


_AFTER_FILE = letters(r"(?<=\.yaml|.\.yml)[，、]")
_FOLLOWED = frozenset({"$ref", "allOf", "if", "then", "else"})


class _Search:
    """Walks a file's tree beside its schema."""

    def __init__(self, lines: tuple[str, ...], schema: str, catalog: Catalog, *, wrong: bool) -> None:
        self._lines, self._schema, self._wrong = lines, load_schema(schema, catalog.files), wrong
        self._choices = {*catalog.parameter_keys, *_CHOICES}
        self._names: set[str] = set()

    def all(self, root: Node) -> Iterator[Slip]:
        groups = [root.entries_of(group) for group in ("shots", "cast", "cuts")] if isinstance(root, MapNode) else []
        self._names = {key.string for group in groups for key, _ in group}
        yield from self._node(root, self._schema, "")

    def _node(self, node: Node, schema: Json, key: str) -> Iterator[Slip]:
        rule = self._applied(schema, node)
        kinds = {rule["type"]} if isinstance(rule.get("type"), str) else {*rule.get("type", ())}
        match node:
            case MapNode() if not kinds or "object" in kinds:
                yield from self._mapping(node, rule)
            case ListNode(items) if "array" in kinds:
                for item in items:
                    yield from self._node(item, rule.get("items", {}), key)
            case TextNode(value=str()) if self._wrong:
                yield from self._text(node, rule, kinds, key)

    def _mapping(self, node: MapNode, rule: Json) -> Iterator[Slip]:
        known, further = rule.get("properties", {}), rule.get("additionalProperties")
        if self._lines[node.place.line - 1][node.place.column - 1 :][:1] in {"{", "｛"}:
            yield from self._hidden(node, known.keys() - node.keys_among(known))
        for key, value in node.entries:
            empty, place = isinstance(value, TextNode) and value.value is None, key.place_of(0)
            meant = next((name for name in CHINESE_KEYS.get(key.string, ()) if name in known), key.string)
            if key.verbatim and self._wrong and further is False and meant != key.string and node.find(meant) is None:
                yield Slip(place.line - 1, place.column - 1, key.text, meant)
            elif key.verbatim and self._wrong:
                yield from self._key(key, empty=empty)
            inner = known.get(meant, further)
            if isinstance(inner, Mapping):
                yield from self._node(value, inner, key.string)

    def _hidden(self, node: MapNode, missing: Collection[str]) -> Iterator[Slip]:
        """The slips that hide keys which a mapping in braces does not have yet."""
        keys = {name: False for name, meant in CHINESE_KEYS.items() if any(key in missing for key in meant)}
        keys |= dict.fromkeys(missing, True)
        for _, value in node.entries:
            if isinstance(value, TextNode) and value.plain and (value.verbatim or value.lines):
                yield from hidden_entries(value, keys)

    def _key(self, key: TextNode, *, empty: bool) -> Iterator[Slip]:
        place = key.place_of(0)
        line, column = place.line - 1, place.column - 1
        if empty and key.plain:
            yield from slips_of_entries(key.text, line, column)
        elif key.plain and "：" in key.text:  # the first colon of the line is a later one
            yield from structural(self._lines, line, column)
        else:
            yield from slips_of_name(key.text, line, column)

    def _text(self, node: TextNode, rule: Json, kinds: set[str], key: str) -> Iterator[Slip]:
        place = node.place_of(0)
        if node.plain and kinds & {"object", "array"} and (found := [*self._structure(node)]):
            yield from found if "string" not in kinds or _is_name(kinds) or node.text[0] == "｛" else ()
        elif node.verbatim and self._is_choice(rule, kinds, key):
            known = [str(each) for each in (*rule.get("enum", ()), *rule.get("examples", ()))]
            mended = slips_of_value(node.text, place.line - 1, place.column - 1, known)
            yield from (replace(slip, meant="") if key == "budget" and slip.meant == "," else slip for slip in mended)
        elif node.verbatim and ("format" in rule or _is_name(kinds)):
            among = "" if node.string in self._names else ",/"
            yield from slips_of_name(node.text, place.line - 1, place.column - 1, among)

        elif node.plain and node.verbatim and key == "include":
            commas = _AFTER_FILE.finditer(node.text)
            yield from (Slip(place.line - 1, place.column - 1 + sign.start(), sign[0], ",") for sign in commas)

    def _is_choice(self, rule: Json, kinds: set[str], key: str) -> bool:
        """Whether a value is a number, a truth value or one of several words."""
        if key in self._choices or {"enum", "const"} & rule.keys():
            return True
        return bool(kinds) and ("string" not in kinds or rule.get("pattern", "").startswith(r"^\$\{"))

    def _structure(self, node: TextNode) -> Iterator[Slip]:
        """What may be slips in the lines of a text where a mapping or a list is expected."""
        number, begin = node.place.line - 1, node.place.column - 1
        left = len("".join(node.text.split()))
        while left > 0 and number < len(self._lines):
            yield from structural(self._lines, number, begin)
            left -= len("".join(self._lines[number][begin:].split()))
            number, begin = number + 1, 0

    def _applied(self, schema: Json, node: Node) -> Json:
        """A schema with its references followed and the branch that applies to a value."""
        branch = {}
        if "if" in schema:
            branch = schema.get("then" if _fits(schema["if"], node) else "else", {})
        references = [each.get("$ref") for each in (schema, *schema.get("allOf", ()))]
        further = [branch, *(reduce(getitem, part.split("/")[1:], self._schema) for part in references if part)]
        rule = {name: value for name, value in schema.items() if name not in _FOLLOWED}
        for each in further:
            rule = {**self._applied(each, node), **rule} if each else rule
        return rule


def _is_name(kinds: set[str]) -> bool:
    """Whether a text is the name of a shot, a scene or a member: a name may be written as a whole number."""
    return {"string", "integer"} <= kinds


def _fits(condition: Json, node: Node) -> bool:
    """Whether a value fits the condition of a branch: a mapping, a list, or a text with a `${name}`."""
    if "type" in condition:
        return isinstance(node, {"object": MapNode, "array": ListNode}.get(condition["type"], TextNode))
    return isinstance(node, TextNode) and "${" in node.text
