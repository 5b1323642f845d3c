"""Expand shots as they are written into single shots: matrices multiplied out, pipelines put in place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from wanflow.characters import case_folded
from wanflow.language.include import ProductionFile
from wanflow.language.matrix import read_matrix, size_of
from wanflow.language.names import Names
from wanflow.language.pipeline import Pipeline, PipelineLibrary, bind
from wanflow.language.problem import Problem, defined_again
from wanflow.language.production import OriginStep
from wanflow.language.schema_problems import shot_keys
from wanflow.language.scope import BasePath, Scope, ShotIndex
from wanflow.language.shot import is_generator
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.suggest import did_you_mean, listed
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode

MAX_SHOTS = 20_000
"""Maximum shots of a production, every matrix multiplied out."""

MAX_VALUES = 400_000
"""Maximum values, keys included, that matrices and pipelines make: 20 for each shot."""

MAX_DEPTH = 32
"""Maximum pipelines within pipelines."""

TOO_LARGE_HINT = tr("split it into several productions, or remove values")

BESIDE_USE = ("matrix", "note", "pick", "tags", "takes", "use", "with")
"""Keys of a shot whose place a pipeline takes."""

MAX_NAME_BYTES = 200
"""Maximum bytes of each part of a shot's name: it becomes the name of a file, followed by the number of a take."""

_OF_OUTPUT = ("note", "pick", "takes")

Path = tuple[str, ...]
"""Names that lead to a shot, outermost first."""


@immutable
class ShotCount:
    """Numbers of shots, and of values that are copied for them."""

    shots: int = 0
    values: int = 0

    def __add__(self, other: ShotCount) -> ShotCount:
        return ShotCount(self.shots + other.shots, self.values + other.values)

    @property
    def excess(self) -> str | None:
        """The message where a maximum is exceeded."""
        if self.shots > MAX_SHOTS:
            return tr("a production has at most {max_shots} shots", max_shots=MAX_SHOTS)
        return (
            tr("matrices and pipelines make more than {max_values} values", max_values=MAX_VALUES)
            if self.values > MAX_VALUES
            else None
        )


ONE_SHOT = ShotCount(1)


class SizeLimits:
    """Counts what shots expand to, before any is made; a pipeline whose name has a `${…}` counts as one shot."""

    def __init__(self, library: PipelineLibrary) -> None:
        self._library = library
        self._known: dict[str, ShotCount] = {}
        self._open: list[str] = []
        self._circular: set[str] = set()

    def check(self, files: Sequence[ProductionFile]) -> Iterator[Problem]:
        """A problem where a production gets too large, at the shot that exceeds a maximum."""
        total = ShotCount()
        for file in files:
            shots = file.root.find("shots")
            for key, node in shots.pairs if isinstance(shots, MapNode) else ():
                total += self.of(node, file.base)
                if total.excess is not None:
                    generator = node.find("matrix") or node.find("use") if isinstance(node, MapNode) else None
                    yield Problem((generator or key).place, total.excess, TOO_LARGE_HINT)
                    return

    def of(self, node: Node, base: BasePath) -> ShotCount:
        """What a shot expands to."""
        if not isinstance(node, MapNode) or not is_generator(node):
            return ONE_SHOT
        matrix, use = node.find("matrix"), node.find("use")
        used = ONE_SHOT
        if isinstance(use, TextNode) and "$" not in use.string:
            pipeline = self._library.try_find(use, base)
            used = ONE_SHOT if pipeline is None else self.of_pipeline(pipeline)
        times = size_of(matrix)
        own = _value_count(node.without({"matrix"})) + (len(matrix.pairs) if isinstance(matrix, MapNode) else 0)
        return ShotCount(times * max(used.shots, 1), times * (own + used.values))

    def of_pipeline(self, pipeline: Pipeline) -> ShotCount:
        """What a pipeline expands to; a circular one counts as one shot: it is never expanded."""
        if pipeline.file in self._open:
            self._circular.update(self._open[self._open.index(pipeline.file) :])
        if pipeline.file in self._open or len(self._open) > MAX_DEPTH:
            return ONE_SHOT
        if pipeline.file not in self._known:
            self._open.append(pipeline.file)
            within = sum((self.of(node, pipeline.base) for _, node in pipeline.shots), ShotCount())
            self._open.pop()
            circular = pipeline.file in self._circular
            self._known[pipeline.file] = ONE_SHOT if circular else within + ShotCount(0, _value_count(pipeline.root))
        return self._known[pipeline.file]


def _value_count(node: Node) -> int:
    """The number of values of a tree, keys included; those of an alias count at each use."""
    match node:
        case MapNode(pairs):
            return 1 + sum(1 + _value_count(value) for _, value in pairs)
        case ListNode(items):
            return 1 + sum(_value_count(item) for item in items)
        case TextNode():
            return 1


@immutable
class ExpansionContext:
    """What surrounds a shot: names for `${…}`, the scope, defaults from outside in, and the steps that led to it.

    `tags` are those of the uses around it, `uses` the files of their pipelines. `damaged`: one of these lacks an input,
    which is reported.
    """

    names: Names
    scope: Scope
    defaults: tuple[MapNode, ...] = ()
    via: tuple[OriginStep, ...] = ()
    tags: tuple[Node, ...] = ()
    uses: tuple[str, ...] = ()
    damaged: bool = False


@immutable
class ExpandedShot:
    """One shot after expansion, its names filled in; the string of `name` is its whole path.

    `generated`: it came from a matrix or a pipeline, and its shape is not checked yet.
    """

    name: TextNode
    node: MapNode
    context: ExpansionContext
    generated: bool


class Expansion:
    """Expands the shots of a production into `shots`; what is wrong is added to `problems`.

    `limits` checked the files before; pipelines whose names have a `${…}` are counted on the way.
    """

    def __init__(self, library: PipelineLibrary, limits: SizeLimits, index: ShotIndex, problems: list[Problem]) -> None:
        self.shots: list[ExpandedShot] = []
        self.index = index
        self._library, self._limits, self._problems = library, limits, problems
        self._used, self._full = ShotCount(), False
        self._circular: set[str] = set()
        self._defined: dict[str, tuple[str, Place]] = {}
        self._of_output: dict[str, dict[str, tuple[TextNode, Node]]] = {}

    def register_unusable(self, names: Iterable[TextNode], scene: Path) -> None:
        """Register names of unusable shots, so that references to them raise no second problem."""
        for name in names:
            whole = "/".join((*scene, name.string))
            self.index.shots[whole] = None
            self.index.unusable.add(whole)

    def add(self, shots: Iterable[tuple[TextNode, MapNode]], context: ExpansionContext) -> None:
        """Expand the shots of a file; names are filled in already, except in shots with a matrix or a pipeline."""
        for key, node in shots:
            if self._full:
                return
            whole = "/".join((*context.scope.path, key.string))
            self.index.unusable.discard(whole)
            if is_generator(node):
                self.index.shots.pop(whole, None)
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
        self.index.groups["/".join(path)] = tuple(members)
        if not members:
            self.index.unusable.add("/".join(path))

    def _single(self, path: Path, key: TextNode, node: MapNode, context: ExpansionContext, *, filled: bool) -> None:
        self._full |= not context.names.room.left
        if self._full:
            return
        name = replace(key, value="/".join(path), text="/".join(path))
        if node.find("use") is not None:
            self._use(path, name, node, context)
            return
        stray = node.key("with")
        if stray is not None:
            self._problems.append(
                Problem(stray.place, tr("`with` needs a `use`"), tr("name the pipeline: `use: extend`"))
            )
        whole = node if filled else self._filled(node, context.names)
        if extra := self._of_output.get(name.string):
            whole = MapNode((*whole.without(extra).pairs, *extra.values()), whole.place)
        if context.tags:
            own = whole.find("tags")
            listed = own.items if isinstance(own, ListNode) else ()
            tags = whole.key("tags") or TextNode("tags", "tags", context.tags[0].place)
            pairs = (*whole.without({"tags"}).pairs, (tags, ListNode((*listed, *context.tags), tags.place)))
            whole = MapNode(pairs, whole.place)
        self.index.shots[name.string] = None
        self.shots.append(ExpandedShot(name, whole, context, not filled))

    def _use(self, path: Path, name: TextNode, node: MapNode, context: ExpansionContext) -> None:
        """Put a pipeline in the place of a shot, whose name then means the output."""
        for key, _ in node.entries:
            if key.string not in BESIDE_USE:
                hint: str = tr("it belongs to the shots of the pipeline: pass it with `with`, or write it there")
                if key.string not in shot_keys(self._library.catalog):
                    hint = did_you_mean(key.string, BESIDE_USE) or hint
                self._problems.append(
                    Problem(key.place, tr("`{name}` is not allowed beside `use`", name=key.string), hint)
                )
        before = len(self._problems)
        written = node.find("use") or name
        use = context.names.fill(written)
        valid = len(self._problems) == before
        pipeline = self._pipeline(use, context, counted=use is written) if isinstance(use, TextNode) and valid else None
        if pipeline is None or not isinstance(use, TextNode):
            self.index.shots[name.string] = None  # a known name: the problem is reported
            self.index.unusable.add(name.string)
            return
        inner = self._inside(pipeline, path, name, use, node, context)
        output = "/".join((*path, pipeline.output.string))
        own = {key.string: (key, context.names.fill(value)) for key, value in node.pairs if key.string in _OF_OUTPUT}
        self._of_output[output] = {**own, **self._of_output.pop(name.string, {})}
        self.index.outputs[name.string] = output
        for key, shot in pipeline.shots:
            self._shot(key, shot, inner, filled=False)
        self._problems += self._check_output(pipeline, output)

    def _inside(
        self, pipeline: Pipeline, path: Path, name: TextNode, use: TextNode, node: MapNode, context: ExpansionContext
    ) -> ExpansionContext:
        """The context of a pipeline's shots: its inputs and its own defaults."""
        own = Scope(pipeline.base, self.index, path, len(path), {}, {})
        given, defaults = node.find("with"), pipeline.root.find("defaults")
        bound = bind(name, given if isinstance(given, MapNode) else None, pipeline, context.names, context.scope, own)
        names = bound.names(pipeline, context.names)
        own_defaults = (self._filled(defaults, names),) if isinstance(defaults, MapNode) else ()
        tags = node.find("tags")
        own_tags = (context.names.fill(tag) for tag in tags.items) if isinstance(tags, ListNode) else ()
        return ExpansionContext(
            names=names,
            scope=replace(own, inputs=bound.media, cast=bound.cast),
            defaults=(*context.defaults, *own_defaults),
            via=(*context.via, OriginStep("use", use.string, use.place)),
            tags=(*context.tags, *own_tags),
            uses=(*context.uses, pipeline.file),
            damaged=context.damaged or bound.damaged,
        )

    def _pipeline(self, use: TextNode, context: ExpansionContext, *, counted: bool) -> Pipeline | None:
        """The pipeline that a `use` names; None, and a problem, where it cannot be used here."""
        pipeline = self._library.find(use, context.scope.base)
        if pipeline is None or pipeline.file in self._circular:
            return None
        if not counted:
            self._used += self._limits.of_pipeline(pipeline)
            if self._used.excess is not None and not self._full:
                self._problems.append(Problem(use.place, self._used.excess, TOO_LARGE_HINT))
                self._full = True
            if self._full:
                return None
        pipeline = pipeline.with_use(use.place)
        if pipeline.file in context.uses:
            cycle = [*context.uses[context.uses.index(pipeline.file) :], pipeline.file]
            message = tr("circular pipelines: {file}", file=" → ".join(f"`{file}`" for file in cycle))
            self._problems.append(Problem(use.place, message, tr("remove one of these uses")))
            self._circular.update(cycle)
            return None
        if len(context.uses) >= MAX_DEPTH:
            self._problems.append(
                Problem(use.place, tr("pipelines nest more than {max_depth} levels deep", max_depth=MAX_DEPTH))
            )
            return None
        return pipeline

    def _check_output(self, pipeline: Pipeline, name: str) -> list[Problem]:
        """The output of a pipeline must be a single one of its shots; `name` is its whole path."""
        output, place = pipeline.output.string, pipeline.output.place
        inside = name.removesuffix(output)
        if self.index.groups.get(name):
            one = self.index.groups[name][0].removeprefix(inside)
            return [
                Problem(
                    place,
                    tr("`{output}` is a group: the output must be a single shot", output=output),
                    tr("e.g. `{one}`", one=one),
                )
            ]
        if not self.index.knows(name):
            known = listed(key.string for key, _ in pipeline.shots)
            return [
                Problem(
                    place,
                    tr("the pipeline has no shot `{output}`", output=output),
                    tr("its shots: {known}", known=known),
                )
            ]
        return []

    def _is_new(self, name: str, key: TextNode) -> bool:
        if max(len(os.fsencode(part)) for part in name.split("/")) > MAX_NAME_BYTES:
            self._problems.append(
                Problem(key.place, tr("the name is too long for a file"), tr("give it a shorter one"))
            )
            return False
        first, place = self._defined.setdefault(case_folded(name), (name, key.place))
        if place is not key.place:
            self._problems.append(Problem(key.place, defined_again(name, first, place), tr("rename one")))
        return place is key.place

    def _filled(self, node: MapNode, names: Names) -> MapNode:
        """A mapping with its names filled in, without the keys of a shot whose input was left out.

        An unknown key stays, so that it is reported.
        """
        filled = names.fill(node)
        if not isinstance(filled, MapNode):
            return node
        emptied = {
            key.string
            for (key, value), (_, before) in zip(filled.pairs, node.pairs, strict=True)
            if value is not before and isinstance(value, TextNode) and value.value is None
        }
        return filled.without(emptied & shot_keys(self._library.catalog))
