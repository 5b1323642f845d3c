"""The files of a production: the one that is named, and all that it includes (format.md, Top level)."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from fnmatch import filter as matching
from pathlib import Path

from wanflow.boundary import Boundary, Content, bytes_of, path_from
from wanflow.errors import words_of_system
from wanflow.language.names import Names, layered, values_of
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import OriginStep
from wanflow.language.scope import BasePath
from wanflow.messages import tr
from wanflow.patterns import pattern
from wanflow.records import immutable, mutable
from wanflow.schemas import data_folder
from wanflow.suggest import did_you_mean, hint_for_path
from wanflow.yamldoc.nodes import ListNode, MapNode, Place, TextNode
from wanflow.yamldoc.parse import MAX_VALUES, Document, parse
from wanflow.yamldoc.slips import Slip

INCLUDABLE = ("cast", "cuts", "include", "scene", "shots", "vars", "wanflow")
"""Keys that an included file may have."""

MAX_FILES = 10_000
"""Maximum files of a production, counted at every place that names them."""

MAX_DEPTH = 32
"""Maximum files that include each other in a row."""

MAX_SCANNED = 50_000
"""Maximum directory entries that one pattern scans."""

MAX_SCANNED_IN_ALL = 500_000
"""Maximum directory entries that all patterns of a production scan."""

MAX_BYTES = 16_000_000
"""Maximum size of one file."""

MAX_LINES = 2_000_000
"""Maximum lines of all texts of a production; 20,000 shots have fewer."""

MAX_BYTES_IN_ALL = 48_000_000
"""Maximum size of all texts of a production; 20,000 shots with prompts as long as models take have less."""

ANY_DEPTH = "**"

_HOW_PATHS_ARE = (tr("the path is relative to the file that names it"), tr("write `/` between folders"))
"""What to know of a pattern that matches nothing, and of one with a backslash."""

_WILDCARD = pattern(r"[*?\[]")


@immutable
class ProductionFile:
    """One file of a production: its tree as written, the base of its paths, the scene names before its shots.

    `via` leads to it from the production file, and is empty for that file itself.
    """

    file: str
    root: MapNode
    base: BasePath
    scene: tuple[str, ...] = ()
    via: tuple[OriginStep, ...] = ()


@immutable
class _IncludedFile:
    """A file that an `include` names, by its path from the production's folder."""

    path: str
    place: Place

    @property
    def title(self) -> str:
        """What it is called in messages."""
        return tr("the included file `{path}`", path=self.path)


def gather(
    file: Path, given: Mapping[str, TextNode], texts: SourceTexts, problems: list[Problem]
) -> list[ProductionFile]:
    """Read a production file and what it includes, the production file first; `given` are the vars of the command line.

    What cannot be read is added to `problems`.
    """
    document = texts.read(file, file.name, None, "", problems)
    if document is None:
        return []
    if not isinstance(document.root, MapNode):
        if all(problem.warning for problem in document.problems):
            message = tr("a production file is a mapping")
            problems.append(Problem(Place(file.name, 1, 1), message, tr("begin with `wanflow: 1`")))
        return []
    walk = _IncludeWalk(given, texts, problems)
    top = ProductionFile(file.name, document.root, BasePath(texts.boundary))
    walk.add(top, {}, ((os.path.realpath(file), file.name),))
    return walk.files


class _IncludeWalk:
    """Visits the files depth first, in the order in which they are named."""

    def __init__(self, given: Mapping[str, TextNode], texts: SourceTexts, problems: list[Problem]) -> None:
        self.files: list[ProductionFile] = []
        self._boundary, self._root = texts.boundary, texts.boundary.folder
        self._given, self._texts, self._problems = given, texts, problems
        self._first_at: dict[str, Place] = {}
        self._real_paths: dict[str, str] = {}
        self._repeated_at: set[Place] = set()
        self._count, self._full, self._scans = 0, False, Scans()

    def add(self, file: ProductionFile, known: Mapping[str, TextNode], above: tuple[tuple[str, str], ...]) -> None:
        """Add a file, then those that it includes; `above` are the files that lead to it, real path and name."""
        written = file.root.find("vars")
        if isinstance(written, MapNode):
            known = layered(values_of(written, self._given), known)
        self.files.append(file)
        listed = file.root.find("include")
        for item in listed.items if isinstance(listed, ListNode) else ():
            before = len(self._problems)
            filled = self._names(known).fill(item)
            readable = isinstance(filled, TextNode) and isinstance(filled.value, str) and filled.string
            if isinstance(filled, TextNode) and readable and len(self._problems) == before:
                for named in self._within_limit(self._matching(filled, file), filled):
                    # before it is compared with others: that would tell where a link outside leads
                    if not self._texts.refused(self._root / named.path, named.place, named.title, self._problems):
                        self._include(named, file, known, above)

    def _include(
        self,
        named: _IncludedFile,
        parent: ProductionFile,
        known: Mapping[str, TextNode],
        above: tuple[tuple[str, str], ...],
    ) -> None:
        path = self._root / named.path
        real = self._real_paths.get(named.path) or os.path.realpath(path)
        self._real_paths[named.path] = real
        if real in {each for each, _ in above} or real in self._first_at:
            self._report_repeat(named, real, above)
            return
        if len(above) > MAX_DEPTH:
            self._problems.append(
                Problem(
                    named.place, tr("files include each other more than {max_depth} levels deep", max_depth=MAX_DEPTH)
                )
            )
            return
        self._first_at[real] = named.place
        document = self._texts.read(path, named.path, named.place, named.title, self._problems)
        root = document.root if document is not None else None
        if root is None:
            return
        if not isinstance(root, MapNode):
            self._problems.append(Problem(root.place, tr("an included file is a mapping"), tr("e.g. `shots:`")))
        elif (pipeline := root.key("pipeline")) is not None:
            hint = tr("put it in the place of a shot: `use: FILE`")
            self._problems.append(Problem(pipeline.place, tr("a pipeline cannot be included"), hint))
        else:
            written = root.find("scene")
            scene = None if written is None else self._names(known).fill(written)
            named_scene = isinstance(scene, TextNode) and isinstance(scene.value, str | int) and scene.string
            path_of_scene = (
                (*parent.scene, scene.string) if isinstance(scene, TextNode) and named_scene else parent.scene
            )
            via = (*parent.via, OriginStep("include", named.path, named.place))
            base = BasePath(self._boundary).beside(named.path)
            self.add(ProductionFile(named.path, root, base, path_of_scene, via), known, (*above, (real, named.path)))

    def _report_repeat(self, named: _IncludedFile, real: str, above: tuple[tuple[str, str], ...]) -> None:
        files = [path for path, _ in above]
        if real in files:
            cycle = " → ".join(f"`{name}`" for _, name in above[files.index(real) :])
            message = tr("circular include: {cycle} → `{path}`", cycle=cycle, path=named.path)
            self._problems.append(Problem(named.place, message, tr("remove one of these includes")))
        elif named.place not in self._repeated_at:  # one problem for a glob that finds many again
            self._repeated_at.add(named.place)
            message = tr(
                "`{path}` is included twice, first at {first_at}", path=named.path, first_at=self._first_at[real]
            )
            self._problems.append(Problem(named.place, message, tr("include it once: its names are known everywhere")))

    def _within_limit(self, named: list[_IncludedFile], written: TextNode) -> list[_IncludedFile]:
        self._count += len(named)
        if self._count <= MAX_FILES:
            return named
        if not self._full:
            found = tr("matches {number} files", number=len(named)) if len(named) > 1 else tr("is one file too many")
            message = tr(
                "`{name}` {found}: a production has at most {max_files}",
                name=written.string,
                found=found,
                max_files=MAX_FILES,
            )
            self._problems.append(Problem(written.place, message))
        self._full = True
        return []

    def _matching(self, written: TextNode, file: ProductionFile) -> list[_IncludedFile]:
        paths = named_files(written, file, self._scans, self._problems)
        return [_IncludedFile(path, written.place) for path in paths if path not in self._texts.left_out]

    def _names(self, known: Mapping[str, TextNode]) -> Names:
        """Names for `include` and `scene`: the vars of the file and of those that lead to it."""
        return Names(known, {}, self._problems, frozenset(self._given))


def named_files(written: TextNode, file: ProductionFile, scans: Scans, problems: list[Problem]) -> list[str]:
    """The files that an item of a list names, from the production's folder: one by its path, or all that match a
    pattern, sorted.

    The file that names them is not among them. `scans` counts what the patterns of a production scan.
    """
    pattern, named, root = written.string, file.base.path(written.text, Content.TEXT), file.base.root
    if not has_wildcard(pattern) or (file.base.has(named, Content.TEXT) and _is_file(root / named)):
        return [_relative(named, root)]
    hint = tr("name the folders to look into")
    if ANY_DEPTH in pattern and (pattern.startswith("..") or Path(pattern).is_absolute()):
        message = tr("`**` matches only below the folder of the file that names it")
        problems.append(Problem(written.place, message, hint))
        return []
    begin = next(at for at, part in enumerate(Path(named).parts) if has_wildcard(part))
    searched = Path(*Path(named).parts[:begin])
    if (refusal := file.base.boundary.refusal(searched, Content.TEXT)) is not None:
        problem = Problem(
            written.place,
            tr(
                "`{pattern}`: the folder `{searched}` {words}",
                pattern=pattern,
                searched=searched.as_posix(),
                words=refusal.words,
            ),
            refusal.hint,
        )
        problems.append(problem)
        return []
    try:
        found = files_like(pattern, root / file.base.folder, file.base.boundary, scans)
    except PatternTooWide as too_wide:
        message = tr("`{pattern}` {too_wide}", pattern=pattern, too_wide=too_wide)
        problems.append(Problem(written.place, message, hint))
        return []
    paths = [path for path in (_relative(file.base.path(path), root) for path in found) if path != file.file]
    if not paths:
        problems.append(
            Problem(written.place, tr("no file matches `{pattern}`", pattern=pattern), _HOW_PATHS_ARE["\\" in pattern])
        )
    return paths


def check_place_of_keys(file: ProductionFile) -> Iterator[Problem]:
    """Keys of the production file in an included file, and the other way round."""
    for key, _ in file.root.entries:
        name = key.string
        if not file.via and name == "scene":
            message = tr("`scene` belongs to an included file")
            yield Problem(key.place, message, tr("here every shot already has its own name"))
        elif file.via and name not in INCLUDABLE:
            hint = did_you_mean(name, INCLUDABLE) or tr("move it to the production file")
            yield Problem(key.place, tr("an included file cannot have `{name}`", name=name), hint)


def _relative(path: str, root: Path) -> str:
    """A path from the production's folder, also for an absolute one."""
    return path_from(root, path) if Path(path).is_absolute() else path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False  # the name is too long or has a null byte


class PatternTooWide(Exception):
    """A pattern that would scan more of the disk than any production has."""


def has_wildcard(pattern: str) -> bool:
    """Whether a path is a pattern: `*`, `?` and `[…]` within a name, `**` for folders of any depth."""
    return _WILDCARD.search(pattern) is not None


@mutable
class Scans:
    """Directory entries that patterns scanned so far."""

    total: int = 0


def files_like(pattern: str, folder: Path, boundary: Boundary, scans: Scans | None = None) -> list[str]:
    """The files below a folder that match a pattern, sorted.

    Hidden files and folders match only where the pattern names them. `**` follows no links, so that it ends. A folder
    outside of the boundary for text counts as empty; a link that leads outside matches by its name, whatever it leads
    to. `scans` counts what the patterns of a production scan. Raises PatternTooWide.
    """
    return sorted(_GlobWalk(folder, boundary, scans or Scans()).run(Path(pattern).parts))


class _GlobWalk:
    """One walk over folders, which reads each folder once for each part of the pattern."""

    def __init__(self, folder: Path, boundary: Boundary, scans: Scans) -> None:
        self._folder, self._boundary, self._scanned, self._scans = folder, boundary, 0, scans

    def run(self, parts: tuple[str, ...]) -> set[str]:
        seen: set[tuple[str, int]] = set()
        found: set[str] = set()
        waiting = [("", 0)]
        while waiting:
            path, at = waiting.pop()
            if at == len(parts):
                found |= {Path(path).as_posix()} if self._is_match(self._folder / path) else set()
            elif (path, at) not in seen:
                seen.add((path, at))
                waiting += self._below(path, parts, at)
        return found

    def _below(self, path: str, parts: tuple[str, ...], at: int) -> list[tuple[str, int]]:
        part = parts[at]
        if part == ANY_DEPTH:
            deeper = [(name, at) for name in self._names(path, ANY_DEPTH, folders=True)]
            return [(path, at + 1), *deeper]
        if not has_wildcard(part):
            return [(os.path.join(path, part), at + 1)]  # noqa: PTH118  # a path may be empty here
        return [(name, at + 1) for name in self._names(path, part, folders=False)]

    def _is_match(self, file: Path) -> bool:
        if self._boundary.refusal(file, Content.TEXT) is None:
            return _is_file(file)
        return self._boundary.refusal(file.parent, Content.TEXT) is None and os.path.islink(file)  # noqa: PTH114

    def _require_room(self) -> None:
        if self._scanned > MAX_SCANNED:
            raise PatternTooWide(tr("scans more than {max_scanned} files", max_scanned=MAX_SCANNED))
        if self._scans.total > MAX_SCANNED_IN_ALL:
            raise PatternTooWide(
                tr(
                    "is too much: all patterns scan more than {max_scanned_in_all} files",
                    max_scanned_in_all=MAX_SCANNED_IN_ALL,
                )
            )

    def _names(self, path: str, part: str, *, folders: bool) -> list[str]:
        """The entries of a folder that match a part; with `folders` only folders, links left out."""
        if self._boundary.refusal(self._folder / path, Content.TEXT) is not None:
            return []
        self._require_room()
        try:
            with os.scandir(self._folder / path) as entries:
                listed = [entry.name for entry in entries if not folders or entry.is_dir(follow_symlinks=False)]
        except (OSError, ValueError):
            return []
        self._scanned += len(listed)
        self._scans.total += len(listed)
        self._require_room()
        kept = matching(listed, "*" if part == ANY_DEPTH else part)
        return [os.path.join(path, name) for name in kept if part.startswith(".") or not name.startswith(".")]  # noqa: PTH118


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
