"""A pipeline's file: a sub-graph with inputs and an output, which takes the place of a shot (format.md, use)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wanflow.errors import did_you_mean
from wanflow.language.generator import generator_of
from wanflow.language.include import SourceTexts
from wanflow.language.problem import Problem, has_errors
from wanflow.language.schema_problems import check_against
from wanflow.language.scope import BasePath, is_there
from wanflow.schemas import data_folder
from wanflow.yamldoc.nodes import MapNode, Node, Place, TextNode, seen_from

SCHEMA = "pipeline.schema.json"
SUFFIX = ".yaml"
SHIPPED = "<wanflow>/pipelines/"
"""Before the names of pipelines that come with wanflow, in places."""

MEDIA = "media"
CAST = "cast"

_BARE = re.compile("[a-z\u3400-\u9fff\uf900-\ufaff][a-z0-9_\u3400-\u9fff\uf900-\ufaff-]*")


@dataclass(frozen=True, slots=True)
class PipelineInput:
    """What a pipeline asks for: `media`, `cast`, `string`, `integer`, `number` or `boolean`.

    `default` is what it is where nothing is given; where there is none, something has to be. A default of null means
    that it may be left out.
    """

    name: TextNode
    type: str
    default: Node | None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One pipeline as it is written; `file` is its name in places, and `home` where its paths begin."""

    name: str
    file: str
    home: BasePath
    root: MapNode
    inputs: Mapping[str, PipelineInput]
    output: TextNode

    def seen_from(self, use: Place) -> Pipeline:
        """The same pipeline where it is used: every place in it knows of that."""
        moved = seen_from(self.root, use)
        return (read_pipeline(moved, self.file, self.home) if isinstance(moved, MapNode) else None) or self

    @property
    def shots(self) -> tuple[tuple[TextNode, MapNode], ...]:
        """Its shots by name, in order."""
        named = self.root.find("shots")
        pairs = named.pairs if isinstance(named, MapNode) else ()
        return tuple((key, node) for key, node in pairs if isinstance(node, MapNode) and not key.words.startswith("x-"))


def shipped() -> dict[str, Path]:
    """The pipelines that come with wanflow, by name."""
    files = sorted(data_folder("pipelines").glob(f"*{SUFFIX}"))
    return {file.name.removesuffix(SUFFIX): file for file in files}


def find_pipeline(written: TextNode, home: BasePath) -> tuple[Path, str, BasePath] | Problem:
    """The file that a `use` names, its name in places and its home: a bare name is one that comes with wanflow."""
    if _BARE.fullmatch(written.words):
        known = shipped()
        if written.words in known:
            file = known[written.words]
            away = Path(os.path.relpath(file.parent, home.root)).as_posix()
            return file, f"{SHIPPED}{file.name}", BasePath(home.root, away)
        beside = home.path(written.words + SUFFIX)
        near = f"for a file write `use: {written.words}{SUFFIX}`" if is_there(home.root / beside) else None
        listed = f"they are {', '.join(known)}; a file is named by its path" if known else None
        hint = near or did_you_mean(written.words, known) or listed
        return Problem(written.place, f"no pipeline that comes with wanflow is called `{written.words}`", hint)
    path = home.path(written.text)
    return home.root / path, path, home.beside(path)


def read_pipeline(root: MapNode, file: str, home: BasePath) -> Pipeline | None:
    """The pipeline of a file whose shape was checked; None where it has no shots or no output."""
    name, output, inputs = root.find("pipeline"), root.find("output"), root.find("inputs")
    if not isinstance(name, TextNode) or not isinstance(output, TextNode):
        return None
    read = {key.words: _input(key, node) for key, node in (inputs.pairs if isinstance(inputs, MapNode) else ())}
    known = {key: value for key, value in read.items() if value is not None}
    return Pipeline(name.words, file, home, root, known, output)


def is_shipped(place: Place) -> bool:
    """Whether a place is in a pipeline that comes with wanflow, which nobody can mend where it is used."""
    return place.file.startswith(SHIPPED)


def _input(key: TextNode, node: Node) -> PipelineInput | None:
    kind = node.find("type") if isinstance(node, MapNode) else None
    if not isinstance(node, MapNode) or not isinstance(kind, TextNode) or key.words.startswith("x-"):
        return None
    return PipelineInput(key, kind.words, node.find("default"))


class PipelineLibrary:
    """Pipelines by their files; what is wrong with one is told where it is used, once for each use."""

    def __init__(self, texts: SourceTexts, problems: list[Problem]) -> None:
        self._texts, self._problems = texts, problems
        self._read: dict[str, tuple[Pipeline | None, Sequence[Problem]]] = {}
        self._useless: set[str] = set()

    def find(self, use: TextNode, home: BasePath) -> Pipeline | None:
        """The pipeline that a `use` names, None and a problem where there is none that can be used."""
        found = find_pipeline(use, home)
        if isinstance(found, Problem):
            self._problems.append(found)
            return None
        file, name, own = found
        if name not in self._read:
            self._read[name] = self._open(file, name, own, use)
        pipeline, problems = self._read[name]
        self._problems += (replace(problem, place=_seen_from(problem.place, name, use)) for problem in problems)
        return pipeline

    def peek(self, use: TextNode, home: BasePath) -> Pipeline | None:
        """As `find`, without a word of what is wrong: that is told when it is used."""
        found = find_pipeline(use, home)
        if isinstance(found, Problem):
            return None
        file, name, own = found
        if name not in self._read and name not in self._useless:
            read = self._open(file, name, own, use)
            if read[0] is None:
                self._useless.add(name)
            else:
                self._read[name] = read
        return self._read[name][0] if name in self._read else None

    def _open(self, file: Path, name: str, home: BasePath, use: TextNode) -> tuple[Pipeline | None, Sequence[Problem]]:
        problems: list[Problem] = []
        document = self._texts.read(file, name, use.place, f"the pipeline `{name}`", problems)
        if document is None or has_errors(problems):
            return None, problems
        if not isinstance(document.root, MapNode) or document.root.find("pipeline") is None:
            hint = "a pipeline begins with `pipeline: NAME`"
            return None, [*problems, Problem(use.place, f"`{name}` is no pipeline", hint)]
        problems += check_against(_outline(document.root), SCHEMA)
        pipeline = None if has_errors(problems) else read_pipeline(document.root, name, home)
        return pipeline, problems


def _seen_from(place: Place, file: str, use: TextNode) -> Place:
    """A place in the pipeline's file as it is where the pipeline is used; else the `use` itself."""
    return place.seen_from(use.place) if place.file == file else use.place


def _outline(root: MapNode) -> MapNode:
    """A pipeline's file without what is in its shots, which is checked where it is used, with all names filled in."""
    pairs = [(key, _emptied(value) if key.words == "shots" else value) for key, value in root.pairs]
    return MapNode(tuple(pairs), root.place)


def _emptied(shots: Node) -> Node:
    if not isinstance(shots, MapNode):
        return shots
    return MapNode(tuple((key, generator_of(node)) for key, node in shots.pairs), shots.place)
