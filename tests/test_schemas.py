"""The packaged data and the published JSON Schema."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from wanflow.catalog.read import load_catalog
from wanflow.language.production import TransitionKind
from wanflow.schemas import MODEL, data_folder, load_schema, violations
from wanflow.yamldoc.nodes import plain
from wanflow.yamldoc.parse import parse

PRODUCTION = "production.schema.json"
LIGHTHOUSE = """\
wanflow: 1
title: The Lighthouse Keeper
vars:
  style: hand-painted gouache, soft dawn light
defaults:
  model: wan2.7-i2v
  resolution: 720P
  prompt_extend: false
cast:
  keeper:    {image: cast/keeper.png, voice: cast/keeper.wav}
  gull:      {video: cast/gull.mp4}
  lamp_room: {image: sets/lamp_room.png}
shots:
  coast:
    first_frame: sets/coast.png
    prompt: The camera drifts across the water towards a lighthouse, ${style}.
    duration: 5
  approach:
    first_clip: {shot: coast, tail: 2}
    last_frame: sets/door.png
    prompt: The camera rises to the lamp room window, ${style}.
    duration: 12
  talk:
    model: wan2.7-r2v
    prompt: >-
      ${keeper} polishes the lens in ${lamp_room} and tells ${gull}: "Storm tonight."
    ratio: 16:9
    duration: 8
    takes: 3
  talk_at_night:
    model: wan2.7-videoedit
    video: {shot: talk}
    prompt: Turn day into night; rain on the glass.
cuts:
  main: [coast, approach, talk_at_night]
budget: 60 CNY
"""


def found(instance):
    """Paths and rules of everything that breaks the schema."""
    return found_in(instance, PRODUCTION)


def found_in(instance, schema):
    """Paths and rules of everything that breaks a schema."""
    return {(violation.path, violation.rule) for violation in violations(instance, schema)}


def test_every_schema_is_a_schema():
    """Each file says 2020-12 and keeps to it."""
    for file in data_folder("schemas").glob("*.schema.json"):
        schema = json.loads(file.read_text(encoding="utf-8"))
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema", file.name
        Draft202012Validator.check_schema(schema)


def test_the_lighthouse_is_valid():
    """The example that the format is explained with keeps to the schema, its later keys included."""
    document = parse(LIGHTHOUSE.encode(), "wanflow.yaml")
    assert document.problems == ()
    assert found(plain(document.root)) == set()


def test_packed_folders_are_found():
    """Both folders that ship are there."""
    assert (data_folder("schemas") / PRODUCTION).is_file()
    assert data_folder("pipelines").is_dir()


def test_a_schema_is_read_once():
    """Reading is cached, since every load asks."""
    assert load_schema(PRODUCTION) is load_schema(PRODUCTION)


@pytest.mark.parametrize(
    ("instance", "path", "rule"),
    [
        ({"wanflow": 2}, ("wanflow",), "const"),
        ({}, (), "required"),
        ({"wanflow": 1, "titl": "x"}, (), "additionalProperties"),
        ({"wanflow": 1, "shots": {"a": {"takes": 0}}}, ("shots", "a", "takes"), "minimum"),
        ({"wanflow": 1, "shots": {"a": {"first_frame": 5}}}, ("shots", "a", "first_frame"), "type"),
        ({"wanflow": 1, "cuts": {"main": []}}, ("cuts", "main"), "minItems"),
    ],
)
def test_a_violation_has_its_path_and_rule(instance, path, rule):
    """The deepest value to blame and the keyword that it breaks."""
    assert (path, rule) in found(instance)


@pytest.mark.parametrize("where", [(), ("shots",), ("shots", "a"), ("defaults",), ("cast",), ("cuts",)])
def test_keys_that_begin_with_x_are_free(where):
    """`x-` is ignored at every level."""
    instance = {"wanflow": 1, "defaults": {}, "cast": {}, "cuts": {}, "shots": {"a": {"first_frame": "a.png"}}}
    inner = instance
    for step in where:
        inner = inner[step]
    inner["x-note"] = {"any": ["thing"]}
    assert found(instance) == set()


PIPELINE = {"pipeline": "extend", "shots": {"a": {"first_clip": {"input": "clip", "tail": 2}}}, "output": "a"}


@pytest.mark.parametrize(
    ("change", "path", "rule"),
    [
        ({"output": None}, ("output",), "type"),
        ({"outptu": "a"}, (), "additionalProperties"),
        ({"shots": {}}, ("shots",), "minProperties"),
        ({"shots": {"a": {"takes": 0}}}, ("shots", "a", "takes"), "minimum"),
        ({"vars": {}}, (), "additionalProperties"),
        ({"inputs": {"clip": {}}}, ("inputs", "clip"), "required"),
        ({"inputs": {"clip": {"type": "clip"}}}, ("inputs", "clip", "type"), "enum"),
        (
            {"inputs": {"clip": {"type": "media", "default": {"shott": "a"}}}},
            ("inputs", "clip", "default"),
            "additionalProperties",
        ),
    ],
)
def test_a_pipeline_is_held_against_the_definition_in_the_productions_schema(change, path, rule):
    """One schema refers to the other, which lies beside it."""
    assert found_in(PIPELINE, "pipeline.schema.json") == set()
    assert (path, rule) in found_in({**PIPELINE, **change}, "pipeline.schema.json")


def test_a_value_can_be_held_against_one_definition():
    """A shot by itself, as it comes out of a matrix or a pipeline; paths begin at the shot."""
    shot = f"{PRODUCTION}#/$defs/shot"
    assert found_in({"prompt": "x", "use": "extend", "with": {"clip": {"shot": "a"}, "n": 1, "m": None}}, shot) == set()
    assert found_in({"takes": 0, "use": "", "with": {"clip": []}}, shot) == {
        (("takes",), "minimum"),
        (("use",), "minLength"),
        (("with", "clip"), "type"),
    }


@pytest.mark.parametrize(
    ("matrix", "broken"),
    [
        (
            {"style": ["noir", 1, 1.5, True, {"key": "g", "words": "gouache"}], "exclude": [{"style": "g"}], "x-a": 1},
            [],
        ),
        ({}, [((), "minProperties")]),
        ({"exclude": [], "x-a": 1}, [((), "not")]),
        ({"style": []}, [(("style",), "minItems")]),
        ({"style": "noir"}, [(("style",), "type")]),
        ({"style": [None]}, [(("style", 0), "type")]),
        ({"style": [{"words": "gouache"}]}, [(("style", 0), "required")]),
        ({"style": ["a"], "exclude": [{}]}, [(("exclude", 0), "minProperties")]),
        ({"sty.le": ["a"]}, [((), "anyOf")]),
    ],
)
def test_a_matrix_has_dimensions_with_values(matrix, broken):
    """Scalars, or mappings with a key; what is excluded names dimensions."""
    assert found_in(matrix, f"{PRODUCTION}#/$defs/matrix") == set(broken)


def test_a_scene_needs_no_version():
    """Only the file that includes says which version it is."""
    assert found({"scene": "harbour", "shots": {}}) == set()
    assert found({"shots": {}}) == {((), "required")}


@pytest.mark.parametrize("key", ["shot_type", "pick", "takes", "audio", "resolution"])
def test_a_value_may_be_a_name_to_fill_in(key):
    """While typing nobody knows what `${name}` is; a wrong word is one all the same."""
    assert found_in({key: "${name}"}, f"{PRODUCTION}#/$defs/shot") == set()


def test_every_key_is_described():
    """An editor can explain each key of a shot and of the file."""
    schema = load_schema(PRODUCTION)
    definitions = schema["$defs"]
    keys = {**schema["properties"], **definitions["shot"]["properties"]}
    silent = [name for name, part in keys.items() if "description" not in part and "$ref" not in part]
    assert silent == []


@pytest.mark.parametrize("file", sorted((data_folder("schemas") / "models").glob("*.json")), ids=lambda file: file.stem)
def test_every_model_file_keeps_to_its_schema(file):
    """Each rule exists, and every key is read."""
    model = json.loads(file.read_text(encoding="utf-8"))
    assert list(violations(model, "model.schema.json")) == []
    assert file.stem == model["model"]
    assert [path for path, _ in found_in({**model, "medias": {}}, "model.schema.json")] == [()]


@pytest.mark.parametrize("file", sorted((data_folder("schemas") / "models").glob("*.json")), ids=lambda file: file.stem)
def test_a_model_that_ships_has_all_that_users_may_leave_out(file):
    """An example for the page, limits and prices; and each rule names its section of the service's sheet."""
    model, strict = json.loads(file.read_text(encoding="utf-8")), json.loads(json.dumps(load_schema(MODEL)))
    assert {"example", "snapshots", "media", "limits", "billed", "prices", "source"} <= model.keys()
    parts = [strict]
    while parts:
        part = parts.pop()
        properties = part.get("properties", {})
        if "source" in properties:
            part["required"] = [*part.get("required", ()), "source"]
            properties["source"] = {"pattern": r"^[a-z][a-z0-9-]*\.md [0-9]"}
        if "since" in properties:
            part["required"].append("since")
        parts += [value for value in part.values() if isinstance(value, dict)]
    strict["properties"]["limits"]["required"] = ["running", "submits_per_second", "queued", "typical_seconds"]
    assert [error.message for error in Draft202012Validator(strict).iter_errors(model)] == []


def test_an_editor_offers_every_model():
    """The examples of `model` are the catalog's names, snapshots apart."""
    schema = load_schema(PRODUCTION)
    names = sorted({model.name for model in load_catalog().values()})
    offered = [schema["$defs"]["shot"]["properties"]["model"], schema["$defs"]["defaults"]["properties"]["model"]]
    assert [part["examples"] for part in offered] == [names, names]


def test_each_model_has_the_schema_of_its_request():
    """Tests of what is sent pass over a model without one."""
    requests = {path.stem for path in (data_folder("schemas") / "wire").glob("request-*.json")}
    assert requests == {f"request-{model.name}" for model in load_catalog().entries if model.provider == "dashscope"}


def test_the_schema_names_the_kinds_of_transitions():
    """An editor offers what a cut can have, and nothing else."""
    kind = load_schema(PRODUCTION)["$defs"]["transition_kind"]
    assert kind["examples"] == kind["else"]["enum"] == [kind.value for kind in TransitionKind]
