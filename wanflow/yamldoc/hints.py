"""Plain explanations of YAML syntax errors, found in the line that the parser refused."""

from __future__ import annotations

from wanflow.characters import INVISIBLE, named
from wanflow.messages import tr
from wanflow.patterns import pattern
from wanflow.records import immutable

Position = tuple[int, int]
"""Line and column, counted from 0."""

_ENTRY = pattern(r"""[ ]*(?:-[ ]+)*(?:(?:"[^"]*"|'[^']*'|[^\s"'#\[{][^:#]*?):[ \t]+)?(?P<value>[^\s#].*)?""")
_BREAKS = "\x85\u2028\u2029"
"""Line ends of YAML 1.1, which are characters of a text in YAML 1.2."""
_BESIDE_SIGN = pattern(rf"(?:^[ ]*(?:-[ ]+)*|[:,\[{{-])(?P<after>{INVISIBLE.pattern})|(?P<before>{INVISIBLE.pattern}):")
"""An invisible character where YAML expects a space or nothing: in front of a line, and beside its signs."""
CONTROL_HINT = tr("delete it; in double quotes a `\\` begins an escape, and `\\\\` is the sign itself")
ESCAPE_HINT = tr("write `/` in a path, and `\\\\` for a `\\` of a text in double quotes")
"""The way out of an escape that nobody meant."""
QUOTE_IT = tr("put the text in quotes, or on its own lines under `>-`")
"""The way out of a text that begins at the place, and that YAML reads as something else."""
_INDICATORS = "*@%!`{[&|>,"
_CLOSING = tuple("\"']}")
_ALIAS = pattern(r"(?<![^\s\[{,])\*[^\s,\[\]{}]+$")
"""An alias that ends a piece of a line."""

_BY_WORDS = (
    (
        "could not find expected ':'",
        tr("this line is not a `key: value` pair"),
        tr("write a space after `:`, or quote the text"),
    ),
    (
        "sequence entries are not allowed",
        tr("a value cannot begin with `- `"),
        tr("put the text in quotes, or the list on its own lines"),
    ),
    ("mapping keys are not allowed", tr("a value cannot begin with `? `"), tr("put the text in quotes")),
    (
        "expected key",
        tr("wrong indentation: it lines up with nothing above"),
        tr("keys of one mapping begin in the same column"),
    ),
    (
        "expected <block end>",
        tr("wrong indentation: it lines up with nothing above"),
        tr("keys of one mapping begin in the same column"),
    ),
)
"""Words of the parser, a message and a hint, for errors that need no look at the line."""


@immutable
class SyntaxFault:
    """A parser error: its words, where it was raised, and where the construct began that was being read."""

    problem: str
    context: str
    at: Position
    since: Position | None
    lines: tuple[str, ...]

    def line(self, number: int) -> str:
        """A line's text; empty beyond the file."""
        return self.lines[number] if 0 <= number < len(self.lines) else ""

    @property
    def character(self) -> str:
        """The character at which the error was raised."""
        return self.line(self.at[0])[self.at[1] : self.at[1] + 1]

    @property
    def in_flow(self) -> bool:
        """Whether it happened inside `[ ]` or `{ }`."""
        return "flow" in self.context or "',' or '" in self.problem


@immutable
class SyntaxHint:
    """A plain message and hint, at the character to look at."""

    at: Position
    message: str
    hint: str | None = None


def explain(fault: SyntaxFault) -> SyntaxHint:
    """The first explanation that fits; the parser's own words where none does."""
    for rule in (_quotes_and_tabs, _invisible, _flow, _colons, _comment, _text_after, _first_sign, _second_colon):
        found = rule(fault)
        if found is not None:
            return found
    for words, message, hint in _BY_WORDS:
        if words in fault.problem:
            at = fault.since if words.startswith("could not") and fault.since else fault.at
            return SyntaxHint(at, message, hint)
    detail = f"{fault.context}, {fault.problem}" if fault.context else fault.problem
    return SyntaxHint(fault.at, tr("invalid YAML: {detail}", detail=detail))


def not_a_space(line: str, at: Position) -> SyntaxHint:
    """The invisible character at a place of a line, where YAML needs a space or nothing."""
    column = at[1]
    needed = line[column - 1 : column] in {":", "-"} and line[column + 1 : column + 2] != " "
    hint = tr("use ordinary spaces") if needed or line[column].isspace() else tr("delete it")
    return SyntaxHint(at, tr("{named} is not a space in YAML", named=named(line[column])), hint)


def value_at(line: str) -> tuple[int, str]:
    """Where the value of a `key: value` or `- value` line begins, and its text; empty where it has none."""
    found = _ENTRY.match(line)
    if found is None or found["value"] is None:
        return 0, ""
    return found.start("value"), found["value"]


def _quotes_and_tabs(fault: SyntaxFault) -> SyntaxHint | None:
    if fault.character == "\t":
        return SyntaxHint(fault.at, tr("YAML forbids tabs in indentation"), tr("use spaces"))
    if "quoted scalar" in fault.context and "end of stream" in fault.problem and fault.since is not None:
        hint = tr("close it; put a quote inside the text into the other kind of quotes")
        return SyntaxHint(fault.since, tr("this quote is never closed"), hint)
    if "escape" in fault.problem:
        return SyntaxHint(fault.at, tr("unknown escape after `\\`"), ESCAPE_HINT)
    return None


def _invisible(fault: SyntaxFault) -> SyntaxHint | None:
    """A space that is none for YAML, or a line end that is none, in one of the lines that were being read."""
    first = fault.since[0] if fault.since else fault.at[0]
    for number in dict.fromkeys((fault.at[0], first, fault.at[0] - 1)):
        line = fault.line(number)
        beside = _BESIDE_SIGN.search(line)
        if beside is not None:
            column = beside.start(beside.lastgroup or 0)
            return not_a_space(line, (number, column))
        column = next((column for column, sign in enumerate(line) if sign in _BREAKS), -1)
        if column >= 0:
            hint = tr("write a line break, or put the text in quotes")
            return SyntaxHint(
                (number, column), tr("{named} does not end a line in YAML", named=named(line[column])), hint
            )
    return None


def _flow(fault: SyntaxFault) -> SyntaxHint | None:
    """`${x}` unquoted inside `[ ]` or `{ }`, and one of these that is not closed."""
    line, column = fault.at
    text = fault.line(line)
    if fault.in_flow and text[:column].endswith("$"):
        begin = max(text.rfind(sign, 0, column - 1) for sign in ("[", "{", ",", ": ", " "))
        begin += len(text[begin + 1 :]) - len(text[begin + 1 :].lstrip()) + 1
        name = text[column - 1 :].partition("}")[0] + "}"
        return SyntaxHint(
            (line, begin),
            tr("`{name}` is unquoted inside `[ ]` or `{{ }}`", name=name),
            tr('write "{name}" in quotes', name=name),
        )
    if "while parsing a flow" not in fault.context or fault.since is None:
        return None
    first, start = fault.since
    rest = "\n".join((fault.line(first)[start:], *fault.lines[first + 1 :]))
    closing = {"[": "]", "{": "}"}.get(rest[:1])
    indent = len(fault.line(first)) - len(fault.line(first).lstrip())
    outside = line > first and column <= indent < start
    if closing is None or (closing in rest and fault.character not in {"]", "}"} and not outside):
        return None
    return SyntaxHint(
        fault.since, tr("this `{rest}` is not closed", rest=rest[0]), tr("add the `{closing}`", closing=closing)
    )


def _colons(fault: SyntaxFault) -> SyntaxHint | None:
    """`?` or `:` unquoted inside `[ ]` or `{ }`."""
    sign = next((sign for sign in "?:" if f"'{sign}'" in fault.problem or fault.character == sign), None)
    in_plain = "plain scalar" in fault.context and sign == ":"
    if sign is None or not (fault.in_flow or in_plain):
        return None
    hint = tr("put the text in quotes") if sign == "?" else tr("put the text in quotes, or a comma before the next key")
    return SyntaxHint(fault.at, tr("`{sign}` is unquoted inside `[ ]` or `{{ }}`", sign=sign), hint)


def _comment(fault: SyntaxFault) -> SyntaxHint | None:
    """Text cut off by ` #`."""
    for number in (fault.at[0] - 1, fault.since[0] if fault.since else -1):
        column, value = value_at(fault.line(number))
        if " #" in value and value[0] not in "\"'":
            return SyntaxHint((number, column), tr("the text is cut at ` #`: the rest is a comment"), QUOTE_IT)
    return None


def _first_sign(fault: SyntaxFault) -> SyntaxHint | None:
    """Text that begins with an indicator of YAML, and a value inside `[ ]` or `{ }` that begins with `- ` or `,`."""
    if "scanning" in fault.context:
        line, column = fault.since or fault.at
    elif fault.in_flow:
        if "node content" in fault.problem and fault.character == "-":
            message = tr("a value inside `[ ]` or `{ }` cannot begin with `- `")
            return SyntaxHint(fault.at, message, tr("delete the `- `, or put the text in quotes"))
        if "node content" in fault.problem and fault.character == ",":
            return SyntaxHint(fault.at, tr("a value is missing before this `,`"), tr("delete the `,`"))
        return None
    else:
        line, column = fault.at[0], value_at(fault.line(fault.at[0]))[0]
    sign = fault.line(line)[column : column + 1]
    if not sign or sign not in _INDICATORS:
        return None
    shown = tr("a backtick") if sign == "`" else f"`{sign}`"
    hint = QUOTE_IT if column == value_at(fault.line(line))[0] else tr("put the text in quotes")
    return SyntaxHint((line, column), tr("unquoted text cannot begin with {shown}", shown=shown), hint)


def _text_after(fault: SyntaxFault) -> SyntaxHint | None:
    """Text or a bracket after the end of a quoted text, a list, a mapping or an alias."""
    line, column = fault.at
    if fault.character in {"]", "}"}:
        return SyntaxHint(
            fault.at,
            tr("this `{character}` closes nothing", character=fault.character),
            tr("delete it, or put the text in quotes"),
        )
    start, value = value_at(fault.line(line))
    if not fault.in_flow and value[:1] in {'"', "'"} and "expect" in fault.problem:
        return SyntaxHint((line, start), tr("text follows the closing quote"), tr("put all of it in quotes"))
    before = fault.line(line)[:column].rstrip() if fault.in_flow else ""
    if (alias := _ALIAS.search(before)) is not None:
        return SyntaxHint(
            (line, alias.start()), tr("unquoted text cannot begin with `*`"), tr("put the text in quotes")
        )
    if fault.in_flow and not before and "',' or" in fault.problem:
        return SyntaxHint(
            fault.at, tr("a comma is missing before this value"), tr("write `,` at the end of the line above")
        )
    if not before.endswith(_CLOSING):
        return None
    closing = tr("closing quote") if before[-1] in "\"'" else f"`{before[-1]}`"
    return SyntaxHint(
        fault.at, tr("text follows the {closing}", closing=closing), tr("put all of it in quotes, or a comma between")
    )


def _second_colon(fault: SyntaxFault) -> SyntaxHint | None:
    if "mapping values are not allowed" not in fault.problem:
        return None
    line, column = fault.at
    start, value = value_at(fault.line(line))
    if value and start < column:
        return SyntaxHint((line, start), tr("unquoted text cannot contain `: `"), QUOTE_IT)
    message = tr("a key is not allowed here: the line above already has a value")
    hint = tr("indent it like the line above, or quote a text that contains `: `")
    indent = len(fault.line(line)) - len(fault.line(line).lstrip())
    return SyntaxHint((line, indent), message, hint)
