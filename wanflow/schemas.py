"""The JSON files that ship with wanflow, and whether a value fits them.

Nearly every value is valid, which jsonschema-rs tells a hundred times faster than jsonschema. Both are imported late:
`--help` needs the catalog of providers, and neither of these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from wanflow.errors import WanflowError

PACKED = "_data"
"""Where the wheel keeps what stands at the top of a checkout."""

PRODUCTION, PIPELINE = "production.schema.json", "pipeline.schema.json"

CONDITIONS = "conditions"
"""The part of the production's schema that only editors read: what each model takes (docs/write_conditions.py)."""


@dataclass(frozen=True, slots=True)
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
        super().__init__(f"the {kind} file `{file}` cannot be used: {f'`{key}`: ' if key else ''}{why}")


def data_folder(name: str) -> Path:
    """A folder that ships with wanflow, `schemas` or `pipelines`: inside a wheel, or at the top of a checkout."""
    package = Path(__file__).resolve().parent
    packed = package / PACKED / name
    return packed if packed.is_dir() else package.parent / name


@cache
def load_schema(name: str) -> Mapping[str, object]:
    """A schema by its path below `schemas/`, e.g. `production.schema.json`."""
    document = json.loads((data_folder("schemas") / name).read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise TypeError(f"no schema: {name}")
    return document


@cache
def model_files(folder: Path | None = None) -> Mapping[str, Mapping[str, Any]]:
    """The catalog's files as they are, by file name; raises CatalogError for one that breaks `model.schema.json`."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted((folder or data_folder("schemas") / "models").glob("*.json"), key=lambda path: path.stem):
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CatalogError(path.name, "", str(error)) from error
        broken = next(violations(raw, "model.schema.json"), None)
        if broken is not None:
            raise CatalogError(path.name, ".".join(map(str, broken.path)) or path.stem, broken.words)
        found[path.name] = raw
    return found


def bundled(name: str) -> Mapping[str, object]:
    """A schema that needs no other file: what it refers to in the production's stands in it."""
    shared = load_schema(PRODUCTION)["$defs"]
    own = json.loads(json.dumps(load_schema(name)).replace(f"{PRODUCTION}#", "#"))
    return {**own, "$defs": shared}


def violations(instance: object, name: str) -> Iterator[Violation]:
    """Every rule of a schema that an instance breaks, those of deeper values after those of outer ones.

    `name` may end in a fragment, `production.schema.json#/$defs/shot`, to hold an instance against one definition. The
    conditions for editors are left out: the rules of `wanflow.spec` say the same, and better.
    """
    if not _has_whole_decimal(instance) and _quick(name).is_valid(instance):
        return
    yield from breaches(instance, name)


@cache
def _quick(name: str) -> Any:
    """A validator of jsonschema-rs, which says yes or no alone."""
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415

    file, _, fragment = name.partition("#")
    whole = {**checked(file), "$defs": checked(PRODUCTION)["$defs"]} if file == PIPELINE else checked(file)
    own = json.loads(json.dumps(whole).replace(f"{PRODUCTION}#", "#"))
    return Draft202012Validator({"$ref": f"#{fragment}", "$defs": own["$defs"]} if fragment else own)


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


def checked(name: str) -> Mapping[str, object]:
    """A schema without the conditions for editors, which would say everything twice and take their time."""
    schema = dict(load_schema(name))
    rules = schema.pop("allOf", None)
    kept = [rule for rule in rules if not rule["$ref"].endswith(f"/{CONDITIONS}")] if isinstance(rules, list) else []
    return {**schema, "allOf": kept} if kept else schema


def breaches(instance: object, name: str) -> Iterator[Violation]:
    """Every rule of a schema that an instance breaks, those of deeper values after those of outer ones."""
    errors = _validator(name).iter_errors(instance)
    for error in sorted(errors, key=lambda item: [str(part) for part in item.absolute_path]):
        yield Violation(
            path=tuple(error.absolute_path),
            rule=str(error.validator),
            wanted=error.validator_value,
            value=error.instance,
            schema=error.schema if isinstance(error.schema, Mapping) else {},
            words=error.message,
        )


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator  # noqa: PLC0415
    from referencing import Registry  # noqa: PLC0415
    from referencing.jsonschema import DRAFT202012  # noqa: PLC0415

    def beside(*files: str) -> Registry[bool | Mapping[str, Any]]:
        """What a `$ref` to another file means: schemas of ours by the file's name, so that no network is asked."""
        return Registry().with_resources((each, DRAFT202012.create_resource(checked(each))) for each in files)

    file, _, fragment = name.partition("#")
    if fragment:
        return Draft202012Validator({"$ref": name}, registry=beside(file))
    return Draft202012Validator(checked(file), registry=beside(*({PRODUCTION} if file == PIPELINE else ())))
