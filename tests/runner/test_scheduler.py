"""The order of steps, in virtual time."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import anyio
import pytest

from wanflow import money
from wanflow.catalog.read import load_catalog
from wanflow.planner.plan import Action, Reason, ReasonCode, Step, StepKind
from wanflow.providers.limited import Claim, TaskSlots
from wanflow.runner.events import StepResult
from wanflow.runner.scheduler import chain_seconds, schedule

pytestmark = pytest.mark.anyio


def step(node: str, *needs: str, seconds: int = 5, action: Action = Action.RENDER) -> Step:
    """A take that is rendered in `seconds` of virtual time."""
    why = (Reason(ReasonCode.NEW, "never rendered"),)
    free = money.nothing("CNY")
    return Step(node, StepKind.TAKE, node, action, why, free, seconds=Fraction(seconds), needs=needs)


class TimedWorkers:
    """Does steps by waiting for them, `slots` at a time, and writes down when each began and ended."""

    def __init__(self, fails: tuple[str, ...] = (), slots: int = 100) -> None:
        self.began: dict[str, float] = {}
        self.ended: dict[str, float] = {}
        self._fails = fails
        self._slots = TaskSlots({}, slots)

    async def perform(self, step: Step, claim: Claim) -> StepResult:
        assert claim.priority > 0
        async with self._slots.slot("wan2.7-i2v", claim):
            self.began[step.node] = anyio.current_time()
            await anyio.sleep(float(step.seconds or 0))
            self.ended[step.node] = anyio.current_time()
        return StepResult.FAILED if step.node in self._fails else StepResult.DONE


async def test_what_is_independent_runs_at_the_same_time() -> None:
    """Two chains side by side take as long as the longer one."""
    workers = TimedWorkers()
    start = anyio.current_time()
    await schedule([step("a"), step("b", seconds=7), step("c", "a")], load_catalog(), workers.perform)
    assert anyio.current_time() - start == 10
    assert workers.began["a"] == workers.began["b"]
    assert workers.began["c"] == workers.ended["a"]


async def test_the_longest_remaining_chain_goes_first() -> None:
    """With one place free, the shot that others wait for is started before the one that nobody needs."""
    workers = TimedWorkers(slots=1)
    await schedule([step("alone", seconds=8), step("first"), step("second", "first")], load_catalog(), workers.perform)
    assert sorted(workers.began, key=workers.began.__getitem__) == ["first", "alone", "second"]


async def test_one_failed_shot_stops_only_what_depends_on_it() -> None:
    """Its siblings are done, its dependents blocked, near and far."""
    workers = TimedWorkers(fails=("a",))
    steps = [step("a"), step("b"), step("c", "a"), step("d", "c"), step("e", "b")]
    results = await schedule(steps, load_catalog(), workers.perform)
    assert results == {
        "a": StepResult.FAILED,
        "b": StepResult.DONE,
        "c": StepResult.BLOCKED,
        "d": StepResult.BLOCKED,
        "e": StepResult.DONE,
    }


async def test_failing_fast_starts_nothing_new_and_lets_running_work_end() -> None:
    """What runs is paid for; what has not begun is not begun."""
    workers = TimedWorkers(fails=("a",))
    steps = [step("a", seconds=1), step("b", seconds=9), step("c", "b")]
    results = await schedule(steps, load_catalog(), workers.perform, keep_going=False)
    assert results == {"a": StepResult.FAILED, "b": StepResult.DONE, "c": StepResult.BLOCKED}


async def test_reused_steps_count_as_done_and_blocked_ones_block() -> None:
    """Nothing is performed for them."""
    workers = TimedWorkers()
    blocked = replace(step("x"), action=Action.BLOCKED)
    results = await schedule(
        [step("a", action=Action.REUSE), step("b", "a"), blocked, step("y", "x")], load_catalog(), workers.perform
    )
    assert list(workers.began) == ["b"]
    assert results == {"a": StepResult.REUSED, "b": StepResult.DONE, "x": StepResult.BLOCKED, "y": StepResult.BLOCKED}


async def test_law_9_an_hour_of_waiting_passes_in_no_time() -> None:
    """Time passes only through anyio."""
    start = anyio.current_time()
    await schedule([step("slow", seconds=3600)], load_catalog(), TimedWorkers().perform)
    assert anyio.current_time() - start == 3600


async def test_the_next_link_of_the_longest_chain_follows_at_once() -> None:
    """A shot of its own does not take the slot while the frame between two links is derived."""
    workers = TimedWorkers(slots=1)
    frame = replace(step("frame", "a", seconds=1), kind=StepKind.EXTRACT)
    claims: dict[str, Claim] = {}

    async def perform(step: Step, claim: Claim) -> StepResult:
        claims[step.node] = claim
        if step.node == "a":
            assert claim.successor() == ("None", "b")
        return await workers.perform(step, claim)

    await schedule([step("a"), frame, step("b", "frame"), step("c", "b")], load_catalog(), perform)
    assert claims["a"].successor() is None
    assert claims["c"].eager()


def test_a_fan_counts_as_the_work_of_its_models_slots() -> None:
    """Twenty shots after one last as long as four rounds of five."""
    steps = [step("a"), *(step(f"b{number:02}", "a") for number in range(20))]
    assert chain_seconds(steps, load_catalog())["a"] == 150 + 20 * 150 / 5


def test_chains_are_measured_to_their_end() -> None:
    """A step's chain is its own work and the longest of what waits for it."""
    steps = [step("a"), step("b", "a"), step("c", "a", seconds=9)]
    assert chain_seconds(steps, load_catalog()) == {"a": 150 + 210, "b": 150, "c": 210}
