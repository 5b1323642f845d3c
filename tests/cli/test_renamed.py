"""A shot that moves to another name, file or scene brings along what was paid for it and what was decided about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow, bought, paid_production

from kit.clips import numbered_clip
from kit.served import Served

FILM = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast, takes: 2}
  near: {first_frame: {shot: coast, frame: last}, prompt: nearer}
cuts: {main: [coast, near]}
"""
MOVED = """\
wanflow: 1
backend: dashscope
include: [scenes/sea.yaml]
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
cuts: {main: [sea/coast, sea/near]}
"""
SCENE = """\
scene: sea
shots:
  coast: {first_frame: ../sets/coast.png, prompt: a coast, takes: 2}
  near: {first_frame: {shot: coast, frame: last}, prompt: nearer}
"""


@pytest.fixture
def service(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A quick service, and a production that is paid for there."""
    with paid_production(film, FILM, monkeypatch) as running:
        yield running


def move() -> None:
    """The shots go to a scene of their own, in a file in another folder."""
    Path("scenes").mkdir()
    Path("scenes/sea.yaml").write_text(SCENE, encoding="utf-8")
    Path("wanflow.yaml").write_text(MOVED, encoding="utf-8")


def takes(wanflow: Wanflow) -> dict[str, bool]:
    """Which takes there are, and whether each is picked."""
    return {f"{row['shot']}.t{row['take']}": row["picked"] for row in json.loads(wanflow("takes", "--json").out)}


def test_a_pick_a_wish_and_the_numbers_move_with_a_shot(wanflow: Wanflow, service: Served) -> None:
    """Law 6: a picked take stays picked; nothing is rendered again, and afterwards there is nothing to do."""
    assert wanflow(*RUN).code == 0
    wanflow("retake", "coast")
    wanflow("run", "--yes", "--poll-interval", "0.05")
    wanflow("pick", "coast", "3")
    assert wanflow(*RUN).code == 0
    before = bought(service)
    move()
    plan = json.loads(wanflow("plan", "--json").out)
    assert {step["node"]: step["action"] for step in plan["steps"] if step["kind"] == "take"} == {
        "sea/coast.t1": "restore",
        "sea/coast.t2": "restore",
        "sea/coast.t3": "restore",
        "sea/near.t2": "restore",
    }
    assert wanflow(*RUN).code == 0
    assert bought(service) == before
    assert takes(wanflow) == {
        "sea/coast.t1": False,
        "sea/coast.t2": False,
        "sea/coast.t3": True,
        "sea/near.t1": False,
        "sea/near.t2": True,
    }
    assert json.loads(wanflow("plan", "--json").out)["totals"]["reuse"] == 6
    assert Path("out/shots/sea/coast.t3.mp4").is_file()


def test_a_clip_made_elsewhere_moves_with_its_shot(wanflow: Wanflow, service: Served, tmp_path: Path) -> None:
    """It has no seed to be found by, and would be bought anew if it stayed behind."""
    assert wanflow(*RUN).code == 0
    wanflow("pick", "near", "--file", str(numbered_clip(tmp_path / "made.mp4", 48)))
    assert wanflow(*RUN).code == 0
    before, known = bought(service), takes(wanflow)
    move()
    assert wanflow(*RUN).code == 0
    assert bought(service) == before
    picked = {node for node, chosen in takes(wanflow).items() if chosen}
    assert picked == {f"sea/{node}" for node, chosen in known.items() if chosen}


def test_a_held_take_stays_held_where_its_request_moves(wanflow: Wanflow, service: Served) -> None:
    """A hold is a decision like a pick."""
    assert wanflow(*RUN).code == 0
    wanflow("pick", "coast", "2")
    wanflow("hold", "coast")
    assert wanflow(*RUN).code == 0
    move()
    assert wanflow(*RUN).code == 0
    rows = {row["shot"]: row["state"] for row in json.loads(wanflow("status", "--json").out)}
    assert rows["sea/coast"] == "held"


def test_a_copy_of_a_shot_decides_for_itself(wanflow: Wanflow, service: Served) -> None:
    """Only a name that is gone is a former name: a twin keeps its own numbers and its own pick."""
    assert wanflow(*RUN).code == 0
    wanflow("pick", "coast", "2")
    text = Path("wanflow.yaml").read_text(encoding="utf-8")
    twin = "  twin: {first_frame: sets/coast.png, prompt: a coast, takes: 2}\ncuts:"
    Path("wanflow.yaml").write_text(text.replace("cuts:", twin), encoding="utf-8")
    assert wanflow(*RUN).code == 0
    assert takes(wanflow)["twin.t1"] is True
