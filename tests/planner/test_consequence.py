"""What a pick would do, said before it is made: the same plan as after it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.bookkeeping import run
from kit.films import COAST, LIGHTHOUSE, plan
from wanflow import api
from wanflow.errors import UnknownTarget
from wanflow.planner import choose
from wanflow.planner.consequence import Consequence
from wanflow.planner.plan import Plan
from wanflow.store.inventory import Inventory

TWICE = replace(LIGHTHOUSE, shots={**LIGHTHOUSE.shots, "coast": replace(COAST, takes=2)})
"""Two takes of the first shot, which the second continues."""
THRICE = replace(LIGHTHOUSE, shots={**LIGHTHOUSE.shots, "coast": replace(COAST, takes=3)})


def picked(made: Plan, number: int) -> Inventory:
    """What there is once a take of `coast` was picked."""
    asked = choose.request_of_shot(made, "coast")
    take = choose.take_of_number(asked.entry, "coast", number)
    return replace(made.inventory, lock=choose.pick(made.inventory.lock, asked, take))


def words(of: Consequence) -> tuple[list[str], list[str], tuple[str, ...], tuple[str, ...]]:
    """The takes that a pick renders and spares, those that it restores, and its cuts."""
    return [step.node for step in of.renders], [step.node for step in of.spared], of.restored, of.cuts


def test_a_pick_names_what_it_renders_again_and_at_which_price() -> None:
    """The continuation of another take is a new request, and the cut shows both."""
    after, _ = run(TWICE)
    now = plan(TWICE, after)
    found = api.consequence(now, "coast", 2)
    assert words(found) == (["approach.t2"], [], (), ("main",))
    later = plan(TWICE, picked(now, 2))
    assert found.cost == next(step.cost for step in later.steps if step.node == "approach.t2")
    assert (found.picked, found.current, found.free) == (False, True, False)


def test_the_take_in_use_changes_nothing() -> None:
    """Picking the default makes it a choice, which costs nothing."""
    after, _ = run(TWICE)
    found = api.consequence(plan(TWICE, after), "coast", 1)
    assert (found.picked, found.free) == (True, True)
    assert words(found) == ([], [], (), ())


def test_going_back_restores_the_earlier_take_for_nothing() -> None:
    """What was rendered from the first take is used again."""
    first, _ = run(TWICE)
    second, bought = run(TWICE, picked(plan(TWICE, first), 2))
    assert bought == ["approach.t2"]
    found = api.consequence(plan(TWICE, second), "coast", 1)
    assert words(found) == ([], [], ("approach.t1",), ("main",))
    assert found.free


def test_a_pick_may_spare_what_a_run_would_render() -> None:
    """A pick that was not followed yet is undone for nothing."""
    after, _ = run(TWICE)
    found = api.consequence(plan(TWICE, picked(plan(TWICE, after), 2)), "coast", 1)
    assert words(found)[:2] == ([], ["approach.t2"])


def test_a_pick_before_the_run_that_an_earlier_pick_asked_for_is_not_free() -> None:
    """The run renders for the new pick in place of the earlier one, at the price that the plan has already."""
    after, _ = run(THRICE)
    found = api.consequence(plan(THRICE, picked(plan(THRICE, after), 2)), "coast", 3)
    assert words(found)[0] == ["approach.t2"]
    assert (found.planned, found.free) == (True, False)
    assert not api.consequence(plan(THRICE, after), "coast", 3).planned


def test_a_take_that_is_not_there_is_named() -> None:
    """With the numbers that exist."""
    after, _ = run(TWICE)
    with pytest.raises(UnknownTarget, match="`coast` has no take 7"):
        api.consequence(plan(TWICE, after), "coast", 7)
