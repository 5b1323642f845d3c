"""Errors as JSON: what a program reads where a command that it asked for JSON fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.conftest import Wanflow

from kit.project import rewrite

KEYS = ["file", "line", "column", "severity", "message", "hint", "code", "fix"]


def test_a_problem_has_a_code_and_a_fix_behind_its_six_keys(wanflow: Wanflow, film: Path) -> None:
    """In this order; the fix is a range of the file and the text for it."""
    rewrite(film, "tail: 2", "tial: 2")
    (row,) = json.loads(wanflow("validate", "--format", "json").out)
    assert list(row) == KEYS
    assert (row["code"], row["line"]) == ("unknown-key", 20)
    place = {"file": "wanflow.yaml", "start": {"line": 20, "column": 31}, "end": {"line": 20, "column": 35}}
    assert row["fix"] == {**place, "text": "tail"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("plan", "nowhere", "--json"), "matches-no-shot-scene-or"),
        (("show", "nowhere", "--json"), "no-node-called"),
        (("plan", "--jsno", "--json"), "no-such-option"),
        (("plan", "--budget", "much", "--json"), "expected-amount-with-currency-e"),
        (("takes", "--json", "--thumbnails"), "json-thumbnails-exclude-each-other"),
        (("run", "--grade", "final", "--json", "--backend", "dashscope"), "grade-for-animatics-renders-films"),
        (("run", "--backend", "dashscope", "--json"), "not-set-region-needs-key"),
    ],
)
def test_an_error_is_one_line_of_json_with_its_code(
    wanflow: Wanflow, film: Path, words: tuple[str, ...], code: str
) -> None:
    """On stdout, beside the words on stderr; the last line of a run is still `run.finished`."""
    done = wanflow(*words)
    lines = [json.loads(line) for line in done.out.splitlines()]
    (error,) = (line["errors"][0] for line in lines if "errors" in line)
    assert done.code in {2, 3}
    assert list(error) == KEYS
    assert (error["code"], error["file"], error["fix"]) == (code, None, None)
    assert f"error: {error['message']}" in done.err
    assert words[0] != "run" or all({"event", "time"} <= line.keys() for line in lines)


def test_a_broken_production_is_told_with_its_places(wanflow: Wanflow, film: Path) -> None:
    """As `validate` has them, on one line; stderr has the same for people."""
    rewrite(film, "{shot: coast, tail: 2}", "{shot: cost, tail: 2}")
    problems = json.loads(wanflow("validate", "--format", "json").out)
    for words in (("plan", "--json"), ("show", "coast", "--json"), ("run", "--json")):
        done = wanflow(*words)
        assert json.loads(done.out)["errors"] == problems
        assert "wanflow.yaml:20:24: no shot `cost`" in done.err


def test_without_json_stdout_has_no_error(wanflow: Wanflow, film: Path) -> None:
    """Also where a word of the command is `json`."""
    assert wanflow("plan", "json").out == ""
    assert wanflow("list", "nowhere").out == ""
