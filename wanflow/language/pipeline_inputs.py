"""What a used pipeline is given: its `with` held against its inputs (format.md, use)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from wanflow.errors import did_you_mean
from wanflow.language.names import CAST_CLOSE, CAST_OPEN, Names, NotText, not_nested, without_marks
from wanflow.language.pipeline import CAST, MEDIA, Pipeline, PipelineInput
from wanflow.language.problem import Problem
from wanflow.language.prompt import named_cast
from wanflow.language.scope import GivenInput, Scope
from wanflow.yamldoc.nodes import Interpolated, MapNode, Node, TextNode, needlessly_quoted

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

    words: dict[str, TextNode] = field(default_factory=dict)
    media: dict[str, GivenInput] = field(default_factory=dict)
    cast: dict[str, str | None] = field(default_factory=dict)
    damaged: bool = False

    def names(self, pipeline: Pipeline, problems: list[Problem]) -> Names:
        """What `${…}` stands for inside the pipeline: its inputs, and nothing else."""
        wordless = {
            name: NotText(f"`{name}` is a media input", f"write `{{input: {name}}}` where media stands")
            for name in self.media
        }
        return Names(self.words, self.cast, problems, wordless=wordless, pipeline=pipeline.name)


def bind(
    shot: TextNode, given: MapNode | None, pipeline: Pipeline, names: Names, sight: Scope, own: Scope
) -> BoundInputs:
    """The inputs of a pipeline that stands in the place of `shot`; what is wrong is added to the problems of `names`.

    `names` and `sight` are those of the file that uses it, `own` is the sight of the pipeline's file, for defaults.
    """
    bound, problems = BoundInputs(), names.problems
    for key, _ in given.pairs if given is not None else ():
        if key.words not in pipeline.inputs and not key.words.startswith("x-"):
            listed = ", ".join(pipeline.inputs) or "none"
            hint = did_you_mean(key.words, pipeline.inputs) or f"inputs of `{pipeline.name}`: {listed}"
            problems.append(Problem(key.place, f"`{key.words}` is no input of the pipeline `{pipeline.name}`", hint))
    for name, wanted in pipeline.inputs.items():
        written = given.find(name) if given is not None else None
        value = names.fill(written, prompt=wanted.type in {"string", CAST}) if written is not None else None
        if value is not None and not _is_nothing(wanted, value, sight, names):
            _bind(wanted, value, sight, names, bound)
        elif wanted.default is not None:
            nested = not_nested(name, wanted.default)
            problems += [nested] if nested is not None else []
            _bind(wanted, wanted.default, own, names, bound)
        else:
            hint = f"write `with: {{{name}: …}}`; it is {_NAMED.get(wanted.type, 'an input')}"
            missing = Problem(shot.place, f"`{shot.words}` gives no `{name}` to `{pipeline.name}`", hint)
            problems.append(missing)
            _leave_out(wanted, sight, bound, missing)
    return bound


def _bind(wanted: PipelineInput, value: Node, sight: Scope, names: Names, bound: BoundInputs) -> None:
    name = wanted.name.words
    if isinstance(value, TextNode) and value.value is None:
        _leave_out(wanted, sight, bound)
    elif not _fits(wanted.type, value):
        names.problems.append(_misfit(wanted, value))
        _leave_out(wanted, sight, bound, names.problems[-1])
    elif wanted.type == MEDIA:
        bound.media[name] = GivenInput(value, sight, Interpolated(name, value.place))
    elif wanted.type == CAST and isinstance(value, TextNode):
        bound.cast[name] = _member(value, names)
        bound.damaged |= bound.cast[name] is None
    elif isinstance(value, TextNode):
        bound.words[name] = replace(value, value=value.words) if wanted.type == "string" else value


def _leave_out(wanted: PipelineInput, sight: Scope, bound: BoundInputs, problem: Problem | None = None) -> None:
    """An input without a value: what is made of it is left out."""
    name = wanted.name.words
    bound.damaged |= problem is not None
    if wanted.type == MEDIA:
        bound.media[name] = GivenInput(None, sight, Interpolated(name, wanted.name.place), problem)
    elif wanted.type == CAST:
        bound.cast[name] = None
    else:
        bound.words[name] = TextNode(None, "", wanted.name.place)


def _is_nothing(wanted: PipelineInput, value: Node, sight: Scope, names: Names) -> bool:
    """Whether an input is given null, or an input around it that was left out: its default stands then."""
    if isinstance(value, TextNode):
        left_out = wanted.type == CAST and (not value.words or names.cast.get(value.words, "") is None)
        return value.value is None or left_out
    inner = value.find("input") if isinstance(value, MapNode) else None
    given = sight.inputs.get(inner.words) if sight.inputs and isinstance(inner, TextNode) else None
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
        f"`{value.words}`" if isinstance(value, TextNode) else "a mapping" if isinstance(value, MapNode) else "a list"
    )
    quoted = (
        isinstance(value, TextNode) and needlessly_quoted(value) and wanted.type in {"integer", "number", "boolean"}
    )
    message = f"`{wanted.name.words}` has to be {_NAMED.get(wanted.type, 'something else')}, not {found}"
    return Problem(value.place, message, "write it without quotes" if quoted else None)


def _member(value: TextNode, names: Names) -> str | None:
    """The cast member that a name, or `${name}`, means where the pipeline is used."""
    named = named_cast(value.words)
    if len(named) == 1 and value.words == f"{CAST_OPEN}{named[0]}{CAST_CLOSE}":
        return named[0]
    if value.words in names.cast:
        return names.cast[value.words]
    known: Mapping[str, object] = names.cast
    words = without_marks(value.words)
    hint = did_you_mean(words, known) or "define it under `cast`"
    names.problems.append(Problem(value.place, f"no cast member is called `{words}`", hint))
    return None
