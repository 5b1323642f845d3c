"""`wanflow doctor`: what this machine lacks."""

from __future__ import annotations

import errno
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from kit.filesystems import refusing, without_flush, without_locks, without_modes
from kit.git import git
from kit.project import ONE, write_production
from kit.providers import DASHSCOPE
from kit.served import recorded
from wanflow.emulator.api.endpoint import AccountLimits, AccountTerms
from wanflow.health import HealthCheck, HealthLevel, check_up
from wanflow.media import ffmpeg


def _verdicts(out: str) -> dict[str, str]:
    lines = [line.split() for line in out.splitlines() if not line.startswith(" ")]
    return {words[1]: words[0] for words in lines}


def test_a_fit_machine(wanflow, film: Path) -> None:
    """Everything that an animatic needs is found; a key is not needed."""
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
    """A program that is not ffmpeg is detected, and nothing can be rendered."""
    monkeypatch.setenv("WANFLOW_FFMPEG", sys.executable)
    said = wanflow("doctor")
    assert (said.code, _verdicts(said.out)["ffmpeg"]) == (1, "fail")
    assert "hint:" in said.out


def test_an_ffmpeg_that_cannot_convert_hdr(wanflow, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It renders all other clips, so the filter that it lacks is a warning."""
    script = film.parent / "ffmpeg-without"
    real = shlex.quote(str(ffmpeg.find_ffmpeg(os.environ)))
    script.write_text(f'#!/bin/sh\n[ "$1" = -filters ] || exec {real} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("WANFLOW_FFMPEG", str(script))
    said = wanflow("doctor")
    assert (said.code, _verdicts(said.out)["ffmpeg"]) == (0, "warn")
    assert "lacks the filter `zscale`" in said.out


def test_a_store_of_a_newer_version(wanflow, film: Path) -> None:
    """A store that this version can't read is said, with the way out."""
    (film.parent / ".wanflow").mkdir(exist_ok=True)
    (film.parent / ".wanflow" / "store.json").write_text(json.dumps({"wanflow.store": 99}), encoding="utf-8")
    said = wanflow("doctor")
    assert (said.code, _verdicts(said.out)["store"]) == (1, "fail")
    assert "update wanflow" in said.out


PAID = DASHSCOPE, "singapore"


def findings(folder: Path, environ: Mapping[str, str]) -> dict[str, HealthCheck]:
    """What is found about the paid backend, by subject."""
    return {item.subject: item for item in check_up(folder, *PAID, environ)}


def test_the_key_is_looked_for_only_where_it_is_needed(tmp_path: Path) -> None:
    """Without it nothing is asked of anybody."""
    found = findings(tmp_path, {})
    assert found["key"].level is HealthLevel.BROKEN
    assert "service" not in found


def test_the_service_is_asked_whether_it_takes_the_key(tmp_path: Path) -> None:
    """It answers, or it refuses the key, in which case the region is named; the key never is."""
    with recorded(AccountTerms(key="sk-very-secret")) as service:
        environ = {"DASHSCOPE_HTTP_BASE_URL": service.base_url, "DASHSCOPE_API_KEY": "sk-very-secret"}
        fine, refused = findings(tmp_path, environ), findings(tmp_path, {**environ, "DASHSCOPE_API_KEY": "sk-other"})
    assert fine["service"].level is HealthLevel.FINE
    assert refused["service"].level is HealthLevel.BROKEN
    assert "`singapore`" in refused["service"].words
    assert "`beijing`" in (refused["service"].hint or "")
    told = [f"{item.words}{item.hint}" for item in (*fine.values(), *refused.values())]
    assert not [words for words in told if "sk-very-secret" in words or "sk-other" in words]


@pytest.mark.parametrize(("running", "level"), [(None, HealthLevel.FINE), (2, HealthLevel.POOR)])
def test_limits_of_the_account_below_the_usual_ones_are_said(
    tmp_path: Path, running: int | None, level: HealthLevel
) -> None:
    """By the service's own answer (service.md 4.4)."""
    with recorded(AccountTerms(key="sk-a", limits=AccountLimits(running=running))) as service:
        environ = {"DASHSCOPE_HTTP_BASE_URL": service.base_url, "DASHSCOPE_API_KEY": "sk-a"}
        found = [item for item in check_up(tmp_path, DASHSCOPE, "beijing", environ) if item.subject == "limits"]
    assert {item.level for item in found} == {level}
    said = [item.words for item in found if item.words.startswith("`wan2.7-i2v`")]
    assert said == ([] if running is None else ["`wan2.7-i2v`: 2 tasks at a time; other accounts have 5"])


def test_a_service_that_can_not_be_reached_is_said(wanflow, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1, since this backend can't work; the animatic of the same production can."""
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", "http://127.0.0.1:9/api/v1")
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-any")
    said = wanflow("doctor", "--backend", "dashscope")
    assert (said.code, _verdicts(said.out)["service"]) == (1, "fail")
    assert "127.0.0.1:9" in said.out
    assert wanflow("doctor").code == 0


UNUSABLE = {
    "SSL_CERT_FILE": "/nonexistent/ca.pem",
    "ALL_PROXY": "ftp://me:s3cret@127.0.0.1:21",
    "https_proxy": "://",
}
"""Variables of the network with values that cannot be used."""


@pytest.mark.parametrize("variable", UNUSABLE)
def test_a_variable_of_the_network_that_cannot_be_used_is_one_line(
    wanflow, film: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Beside all others; a run ends with 2 before anything is sent."""
    with recorded(AccountTerms(key="sk-any")) as service:
        monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", service.base_url)
        monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-any")
        monkeypatch.setenv(variable, UNUSABLE[variable])
        said, run = wanflow("doctor", "--backend", "dashscope"), wanflow("run", "--backend", "dashscope", "--yes")
    verdicts = _verdicts(said.out)
    assert (said.code, verdicts["network"], verdicts["key"], verdicts["store"]) == (1, "fail", "ok", "ok")
    assert "service" not in verdicts
    assert (run.code, service.seen) == (2, [])
    assert f"error: {variable} " in run.err
    assert "s3cret" not in f"{said.out}{said.err}{run.out}{run.err}"
    assert wanflow("doctor").code == 0


def test_an_animatic_needs_no_network(wanflow, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the variables of the network say."""
    write_production(film.parent, ONE)
    for variable, value in UNUSABLE.items():
        monkeypatch.setenv(variable, value)
    assert wanflow("run").code == 0


def test_the_proxy_in_use_is_shown(tmp_path: Path) -> None:
    """Without its password."""
    found = findings(tmp_path, {"HTTPS_PROXY": "http://me:s3cret@proxy.example:8080"})
    assert found["network"] == HealthCheck(
        "network", HealthLevel.FINE, "https: by http://proxy.example:8080 (HTTPS_PROXY)"
    )


def test_what_is_weaker_on_a_file_system_is_said_once(wanflow, rendered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line for each weakness; the machine is fit all the same, and the trial leaves nothing."""
    before = sorted(rendered.parent.rglob("*"))
    without_modes(monkeypatch)
    without_flush(monkeypatch)
    without_locks(monkeypatch)
    said = wanflow("doctor")
    assert (said.code, said.err) == (0, "")
    lines = [line.split(maxsplit=2)[2] for line in said.out.splitlines() if line.startswith("warn  files")]
    assert [line.partition(":")[0].removeprefix("the file system ") for line in lines] == [
        "keeps no modes",
        "cannot flush a folder",
        "has no locks",
    ]
    assert sorted(rendered.parent.rglob("*")) == before


def test_a_file_system_that_can_not_be_tried_is_said(wanflow, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trouble of the disk is not taken for a lack of locks."""
    without_locks(monkeypatch, errno.EIO)
    assert "warn  files" in wanflow("doctor").out
    assert "cannot be tested: input/output error" in wanflow("doctor").out


def test_films_that_git_tracks_are_said(wanflow, rendered: Path) -> None:
    """With the way out, which keeps the files; names from outside are shown as text."""
    folder = rendered.parent
    git(folder, "init")
    (folder / ".wanflow" / "bad\x1b[31m\nname").write_bytes(b"")
    (folder / "out" / "notes.txt").write_bytes(b"")
    git(folder, "add", "--force", ".wanflow", "out")
    said = wanflow("doctor")
    assert said.code == 0
    lines = [line for line in said.out.splitlines() if line.startswith("warn  git")]
    assert "files of `.wanflow`, as `.wanflow/" in lines[0]
    assert "files of `out`, as `out/main.mp4`" in lines[1]
    assert "\x1b" not in said.out
    for place in (".wanflow", "out"):
        assert f"hint: `git rm -r --cached {place}` takes them out of git" in said.out
        git(folder, "rm", "-r", "-q", "--cached", place)
    git(folder, "add", ".wanflow", "out/notes.txt")
    assert "warn  git" not in wanflow("doctor").out
    assert (folder / "out" / "main.mp4").is_file()


def test_a_store_whose_list_alone_is_tracked_is_fine(wanflow, rendered: Path) -> None:
    """Some keep `.wanflow/.gitignore` in git by hand."""
    git(rendered.parent, "init")
    git(rendered.parent, "add", "--force", ".wanflow/.gitignore")
    assert "warn  git" not in wanflow("doctor").out


def test_git_is_not_needed(wanflow, rendered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git, without a repository, and where git can't be run, nothing is said of it."""
    assert "git" not in _verdicts(wanflow("doctor").out)
    monkeypatch.setattr(subprocess, "run", refusing(errno.EACCES))
    assert "git" not in _verdicts(wanflow("doctor").out)
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert "git" not in _verdicts(wanflow("doctor").out)


@pytest.mark.parametrize("name", ["journal.animatic.jsonl", "traces.jsonl"])
def test_a_torn_last_line_is_harmless(wanflow, rendered: Path, name: str) -> None:
    """A kill leaves it, and the next record replaces it: a warning, and 0."""
    file = rendered.parent / ".wanflow" / name
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"event": "int')
    said = wanflow("doctor")
    assert (said.code, _verdicts(said.out)["store"]) == (0, "warn")
    assert "harmless" in said.out
    assert "damaged" not in said.out
    assert wanflow("retake", "coast").code == 0
    assert wanflow("run", "-q").code == 0
    assert file.read_bytes().startswith(whole)
    assert (wanflow("doctor").code, _verdicts(wanflow("doctor").out)["store"]) == (0, "ok")
