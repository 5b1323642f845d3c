"""A take's number belongs to its submission (law 6): whatever comes in between, and in whatever order films arrive."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow, bought, paid_production, rewrite

from kit.served import Served
from kit.stopping import interrupted_after

FILM = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast, takes: 3, seed: 7}
"""
COLLECT = ("collect", "--poll-interval", "0.05")


@pytest.fixture
def service(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A quick service, and a production of one shot with three takes that is paid for there."""
    with paid_production(film, FILM, monkeypatch) as running:
        yield running


def takes(wanflow: Wanflow, *words: str) -> dict[tuple[str, int], dict[str, object]]:
    """The rows of `takes`, by shot and number; every file that is named holds the take that it is named for."""
    rows = json.loads(wanflow("takes", "--json", *words).out)
    for row in rows:
        if row["file"] is not None:
            assert hashlib.sha256(Path(row["file"]).read_bytes()).hexdigest() == row["digest"], row
    return {(row["shot"], row["take"]): row for row in rows}


def stopped(wanflow: Wanflow, service: Served, submissions: int) -> None:
    """Run until the service has answered so many submissions in all, and stop it then as Ctrl-C does."""
    with interrupted_after(service, submissions):
        assert wanflow("run", "--yes").code == 130


def seeds(wanflow: Wanflow) -> dict[int, object]:
    """The seed of each take of the coast, by number."""
    return {number: row["seed"] for (_, number), row in takes(wanflow).items()}


@pytest.mark.parametrize("finish", [COLLECT, RUN], ids=["collect", "run"])
def test_law_6_takes_that_were_in_flight_arrive_under_the_numbers_of_their_submissions(
    finish: tuple[str, ...], wanflow: Wanflow, service: Served
) -> None:
    """Takes 1, 2 and 3 with the seeds 7, 8 and 9, by `collect` or by the next run; then nothing is left to do."""
    stopped(wanflow, service, 3)
    assert wanflow(*finish).code == 0
    assert seeds(wanflow) == {1: 7, 2: 8, 3: 9}
    assert wanflow(*RUN).code == 0
    assert (bought(service), seeds(wanflow)) == (3, {1: 7, 2: 8, 3: 9})


def test_an_edit_while_takes_are_in_flight_gives_the_new_ones_other_numbers(wanflow: Wanflow, service: Served) -> None:
    """No two takes share a number or a file; the old ones are takes of the shot as well."""
    stopped(wanflow, service, 3)
    rewrite("prompt: a coast", "prompt: a colder coast")
    assert wanflow(*RUN).code == 0
    assert seeds(wanflow) == {1: 7, 2: 8, 3: 9, 4: 7, 5: 8, 6: 9}
    rows = takes(wanflow)
    assert [rows["coast", number]["state"] for number in range(1, 7)] == ["outdated"] * 3 + ["current"] * 3
    assert [rows["coast", number]["file"] for number in (1, 4)] == ["out/shots/coast.t1.mp4", "out/shots/coast.t4.mp4"]
    assert sorted(path.name for path in Path("out/shots").iterdir()) == [
        f"coast.t{number}.mp4" for number in range(1, 7)
    ]


def test_a_rename_while_takes_are_in_flight_keeps_their_numbers(wanflow: Wanflow, service: Served) -> None:
    """They are the new name's takes, whether they arrive before the first run under that name or by it."""
    stopped(wanflow, service, 3)
    rewrite("  coast:", "  shore:")
    assert wanflow(*COLLECT).code == 0
    assert wanflow(*RUN).code == 0
    rows = takes(wanflow, "--all")
    assert {key: row["seed"] for key, row in rows.items()} == {("shore", 1): 7, ("shore", 2): 8, ("shore", 3): 9}
    assert bought(service) == 3


def test_takes_in_flight_follow_a_shot_that_was_renamed_and_run(wanflow: Wanflow, service: Served) -> None:
    """What arrives later for the former name belongs to the shot that has its takes now."""
    rewrite("takes: 3", "takes: 1")
    assert wanflow(*RUN).code == 0
    rewrite("takes: 1", "takes: 3")
    stopped(wanflow, service, 3)
    rewrite("  coast:", "  shore:")
    assert wanflow("pick", "shore", "1").code == 0
    assert wanflow(*COLLECT).code == 0
    rows = takes(wanflow, "--all")
    assert {key: (row["seed"], row["chosen"]) for key, row in rows.items()} == {
        ("shore", 1): (7, True),
        ("shore", 2): (8, False),
        ("shore", 3): (9, False),
    }
    assert wanflow(*RUN).code == 0
    assert bought(service) == 3


def test_a_clip_from_elsewhere_takes_no_number_of_a_take_in_flight(
    wanflow: Wanflow, service: Served, tmp_path: Path
) -> None:
    """It gets the first number beyond those that were given to submissions."""
    stopped(wanflow, service, 3)
    said = wanflow("pick", "coast", "--file", str(tmp_path / "made.mp4"))
    assert said.out.startswith("`made.mp4` is take 4 of coast and picked")
    assert wanflow(*COLLECT).code == 0
    assert seeds(wanflow) == {1: 7, 2: 8, 3: 9, 4: None}
