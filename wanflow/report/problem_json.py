"""Problems and errors as JSON, for programs (cli.md, JSON): always the same keys, whoever tells of them."""

from __future__ import annotations

import re

from wanflow.codes import code_of
from wanflow.errors import WanflowError, words_of_system
from wanflow.language.fixes import fix_of
from wanflow.language.problem import Problem, Severity, SpecError, is_shipped
from wanflow.messages import joined, tr
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


def errors_of(fault: Exception) -> list[dict[str, object]]:
    """What ended a command, for programs: each problem of a production, or the one error."""
    match fault:
        case SpecError(problems=problems):
            return [problem_json(problem) for problem in problems]
        case WanflowError():
            return [error_json(str(fault), fault.hint, code_of_fault(fault))]
        case OSError():
            return [error_json(system_text(fault), None, code_of_fault(fault))]
    return [error_json(tr("this is a bug in wanflow: {name}", name=type(fault).__name__), None, "bug")]


def system_text(fault: OSError) -> str:
    """What the system says of a failure, after the file that it is about."""
    name = f"`{fault.filename}`: " if fault.filename else ""
    return joined("", (name, words_of_system(fault)))


def code_of_fault(fault: Exception, words: object = None) -> str:
    """The code of a failure: of its message, or of its kind where a library words it; `words` are its message."""
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(fault).__name__).lower()
    return code_of(words_of_system(fault) if isinstance(fault, OSError) else words or fault, kind)


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
