"""A problem in what the author wrote, with its place and the way out."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from wanflow.errors import WanflowError
from wanflow.yamldoc.nodes import Place


class Severity(StrEnum):
    """Errors stop a command before anything is sent; warnings alone don't."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where, and what to do about it.

    `source` is the line of the file at `place`, without its line end, for the caret to stand under. `again` counts the
    other uses of a pipeline in which the same is wrong.
    """

    place: Place
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR
    source: str = ""
    again: int = 0


class SpecError(WanflowError):
    """The production can't be used; carries every problem found, never only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        errors = [item for item in problems if item.severity is Severity.ERROR]
        first = errors[0] if errors else problems[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{first.place}: {first.message}{more}", hint=first.hint)


def has_errors(problems: Sequence[Problem]) -> bool:
    """Whether there is more than warnings."""
    return any(problem.severity is Severity.ERROR for problem in problems)


def deduplicated(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once, in the order of their places; what is wrong in every use of a pipeline at its first one."""
    kept: dict[Problem, Problem] = {}
    for problem in sorted(set(problems), key=lambda each: (each.place, each.message)):
        place = replace(problem.place, used_at=())
        alike = replace(problem, place=place)
        kept[alike] = replace(kept[alike], again=kept[alike].again + 1) if alike in kept else problem
    return tuple(kept.values())


MOST_SHOWN = 160
"""Characters of a line that are shown, around the place."""


def render_problem(problem: Problem) -> str:
    """One problem as people read it: `file:line:column: what is wrong`, the source line, a caret, the hint."""
    mark = "warning: " if problem.severity is Severity.WARNING else ""
    lines = [f"{problem.place}: {mark}{problem.message}"]
    if problem.source.strip():
        before, line = _excerpt(problem)
        lines += [f"  {line.expandtabs(1)}", f"  {_indent(before)}^"]
    lines += [f"  the pipeline is used at {place}" for place in problem.place.used_at]
    lines += [f"  and {problem.again} more use{'s' if problem.again > 1 else ''} of it"] if problem.again else []
    if problem.hint:
        lines.append(f"  hint: {problem.hint}")
    return "\n".join(lines)


def _excerpt(problem: Problem) -> tuple[str, str]:
    """The line before the place and the whole of it; what is far from the place in a very long line is left out."""
    line, at = problem.source, problem.place.column - 1
    begin, end = max(at - MOST_SHOWN // 2, 0), at + MOST_SHOWN // 2
    if len(line) <= MOST_SHOWN:
        return line[:at], line
    start, close = "…" if begin else "", "…" if end < len(line) else ""
    return start + line[begin:at], f"{start}{line[begin:end]}{close}"


def _indent(before: str) -> str:
    """Blanks as wide as the text before the place: a Chinese character takes two columns of a terminal."""
    return " " * sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in before)
