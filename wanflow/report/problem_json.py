"""Problems and errors as JSON, for programs (cli.md, JSON): always the same keys, whoever tells of them."""

from __future__ import annotations

from wanflow.codes import code_of
from wanflow.language.fixes import fix_of
from wanflow.language.problem import Problem, Severity, is_shipped
from wanflow.yamldoc.nodes import Place


def problem_json(problem: Problem) -> dict[str, object]:
    """A problem with its place, code and fix; `file` is relative to the production file's folder."""
    place, message = located_message(problem)
    fix = fix_of(problem)
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "severity": problem.severity.value,
        "message": message,
        "hint": problem.hint,
        "code": problem.code,
        "fix": None if fix is None else fix.to_json(),
    }


def error_json(message: str, hint: str | None = None, code: str | None = None) -> dict[str, object]:
    """An error without a place in a file, with the same keys; `code` is that of the message where none is given."""
    return {
        "file": None,
        "line": None,
        "column": None,
        "severity": Severity.ERROR.value,
        "message": message,
        "hint": hint,
        "code": code or code_of(message),
        "fix": None,
    }


def located_message(problem: Problem) -> tuple[Place, str]:
    """The place of a problem, and its message with the other places that matter.

    In a pipeline of the user it is the pipeline; in one that comes with wanflow it is the outermost `use`, because
    programs open the file.
    """
    place, uses = problem.place, problem.place.used_at
    if uses and is_shipped(place):
        return uses[-1], f"{problem.message} (in {place})"
    used = "".join(f", used at {use}" for use in uses)
    return place, f"{problem.message} (in a pipeline{used})" if uses else problem.message
