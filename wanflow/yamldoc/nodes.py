"""Values of a YAML file, each with its place, and how plain scalars are read (format.md, The YAML dialect)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import takewhile
from typing import TypeAlias

from wanflow.records import immutable

Value: TypeAlias = "bool | int | Decimal | str | None"

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,29})")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,29})?\.[0-9]{1,30}")
_NUMERIC = frozenset("+-.0123456789")
"""First signs of a number."""
_WORDS: dict[str, Value] = {"": None, "null": None, "true": True, "false": False}

INDEXED = 16
"""Minimum keys of a mapping in which they are found by an index."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file; line and column count characters from 1.

    `file` is relative to the production file's folder, with forward slashes. `used_at`, of a place in a pipeline, is
    where the pipeline is used, innermost first.
    """

    file: str
    line: int
    column: int
    used_at: tuple[Place, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def with_use(self, use: Place) -> Place:
        """The same place, with the place where the pipeline is used."""
        return Place(self.file, self.line, self.column, (Place(use.file, use.line, use.column), *use.used_at))


@immutable
class Interpolated:
    """A `${name}` or an input that was filled in, and where its value is written; None for the command line."""

    name: str
    place: Place | None


@immutable
class TextNode:
    """A scalar: `value` is typed and normalised, `text` is as written, before Unicode NFC.

    `plain`: it is unquoted. `cut_off`: a ` #` without a space after it ends it, which is more often a cut prompt than
    a comment. `filled` are the names that were filled in, outermost first. `former` is the string as earlier versions
    of wanflow read it, with a blank at each folded line break; None where it is the same. `broken`: a name in it could
    not be filled in, which is reported. `verbatim`: the file has the text on one line, sign by sign. `lines` are those
    of the file that have the text, kept where it has several. `written` is the text before names were filled in.
    """

    value: Value
    text: str
    place: Place
    plain: bool = False
    cut_off: bool = False
    filled: tuple[Interpolated, ...] = ()
    former: str | None = None
    broken: bool = False
    verbatim: bool = field(default=False, compare=False)
    lines: tuple[str, ...] = field(default=(), compare=False, repr=False)
    written: TextNode | None = field(default=None, compare=False, repr=False)

    def place_of(self, at: int) -> Place:
        """The place of a sign of the text as written; that of the whole text where escapes hide it."""
        if self.verbatim:
            return replace(self.place, column=self.place.column + at + (not self.plain))
        end = 0
        for number, line in enumerate(self.lines):
            first = self.place.column - 1 if number == 0 else 0
            words = line[first:].strip(" \t\"'")
            begin = self.text.find(words, end)
            if begin < 0:  # an escape, or what follows a text in brackets
                begin = len(self.text) - len(self.text[end:].lstrip())
                alike = takewhile(lambda pair: pair[0] == pair[1], zip(words, self.text[begin:], strict=False))
                words = "".join(sign for sign, _ in alike)
            end = begin + len(words) if words else end
            if begin <= at < end:
                column = line.index(words, first) + at - begin + 1
                return replace(self.place, line=self.place.line + number, column=column)
        return self.place

    def place_of_words(self, words: str, at: int) -> Place:
        """The place of words at an index of the string; that of the whole text where a `${name}` brought them in."""
        if self.written is None:
            return self.place_of(at)
        at = self.written.string.find(words)
        return self.place if at < 0 else replace(self.written.place_of(at), used_at=self.place.used_at)

    @property
    def string(self) -> str:
        """The value as a string: a number as it is written, a text normalised."""
        return self.value if isinstance(self.value, str) else self.text

    @property
    def former_string(self) -> str:
        """The string as earlier versions of wanflow read it."""
        return self.string if self.former is None else self.former


@immutable
class MapNode:
    """A mapping; keys and values in order, every key once."""

    pairs: tuple[tuple[TextNode, Node], ...]
    place: Place
    _index: dict[str, tuple[TextNode, Node]] = field(init=False, default_factory=dict, compare=False, repr=False)

    def __iter__(self) -> Iterator[tuple[str, TextNode, Node]]:
        return ((name_of(key), key, node) for key, node in self.pairs)

    @property
    def entries(self) -> tuple[tuple[TextNode, Node], ...]:
        """Entries except keys that begin with `x-`, which are ignored at every level (format.md, The YAML dialect)."""
        return tuple(pair for pair in self.pairs if not pair[0].text.startswith("x-"))

    def entries_of(self, name: str) -> tuple[tuple[TextNode, Node], ...]:
        """The entries of the mapping under a key; empty without one."""
        found = self.find(name)
        return found.entries if isinstance(found, MapNode) else ()

    def items_of(self, name: str) -> tuple[Node, ...]:
        """The items of the list under a key; empty without one."""
        found = self.find(name)
        return found.items if isinstance(found, ListNode) else ()

    def find(self, name: str) -> Node | None:
        """The value of a key; None where the key is missing."""
        found = self._pair(name)
        return None if found is None else found[1]

    def key(self, name: str) -> TextNode | None:
        """The key itself, for its place; None where it is missing."""
        found = self._pair(name)
        return None if found is None else found[0]

    def _pair(self, name: str) -> tuple[TextNode, Node] | None:
        if len(self.pairs) < INDEXED:
            for pair in self.pairs:
                text = pair[0].text  # asked 30 times a shot, so `name_of` is for few
                if (text == name or not text.isascii()) and name_of(pair[0]) == name:
                    return pair
            return None
        if not self._index:
            self._index.update((name_of(pair[0]), pair) for pair in reversed(self.pairs))
        return self._index.get(name)

    def keys_among(self, names: Iterable[str]) -> frozenset[str]:
        """The names that are keys of the mapping."""
        return frozenset(names) & {key.string for key, _ in self.pairs}

    def without(self, keys: Iterable[str]) -> MapNode:
        """The same mapping without some of its keys."""
        left_out = frozenset(keys)
        return MapNode(tuple((key, value) for key, value in self.pairs if key.string not in left_out), self.place)


@immutable
class ListNode:
    """A list."""

    items: tuple[Node, ...]
    place: Place


Node: TypeAlias = "TextNode | MapNode | ListNode"


def node_at(root: Node, path: Iterable[str | int]) -> Node:
    """The value under keys and positions of lists, one after the other; the last one that exists."""
    node = root
    for part in path:
        if isinstance(node, MapNode):
            node = node.find(str(part)) or node
        elif isinstance(node, ListNode) and isinstance(part, int):
            node = node.items[part]
    return node


def with_use(node: Node, use: Place) -> Node:
    """A part of a pipeline's file whose places carry the place where the pipeline is used."""
    match node:
        case MapNode(pairs, place):
            kept = tuple((_with_use(key, use), with_use(value, use)) for key, value in pairs)
            return MapNode(kept, place.with_use(use))
        case ListNode(items, place):
            return ListNode(tuple(with_use(item, use) for item in items), place.with_use(use))
        case TextNode():
            return _with_use(node, use)


def _with_use(written: TextNode, use: Place) -> TextNode:
    return replace(written, place=written.place.with_use(use))


def scalar(text: str, place: Place) -> TextNode:
    """`text` read as a plain YAML value: a number, a boolean, null or a string."""
    return TextNode(typed(text), text, place, plain=True)


def typed(text: str) -> Value:
    """The value of a plain scalar: `true`, `false`, `null`, a plain decimal or integer, else a string."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return normalised(text)
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return normalised(text)


def needlessly_quoted(value: TextNode) -> bool:
    """Whether quotes turn what would be a number or a boolean into text."""
    return not value.plain and not value.filled and not isinstance(typed(value.text), str)


def normalised(text: str) -> str:
    """Text as it is fingerprinted: Unicode NFC, line feeds at line ends, none at the end."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return (text if text.isascii() else unicodedata.normalize("NFC", text)).rstrip("\n")


def plain(node: Node | None) -> object:
    """The value without places: dict, list, str, int, Decimal, bool or None."""
    match node:
        case MapNode():
            return {name: plain(value) for name, _, value in node}
        case ListNode(items):
            return [plain(item) for item in items]
        case TextNode(value):
            return value
        case None:
            return None


def name_of(key: TextNode) -> str:
    """A key as a name, whatever type its text would have as a value: `10:` is `10`."""
    return key.text if key.text.isascii() else unicodedata.normalize("NFC", key.text)
