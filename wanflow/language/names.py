"""`${name}` in values: vars everywhere, cast members in prompts (format.md, Interpolation)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from wanflow.language.problem import Problem
from wanflow.suggest import nearest
from wanflow.yamldoc.nodes import Interpolated, ListNode, MapNode, Node, TextNode, scalar

CAST_OPEN, CAST_CLOSE = "\ue000", "\ue001"
"""Around a cast name in a prompt until its identifier is known; private characters that no author types."""

LONGEST_FILLED = 20_000
"""Characters that names may add to a text; no model takes as many."""

_PATTERN = re.compile(r"\$\$|\$\{([^{}]*)\}|\$\{")
_NAME = re.compile(r"(?P<name>[^:{}$]+)(?::(?P<kind>[-?])(?P<rest>.*))?", re.DOTALL)
_MARKED = re.compile(f"{CAST_OPEN}([^{CAST_CLOSE}]*){CAST_CLOSE}")


@dataclass(frozen=True, slots=True)
class NotText:
    """Why a name that is known has no words of its own, and what to write instead."""

    why: str
    hint: str


@dataclass(frozen=True, slots=True)
class Names:
    """What `${…}` may stand for in one place; problems found while filling it in are added to `problems`.

    `vars` are values by name, those in `given` from the command line. `cast` are the cast members that may be named
    here, by the name that they have here; None for one that was left out. `pipeline` is set where only a pipeline's
    inputs are known.
    """

    vars: Mapping[str, TextNode]
    cast: Mapping[str, str | None]
    problems: list[Problem] = field(default_factory=list)
    given: frozenset[str] = frozenset()
    not_text: Mapping[str, NotText] = field(default_factory=dict)
    pipeline: str | None = None

    def extended(self, values: Mapping[str, TextNode], not_text: Mapping[str, NotText]) -> Names:
        """The same, with the values of a matrix."""
        return replace(self, vars={**self.vars, **values}, not_text={**self.not_text, **not_text})

    def knows(self, name: str) -> bool:
        """Whether a name has a meaning already."""
        return name in self.vars or name in self.cast or name in self.not_text

    def fill(self, node: Node, *, prompt: bool = False) -> Node:
        """The node with its names filled in; keys are never touched. Cast members may be named where `prompt`."""
        match node:
            case MapNode(pairs, place):
                return MapNode(tuple((key, self.entry(key, value)) for key, value in pairs), place)
            case ListNode(items, place):
                return ListNode(tuple(self.fill(item, prompt=prompt) for item in items), place)
            case TextNode(value) if isinstance(value, str) and "$" in value:
                return self._scalar(node, value, prompt=prompt)
            case _:
                return node

    def entry(self, key: TextNode, value: Node) -> Node:
        """The value of a key with its names filled in."""
        return value if key.string.startswith("x-") else self.fill(value, prompt=key.string == "prompt")

    def _scalar(self, written: TextNode, text: str, *, prompt: bool) -> TextNode:
        whole = _PATTERN.fullmatch(text)
        name = whole.group(1) or "" if whole else ""
        if name in self.vars and name not in self.cast:
            known = self.vars[name]
            filled = TextNode(known.value, known.string, written.place, filled=self._origins(name))
        elif whole is not None and not prompt and (default := self._default(name)) is not None:
            filled = replace(scalar(default, written.place), plain=written.plain)
        else:
            origins: list[Interpolated] = []
            string = self._text(text, written, origins, prompt=prompt)
            filled = TextNode(string, string, written.place, filled=tuple(dict.fromkeys(origins)))
        return filled if prompt else self._without_cast(filled)

    def _default(self, whole: str) -> str | None:
        """What stands for a name that nothing is known of, `${seconds:-4}`; it has a type, like any value of YAML."""
        parts = _NAME.fullmatch(whole)
        if parts is None or parts["kind"] != "-" or not parts["rest"]:
            return None
        name = parts["name"].strip()
        return None if self.knows(name) and not self._is_left_out(name) else parts["rest"]

    def _text(self, text: str, written: TextNode, origins: list[Interpolated], *, prompt: bool) -> str:
        """A text with its names filled in; as it is written, and a problem, where that makes far too much of it."""
        parts: list[str] = []
        added = end = 0
        for match in _PATTERN.finditer(text):
            value = self._value(match, written, origins, prompt=prompt)
            added += len(value)
            if added > LONGEST_FILLED:
                message = f"names add more than {LONGEST_FILLED} characters to the text"
                self._report(written, message, "no model takes as many: shorten what they stand for")
                return text
            parts += [text[end : match.start()], value]
            end = match.end()
        return "".join((*parts, text[end:]))

    def _without_cast(self, filled: TextNode) -> TextNode:
        """A cast member that came in through an input or a matrix, where only a prompt may name one."""
        marked = _MARKED.search(filled.string)
        if marked is None:
            return filled
        self._report(filled, f"`{marked[1]}` is a cast member, and those stand in `prompt` only", None)
        string = strip_cast_markers(filled.string)
        return replace(filled, value=string, text=string)

    def _origins(self, name: str) -> tuple[Interpolated, ...]:
        known = self.vars[name]
        return (Interpolated(name, None if name in self.given else known.place), *known.filled)

    def _value(self, match: re.Match[str], written: TextNode, origins: list[Interpolated], *, prompt: bool) -> str:
        if match.group() == "$$":
            return "$"
        parts = _NAME.fullmatch(match.group(1) or "")
        if match.group(1) is None:
            self._report(written, "a `${` is nested or never closed", "write `${name}`, or `$$` for a dollar sign")
            return ""
        if parts is None:
            self._report(written, f"`{match.group()}` is no name", "write `${name}`, or `$$` for a dollar sign")
            return ""
        return self._named(parts, written, origins, prompt=prompt)

    def _named(self, parts: re.Match[str], written: TextNode, origins: list[Interpolated], *, prompt: bool) -> str:
        name, kind, rest = parts["name"].strip(), parts["kind"], parts["rest"]
        if self._is_left_out(name):
            return self._unset(name, kind, rest, written)
        if name in self.cast and name in self.vars:
            self._report(written, f"`{name}` is both a cast member and a var", "rename one of them")
        elif name in self.cast and prompt:
            return f"{CAST_OPEN}{self.cast[name]}{CAST_CLOSE}"
        elif name in self.cast:
            self._report(written, f"`{name}` is a cast member, and those stand in `prompt` only", None)
        elif name in self.vars:
            origins += self._origins(name)
            return self.vars[name].string
        elif name in self.not_text:
            self._report(written, self.not_text[name].why, self.not_text[name].hint)
        elif kind == "-":
            return rest or ""
        else:
            self._report(written, self._unknown(name, kind, rest, prompt=prompt), self._near(name, prompt=prompt))
        return f"${{{name}}}"  # a value, so that nobody finds it empty as well

    def _is_left_out(self, name: str) -> bool:
        """Whether an input of a pipeline was given nothing."""
        if name in self.cast:
            return self.cast[name] is None
        return name in self.vars and self.vars[name].value is None

    def _unset(self, name: str, kind: str | None, rest: str | None, written: TextNode) -> str:
        if kind == "?":
            self._report(written, f"`{name}` is not set: {rest}", None)
        return rest or "" if kind == "-" else ""

    def _unknown(self, name: str, kind: str | None, rest: str | None, *, prompt: bool) -> str:
        if kind == "?" and rest:
            return f"`{name}` is not set: {rest}"
        if self._whole_of(name) is not None:
            return f"this value of `{self._whole_of(name)}` has no parts"
        if self.pipeline is not None:
            return f"`{name}` is no input of the pipeline `{self.pipeline}`"
        return f"`{name}` is neither a cast member nor a var" if prompt else f"`{name}` is no var"

    def _near(self, name: str, *, prompt: bool) -> str:
        known = [*self.vars, *(self.cast if prompt else ())]
        if self._whole_of(name) is not None:
            return f"write each value as `{{key: …, {name.partition('.')[2]}: …}}`"
        near = nearest(name, known)
        if near is not None:
            return f"did you mean `${{{near}}}`?"
        where = "vars" if self.pipeline is None else "inputs"
        return f"define `{name}` under `{where}`"

    def _whole_of(self, name: str) -> str | None:
        """What somebody wants a part of that is known, but has none."""
        whole, dot, _ = name.partition(".")
        return whole if dot and whole in self.vars else None

    def _report(self, written: TextNode, message: str, hint: str | None) -> None:
        self.problems.append(Problem(written.place, message, hint))


def strip_cast_markers(text: str) -> str:
    """A text with plain cast names."""
    return _MARKED.sub(lambda match: match[1], text)


def not_nested(name: str, value: Node) -> Problem | None:
    """The problem of a value that is itself a name's, and has a `${…}` in it; None where it has not."""
    if not isinstance(value, TextNode) or "${" not in value.string:
        return None
    return Problem(value.place, f"`{name}` is taken as it is, without `${{…}}`", "write the words themselves")


def values_of(table: MapNode | None, given: Mapping[str, TextNode]) -> dict[str, TextNode]:
    """The vars of a table by name; those of the command line go before what is written."""
    pairs = table.pairs if table is not None else ()
    written = {
        key.string: value for key, value in pairs if isinstance(value, TextNode) and not key.string.startswith("x-")
    }
    return {name: given.get(name, value) for name, value in written.items()}
