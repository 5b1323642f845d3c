"""Commands that are called in a folder below the production's, as git and Compose allow it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.conftest import Wanflow, rewrite

from kit.project import ONE, write_production
from wanflow.cli.options import nearest_production


@pytest.fixture
def below(film: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder two levels below a production that was never run, which is the current one."""
    folder = film.parent / "notes" / "day one"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def test_a_production_is_found_above_and_its_paths_work_from_here(wanflow: Wanflow, below: Path) -> None:
    """Cuts and takes that a run names can be opened; the store is that of the production."""
    write_production(below.parents[1], ONE)
    done = wanflow("run")
    assert done.code == 0, done.err
    assert done.out == "../../out/main.mp4\n"
    assert (below / "../../out/main.mp4").is_file()
    assert "coast.t1: 2 s, ../../out/shots/coast.t1.mp4" in done.err
    assert list(below.iterdir()) == []
    assert "hint" not in wanflow("doctor").out
    assert json.loads(wanflow("takes", "--json").out)[0]["file"] == "out/shots/coast.t1.mp4"


@pytest.mark.parametrize("named", [False, True])
def test_a_problem_names_its_file_as_seen_from_here(
    named: bool, wanflow: Wanflow, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the production, and elsewhere by `-f`; JSON has the path from the production's folder (cli.md, JSON)."""
    rewrite("duration: 2", "duration: 99")
    folder = film.parent / "notes"
    folder.mkdir()
    monkeypatch.chdir(folder)
    words = ("-f", "../wanflow.yaml") if named else ()
    assert wanflow("validate", *words).out.startswith("../wanflow.yaml:16:15: ")
    assert wanflow("plan", *words).err.startswith("../wanflow.yaml:16:15: ")
    (problem,) = json.loads(wanflow("validate", *words, "--format", "json").out)
    assert problem["file"] == "wanflow.yaml"


def test_a_hint_needs_no_option_where_the_production_is_found(wanflow: Wanflow, below: Path) -> None:
    """The command of a hint finds it as well."""
    assert "hint: `wanflow list` shows the nodes\n" in wanflow("why", "nowhere").err


def test_the_nearest_production_counts(film: Path, below: Path, wanflow: Wanflow) -> None:
    """One that `init` makes inside another production is one of its own."""
    assert nearest_production() == Path("../../wanflow.yaml")
    assert wanflow("init").code == 0
    assert nearest_production() == Path("wanflow.yaml")
    assert [line.split(".")[0] for line in wanflow("list").out.splitlines()][:1] == ["valley"]


@pytest.mark.parametrize("folder", ["/", "removed"])
def test_where_no_folder_has_one_it_is_missed_here(
    folder: str, wanflow: Wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also at the root of the file system, and in a folder that was removed."""
    (tmp_path / "removed").mkdir()
    monkeypatch.chdir(tmp_path / folder)
    if folder == "removed":
        (tmp_path / "removed").rmdir()
    done = wanflow("plan")
    assert done.code == 2
    assert done.err.startswith("wanflow.yaml:1:1: the production `wanflow.yaml` does not exist")
    monkeypatch.chdir(tmp_path)
