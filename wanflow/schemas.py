"""The JSON files that ship with wanflow, and the only home of jsonschema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator

PACKED = "_data"
"""Where the wheel keeps what stands at the top of a checkout."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule of a schema that a value breaks.

    `path` leads from the root to the value; `rule` is the schema's keyword (`type`, `enum`, `required`, …), `wanted`
    its value in the schema, `value` what was found. `schema` is the part of the schema that was broken.
    """

    path: tuple[str | int, ...]
    rule: str
    wanted: object
    value: object
    schema: Mapping[str, object]


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


def violations(instance: object, name: str) -> Iterator[Violation]:
    """Every rule of a schema that an instance breaks, those of deeper values after those of outer ones."""
    errors = _validator(name).iter_errors(instance)
    for error in sorted(errors, key=lambda item: [str(part) for part in item.absolute_path]):
        yield Violation(
            path=tuple(error.absolute_path),
            rule=str(error.validator),
            wanted=error.validator_value,
            value=error.instance,
            schema=error.schema if isinstance(error.schema, Mapping) else {},
        )


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(load_schema(name))
