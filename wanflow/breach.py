"""What is wrong with a value that does not fit a schema; the only home of jsonschema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from wanflow.schemas import PIPELINE, PRODUCTION, Violation, checked


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
        )


@cache
def _validator(name: str) -> Draft202012Validator:
    file, _, fragment = name.partition("#")
    if fragment:
        return Draft202012Validator({"$ref": name}, registry=_beside(file))
    return Draft202012Validator(checked(file), registry=_beside(*({PRODUCTION} if file == PIPELINE else ())))


def _beside(*files: str) -> Registry[bool | Mapping[str, Any]]:
    """What a `$ref` to another file may mean: schemas of ours by the file's name, so that no network is asked."""
    return Registry().with_resources((file, DRAFT202012.create_resource(checked(file))) for file in files)
