"""Codes of errors: every message has one, and it stays although the words change."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from wanflow import codes
from wanflow.errors import StoreFault
from wanflow.messages import joined, tr, trn

TOOL = runpy.run_path(str(Path(__file__).resolve().parent.parent / "tools" / "messages.py"))
TABLE = codes.TABLE.read_text(encoding="utf-8")


def test_every_message_of_an_error_has_a_code() -> None:
    """The table has all templates of the code, in its form."""
    known = codes.read(TABLE)
    assert sorted(set(TOOL["error_templates"]()) - known.keys()) == [], "run `make messages`"
    assert [code for code in known.values() if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)] == []
    assert TOOL["table_of"](known) == TABLE


def test_a_code_is_never_lost_and_never_gets_another_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    """A message that goes leaves its code behind; one that is reworded keeps it, one that is new gets another."""
    before = {"unknown key `{key}`": "unknown-key", "the shot `{name}` has no prompt to send": "shot-has-no-prompt"}
    reworded, another = "the shot `{name}` has no prompt that is sent", "unknown key, at the end of the file"
    after = TOOL["with_codes"](before, frozenset({"unknown key `{name}`", reworded, another}))
    assert before.items() <= after.items()
    assert after["unknown key `{name}`"] == "unknown-key"
    assert after[reworded] == "shot-has-no-prompt"
    assert after[another] == "unknown-key-at-end-file"
    assert "`shot-has-no-prompt` is now" in capsys.readouterr().out
    assert codes.read(TOOL["table_of"](after)) == after


def test_two_messages_of_the_same_first_words_have_two_codes() -> None:
    """With more words, else with a number."""
    after = TOOL["with_codes"](
        {}, frozenset({"no shot, {a}", "no shot `{a}`", "one two three four five six", "one two three four five ten"})
    )
    assert sorted(after.values()) == ["no-shot", "no-shot-2", "one-two-three-four-five", "one-two-three-four-five-ten"]


def test_a_message_that_puts_others_together_has_the_code_of_the_first() -> None:
    """Its own words, if any, come before."""
    inner = tr("no shot `{name}`", name="x")
    assert codes.code_of(tr("{place}: {message}", place="a:1", message=inner)) == "no-shot"
    assert codes.code_of(tr("{name}: {fault}", name="a", fault=StoreFault(inner))) == "no-shot"
    assert codes.code_of(joined(", ", ["x", inner])) == "no-shot"
    assert codes.code_of(trn("{number} never seen thing", "{number} never seen things", 2)) == "never-seen-thing"
    assert codes.code_of("words of a library") == "other"
