"""Reservations never pass a limit, in whatever order submissions are made, answered, declined and lost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wanflow.providers.dashscope.wire import billed_units
from wanflow.runner.spending import OverBudget, Spending, SpendingLimits
from wanflow.store.attempt import Attempt
from wanflow.store.take import Price

RATE = Decimal("0.6")


def attempt(name: str, seconds: int) -> Attempt:
    """A submission that costs at most this many seconds."""
    price = Price(seconds * RATE, RATE, "CNY")
    return Attempt(name, "coast", 1, "wan2.7-i2v", "f" * 64, 7, None, "2026-11-20T00:00:00Z", price)


@st.composite
def days(draw: st.DrawFn) -> list[tuple[int, str, int]]:
    """What happens, in order: submissions, and how each ends: `bill` with the seconds of its reply, or `release`."""
    lengths = draw(st.lists(st.integers(1, 15), min_size=1, max_size=12))
    events = [(number, "reserve", seconds) for number, seconds in enumerate(lengths)]
    for number, seconds in enumerate(lengths):
        end = draw(st.sampled_from(["bill", "release", "nothing"]))
        if end != "nothing":
            place = draw(st.integers(events.index((number, "reserve", seconds)) + 1, len(events)))
            events.insert(place, (number, end, draw(st.integers(0, seconds))))
    return events


@given(days(), st.integers(0, 60), st.integers(0, 60), st.integers(0, 20), st.lists(st.integers(1, 15), max_size=3))
@settings(max_examples=400)
def test_reservations_never_pass_the_budget(
    events: list[tuple[int, str, int]], run: int, budget: int, spent: int, outstanding: list[int]
) -> None:
    """Nor does what is charged in the end: each submission is covered before it is made."""
    inherited = {f"owed {number}": seconds * RATE for number, seconds in enumerate(outstanding)}
    before = spent + sum(inherited.values())
    spending = Spending("CNY", SpendingLimits(Decimal(run), Decimal(budget), Decimal(spent)), dict(inherited))
    open_, charged, made = {}, Decimal(0), {}
    for number, event, seconds in events:
        name = str(number)
        if event == "reserve":
            made[name] = attempt(name, seconds)
            try:
                spending.reserve(name, made[name].price, f"`{name}`")
            except OverBudget:
                assert charged + sum(open_.values()) + seconds * RATE > min(run, budget - before)
                made.pop(name)
                continue
            open_[name] = seconds * RATE
        elif name in open_:
            open_.pop(name)
            if event == "bill":
                charged += seconds * RATE
                spending.charge(made[name], Decimal(seconds))
            else:
                spending.release(name)
        if open_ or charged:
            assert charged + sum(open_.values()) <= min(run, budget - before)
    assert spending.spent.amount == charged


def test_a_bill_that_is_too_high_stops_what_comes() -> None:
    """A reply that bills more than was set aside is charged as it says, and nothing more is submitted."""
    spending, dear = Spending("CNY"), attempt("dear", 5)
    spending.reserve("dear", dear.price, "`coast.t1`")
    charged = spending.charge(dear, Decimal(6))
    assert charged is not None
    assert (charged.amount, spending.spent.amount) == (Decimal("3.6"), Decimal("3.6"))
    with pytest.raises(OverBudget, match=r"billed 3\.60 CNY for a take of `coast` that could cost at most 3\.00"):
        spending.reserve("next", dear.price, "`coast.t2`")


def test_a_reply_that_does_not_say_keeps_what_was_set_aside() -> None:
    """Its cost is unknown, never zero, and the room that it had is not given away."""
    spending, silent = Spending("CNY", SpendingLimits(run=Decimal(4))), attempt("silent", 5)
    spending.reserve("silent", silent.price, "`coast.t1`")
    assert spending.charge(silent, None) is None
    assert spending.spent.amount is None
    with pytest.raises(OverBudget, match=r"3\.00 CNY of the 4\.00 CNY `[a-z:-]+` are spent or reserved"):
        spending.reserve("next", silent.price, "`coast.t2`")


def test_without_a_price_there_is_no_budget() -> None:
    """What nobody can price could cost anything."""
    with pytest.raises(OverBudget, match=r"the price of `coast\.t1` is unknown"):
        Spending("CNY", SpendingLimits(budget=Decimal(60))).reserve("a", None, "`coast.t1`")
    Spending("CNY").reserve("a", None, "`coast.t1`")


@pytest.mark.parametrize("seconds", ["1e9", 10**17, "-1", "1e999999999", 10**100, float("inf"), None, True, [2]])
def test_a_bill_that_no_film_costs_counts_as_what_was_set_aside(seconds: object) -> None:
    """It is unknown: the lock could not keep it, and the budget counts with the most that the take could cost."""
    one = attempt("a", 2)
    spending = Spending("CNY", SpendingLimits(run=Decimal(2)))
    spending.reserve(one.id, one.price, "a")
    assert spending.charge(one, billed_units({"duration": seconds})) is None
    assert (spending.spent.amount, spending.overrun) == (None, None)
    with pytest.raises(OverBudget):
        spending.reserve("b", one.price, "b")
