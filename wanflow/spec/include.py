"""The files of a production: the one that is named, and all that it includes (format.md, Top level)."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wanflow.errors import did_you_mean
from wanflow.spec.home import Home
from wanflow.spec.interpolate import Names, values_of
from wanflow.spec.problem import Problem
from wanflow.spec.production import Via
from wanflow.spec.texts import Texts
from wanflow.yamlvalue import Mapping as Table
from wanflow.yamlvalue import Node, Place, Scalar, Sequence

INCLUDABLE = ("cast", "cuts", "include", "scene", "shots", "vars", "wanflow")
"""What an included file may hold."""

MOST_FILES = 10_000
"""Files of a production; a glob that finds more is a slip."""

_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file of a production: its tree as written, where its paths begin, the names before those of its shots.

    `via` leads to it from the production file, and is empty for that file itself.
    """

    file: str
    root: Table
    home: Home
    scene: tuple[str, ...] = ()
    via: tuple[Via, ...] = ()


@dataclass(frozen=True, slots=True)
class _Named:
    """A file that an `include` names, by its path from the production's folder."""

    path: str
    place: Place


def gather(file: Path, given: Mapping[str, Scalar], texts: Texts, problems: list[Problem]) -> list[Sheet]:
    """Read a production file and what it includes, the production file first; `given` are the vars of the command line.

    What can't be read is among the problems, with its place.
    """
    gathering = _Gathering(file.absolute().parent, given, texts, problems)
    gathering.begin(file)
    return gathering.sheets


class _Gathering:
    """One walk over the files, depth first, in the order in which they are named."""

    def __init__(self, root: Path, given: Mapping[str, Scalar], texts: Texts, problems: list[Problem]) -> None:
        self.sheets: list[Sheet] = []
        self._root, self._given, self._texts, self._problems = root, given, texts, problems
        self._read_at: dict[str, Place] = {}

    def begin(self, file: Path) -> None:
        document = self._texts.read(file, file.name, None, "", self._problems)
        if document is None:
            return
        if isinstance(document.root, Table):
            self._take(Sheet(file.name, document.root, Home(self._root)), {}, ((os.path.realpath(file), file.name),))
        elif not any(not trouble.warning for trouble in document.troubles):
            place = Place(file.name, 1, 1)
            self._problems.append(Problem(place, "a production is a mapping", "begin with `wanflow: 1`"))

    def _take(self, sheet: Sheet, known: Mapping[str, Scalar], above: tuple[tuple[str, str], ...]) -> None:
        """A file, and behind it those that it includes; `above` are the files that lead to it, real path and name."""
        written = sheet.root.find("vars")
        known = {**known, **values_of(written if isinstance(written, Table) else None, self._given)}
        self.sheets.append(sheet)
        for named in self._named(sheet, known):
            self._include(named, sheet, known, above)

    def _include(
        self, named: _Named, sheet: Sheet, known: Mapping[str, Scalar], above: tuple[tuple[str, str], ...]
    ) -> None:
        file = self._root / named.path
        real = os.path.realpath(file)
        if real in {path for path, _ in above} or real in self._read_at:
            self._again(named, real, above)
            return
        self._read_at[real] = named.place
        document = self._texts.read(file, named.path, named.place, f"the included file `{named.path}`", self._problems)
        root = document.root if document is not None else None
        if isinstance(root, Table) and self._joins(root):
            scene = _scene_of(root, self._names(known))
            home = Home(self._root).beside(named.path)
            via = (*sheet.via, Via("include", named.path, named.place))
            joined = Sheet(named.path, root, home, (*sheet.scene, *scene), via)
            self._take(joined, known, (*above, (real, named.path)))
        elif document is not None and root is not None and not isinstance(root, Table):
            self._problems.append(Problem(root.place, "an included file is a mapping", "e.g. `shots:`"))

    def _again(self, named: _Named, real: str, above: tuple[tuple[str, str], ...]) -> None:
        files = [path for path, _ in above]
        if real in files:
            circle = " → ".join(f"`{name}`" for _, name in above[files.index(real) :])
            message = f"files include each other in a circle: {circle} → `{named.path}`"
            self._problems.append(Problem(named.place, message, "leave one of them out"))
        else:
            message = f"`{named.path}` is included twice, first at {self._read_at[real]}"
            self._problems.append(Problem(named.place, message, "include it once: its names are known everywhere"))

    def _joins(self, root: Table) -> bool:
        """Whether a file is one that can be included; says of keys that belong elsewhere where that is."""
        pipeline = root.key("pipeline")
        if pipeline is not None:
            hint = "put it in the place of a shot: `use: FILE`"
            self._problems.append(Problem(pipeline.place, "a pipeline can't be included", hint))
            return False
        return True

    def _named(self, sheet: Sheet, known: Mapping[str, Scalar]) -> Iterator[_Named]:
        """The files that a file includes, in order: a glob's sorted."""
        listed = sheet.root.find("include")
        for item in listed.items if isinstance(listed, Sequence) else ():
            before = len(self._problems)
            filled = self._names(known).fill(item)
            said = len(self._problems) > before
            if not said and isinstance(filled, Scalar) and isinstance(filled.value, str) and filled.words:
                yield from self._matching(filled, sheet)

    def _matching(self, written: Scalar, sheet: Sheet) -> Iterator[_Named]:
        if not _MAGIC.search(written.words) or _is_file(self._root / sheet.home.path(written.text)):
            yield _Named(_relative(sheet.home.path(written.text), self._root), written.place)
            return
        if "**" in written.words and (written.words.startswith("..") or Path(written.words).is_absolute()):
            hint = "name the folders that it shall look into"
            self._problems.append(Problem(written.place, "`**` looks only below the file that writes it", hint))
            return
        paths = [_relative(sheet.home.path(path), self._root) for path in _glob(written.words, sheet.home)]
        paths = [path for path in paths if path != sheet.file]
        if not paths:
            message, hint = f"no file is called like `{written.words}`", "it is relative to the file that names it"
            self._problems.append(Problem(written.place, message, hint))
        elif len(self._read_at) + len(paths) > MOST_FILES:
            message = f"`{written.words}` finds {len(paths)} files, a production has {MOST_FILES} at most"
            self._problems.append(Problem(written.place, message))
            return
        yield from (_Named(path, written.place) for path in paths)

    def _names(self, known: Mapping[str, Scalar]) -> Names:
        """What may stand in an `include` and a `scene`: the vars of the file and of those that lead to it."""
        return Names(known, {}, self._problems, frozenset(self._given))


def check_place_of_keys(sheet: Sheet) -> Iterator[Problem]:
    """Keys that belong into the production file, or into another one than that."""
    for key, _ in sheet.root.pairs:
        name = key.words
        if not sheet.via and name == "scene":
            yield Problem(key.place, "`scene` stands in an included file", "here every shot has its own name already")
        elif sheet.via and name not in INCLUDABLE and not name.startswith("x-"):
            hint = did_you_mean(name, INCLUDABLE) or "move it to the production file"
            yield Problem(key.place, f"an included file can't hold `{name}`", hint)


def _scene_of(root: Table, names: Names) -> tuple[str, ...]:
    written = root.find("scene")
    filled: Node | None = None if written is None else names.fill(written)
    return (filled.words,) if isinstance(filled, Scalar) and isinstance(filled.value, str) and filled.words else ()


def _glob(pattern: str, home: Home) -> list[str]:
    """The files that a pattern means, in the order of their names; hidden ones are left out."""
    folder = home.root / home.folder
    try:
        found = glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207  # it leaves hidden files out
    except (OSError, ValueError, re.error):
        return []
    return sorted(Path(path).as_posix() for path in found if _is_file(folder / path))


def _relative(path: str, root: Path) -> str:
    """An absolute path as one from the production's folder."""
    return Path(os.path.relpath(path, root)).as_posix() if Path(path).is_absolute() else path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False  # too long a name
