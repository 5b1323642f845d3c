"""A whole day at the desk: render, retake, pick, edit, hold, undo, release, with the bill at the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow, bought, paid_production, rewrite

from kit.served import Served

FILM = """\
wanflow: 1
backend: dashscope
budget: 20 CNY
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast}
  near: {first_clip: {shot: coast, tail: 2}, prompt: nearer, duration: 4}
  talk: {model: wan2.7-t2v, prompt: two people talk, takes: 2}
cuts: {main: [coast, near, talk]}
"""


@pytest.fixture
def service(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A quick service, and a production that is paid for there."""
    with paid_production(film, FILM, monkeypatch) as running:
        yield running


def test_a_day_from_the_first_take_to_the_bill(wanflow: Wanflow, service: Served) -> None:
    """Each run costs what its plan said, nothing is bought twice, and the ledger is what the service charged."""
    spent = []

    def run() -> int:
        """Run, hold it against its plan, and give how many takes it bought."""
        planned = json.loads(wanflow("plan", "--json").out)["totals"]
        last = json.loads(wanflow(*RUN, "--json").out.splitlines()[-1])
        assert last["exit_code"] == 0
        assert float(last["cost"]["amount"]) <= float(planned["cost"]["amount"])
        assert last["submitted"] <= planned["render"]
        spent.append(last["cost"]["amount"])
        return int(last["submitted"])

    assert run() == 4  # coast, near, two of talk
    wanflow("retake", "coast")
    assert run() == 1
    wanflow("pick", "coast", "2")
    assert run() == 1  # near follows
    wanflow("pick", "talk", "2")
    assert run() == 0  # the cut alone
    rewrite("prompt: nearer", "prompt: much nearer")
    wanflow("hold", "near")
    assert run() == 0
    wanflow("release", "near")
    assert run() == 1
    rewrite("prompt: much nearer", "prompt: nearer")
    assert run() == 0  # undone
    wanflow("pick", "coast", "1")
    assert run() == 0  # both are there from the morning
    assert run() == 0
    assert spent == ["6.00", "1.20", "2.40", "0", "0", "2.40", "0", "0", "0"]
    bill = json.loads(wanflow("costs", "--json").out)
    assert bill["total"] == {"takes": 7, "failed": 0, "charged": "12.00", "estimate": "12.00"}
    assert {name: group["charged"] for name, group in bill["by_shot"].items()} == {
        "coast": "2.40",
        "near": "7.20",
        "talk": "2.40",
    }
    assert len(service.charged()) == 7
    assert bought(service) == 7
    assert wanflow("run", "--locked").code == 0
