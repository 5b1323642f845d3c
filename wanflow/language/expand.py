"""From shots as they are written to single shots: matrices multiplied out, pipelines put in their places."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from wanflow.language.include import ProductionFile
from wanflow.language.matrix import read_matrix, size_of
from wanflow.language.names import Names
from wanflow.language.pipeline import Pipeline, PipelineLibrary, bind
from wanflow.language.problem import Problem
from wanflow.language.production import OriginStep
from wanflow.language.schema_problems import shot_keys
from wanflow.language.scope import BasePath, Scope, ShotIndex
from wanflow.language.shot import is_generator
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode

MOST_SHOTS = 20_000
"""Of a production, every matrix multiplied out; more is a slip."""

MOST_VALUES = 400_000
"""That matrices and pipelines may make of what is written, keys included: 20 for each of so many shots."""

DEEPEST = 32
"""Pipelines within pipelines."""

WAY_OUT = "split it into several productions, or take values out"


BESIDE_USE = ("matrix", "note", "pick", "tags", "takes", "use", "with")
"""What may stand in a shot whose place a pipeline takes."""

LONGEST_NAME = 200
"""Bytes of one name: it becomes the name of a file, with the number of a take behind it."""

_OF_OUTPUT = ("note", "pick", "takes")

Path = tuple[str, ...]
"""The names that lead to a shot, outermost first."""


@dataclass(frozen=True, slots=True)
class ShotCount:
    """How many shots there are, and how many values are copied for them."""

    shots: int = 0
    values: int = 0

    def __add__(self, other: ShotCount) -> ShotCount:
        return ShotCount(self.shots + other.shots, self.values + other.values)

    @property
    def excess(self) -> str | None:
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

    def check(self, sheets: Sequence[ProductionFile]) -> Iterator[Problem]:
        """A problem where a production gets too large, at the shot that makes it so."""
        whole = ShotCount()
        for sheet in sheets:
            shots = sheet.root.find("shots")
            for key, node in shots.pairs if isinstance(shots, MapNode) else ():
                whole += self.of(node, sheet.home)
                if whole.excess is not None:
                    yield Problem((_maker(node) or key).place, whole.excess, WAY_OUT)
                    return

    def of(self, node: Node, home: BasePath) -> ShotCount:
        """What a shot stands for."""
        if not isinstance(node, MapNode) or not is_generator(node):
            return ONE
        matrix, use = node.find("matrix"), node.find("use")
        used = self._used(use, home) if isinstance(use, TextNode) else ONE
        times = size_of(matrix)
        return ShotCount(times * max(used.shots, 1), times * (_value_count(node.without({"matrix"})) + used.values))

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
            self._known[pipeline.file] = ONE if circular else within + ShotCount(0, _value_count(pipeline.root))
        return self._known[pipeline.file]

    def _used(self, use: TextNode, home: BasePath) -> ShotCount:
        pipeline = None if "$" in use.string else self._library.try_find(use, home)
        return ONE if pipeline is None else self.of_pipeline(pipeline)


def _maker(node: Node) -> Node | None:
    """What makes many shots of one: its matrix, else its pipeline."""
    return node.find("matrix") or node.find("use") if isinstance(node, MapNode) else None


def _value_count(node: Node) -> int:
    """How many values a tree holds, keys included, those behind aliases counted each time."""
    match node:
        case MapNode(pairs):
            return 1 + sum(1 + _value_count(value) for _, value in pairs)
        case ListNode(items):
            return 1 + sum(_value_count(item) for item in items)
        case TextNode():
            return 1


@dataclass(frozen=True, slots=True)
class ExpansionContext:
    """What surrounds a shot: the names for `${…}`, what can be seen, the defaults from outside in, how it came to be.

    `tags` are those of the uses around it, `uses` the files of their pipelines; `damaged` where one of those lacks an
    input, which is said.
    """

    names: Names
    scope: Scope
    layers: tuple[MapNode, ...] = ()
    via: tuple[OriginStep, ...] = ()
    tags: tuple[Node, ...] = ()
    uses: tuple[str, ...] = ()
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class ExpandedShot:
    """One shot after every expansion, its names filled in; the string of `name` is its whole path.

    `generated`: it came from a matrix or a pipeline, and its shape is still to be checked.
    """

    name: TextNode
    node: MapNode
    context: ExpansionContext
    generated: bool


class Expansion:
    """One pass over the shots of a production; what is wrong is added to `problems`.

    A `limits` was taken before; pipelines whose names it did not know are counted on the way.
    """

    def __init__(
        self, library: PipelineLibrary, limits: SizeLimits, addresses: ShotIndex, problems: list[Problem]
    ) -> None:
        self.written: list[ExpandedShot] = []
        self.addresses = addresses
        self._library, self._limits, self._problems = library, limits, problems
        self._used, self._full = ShotCount(), False
        self._circular: set[str] = set()
        self._defined: dict[str, Place] = {}
        self._of_output: dict[str, dict[str, tuple[TextNode, Node]]] = {}

    def register_unusable(self, names: Iterable[TextNode], scene: Path) -> None:
        """Let shots be known that can't be used, so that nobody who names them is accused."""
        for name in names:
            whole = "/".join((*scene, name.string))
            self.addresses.shots[whole] = None
            self.addresses.unusable.add(whole)

    def add(self, shots: Iterable[tuple[TextNode, MapNode]], context: ExpansionContext) -> None:
        """Expand the shots of a file, whose names are filled in but for those with a matrix or a pipeline."""
        for key, node in shots:
            if self._full:
                return
            whole = "/".join((*context.scope.path, key.string))
            self.addresses.unusable.discard(whole)
            if is_generator(node):
                self.addresses.shots.pop(whole, None)
            self._shot(key, node, context, filled=not is_generator(node))

    def _shot(self, key: TextNode, node: MapNode, context: ExpansionContext, *, filled: bool) -> None:
        path = (*context.scope.path, key.string)
        if self._full or not self._is_new("/".join(path), key):
            return
        matrix = node.find("matrix")
        if isinstance(matrix, MapNode):
            self._group(path, key, node, matrix, context)
        else:
            self._single(path, key, node, context, filled=filled)

    def _group(self, path: Path, key: TextNode, node: MapNode, matrix: MapNode, context: ExpansionContext) -> None:
        rest, members = node.without({"matrix"}), list[str]()
        for combination in read_matrix(matrix, context.names, self._problems):
            via = (*context.via, OriginStep("matrix", combination.label, matrix.place))
            inner = replace(context, names=combination.within(context.names), via=via)
            whole = (*path, combination.slug)
            if self._is_new("/".join(whole), key):
                members.append("/".join(whole))
                self._single(whole, key, rest, inner, filled=False)
        self.addresses.groups["/".join(path)] = tuple(members)
        if not members:
            self.addresses.unusable.add("/".join(path))

    def _has_room(self, pipeline: Pipeline, use: TextNode) -> bool:
        """Whether a production may use one more pipeline; said once where it may not."""
        self._used += self._limits.of_pipeline(pipeline)
        if self._used.excess is not None and not self._full:
            self._problems.append(Problem(use.place, self._used.excess, WAY_OUT))
            self._full = True
        return not self._full

    def _single(self, path: Path, key: TextNode, node: MapNode, context: ExpansionContext, *, filled: bool) -> None:
        name = replace(key, value="/".join(path), text="/".join(path))
        if node.find("use") is not None:
            self._use(path, name, node, context)
            return
        stray = node.key("with")
        if stray is not None:
            self._problems.append(Problem(stray.place, "`with` needs a `use`", "name the pipeline: `use: extend`"))
        whole = node if filled else _without_nothing(node, context.names)
        extra = self._of_output.get(name.string, {})
        whole = _tagged(MapNode((*whole.without(extra).pairs, *extra.values()), whole.place), context.tags)
        self.addresses.shots[name.string] = None
        self.written.append(ExpandedShot(name, whole, context, not filled))

    def _use(self, path: Path, name: TextNode, node: MapNode, context: ExpansionContext) -> None:
        """Put a pipeline in the place of a shot, which its output stands for from now on."""
        self._problems += [_stray(key) for key, _ in node.pairs if not _stands_beside_use(key)]
        before = len(self._problems)
        written = node.find("use") or name
        use = context.names.fill(written)
        sound = isinstance(use, TextNode) and len(self._problems) == before
        pipeline = self._pipeline(use, context, counted=use is written) if isinstance(use, TextNode) and sound else None
        if pipeline is None or not isinstance(use, TextNode):
            self.addresses.shots[name.string] = None  # it counts as there: what is wrong is said already
            self.addresses.unusable.add(name.string)
            return
        inner = self._inside(pipeline, path, name, use, node, context)
        output = "/".join((*path, pipeline.output.string))
        own = {key.string: (key, context.names.fill(value)) for key, value in node.pairs if key.string in _OF_OUTPUT}
        self._of_output[output] = {**own, **self._of_output.pop(name.string, {})}
        self.addresses.outputs[name.string] = output
        for key, shot in pipeline.shots:
            self._shot(key, shot, inner, filled=False)
        self._problems += self._check_output(pipeline, output)

    def _inside(
        self, pipeline: Pipeline, path: Path, name: TextNode, use: TextNode, node: MapNode, context: ExpansionContext
    ) -> ExpansionContext:
        """The scope of a pipeline's shots: its inputs and its own defaults."""
        own = Scope(pipeline.home, self.addresses, path, len(path), {}, {})
        given, defaults = node.find("with"), pipeline.root.find("defaults")
        bound = bind(name, given if isinstance(given, MapNode) else None, pipeline, context.names, context.scope, own)
        names = bound.names(pipeline, self._problems)
        layer = (_without_nothing(defaults, names),) if isinstance(defaults, MapNode) else ()
        return ExpansionContext(
            names=names,
            scope=replace(own, inputs=bound.media, cast=bound.cast),
            layers=(*context.layers, *layer),
            via=(*context.via, OriginStep("use", use.string, use.place)),
            tags=(*context.tags, *_tags(node, context.names)),
            uses=(*context.uses, pipeline.file),
            damaged=context.damaged or bound.damaged,
        )

    def _pipeline(self, use: TextNode, context: ExpansionContext, *, counted: bool) -> Pipeline | None:
        """The pipeline that a `use` names; None, and a problem, where it can't stand here."""
        pipeline = self._library.find(use, context.scope.home)
        if pipeline is None or pipeline.file in self._circular or not (counted or self._has_room(pipeline, use)):
            return None
        pipeline = pipeline.seen_from(use.place)
        if pipeline.file in context.uses:
            circle = [*context.uses[context.uses.index(pipeline.file) :], pipeline.file]
            message = f"pipelines use each other in a circle: {' → '.join(f'`{file}`' for file in circle)}"
            self._problems.append(Problem(use.place, message, "leave one of them out"))
            self._circular.update(circle)
            return None
        if len(context.uses) >= DEEPEST:
            self._problems.append(Problem(use.place, f"pipelines nest more than {DEEPEST} deep"))
            return None
        return pipeline

    def _check_output(self, pipeline: Pipeline, name: str) -> list[Problem]:
        """The output of a pipeline has to be one of its shots, and a single one; `name` is its whole path."""
        output, place = pipeline.output.string, pipeline.output.place
        inside = name.removesuffix(output)
        if self.addresses.groups.get(name):
            one = self.addresses.groups[name][0].removeprefix(inside)
            return [Problem(place, f"`{output}` is a group, and an output is a single shot", f"e.g. `{one}`")]
        if not self.addresses.knows(name):
            listed = ", ".join(key.string for key, _ in pipeline.shots)
            return [Problem(place, f"the pipeline has no shot `{output}`", f"its shots: {listed}")]
        return []

    def _is_new(self, name: str, key: TextNode) -> bool:
        if len(os.fsencode(name.rpartition("/")[2])) > LONGEST_NAME:
            self._problems.append(Problem(key.place, "the name is too long for a file", "give it a shorter one"))
            return False
        first = self._defined.setdefault(name, key.place)
        if first is not key.place:
            self._problems.append(Problem(key.place, f"`{name}` is defined twice, first at {first}", "rename one"))
        return first is key.place


def _without_nothing(node: MapNode, names: Names) -> MapNode:
    """A mapping with its names filled in, without the keys whose input was left out.

    A key that means nothing stays, to be told of.
    """
    filled = names.fill(node)
    if not isinstance(filled, MapNode):
        return node
    kept = tuple(
        (key, value)
        for (key, value), (_, before) in zip(filled.pairs, node.pairs, strict=True)
        if value is before
        or not isinstance(value, TextNode)
        or value.value is not None
        or key.string not in shot_keys()
    )
    return MapNode(kept, filled.place)


def _tagged(node: MapNode, tags: tuple[Node, ...]) -> MapNode:
    if not tags:
        return node
    own = node.find("tags")
    listed = own.items if isinstance(own, ListNode) else ()
    key = node.key("tags") or TextNode("tags", "tags", tags[0].place)
    return MapNode((*node.without({"tags"}).pairs, (key, ListNode((*listed, *tags), key.place))), node.place)


def _tags(node: MapNode, names: Names) -> tuple[Node, ...]:
    tags = node.find("tags")
    return tuple(names.fill(item) for item in tags.items) if isinstance(tags, ListNode) else ()


def _stands_beside_use(key: TextNode) -> bool:
    return key.string in BESIDE_USE or key.string.startswith("x-")


def _stray(key: TextNode) -> Problem:
    elsewhere = "it belongs to the shots of the pipeline: give it by `with`, or write it there"
    hint = elsewhere if key.string in shot_keys() else did_you_mean(key.string, BESIDE_USE) or elsewhere
    return Problem(key.place, f"`{key.string}` can't stand beside `use`", hint)
