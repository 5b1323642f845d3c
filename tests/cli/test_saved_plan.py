"""A plan that somebody looked at and saved: a run does what it says, also in two goes, and nothing beyond it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import Wanflow, bought, paid_production, rewrite

from kit.served import Served

QUICK = ("--poll-interval", "0.05")
FILM = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast}
  near: {first_clip: {shot: coast, tail: 2}, prompt: nearer, duration: 3}
  night: {model: wan2.7-videoedit, video: {shot: coast}, prompt: night}
cuts: {main: [coast, near, night]}
"""


@pytest.fixture
def service(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A quick service whose films are some frames longer than asked for, and a production that is paid for there."""
    with paid_production(film, FILM, monkeypatch, frames=62) as running:
        yield running


def test_a_saved_plan_is_done_and_counts_as_agreed(wanflow: Wanflow, service: Served) -> None:
    """The document of `plan --json` with more in it; done again, it has nothing left."""
    said = wanflow("plan", "-o", "plan.json")
    assert "saved as plan.json" in said.err
    document = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    shown = json.loads(wanflow("plan", "--json").out)
    assert {key: document[key] for key in shown} == shown
    assert wanflow("run", "--plan", "plan.json", *QUICK).code == 0
    assert bought(service) == 3
    assert wanflow("run", "--plan", "plan.json", *QUICK).code == 0
    assert bought(service) == 3


def test_what_is_left_of_it_is_done_after_a_stop_in_the_middle(wanflow: Wanflow, service: Served) -> None:
    """The clips that came are longer by frames than planned: what is made of them costs that little more."""
    wanflow("plan", "-o", "plan.json")
    assert wanflow("run", "--plan", "plan.json", *QUICK, "--budget", "3.10 CNY").code == 3
    assert bought(service) == 2
    assert wanflow("run", "--plan", "plan.json", *QUICK).code == 0
    assert bought(service) == 3


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("prompt: a coast", "prompt: a colder coast", "the request for coast.t1 changed"),
        ("prompt: a coast", "prompt: a coast, takes: 2", "coast.t2 is not in the saved plan"),
        ("prompt: a coast", "prompt: a coast, seed: 7", "the request for coast.t1 changed"),
        ("tail: 2", "head: 2", "the request for near.t1 changed"),
        ("backend: dashscope", "backend: dashscope\nregion: singapore", "it was saved for `dashscope` in beijing"),
        ("cuts: {", "cuts: {short: [coast], ", "cut:short is not in the saved plan"),
    ],
)
def test_what_goes_beyond_it_is_refused(old: str, new: str, words: str, wanflow: Wanflow, service: Served) -> None:
    """A new step, another request: exit 3, and nothing was sent."""
    wanflow("plan", "-o", "plan.json")
    rewrite(old, new)
    said = wanflow("run", "--plan", "plan.json", *QUICK)
    assert (said.code, words in said.err) == (3, True), said.err
    assert service.seen == []


def test_what_costs_more_is_refused(wanflow: Wanflow, service: Served) -> None:
    """By another price list; what costs less is done."""
    head = "date: 2026-11-01\ncurrency: CNY\nprices: {wan2.7-i2v: [{tier: 720P, amount: "
    wanflow("plan", "-o", "plan.json")
    Path("dear.yaml").write_text(f"{head}0.7}}]}}\n", encoding="utf-8")
    said = wanflow("run", "--plan", "plan.json", "--prices", "dear.yaml", *QUICK)
    assert (said.code, "coast.t1 costs 1.40 CNY; in the saved plan it costs 1.20" in said.err) == (3, True)
    Path("cheap.yaml").write_text(f"{head}0.5}}]}}\n", encoding="utf-8")
    assert wanflow("run", "--plan", "plan.json", "--prices", "cheap.yaml", *QUICK).code == 0


def test_it_brings_its_own_selection(wanflow: Wanflow, service: Served) -> None:
    """What was selected when it was saved, and nothing else."""
    wanflow("plan", "coast", "-o", "plan.json")
    assert wanflow("run", "near", "--plan", "plan.json", *QUICK).code == 2
    assert wanflow("run", "--plan", "plan.json", *QUICK).code == 0
    assert bought(service) == 1


def test_another_pick_is_another_request(wanflow: Wanflow, service: Served) -> None:
    """A plan that was saved when its inputs were known holds for those."""
    rewrite("prompt: a coast", "prompt: a coast, takes: 2")
    assert wanflow("run", "coast", "--yes", *QUICK).code == 0
    wanflow("plan", "-o", "plan.json")
    wanflow("pick", "coast", "2")
    said = wanflow("run", "--plan", "plan.json", *QUICK)
    assert (said.code, "the request for near.t1 changed" in said.err) == (3, True)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"saved": {"version": 2}}', "\xff", '{"saved": 1}'])
def test_a_file_that_is_no_saved_plan_is_an_error(text: str, wanflow: Wanflow, service: Served) -> None:
    """Exit 2, with its name."""
    Path("plan.json").write_bytes(text.encode("latin-1"))
    said = wanflow("run", "--plan", "plan.json")
    assert (said.code, "`plan.json` is not a plan that `wanflow plan -o` saved" in said.err) == (2, True)
    assert "cannot be read" in wanflow("run", "--plan", "nowhere.json").err


def test_it_is_planned_again_as_it_was_asked_for(wanflow: Wanflow, service: Served) -> None:
    """With the values and the prices that it was made with; others are refused."""
    rewrite("wanflow: 1\n", "wanflow: 1\nvars: {mood: calm}\n")
    rewrite("prompt: a coast", 'prompt: "a ${mood} coast"')
    wanflow("plan", "-o", "plan.json", "--set", "mood=wild")
    assert wanflow("run", "--plan", "plan.json", "--set", "mood=grey", *QUICK).code == 2
    assert wanflow("run", "--plan", "plan.json", *QUICK).code == 0
    assert bought(service) == 3
    prompts = [call.json["input"]["prompt"] for call in service.calls("POST", "video-synthesis")]
    assert "a wild coast" in prompts
    assert wanflow("plan", "-o", "nowhere/plan.json").code == 2
    assert not Path("nowhere").exists()
