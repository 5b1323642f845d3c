"""YAML text with positions: every value knows its file, line and column; the only home of PyYAML.

The dialect is that of format.md: YAML 1.2 scalars on PyYAML's parser, so that `16:9`, `no`, `010` and `1e3` are text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Decimal

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST = 50
MOST_VALUES = 2_000_000
"""A file that aliases blow up past this many values is refused: nobody wrote that many."""

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "": None}
_CUT_SHORT = re.compile(r"\s+#(?=\S)")
_MARKED_VALUE = re.compile(r"^\s*(?:- +)?[^\s:#][^:#]*: +([*@%!{\[`&])")
_COLON_INSIDE = re.compile(r"^\s*(?:- +)?[^\s:]+: +[^\"'\[{|>].*: ")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file; line and column count characters from 1.

    `file` is relative to the production file's folder, with forward slashes.
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something wrong with the text itself; a warning does not stop it from being used."""

    place: Place
    message: str
    hint: str | None = None
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; `text` is how it is written, which a number in a prompt keeps."""

    value: str | int | Decimal | bool | None
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of values."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping, in the order in which it is written; its keys are texts that know their place."""

    items: tuple[tuple[Scalar, Node], ...]
    place: Place

    def find(self, key: str) -> Node | None:
        """The value of a key, None where it is not there."""
        return next((value for name, value in self.items if name.text == key), None)

    def key(self, key: str) -> Scalar | None:
        """The key itself, for its place."""
        return next((name for name, _ in self.items if name.text == key), None)


Node = Scalar | Sequence | Entries


def compose(text: str, file: str) -> tuple[Node | None, tuple[Trouble, ...]]:
    """The values of a text with their places, and everything that is wrong with it.

    None where the text can't be read to its end, or is empty.
    """
    composer = _Composer(file, text)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        composer.troubles.append(_syntax_trouble(error, file, text))
        return None, tuple(composer.troubles)
    except yaml.reader.ReaderError as error:
        place = _place_of_index(text, file, error.position)
        message = f"the character U+{_code_point(error.character):04X} can't stand in YAML"
        composer.troubles.append(Trouble(place, message, "remove it"))
        return None, tuple(composer.troubles)
    except _Refused as refused:
        composer.troubles.append(refused.trouble)
        return None, tuple(composer.troubles)
    return composer.root, tuple(composer.troubles)


def decode(data: bytes, file: str) -> tuple[str, Trouble | None]:
    """Text from a file's bytes; a trouble, and no text, where they are no UTF-8."""
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        return "", Trouble(place, f"the byte 0x{data[error.start]:02x} is no UTF-8", "save the file as UTF-8")


def resolve(text: str) -> str | int | Decimal | bool | None:
    """The value of a plain scalar in YAML 1.2's core, less what surprises: no octals, exponents or dates."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) < 1000 else text
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return normalise(text)


def normalise(text: str) -> str:
    """Text as it is compared and sent: NFC, every line end the same, none at the end."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).rstrip("\n")


def plain(node: Node | None) -> object:
    """The value without places: dict, list, str, int, Decimal, bool or None."""
    match node:
        case Entries(items):
            return {key.text: plain(value) for key, value in items}
        case Sequence(items):
            return [plain(item) for item in items]
        case Scalar(value):
            return value
        case None:
            return None


class _Refused(Exception):
    """The text is no production, whatever else is in it."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble


@dataclass(slots=True)
class _Open:
    """A mapping or a list whose end was not reached yet."""

    place: Place
    anchor: str | None
    mapping: bool
    nodes: list[Node] = dataclass_field(default_factory=list)
    size: int = 1


class _Composer:
    """Builds the tree from the parser's events, without recursion, so that deep nesting is refused, not a crash."""

    def __init__(self, file: str, text: str) -> None:
        self.root: Node | None = None
        self.troubles: list[Trouble] = []
        self._file = file
        self._lines = text.split("\n")
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next event of the parser."""
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._begin(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end()
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._document(event)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _Refused(Trouble(self._place(event), "a file holds one document", "remove the `---` line"))

    def _begin(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        place = self._place(event)
        self._refuse_tag(event.tag, place)
        if len(self._open) >= DEEPEST:
            raise _Refused(Trouble(place, f"values are nested deeper than {DEEPEST} levels"))
        self._open.append(_Open(place, event.anchor, isinstance(event, yaml.MappingStartEvent)))

    def _end(self) -> None:
        done = self._open.pop()
        node = self._entries(done) if done.mapping else Sequence(tuple(done.nodes), done.place)
        self._add(node, done.anchor, done.size)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        place = self._place(event)
        self._refuse_tag(event.tag, place)
        if event.style in {None, ""}:
            self._warn_of_comment(event)
            self._add(Scalar(resolve(event.value), normalise(event.value), place), event.anchor, 1)
        else:
            text = normalise(event.value)
            self._add(Scalar(text, text, place), event.anchor, 1)

    def _alias(self, event: yaml.AliasEvent) -> None:
        place = self._place(event)
        if event.anchor not in self._anchors:
            raise _Refused(Trouble(place, f"`*{event.anchor}` names no anchor", "quote a value that begins with `*`"))
        node, size = self._anchors[event.anchor]
        self._add(node, None, size)

    def _add(self, node: Node, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (node, size)
        if not self._open:
            self.root = node
            return
        self._open[-1].nodes.append(node)
        self._open[-1].size += size
        if self._open[-1].size > MOST_VALUES:
            raise _Refused(Trouble(node.place, f"aliases make more than {MOST_VALUES} values of this"))

    def _entries(self, done: _Open) -> Entries:
        pairs = list(zip(done.nodes[::2], done.nodes[1::2], strict=True))
        items: dict[str, tuple[Scalar, Node]] = {}
        merged: dict[str, tuple[Scalar, Node]] = {}
        for key, value in pairs:
            if not isinstance(key, Scalar):
                self.troubles.append(
                    Trouble(key.place, "a key has to be a word", "quote a value that begins with `{` or `[`")
                )
            elif key.text == "<<":
                merged |= {name.text: (name, item) for name, item in self._merged(value) if name.text not in merged}
            elif key.text in items:
                first = items[key.text][0].place
                self.troubles.append(
                    Trouble(key.place, f"`{key.text}` stands twice, first at {first}", "keep one of them")
                )
            else:
                items[key.text] = (key, value)
        kept = {name: pair for name, pair in merged.items() if name not in items}
        return Entries((*kept.values(), *items.values()), done.place)

    def _merged(self, value: Node) -> Iterator[tuple[Scalar, Node]]:
        sources = value.items if isinstance(value, Sequence) else (value,)
        for source in sources:
            if isinstance(source, Entries):
                yield from source.items
            else:
                self.troubles.append(Trouble(value.place, "`<<` takes a mapping, or a list of them"))

    def _refuse_tag(self, tag: str | None, place: Place) -> None:
        if tag not in {None, "!", "tag:yaml.org,2002:str"}:
            raise _Refused(Trouble(place, f"tags like `{tag}` mean nothing here", "quote a value that begins with `!`"))

    def _warn_of_comment(self, event: yaml.ScalarEvent) -> None:
        mark = event.end_mark
        if mark is None:
            return
        rest = self._lines[mark.line][mark.column :] if mark.line < len(self._lines) else ""
        if event.value and _CUT_SHORT.match(rest):
            place = Place(self._file, mark.line + 1, mark.column + 1 + len(rest) - len(rest.lstrip()))
            message = "the text ends here: ` #` begins a comment"
            self.troubles.append(Trouble(place, message, "quote the text, or write a blank after `#`", warning=True))

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self._file, mark.line + 1, mark.column + 1) if mark is not None else Place(self._file, 1, 1)


def _syntax_trouble(error: yaml.MarkedYAMLError, file: str, text: str) -> Trouble:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Trouble(Place(file, 1, 1), f"not YAML: {error}")
    lines = text.split("\n")
    number = min(mark.line, len(lines) - 1)
    words = error.problem or error.context or "not YAML"
    return Trouble(Place(file, number + 1, mark.column + 1), f"not YAML: {words}", _syntax_hint(lines, number))


def _syntax_hint(lines: list[str], number: int) -> str | None:
    """The hint that pays, from the line that the parser stopped at and the one before it."""
    for line in (lines[number], lines[max(0, number - 1)]):
        if "：" in line:
            return "a key ends with `:` and a blank, not with the full-width `：`"
        if "\t" in line[: len(line) - len(line.lstrip())]:
            return "indent with blanks, not with tabs"
        if "${" in line and re.search(r"[\[{,]\s*\$\{", line.split(":", 1)[-1]):
            return 'quote `${…}` inside `[ ]` and `{ }`: `["${name}"]`'
        if re.search(r"[\[{].*[?:]", line.split(": ", 1)[-1]):
            return "quote a text with `?` or `:` inside `[ ]` or `{ }`"
        if (marked := _MARKED_VALUE.match(line)) is not None:
            return f"quote a text that begins with `{marked.group(1)}`"
        if _COLON_INSIDE.match(line):
            return "quote a text with `: ` inside, or write it below the key after `>-`"
    return None


def _place_of_index(text: str, file: str, index: int) -> Place:
    before = text[:index]
    return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _code_point(character: object) -> int:
    return character if isinstance(character, int) else ord(str(character)[:1] or "\0")
