"""Slips of an input method: full-width signs where YAML has those of ASCII, and the text with the ASCII ones put in.

A slip counts where its repair lets YAML read further, or where the format has no such sign. So the texts of prompts,
titles and notes, in which these signs are proper, never have one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wanflow.characters import INVISIBLE, ascii_sign, named, with_ascii_signs
from wanflow.messages import tr
from wanflow.patterns import pattern
from wanflow.yamldoc.nodes import TextNode

SPACE = "[\xa0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]"
"""Spaces that are none for YAML."""

_COLONS = "：﹕︰∶"
_DASHES = "－—–−―"
_OPEN, _CLOSE = "｛﹛【〔［﹝", "｝﹜】〕］﹞"
_QUOTES = "“”„‟＂〝〞「」『』‘’＇"
_KEY = rf"[^\s{_COLONS}:，,、;；。!！?？{{}}\[\]{_OPEN}{_CLOSE}\"'{_QUOTES}#＃&*|>%@`]{{1,60}}"
_DASH = pattern(rf"(?P<dash>[-{_DASHES}])(?:(?P<space>{SPACE})|[ ]+|$)")
_ENTRY = pattern(
    rf"(?P<key>{_KEY})[ ]*(?:(?P<colon>[{_COLONS}]|；(?=\s*$))|:(?P<space>{SPACE})|(?P<close>:)(?=[^\s:/]))"
)
_IN_FLOW = pattern(
    rf"(?:^|(?P<comma>[，、](?=\s*[a-zＡ-Ｚａ-ｚ])|(?<=[}}\]\"'{_CLOSE}])[，、])|[{{,{_OPEN}])\s*"
    rf"(?P<key>{_KEY})[ ]*(?:(?P<colon>[{_COLONS}])|:(?=\s))"
)
_HIDDEN = pattern(rf"(?P<comma>[，、；])\s*(?P<key>{_KEY})[ ]*(?P<colon>[{_COLONS}])\s*(?P<value>\S?)")
_QUOTED = pattern(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_PLAIN_ENTRY = pattern(rf"{_KEY}:[ ]+")
_INDENT = pattern(rf"(?:[ ]|{SPACE})*")
_SPACES = pattern(f"{SPACE}+")
_VALUE = pattern(rf"\s*(?:-[ ]+)*(?:{_KEY}:[ ]+)?(?P<value>\S.*\S)")
_CLOSING_QUOTE = pattern(rf"[{_QUOTES}](?=\s*(?:[,，}}\]{_CLOSE}]|$))")
_INNER = pattern(rf"(?<=[:,{{\[])[{_OPEN}]|(?<=[:,] )[{_OPEN}]|[{_CLOSE}](?=\s*(?:[,，}}\]{_CLOSE}]|$))")
_BLOCK = pattern("(?<=: )[>|＞｜][-+－＋]?$")
_HASH = pattern(r"(?<!\S)＃")
_CLOSE_DASH = pattern(r"[ ]*(?P<dash>-)(?=[^\s-])")
_WIDE_WORD = pattern("[０-９Ａ-Ｚａ-ｚ]+(?:[．。：∶／＊][０-９Ａ-Ｚａ-ｚ]+)*")
"""A word or a number, also a decimal or a ratio: `０．５`, `１６：９`."""
_MEASURES = pattern(r"[0-9]+([*x])[0-9]+")
_TIMES = pattern("(?<=[0-9０-９])[＊ｘＸ](?=[0-9０-９])")
_KINDS = {
    ":": tr("colon"),
    ",": tr("comma"),
    ";": tr("semicolon"),
    "-": tr("dash"),
    "#": tr("hash"),
    "$": tr("dollar sign"),
    ".": tr("full stop"),
    "/": tr("slash"),
    "[": tr("bracket"),
    "]": tr("bracket"),
    "{": tr("brace"),
    "}": tr("brace"),
    '"': tr("quote"),
    "'": tr("quote"),
    "\\": tr("backslash"),
    "(": tr("parenthesis"),
    ")": tr("parenthesis"),
    "*": tr("star"),
    "=": tr("equals sign"),
    "+": tr("plus"),
    "%": tr("percent sign"),
}


@dataclass(frozen=True, slots=True, order=True)
class Slip:
    """Signs at a place of a text, counted from 0, and the ones that were meant; or a key in another language."""

    line: int
    column: int
    written: str
    meant: str

    @property
    def message(self) -> str:
        """What is wrong."""
        if INVISIBLE.match(self.written):
            name = named(self.written[0])
            if self.meant:
                return tr("{name} is not a space in YAML", name=name)
            return tr("{name} does not belong here", name=name)
        if self.written in {":", "-"}:
            return tr("no space follows this `{sign}`", sign=self.written)
        if len(self.written) > 1:
            return (
                tr("`{written}` is full-width", written=self.written)
                if _WIDE_WORD.fullmatch(self.written)
                else tr("unknown key `{written}`", written=self.written)
            )
        kind = _KINDS.get(ascii_sign(self.written) or "", tr("sign"))
        if self.written.isdecimal() or self.written.isalpha():
            kind = tr("digit") if self.written.isdecimal() else tr("letter")
        return tr("`{written}` is a full-width {kind}", written=self.written, kind=kind)

    @property
    def hint(self) -> str:
        """What to write."""
        if not self.meant:
            return tr("delete it")
        if self.meant.isspace():
            return tr("use ordinary spaces")
        if self.meant in {": ", "- "}:
            return tr("write `{meant}` with a space", meant=self.meant)
        return tr("write `{meant}`", meant=self.meant)


class RepairedText:
    """A text with its slips repaired, and the way back to the columns of the text as it is written."""

    def __init__(self, lines: Sequence[str], slips: Iterable[Slip]) -> None:
        self._slips: dict[int, list[Slip]] = {}
        for slip in sorted(set(slips)):
            self._slips.setdefault(slip.line, []).append(slip)
        repaired = list(lines)
        for number, found in self._slips.items():
            for slip in reversed(found):
                line = repaired[number]
                repaired[number] = line[: slip.column] + slip.meant + line[slip.column + len(slip.written) :]
        self.text = "\n".join(repaired)

    def written_at(self, line: int, column: int) -> tuple[int, int]:
        """A position as it is written."""
        if line not in self._slips:
            return line, column
        more = 0
        for slip in self._slips[line]:
            if column < slip.column + more + len(slip.meant):
                return line, min(column - more, slip.column + len(slip.written) - 1)
            more += len(slip.meant) - len(slip.written)
        return line, column - more


def slips_of_words(text: str, line: int, column: int) -> Iterator[Slip]:
    """Every slip in a text at a place where the format takes no full-width sign: a key, a name, a number, a choice."""
    at = 0
    while at < len(text):
        word = _WIDE_WORD.match(text, at)
        written = word[0] if word else text[at]
        meant = "".join(ascii_sign(sign) or sign for sign in written)
        if INVISIBLE.fullmatch(written):
            inside = 0 < at < len(text) - 1 and written.isspace()
            meant = " " if inside else ""
        if meant != written:
            yield Slip(line, column + at, written, meant)
        at += len(written)


def slips_of_value(text: str, line: int, column: int, known: Sequence[str]) -> Iterator[Slip]:
    """The slips in a number or a choice; `known` are some right values, whose case and sign of times are meant."""
    times = next((found[1] for found in map(_MEASURES.fullmatch, known) if found is not None), None)
    repaired = with_ascii_signs(text if times is None else _TIMES.sub(times, text))
    repaired = next((each for each in known if each.lower() == repaired.lower()), repaired)
    for slip in slips_of_words(text, line, column):
        at = slip.column - column
        if slip.meant in {";", ",", "."} and at == len(text) - 1:
            yield replace(slip, meant="")  # the end of a sentence
            continue
        yield slip if slip.meant in {"", " "} else replace(slip, meant=repaired[at : at + len(slip.written)])


def slips_of_name(text: str, line: int, column: int, among: str = "") -> Iterator[Slip]:
    """The slips in a key or a name: letters, digits, dashes, spaces, quotes around it, and the signs in `among`.

    What else it has is not mended by an ASCII sign: no name has one of them.
    """
    for slip in slips_of_words(text, line, column):
        outer = slip.column == column or slip.column + len(slip.written) == column + len(text)
        in_name = "".join(slip.meant.split()).replace("-", "").replace("_", "")
        if not in_name or in_name.isalnum() or in_name in among or (outer and in_name in "\"'[]{}"):
            yield slip


def structural(lines: Sequence[str], number: int, begin: int = 0) -> Iterator[Slip]:
    """What may be slips in the structure of a line from a column on: indent, dashes, key, colon and brackets."""
    line, at = lines[number], begin
    indent = _INDENT.match(line, at)
    if indent is not None and begin == 0:
        yield from (Slip(number, run.start(), run[0], " " * len(run[0])) for run in _SPACES.finditer(indent[0]))
        at = indent.end()
    while (dash := _DASH.match(line, at)) is not None:
        if dash["dash"] != "-":
            yield Slip(number, at, dash["dash"], "-")
        if dash["space"] is not None:
            yield Slip(number, dash.start("space"), dash["space"], " ")
        at = dash.end()
    entry = _ENTRY.match(line, at)
    if entry is not None:
        yield from slips_of_name(entry["key"], number, at)
        if entry["colon"] is not None:
            yield Slip(number, entry.start("colon"), entry["colon"], ": ")
        elif entry["space"] is not None:
            yield Slip(number, entry.start("space"), entry["space"], " ")
        elif not entry["key"].isdigit():
            yield Slip(number, entry.start("close"), ":", ": ")
        at = entry.end()
    elif (plain := _PLAIN_ENTRY.match(line, at)) is not None:
        at = plain.end()
    while line[at : at + 1].isspace():
        at += 1
    if line[at : at + 1] in {*_OPEN, "{", "["}:
        yield from _flow(line.rstrip(), number, at)


def _flow(line: str, number: int, at: int) -> Iterator[Slip]:
    """What may be slips in a value that begins with a bracket: the two at its ends, and what separates its entries."""
    for column in (at, len(line) - 1):
        if line[column] in _OPEN + _CLOSE:
            yield Slip(number, column, line[column], ascii_sign(line[column]) or "")
    hidden = _QUOTED.sub(lambda quoted: '"' * len(quoted[0]), line)
    if line[at] in "【〔［﹝":
        commas = (sign for sign in re.finditer("[，、]", hidden) if sign.start() > at)
        yield from (Slip(number, sign.start(), sign[0], ",") for sign in commas)
    else:
        yield from _entries(hidden[at + 1 :], number, at + 1)


def _entries(text: str, line: int, column: int) -> Iterator[Slip]:
    """What may be slips around the keys of a mapping in braces; a comma of a text is followed by no key."""
    for entry in _IN_FLOW.finditer(text):
        if entry["comma"] is not None:
            yield Slip(line, column + entry.start("comma"), entry["comma"], ",")
        yield from slips_of_name(entry["key"], line, column + entry.start("key"))
        if entry["colon"] is not None:
            yield Slip(line, column + entry.start("colon"), entry["colon"], ": ")


def slips_of_entries(text: str, line: int, column: int) -> Iterator[Slip]:
    """The slips in a key without a value: those between entries of a mapping in braces, otherwise those of a name."""
    yield from [*_entries(text, line, column)] or slips_of_name(text, line, column)


def may_hide_entries(lines: Sequence[str]) -> bool:
    """Whether a file may have entries of mappings in braces that are read as a part of the text before them."""
    return _HIDDEN.search("\n".join(lines)) is not None


def hidden_entries(text: TextNode, keys: Mapping[str, bool]) -> Iterator[Slip]:
    """The slips around entries of a mapping in braces that are read as a part of the text before them.

    `keys` are those that the mapping may have, each with whether a text of that name is always a key. Others may be
    words of a prompt, as in `，比例：匀称`: they are keys where a number follows.
    """
    for entry in _HIDDEN.finditer(text.text):
        sure = keys.get(with_ascii_signs(entry["key"]))
        if sure or (sure is not None and entry["value"].isdecimal()):
            comma, key, colon = (text.place_of(entry.start(part)) for part in ("comma", "key", "colon"))
            yield Slip(comma.line - 1, comma.column - 1, entry["comma"], ",")
            yield from slips_of_name(entry["key"], key.line - 1, key.column - 1)
            yield Slip(colon.line - 1, colon.column - 1, entry["colon"], ": ")


def groups(lines: Sequence[str], number: int) -> Iterator[Sequence[Slip]]:
    """Groups of what may be slips in a line that YAML cannot read, the likeliest first."""
    line = lines[number]
    found = [*structural(lines, number)]
    yield [slip for slip in found if slip.written.isspace()]
    yield found
    yield [Slip(number, sign.start(), sign[0], "#") for sign in _HASH.finditer(line)]
    block = _BLOCK.search(line)
    yield [*slips_of_words(block[0], number, block.start())] if block is not None else []
    ends = [value.span("value") for value in [_VALUE.match(line)] if value is not None]
    for begin, end in ends:
        quotes = [Slip(number, at, line[at], '"') for at in (begin, end - 1) if line[at] in _QUOTES]
        if line[begin] in f"\"'{_QUOTES}" and line[end - 1] in f"\"'{_QUOTES}":
            yield quotes
    yield from ([*found, Slip(number, sign.start(), sign[0], '"')] for sign in _CLOSING_QUOTE.finditer(line))
    inner = [Slip(number, sign.start(), sign[0], ascii_sign(sign[0]) or "") for sign in _INNER.finditer(line)]
    yield from ([*found, each] for each in inner)
    yield [*found, *inner]
    dash = _CLOSE_DASH.match(line)
    yield [Slip(number, dash.start("dash"), "-", "- ")] if dash is not None else []
