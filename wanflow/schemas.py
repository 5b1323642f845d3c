"""The JSON files that ship with wanflow, and whether a value fits a schema.

`production.schema.json` is written by hand. Backends, regions, and the media and parameters of a shot follow from the
catalog. A tool writes them into `catalog.schema.json`, with the conditions of each model, for editors.

Nearly every value fits, which jsonschema-rs finds out a hundred times faster than jsonschema. Jsonschema says what is
wrong with the others. Both are imported late: `--help` needs neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from wanflow import digest
from wanflow.characters import bad_sign
from wanflow.errors import WanflowError
from wanflow.messages import tr
from wanflow.records import immutable

PACKED = "_data"
"""The folder of the wheel with what is at the top of a checkout."""

PRODUCTION, PIPELINE, CATALOG = "production.schema.json", "pipeline.schema.json", "catalog.schema.json"
MODEL = "model.schema.json"
CHECKED = "models.sha256"
"""The file with the digest of the model files that were checked; `tools/write_checked.py` writes it."""

CONDITIONS = "conditions"
"""The part of `catalog.schema.json` that only editors read: what each model takes."""

NAME = "wanflow-name"
"""The format of names: no pattern that every editor can read says what a letter of any script is."""

MAX_SCHEMAS = 64
"""Maximum schemas, and validators of each kind, that are kept: model files may change while a page is open."""

Json = Mapping[str, Any]


@immutable
class Violation:
    """One rule of a schema that a value breaks.

    `path` leads from the root to the value; `rule` is the schema's keyword (`type`, `enum`, `required`, …), `wanted`
    its value in the schema, `value` what was found. `schema` is the part of the schema that was broken, `words` what
    jsonschema says of it.
    """

    path: tuple[str | int, ...]
    rule: str
    wanted: object
    value: object
    schema: Mapping[str, object]
    words: str = ""


class CatalogError(WanflowError):
    """A file of the catalog that breaks its schema, or holds what no code carries."""

    def __init__(self, file: str, key: str, why: str, kind: str = "model") -> None:
        super().__init__(
            tr(
                "the {kind} file `{file}` cannot be used: {why}",
                kind=kind,
                file=file,
                why=tr("`{key}`: {why}", key=key, why=why) if key else why,
            )
        )


@cache
def data_folder(name: str) -> Path:
    """A folder that ships with wanflow, `schemas` or `pipelines`: inside a wheel, or at the top of a checkout."""
    package = Path(__file__).resolve().parent
    packed = package / PACKED / name
    return packed if packed.is_dir() else package.parent / name


@immutable
class ModelFiles:
    """The files of a catalog as they are, by file name; caches tell two of them apart by identity.

    `digest` is that of their bytes, and `checked` says that it is the one in which `make docs` found no error.
    """

    by_name: Mapping[str, Json]
    digest: str = ""
    checked: bool = False

    __eq__ = object.__eq__
    __hash__ = object.__hash__


def load_schema(name: str, models: ModelFiles | None = None) -> Json:
    """A schema by its path below `schemas/`, in one document that refers to no other, as values are held against it.

    The keys of a shot are those of the model files, None for those that ship. The conditions are left out:
    `language.model_checks` says the same, and better.
    """
    return _schema(name, (models or model_files()) if name in {PRODUCTION, PIPELINE} else None)


@lru_cache(maxsize=MAX_SCHEMAS)
def _schema(name: str, models: ModelFiles | None) -> Json:
    if models is None:
        return _read(name)
    schema = _joined(name, catalog_definitions(models))
    rules = [rule for rule in schema.pop("allOf", ()) if not rule["$ref"].endswith(f"/{CONDITIONS}")]
    return {**schema, "allOf": rules} if rules else schema


def bundled(name: str) -> Json:
    """The schema of productions or pipelines for editors: one document, with the conditions of each model."""
    return _joined(name, _read(CATALOG)["$defs"])


def _joined(name: str, derived: Json) -> dict[str, Any]:
    whole = {**_read(name), "$defs": {**_read(PRODUCTION)["$defs"], **derived}}
    joined: dict[str, Any] = json.loads(
        json.dumps(whole).replace(f'"{PRODUCTION}#', '"#').replace(f'"{CATALOG}#', '"#')
    )
    return joined


@cache
def _read(name: str) -> Json:
    document: Json = json.loads((data_folder("schemas") / name).read_text(encoding="utf-8"))
    return document


@cache
def model_files(folder: Path | None = None) -> ModelFiles:
    """The catalog's files; raises CatalogError for one that breaks `model.schema.json`.

    To hold 20 files against the schema takes 3 ms, so those that ship are checked when they change: by `make docs`,
    which writes their digest beside them, and here while it is another.
    """
    paths = sorted((folder or data_folder("schemas") / "models").glob("*.json"), key=lambda path: path.stem)
    found: dict[str, Json] = {}
    digests: dict[str, str] = {}
    for path in paths:
        try:
            written = path.read_bytes()
            found[path.name] = json.loads(written)
        except (OSError, ValueError) as error:
            raise CatalogError(path.name, "", str(error)) from error
        digests[path.name] = digest.of_bytes(written)
    together, record = digest.of_json(digests), data_folder("schemas") / CHECKED
    checked = folder is None and record.is_file() and record.read_text(encoding="utf-8").split()[-1:] == [together]
    for name, raw in found.items():
        broken = None if checked else next(violations(raw, MODEL), None)
        if broken is not None:
            raise CatalogError(name, ".".join(map(str, broken.path)) or name.removesuffix(".json"), broken.words)
        found[name] = completed(raw)
    return ModelFiles(found, together, checked)


def completed(raw: Json) -> Json:
    """A model file with the keys that it may leave out; one that names no limits runs one task at a time."""
    limits: Json = {"running": 1, "submits_per_second": 1, "queued": 100, "typical_seconds": 150}
    others: Json = {"snapshots": [], "media": {}, "billed": {"inputs": []}, "prices": None}
    return {**others, **raw, "limits": {**limits, **raw.get("limits", {})}}


@cache
def provider_files() -> Mapping[str, Json]:
    """The files of the catalog's providers as they are, by file name, free providers first."""
    paths = (data_folder("schemas") / "providers").glob("*.json")
    found: dict[str, Json] = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    return dict(sorted(found.items(), key=lambda item: (item[1]["paid"], item[1]["provider"])))


def common_keys() -> frozenset[str]:
    """The keys of a shot that do not depend on models."""
    return frozenset(_read(PRODUCTION)["$defs"]["shotKeys"]["properties"])


def catalog_definitions(models: ModelFiles) -> dict[str, Json]:
    """The definitions that follow from a catalog: a shot from its models, backends and regions from its providers."""
    providers = provider_files().values()
    does = "; ".join(f"`{provider['provider']}` {provider['does']}" for provider in providers)
    regions = dict.fromkeys(region for provider in providers for region in provider["regions"])
    return {
        **_shot_definitions(models.by_name.values()),
        "backend": _one_of(f"Who renders: {does}.", [provider["provider"] for provider in providers]),
        "region": _one_of("Decides the endpoint, the models and the prices.", list(regions)),
    }


def _one_of(description: str, words: list[str]) -> Json:
    return {
        "type": "string",
        "description": description,
        "markdownDescription": description,
        "default": words[0],
        "examples": words,
        "if": {"$ref": f"{PRODUCTION}#/$defs/variable"},
        "else": {"enum": words},
    }


def _shot_definitions(models: Iterable[Json]) -> dict[str, Json]:
    media: dict[str, Json] = {}
    parameters: dict[str, list[Json]] = {}
    names = []
    for model in models:
        names.append(model["model"])
        media |= {
            key: _medium_schema(rule)
            for key, rule in model["media"].items()
            if rule["role"] != "reference" and key not in media
        }
        for key, rule in model["parameters"].items():
            parameters.setdefault(key, []).append(rule)
    sent: dict[str, Json] = {key: _parameter_schema(rules) for key, rules in parameters.items()}
    named: dict[str, Json] = {
        "model": {"$ref": f"{PRODUCTION}#/$defs/shotKeys/properties/model", "examples": sorted(names)}
    }
    return {
        "shot": _mapping("shotKeys", "One request to the video model.", named | media | sent),
        "defaults": _mapping(
            "defaultsKeys", "What every shot starts from, where its model knows the parameter.", named | sent
        ),
        "modelDefaults": _mapping("modelDefaultsKeys", "Defaults for one model.", sent),
    }


def _mapping(common: str, description: str, properties: dict[str, Json]) -> Json:
    known = _read(PRODUCTION)["$defs"][common]["properties"]
    references = {key: {"$ref": f"{PRODUCTION}#/$defs/{common}/properties/{key}"} for key in known}
    return {
        "type": "object",
        "description": description,
        "properties": references | properties,
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
    }


def _medium_schema(rule: Json) -> Json:
    example = "\n".join(rule.get("example", ()))
    shown = {"markdownDescription": f"{rule['about']}\n\n```yaml\n{example}\n```"} if example else {}
    return {"$ref": f"{PRODUCTION}#/$defs/source", "description": rule["about"], **shown}


def _parameter_schema(rules: list[Json]) -> Json:
    """The type of a parameter, with the bounds and the default on which all models agree."""
    agreed = {key: value for key, value in rules[0].items() if all(rule.get(key) == value for rule in rules)}
    about = rules[0]["about"]
    if rules[0]["type"] == "colors":
        return {"$ref": f"{PRODUCTION}#/$defs/colors", "description": about, "markdownDescription": about}
    schema: dict[str, Any] = {"type": "string", "description": about, "markdownDescription": about}
    if rules[0]["type"] != "string":
        schema |= {"type": [rules[0]["type"], "string"], "pattern": r"^\$\{[^}]+\}$"}
    if values := list(dict.fromkeys(value for rule in rules for value in rule.get("values", ()))):
        schema["examples"] = values
    elif rules[0]["type"] == "boolean" and "default" not in agreed:
        schema["examples"] = [True, False]
    elif rules[0]["type"] == "integer":
        schema["examples"] = [rules[0].get("default", rules[0].get("min", 1))]
    if "also" not in agreed and all("also" not in rule for rule in rules):
        bounds = {"minimum": agreed.get("min"), "maximum": agreed.get("max")}
        schema |= {keyword: bound for keyword, bound in bounds.items() if bound is not None}
    return schema | ({"default": agreed["default"]} if "default" in agreed else {})


MAX_VIOLATIONS = 25_000
"""Maximum violations of a file that are listed."""


def violations(instance: object, name: str, models: ModelFiles | None = None) -> Iterator[Violation]:
    """Every rule of a schema that an instance breaks, those of deeper values after those of outer ones.

    Of more than MAX_VIOLATIONS only as many and one more are found, and then not the outer ones first.
    `name` may end in a fragment, `production.schema.json#/$defs/shot`, to hold an instance against one definition.
    `models` are those whose keys a shot has, None for those that ship.
    """
    if not _has_whole_decimal(instance) and _quick(name, models).is_valid(instance):
        return
    errors = islice(_slow(name, models).iter_errors(instance), MAX_VIOLATIONS + 1)
    for error in sorted(errors, key=lambda item: [str(part) for part in item.absolute_path]):
        yield Violation(
            path=tuple(error.absolute_path),
            rule=str(error.validator),
            wanted=error.validator_value,
            value=error.instance,
            schema=error.schema if isinstance(error.schema, Mapping) else {},
            words=error.message,
        )


@lru_cache(maxsize=MAX_SCHEMAS)
def _quick(name: str, models: ModelFiles | None) -> Any:
    """The validator that only says yes or no."""
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415

    return Draft202012Validator(_at_fragment(name, models), validate_formats=True, formats={NAME: _is_name})


@lru_cache(maxsize=MAX_SCHEMAS)
def _slow(name: str, models: ModelFiles | None) -> Any:
    """The validator that says what is wrong."""
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415

    checker = FormatChecker(formats=())
    checker.checks(NAME)(_is_name)
    return Draft202012Validator(_at_fragment(name, models), format_checker=checker)


def _is_name(value: object) -> bool:
    return not isinstance(value, str) or bad_sign(value) is None


def _at_fragment(name: str, models: ModelFiles | None) -> dict[str, Any]:
    file, _, fragment = name.partition("#")
    schema = load_schema(file, models)
    return {"$ref": f"#{fragment}", "$defs": schema["$defs"]} if fragment else dict(schema)


def _has_whole_decimal(instance: object) -> bool:
    """Whether there is a `2.0` in it: no whole number to jsonschema and to us, but one to the other library."""
    match instance:
        case dict():
            return any(map(_has_whole_decimal, instance.values()))
        case list():
            return any(map(_has_whole_decimal, instance))
        case Decimal():
            return instance == instance.to_integral_value()
        case _:
            return False
