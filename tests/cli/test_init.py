"""`wanflow init`: a production that works."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def test_a_fresh_production_is_valid_and_runs(wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `init` writes has no problem and renders at once; the printed path is the production file."""
    monkeypatch.chdir(tmp_path)
    said = wanflow("init", "film")
    assert (said.code, said.out) == (0, "film/wanflow.yaml\n")
    monkeypatch.chdir(tmp_path / "film")
    assert wanflow("validate") == (0, "", "no problems in wanflow.yaml\n")
    assert "renders 2 takes" in wanflow("plan", "-q").out
    assert wanflow("run", "-q") == (0, "out/main.mp4\n", "")


def test_editors_find_the_schema(wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line names a schema that lies beside the file, and it is the one that `schema` prints."""
    monkeypatch.chdir(tmp_path)
    wanflow("init")
    first = (tmp_path / "wanflow.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=wanflow.schema.json"
    assert json.loads((tmp_path / "wanflow.schema.json").read_text(encoding="utf-8")) == json.loads(
        wanflow("schema").out
    )


def test_results_stay_out_of_git_and_the_lock_does_not(
    wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`.wanflow/` and `out/` are ignored; `wanflow.lock` is not."""
    monkeypatch.chdir(tmp_path)
    wanflow("init")
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8").splitlines() == [".wanflow/", "out/"]
    assert (tmp_path / ".gitattributes").read_text(encoding="utf-8") == "wanflow.lock merge=union\n"


@pytest.mark.parametrize("name", ["wanflow.yaml", "wanflow.schema.json", "sets/valley.png"])
def test_nothing_is_overwritten(wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A file that is there stays as it is, and then nothing else is written either."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    said = wanflow("init")
    assert said.code == 2
    assert f"`{name}` is there already" in said.err
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"
    assert sorted(tmp_path.rglob("*")) == before


def test_an_ignore_list_of_ones_own_is_kept(wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a repository with a `.gitignore` the missing lines are said, never added."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".gitignore").write_text("out/\n", encoding="utf-8")
    said = wanflow("init")
    assert said.code == 0
    assert "add `.wanflow/`" in said.err
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "out/\n"
