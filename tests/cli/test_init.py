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
    """`out/` is ignored, as `.wanflow/` is by itself; `wanflow.lock` is not."""
    monkeypatch.chdir(tmp_path)
    wanflow("init")
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8").splitlines() == ["out/"]
    assert (tmp_path / ".gitattributes").read_text(encoding="utf-8") == "wanflow.lock merge=union\n"


def test_the_rules_of_an_author_for_programs_stay(wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new production has `AGENTS.md`; one of the author stays as it is, and stops nothing."""
    monkeypatch.chdir(tmp_path)
    wanflow("init", "film")
    assert "Never edit it by hand" in (tmp_path / "film" / "AGENTS.md").read_text(encoding="utf-8")
    (tmp_path / "AGENTS.md").write_text("mine", encoding="utf-8")
    said = wanflow("init")
    assert (said.code, "AGENTS.md" in said.err) == (0, False)
    assert (tmp_path / "AGENTS.md").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "wanflow.yaml").exists()


@pytest.mark.parametrize("name", ["wanflow.yaml", "wanflow.schema.json", "sets/valley.png"])
def test_nothing_is_overwritten(wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """An existing file stays as it is, and then nothing else is written either."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    said = wanflow("init")
    assert said.code == 2
    assert f"`{name}` exists already" in said.err
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "out/\n"),
        ("*.tmp\n", "*.tmp\nout/\n"),
        ("*.tmp", "*.tmp\nout/\n"),
        ("# out/ is kept\n", "# out/ is kept\nout/\n"),
        ("out/ # films\n", "out/ # films\nout/\n"),
        ("out/shots\n!*.mp4\n", "out/shots\n!*.mp4\nout/\n"),
        ("r\xe9sum\xe9\n", "r\xe9sum\xe9\nout/\n"),
    ],
)
def test_an_ignore_list_of_the_author_gets_the_line_that_it_lacks(
    wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    """Its own lines stay, in whatever encoding, and what was added is said."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".gitignore").write_bytes(before.encode("latin-1"))
    (tmp_path / ".gitattributes").write_text("*.png binary\n", encoding="utf-8")
    said = wanflow("init")
    assert said.code == 0
    assert "added `out/` to `.gitignore`\n" in said.err
    assert "added `wanflow.lock merge=union` to `.gitattributes`\n" in said.err
    assert (tmp_path / ".gitignore").read_bytes() == after.encode("latin-1")
    assert (tmp_path / ".gitattributes").read_text(encoding="utf-8") == "*.png binary\nwanflow.lock merge=union\n"


@pytest.mark.parametrize("line", ["out/", "out", "/out/", "!out/", "/out  "])
def test_an_ignore_list_that_speaks_of_the_results_stays_as_it_is(
    wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """Also where it says that git is to have them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".gitignore").write_text(f"{line}\n", encoding="utf-8")
    (tmp_path / ".gitattributes").write_text("wanflow.lock -diff\n", encoding="utf-8")
    said = wanflow("init")
    assert said.code == 0
    assert "added" not in said.err
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == f"{line}\n"
    assert (tmp_path / ".gitattributes").read_text(encoding="utf-8") == "wanflow.lock -diff\n"
