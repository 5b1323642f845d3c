"""The files of a production: the one that is named, and all that it includes (format.md, Top level)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import filter as matching
from pathlib import Path

from wanflow.language.names import Names, values_of
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import OriginStep
from wanflow.language.scope import BasePath
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode
from wanflow.yamldoc.parse import Document, TextProblem, parse

INCLUDABLE = ("cast", "cuts", "include", "scene", "shots", "vars", "wanflow")
"""What an included file may hold."""

MOST_FILES = 10_000
"""Files of a production, counted wherever they are named; a glob that finds more is a slip."""

DEEPEST = 32
"""Files that include each other in a row."""


MOST_LOOKED_AT = 50_000
"""Entries of folders that one pattern may look at."""

ANY_DEPTH = "**"

_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class ProductionFile:
    """One file of a production: its tree as written, where its paths begin, the names before those of its shots.

    `via` leads to it from the production file, and is empty for that file itself.
    """

    file: str
    root: MapNode
    home: BasePath
    scene: tuple[str, ...] = ()
    via: tuple[OriginStep, ...] = ()


@dataclass(frozen=True, slots=True)
class _IncludedFile:
    """A file that an `include` names, by its path from the production's folder."""

    path: str
    place: Place


def gather(
    file: Path, given: Mapping[str, TextNode], texts: SourceTexts, problems: list[Problem]
) -> list[ProductionFile]:
    """Read a production file and what it includes, the production file first; `given` are the vars of the command line.

    What can't be read is among the problems, with its place.
    """
    gathering = _IncludeWalk(file.absolute().parent, given, texts, problems)
    gathering.begin(file)
    return gathering.sheets


class _IncludeWalk:
    """One walk over the files, depth first, in the order in which they are named."""

    def __init__(self, root: Path, given: Mapping[str, TextNode], texts: SourceTexts, problems: list[Problem]) -> None:
        self.sheets: list[ProductionFile] = []
        self._root, self._given, self._texts, self._problems = root, given, texts, problems
        self._read_at: dict[str, Place] = {}
        self._real: dict[str, str] = {}
        self._repeats: set[Place] = set()
        self._named_files, self._full = 0, False

    def begin(self, file: Path) -> None:
        document = self._texts.read(file, file.name, None, "", self._problems)
        if document is None:
            return
        if isinstance(document.root, MapNode):
            self._take(
                ProductionFile(file.name, document.root, BasePath(self._root)),
                {},
                ((os.path.realpath(file), file.name),),
            )
        elif not any(not problem.warning for problem in document.problems):
            place = Place(file.name, 1, 1)
            self._problems.append(Problem(place, "a production is a mapping", "begin with `wanflow: 1`"))

    def _take(self, sheet: ProductionFile, known: Mapping[str, TextNode], above: tuple[tuple[str, str], ...]) -> None:
        """A file, and behind it those that it includes; `above` are the files that lead to it, real path and name."""
        written = sheet.root.find("vars")
        known = {**known, **values_of(written if isinstance(written, MapNode) else None, self._given)}
        self.sheets.append(sheet)
        for named in self._named(sheet, known):
            self._include(named, sheet, known, above)

    def _include(
        self,
        named: _IncludedFile,
        sheet: ProductionFile,
        known: Mapping[str, TextNode],
        above: tuple[tuple[str, str], ...],
    ) -> None:
        file = self._root / named.path
        real = self._real.get(named.path) or os.path.realpath(file)
        self._real[named.path] = real
        if real in {path for path, _ in above} or real in self._read_at:
            self._again(named, real, above)
            return
        if len(above) > DEEPEST:
            self._problems.append(Problem(named.place, f"files include each other more than {DEEPEST} deep"))
            return
        self._read_at[real] = named.place
        document = self._texts.read(file, named.path, named.place, f"the included file `{named.path}`", self._problems)
        root = document.root if document is not None else None
        if isinstance(root, MapNode) and self._joins(root):
            scene = _scene_of(root, self._names(known))
            home = BasePath(self._root).beside(named.path)
            via = (*sheet.via, OriginStep("include", named.path, named.place))
            joined = ProductionFile(named.path, root, home, (*sheet.scene, *scene), via)
            self._take(joined, known, (*above, (real, named.path)))
        elif document is not None and root is not None and not isinstance(root, MapNode):
            self._problems.append(Problem(root.place, "an included file is a mapping", "e.g. `shots:`"))

    def _again(self, named: _IncludedFile, real: str, above: tuple[tuple[str, str], ...]) -> None:
        files = [path for path, _ in above]
        if real in files:
            circle = " → ".join(f"`{name}`" for _, name in above[files.index(real) :])
            message = f"files include each other in a circle: {circle} → `{named.path}`"
            self._problems.append(Problem(named.place, message, "leave one of them out"))
        elif named.place not in self._repeats:  # of a glob that finds many again, one says it
            self._repeats.add(named.place)
            message = f"`{named.path}` is included twice, first at {self._read_at[real]}"
            self._problems.append(Problem(named.place, message, "include it once: its names are known everywhere"))

    def _joins(self, root: MapNode) -> bool:
        """Whether a file is one that can be included; says of keys that belong elsewhere where that is."""
        pipeline = root.key("pipeline")
        if pipeline is not None:
            hint = "put it in the place of a shot: `use: FILE`"
            self._problems.append(Problem(pipeline.place, "a pipeline can't be included", hint))
            return False
        return True

    def _named(self, sheet: ProductionFile, known: Mapping[str, TextNode]) -> Iterator[_IncludedFile]:
        """The files that a file includes, in order: a glob's sorted."""
        listed = sheet.root.find("include")
        for item in listed.items if isinstance(listed, ListNode) else ():
            before = len(self._problems)
            filled = self._names(known).fill(item)
            said = len(self._problems) > before
            if not said and isinstance(filled, TextNode) and isinstance(filled.value, str) and filled.string:
                yield from self._counted(self._matching(filled, sheet), filled)

    def _counted(self, named: list[_IncludedFile], written: TextNode) -> list[_IncludedFile]:
        """The files that an item names, none where a production has too many with them."""
        self._named_files += len(named)
        if self._named_files <= MOST_FILES:
            return named
        if not self._full:
            found = f"finds {len(named)} files" if len(named) > 1 else "is one too many"
            message = f"`{written.string}` {found}, a production has {MOST_FILES} at most"
            self._problems.append(Problem(written.place, message))
        self._full = True
        return []

    def _matching(self, written: TextNode, sheet: ProductionFile) -> list[_IncludedFile]:
        if not has_magic(written.string) or _is_file(self._root / sheet.home.path(written.text)):
            return [_IncludedFile(_relative(sheet.home.path(written.text), self._root), written.place)]
        if ANY_DEPTH in written.string and (written.string.startswith("..") or Path(written.string).is_absolute()):
            hint = "name the folders that it shall look into"
            self._problems.append(Problem(written.place, "`**` looks only below the file that writes it", hint))
            return []
        try:
            found = files_like(written.string, self._root / sheet.home.folder)
        except PatternTooWide:
            message = f"`{written.string}` looks at more than {MOST_LOOKED_AT} files"
            self._problems.append(Problem(written.place, message, "name the folders that it shall look into"))
            return []
        paths = [_relative(sheet.home.path(path), self._root) for path in found]
        if not (named := [_IncludedFile(path, written.place) for path in paths if path != sheet.file]):
            message, hint = f"no file is called like `{written.string}`", "it is relative to the file that names it"
            self._problems.append(Problem(written.place, message, hint))
        return named

    def _names(self, known: Mapping[str, TextNode]) -> Names:
        """What may stand in an `include` and a `scene`: the vars of the file and of those that lead to it."""
        return Names(known, {}, self._problems, frozenset(self._given))


def check_place_of_keys(sheet: ProductionFile) -> Iterator[Problem]:
    """Keys that belong into the production file, or into another one than that."""
    for key, _ in sheet.root.pairs:
        name = key.string
        if not sheet.via and name == "scene":
            yield Problem(key.place, "`scene` stands in an included file", "here every shot has its own name already")
        elif sheet.via and name not in INCLUDABLE and not name.startswith("x-"):
            hint = did_you_mean(name, INCLUDABLE) or "move it to the production file"
            yield Problem(key.place, f"an included file can't hold `{name}`", hint)


def _scene_of(root: MapNode, names: Names) -> tuple[str, ...]:
    written = root.find("scene")
    filled: Node | None = None if written is None else names.fill(written)
    return (filled.string,) if isinstance(filled, TextNode) and isinstance(filled.value, str) and filled.string else ()


def _relative(path: str, root: Path) -> str:
    """An absolute path as one from the production's folder."""
    return Path(os.path.relpath(path, root)).as_posix() if Path(path).is_absolute() else path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False  # too long a name


class PatternTooWide(Exception):
    """A pattern that would look through more of the disk than any production has."""


def has_magic(pattern: str) -> bool:
    """Whether a path is a pattern."""
    return _MAGIC.search(pattern) is not None


def files_like(pattern: str, folder: Path) -> list[str]:
    """The files that a pattern means, seen from a folder, in the order of their names.

    Hidden files and folders are left out where the pattern doesn't name them. `**` follows no links, so that it ends.
    Raises LooksTooFar.
    """
    return sorted(_GlobWalk(folder).run(Path(pattern).parts))


class _GlobWalk:
    """One walk over folders, each of them looked into once for each part of the pattern."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._looked_at = folder, 0
        self._seen: set[tuple[str, int]] = set()
        self._found: set[str] = set()

    def run(self, parts: tuple[str, ...]) -> set[str]:
        waiting = [("", 0)]
        while waiting:
            path, at = waiting.pop()
            if at == len(parts):
                self._take(path)
            elif (path, at) not in self._seen:
                self._seen.add((path, at))
                waiting += self._below(path, parts, at)
        return self._found

    def _take(self, path: str) -> None:
        try:
            if (self._folder / path).is_file():
                self._found.add(Path(path).as_posix())
        except (OSError, ValueError):
            return  # too long a name

    def _below(self, path: str, parts: tuple[str, ...], at: int) -> list[tuple[str, int]]:
        part = parts[at]
        if part == ANY_DEPTH:
            deeper = [(name, at) for name in self._names(path, ANY_DEPTH, folders=True)]
            return [(path, at + 1), *deeper]
        if not has_magic(part):
            return [(os.path.join(path, part), at + 1)]  # noqa: PTH118  # a path may be empty here
        return [(name, at + 1) for name in self._names(path, part, folders=False)]

    def _names(self, path: str, part: str, *, folders: bool) -> list[str]:
        """What a folder holds that fits a part; only real `folders`, no links to any, where these are asked for."""
        try:
            with os.scandir(self._folder / path) as entries:
                listed = [entry.name for entry in entries if not folders or entry.is_dir(follow_symlinks=False)]
        except (OSError, ValueError):
            return []
        self._looked_at += len(listed)
        if self._looked_at > MOST_LOOKED_AT:
            raise PatternTooWide
        kept = matching(listed, "*" if part == ANY_DEPTH else part)
        return [os.path.join(path, name) for name in kept if part.startswith(".") or not name.startswith(".")]  # noqa: PTH118


LARGEST_BYTES = 16_000_000
"""Of one file; nobody writes so much."""


@dataclass(slots=True)
class SourceTexts:
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
        problems += [_problem_of(problem) for problem in document.problems]
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


def _problem_of(problem: TextProblem) -> Problem:
    severity = Severity.WARNING if problem.warning else Severity.ERROR
    return Problem(problem.place, problem.message, problem.hint, severity)
