"""The pipelines that a production uses, each read and checked once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wanflow.spec.generator import generator_of
from wanflow.spec.home import Home
from wanflow.spec.pipeline import SCHEMA, Pipeline, find_pipeline, read_pipeline
from wanflow.spec.problem import Problem, has_errors
from wanflow.spec.shape import check_against
from wanflow.spec.texts import Texts
from wanflow.yamlvalue import Mapping as Table
from wanflow.yamlvalue import Node, Place, Scalar


class Library:
    """Pipelines by their files; what is wrong with one is told where it is used, once for each use."""

    def __init__(self, texts: Texts, problems: list[Problem]) -> None:
        self._texts, self._problems = texts, problems
        self._read: dict[str, tuple[Pipeline | None, Sequence[Problem]]] = {}

    def find(self, use: Scalar, home: Home) -> Pipeline | None:
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

    def _open(self, file: Path, name: str, home: Home, use: Scalar) -> tuple[Pipeline | None, Sequence[Problem]]:
        problems: list[Problem] = []
        document = self._texts.read(file, name, use.place, f"the pipeline `{name}`", problems)
        if document is None or has_errors(problems):
            return None, problems
        if not isinstance(document.root, Table) or document.root.find("pipeline") is None:
            hint = "a pipeline begins with `pipeline: NAME`"
            return None, [*problems, Problem(use.place, f"`{name}` is no pipeline", hint)]
        problems += check_against(_outline(document.root), SCHEMA)
        pipeline = None if has_errors(problems) else read_pipeline(document.root, name, home)
        return pipeline, problems


def _seen_from(place: Place, file: str, use: Scalar) -> Place:
    """A place in the pipeline's file as it is where the pipeline is used; else the `use` itself."""
    return place.seen_from(use.place) if place.file == file else use.place


def _outline(root: Table) -> Table:
    """A pipeline's file without what is in its shots, which is checked where it is used, with all names filled in."""
    pairs = [(key, _emptied(value) if key.words == "shots" else value) for key, value in root.pairs]
    return Table(tuple(pairs), root.place)


def _emptied(shots: Node) -> Node:
    if not isinstance(shots, Table):
        return shots
    return Table(tuple((key, generator_of(node)) for key, node in shots.pairs), shots.place)
