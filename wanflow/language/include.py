"""The files of a production: the one that is named, and all that it includes (format.md, Top level)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from wanflow.boundary import Content, path_from
from wanflow.language.file_patterns import ANY_DEPTH, PatternTooWide, Scans, files_like, has_wildcard, is_file
from wanflow.language.names import Names, layered, values_of
from wanflow.language.problem import Problem
from wanflow.language.production import OriginStep
from wanflow.language.scope import BasePath
from wanflow.language.source_texts import SourceTexts
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import ListNode, MapNode, Place, TextNode

INCLUDABLE = ("cast", "cuts", "include", "scene", "shots", "vars", "wanflow")
"""Keys that an included file may have."""

MAX_FILES = 10_000
"""Maximum files of a production, counted at every place that names them."""

MAX_DEPTH = 32
"""Maximum files that include each other in a row."""

_HOW_PATHS_ARE = (tr("the path is relative to the file that names it"), tr("write `/` between folders"))
"""What to know of a pattern that matches nothing, and of one with a backslash."""


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
    if not has_wildcard(pattern) or (file.base.has(named, Content.TEXT) and is_file(root / named)):
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
