"""The one JSON decoder: values by key, each as what it has to be."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from wanflow import decode, digest, money, timebase
from wanflow.decode import Fields

RECORD = {
    "name": "coast",
    "frames": 3,
    "cost": "1.20",
    "date": "2026-11-20T10:00:00Z",
    "digest": "a" * 64,
    "rate": "30000/1001",
    "gone": True,
    "none": None,
}


def test_values_are_read_as_what_they_are() -> None:
    """Amounts are exact, rates are fractions, and what may be missing is None."""
    facts = Fields(RECORD)
    assert facts.read("name", decode.text) == "coast"
    assert facts.read("frames", decode.whole_number) == 3
    assert facts.read("cost", money.amount_from_json) == Decimal("1.20")
    assert facts.read("rate", timebase.rate_from_json) == Fraction(30000, 1001)
    assert facts.read("date", timebase.date_from_json) == RECORD["date"]
    assert facts.read("digest", digest.from_json) == "a" * 64
    assert (facts.says("gone"), facts.says("name"), facts.says("absent")) == (True, False, False)
    assert [facts.read_if_given(key, decode.text) for key in ("none", "absent", "name")] == [None, None, "coast"]
    assert [facts.read_if_valid(key, decode.text) for key in ("frames", "absent", "name")] == [None, None, "coast"]


@pytest.mark.parametrize(
    ("key", "reader", "words"),
    [
        ("absent", decode.text, "`absent` is missing"),
        ("frames", decode.text, "`frames` is not a text: `3`"),
        ("gone", decode.whole_number, "`gone` is not a whole number: `True`"),
        ("name", decode.items, "`name` is not a list: `coast`"),
        ("name", Fields, "`name` is not a mapping: `coast`"),
        ("name", digest.from_json, "`name` is not a digest: `coast`"),
        ("name", money.amount_from_json, "`name` is not an amount from 0 to 1000000: `coast`"),
        ("name", money.currency_from_json, "`name` is not a currency: `coast`"),
        ("name", timebase.date_from_json, "`name` is not a date with its time and zone: `coast`"),
        ("name", timebase.rate_from_json, "`name` is not a rate: `coast`"),
    ],
)
def test_a_wrong_value_is_named_with_its_key(key: str, reader: decode.Reader[object], words: str) -> None:
    """The message says which key, what was expected, and what was found."""
    with pytest.raises(ValueError, match=words) as wrong:
        Fields(RECORD).read(key, reader)
    assert str(wrong.value) == words


def test_what_is_not_a_mapping_has_no_fields() -> None:
    """A list, a text or nothing."""
    for value in ([], "text", None, 3):
        with pytest.raises(ValueError, match="not a mapping"):
            Fields(value)


def test_a_number_that_would_fill_the_memory_is_refused() -> None:
    """Whole numbers have a limit, and amounts a number of digits."""
    with pytest.raises(ValueError, match="from 0 to"):
        decode.whole_number(10**13)
    with pytest.raises(ValueError, match="not an amount"):
        money.amount_from_json("1e999999999")
    with pytest.raises(ValueError, match="not a whole number"):
        decode.whole_number(decode.parse_json("9" * 5000))
