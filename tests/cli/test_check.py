"""`wanflow check`, and findings as commands show them: what a faulty take is said to be, and what waits for it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from cli.conftest import Wanflow, rewrite

from kit.emulated import deliver_faults
from kit.project import write_production
from wanflow import api
from wanflow.emulator.api.order import FilmFault, FilmFaultKind

FILM = """\
wanflow: 1
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2, prompt_extend: false}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast, checks: {black: wait, silent: off}}
  near: {first_clip: {shot: coast, tail: 2}, prompt: nearer, duration: 4}
cuts: {main: [coast, near]}
"""


def of(rows: Sequence[dict[str, object]]) -> dict[str, list[str]]:
    """The names of the checks that found something, by take."""
    found: dict[str, list[str]] = {}
    for row in rows:
        listed = row["findings"]
        assert isinstance(listed, list)
        found[f"{row['shot']}.t{row['take']}"] = [finding["check"] for finding in listed]
    return found


def test_a_faulty_take_is_said_to_be_and_what_follows_waits(
    film: Path, wanflow: Wanflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the emulator's black film to the pick that frees what waits, in every command that shows it."""
    write_production(film.parent, FILM)
    deliver_faults(monkeypatch, FilmFault(FilmFaultKind.BLACK))
    first = wanflow("run")
    assert first.code == 3
    assert "warning: coast.t1: black from 0 s to 2 s" in first.err
    assert "blocked: near.first_clip: coast take 1 waits for a pick (black from 0 s to 2 s" in first.err
    rows = json.loads(wanflow("takes", "--json").out)
    assert "black" in of(rows)["coast.t1"]
    assert rows[0]["findings"][0]["text"] == "black from 0 s to 2 s"
    assert (rows[0]["picked"], rows[0]["chosen"]) == (True, False)
    assert "black from 0 s to 2 s" in wanflow("takes").out
    status = wanflow("status").out
    assert "take 1 (waiting for your pick)" in status
    assert re.search(r"^near .* coast take 1 waits for a pick$", status, re.MULTILINE)
    assert status.count("black from 0 s to 2 s") == 1
    assert status.count("coast take 1 waits for a pick: `wanflow pick coast 1` uses it") == 1
    plan = wanflow("plan").out
    assert re.search(r"near\.first_clip .* coast take 1 waits for a pick$", plan, re.MULTILINE)
    assert plan.count("black from 0 s to 2 s") == plan.count("`wanflow retake coast` asks for another") == 1
    assert "needs-pick" in wanflow("plan", "--json").out
    assert "waits for a pick" in wanflow("why", "near").out
    assert wanflow("run").code == 3
    assert wanflow("pick", "coast", "1").code == 0
    freed = wanflow("run", "-q")
    assert freed.code == 0, freed.err
    assert Path("out/main.mp4").is_file()


@pytest.mark.parametrize(
    ("line", "added", "counts"),
    [
        ("wanflow: 1\n", "checks: off\n", "2 takes not measured: `checks: off`"),
        ("  coast:\n", "    checks: off\n", "1 take checked, no findings\n1 take not measured: `checks: off`"),
    ],
)
def test_takes_that_are_not_measured_are_not_counted(
    line: str, added: str, counts: str, rendered: Path, wanflow: Wanflow
) -> None:
    """Where `checks: off` says so; what a run measured before is not shown either."""
    rewrite(line, line + added)
    assert added in rendered.read_text(encoding="utf-8")
    assert wanflow("check").out == f"{counts}\n"


def test_check_measures_what_no_run_has(rendered: Path, wanflow: Wanflow) -> None:
    """Once; the second time everything is known. Takes of good films have no findings."""
    store = rendered.parent / ".wanflow"
    assert len((store / "checks.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    (store / "checks.jsonl").unlink()
    done = wanflow("check", "--exit-code")
    assert (done.code, done.out) == (0, "2 takes checked, no findings\n")
    assert sorted(done.err.splitlines()) == ["checked approach.t1", "checked coast.t1"]
    assert wanflow("check").err == ""
    assert set(of(json.loads(wanflow("check", "--json").out))) == {"coast.t1", "approach.t1"}


def test_findings_end_with_a_code_of_their_own(rendered: Path, wanflow: Wanflow) -> None:
    """A clip made elsewhere is measured against the request that it was picked for; 10 only where it is asked for."""
    shutil.copy("out/shots/approach.t1.mp4", "other.mp4")
    assert wanflow("pick", "coast", "--file", "other.mp4").code == 0
    done = wanflow("check", "coast", "--exit-code")
    assert done.code == 10
    assert "coast.t2: " in done.out
    assert done.out.splitlines()[-1] == "2 takes checked, 1 with findings"
    assert wanflow("check", "coast").code == 0
    assert "length" in of(json.loads(wanflow("check", "coast", "--json").out))["coast.t2"]
    rewrite("shots:", "checks: off\nshots:")
    assert wanflow("check", "coast", "--exit-code").code == 0


def test_a_take_that_is_not_here_is_named(rendered: Path, wanflow: Wanflow) -> None:
    """It is not measured, and the rest is."""
    row = next(row for row in api.takes(api.plan(api.load())) if row.shot == "coast")
    (kept,) = (rendered.parent / ".wanflow" / "takes").rglob(f"{row.take.digest}.mp4")
    kept.unlink()
    done = wanflow("check")
    assert done.code == 0
    assert "coast.t1 is not here: `wanflow pull`, or copy the store" in done.err


def test_removed_takes_lose_their_findings(rendered: Path, wanflow: Wanflow) -> None:
    """With `gc`, as their traces do."""
    checks = rendered.parent / ".wanflow" / "checks.jsonl"
    before = checks.read_text(encoding="utf-8").splitlines()
    rewrite("comes near", "comes nearer")
    assert wanflow("run", "-q").code == 0
    assert wanflow("gc", "--apply").code == 0
    left = checks.read_text(encoding="utf-8").splitlines()
    assert (len(before), len(left)) == (2, 2)
    assert set(before) - set(left)
