"""`${name}` in values: vars everywhere, cast members in prompts (format.md, Interpolation)."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Container, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import field, replace
from typing import TypeVar, cast

from wanflow.characters import hint_for_invisible
from wanflow.language.problem import Problem, Severity
from wanflow.messages import joined, tr
from wanflow.patterns import pattern
from wanflow.records import immutable, mutable
from wanflow.suggest import Known, nearest
from wanflow.yamldoc.nodes import Interpolated, ListNode, MapNode, Node, Place, TextNode, scalar

CAST_OPEN, CAST_CLOSE = "\ue000", "\ue001"
"""Markers around a cast name in a prompt until its identifier is known; private characters that no author types."""

MAX_FILLED = 20_000
"""Maximum characters that names add to a text; no model takes as many."""

MAX_FILLED_IN_ALL = 40_000_000
"""Maximum characters of all texts of a production into which names are filled."""

MAX_NAME = 200
"""Maximum characters of a name that is looked for where it is not marked as one."""

_PATTERN = pattern(r"\$\$|\$\{([^{}]*)\}|\$\{")
_NAME = pattern(r"(?P<name>[^:{}$]+)(?::(?P<kind>[-?])(?P<rest>.*))?", re.DOTALL)
_SIGN = pattern(r"[$＄﹩￥¥{｛﹛]")
"""The beginning of what may be a name: a dollar sign or a brace, also as an input method types them."""
_SLIP = pattern(
    r"(?P<escaped>\$\$)|(?P<dollar>[$＄﹩￥¥])(?P<open>[{｛﹛])(?P<name>\s*[^\s{}｛｝﹛﹜$＄﹩￥¥][^{}｛｝﹛﹜$＄﹩￥¥\n]*)(?P<close>[}｝﹜])"
)
_OTHER_FORM = pattern(
    r"\$\$(?:\{[^{}]*\})?|\$\{[^{}]*\}|(?:\{\{\s*(?P<double>[^{}$\s]+)\s*\}\}|\$[(（](?P<round>[^(){}$\s（）]+)[)）]"
    r"|[{｛﹛](?P<braced>[^{}｛｝﹛﹜$\s]+)[}｝﹜])|[$＄﹩￥¥](?P<bare>[^\W\d][\w-]*)"
)
_MARKED = pattern(f"{CAST_OPEN}([^{CAST_CLOSE}]*){CAST_CLOSE}")
_HOW_TO_WRITE = tr("write `${name}`, or `$$` for a dollar sign")


@immutable
class NotText:
    """Why a known name has no text, and what to write instead."""

    why: str
    hint: str


@mutable
class Room:
    """Characters that may still be made by filling in names; what is written once may be copied for each shot."""

    left: int = MAX_FILLED_IN_ALL

    def take(self, characters: int) -> bool:
        """Whether there was room for a text; after one that did not fit nothing does."""
        fits = characters <= self.left
        self.left = self.left - characters if fits else 0
        return fits


@immutable
class Names:
    """The meaning of `${…}` in one place; problems found while filling it in are added to `problems`.

    `vars` are values by name, those in `given` from the command line. `cast` maps the names that cast members have
    here to those of the production, or to None for one that was left out. `not_text` are known names without a text.
    `pipeline` is set where only a pipeline's inputs are known. `room` is that of the whole production. `former`: texts
    are those that earlier versions of wanflow read.
    """

    vars: Mapping[str, TextNode]
    cast: Mapping[str, str | None]
    problems: list[Problem] = field(default_factory=list)
    given: frozenset[str] = frozenset()
    not_text: Mapping[str, NotText] = field(default_factory=dict)
    pipeline: str | None = None
    room: Room = field(default_factory=Room, compare=False)
    former: bool = False

    def extended(self, values: Mapping[str, TextNode], not_text: Mapping[str, NotText]) -> Names:
        """The same names and the values of a matrix."""
        return replace(self, vars=layered(values, self.vars), not_text=layered(not_text, self.not_text))

    def knows(self, name: str) -> bool:
        """Whether a name has a meaning already."""
        return name in self.vars or name in self.cast or name in self.not_text

    def fill(self, node: Node, *, prompt: bool = False) -> Node:
        """The node with its names filled in, except in keys. A `prompt` may name cast members."""
        match node:
            case MapNode(pairs, place):
                return MapNode(tuple((key, self.entry(key, value)) for key, value in pairs), place)
            case ListNode(items, place):
                return ListNode(tuple(self.fill(item, prompt=prompt) for item in items), place)
            case TextNode(value) if isinstance(value, str) and _SIGN.search(value):
                if not value.isascii() and (slips := [*full_width_forms(node)]):
                    self.problems.extend(slips)
                    value = self._corrected(value)
                    node = replace(node, value=value, former=None, broken=True)
                self.problems.extend(other_forms(node, self.vars, self.cast if prompt else ()))
                return self._scalar(node, value, prompt=prompt) if "$" in value else node
            case _:
                return node

    def _corrected(self, text: str) -> str:
        """A text of the same length whose slips are mended, so that nothing else is told of them.

        An unknown name becomes text.
        """

        def mended(match: re.Match[str]) -> str:
            if not _is_slip(match):
                return match.group()
            known = self.knows(match["name"].partition(":")[0].strip())
            return f"${{{match['name']}}}" if known else f"  {match['name']} "

        return _SLIP.sub(mended, text)

    def entry(self, key: TextNode, value: Node) -> Node:
        """The value of a key with its names filled in."""
        return value if key.string.startswith("x-") else self.fill(value, prompt=key.string == "prompt")

    def _scalar(self, written: TextNode, text: str, *, prompt: bool) -> TextNode:
        whole = _PATTERN.fullmatch(text)
        name = whole.group(1) or "" if whole else ""
        if name in self.vars and not (prompt and name in self.cast):  # one `${name}` alone keeps its value's type
            known = self.vars[name]
            origin = self._origins(name)
            filled = TextNode(
                known.value, known.string, written.place, filled=origin, former=known.former, written=written
            )
        elif whole is not None and not prompt and (default := self._typed_default(name)) is not None:
            filled = replace(scalar(default, written.place), plain=written.plain)
        else:
            origins: list[Interpolated] = []
            before = len(self.problems)
            string = self._text(text, written, origins, prompt=prompt)
            broken = written.broken or len(self.problems) > before
            former = self._former_text(written, origins, prompt=prompt)
            names = tuple(dict.fromkeys(origins))
            filled = TextNode(
                string, string, written.place, filled=names, former=former, broken=broken, written=written
            )
        marked = None if prompt else _MARKED.search(filled.string)
        if marked is None:
            return filled
        # a cast member came in through an input or a matrix, where only a prompt may name one
        self._report(filled, tr("`{marked}` is a cast member: only `prompt` may name one", marked=marked[1]), None)
        string = strip_cast_markers(filled.string)
        return replace(filled, value=string, text=string)

    def _former_text(self, written: TextNode, origins: Sequence[Interpolated], *, prompt: bool) -> str | None:
        """The text as earlier versions filled it in; None where neither it nor a value in it was another one."""
        known = (self.vars.get(origin.name) for origin in origins)
        if self.former or (written.former is None and all(value is None or value.former is None for value in known)):
            return None
        earlier = replace(self, problems=[], room=Room(), former=True)
        filled = earlier.fill(replace(written, value=written.former_string, former=None), prompt=prompt)
        return filled.string if isinstance(filled, TextNode) else None

    def _typed_default(self, whole: str) -> str | None:
        """The default of an unknown name, `${seconds:-4}`, which has a type like any value of YAML."""
        parts = _NAME.fullmatch(whole)
        if parts is None or parts["kind"] != "-" or not parts["rest"]:
            return None
        name = parts["name"].strip()
        return None if self.knows(name) and not self._is_left_out(name) else parts["rest"]

    def _text(self, text: str, written: TextNode, origins: list[Interpolated], *, prompt: bool) -> str:
        """A text with its names filled in; the text as written, and a problem, where that makes it too long."""
        parts: list[str] = []
        added = end = 0
        for match in _PATTERN.finditer(text):
            value = self._value(match, written, origins, prompt=prompt)
            added += len(value)
            if added > MAX_FILLED:
                message = tr("names add more than {max_filled} characters to the text", max_filled=MAX_FILLED)
                self._report(written, message, tr("no model takes as many: shorten their values"))
                return text
            parts += [text[end : match.start()], value]
            end = match.end()
        if not self.room.left:
            return text
        if not self.room.take(len(text) + added):
            message = tr(
                "names make texts of more than {max_filled_in_all} characters in all",
                max_filled_in_all=MAX_FILLED_IN_ALL,
            )
            self._report(written, message, tr("shorten their values, or split the production"))
            return text
        return "".join((*parts, text[end:]))

    def _origins(self, name: str) -> tuple[Interpolated, ...]:
        known = self.vars[name]
        return (Interpolated(name, None if name in self.given else known.place), *known.filled)

    def _value(self, match: re.Match[str], written: TextNode, origins: list[Interpolated], *, prompt: bool) -> str:
        if match.group() == "$$":
            return "$"
        parts = _NAME.fullmatch(match.group(1) or "")
        if parts is None:
            unclosed = match.group(1) is None
            message = (
                tr("a `${` is nested or never closed")
                if unclosed
                else tr("`{name}` is not a valid name", name=match.group())
            )
            self._report(written, message, _HOW_TO_WRITE, match.start())
            return ""
        return self._named(parts, match.start(), written, origins, prompt=prompt)

    def _named(
        self, parts: re.Match[str], at: int, written: TextNode, origins: list[Interpolated], *, prompt: bool
    ) -> str:
        name, kind, rest = parts["name"].strip(), parts["kind"], parts["rest"]
        left_out = self._is_left_out(name)
        if left_out and kind == "?":
            self._report(written, tr("`{name}` is not set: {rest}", name=name, rest=rest), None, at)
        if left_out or not self.knows(name):
            default = rest or "" if kind == "-" else ""
            if left_out or kind == "-":
                return default
        elif name in self.cast and prompt:
            return f"{CAST_OPEN}{self.cast[name]}{CAST_CLOSE}"
        elif name in self.vars:
            origins += self._origins(name)
            return self.vars[name].former_string if self.former else self.vars[name].string
        self._report(written, *self._why_unusable(name, rest if kind == "?" else None, prompt=prompt), at)
        return f"${{{name}}}"  # not empty, so that no second problem says that the value is

    def _is_left_out(self, name: str) -> bool:
        """Whether the name is an input of a pipeline that was given nothing."""
        if name in self.cast:
            return self.cast[name] is None
        return name in self.vars and self.vars[name].value is None

    def _why_unusable(self, name: str, required: str | None, *, prompt: bool) -> tuple[str, str | None]:
        """The message and hint for a name without a text; `required` is the message of `${name:?message}`."""
        if name in self.cast:
            return tr("`{name}` is a cast member: only `prompt` may name one", name=name), None
        if name in self.not_text:
            return self.not_text[name].why, self.not_text[name].hint
        whole, dot, part = name.partition(".")
        tables = (*_layers(self.vars), *([self.cast] if prompt else ()))
        near = nearest(name, [found for table in tables if (found := nearest(name, table)) is not None])
        where = "vars" if self.pipeline is None else "inputs"
        hint: str = (
            tr("did you mean `${{{near}}}`?", near=near)
            if near is not None
            else tr("define `{name}` under `{where}`", name=name, where=where)
        )
        hint = hint_for_invisible(name) or hint
        if "：" in name and self.knows(name.partition("：")[0].strip()):
            hint = tr("write `:` for `：`")
        has_no_parts = bool(dot) and whole in self.vars
        if has_no_parts:
            hint = tr("write each value as `{{key: …, {part}: …}}`", part=part)
        if required:
            return tr("`{name}` is not set: {required}", name=name, required=required), hint
        if has_no_parts:
            return tr("this value of `{whole}` has no parts", whole=whole), hint
        if self.pipeline is not None:
            return tr("the pipeline `{pipeline}` has no input `{name}`", pipeline=self.pipeline, name=name), hint
        return tr("no cast member or var `{name}`", name=name) if prompt else tr("no var `{name}`", name=name), hint

    def _report(self, written: TextNode, message: str, hint: str | None, at: int | None = None) -> None:
        """Tell a problem of a text, or of what is at an index of it."""
        place = written.place if at is None else _marked_at(written, written.place_of(at))
        self.problems.append(Problem(place, message, hint))


def full_width_forms(written: TextNode) -> Iterator[Problem]:
    """Errors of `${name}` with a sign of an input method, such as `＄`, `￥`, `｛` and `｝`."""
    for match in _slips(written.string):
        slips = [(sign, ascii_sign) for sign, ascii_sign in zip(match.group(2, 3, 5), "${}", strict=True)]
        typed = joined(
            tr(" and "),
            (
                tr("`{ascii_sign}` for `{sign}`", ascii_sign=ascii_sign, sign=sign)
                for sign, ascii_sign in slips
                if sign != ascii_sign
            ),
        )
        message = tr("`{form}` is not filled in", form=match.group())
        hint = tr("write `{meant}`, with {typed}", meant=_meant(match), typed=typed)
        yield Problem(written.place_of(match.start()), message, hint)


def _slips(text: str) -> Iterator[re.Match[str]]:
    return filter(_is_slip, _SLIP.finditer(text))


def _is_slip(match: re.Match[str]) -> bool:
    return not match["escaped"] and match.group(2, 3, 5) != ("$", "{", "}")


def _meant(match: re.Match[str]) -> str:
    return f"${{{match['name'].strip()}}}"


def other_forms(written: TextNode, *known: Container[str]) -> Iterator[Problem]:
    """Warnings of `$name`, `{name}`, `{{name}}` and `$(name)` of a known name, which stay as they are."""
    for match in _OTHER_FORM.finditer(written.string):
        enclosed = match["double"] or match["round"] or match["braced"]
        name = _name_at_start(enclosed or match["bare"] or "", known)
        if name is None or (enclosed and name != enclosed):
            continue
        form = match.group() if enclosed else f"{match.group()[0]}{name}"
        message, hint = tr("`{form}` is not filled in", form=form), tr("did you mean `${{{name}}}`?", name=name)
        place = _marked_at(written, written.place_of_words(form, match.start()))
        yield Problem(place, message, hint, Severity.WARNING)


def _marked_at(written: TextNode, sign: Place) -> Place:
    """A wrong value is marked at its first character; a text over several lines at the wrong sign, which may be far."""
    return written.place if sign.line == written.place.line else sign


def _name_at_start(word: str, known: Sequence[Container[str]]) -> str | None:
    """The longest known name that a word begins with: all of it, or as far as a character that is not ASCII."""
    ends = (end for end in range(min(len(word), MAX_NAME), 0, -1) if end == len(word) or not word[end].isascii())
    return next((word[:end] for end in ends if any(word[:end] in names for names in known)), None)


def strip_cast_markers(text: str) -> str:
    """A text with plain cast names."""
    return _MARKED.sub(lambda match: match[1], text)


def not_nested(name: str, value: Node) -> Problem | None:
    """The problem of a var, or of a default, that itself has a `${…}` in it; None where it has not."""
    if not isinstance(value, TextNode) or ("${" not in value.string and not any(_slips(value.string))):
        return None
    return Problem(
        value.place, tr("`{name}` cannot use `${{…}}`: names do not nest", name=name), tr("write the text itself")
    )


Layered = TypeVar("Layered")


def layered(inner: Mapping[str, Layered], outer: Mapping[str, Layered]) -> Mapping[str, Layered]:
    """The values of both, those of `inner` first; nothing is copied, since thousands of shots may share `outer`."""
    return cast("Mapping[str, Layered]", ChainMap(*(layer for table in (inner, outer) for layer in _layers(table))))


def _layers(table: Mapping[str, Layered]) -> Sequence[MutableMapping[str, Layered]]:
    """The tables of which one is made; only `layered` makes one of several, and nothing is ever added to any."""
    return table.maps if isinstance(table, ChainMap) else (cast("MutableMapping[str, Layered]", table),)


def values_of(table: MapNode | None, given: Mapping[str, TextNode]) -> Known[TextNode]:
    """The vars of a table by name; those of the command line take precedence."""
    pairs = table.entries if table is not None else ()
    written = {key.string: value for key, value in pairs if isinstance(value, TextNode)}
    return Known((name, given.get(name, value)) for name, value in written.items())
