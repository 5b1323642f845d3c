"""What a YAML syntax error means to a person: the traps of unquoted text, found in the line itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

Position = tuple[int, int]
"""Line and column, counted from 0."""

_ENTRY = re.compile(r"""[ ]*(?:-[ ]+)*(?:(?:"[^"]*"|'[^']*'|[^\s"'#\[{][^:#]*?):[ \t]+)?(?P<value>[^\s#].*)?""")
_QUOTE_IT = "put the text in quotes, or on its own lines under `>-`"
_SIGNS = "*@%!`{[&|>"


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """What the parser said: its words, where it stood, and where the thing began that it was reading."""

    problem: str
    context: str
    at: Position
    since: Position | None
    lines: tuple[str, ...]

    def line(self, number: int) -> str:
        """A line's text; empty beyond the file."""
        return self.lines[number] if 0 <= number < len(self.lines) else ""

    @property
    def sign(self) -> str:
        """The character at which the parser stood."""
        return self.line(self.at[0])[self.at[1] : self.at[1] + 1]

    @property
    def in_flow(self) -> bool:
        """Whether it happened inside `[ ]` or `{ }`."""
        return "flow" in self.context or "',' or '" in self.problem


@dataclass(frozen=True, slots=True)
class SyntaxHint:
    """The same in our words, at the character that a person has to look at."""

    at: Position
    message: str
    hint: str | None = None


def explain(fault: SyntaxFault) -> SyntaxHint:
    """The first explanation that fits; the parser's own words where none does."""
    for rule in _RULES:
        found = rule(fault)
        if found is not None:
            return found
    words = f"{fault.context}, {fault.problem}" if fault.context else fault.problem
    return SyntaxHint(fault.at, f"this is no YAML: {words}")


def value_at(line: str) -> tuple[int, str]:
    """Where the value of a `key: value` or `- value` line begins, and its text; empty where it has none."""
    found = _ENTRY.match(line)
    if found is None or found["value"] is None:
        return 0, ""
    return found.start("value"), found["value"]


def _tab(fault: SyntaxFault) -> SyntaxHint | None:
    if fault.sign != "\t":
        return None
    return SyntaxHint(fault.at, "a tab can't indent a line", "indent with blanks")


def _open_quote(fault: SyntaxFault) -> SyntaxHint | None:
    if "quoted scalar" not in fault.context or "end of stream" not in fault.problem or fault.since is None:
        return None
    return SyntaxHint(fault.since, "this quote is never closed", "a quote inside needs the other kind around it")


def _escape(fault: SyntaxFault) -> SyntaxHint | None:
    if "escape" not in fault.problem:
        return None
    return SyntaxHint(fault.at, "`\\` begins an escape that YAML doesn't know", "use single quotes, or write `\\\\`")


def _flow_variable(fault: SyntaxFault) -> SyntaxHint | None:
    line, column = fault.at
    text = fault.line(line)
    if not fault.in_flow or not text[:column].endswith("$"):
        return None
    begin = max(text.rfind(sign, 0, column - 1) for sign in ("[", "{", ",", ": ", " "))
    begin += len(text[begin + 1 :]) - len(text[begin + 1 :].lstrip()) + 1
    name = text[column - 1 :].partition("}")[0] + "}"
    return SyntaxHint((line, begin), f"`{name}` is unquoted inside `[ ]` or `{{ }}`", f'write "{name}" in quotes')


def _flow_sign(fault: SyntaxFault) -> SyntaxHint | None:
    sign = next((sign for sign in "?:" if f"'{sign}'" in fault.problem or fault.sign == sign), None)
    in_plain = "plain scalar" in fault.context and sign == ":"
    if sign is None or not (fault.in_flow or in_plain):
        return None
    return SyntaxHint(fault.at, f"`{sign}` is unquoted inside `[ ]` or `{{ }}`", "put the text in quotes")


def _full_width(fault: SyntaxFault) -> SyntaxHint | None:
    first = fault.since[0] if fault.since else fault.at[0]
    for number in dict.fromkeys((fault.at[0], first, fault.at[0] - 1)):
        column = fault.line(number).find("：")
        if column >= 0 and not value_at(fault.line(number))[1].startswith(("'", '"')):
            return SyntaxHint((number, column), "`：` is a full-width colon, not YAML's", "write `: ` with a blank")
    return None


def _cut_text(fault: SyntaxFault) -> SyntaxHint | None:
    for number in (fault.at[0] - 1, fault.since[0] if fault.since else -1):
        column, value = value_at(fault.line(number))
        if " #" in value and value[0] not in "\"'":
            return SyntaxHint((number, column), "the text is cut at ` #`: the rest is a comment", _QUOTE_IT)
    return None


def _open_flow(fault: SyntaxFault) -> SyntaxHint | None:
    if "while parsing a flow" not in fault.context or fault.since is None:
        return None
    line, column = fault.since
    behind = "\n".join((fault.line(line)[column:], *fault.lines[line + 1 :]))
    closing = {"[": "]", "{": "}"}.get(behind[:1])
    if closing is None or closing in behind:
        return None
    return SyntaxHint(fault.since, f"this `{behind[0]}` is not closed", f"add the `{closing}`")


def _sign_first(fault: SyntaxFault) -> SyntaxHint | None:
    line = fault.since[0] if fault.since and "scanning" in fault.context else fault.at[0]
    column, value = value_at(fault.line(line))
    if not value or value[0] not in _SIGNS:
        return None
    sign = "a backtick" if value[0] == "`" else f"`{value[0]}`"
    return SyntaxHint((line, column), f"an unquoted text can't begin with {sign}", _QUOTE_IT)


def _text_after_quote(fault: SyntaxFault) -> SyntaxHint | None:
    column, value = value_at(fault.line(fault.at[0]))
    if value[:1] not in {'"', "'"} or "expect" not in fault.problem:
        return None
    return SyntaxHint((fault.at[0], column), "there is more text behind the closing quote", "put all of it in quotes")


def _inner_colon(fault: SyntaxFault) -> SyntaxHint | None:
    if "mapping values are not allowed" not in fault.problem:
        return None
    line, column = fault.at
    start, value = value_at(fault.line(line))
    if value and start < column:
        return SyntaxHint((line, start), "an unquoted text can't hold `: `", _QUOTE_IT)
    message = "this key can't stand here: the line above already has a value"
    hint = "indent it like the line above, or quote a text that holds `: `"
    indent = len(fault.line(line)) - len(fault.line(line).lstrip())
    return SyntaxHint((line, indent), message, hint)


def _no_colon(fault: SyntaxFault) -> SyntaxHint | None:
    if "could not find expected ':'" not in fault.problem or fault.since is None:
        return None
    return SyntaxHint(fault.since, "this line is no `key: value`", "write a blank behind the colon, or quote the text")


def _list_inline(fault: SyntaxFault) -> SyntaxHint | None:
    if "sequence entries are not allowed" not in fault.problem:
        return None
    return SyntaxHint(fault.at, "a value can't begin with `- `", "put the text in quotes, or the list on its own lines")


def _indentation(fault: SyntaxFault) -> SyntaxHint | None:
    if "expected key" not in fault.problem and "expected <block end>" not in fault.problem:
        return None
    return SyntaxHint(fault.at, "this line fits no mapping above it", "keys of one mapping begin in the same column")


_RULES = (
    _tab,
    _open_quote,
    _escape,
    _flow_variable,
    _open_flow,
    _full_width,
    _flow_sign,
    _cut_text,
    _sign_first,
    _text_after_quote,
    _inner_colon,
    _no_colon,
    _list_inline,
    _indentation,
)
