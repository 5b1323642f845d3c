"""What is told quickly of a production is what jsonschema would say, word by word."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from kit.mutations import damaged, productions, slips
from wanflow.characters import bad_sign
from wanflow.schemas import NAME, load_schema, violations
from wanflow.yamldoc.nodes import plain
from wanflow.yamldoc.parse import parse

PRODUCTION = "production.schema.json"
SHOT = f"{PRODUCTION}#/$defs/shot"
VALUES = (
    *(None, True, False, 0, 1, -1, 2, 60, 10**40, -(10**40), Decimal(1), Decimal("2.0"), Decimal("0.5")),
    *("", "a", "${x}", "audio", "single", [], ["a"], [1], {}, {"shot": "a", "tail": Decimal("2.0")}, {"x-a": 1}),
)
KEYS = (
    "duration",
    "seed",
    "takes",
    "prompt",
    "first_clip",
    "tags",
    "references",
    "shot_type",
    "audio",
    "matrix",
    "use",
)


def judge() -> Draft202012Validator:
    """The slow library with the schema as it is checked: without what only editors read."""
    checker = FormatChecker(formats=())
    checker.checks(NAME)(lambda value: not isinstance(value, str) or bad_sign(value) is None)
    return Draft202012Validator(load_schema(PRODUCTION), format_checker=checker)


@pytest.mark.parametrize("key", KEYS)
def test_values_that_are_easily_got_wrong(key: str) -> None:
    """Whole numbers written as decimals, truth values that count as numbers, numbers beyond any machine's."""
    slow = judge()
    for value in VALUES:
        whole = {"wanflow": 1, "shots": {"a": {key: value}}}
        broken = not slow.is_valid(whole)
        assert bool(list(violations(whole, PRODUCTION))) == broken, value
        assert bool(list(violations({key: value}, SHOT))) == broken, value


@given(st.sampled_from([*productions().values()]), st.lists(slips, max_size=3))
@settings(deadline=None, max_examples=150)
def test_productions_sound_and_damaged(texts, how) -> None:
    """Files of a production, the included ones too."""
    slow = judge()
    for name, text in damaged(texts, how).items():
        value = plain(parse(text, name).root)
        assert bool(list(violations(value, PRODUCTION))) == (not slow.is_valid(value))
