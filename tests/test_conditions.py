"""What editors know of models while somebody types, as wanflow judges it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from jsonschema_rs import Draft202012Validator as QuickValidator

from wanflow.catalog.model import Model, ParameterRule, nearest_size, sides_of
from wanflow.catalog.read import load_catalog
from wanflow.language.load import read
from wanflow.language.problem import Severity, has_errors
from wanflow.schemas import CONDITIONS, bundled, data_folder, load_schema, violations
from wanflow.yamldoc.nodes import plain
from wanflow.yamldoc.parse import parse

CHECKOUT = Path(__file__).resolve().parent.parent
PRODUCTION = "production.schema.json"
MODELS = sorted(load_catalog())
Json = dict[str, Any]


@cache
def as_an_editor(name: str = PRODUCTION) -> Draft202012Validator:
    """The whole schema, its conditions too, as an editor reads it."""
    return Draft202012Validator(bundled(name))


def marked(instance: object, name: str = PRODUCTION) -> set[tuple[str | int, ...]]:
    """The paths that an editor marks; of a key that may not stand, its own."""
    return {path for error in as_an_editor(name).iter_errors(instance) for path in _marked_by(instance, error)}


@cache
def _quick() -> QuickValidator:
    """The judge of ten thousand productions: it says whether an editor would mark anything, in a hundredth of the time."""
    return QuickValidator(bundled(PRODUCTION))


def _marked_by(instance: Any, error: ValidationError) -> Iterator[tuple[str | int, ...]]:
    """Where jsonschema says that nothing may stand, its path ends one key early."""
    path = tuple(error.absolute_path)
    if error.validator is not None:
        yield path
        return
    for step in path:
        instance = instance[step]
    yield from ((*path, key) for key, value in instance.items() if value is error.instance)


def of_yaml(text: str) -> Any:
    """The plain value of a YAML text without a fault."""
    document = parse(text.encode(), "wanflow.yaml")
    assert document.problems == ()
    assert document.root is not None
    return plain(document.root)


def test_wanflow_itself_leaves_them_out() -> None:
    """A wrong parameter breaks a condition, but is not a violation at run time: the rules of models report it once."""
    wrong = {"wanflow": 1, "shots": {"a": {"model": "wan2.7-t2v", "prompt": "x", "audio": True}}}
    assert marked(wrong) == {("shots", "a", "audio")}
    assert list(violations(wrong, PRODUCTION)) == []
    pipeline = {"pipeline": "p", "shots": wrong["shots"], "output": "a"}
    assert marked(pipeline, "pipeline.schema.json") == {("shots", "a", "audio")}
    assert list(violations(pipeline, "pipeline.schema.json")) == []


def _good(model: Model) -> Json:
    """The smallest shot that a model takes."""
    shot: Json = {"prompt": "x"}
    if model.sets:
        shot |= dict.fromkeys(min(model.sets, key=len), "a.png")
    shot |= {kind: "a.png" for kind, rule in model.media.items() if rule.least}
    return shot | ({"references": [{"image": "a.png"}]} if any(total.least for total in model.totals) else {})


def _values(rule: ParameterRule) -> Iterator[object]:
    if rule.type == "boolean":
        yield from (True, False, "true")
    elif rule.type == "string":
        yield from (*rule.values, "odd", 5, *(["1440*1440"] if rule.pixels is not None else []))
    else:
        bounds = [bound for bound in (rule.low, rule.high) if bound is not None]
        bounds += [condition.high for condition in rule.when if condition.high is not None]
        yield from sorted({near for bound in (*bounds, *rule.also) for near in (bound - 1, bound, bound + 1)})


def _all_values(key: str) -> list[object]:
    rules = [model.parameters[key] for model in load_catalog().values() if key in model.parameters]
    return list(dict.fromkeys(value for rule in rules for value in _values(rule)))


def _parameter_changes() -> Iterator[Json]:
    for key in sorted(load_catalog().parameter_keys):
        yield from ({key: value} for value in _all_values(key))


def _media_changes() -> Iterator[Json]:
    for chosen in chain.from_iterable(combinations(load_catalog().media_keys, count) for count in range(4)):
        media = dict.fromkeys(load_catalog().media_keys) | dict.fromkeys(chosen, "a.png")
        yield from (media | {"references": listed} for listed in (None, [], [{"image": "a.png"}], [{"audio": "a.mp3"}]))
    for images in range(7):
        for videos in range(7):
            yield {"references": [{"image": "a.png"}] * images + [{"video": "a.png"}] * videos, "duration": 10}
    yield {"references": [{"video": "a.png"}], "duration": 11}
    yield from ({slot: "data:image/png;base64,iVBORw0KGgo="} for slot in load_catalog().media_keys)


def _text_changes() -> Iterator[Json]:
    for key in ("prompt", "negative_prompt"):
        lengths = {model.text[key].most for model in load_catalog().values() if key in model.text}
        yield from ({key: text} for text in (None, "", "  ", "x"))
        yield from ({key: "x" * (length + more)} for length in lengths for more in (0, 1))


def _beyond(name: str, change: Mapping[str, object]) -> bool:
    """Whether a change has a size of too many or too few pixels, which no editor can multiply."""
    rule, sides = load_catalog()[name].parameters.get("size"), sides_of(change.get("size"))
    bounds = None if rule is None else rule.pixels
    return bounds is not None and sides is not None and nearest_size(sides, bounds) != sides


def _changed(shot: Json, change: Mapping[str, object]) -> Json:
    return {key: value for key, value in (shot | change).items() if value is not None}


def _judged(production: Json, file: Path) -> bool:
    """Whether wanflow's own rules take a production, which is written to a new file."""
    file.write_text(json.dumps(production), encoding="utf-8")
    return not has_errors(read(file)[1])


def _wrong_shots(head: Json, shots: list[Json], file: Path) -> set[int]:
    """The numbers of the shots that wanflow's own rules do not take, in one production with a line for each."""
    lines = ",\n".join(f'"a{number}": {json.dumps(shot)}' for number, shot in enumerate(shots))
    file.write_text(f'{json.dumps(head)[:-1]}, "shots": {{\n{lines}\n}}}}', encoding="utf-8")
    wrong = {problem.place.line - 2 for problem in read(file)[1] if problem.severity is Severity.ERROR}
    assert wrong <= set(range(len(shots)))
    return wrong


@pytest.mark.parametrize("changes", [_parameter_changes, _media_changes, _text_changes], ids=lambda made: made.__name__)
@pytest.mark.parametrize("name", MODELS)
def test_an_editor_and_wanflow_agree(name: str, changes: Any, tmp_path: Path) -> None:
    """Every key of a shot, with values at and beyond every bound, and every set of media: both take it, or neither.

    The model is named by the shot and by `defaults` in turn. A file holds fifty shots: each is judged as if alone.
    """
    good, all_changes, differing = _good(load_catalog()[name]), [{}, *changes()], []
    for named in ({}, {"defaults": {"model": name}}):
        head = {"wanflow": 1, **named}
        own = {} if named else {"model": name}
        mine = all_changes[bool(named) :: 2]
        for start in range(0, len(mine), 50):
            some = mine[start : start + 50]
            shots = [own | _changed(good, change) for change in some]
            wrong = _wrong_shots(head, shots, tmp_path / f"{len(named)}-{start}.yaml")
            for place, (change, shot) in enumerate(zip(some, shots, strict=True)):
                marked_nowhere = _quick().is_valid({**head, "shots": {"a": shot}})
                if marked_nowhere == (place in wrong) and not _beyond(name, change):
                    differing.append(change)
    assert differing == []


@pytest.mark.parametrize("name", MODELS)
def test_they_agree_on_the_defaults_of_a_model(name: str, tmp_path: Path) -> None:
    """`defaults.models` holds what the model has, with its values."""
    for number, change in enumerate(_parameter_changes()):
        defaults = {"model": name, "models": {name: change}}
        production = {"wanflow": 1, "defaults": defaults, "shots": {"a": _good(load_catalog()[name])}}
        agreed = _quick().is_valid(production) == _judged(production, tmp_path / f"{number}.yaml")
        assert agreed or _beyond(name, change), change


@pytest.mark.parametrize("name", MODELS)
def test_the_quick_judge_marks_what_an_editor_marks(name: str) -> None:
    """Both validators, on a part of the same changes."""
    good = _good(load_catalog()[name])
    for change in [*_parameter_changes(), *_text_changes(), *_media_changes()][MODELS.index(name) % 10 :: 10]:
        production = {"wanflow": 1, "shots": {"a": {"model": name, **_changed(good, change)}}}
        assert _quick().is_valid(production) == (marked(production) == set()), change


T2V = "wanflow: 1\ndefaults: {model: wan2.7-t2v}\nshots:\n  a: "
I2V = "wanflow: 1\nshots:\n  a: {model: wan2.7-i2v, first_frame: a.png, "
R2V = "wanflow: 1\nshots:\n  a: {model: wan2.7-r2v, "


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("shots: {}", ()),
        ("wanflow: 1\nshot: {}", ()),
        ("wanflow: 1\nregion: moon", ("region",)),
        ("wanflow: 1\ninclude: []", ("include",)),
        ("wanflow: 1\nscene: old harbour", ("scene",)),
        ("wanflow: 1\ndefaults: {model: wan2.7-i2w}", ("defaults", "model")),
        ("wanflow: 1\ndefaults: {models: {wan2.7-i2w: {}}}", ("defaults", "models")),
        ("wanflow: 1\ndefaults: {models: {wan2.7-i2v: {ratio: 16:9}}}", ("defaults", "models", "wan2.7-i2v", "ratio")),
        ("wanflow: 1\nshots: {a: {model: wan2.7-i2w}}", ("shots", "a", "model")),
        (f"{T2V}{{prompt: x, first_frame: a.png}}", ("shots", "a", "first_frame")),
        (f"{T2V}{{prompt: x, audio: true}}", ("shots", "a", "audio")),
        (f"{T2V}{{}}", ("shots", "a")),
        (f"{T2V}{{prompt: x, with: {{a: 1}}}}", ("shots", "a", "with")),
        (f"{T2V}{{use: extend, prompt: x}}", ("shots", "a", "prompt")),
        (f"{I2V}first_clip: b.mp4}}", ("shots", "a", "first_clip")),
        (f"{I2V}resolution: 480P}}", ("shots", "a", "resolution")),
        (f"{I2V}duration: 16}}", ("shots", "a", "duration")),
        (f"{I2V}takes: none}}", ("shots", "a", "takes")),
        (f"{I2V}matrix: {{style: []}}}}", ("shots", "a", "matrix", "style")),
        (f"{I2V}matrix: {{style: [a, {{words: b}}]}}}}", ("shots", "a", "matrix", "style", 1)),
        (f"{R2V}prompt: nobody}}", ("shots", "a", "prompt")),
        (f"{R2V}prompt: x, references: [a, {{image: a, vidoe: b}}]}}", ("shots", "a", "references", 1)),
        (f"{R2V}prompt: x, references: [a], first_clip: {{shot: b}}}}", ("shots", "a", "first_clip")),
        (
            "wanflow: 1\ncuts: {main: {items: [{shot: a, transition: disolve}]}}",
            ("cuts", "main", "items", 0, "transition"),
        ),
    ],
)
def test_an_editor_marks_the_right_place(text: str, path: tuple[str | int, ...]) -> None:
    """A bad file, and the path of what is wrong in it."""
    assert path in marked(of_yaml(text))


@pytest.mark.parametrize(
    "text",
    [
        "scene: harbour\nshots: {arrival: {model: wan2.7-t2v, prompt: x}}",
        "wanflow: 1\nshots: {x-old: {model: none}}",
        "wanflow: 1\nshots: {a: {model: '${m}', ratio: '${r}', shot_type: '${s}', first_clip: {shot: '${c}', frame: '${f}'}}}",
        f"{T2V}{{prompt: '${{p}}', duration: '${{d}}', ratio: '${{r}}', takes: '${{n}}'}}",
        f"{T2V}{{use: extend, with: {{clip: {{shot: b, tail: 2}}, n: 5}}, takes: 2, note: x}}",
        f"{T2V}{{prompt: '${{style.words}}', matrix: {{style: [{{key: noir, words: dark}}], ratio: ['16:9'], exclude: [{{style: noir}}]}}}}",
        f"{R2V}prompt: '${{keeper}} waits.'}}",
        f"{I2V}first_clip: {{input: clip}}}}",
    ],
)
def test_an_editor_takes_what_nobody_can_know_while_typing(text: str) -> None:
    """Names to fill in, models behind a name, pipelines and matrices, scenes without a version."""
    assert marked(of_yaml(text)) == set()


def _blocks() -> Iterator[tuple[str, str]]:
    pages = ["README.md", "README.zh-CN.md", "docs/*.md", "docs/zh-CN/*.md"]
    for page in sorted(page for pattern in pages for page in CHECKOUT.glob(pattern)):
        found = re.findall(r"^```yaml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        ours = [text for text in found if not re.search(r"^(repos|jobs|models):|\bpromt:", text, re.MULTILINE)]
        yield from ((f"{page.relative_to(CHECKOUT).as_posix()}-{number}", text) for number, text in enumerate(ours))
    for file in sorted([*CHECKOUT.glob("examples/**/*.yaml"), *CHECKOUT.glob("pipelines/**/*.yaml")]):
        yield file.relative_to(CHECKOUT).as_posix(), file.read_text(encoding="utf-8")


BLOCKS = dict(_blocks())


@pytest.mark.parametrize("name", BLOCKS)
def test_what_we_show_is_marked_nowhere(name: str) -> None:
    """The examples, the pipelines and the YAML of the pages, in an editor; a part of a production counts as one."""
    shown = of_yaml(BLOCKS[name])
    schema = "pipeline.schema.json" if "pipeline" in shown else PRODUCTION
    assert marked({"wanflow": 1, **shown}, schema) == set()


def _parts(node: object, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every schema of a property outside the conditions, with the way to it."""
    if isinstance(node, dict):
        for name, part in node.get("properties", {}).items():
            if isinstance(part, dict):
                yield f"{path}/{name}", part
        for key, value in node.items():
            if key != CONDITIONS:
                yield from _parts(value, f"{path}/{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _parts(value, f"{path}/{number}")


def _referred(part: Json) -> Json:
    """A part with what it refers to, its own words first."""
    target: Any = load_schema(PRODUCTION)
    for step in part.get("$ref", "#").removeprefix("#").removeprefix("/").split("/"):
        target = target[step] if step else target
    return {**_referred(target), **part} if "$ref" in part else part


def test_every_key_is_described_and_shown() -> None:
    """Each has a description, and each that is a plain value a default, its words or an example."""
    parts = {path: _referred(part) for path, part in _parts(load_schema(PRODUCTION))}
    assert len(parts) > 100
    assert [path for path, part in parts.items() if not part.get("description")] == []
    told = {"default", "examples", "enum", "const", "properties", "items", "additionalProperties", "then"}
    assert [path for path, part in parts.items() if not told & part.keys()] == []


def test_an_editor_offers_the_words_that_wanflow_takes() -> None:
    """Where a word or `${name}` may stand, the examples are the words."""
    parts = [part for _, part in _parts(load_schema(PRODUCTION)) if "enum" in part.get("else", {})]
    worded = [part for part in parts if part["if"] == {"$ref": "#/$defs/variable"}]
    assert len(worded) >= 5
    assert [part for part in worded if part["examples"] != part["else"]["enum"]] == []


def test_a_bundle_needs_no_other_file() -> None:
    """Every reference of `wanflow schema --pipeline` leads into itself."""
    text = json.dumps(bundled("pipeline.schema.json"))
    references = set(re.findall(r'"\$ref": "([^"]*)"', text))
    assert references
    assert all(reference.startswith("#/$defs/") for reference in references)
    for reference in references:
        part: Any = bundled("pipeline.schema.json")
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]


def test_schemastore_would_take_the_entry() -> None:
    """SchemaStore's own rule for an entry of its catalog, and what its checker asks of the words and the patterns."""
    entry = json.loads((data_folder("schemas") / "catalog-entry.json").read_text(encoding="utf-8"))
    text = {"type": "string", "minLength": 1}
    rule = {
        "type": "object",
        "required": ["name", "url", "description"],
        "properties": {
            "name": text,
            "description": text,
            "url": {"type": "string", "format": "uri", "pattern": "^https://"},
            "fileMatch": {"type": "array", "uniqueItems": True, "items": text},
        },
        "additionalProperties": False,
    }
    assert list(Draft202012Validator(rule).iter_errors(entry)) == []
    for words in (entry["name"], entry["description"]):
        assert "schema" not in words.lower()
        assert words == words.strip(" ,.-")
    assert entry["fileMatch"] == ["wanflow.yaml", "wanflow.yml"]
    assert entry["url"] == "https://json.schemastore.org/wanflow.json"
