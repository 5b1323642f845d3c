"""What the live display shows, and that it shows it."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import get_args

import pytest
from rich.console import Console

from kit import films
from kit.terminals import Terminal
from wanflow.money import Bound, Cost, unknown
from wanflow.planner.plan import Action
from wanflow.report.progress import Progress, progress_of
from wanflow.report.text.console import Display, live
from wanflow.report.text.events import Verbosity
from wanflow.runner.events import (
    CutFinished,
    CutProgress,
    Event,
    StepFinished,
    StepStarted,
    TakeStored,
    TaskChanged,
    TaskSubmitted,
    Warned,
)


class Watch:
    """A stopwatch that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    """A stopwatch at zero."""
    return Watch()


@pytest.fixture
def progress(watch: Watch) -> Progress:
    """The lighthouse before it runs: two takes to render."""
    return progress_of(films.plan(films.LIGHTHOUSE), watch)


def _drawn(progress: Progress) -> str:
    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    console.print(Display(progress))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_take_leaves_the_queue_when_it_is_submitted(progress: Progress) -> None:
    """A step that waits for a free slot still queues."""
    assert progress.queue_length == 2
    progress.note(StepStarted("coast.t1", Action.RENDER, "wan2.7-i2v"))
    assert (progress.queue_length, progress.in_flight) == (2, ())
    progress.note(TaskSubmitted("coast.t1", "task-1", "wan2.7-i2v"))
    assert (progress.queue_length, [item.state for item in progress.in_flight]) == (1, ["submitted"])


def test_seconds_rendered_add_up(progress: Progress) -> None:
    """Only what this run rendered counts, not what it restored."""
    progress.note(StepStarted("coast.t1", Action.RENDER, "wan2.7-i2v"))
    progress.note(TakeStored("coast.t1", "coast", 1, "d" * 64, "4.5", "out/shots/coast.t1.mp4"))
    progress.note(StepFinished("coast.t1", "done"))
    progress.note(StepStarted("approach.t1", Action.RESTORE, "wan2.7-i2v"))
    progress.note(TakeStored("approach.t1", "approach", 1, "e" * 64, "5", "out/shots/approach.t1.mp4"))
    progress.note(StepFinished("approach.t1", "reused"))
    assert (progress.rendered, progress.stored, progress.queue_length) == (Fraction(9, 2), 1, 0)


def test_the_money_so_far_adds_up(progress: Progress) -> None:
    """What came now and was charged; unknown as soon as one reply did not say, never nothing."""
    stored = TakeStored("coast.t1", "coast", 1, "d" * 64, "4.5", "out/shots/coast.t1.mp4")
    assert "0 CNY" in _drawn(progress)
    progress.note(replace(stored, cost=Cost(Decimal("2.40"), "CNY", Bound.EXACT)))
    progress.note(stored)
    progress.note(replace(stored, cost=Cost(Decimal("1.2"), "CNY", Bound.EXACT)))
    assert "3.60 CNY" in _drawn(progress)
    progress.note(replace(stored, cost=unknown("CNY")))
    assert "cost unknown" in _drawn(progress)


def test_a_running_shot_has_a_line_with_state_elapsed_and_model(progress: Progress, watch: Watch) -> None:
    """The line of a shot says where it is, for how long, and by which model; time goes on between events."""
    progress.note(StepStarted("coast.t1", Action.RENDER, "wan2.7-i2v"))
    progress.note(TaskChanged("coast.t1", "task-1", "RUNNING"))
    watch.seconds = 7.9
    line = next(line for line in _drawn(progress).splitlines() if "coast.t1" in line)
    assert line.split() == ["coast.t1", "running", "7", "s", "wan2.7-i2v"]
    assert "1 in the queue" in _drawn(progress)


def test_a_cut_has_a_bar_until_it_is_written(progress: Progress, watch: Watch) -> None:
    """A cut on its way shows percent, frames and the time left at its own speed, and disappears when its file is finished."""
    progress.note(StepStarted("cut:main", Action.DERIVE))
    progress.note(CutProgress("cut:main", 30, 300))
    assert "10 % · 30/300 frames" in _drawn(progress)
    assert "left" not in _drawn(progress)
    watch.seconds += 4
    assert "10 % · 30/300 frames · 36 s left" in _drawn(progress)
    progress.note(CutProgress("cut:main", 300, 300))
    assert "99 % · 300/300 frames · 0 s left" in _drawn(progress)
    progress.note(CutFinished("cut:main", "out/main.mp4", 2, 0, "10"))
    assert "cut:main" not in _drawn(progress)


def test_a_failed_take_disappears(progress: Progress) -> None:
    """What failed runs no longer, and waits no longer."""
    progress.note(StepStarted("coast.t1", Action.RENDER, "wan2.7-i2v"))
    progress.note(TaskSubmitted("coast.t1", "task-1", "wan2.7-i2v"))
    progress.note(StepFinished("coast.t1", "failed", "no"))
    assert progress.in_flight == ()
    assert "coast.t1" not in _drawn(progress)


def test_nothing_running_takes_one_line(progress: Progress) -> None:
    """Before anything runs there is only the footer, so that nothing jumps."""
    assert _drawn(progress) == "2 in the queue · 0 takes rendered (0 s) · 0 CNY\n"


def test_no_event_acts_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks of rich stay words, escape sequences become visible, and no line begins a command of GitHub."""
    mark = "[red]r[/red] [link=http://e]l[/link] :smile: \x1b]0;t\x07\u202e\n::error::x " + "x" * 26 + " ::error::y"
    events: tuple[Event, ...] = (
        StepStarted("coast.t1", Action.RENDER, mark),
        TaskSubmitted("coast.t1", mark, mark),
        TaskChanged("coast.t1", mark, mark),
        StepStarted("cut:main", Action.DERIVE),
        CutProgress("cut:main", 1, 2),
        Warned(mark, "coast.t1"),
        TakeStored("coast.t1", mark, 1, "d", "2", mark, None),
        CutFinished("cut:main", mark, 1, 1, "2"),
        StepFinished("coast.t1", "failed", mark, mark),
        StepFinished("coast.t1", "blocked", mark),
    )
    assert {type(event) for event in events} == set(get_args(Event))
    stream = Terminal(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    with live(films.plan(films.LIGHTHOUSE), Verbosity.VERBOSE) as emit:
        for event in events:
            emit(event)
    assert isinstance(stream.buffer, io.BytesIO)
    drawn = stream.buffer.getvalue().decode()
    assert "[red]" in drawn
    assert ":smile:" in drawn
    assert [raw for raw in ("\x1b]", "\x07", "\u202e") if raw in drawn] == []
    plain = re.sub(r"\x1b\[[0-9;]*m", "", drawn)
    lines = re.split(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]", plain)
    assert [line for line in lines if line.strip().startswith("::")] == []
