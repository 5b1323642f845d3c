"""How a run ended, in words."""

from __future__ import annotations

from kit import films
from wanflow.errors import ExitCode
from wanflow.report.text.summary import blocked_lines, interrupted_lines, outcome_lines
from wanflow.runner.events import Failure, Outcome
from wanflow.store.attempt import Attempt, OpenTask
from wanflow.store.inventory import Inventory

WAYS = "`wanflow collect` stores the results, `wanflow cancel` cancels what is still queued"


def test_success_counts_what_was_done() -> None:
    """A run that went well says in one line what it did."""
    lines = outcome_lines(Outcome(submitted=2, derived=2, reused=2, rendered=2, extracted=1, written=1))
    assert lines == ["done: 2 takes rendered, 1 clip extracted, 1 cut written"]
    assert outcome_lines(Outcome(reused=2)) == ["done: no changes"]


def test_failure_names_the_nodes_and_what_they_stopped() -> None:
    """A run with failures names them, and how much could not start because of them."""
    outcome = Outcome(
        exit_code=ExitCode.FAILED, submitted=2, rendered=1, failures=(Failure("coast.t1", "refused"),), blocked=2
    )
    assert outcome_lines(outcome) == [
        "not done: 1 take rendered",
        "failed: coast.t1; 2 other steps could not start; what was finished is kept",
    ]


def test_blocked_steps_are_told_with_their_reasons() -> None:
    """Each step that can't start gives its reason, on one line."""
    lines = blocked_lines(films.plan(films.LIGHTHOUSE, facts={}))
    assert lines[0] == "blocked: coast.t1: `sets/coast.png` was not read"


def test_interruption_names_what_it_leaves_behind() -> None:
    """What still runs at the service, what ended with the run and what nobody knows is named, with the way on."""
    attempts = [
        Attempt(f"a{n}", "coast", n, "wan2.7-i2v", "f" * 64, 7, None, "2026-11-20T00:00:00Z") for n in (1, 2, 3)
    ]
    tasks = [OpenTask(f"task-{attempt.number}", attempt, attempt.date) for attempt in attempts]
    have = Inventory(open_tasks=(tasks[0],), lost=(tasks[1],), unknown_fate=(attempts[2],))
    assert interrupted_lines(have) == [
        "interrupted: what was finished is kept",
        "in flight: coast.t1 (task task-1)",
        "stopped: coast.t2",
        "of unknown fate: coast.t3",
        f"1 task will be charged when done, at the service's prices: {WAYS}",
        "hint: `wanflow run` continues from here",
    ]


def test_giving_up_waiting_says_how_to_go_on() -> None:
    """A run that stopped waiting leaves its tasks to the next one."""
    assert outcome_lines(Outcome(exit_code=ExitCode.IN_FLIGHT))[1].startswith("some tasks are still in flight")
