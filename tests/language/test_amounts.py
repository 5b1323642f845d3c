"""Amounts of money as people write them (format.md, Top level: budget)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from wanflow.money import CNY, Bound, Cost, parse_amount

YUAN = (
    *("20 CNY", "20CNY", "20元", "20 元", "￥20", "¥20", "¥ 20", "20 RMB", "20rmb", "RMB 20", "cny 20", "CN¥20"),
    *("人民币20", "人民币 20 元", "20元人民币", "20块", "20块钱", "20塊錢", "20圓", "人民幣20", " ￥20元 "),
)


@pytest.mark.parametrize("text", YUAN)
def test_yuan_in_every_form_are_cny(text: str) -> None:
    """The sign or the word before or behind the number, in simplified and traditional characters."""
    assert parse_amount(text) == Cost(Decimal(20), CNY, Bound.EXACT)
    assert parse_amount(text.replace("20", "20.5")).amount == Decimal("20.5")


@pytest.mark.parametrize(
    "text",
    [
        "20",
        "元",
        "￥",
        "-20元",
        "1,000元",
        "２０元",
        "20元元",
        "20 元/天",
        "20円",
        "2²元",
        "$20",
        "20 usd",
        "元20",
        "20 ¥",
        "20元 USD",
    ],
)
def test_anything_else_is_no_amount(text: str) -> None:
    """A currency is never guessed, nor what a comma means."""
    with pytest.raises(ValueError, match="not an amount"):
        parse_amount(text)


def test_a_budget_in_yuan_is_one_in_cny(reading) -> None:
    """In the file as on the command line; other currencies keep their codes."""
    assert reading("budget: 60元\n")[0].budget == parse_amount("60 CNY")
    assert parse_amount("3 USD").currency == "USD"


@pytest.mark.parametrize(
    ("text", "hint"),
    [("1,000元", "write `1000元`"), ("1,234,567.5 CNY", "write `1234567.5 CNY`"), ("1,5元", "e.g. `60 CNY`")],
)
def test_a_comma_between_thousands_is_never_taken_for_a_point(reading, text: str, hint: str) -> None:
    """It is refused, with the amount to write where only one can be meant."""
    _, (problem,) = reading(f"budget: {text}\nshots: {{}}\n")
    assert problem.hint == hint


def test_a_full_width_comma_of_an_amount_is_one_error(reading) -> None:
    """The ASCII comma would be refused too, so the way out is to delete it."""
    _, (problem,) = reading("budget: 1，000元\nshots: {}\n")
    assert (problem.place.column, problem.hint) == (10, "delete it")
