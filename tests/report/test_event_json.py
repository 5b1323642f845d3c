"""The JSON stream of a run."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from wanflow.errors import ExitCode
from wanflow.messages import tr
from wanflow.money import Bound, Cost
from wanflow.planner.plan import Action
from wanflow.report.event_json import event_line, finished_line
from wanflow.report.progress import OutcomeSoFar
from wanflow.runner import events as happened
from wanflow.runner.events import Failure, Outcome

NOW = "2026-11-20T10:00:00.000+00:00"
EVENTS = [
    (happened.StepStarted("coast.t1", Action.RENDER, "wan2.7-i2v"), "step.started"),
    (happened.TaskSubmitted("coast.t1", "task-1", "wan2.7-i2v"), "task.submitted"),
    (happened.TaskChanged("coast.t1", "task-1", "RUNNING"), "task.state"),
    (happened.TakeStored("coast.t1", "coast", 1, "d" * 64, "5", "out/shots/coast.t1.mp4"), "take.stored"),
    (happened.StepFinished("coast.t1", "failed", "no", "try"), "step.finished"),
    (happened.CutProgress("cut:main", 3, 9), "cut.progress"),
    (happened.CutFinished("cut:main", "out/main.mp4", 3, 37, "12"), "cut.finished"),
    (happened.Warned("slow", "coast.t1"), "warning"),
]


@pytest.mark.parametrize(("event", "name"), EVENTS)
def test_every_event_is_one_line_with_its_time_and_node(event: happened.Event, name: str) -> None:
    """Each event is one JSON object on one line that names itself."""
    line = event_line(event, NOW)
    told = json.loads(line)
    assert "\n" not in line
    assert (told["event"], told["time"], told["node"]) == (name, NOW, event.node)


@pytest.mark.parametrize(("event", "name"), EVENTS)
def test_words_for_people_can_be_others(event: happened.Event, name: str) -> None:
    """In another language, or with commands that work when pasted; nothing else of an event changes."""
    before, after = (json.loads(event_line(event, NOW, change)) for change in (str, str.upper))
    words = {key: value.upper() if key in {"message", "hint"} else value for key, value in before.items()}
    assert (after, after["event"]) == (words, name)


def test_a_finished_cut_carries_its_segments() -> None:
    """How many segments were encoded and how many were there (cli.md, JSON)."""
    told = json.loads(event_line(EVENTS[6][0], NOW))
    assert told["segments"] == {"encoded": 3, "copied": 37}


def test_a_failure_carries_words_and_hint() -> None:
    """A program gets what a person gets."""
    told = json.loads(event_line(EVENTS[4][0], NOW))
    assert (told["outcome"], told["message"], told["hint"]) == ("failed", "no", "try")


def test_the_code_of_a_failure_stays_in_other_words() -> None:
    """It is that of the message as it was made."""
    failed = happened.StepFinished("coast.t1", "failed", tr("no shot `{name}`", name="coast"))
    assert json.loads(event_line(failed, NOW, str.upper))["code"] == "no-shot"


def test_a_warning_without_a_node_has_no_node() -> None:
    """Keys that do not apply are left out."""
    assert "node" not in json.loads(event_line(happened.Warned("slow"), NOW))


def test_the_last_line_is_the_documented_one() -> None:
    """`run.finished` has exactly the fields of cli.md, JSON `run.finished`."""
    outcome = Outcome(
        exit_code=1,
        submitted=2,
        reused=3,
        derived=4,
        failures=(Failure("coast.t1", "no"),),
        blocked=1,
        cost=Cost(Decimal("10.20"), "CNY", Bound.EXACT),
        cuts={"main": "out/main.mp4"},
    )
    assert json.loads(finished_line(outcome, NOW)) == {
        "event": "run.finished",
        "time": NOW,
        "exit_code": 1,
        "submitted": 2,
        "collected": 0,
        "reused": 3,
        "derived": 4,
        "failed": 1,
        "blocked": 1,
        "cost": {"amount": "10.20", "currency": "CNY"},
        "cuts": {"main": "out/main.mp4"},
    }


def test_a_run_that_ends_early_counts_what_its_events_told() -> None:
    """Requests that were accepted, takes of earlier requests, what was made here, what failed, and the money."""
    charged = Cost(Decimal("1.20"), "CNY", Bound.EXACT)
    so_far = OutcomeSoFar("CNY")
    for event in (
        happened.StepStarted("coast.t1", Action.RENDER, "wan2.7-i2v"),
        happened.TaskSubmitted("coast.t1", "task-1", "wan2.7-i2v"),
        happened.TakeStored("coast.t1", "coast", 1, "d" * 64, "5", "out/shots/coast.t1.mp4", charged),
        happened.StepFinished("coast.t1", "done"),
        happened.StepStarted("gull.t1", Action.COLLECT, "wan2.7-i2v"),
        happened.TakeStored("gull.t1", "gull", 1, "e" * 64, "5", "out/shots/gull.t1.mp4", charged),
        happened.StepFinished("gull.t1", "done"),
        happened.StepStarted("undone.t1", Action.RESTORE),
        happened.TakeStored("undone.t1", "undone", 1, "f" * 64, "5", "out/shots/undone.t1.mp4"),
        happened.StepFinished("undone.t1", "reused"),
        happened.StepStarted("coast.last_frame", Action.DERIVE),
        happened.StepFinished("coast.last_frame", "done"),
        happened.StepStarted("near.t1", Action.RENDER, "wan2.7-i2v"),
        happened.TaskSubmitted("near.t1", "task-2", "wan2.7-i2v"),
        happened.StepFinished("near.t1", "failed", "no", "try"),
        happened.StepFinished("far.t1", "blocked", "near failed"),
    ):
        so_far.note(event)
    assert so_far.ended(ExitCode.INTERRUPTED) == Outcome(
        exit_code=ExitCode.INTERRUPTED,
        submitted=2,
        collected=1,
        reused=1,
        derived=1,
        failures=(Failure("near.t1", "no", "try"),),
        blocked=1,
        cost=Cost(Decimal("2.40"), "CNY", Bound.EXACT),
    )
