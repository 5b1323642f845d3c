"""How a run ended, in words."""

from __future__ import annotations

from kit import films
from wanflow.report.summary import blocked_text, interrupted_text, outcome_text
from wanflow.runner.outcome import Failure, Outcome
from wanflow.store.journal import Attempt, OpenTask


def test_success_counts_what_was_done() -> None:
    """A run that went well says in one line what it did."""
    text = outcome_text(Outcome(submitted=1, derived=3, reused=2))
    assert text == "done: 1 take submitted, 3 made here, 2 reused"


def test_failure_names_the_nodes_and_what_they_stopped() -> None:
    """A run with failures names them, and how much could not start because of them."""
    outcome = Outcome(exit_code=1, submitted=2, failures=(Failure("coast.t1", "refused"),), blocked=2)
    assert outcome_text(outcome).splitlines() == [
        "not done: 2 takes submitted, 0 made here, 0 reused",
        "failed: coast.t1, which stopped 2 other steps; what was finished is kept",
    ]


def test_blocked_steps_are_told_with_their_reasons() -> None:
    """Each step that can't start gives its reason, on one line."""
    text = blocked_text(films.plan(films.LIGHTHOUSE, facts={}))
    assert text.splitlines()[0] == "blocked: coast.t1: `sets/coast.png` was not looked at"


def test_interruption_names_tasks_in_flight() -> None:
    """What still runs at the service is named, with the way on."""
    attempt = Attempt("a1", "coast", 2, "wan2.7-i2v", "f" * 64, 7, None, "2026-11-20T00:00:00Z")
    text = interrupted_text((OpenTask("task-9", attempt, "2026-11-20T00:00:01Z"),))
    assert "in flight: coast.t2 (task task-9)" in text
    assert "wanflow run" in text
