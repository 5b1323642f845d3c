"""A pipeline's file: a sub-graph with inputs and an output, which takes the place of a shot (format.md, use)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from wanflow.language.include import SourceTexts
from wanflow.language.names import CAST_CLOSE, CAST_OPEN, Names, NotText, not_nested, strip_cast_markers
from wanflow.language.problem import Problem, has_errors
from wanflow.language.references import named_cast
from wanflow.language.schema_problems import check_against
from wanflow.language.scope import BasePath, GivenInput, Scope, path_exists
from wanflow.language.shot import generator_of
from wanflow.schemas import data_folder
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import Interpolated, MapNode, Node, Place, TextNode, needlessly_quoted, with_use

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
        moved = with_use(self.root, use)
        return (read_pipeline(moved, self.file, self.home) if isinstance(moved, MapNode) else None) or self

    @property
    def shots(self) -> tuple[tuple[TextNode, MapNode], ...]:
        """Its shots by name, in order."""
        named = self.root.find("shots")
        pairs = named.pairs if isinstance(named, MapNode) else ()
        return tuple(
            (key, node) for key, node in pairs if isinstance(node, MapNode) and not key.string.startswith("x-")
        )


def shipped() -> dict[str, Path]:
    """The pipelines that come with wanflow, by name."""
    files = sorted(data_folder("pipelines").glob(f"*{SUFFIX}"))
    return {file.name.removesuffix(SUFFIX): file for file in files}


def find_pipeline(written: TextNode, home: BasePath) -> tuple[Path, str, BasePath] | Problem:
    """The file that a `use` names, its name in places and its home: a bare name is one that comes with wanflow."""
    if _BARE.fullmatch(written.string):
        known = shipped()
        if written.string in known:
            file = known[written.string]
            away = Path(os.path.relpath(file.parent, home.root)).as_posix()
            return file, f"{SHIPPED}{file.name}", BasePath(home.root, away)
        beside = home.path(written.string + SUFFIX)
        near = f"for a file write `use: {written.string}{SUFFIX}`" if path_exists(home.root / beside) else None
        listed = f"they are {', '.join(known)}; a file is named by its path" if known else None
        hint = near or did_you_mean(written.string, known) or listed
        return Problem(written.place, f"no pipeline that comes with wanflow is called `{written.string}`", hint)
    path = home.path(written.text)
    return home.root / path, path, home.beside(path)


def read_pipeline(root: MapNode, file: str, home: BasePath) -> Pipeline | None:
    """The pipeline of a file whose shape was checked; None where it has no shots or no output."""
    name, output, inputs = root.find("pipeline"), root.find("output"), root.find("inputs")
    if not isinstance(name, TextNode) or not isinstance(output, TextNode):
        return None
    read = {key.string: _input(key, node) for key, node in (inputs.pairs if isinstance(inputs, MapNode) else ())}
    known = {key: value for key, value in read.items() if value is not None}
    return Pipeline(name.string, file, home, root, known, output)


def is_shipped(place: Place) -> bool:
    """Whether a place is in a pipeline that comes with wanflow, which nobody can mend where it is used."""
    return place.file.startswith(SHIPPED)


def _input(key: TextNode, node: Node) -> PipelineInput | None:
    kind = node.find("type") if isinstance(node, MapNode) else None
    if not isinstance(node, MapNode) or not isinstance(kind, TextNode) or key.string.startswith("x-"):
        return None
    return PipelineInput(key, kind.string, node.find("default"))


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

    def try_find(self, use: TextNode, home: BasePath) -> Pipeline | None:
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
    return place.with_use(use.place) if place.file == file else use.place


def _outline(root: MapNode) -> MapNode:
    """A pipeline's file without what is in its shots, which is checked where it is used, with all names filled in."""
    pairs = [(key, _emptied(value) if key.string == "shots" else value) for key, value in root.pairs]
    return MapNode(tuple(pairs), root.place)


def _emptied(shots: Node) -> Node:
    if not isinstance(shots, MapNode):
        return shots
    return MapNode(tuple((key, generator_of(node)) for key, node in shots.pairs), shots.place)


_NAMED = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    CAST: "the name of a cast member",
    MEDIA: "media: a path, an address, or e.g. `{shot: coast, tail: 2}`",
}


@dataclass(slots=True)
class BoundInputs:
    """The inputs of one use of a pipeline: those with words by name, media, cast members.

    `damaged` where one can't be used, which is said: what its shots then lack is no news.
    """

    values: dict[str, TextNode] = field(default_factory=dict)
    media: dict[str, GivenInput] = field(default_factory=dict)
    cast: dict[str, str | None] = field(default_factory=dict)
    damaged: bool = False

    def names(self, pipeline: Pipeline, problems: list[Problem]) -> Names:
        """What `${…}` stands for inside the pipeline: its inputs, and nothing else."""
        not_text = {
            name: NotText(f"`{name}` is a media input", f"write `{{input: {name}}}` where media stands")
            for name in self.media
        }
        return Names(self.values, self.cast, problems, not_text=not_text, pipeline=pipeline.name)


def bind(
    shot: TextNode, given: MapNode | None, pipeline: Pipeline, names: Names, scope: Scope, own: Scope
) -> BoundInputs:
    """The inputs of a pipeline that stands in the place of `shot`; what is wrong is added to the problems of `names`.

    `names` and `scope` are those of the file that uses it, `own` is the sight of the pipeline's file, for defaults.
    """
    bound, problems = BoundInputs(), names.problems
    for key, _ in given.pairs if given is not None else ():
        if key.string not in pipeline.inputs and not key.string.startswith("x-"):
            listed = ", ".join(pipeline.inputs) or "none"
            hint = did_you_mean(key.string, pipeline.inputs) or f"inputs of `{pipeline.name}`: {listed}"
            problems.append(Problem(key.place, f"`{key.string}` is no input of the pipeline `{pipeline.name}`", hint))
    for name, wanted in pipeline.inputs.items():
        written = given.find(name) if given is not None else None
        value = names.fill(written, prompt=wanted.type in {"string", CAST}) if written is not None else None
        if value is not None and not _is_nothing(wanted, value, scope, names):
            _bind(wanted, value, scope, names, bound)
        elif wanted.default is not None:
            nested = not_nested(name, wanted.default)
            problems += [nested] if nested is not None else []
            _bind(wanted, wanted.default, own, names, bound)
        else:
            hint = f"write `with: {{{name}: …}}`; it is {_NAMED.get(wanted.type, 'an input')}"
            missing = Problem(shot.place, f"`{shot.string}` gives no `{name}` to `{pipeline.name}`", hint)
            problems.append(missing)
            _leave_out(wanted, scope, bound, missing)
    return bound


def _bind(wanted: PipelineInput, value: Node, scope: Scope, names: Names, bound: BoundInputs) -> None:
    name = wanted.name.string
    if isinstance(value, TextNode) and value.value is None:
        _leave_out(wanted, scope, bound)
    elif not _fits(wanted.type, value):
        names.problems.append(_misfit(wanted, value))
        _leave_out(wanted, scope, bound, names.problems[-1])
    elif wanted.type == MEDIA:
        bound.media[name] = GivenInput(value, scope, Interpolated(name, value.place))
    elif wanted.type == CAST and isinstance(value, TextNode):
        bound.cast[name] = _member(value, names)
        bound.damaged |= bound.cast[name] is None
    elif isinstance(value, TextNode):
        bound.values[name] = replace(value, value=value.string) if wanted.type == "string" else value


def _leave_out(wanted: PipelineInput, scope: Scope, bound: BoundInputs, problem: Problem | None = None) -> None:
    """An input without a value: what is made of it is left out."""
    name = wanted.name.string
    bound.damaged |= problem is not None
    if wanted.type == MEDIA:
        bound.media[name] = GivenInput(None, scope, Interpolated(name, wanted.name.place), problem)
    elif wanted.type == CAST:
        bound.cast[name] = None
    else:
        bound.values[name] = TextNode(None, "", wanted.name.place)


def _is_nothing(wanted: PipelineInput, value: Node, scope: Scope, names: Names) -> bool:
    """Whether an input is given null, or an input around it that was left out: its default stands then."""
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


def _misfit(wanted: PipelineInput, value: Node) -> Problem:
    found = (
        f"`{value.string}`" if isinstance(value, TextNode) else "a mapping" if isinstance(value, MapNode) else "a list"
    )
    quoted = (
        isinstance(value, TextNode) and needlessly_quoted(value) and wanted.type in {"integer", "number", "boolean"}
    )
    message = f"`{wanted.name.string}` has to be {_NAMED.get(wanted.type, 'something else')}, not {found}"
    return Problem(value.place, message, "write it without quotes" if quoted else None)


def _member(value: TextNode, names: Names) -> str | None:
    """The cast member that a name, or `${name}`, means where the pipeline is used."""
    named = named_cast(value.string)
    if len(named) == 1 and value.string == f"{CAST_OPEN}{named[0]}{CAST_CLOSE}":
        return named[0]
    if value.string in names.cast:
        return names.cast[value.string]
    known: Mapping[str, object] = names.cast
    words = strip_cast_markers(value.string)
    hint = did_you_mean(words, known) or "define it under `cast`"
    names.problems.append(Problem(value.place, f"no cast member is called `{words}`", hint))
    return None
