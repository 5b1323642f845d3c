"""The texts of a production's files: read once, and kept line by line for messages."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from wanflow.spec.problem import Problem, Severity
from wanflow.yamltext import Document, Trouble, parse
from wanflow.yamlvalue import Place

LARGEST_BYTES = 16_000_000
"""Of one file; nobody writes so much."""


@dataclass(slots=True)
class Texts:
    """The lines of each file, by its name in places; `files` are all that were read, absolute."""

    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)

    def read(self, file: Path, name: str, place: Place | None, what: str, problems: list[Problem]) -> Document | None:
        """A file's tree; None, and a problem at `place`, where it can't be read.

        `what` is what it is called in messages; without a place it is the production file itself.
        """
        try:
            document = parse(bytes_of(file), name)
        except (OSError, ValueError) as error:
            problems.append(_unreadable(name, place, what or f"the production `{file.as_posix()}`", error))
            return None
        self.lines[name] = document.lines
        self.files.append(file.absolute())
        problems += [_problem_of(trouble) for trouble in document.troubles]
        return document

    def quoted(self, problem: Problem) -> Problem:
        """A problem with the line that it is about."""
        lines, number = self.lines.get(problem.place.file, ()), problem.place.line
        if problem.source or not 0 < number <= len(lines):
            return problem
        return replace(problem, source=lines[number - 1])


def bytes_of(file: Path) -> bytes:
    """The bytes of a text file.

    Raises OSError for what is no regular file, since reading a pipe or a device might never end, and for one that is
    larger than anybody writes.
    """
    if file.exists() and not file.is_file():
        raise OSError(0, "is no file")
    with open(file, "rb", opener=_without_waiting) as opened:  # `Path.open` has no opener
        data = opened.read(LARGEST_BYTES + 1) or b""
    if len(data) > LARGEST_BYTES:
        raise OSError(0, f"has more than {LARGEST_BYTES // 1_000_000} MB, which nobody writes")
    return data


def _without_waiting(path: str, flags: int) -> int:
    """Some files of a system look like regular ones and have nothing to read until something happens."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _unreadable(name: str, place: Place | None, what: str, error: OSError | ValueError) -> Problem:
    words = _reason(error)
    if place is None:
        hint = "`wanflow init` makes one; `-f` names another"
        return Problem(Place(name, 1, 1), f"{what} {words}", hint)
    return Problem(place, f"{what} {words}", "it is relative to the file that names it")


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "is not there"
    if not isinstance(error, OSError) or not error.strerror:
        return "can't be read"
    return error.strerror if error.errno == 0 else f"can't be read: {error.strerror.lower()}"


def _problem_of(trouble: Trouble) -> Problem:
    severity = Severity.WARNING if trouble.warning else Severity.ERROR
    return Problem(trouble.place, trouble.message, trouble.hint, severity)
