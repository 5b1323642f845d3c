"""The quick test of a schema says exactly what jsonschema says."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kit.mutations import damaged, productions, slips
from wanflow.fitting import NotUnderstood, fitting
from wanflow.schemas import PIPELINE, PRODUCTION, _part, _validator
from wanflow.yamltext import parse
from wanflow.yamlvalue import plain

VALUES = (
    *(None, True, False, 0, 1, -1, 2, 60, 10**40, 0.0, 1.0, 1.5, Decimal(1), Decimal("1.0"), Decimal("0.5")),
    *("", "a", "ab", "audio", "${x}", "x-a", [], ["a"], ["a", "a"], [1, "a"], [[]], {}, {"a": 1}, {"b": "a", "c": []}),
    *({"x-a": 1}, {"a": 1, "b": 2, "c": 3}, {"a": {"a": {"a": 1}}}, {"shot": "a", "tail": 2, "head": 1}),
)

SCHEMAS = (
    *({"const": True}, {"enum": [1, None, "a"]}, {"enum": [False]}),
    *(
        True,
        False,
        {},
        {"title": "x", "default": 1},
        {"type": "number"},
        {"type": "integer"},
        {"type": ["string", "null"]},
    ),
    *(
        {"type": "boolean"},
        {"type": "object"},
        {"type": "array"},
        {"enum": ["a", "audio"]},
        {"const": 1},
        {"const": "a"},
    ),
    *({"pattern": "^a"}, {"minimum": 1}, {"maximum": 1}, {"exclusiveMinimum": 1}, {"exclusiveMaximum": 1}),
    *({"minLength": 1}, {"maxLength": 1}, {"minItems": 1}, {"maxItems": 1}, {"minProperties": 1}, {"maxProperties": 1}),
    *(
        {"required": ["a", "b"]},
        {"dependentRequired": {"a": ["b"]}},
        {"items": {"type": "string"}},
        {"not": {"const": 1}},
    ),
    *({"propertyNames": {"maxLength": 1}}, {"properties": {"a": {"const": 1}}}, {"additionalProperties": False}),
    {"properties": {"a": True}, "patternProperties": {"^x-": True}, "additionalProperties": {"type": "string"}},
    {"patternProperties": {"^a": {"const": 1}, "a$": {"minimum": 1}}, "additionalProperties": False},
    *({"allOf": [{"minimum": 1}, {"maximum": 1}]}, {"anyOf": [{"const": 1}, {"const": "a"}]}),
    {"oneOf": [{"type": "number"}, {"const": 1}]},
    *({"if": {"type": "string"}, "then": {"minLength": 1}}, {"if": {"type": "string"}, "else": {"minimum": 1}}),
    {"$ref": "#/$defs/a", "$defs": {"a": {"additionalProperties": {"$ref": "#/$defs/b"}}, "b": {"$ref": "#/$defs/a"}}},
)


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_every_keyword_is_told_as_jsonschema_tells_it(schema):
    """Whole numbers written as decimals, truth values that count as numbers, and whatever else is easily got wrong."""
    judge, fits = Draft202012Validator(schema), fitting("it#", lambda name: found(schema, name))
    assert [fits(value) for value in VALUES] == [judge.is_valid(value) for value in VALUES]


def found(schema, name):
    """A definition of the schema, or all of it."""
    *_, last = name.rpartition("/")
    return schema["$defs"][last] if "/" in name else schema


@pytest.mark.parametrize("schema", [{"contains": {}}, {"enum": [[]]}, {"const": {}}, {"items": {"prefixItems": []}}, 1])
def test_what_is_not_understood_is_never_guessed(schema):
    """A keyword that is new in a schema makes the test slower, not wrong."""
    with pytest.raises(NotUnderstood):
        fitting("it", lambda _: schema)


@pytest.mark.parametrize("name", [PRODUCTION, PIPELINE, "prices.schema.json", f"{PRODUCTION}#/$defs/shot"])
def test_the_schemas_of_productions_are_understood(name):
    """Whole, so that a sound one is never slow."""
    assert fitting(name, _part)


@given(st.sampled_from([*productions().values()]), st.lists(slips, max_size=3))
@settings(deadline=None, max_examples=200)
def test_productions_are_told_as_jsonschema_tells_them(texts, how):
    """Sound ones and damaged ones."""
    judge, fits = _validator(PRODUCTION), fitting(PRODUCTION, _part)
    for name, text in damaged(texts, how).items():
        value = plain(parse(text, name).root)
        assert fits(value) == judge.is_valid(value)
