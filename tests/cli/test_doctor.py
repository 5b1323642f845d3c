"""`wanflow doctor`: what this machine lacks."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from kit.project import write_production
from kit.served import recorded
from wanflow.cli.checkup import Finding, Verdict, check_up
from wanflow.emulator.terms import Terms


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


PAID = "dashscope", "singapore"


def findings(folder: Path, environ: Mapping[str, str]) -> dict[str, Finding]:
    """What is found about the paid backend, by subject."""
    return {item.subject: item for item in check_up(folder, *PAID, environ)}


def test_the_key_is_looked_for_only_where_it_is_needed(tmp_path: Path) -> None:
    """Without it nothing is asked of anybody."""
    found = findings(tmp_path, {})
    assert found["key"].verdict is Verdict.BROKEN
    assert "service" not in found


def test_the_service_is_asked_whether_it_takes_the_key(tmp_path: Path) -> None:
    """It answers, or it refuses the key, in which case the region is named; the key never is."""
    with recorded(Terms(key="sk-very-secret")) as service:
        environ = {"DASHSCOPE_HTTP_BASE_URL": service.base_url, "DASHSCOPE_API_KEY": "sk-very-secret"}
        fine, refused = findings(tmp_path, environ), findings(tmp_path, {**environ, "DASHSCOPE_API_KEY": "sk-other"})
    assert fine["service"].verdict is Verdict.FINE
    assert refused["service"].verdict is Verdict.BROKEN
    assert "`singapore`" in refused["service"].words
    assert "`beijing`" in (refused["service"].hint or "")
    told = [f"{item.words}{item.hint}" for item in (*fine.values(), *refused.values())]
    assert not [words for words in told if "sk-very-secret" in words or "sk-other" in words]


def test_a_service_that_can_not_be_reached_is_said(wanflow, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1, since this backend can't work; the animatic of the same production can."""
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", "http://127.0.0.1:9/api/v1")
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-any")
    said = wanflow("doctor", "--backend", "dashscope")
    assert (said.code, _verdicts(said.out)["service"]) == (1, "fail")
    assert "127.0.0.1:9" in said.out
    assert wanflow("doctor").code == 0
