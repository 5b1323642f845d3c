"""`${name}` in values: vars everywhere, cast members in prompts (format.md, Interpolation)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from wanflow.spec.problem import Problem
from wanflow.yamlvalue import Mapping as Table
from wanflow.yamlvalue import Node, Scalar, Sequence

CAST_OPEN, CAST_CLOSE = "\ue000", "\ue001"
"""Around a cast name in a prompt until its identifier is known; private characters that no author types."""

_PATTERN = re.compile(r"\$\$|\$\{([^{}]*)\}|\$\{")
_NAME = re.compile(r"(?P<name>[^:{}$]+)(?::(?P<kind>[-?])(?P<rest>.*))?", re.DOTALL)


@dataclass(slots=True)
class Names:
    """What `${…}` may stand for, and the problems found while filling it in."""

    vars: Mapping[str, Scalar]
    cast: frozenset[str]
    problems: list[Problem] = field(default_factory=list)

    def fill(self, node: Node, *, prompt: bool = False) -> Node:
        """The node with its names filled in; keys are never touched."""
        match node:
            case Table(pairs, place):
                return Table(tuple((key, self._entry(key, value)) for key, value in pairs), place)
            case Sequence(items, place):
                return Sequence(tuple(self.fill(item, prompt=prompt) for item in items), place)
            case Scalar(value) if isinstance(value, str) and "$" in value:
                return self._scalar(node, value, prompt=prompt)
            case _:
                return node

    def _entry(self, key: Scalar, value: Node) -> Node:
        return value if key.words.startswith("x-") else self.fill(value, prompt=key.words == "prompt")

    def _scalar(self, scalar: Scalar, text: str, *, prompt: bool) -> Scalar:
        whole = _PATTERN.fullmatch(text)
        name = whole.group(1) or "" if whole else ""
        if name in self.vars and name not in self.cast:
            known = self.vars[name]
            return Scalar(known.value, known.words, scalar.place)
        filled = _PATTERN.sub(lambda match: self._value(match, scalar, prompt=prompt), text)
        return Scalar(filled, filled, scalar.place)

    def _value(self, match: re.Match[str], scalar: Scalar, *, prompt: bool) -> str:
        if match.group() == "$$":
            return "$"
        parts = _NAME.fullmatch(match.group(1) or "")
        if match.group(1) is None:
            self._report(scalar, "a `${` is nested or never closed", "write `${name}`, or `$$` for a dollar sign")
            return ""
        if parts is None:
            self._report(scalar, f"`{match.group()}` is no name", "write `${name}`, or `$$` for a dollar sign")
            return ""
        return self._named(parts, scalar, prompt=prompt)

    def _named(self, parts: re.Match[str], scalar: Scalar, *, prompt: bool) -> str:
        name, kind, rest = parts["name"].strip(), parts["kind"], parts["rest"]
        if name in self.cast and name in self.vars:
            self._report(scalar, f"`{name}` is both a cast member and a var", "rename one of them")
        elif name in self.cast and prompt:
            return f"{CAST_OPEN}{name}{CAST_CLOSE}"
        elif name in self.cast:
            self._report(scalar, f"`{name}` is a cast member, and those stand in `prompt` only", None)
        elif name in self.vars:
            return self.vars[name].words
        elif kind == "-":
            return rest or ""
        else:
            self._report(scalar, self._unknown(name, kind, rest, prompt=prompt), self._near(name, prompt=prompt))
        return f"${{{name}}}"  # a value, so that nobody finds it empty as well

    def _unknown(self, name: str, kind: str | None, rest: str | None, *, prompt: bool) -> str:
        if kind == "?" and rest:
            return f"`{name}` is not set: {rest}"
        return f"`{name}` is neither a cast member nor a var" if prompt else f"`{name}` is no var"

    def _near(self, name: str, *, prompt: bool) -> str:
        known = [*self.vars, *(self.cast if prompt else ())]
        near = difflib.get_close_matches(name, known, n=1)
        return f"did you mean `${{{near[0]}}}`?" if near else f"define `{name}` under `vars`"

    def _report(self, scalar: Scalar, message: str, hint: str | None) -> None:
        self.problems.append(Problem(scalar.place, message, hint))
