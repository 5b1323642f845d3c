"""What `takes`, `status` and `costs` tell: choice and default, cuts and totals, and all they can beside errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow, paid_production, rewrite

from kit.served import Served

FILM = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast, takes: 2}
  near: {first_frame: {shot: coast, frame: last}, prompt: nearer}
  pier: {first_frame: sets/coast.png, prompt: a pier}
cuts: {main: [pier]}
"""


@pytest.fixture
def service(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A quick service, and a production that is paid for there."""
    with paid_production(film, FILM, monkeypatch) as running:
        yield running


def test_takes_tells_what_somebody_chose_from_what_is_used_by_default(wanflow: Wanflow, service: Served) -> None:
    """`picked` is the take in use, `chosen` that a person picked or holds it; both are words in the table."""
    assert wanflow(*RUN).code == 0
    wanflow("pick", "coast", "2")
    rows = {(row["shot"], row["take"]): row for row in json.loads(wanflow("takes", "--json").out)}
    told = {key: (row["picked"], row["chosen"], row["held"]) for key, row in rows.items()}
    assert told[("coast", 1)] == (False, False, False)
    assert told[("coast", 2)] == (True, True, False)
    assert told[("pier", 1)] == (True, False, False)
    marks = {line.split()[0]: line.split()[1] for line in wanflow("takes").out.splitlines()}
    assert (marks["coast.t2"], marks["pier.t1"]) == ("picked", "default")


def test_status_tells_the_cuts_and_the_totals(wanflow: Wanflow, service: Served) -> None:
    """As text, behind the shots; a shot that waits for a pick says so."""
    rewrite("prompt: a coast, takes: 2", "prompt: a coast, takes: 2, pick: wait")
    assert wanflow(*RUN).code == 3
    said = wanflow("status").out.splitlines()
    assert "waiting for your pick" in said[1]
    assert said[6].split()[:3] == ["cut:main", "current", "out/main.mp4"]
    assert said[8] == "3 shots, 3 takes, 3.60 CNY charged"
    rows = {row["shot"]: row["picked"] for row in json.loads(wanflow("status", "--json").out)}
    assert rows == {"coast": None, "near": None, "pier": 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("prompt: a pier", "promt: a pier"),
        ("shot: coast", "shot: coats"),
        ("  pier: {first_frame: sets/coast.png", "  pier: {first_frame: sets/nowhere.png"),
        ("model: wan2.7-i2v", "model: wan9"),
        ("cuts: {main: [pier]}", "cuts: {main: [bier]}"),
    ],
)
def test_rows_are_told_beside_errors(old: str, new: str, wanflow: Wanflow, service: Served) -> None:
    """Every row that can be told is on stdout, the errors on stderr, and the code is 2."""
    assert wanflow(*RUN).code == 0
    takes = {(row["shot"], row["take"]): row["digest"] for row in json.loads(wanflow("takes", "--json").out)}
    costs = json.loads(wanflow("costs", "--json").out)["total"]
    rewrite(old, new)
    said = wanflow("takes", "--json")
    assert (said.code, "error" in said.err or "wanflow.yaml:" in said.err) == (2, True)
    assert {(row["shot"], row["take"]): row["digest"] for row in json.loads(said.out)} == takes
    said = wanflow("costs", "--json")
    assert (said.code, json.loads(said.out)["total"]) == (2, costs)
    said = wanflow("status", "--json")
    assert (said.code, "wanflow.yaml:" in said.err) == (2, True)
    assert wanflow("plan").code == 2


def test_every_damaged_line_of_the_lock_is_told_at_once(wanflow: Wanflow, service: Served) -> None:
    """With the shots and the takes; by `validate` and `doctor` as well."""
    assert wanflow(*RUN).code == 0
    lock = Path("wanflow.lock")
    text = lock.read_text(encoding="utf-8")
    lock.write_text(text.replace('"width": 320', '"width": "wide"'), encoding="utf-8")
    said = wanflow("plan")
    assert (said.code, said.err.count("(take 1 of `"), said.err.count("(take 2 of `coast`)")) == (2, 3, 1)
    problems = json.loads(wanflow("validate", "--format", "json").out)
    assert [problem["file"] for problem in problems] == ["wanflow.lock"] * 4
    lines = text.splitlines()
    assert all('"width": 320' in lines[problem["line"] - 1] for problem in problems)
    assert "(take 2 of `coast`)" in wanflow("doctor").out


def test_a_line_that_is_cut_off_hides_no_other(wanflow: Wanflow, service: Served) -> None:
    """Each line is a whole fact: invalid JSON is reported with its shot, beside invalid values."""
    assert wanflow(*RUN).code == 0
    lock = Path("wanflow.lock")
    lines = lock.read_text(encoding="utf-8").splitlines()
    at = {
        shot: next(n for n, line in enumerate(lines) if f'"{shot} takes' in line) for shot in ("coast", "near", "pier")
    }
    lines[at["near"]] = lines[at["near"]][:120]
    lines[at["pier"]] = lines[at["pier"]].replace('"width": 320', '"width": "wide"')
    lock.write_text("\n".join([*lines, ""]), encoding="utf-8")
    said = wanflow("plan").err
    assert f"has invalid JSON at line {at['near'] + 1}:" in said
    assert "(`near`)" in said
    assert f"line {at['pier'] + 1}: " in said
    assert len(json.loads(wanflow("validate", "--format", "json").out)) >= 2


@pytest.mark.parametrize("text", ["[", "shots: {a: {prompt: ${x}}}\n", "<<<<<<< HEAD\nshots: {}\n=======\n"])
def test_the_lock_is_told_beside_a_file_that_is_no_yaml(text: str, wanflow: Wanflow, service: Served) -> None:
    """After a merge the production file may have marks; what was paid is on record all the same."""
    assert wanflow(*RUN).code == 0
    before = json.loads(wanflow("costs", "--json").out)["total"]
    Path("wanflow.yaml").write_text(text, encoding="utf-8")
    said = wanflow("costs", "--json")
    assert (said.code, json.loads(said.out)["total"]) == (2, before)
    said = wanflow("takes", "--json")
    assert (said.code, len(json.loads(said.out))) == (2, 4)
    assert wanflow("status").code == 2
