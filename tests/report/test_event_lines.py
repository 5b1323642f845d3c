"""The events of a run as plain lines."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from wanflow.money import Bound, Cost
from wanflow.planner.plan import Action
from wanflow.report.text.events import Verbosity, event_lines
from wanflow.runner.events import CutFinished, CutProgress, StepFinished, StepStarted, TakeStored, TaskSubmitted, Warned

STARTED = StepStarted("coast.t1", Action.RENDER, "wan2.7-i2v")
STORED = TakeStored("coast.t1", "coast", 1, "d" * 64, "5", "out/shots/coast.t1.mp4")


def test_milestones_are_told() -> None:
    """Begun and finished work has one line each."""
    assert event_lines(STARTED, Verbosity.NORMAL) == ("coast.t1: rendering (wan2.7-i2v)",)
    assert event_lines(STORED, Verbosity.NORMAL) == ("coast.t1: 5 s, out/shots/coast.t1.mp4",)
    paid = replace(STORED, cost=Cost(Decimal("3.6"), "CNY", Bound.EXACT))
    assert event_lines(paid, Verbosity.NORMAL) == ("coast.t1: 5 s, out/shots/coast.t1.mp4, 3.60 CNY",)
    cut = CutFinished("cut:main", "out/main.mp4", 3, 37, "12")
    assert event_lines(cut, Verbosity.NORMAL) == ("cut:main: 12 s, out/main.mp4 (3 segments encoded, 37 unchanged)",)


def test_details_are_told_only_where_asked_for() -> None:
    """Task ids and frames fill a log nobody reads, unless `-v` asks for them."""
    for event in (TaskSubmitted("coast.t1", "task-1", "wan2.7-i2v"), CutProgress("cut:main", 3, 9)):
        assert event_lines(event, Verbosity.NORMAL) == ()
        assert event_lines(event, Verbosity.VERBOSE)


def test_failures_are_told_even_when_quiet() -> None:
    """`-q` keeps what went wrong, with the way out."""
    failed = StepFinished("coast.t1", "failed", "the service refused the prompt", "reword it")
    assert event_lines(failed, Verbosity.QUIET) == (
        "error: coast.t1: the service refused the prompt",
        "hint: reword it",
    )
    assert event_lines(Warned("slow"), Verbosity.QUIET) == ("warning: slow",)
    assert event_lines(STARTED, Verbosity.QUIET) == ()


def test_words_of_others_cannot_drive_the_terminal() -> None:
    """Escape sequences and line ends in a service's message are made visible."""
    failed = StepFinished("coast.t1", "failed", "no\x1b[2J\nerror: fake", None)
    assert event_lines(failed, Verbosity.NORMAL) == ("error: coast.t1: no\\u001b[2J\\nerror: fake",)
