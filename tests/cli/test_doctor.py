"""`wanflow doctor`: what this machine lacks."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from kit.project import write_production
from wanflow.cli.checkup import Verdict, check_up


def _verdicts(out: str) -> dict[str, str]:
    lines = [line.split() for line in out.splitlines() if not line.startswith(" ")]
    return {words[1]: words[0] for words in lines}


def test_a_fit_machine(wanflow, film: Path) -> None:
    """Everything that an animatic needs is there; no key is asked for."""
    said = wanflow("doctor")
    assert said.code == 0
    assert set(_verdicts(said.out)) == {"ffmpeg", "encoders", "folder", "disk", "clock", "store"}
    assert "key" not in _verdicts(said.out)


def test_works_without_a_production(wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newcomer may ask before there is anything, and with a production that is broken."""
    monkeypatch.chdir(tmp_path)
    assert wanflow("doctor").code == 0
    write_production(tmp_path, "wanflow: [")
    assert wanflow("doctor").code == 0


def test_an_ffmpeg_that_is_none(wanflow, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is no ffmpeg is found out, and nothing can be rendered."""
    monkeypatch.setenv("WANFLOW_FFMPEG", sys.executable)
    said = wanflow("doctor")
    assert (said.code, _verdicts(said.out)["ffmpeg"]) == (1, "fail")
    assert "hint:" in said.out


def test_a_store_of_a_newer_version(wanflow, film: Path) -> None:
    """A store that this version can't read is said, with the way out."""
    (film.parent / ".wanflow").mkdir(exist_ok=True)
    (film.parent / ".wanflow" / "store.json").write_text(json.dumps({"wanflow.store": 99}), encoding="utf-8")
    said = wanflow("doctor")
    assert (said.code, _verdicts(said.out)["store"]) == (1, "fail")
    assert "update wanflow" in said.out


def test_the_key_is_looked_for_only_where_it_is_needed_and_never_shown(tmp_path: Path) -> None:
    """The paid backend needs a key; what it is stays unsaid."""
    without = {item.subject: item for item in check_up(tmp_path, "dashscope", {})}
    assert without["key"].verdict is Verdict.BROKEN
    with_key = check_up(tmp_path, "dashscope", {"DASHSCOPE_API_KEY": "sk-very-secret"})
    assert {item.subject: item for item in with_key}["key"].verdict is Verdict.FINE
    assert not any("sk-very-secret" in f"{item.words}{item.hint}" for item in with_key)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Where nothing can be written nothing can be rendered."""
    found = {item.subject: item.verdict for item in check_up(tmp_path / "gone", "animatic", {})}
    assert found["folder"] is Verdict.BROKEN
