"""A problem in a production's files, with its place and a hint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum

from wanflow.characters import LONGEST_MESSAGE, cells_wide, shown
from wanflow.codes import code_of
from wanflow.errors import ExitCode, WanflowError
from wanflow.messages import tr, translated, trn
from wanflow.records import immutable
from wanflow.yamldoc.nodes import Place

SHIPPED = "<wanflow>/pipelines/"
"""Prefix of the files of shipped pipelines, in places."""


class Severity(StrEnum):
    """Errors stop a command before anything is sent; warnings alone don't."""

    ERROR = "error"
    WARNING = "warning"


@immutable
class Problem:
    """One thing that is wrong, where, and what to do about it.

    `source` is the line of the file at `place`, without its line end. `repeats` counts the other uses of a pipeline
    that have the same problem. `option` is the one of the command line that is wrong; the place is the beginning of the
    file then, for programs.
    """

    place: Place
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR
    source: str = ""
    repeats: int = 0
    option: str = ""

    @property
    def code(self) -> str:
        """A short name of what is wrong, which stays although the words change: `unknown-key`."""
        return code_of(self.message)


def is_shipped(place: Place) -> bool:
    """Whether a place is in a shipped pipeline, which its users cannot change."""
    return place.file.startswith(SHIPPED)


class SpecError(WanflowError):
    """A production with errors; carries every problem found, never only the first."""

    exit_code = ExitCode.WRONG

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        errors = [item for item in problems if item.severity is Severity.ERROR]
        first = errors[0] if errors else problems[0]
        words = tr("{place}: {message}", place=first.option or first.place, message=first.message)
        if len(errors) > 1:
            words = tr("{words} (and {number} more)", words=words, number=len(errors) - 1)
        super().__init__(words, hint=first.hint)


def has_errors(problems: Sequence[Problem]) -> bool:
    """Whether any of the problems is an error."""
    return any(problem.severity is Severity.ERROR for problem in problems)


def defined_again(name: str, first: str, place: Place) -> str:
    """The message at the second place of a name; `first` is the one at `place`, equal but for case."""
    if name == first:
        return tr("`{name}` is defined twice, first at {place}", name=name, place=place)
    return tr("`{name}` and `{first}`, at {place}, differ only by case", name=name, first=first, place=place)


def in_order(problem: Problem) -> tuple[str, int, int, tuple[Place, ...]]:
    """What problems are sorted by: their places, which by themselves compare ten times as slowly."""
    return problem.place.file, problem.place.line, problem.place.column, problem.place.used_at


def deduplicated(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once, in the order of places; one that every use of a pipeline has, at the first use.

    A warning that is an error as well is the error.
    """
    found = set(problems)
    kept: dict[Problem, Problem] = {}
    for problem in sorted(found, key=lambda each: (*in_order(each), each.message)):
        if problem.severity is Severity.WARNING and replace(problem, severity=Severity.ERROR) in found:
            continue
        alike = replace(problem, place=replace(problem.place, used_at=())) if problem.place.used_at else problem
        kept[alike] = replace(kept[alike], repeats=kept[alike].repeats + 1) if alike in kept else problem
    return tuple(kept.values())


MAX_SHOWN = 160
"""Maximum cells of a line that are shown, around the place."""


def render_problem(problem: Problem, width: int = MAX_SHOWN) -> str:
    """One problem for people: `file:line:column: what is wrong`, the source line, a caret, the hint.

    `width` is the most cells of a terminal that the source line may take; below it the caret would be elsewhere.
    """
    words = problem.message
    if problem.severity is Severity.WARNING:
        words = tr("warning: {message}", message=words)
    lines = [shown(f"{problem.option or problem.place}: {translated(words)}", LONGEST_MESSAGE)]
    if problem.source.strip():
        before, line = excerpt(problem, max(min(width, MAX_SHOWN) - 2, 8))
        lines += [f"  {shown(line)}", f"  {' ' * cells_wide(shown(before))}^"]
    lines += [f"  {shown(translated(line))}" for line in uses_texts(problem)]
    if problem.hint:
        hint = translated(tr("hint: {hint}", hint=problem.hint))
        lines.append(shown(f"  {hint}", LONGEST_MESSAGE))
    return "\n".join(lines)


def uses_texts(problem: Problem) -> list[str]:
    """Where the pipeline is used that a problem is in, a sentence each."""
    beside: list[str] = [tr("the pipeline is used at {place}", place=place) for place in problem.place.used_at]
    if problem.repeats:
        beside.append(trn("and {number} more use of it", "and {number} more uses of it", problem.repeats))
    return beside


def excerpt(problem: Problem, width: int = MAX_SHOWN) -> tuple[str, str]:
    """The line up to the place, and the line; one that is wider than `width` cells is shortened around the place."""
    line, at = problem.source, problem.place.column - 1
    if len(line) <= 8 * width and cells_wide(shown(line)) <= width:  # a longer one is not looked at for each problem
        return line[:at], line
    half = (width - 2) // 2
    begin, end = max(at - half, 0), min(at + half, len(line))  # a sign of the line takes a cell or several
    while end > at + 1 and cells_wide(shown(line[at:end])) > half:
        end -= 1
    while begin < at and cells_wide(shown(line[begin:at])) > half:
        begin += 1
    # one escape may take more than its half, and signs that are printed as they are apart may be escapes side by side
    while cells_wide(shown(line[begin:end])) > width - 2 and (begin < at or end > at + 1):
        begin, end = (begin + 1, end) if begin < at else (begin, end - 1)
    start, close = "…" if begin else "", "…" if end < len(line) else ""
    return start + line[begin:at], f"{start}{line[begin:end]}{close}"
