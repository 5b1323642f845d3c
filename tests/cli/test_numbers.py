"""A take's number belongs to its submission (law 6): whatever comes in between, and in whatever order films arrive."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow, bought, paid_production, rewrite

from kit.interrupts import interrupted_after
from kit.served import Served

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
    """Run until the service has answered this many submissions in total, then interrupt as Ctrl-C does."""
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


def test_what_was_collected_for_a_former_name_is_the_shots_before_the_next_run(
    wanflow: Wanflow, service: Served
) -> None:
    """Every command knows it, and nothing says that it has to be bought."""
    stopped(wanflow, service, 3)
    rewrite("  coast:", "  shore:")
    assert wanflow(*COLLECT).code == 0
    assert set(takes(wanflow)) == {("shore", 1), ("shore", 2), ("shore", 3)}
    assert wanflow("pick", "shore", "2").code == 0
    assert [key for key, row in takes(wanflow, "--all").items() if row["chosen"]] == [("shore", 2)]


@pytest.mark.parametrize("collects", [True, False], ids=["collect first", "run at once"])
def test_shots_that_swap_names_while_their_takes_are_in_flight_swap_the_takes(
    wanflow: Wanflow, service: Served, *, collects: bool
) -> None:
    """Each film is in one place, under the shot that asks for it now and the number of its submission."""
    head = FILM[: FILM.index("  coast:")]
    one = "  uno: {first_frame: sets/coast.png, prompt: a, seed: 100}\n"
    other = "  due: {first_frame: sets/coast.png, prompt: b, seed: 200}\n"
    Path("wanflow.yaml").write_text(head + one + other, encoding="utf-8")
    stopped(wanflow, service, 2)
    swapped = head + one.replace("uno", "due") + other.replace("due", "uno")
    Path("wanflow.yaml").write_text(swapped, encoding="utf-8")
    if collects:
        assert wanflow(*COLLECT).code == 0
    assert wanflow(*RUN).code == 0
    rows = takes(wanflow, "--all")
    assert {key: (row["seed"], row["state"]) for key, row in rows.items()} == {
        ("due", 1): (100, "current"),
        ("uno", 1): (200, "current"),
    }
    assert set(json.loads(wanflow("costs", "--json").out)["by_shot"]) == {"due", "uno"}
    assert bought(service) == 2


def test_a_new_first_shot_while_takes_are_in_flight_moves_them_on(wanflow: Wanflow, service: Served) -> None:
    """What was asked for as `one` is take 1 of `two` from then on."""
    head = FILM[: FILM.index("  coast:")]
    shot = "  {}: {{first_frame: sets/coast.png, prompt: {}}}\n"
    Path("wanflow.yaml").write_text(head + shot.format("one", "a") + shot.format("two", "b"), encoding="utf-8")
    stopped(wanflow, service, 2)
    words = (("one", "new"), ("two", "a"), ("three", "b"))
    Path("wanflow.yaml").write_text(head + "".join(shot.format(*pair) for pair in words), encoding="utf-8")
    assert wanflow(*COLLECT).code == 0
    before = {key: row["digest"] for key, row in takes(wanflow).items()}
    assert set(before) == {("two", 1), ("three", 1)}
    assert wanflow(*RUN).code == 0
    after = {key: row["digest"] for key, row in takes(wanflow, "--all").items()}
    assert {key: name for key, name in after.items() if key[0] != "one"} == before
    assert bought(service) == 3
