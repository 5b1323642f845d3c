"""Pipelines, sub-graphs that take the place of a shot, and the inputs that they are given (format.md, use)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from decimal import Decimal
from functools import cache
from pathlib import Path

from wanflow.boundary import Content, path_from
from wanflow.catalog.read import Catalog
from wanflow.characters import bad_sign
from wanflow.language.author_hints import hint_for_value
from wanflow.language.names import CAST_CLOSE, CAST_OPEN, Names, NotText, not_nested, strip_cast_markers
from wanflow.language.problem import SHIPPED, Problem, has_errors
from wanflow.language.references import named_cast
from wanflow.language.schema_problems import check_against
from wanflow.language.scope import BasePath, GivenInput, Scope
from wanflow.language.shot import generator_of
from wanflow.language.source_texts import SourceTexts
from wanflow.messages import joined, tr
from wanflow.records import immutable, mutable
from wanflow.schemas import data_folder
from wanflow.suggest import Known, did_you_mean, listed
from wanflow.yamldoc.nodes import Interpolated, MapNode, Node, Place, TextNode, needlessly_quoted, with_use

SCHEMA = "pipeline.schema.json"
SUFFIX = ".yaml"

MEDIA = "media"
CAST = "cast"


@immutable
class PipelineInput:
    """An input of a pipeline: `media`, `cast`, `string`, `integer`, `number` or `boolean`.

    Without a `default` a value is required. A default of null means that it may be left out.
    """

    name: TextNode
    type: str
    default: Node | None


@immutable
class Pipeline:
    """One pipeline as it is written; `file` is its name in places."""

    name: str
    file: str
    base: BasePath
    root: MapNode
    inputs: Mapping[str, PipelineInput]
    output: TextNode

    def with_use(self, use: Place) -> Pipeline:
        """The same pipeline, with the place of its use in all its places."""
        root = with_use(self.root, use)
        return (read_pipeline(root, self.file, self.base) if isinstance(root, MapNode) else None) or self

    @property
    def shots(self) -> tuple[tuple[TextNode, MapNode], ...]:
        """Its shots by name, in order."""
        named = self.root.find("shots")
        pairs = named.pairs if isinstance(named, MapNode) else ()
        return tuple(
            (key, node) for key, node in pairs if isinstance(node, MapNode) and not key.string.startswith("x-")
        )


@cache
def shipped() -> Mapping[str, Path]:
    """The shipped pipelines, by name."""
    files = sorted(data_folder("pipelines").glob(f"*{SUFFIX}"))
    return {file.name.removesuffix(SUFFIX): file for file in files}


def find_pipeline(written: TextNode, base: BasePath) -> tuple[Path, str, BasePath] | Problem:
    """The file that a `use` names, its name in places and its base; a bare name is that of a shipped pipeline."""
    if bad_sign(written.string) is None:
        known = shipped()
        if written.string in known:
            file = known[written.string]
            away = path_from(base.root, file.parent)
            return file, f"{SHIPPED}{file.name}", BasePath(base.boundary, away)
        beside = base.path(written.string + SUFFIX, Content.TEXT)
        near = (
            tr("for a file write `use: {name}{suffix}`", name=written.string, suffix=SUFFIX)
            if base.has(beside, Content.TEXT)
            else None
        )
        listed = tr("the shipped ones: {known}; name a file by its path", known=joined(", ", known)) if known else None
        hint = near or did_you_mean(written.string, known) or listed
        return Problem(written.place, tr("no shipped pipeline `{name}`", name=written.string), hint)
    path = base.path(written.text, Content.TEXT)
    return base.root / path, path, base.beside(path)


def read_pipeline(root: MapNode, file: str, base: BasePath) -> Pipeline | None:
    """The pipeline of a file whose shape was checked; None without a name or an output."""
    name, output, inputs = root.find("pipeline"), root.find("output"), root.find("inputs")
    if not isinstance(name, TextNode) or not isinstance(output, TextNode):
        return None
    declared: Known[PipelineInput] = Known()
    for key, node in inputs.entries if isinstance(inputs, MapNode) else ():
        kind = node.find("type") if isinstance(node, MapNode) else None
        if isinstance(node, MapNode) and isinstance(kind, TextNode):
            declared[key.string] = PipelineInput(key, kind.string, node.find("default"))
    return Pipeline(name.string, file, base, root, declared, output)


class PipelineLibrary:
    """Reads each pipeline once; its problems are reported at every use. Its shots may name the models of `catalog`."""

    def __init__(self, texts: SourceTexts, catalog: Catalog, problems: list[Problem]) -> None:
        self.catalog = catalog
        self._texts, self._problems = texts, problems
        self._read: dict[str, tuple[Pipeline | None, Sequence[Problem]]] = {}
        self._useless: set[str] = set()

    def find(self, use: TextNode, base: BasePath) -> Pipeline | None:
        """The pipeline that a `use` names; None, and a problem, where it cannot be used."""
        found = find_pipeline(use, base)
        if isinstance(found, Problem):
            self._problems.append(found)
            return None
        file, name, own = found
        if name not in self._read:
            self._read[name] = self._open(file, name, own, use)
        pipeline, problems = self._read[name]
        for problem in problems:
            within = problem.place.file == name  # else the place is the `use` itself
            self._problems.append(replace(problem, place=problem.place.with_use(use.place) if within else use.place))
        return pipeline

    def try_find(self, use: TextNode, base: BasePath) -> Pipeline | None:
        """As `find`, without reporting problems."""
        found = find_pipeline(use, base)
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

    def _open(self, file: Path, name: str, base: BasePath, use: TextNode) -> tuple[Pipeline | None, Sequence[Problem]]:
        problems: list[Problem] = []
        document = self._texts.read(file, name, use.place, tr("the pipeline `{name}`", name=name), problems)
        if document is None or has_errors(problems):
            return None, problems
        if not isinstance(document.root, MapNode) or document.root.find("pipeline") is None:
            hint = tr("a pipeline begins with `pipeline: NAME`")
            return None, [*problems, Problem(use.place, tr("`{name}` is not a pipeline", name=name), hint)]
        problems += check_against(_without_shots(document.root), SCHEMA, self.catalog)
        pipeline = None if has_errors(problems) else read_pipeline(document.root, name, base)
        return pipeline, problems


def _without_shots(root: MapNode) -> MapNode:
    """A pipeline's file without the content of its shots, which is checked at each use, with all names filled in."""
    pairs: list[tuple[TextNode, Node]] = []
    for key, value in root.pairs:
        if key.string == "shots" and isinstance(value, MapNode):
            shots = tuple((name, generator_of(node)) for name, node in value.pairs)
            pairs.append((key, MapNode(shots, value.place)))
        else:
            pairs.append((key, value))
    return MapNode(tuple(pairs), root.place)


_NAMED = {
    "string": tr("text"),
    "integer": tr("a whole number"),
    "number": tr("a number"),
    "boolean": tr("`true` or `false`"),
    CAST: tr("the name of a cast member"),
    MEDIA: tr("media: a path, a URL, or e.g. `{shot: coast, tail: 2}`"),
}


@mutable
class BoundInputs:
    """The inputs of one use of a pipeline by name: values, media and cast members.

    `damaged`: one has a reported problem, so that what the shots then lack is not reported.
    """

    values: Known[TextNode] = field(default_factory=Known)
    media: dict[str, GivenInput] = field(default_factory=dict)
    cast: Known[str | None] = field(default_factory=Known)
    damaged: bool = False

    def names(self, pipeline: Pipeline, outer: Names) -> Names:
        """The names for `${…}` inside the pipeline: its inputs only; `outer` are those where it is used."""
        not_text = {
            name: NotText(
                tr("`{name}` is a media input", name=name), tr("write `{{input: {name}}}` under a media key", name=name)
            )
            for name in self.media
        }
        return Names(self.values, self.cast, outer.problems, not_text=not_text, pipeline=pipeline.name, room=outer.room)


def bind(
    shot: TextNode, given: MapNode | None, pipeline: Pipeline, names: Names, scope: Scope, own: Scope
) -> BoundInputs:
    """The inputs of a pipeline in the place of `shot`; what is wrong is added to the problems of `names`.

    `names` and `scope` are those of the file that uses it; `own` is the scope of the pipeline's file, for defaults.
    """
    bound, problems = BoundInputs(), names.problems
    given = given or MapNode((), shot.place)
    known = tr("its inputs: {inputs}", inputs=listed(pipeline.inputs)) if pipeline.inputs else tr("it has no inputs")
    for key in (key for key, _ in given.entries if key.string not in pipeline.inputs):
        hint = did_you_mean(key.string, pipeline.inputs) or known
        problems.append(
            Problem(
                key.place,
                tr("the pipeline `{pipeline}` has no input `{name}`", pipeline=pipeline.name, name=key.string),
                hint,
            )
        )
    for name, wanted in pipeline.inputs.items():
        written = given.find(name)
        value = None if written is None else names.fill(written, prompt=wanted.type in {"string", CAST})
        if value is not None and not _is_unset(wanted, value, scope, names):
            _bind(wanted, value, scope, names, bound)
        elif wanted.default is not None:
            problems += filter(None, [not_nested(name, wanted.default)])
            _bind(wanted, wanted.default, own, names, bound)
        else:
            hint = tr(
                "write `with: {{{name}: …}}`; it is {named}", name=name, named=_NAMED.get(wanted.type, tr("an input"))
            )
            missing = Problem(
                shot.place,
                tr("missing input `{name}` of pipeline `{pipeline_name}`", name=name, pipeline_name=pipeline.name),
                hint,
            )
            problems.append(missing)
            _leave_out(wanted, scope, bound, missing)
    return bound


def _bind(wanted: PipelineInput, value: Node, scope: Scope, names: Names, bound: BoundInputs) -> None:
    name = wanted.name.string
    if isinstance(value, TextNode) and value.value is None:
        _leave_out(wanted, scope, bound)
    elif not _fits(wanted.type, value):
        names.problems.append(_wrong_type(wanted, value))
        _leave_out(wanted, scope, bound, names.problems[-1])
    elif wanted.type == MEDIA:
        bound.media[name] = GivenInput(value, scope, Interpolated(name, value.place))
    elif wanted.type == CAST and isinstance(value, TextNode):
        bound.cast[name] = _member(value, names)
        bound.damaged |= bound.cast[name] is None
    elif isinstance(value, TextNode):
        bound.values[name] = replace(value, value=value.string) if wanted.type == "string" else value


def _wrong_type(wanted: PipelineInput, value: Node) -> Problem:
    found: str = tr("a mapping") if isinstance(value, MapNode) else tr("a list")
    hint = None
    if isinstance(value, TextNode):
        found = f"`{value.string}`"
        typed = wanted.type in {"integer", "number", "boolean"}
        quoted = typed and needlessly_quoted(value)
        hint = (
            tr("write it without quotes")
            if quoted
            else hint_for_value(value, [wanted.type], ("with", wanted.name.string))
        )
    message = tr(
        "`{name}` must be {named}, not {found}",
        name=wanted.name.string,
        named=_NAMED.get(wanted.type, tr("something else")),
        found=found,
    )
    return Problem(value.place, message, hint)


def _leave_out(wanted: PipelineInput, scope: Scope, bound: BoundInputs, problem: Problem | None = None) -> None:
    """An input without a value: the keys that use it are left out."""
    name = wanted.name.string
    bound.damaged |= problem is not None
    if wanted.type == MEDIA:
        bound.media[name] = GivenInput(None, scope, Interpolated(name, wanted.name.place), problem)
    elif wanted.type == CAST:
        bound.cast[name] = None
    else:
        bound.values[name] = TextNode(None, "", wanted.name.place)


def _is_unset(wanted: PipelineInput, value: Node, scope: Scope, names: Names) -> bool:
    """Whether an input is given null, or an outer input that was left out, so that its default applies."""
    if isinstance(value, TextNode):
        left_out = wanted.type == CAST and (not value.string or names.cast.get(value.string, "") is None)
        return value.value is None or left_out
    inner = value.find("input") if isinstance(value, MapNode) else None
    given = scope.inputs.get(inner.string) if scope.inputs and isinstance(inner, TextNode) else None
    return given is not None and given.node is None and given.problem is None


def _fits(kind: str, value: Node) -> bool:
    if kind == MEDIA:
        return isinstance(value, MapNode) or (isinstance(value, TextNode) and isinstance(value.value, str))
    content = value.value if isinstance(value, TextNode) else None
    match kind:
        case "integer":
            return isinstance(content, int) and not isinstance(content, bool)
        case "number":
            return isinstance(content, int | Decimal) and not isinstance(content, bool)
        case "boolean":
            return isinstance(content, bool)
        case _:
            return isinstance(content, str | int | Decimal) and not isinstance(content, bool)


def _member(value: TextNode, names: Names) -> str | None:
    """The cast member of a name, or of `${name}`, where the pipeline is used."""
    named = named_cast(value.string)
    if len(named) == 1 and value.string == f"{CAST_OPEN}{named[0]}{CAST_CLOSE}":
        return named[0]
    if value.string in names.cast:
        return names.cast[value.string]
    name = strip_cast_markers(value.string)
    hint = did_you_mean(name, names.cast) or tr("define it under `cast`")
    names.problems.append(Problem(value.place, tr("no cast member `{name}`", name=name), hint))
    return None
