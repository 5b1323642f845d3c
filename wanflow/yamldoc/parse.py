"""YAML text with positions: every value knows its file, line and column.

PyYAML's parser under YAML 1.2 scalars (format.md, The YAML dialect). The only home of PyYAML.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from typing import Any

import yaml

from wanflow import git_marks
from wanflow.characters import INVISIBLE, named
from wanflow.decode import unpaired_surrogate
from wanflow.messages import tr
from wanflow.patterns import letters, pattern
from wanflow.records import immutable, mutable
from wanflow.yamldoc import folding
from wanflow.yamldoc.hints import CONTROL_HINT, SyntaxFault, SyntaxHint, explain, not_a_space
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode, name_of, normalised, typed
from wanflow.yamldoc.slips import RepairedText, Slip, groups, structural
from wanflow.yamldoc.stand_ins import StandIns

MAX_DEPTH = 64
"""Maximum levels of nesting in a file; people write fewer than ten."""
MAX_VALUES = 1_000_000
"""Maximum values in the texts of a production; 20,000 shots have fewer."""
MAX_PROBLEMS = 1_000
"""Maximum problems of a file's text that are told."""
MAX_MARKS = 30
"""Maximum combining marks in a row, as in Unicode's stream-safe texts: normalising takes the square of their number."""
UNCHECKED = 500
"""Maximum characters of a text in which these rows do no harm."""
LONG_TEXT = 200
"""Characters of a text that count as one more value."""
MAX_ALIASED = 100_000
"""Maximum values that a file's aliases stand for, counted at each use."""

UNSEEN = "a sign that cannot be seen"
"""In place of the parser's words for an error: a sign that it takes for a letter of a key."""
MAX_REREAD = 5_000_000
"""Maximum characters that are read again to find the slips without which YAML cannot read a file."""
MAX_NEAR = 20
"""Maximum lines above a place that YAML cannot read in which slips are looked for."""

_BREAK = re.compile("\r\n|[\n\r]")
"""The ends of lines for editors, git and GitHub."""
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HALVES = letters("[\ud800-\udfff]")
_CUT_OFF = pattern(r"[ \t]+#[^\s#]")
_STRING_TAG = "tag:yaml.org,2002:str"
_LIBRARY_TOO_DEEP = "maximum nesting"
"""Words of libyaml's own limit: newer versions refuse a line before our limit sees it."""
_EventLoader: type[yaml.BaseLoader | yaml.CBaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@immutable
class TextProblem:
    """Something wrong with the text itself; `warning` where the file can be used all the same."""

    place: Place
    message: str
    hint: str | None = None
    warning: bool = False


@immutable
class Document:
    """A file as far as it could be read; `root` is None where it is empty or its syntax is broken.

    `size` is the number of its values, `slips` are the signs that were read as others.
    """

    file: str
    root: Node | None
    lines: tuple[str, ...]
    problems: tuple[TextProblem, ...]
    size: int = 0
    slips: tuple[Slip, ...] = ()


def parse(data: bytes, file: str, most: int = MAX_VALUES, slips: Sequence[Slip] = ()) -> Document:
    """Read a YAML file's bytes; `file` is its name for places, `most` the maximum of its values.

    `slips` are read as what was meant, like those without which YAML cannot read the file. What is wrong, these
    included, is in `problems`; nothing is raised.
    """
    text, problem = _decode(data, file)
    lines = tuple(_BREAK.split(text))
    control = _UNPRINTABLE.search(text)
    if problem is None and control is not None:
        place = _place_after(text[: control.start()], file)
        problem = TextProblem(
            place, tr("YAML forbids the control character U+{ord:04X}", ord=ord(control.group())), tr("delete it")
        )
    if problem is not None:
        return Document(file, None, lines, (problem,))
    if git_marks.is_pointer(data):
        message = tr("the file is a Git LFS pointer, its text is not here")
        return Document(file, None, lines, (TextProblem(Place(file, 1, 1), message, git_marks.POINTER_HINT),))
    conflicts = tuple(_conflict(file, first, last) for first, last in git_marks.conflicts(lines))
    if conflicts:
        return Document(file, None, lines, conflicts)
    return _with_repairs(file, lines, most, tuple(slips))


def _with_repairs(file: str, lines: tuple[str, ...], most: int, known: tuple[Slip, ...]) -> Document:
    """The file with those slips repaired without which YAML cannot read it, as far as it is read further by that."""
    composer = _Composer(file, lines, most, known)
    document = composer.compose()
    size = sum(map(len, lines))
    left = 0 if all(map(str.isascii, lines)) else MAX_REREAD
    while composer.fault is not None:
        for more in _repairs(composer.fault, known):
            left -= size
            if left < 0:
                return document
            trial = _Composer(file, lines, most, (*known, *more))
            read = trial.compose()
            if trial.fault is None or _is_further(trial.fault, composer.fault):
                known, composer, document = (*known, *more), trial, read
                break
        else:
            break
    return document


def _is_further(fault: SyntaxFault, former: SyntaxFault) -> bool:
    """Whether a text is read further than before; signs that nobody sees are found in inner mappings first."""
    return fault.at > former.at or (fault.at != former.at and fault.problem == former.problem == UNSEEN)


def _repairs(fault: SyntaxFault, known: Sequence[Slip]) -> Iterator[Sequence[Slip]]:
    """Groups of what may be slips at a place where YAML cannot be read, and in the lines above it."""
    line = min(fault.at[0], len(fault.lines) - 1)
    first = min(fault.since[0], line) if fault.since else line
    near = range(line, max(line - MAX_NEAR, -1), -1)
    for number in dict.fromkeys((line, first, *near)):
        for group in groups(fault.lines, number):
            if more := [slip for slip in group if slip not in known]:
                yield more
    together: list[Slip] = []
    for number in near:
        more = [slip for slip in structural(fault.lines, number) if slip not in known]
        together += more
        if more:
            yield [*together]


def _decode(data: bytes, file: str) -> tuple[str, TextProblem | None]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "", TextProblem(Place(file, 1, 1), tr("the file is UTF-16, not UTF-8"), tr("save it as UTF-8"))
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode(), None
    except UnicodeDecodeError as fault:
        place = _place_after(data[: fault.start].decode(), file)
        problem = TextProblem(
            place, tr("the byte 0x{data:02x} is not UTF-8", data=data[fault.start]), tr("save the file as UTF-8")
        )
        return data.decode(errors="replace"), problem


def _place_after(before: str, file: str) -> Place:
    lines = _BREAK.split(before)
    return Place(file, len(lines), len(lines[-1]) + 1)


def _conflict(file: str, first: int, last: int) -> TextProblem:
    message = (
        tr("a merge conflict, lines {first} to {last}", first=first, last=last)
        if first < last
        else tr("a mark of a merge conflict")
    )
    return TextProblem(
        Place(file, first, 1), message, tr("keep one of the two sides, and delete the lines with the marks")
    )


class _Unusable(Exception):
    """A file that would need too much memory or stack, or whose structure cannot be known."""

    def __init__(self, problem: TextProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@mutable
class _OpenNode:
    """A mapping or a sequence that is still being read."""

    place: Place
    anchor: str | None
    mapping: bool
    nodes: list[Node] = field(default_factory=list)
    size: int = 1
    depth: int = 1


@immutable
class _Anchor:
    """The value of an anchor, with the number of its values and levels."""

    node: Node
    size: int
    depth: int


class _MarkedTexts:
    """The scalars of a file that is read a second time, with marks at its line ends; as far as they are asked for."""

    def __init__(self, text: str, mark: str) -> None:
        self._stand_ins, self._mark = StandIns(text), mark
        self._loader = _EventLoader(self._stand_ins.text)
        self._read = 0

    def text(self, number: int) -> str:
        """The text of the scalar with this number, from 1; a later one than any that was asked for before."""
        while True:
            event = self._loader.get_event()
            self._read += isinstance(event, yaml.ScalarEvent)
            if isinstance(event, yaml.ScalarEvent) and self._read == number:
                return folding.join_marked(self._stand_ins.original(event.value), self._mark)


class _Composer:
    """Builds the tree from PyYAML's events with a stack of its own, so that depth and aliases stay bounded."""

    def __init__(self, file: str, lines: tuple[str, ...], most: int, slips: tuple[Slip, ...]) -> None:
        self.fault: SyntaxFault | None = None
        self._most, self._size = most, 0
        self._slips, self._repaired = slips, RepairedText(lines, slips)
        self._stand_ins, self._file, self._lines = StandIns(self._repaired.text), file, lines
        self._problems: list[TextProblem] = []
        self._open: list[_OpenNode] = []
        self._anchors: dict[str, _Anchor] = {}
        self._aliased = 0
        self._root: Node | None = None
        self._documents = 0
        self._scalars = 0
        self._marked: _MarkedTexts | None = None

    def compose(self) -> Document:
        loader = _EventLoader(self._stand_ins.text)
        try:
            while loader.check_event() and (event := loader.get_event()) is not None:
                self._take(event)
        except yaml.MarkedYAMLError as fault:
            self._root, found = None, self._syntax(fault)
            self._problems = [*(each for each in self._problems if each.place != found.place), found]
        except _Unusable as refusal:
            self._root = None
            self._problems.append(refusal.problem)
        finally:
            loader.dispose()
        told = map(self._told, self._slips)
        return Document(self._file, self._root, self._lines, (*told, *self._problems), self._size, self._slips)

    def _told(self, slip: Slip) -> TextProblem:
        begins = slip.column == 0 and slip.meant.isspace()
        message = tr("{named} cannot indent a line", named=named(slip.written[0])) if begins else slip.message
        return TextProblem(Place(self._file, slip.line + 1, slip.column + 1), message, slip.hint)

    def _count(self, values: int, place: Place) -> None:
        """Count values of the file; raises _Unusable where it has too many."""
        self._size += values
        if self._size > self._most:
            message = tr("the texts of a production contain at most {max_values} values", max_values=MAX_VALUES)
            raise _Unusable(TextProblem(place, message, tr("split it into several productions")))

    def _tell(self, problem: TextProblem) -> None:
        """Keep a problem; raises _Unusable where there are too many."""
        self._problems.append(problem)
        if len(self._problems) > MAX_PROBLEMS:
            message = tr(
                "more than {max_problems} problems: the rest of the file is not read", max_problems=MAX_PROBLEMS
            )
            raise _Unusable(TextProblem(problem.place, message))

    def _take(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self._scalars += 1
                size = 1 + len(event.value) // LONG_TEXT
                self._count(size, self._at(event))
                self._place_node(self._scalar(event), event.anchor, size)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                place = self._at(event)
                if event.tag not in {None, "!"}:
                    self._tell(_unknown_tag(place, self._stand_ins.original(event.tag or "")))
                self._require_shallow(1, place)
                self._count(1, place)
                self._open.append(_OpenNode(place, event.anchor, isinstance(event, yaml.MappingStartEvent)))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                done = self._open.pop()
                node = self._mapping(done) if done.mapping else ListNode(tuple(done.nodes), done.place)
                self._place_node(node, done.anchor, done.size, done.depth)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise _Unusable(TextProblem(self._at(event), tr("the file contains more than one YAML document")))

    def _at(self, event: yaml.Event) -> Place:
        line, column = self._position(event.start_mark) or (0, 0)
        return Place(self._file, line + 1, column + 1)

    def _position(self, mark: Any) -> tuple[int, int] | None:
        """Line and column of a mark from 0, as written; the C parser has a type of its own for marks."""
        return None if mark is None else self._repaired.written_at(mark.line, mark.column)

    def _scalar(self, event: yaml.ScalarEvent) -> TextNode:
        place, text, plain = self._at(event), self._stand_ins.original(event.value), event.implicit[0]
        if event.tag not in {None, _STRING_TAG, "!"}:
            self._tell(_unknown_tag(place, self._stand_ins.original(event.tag or "")))
        ascii_only = text.isascii()
        if not ascii_only and _HALVES.search(text):
            self._tell(self._half(event))
            text = _HALVES.sub("\ufffd", text)
        elif not plain and _UNPRINTABLE.search(text):
            raise _Unusable(TextProblem(place, tr("the text contains a control character"), CONTROL_HINT))
        if len(text) > UNCHECKED and not ascii_only and _has_row_of_marks(text):
            message = tr("the text has more than {max_marks} combining marks in a row", max_marks=MAX_MARKS)
            raise _Unusable(TextProblem(place, message, tr("remove some")))
        line, column = self._position(event.end_mark) or (len(self._lines), 0)
        cut_off = plain and line < len(self._lines) and _CUT_OFF.match(self._lines[line], column) is not None
        signs = column - place.column + 1 if line == place.line - 1 else -1
        verbatim = signs == len(text) + (0 if plain else 2)
        joined, lines = self._joined(text, event.style, place.line - 1, line)
        former = None if joined == text else normalised(text)
        value = typed(joined) if plain else normalised(joined)
        return TextNode(value, joined, place, plain, cut_off, verbatim=verbatim, former=former, lines=lines)

    def _joined(self, text: str, style: str | None, first: int, last: int) -> tuple[str, tuple[str, ...]]:
        """A text without blanks at breaks between Han characters, and its lines; none where it is on one line.

        `first` and `last` are the lines of the file, from 0.
        """
        if first == last:
            return text, ()
        lines = self._lines[first : last + 1]
        if style == "|" or text.isascii() or not any(map(folding.may_join, lines, lines[1:])):
            return text, lines
        if self._marked is None:
            marked, mark = folding.mark_breaks(tuple(self._repaired.text.split("\n")))
            self._marked = _MarkedTexts(marked, mark)
        return self._marked.text(self._scalars), lines

    def _half(self, event: yaml.ScalarEvent) -> TextProblem:
        """The problem of an escape for half a character, which no JSON or UTF-8 can hold."""
        line, column = self._position(event.start_mark) or (0, 0)
        end, stop = self._position(event.end_mark) or (line, 0)
        last = self._lines[line][column:stop] if end == line else self._lines[line][column:]
        written = "\n".join((last, *self._lines[line + 1 : end + 1]))
        at = unpaired_surrogate(written) or 0
        before = written[:at].split("\n")
        place = Place(self._file, line + len(before), len(before[-1]) + 1 + (column if len(before) == 1 else 0))
        message = tr("`{written}` is half of a character", written=written[at : at + 6])
        return TextProblem(place, message, tr("write the character itself, or both of its halves"))

    def _require_shallow(self, more: int, place: Place) -> None:
        if len(self._open) + more > MAX_DEPTH:
            raise _Unusable(_too_deep(place))

    def _alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor in self._anchors:
            anchored = self._anchors[event.anchor]
            self._require_shallow(anchored.depth, self._at(event))
            self._aliased += anchored.size
            self._count(anchored.size, self._at(event))
            if self._aliased > MAX_ALIASED:
                message = tr("the file's aliases expand to more than {max_aliased} values", max_aliased=MAX_ALIASED)
                raise _Unusable(TextProblem(self._at(event), message))
            self._place_node(anchored.node, None, anchored.size, anchored.depth)
            return
        self._count(1, self._at(event))
        anchor = self._stand_ins.original(event.anchor or "")
        hint = tr("put text that begins with `*` in quotes, or define `&{anchor}` above", anchor=anchor)
        self._tell(TextProblem(self._at(event), tr("unknown alias `*{anchor}`", anchor=anchor), hint))
        self._place_node(TextNode(None, "", self._at(event), plain=True), None)

    def _place_node(self, node: Node, anchor: str | None, size: int = 1, depth: int = 0) -> None:
        if anchor is not None:
            self._anchors[anchor] = _Anchor(node, size, depth)
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        parent.nodes.append(node)
        parent.size += size
        parent.depth = max(parent.depth, depth + 1)

    def _mapping(self, done: _OpenNode) -> MapNode:
        own: dict[str, tuple[TextNode, Node]] = {}
        merged: dict[str, tuple[TextNode, Node]] = {}
        for key, node in zip(done.nodes[::2], done.nodes[1::2], strict=True):
            if not isinstance(key, TextNode):
                self._tell(TextProblem(key.place, tr("a key must be text"), tr("put the text in quotes")))
                continue
            if key.plain and not key.text:
                hint = tr("put a text that begins with `?` or `:` in quotes")
                self._tell(TextProblem(key.place, tr("the key is empty"), hint))
                continue
            visible = self._visible(key)
            if (name := name_of(visible)) in own:
                first = own[name][0].place
                self._tell(
                    TextProblem(key.place, tr("duplicate key `{name}`, first at {first}", name=name, first=first))
                )
            else:
                own[name] = (visible, node)
        if "<<" in own and own["<<"][0].plain:
            merged = self._merged(own.pop("<<")[1])
        inherited = [pair for name, pair in merged.items() if name not in own]
        return MapNode((*inherited, *own.values()), done.place)

    def _visible(self, key: TextNode) -> TextNode:
        """A key without characters that nobody sees; raises _Unusable where one of them indents the line."""
        found = None if key.text.startswith("x-") else INVISIBLE.search(key.text)
        if found is None:
            return key
        line = self._lines[key.place.line - 1]
        column = max(line.find(found[0], key.place.column - 1), key.place.column - 1)
        place = Place(self._file, key.place.line, column + 1)
        self.fault = SyntaxFault(UNSEEN, "", (key.place.line - 1, column), None, self._lines)
        if key.plain and key.text[: found.start()].endswith(":"):
            raise _Unusable(self._explained(not_a_space(line, (key.place.line - 1, column))))
        a_space = found[0].isspace() or key.text[found.end() :][:1].isspace()
        if key.plain and a_space and not line[:column].strip(" -"):
            raise _Unusable(
                TextProblem(place, tr("{named} cannot indent a line", named=named(found[0])), tr("use ordinary spaces"))
            )
        self.fault = None
        self._tell(TextProblem(place, tr("the key contains {named}", named=named(found[0])), tr("delete it")))
        text = INVISIBLE.sub("", key.text)
        return replace(key, value=normalised(text), text=text)

    def _merged(self, node: Node) -> dict[str, tuple[TextNode, Node]]:
        merged: dict[str, tuple[TextNode, Node]] = {}
        for source in node.items if isinstance(node, ListNode) else (node,):
            if not isinstance(source, MapNode):
                self._tell(TextProblem(source.place, tr("`<<` takes a mapping or a list of mappings")))
                continue
            for key, value in source.pairs:
                merged.setdefault(name_of(key), (key, value))
        return merged

    def _syntax(self, fault: yaml.MarkedYAMLError) -> TextProblem:
        problem, context = fault.problem or "", fault.context or ""
        since = self._position(fault.context_mark)
        at = self._position(fault.problem_mark) or since or (0, 0)
        if _LIBRARY_TOO_DEEP in problem.lower():
            return _too_deep(Place(self._file, at[0] + 1, at[1] + 1))
        self.fault = SyntaxFault(problem, context, at, since, self._lines)
        return self._explained(explain(self.fault))

    def _explained(self, found: SyntaxHint) -> TextProblem:
        end = (len(self._lines) - 1, len(self._lines[-1]))
        line, column = min(found.at, end)  # the parser's position may lie behind the end
        return TextProblem(Place(self._file, line + 1, column + 1), found.message, found.hint)


def _has_row_of_marks(text: str) -> bool:
    row = 0
    for character in text:
        row = row + 1 if unicodedata.combining(character) else 0
        if row > MAX_MARKS:
            return True
    return False


def _too_deep(place: Place) -> TextProblem:
    message = tr("the file nests more than {max_depth} levels deep", max_depth=MAX_DEPTH)
    return TextProblem(place, message, tr("flatten it: a production needs fewer than ten levels"))


def _unknown_tag(place: Place, tag: str) -> TextProblem:
    written = tag.replace("tag:yaml.org,2002:", "!!")
    return TextProblem(
        place,
        tr("unknown tag `{written}`", written=written),
        tr("put text that begins with `!` in quotes; tags are not used"),
    )
