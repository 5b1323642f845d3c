"""What there is of each shot."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kit import bookkeeping, films
from wanflow.graph.build import build
from wanflow.graph.recipe import fingerprint, seed_of
from wanflow.planner.plan import Plan
from wanflow.planner.planning import make_plan
from wanflow.planner.status import expiring, shot_rows, status, take_rows, unclaimed_tasks
from wanflow.report.text.plan import plan_text, unclaimed_text
from wanflow.report.text.status import expiring_texts, status_text, takes_text
from wanflow.store.attempt import Attempt, OpenTask
from wanflow.store.inventory import Inventory
from wanflow.store.take import Picture


@pytest.fixture
def in_nepal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock is five hours and three quarters ahead."""
    monkeypatch.setenv("TZ", "NPT-5:45")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DONE, _ = bookkeeping.run(films.LIGHTHOUSE)


def _status(plan: Plan) -> dict[str, dict[str, object]]:
    return {row.shot: row.to_json() for row in shot_rows(plan)}


def test_status_has_the_documented_keys() -> None:
    """`status --json` prints the keys of cli.md, JSON `status`, in the production's order."""
    rows = _status(films.plan(films.LIGHTHOUSE, DONE))
    assert list(rows) == ["coast", "approach"]
    assert list(rows["coast"]) == ["shot", "state", "picked", "takes", "in_flight", "expires", "reasons"]
    assert (rows["coast"]["state"], rows["coast"]["picked"], rows["coast"]["takes"]) == ("current", 1, 1)


def test_new_shot_has_no_picked_take() -> None:
    """Nothing is picked without takes."""
    row = _status(films.plan(films.LIGHTHOUSE))["coast"]
    assert (row["state"], row["picked"], row["takes"]) == ("new", None, 0)


def test_edited_shot_still_names_the_take_in_use() -> None:
    """Until the next run the cut shows the take of the earlier request."""
    rewritten = films.edited(films.LIGHTHOUSE, "coast", prompt="coast at dusk")
    row = _status(films.plan(rewritten, DONE))["coast"]
    assert (row["state"], row["picked"]) == ("changed", 1)


@pytest.mark.usefixtures("in_nepal")
def test_task_in_flight_is_named_with_its_expiry() -> None:
    """A task that waits says its id, and when its result can no longer be fetched: in UTC for programs alone."""
    attempt = Attempt("a1", "coast", 2, "wan2.7-i2v", "f" * 64, 7, None, "2026-11-20T00:00:00Z")
    task = OpenTask("task-9", attempt, "2026-11-20T00:00:01Z", "https://h/film", "2026-11-20T00:05:00Z")
    plan = films.plan(films.LIGHTHOUSE, replace(DONE, open_tasks=(task,)))
    row = _status(plan)["coast"]
    assert (row["in_flight"], row["expires"]) == (["task-9"], "2026-11-21T00:05:00Z")
    told = status_text(status(plan, NOW), verbose=True)
    assert "task-9 (result at https://h/film, signed, until 2026-11-21 05:50:00 +05:45)" in told
    told = status_text(status(plan, NOW))
    assert "1 task (result at https://h/film, signed, until 2026-11-21 05:50:00 +05:45)" in told
    assert "task-9" not in told


@pytest.mark.usefixtures("in_nepal")
def test_task_that_still_waits_says_how_long_it_is_known() -> None:
    """After 24 hours the service forgets it, whatever became of it."""
    attempt = Attempt("a1", "coast", 2, "wan2.7-i2v", "f" * 64, 7, None, "2026-11-20T00:00:00Z")
    plan = films.plan(
        films.LIGHTHOUSE, replace(DONE, open_tasks=(OpenTask("task-9", attempt, "2026-11-20T00:00:01Z"),))
    )
    assert "1 task (known to the service until 2026-11-21 05:45:01 +05:45)" in status_text(status(plan, NOW))


@pytest.mark.parametrize("shot", ["deleted", "coast"])
def test_what_no_shot_asks_for_any_more_is_named(shot: str) -> None:
    """Its shot was deleted or edited; its film is collected all the same, which plan and status say."""
    attempt = Attempt("a1", shot, 2, "wan2.7-i2v", "f" * 64, 7, None, "2026-11-20T00:00:00Z")
    have = replace(DONE, open_tasks=(OpenTask("task-9", attempt, "2026-11-20T00:00:01Z"),), unknown_fate=(attempt,))
    plan = films.plan(films.LIGHTHOUSE, have)
    in_flight, lost = map(unclaimed_text, unclaimed_tasks(plan))
    assert in_flight.startswith(f"task task-9 is in flight for an earlier request of `{shot}`")
    assert lost.startswith(f"a submission of unknown fate for an earlier request of `{shot}`")
    assert in_flight in plan_text(plan)


def test_a_task_that_a_step_collects_is_not_left_over() -> None:
    """Nor is one of a shot that the plan leaves out."""
    recipe = films.plan(films.LIGHTHOUSE).recipes["coast"]
    core = fingerprint(recipe)
    attempt = Attempt("a1", "coast", 1, "wan2.7-i2v", core, seed_of(core, None, 0), recipe, "2026-11-20T00:00:00Z")
    have = Inventory(open_tasks=(OpenTask("task-9", attempt, "2026-11-20T00:00:01Z"),))
    assert unclaimed_tasks(films.plan(films.LIGHTHOUSE, have)) == ()
    assert unclaimed_tasks(make_plan(build(films.LIGHTHOUSE), films.FACTS, have, {"approach"})) == ()


@pytest.mark.usefixtures("in_nepal")
def test_tasks_near_their_end_are_warned_of_soonest_first() -> None:
    """Three hours before the service forgets them, and afterwards; not before."""
    attempt = Attempt("a1", "coast", 2, "wan2.7-i2v", "f" * 64, 7, None, "2026-11-20T00:00:00Z")
    tasks = [OpenTask(f"task-{hour}", attempt, f"2026-11-20T{hour:02}:00:00Z") for hour in (9, 1, 0)]
    plan = films.plan(films.LIGHTHOUSE, replace(DONE, open_tasks=tuple(tasks)))
    assert expiring(plan, datetime(2026, 11, 20, 20, tzinfo=UTC)) == ()
    night = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
    warned = expiring_texts(status(plan, night), night)
    assert [words.partition(" of ")[0] for words in warned] == [
        "the service forgot task task-0",
        "the service forgets task task-1",
    ]
    assert "`coast` at 2026-11-21 06:45:00 +05:45: `wanflow collect`" in warned[1]


def test_takes_have_the_documented_keys() -> None:
    """`takes --json` prints the keys of cli.md, JSON `takes`; the file is named where it is here."""
    row = take_rows(films.plan(films.LIGHTHOUSE, DONE))[0].to_json()
    assert list(row) == [
        *(
            "shot",
            "take",
            "picked",
            "chosen",
            "held",
            "seed",
            "model",
            "state",
            "cost",
            "date",
            "task_id",
            "digest",
            "file",
            "findings",
        )
    ]
    assert (row["shot"], row["take"], row["picked"], row["state"]) == ("coast", 1, True, "current")
    assert row["file"] == "out/shots/coast.t1.mp4"


def test_take_whose_file_is_gone_is_missing() -> None:
    """A take in the lock without its bytes names no file."""
    row = take_rows(films.plan(films.LIGHTHOUSE, replace(DONE, here=frozenset())))[0].to_json()
    assert (row["state"], row["file"]) == ("missing", None)


@pytest.mark.usefixtures("in_nepal")
def test_the_date_of_a_take_is_that_of_this_machine() -> None:
    """With its offset; `--json` and the lock keep UTC."""
    rows = take_rows(films.plan(films.LIGHTHOUSE, DONE))
    stored = datetime.fromisoformat(rows[0].take.date)
    assert rows[0].to_json()["date"] == rows[0].take.date == f"{stored:%Y-%m-%dT%H:%M:%S}Z"
    here = stored + timedelta(hours=5, minutes=45)
    assert f"  {here:%Y-%m-%d %H:%M:%S} +05:45  " in takes_text(rows)


def test_earlier_takes_stay_listed_after_an_edit() -> None:
    """Both takes are there; the one that answers the present request is picked."""
    rewritten = films.edited(films.LIGHTHOUSE, "coast", prompt="coast at dusk")
    after, _ = bookkeeping.run(rewritten, DONE)
    rows = [row for row in take_rows(films.plan(rewritten, after)) if row.shot == "coast"]
    assert [(row.number, row.state, row.picked) for row in rows] == [(1, "outdated", False), (2, "current", True)]
    heading, *lines = takes_text(rows).splitlines()
    assert (heading.split()[0], [line.split()[0] for line in lines]) == ("take", ["coast.t1", "coast.t2"])
    assert rows[0].take.digest not in takes_text(rows)
    assert rows[0].take.digest in takes_text(rows, verbose=True)


def test_a_still_has_its_pixels_among_them() -> None:
    """Where people want to know how large it is; a film has a length instead."""
    film = films.production(films.still("door", size="1024*768"))
    sides = {"door.t1": Picture(1024, 768)}
    row = take_rows(films.plan(film, bookkeeping.run(film, pictures=sides)[0]))[0].to_json()
    assert (row["size"], row["file"]) == ("1024x768", "out/shots/door.t1.png")
