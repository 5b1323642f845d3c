"""The texts of a production as they are read: within what may be read, counted, with their lines for messages."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from wanflow.boundary import Boundary, Content, bytes_of
from wanflow.errors import words_of_system
from wanflow.language.problem import Problem, Severity
from wanflow.messages import tr
from wanflow.records import mutable
from wanflow.schemas import data_folder
from wanflow.suggest import hint_for_path
from wanflow.yamldoc.nodes import Place
from wanflow.yamldoc.parse import MAX_VALUES, Document, parse
from wanflow.yamldoc.slips import Slip

MAX_BYTES = 16_000_000
"""Maximum size of one file."""

MAX_LINES = 2_000_000
"""Maximum lines of all texts of a production; 20,000 shots have fewer."""

MAX_BYTES_IN_ALL = 48_000_000
"""Maximum size of all texts of a production; 20,000 shots with prompts as long as models take have less."""


@mutable
class SourceTexts:
    """The lines of each file, by its name in places; `files` are the absolute paths of all that were read.

    Only what `boundary` allows is read, and the pipelines that come with wanflow. A production file that is a symbolic
    link to elsewhere is read where it was `named`, as by `-f`, and the production is trusted. One that was found may
    have come with a checkout, and the link is as foreign as the rest of it.

    `values` and `size` count the values and bytes of all of them. `slips` are signs that are read as others, by file.
    `left_out` are included files that are not read.
    """

    boundary: Boundary
    named: bool = True
    left_out: frozenset[str] = frozenset()
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    values: int = 0
    size: int = 0
    line_count: int = 0
    slips: Mapping[str, Sequence[Slip]] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)

    def read(self, file: Path, name: str, place: Place | None, what: str, problems: list[Problem]) -> Document | None:
        """A file's tree; None, and a problem at `place`, where it cannot or may not be read.

        `what` is its name in messages; without a place it is the production file itself.
        """
        at = place
        hint: str = tr("the path is relative to the file that names it")
        if at is None:
            at, what = Place(name, 1, 1), tr("the production `{file}`", file=file.as_posix())
            hint = tr("`wanflow init` makes one; `-f` names another")
        try:
            if self.refused(file, at, what, problems, named=place is None and self.named):
                return None
            data = bytes_of(file, MAX_BYTES)
            self.size += len(data)
            self.line_count += data.count(b"\n")
            if self.size > MAX_BYTES_IN_ALL or self.line_count > MAX_LINES:
                most = (
                    f"{MAX_BYTES_IN_ALL // 1_000_000} MB"
                    if self.size > MAX_BYTES_IN_ALL
                    else tr("{max_lines} lines", max_lines=MAX_LINES)
                )
                message = tr("the texts of a production have at most {most} in all", most=most)
                problems.append(Problem(at, message, tr("split it into several productions")))
                return None
            document = parse(data, name, MAX_VALUES - self.values, self.slips.get(name, ()))
        except (OSError, ValueError) as error:
            if place is not None and isinstance(error, FileNotFoundError):
                root, folder = file.parents[len(Path(name).parts) - 1], posixpath.dirname(place.file)
                near = hint_for_path(root / folder, posixpath.relpath(name, folder or "."), self.boundary)
                hint = near or hint
            problems.append(Problem(at, tr("{what} {why}", what=what, why=why_unreadable(error)), hint))
            return None
        self.values += document.size
        self.lines[name], self.documents[name] = document.lines, document
        self.files.append(file.absolute())
        for found in document.problems:
            severity = Severity.WARNING if found.warning else Severity.ERROR
            problems.append(Problem(found.place, found.message, found.hint, severity))
        return document

    def unread(self) -> frozenset[str]:
        """The files whose syntax is broken, or that are empty."""
        return frozenset(name for name, document in self.documents.items() if document.root is None)

    def refused(self, file: Path, place: Place, what: str, problems: list[Problem], *, named: bool = False) -> bool:
        """Whether a file may not be read; then there is a problem at `place`, which says nothing of the file itself.

        `named`: the command line names it.
        """
        if file.parent == data_folder("pipelines"):
            return False
        whole, judge = file.absolute(), self.boundary
        refusal = judge.refusal_of_named(whole) if named else judge.refusal(whole, Content.TEXT)
        if refusal is not None:
            problems.append(Problem(place, tr("{what} {words}", what=what, words=refusal.words), refusal.hint))
        return refusal is not None

    def quoted(self, problem: Problem) -> Problem:
        """The problem with the source line at its place."""
        lines, number = self.lines.get(problem.place.file, ()), problem.place.line
        if problem.source or problem.option or not 0 < number <= len(lines):
            return problem
        return replace(problem, source=lines[number - 1])


def why_unreadable(error: OSError | ValueError) -> str:
    """Why a file cannot be read, as the end of a sentence."""
    if isinstance(error, FileNotFoundError):
        return tr("does not exist")
    if not isinstance(error, OSError) or not error.strerror:
        return tr("cannot be read")
    return error.strerror if error.errno == 0 else tr("cannot be read: {strerror}", strerror=words_of_system(error))
