"""The state of a shot in one word, by what the journal knows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit import films
from wanflow.graph.recipe import fingerprint
from wanflow.planner.plan import Plan
from wanflow.planner.status import states
from wanflow.store.attempt import Attempt, Ending, OpenTask
from wanflow.store.inventory import Inventory

DATE = "2026-11-20T00:00:00Z"


def asked(plan: Plan, shot: str, seed: int | None = None) -> Attempt:
    """The very request of a shot's first take, sent before."""
    step = next(step for step in plan.steps if step.shot == shot)
    recipe = plan.recipes[shot]
    assert isinstance(recipe, dict)
    return Attempt("a1", shot, 1, "wan2.7-i2v", fingerprint(recipe), seed or step.seed or 0, recipe, DATE)


FRESH = films.plan(films.LIGHTHOUSE)


def state(have: Inventory, film: object = films.LIGHTHOUSE) -> str:
    """The state of `coast`."""
    return states(films.plan(film, have))["coast"]  # type: ignore[arg-type]


@pytest.mark.parametrize(("running", "word"), [(False, "queued"), (True, "rendering")])
def test_a_task_in_flight_waits_until_it_was_seen_to_run(running: bool, word: str) -> None:
    """As far as the journal knows."""
    task = OpenTask("t1", asked(FRESH, "coast"), DATE, running=running)
    assert state(replace(Inventory(), open_tasks=(task,))) == word


@pytest.mark.parametrize("word", ["failed", "refused"])
def test_a_request_that_ended_badly_says_how(word: str) -> None:
    """Until the request changes: then it is one that was never sent."""
    have = replace(Inventory(), endings=(Ending(asked(FRESH, "coast"), "no", DATE, state=word),))
    assert state(have) == word
    assert state(have, films.edited(films.LIGHTHOUSE, "coast", prompt="another coast")) == "new"


def test_a_request_that_was_cancelled_is_as_good_as_new() -> None:
    """So is one that the service forgot."""
    assert state(replace(Inventory(), endings=(Ending(asked(FRESH, "coast"), "cancelled", DATE),))) == "new"


def test_a_submission_of_unknown_fate_is_unknown() -> None:
    """It needs somebody to decide."""
    assert state(replace(Inventory(), unknown_fate=(asked(FRESH, "coast"),))) == "unknown"


def test_another_seed_is_another_request() -> None:
    """What became of it says nothing about this one."""
    other = asked(FRESH, "coast", seed=99)
    assert state(replace(Inventory(), endings=(Ending(other, "no", DATE, state="failed"),))) == "new"
