"""How much a production will be once its matrices and pipelines are expanded, counted before any shot is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wanflow.language.generator import is_generator, without
from wanflow.language.include import ProductionFile
from wanflow.language.matrix import size_of
from wanflow.language.pipeline import Pipeline, PipelineLibrary
from wanflow.language.problem import Problem
from wanflow.language.scope import BasePath
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, TextNode

MOST_SHOTS = 20_000
"""Of a production, every matrix multiplied out; more is a slip."""

MOST_VALUES = 400_000
"""That matrices and pipelines may make of what is written, keys included: 20 for each of so many shots."""

DEEPEST = 32
"""Pipelines within pipelines."""

WAY_OUT = "split it into several productions, or take values out"


@dataclass(frozen=True, slots=True)
class ShotCount:
    """How many shots there are, and how many values are copied for them."""

    shots: int = 0
    values: int = 0

    def __add__(self, other: ShotCount) -> ShotCount:
        return ShotCount(self.shots + other.shots, self.values + other.values)

    @property
    def complaint(self) -> str | None:
        """What is wrong with so much, None where it is allowed."""
        if self.shots > MOST_SHOTS:
            return f"a production has {MOST_SHOTS} shots at most"
        return f"matrices and pipelines make more than {MOST_VALUES} values" if self.values > MOST_VALUES else None


ONE = ShotCount(1)


class SizeLimits:
    """Weighs shots as they are written; a pipeline whose name is filled in later counts as one shot."""

    def __init__(self, library: PipelineLibrary) -> None:
        self._library = library
        self._known: dict[str, ShotCount] = {}
        self._open: list[str] = []
        self._circular: set[str] = set()

    def complain(self, sheets: Sequence[ProductionFile]) -> Iterator[Problem]:
        """A problem where a production gets too large, at the shot that makes it so."""
        whole = ShotCount()
        for sheet in sheets:
            shots = sheet.root.find("shots")
            for key, node in shots.pairs if isinstance(shots, MapNode) else ():
                whole += self.of(node, sheet.home)
                if whole.complaint is not None:
                    yield Problem((_maker(node) or key).place, whole.complaint, WAY_OUT)
                    return

    def of(self, node: Node, home: BasePath) -> ShotCount:
        """What a shot stands for."""
        if not isinstance(node, MapNode) or not is_generator(node):
            return ONE
        matrix, use = node.find("matrix"), node.find("use")
        used = self._used(use, home) if isinstance(use, TextNode) else ONE
        times = size_of(matrix)
        return ShotCount(times * max(used.shots, 1), times * (_size(without(node, {"matrix"})) + used.values))

    def of_pipeline(self, pipeline: Pipeline) -> ShotCount:
        """What a pipeline stands for; one that is within itself counts once: it is used nowhere, and that is said."""
        if pipeline.file in self._open:
            self._circular.update(self._open[self._open.index(pipeline.file) :])
        if pipeline.file in self._open or len(self._open) > DEEPEST:
            return ONE
        if pipeline.file not in self._known:
            self._open.append(pipeline.file)
            within = sum((self.of(node, pipeline.home) for _, node in pipeline.shots), ShotCount())
            self._open.pop()
            circular = pipeline.file in self._circular
            self._known[pipeline.file] = ONE if circular else within + ShotCount(0, _size(pipeline.root))
        return self._known[pipeline.file]

    def _used(self, use: TextNode, home: BasePath) -> ShotCount:
        pipeline = None if "$" in use.words else self._library.peek(use, home)
        return ONE if pipeline is None else self.of_pipeline(pipeline)


def _maker(node: Node) -> Node | None:
    """What makes many shots of one: its matrix, else its pipeline."""
    return node.find("matrix") or node.find("use") if isinstance(node, MapNode) else None


def _size(node: Node) -> int:
    """How many values a tree holds, keys included, those behind aliases counted each time."""
    match node:
        case MapNode(pairs):
            return 1 + sum(1 + _size(value) for _, value in pairs)
        case ListNode(items):
            return 1 + sum(_size(item) for item in items)
        case TextNode():
            return 1
