"""Slips on the command line: understood where they can mean one thing, else one hint with the right command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.conftest import Wanflow


@pytest.mark.parametrize("words", [("coast", "1"), ("coast", "t1"), ("coast", "#1"), ("coast.t1",)])
def test_a_take_is_picked_by_its_number_however_it_is_written(
    words: tuple[str, ...], wanflow: Wanflow, rendered: Path
) -> None:
    """As a number, as in the name of its node, or with a sharp."""
    assert wanflow("pick", *words).out == "take 1 of coast is picked (animatic)\n"
    assert [row["chosen"] for row in json.loads(wanflow("takes", "coast", "--json").out)] == [True]


@pytest.mark.parametrize("words", [("plan", "-n"), ("plan", "--dry-run")])
def test_a_plan_is_always_a_dry_run(words: tuple[str, ...], wanflow: Wanflow, film: Path) -> None:
    """So it may be asked for."""
    assert wanflow(*words) == wanflow("plan")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("run", "-n"), "`wanflow plan -f wanflow.yaml` shows what this run would do"),
        (
            ("run", "--dry-run", "coast", "tag:a b"),
            "`wanflow plan -f wanflow.yaml coast 'tag:a b'` shows what this run would do",
        ),
        (("plan", "--yes", "coast"), "`wanflow run -f wanflow.yaml --yes coast` renders this"),
        (("retake", "coast", "2"), "to ask for 2 more: `wanflow retake -f wanflow.yaml coast -n 2`"),
    ],
)
def test_what_another_command_does_is_hinted(
    words: tuple[str, ...], hint: str, wanflow: Wanflow, rendered: Path
) -> None:
    """With what was selected, and for the same production; nothing else is done."""
    before = Path(".wanflow/animatic.lock").read_bytes()
    done = wanflow(*words, "-f", "wanflow.yaml")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[1:] == [f"hint: {hint}"]
    assert Path(".wanflow/animatic.lock").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("plan", "--qqqq"), "no such option `--qqqq`"),
        (
            ("plan", "--region", "mars"),
            "invalid value for `--region`: `mars` is not one of `beijing`, `singapore`, `virginia`, `tokyo`, `frankfurt`",
        ),
        (("run", "-j", "x"), "invalid value for `-j` / `--jobs`: `x` is not a whole number"),
        (("run", "--grace", "x"), "invalid value for `--grace`: `x` is not a number"),
        (("pick",), "missing argument `SHOT`"),
        (
            ("plan", "--budget", "it's"),
            'invalid value for `--budget`: `it\'s`: expected an amount with currency, e.g. "20 CNY"',
        ),
        (
            ("plan", "--budget", "２，０００元"),
            'invalid value for `--budget`: `２，０００元`: expected an amount with currency, e.g. "2000元"',
        ),
    ],
)
def test_messages_have_one_kind_of_quotes(words: tuple[str, ...], said: str, wanflow: Wanflow, film: Path) -> None:
    """Also those that click makes; an apostrophe is not a quote."""
    assert wanflow(*words).err.splitlines()[0] == f"error: {said}"
