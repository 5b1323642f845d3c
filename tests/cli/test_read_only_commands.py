"""The commands that only look: validate, plan, list, graph, show, why, status, takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kit.project import SHORT, rewrite, write_production

MISSPELT = SHORT.replace("duration: 2", "duraton: 2").replace("duration: 3", "duration: 99")


def _actions(text: str) -> dict[str, str]:
    return {step["node"]: step["action"] for step in json.loads(text)["steps"]}


def test_validate_says_that_all_is_well(wanflow, film: Path) -> None:
    """A production without problems prints nothing on stdout and exits with 0."""
    assert wanflow("validate") == (0, "", "no problems in wanflow.yaml\n")


def test_validate_reports_every_problem(wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Problems stand on stdout, all of them, with file, line and column."""
    monkeypatch.chdir(tmp_path)
    write_production(tmp_path, MISSPELT)
    said = wanflow("validate")
    assert said.code == 2
    assert "wanflow.yaml:16:5:" in said.out
    assert "duration" in said.out
    assert "wanflow.yaml:22:15:" in said.out


def test_validate_as_json(wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A JSON list with exactly the keys of cli.md, JSON `validate`: those of the contract, then the code and the fix."""
    monkeypatch.chdir(tmp_path)
    write_production(tmp_path, MISSPELT)
    problems = json.loads(wanflow("validate", "--format", "json").out)
    keys = ("file", "line", "column", "severity", "message", "hint", "code", "fix")
    assert {tuple(problem) for problem in problems} == {keys}
    assert {(problem["file"], problem["line"], problem["severity"]) for problem in problems} >= {
        ("wanflow.yaml", 16, "error"),
        ("wanflow.yaml", 22, "error"),
    }


def test_validate_as_annotations(wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One workflow command a problem, whose file is found from the current folder."""
    monkeypatch.chdir(tmp_path)
    write_production(tmp_path / "film", MISSPELT)
    lines = wanflow("validate", "-f", "film/wanflow.yaml", "--format", "github").out.splitlines()
    assert any(line.startswith("::error file=film/wanflow.yaml,line=16,col=5::") for line in lines)
    assert all(line.startswith("::") for line in lines)


def test_a_missing_file_is_a_problem_with_a_way_out(wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a production every command says so and names `init`."""
    monkeypatch.chdir(tmp_path)
    for verb in (["plan"], ["run"], ["status"], ["why", "coast"]):
        said = wanflow(*verb)
        assert (said.code, said.out) == (2, "")
        assert "wanflow init" in said.err


def test_plan_shows_what_a_run_would_do(wanflow, film: Path) -> None:
    """The plan is on stdout; nothing but caches is written."""
    said = wanflow("plan")
    assert said.code == 0
    assert said.out.endswith("a run renders 2 takes (5 s of footage), extracts 1 clip and writes out/main.mp4\n")
    assert not (film.parent / "out").exists()


def test_plan_as_json_is_the_document(wanflow, film: Path) -> None:
    """`--json` prints one document and nothing else."""
    said = wanflow("plan", "--json")
    assert json.loads(said.out)["format"] == 1
    assert _actions(said.out) == {
        "coast.t1": "render",
        "approach.first_clip": "derive",
        "approach.t1": "render",
        "cut:main": "derive",
    }


def test_plan_tells_a_script_whether_something_would_run(wanflow, rendered: Path) -> None:
    """`--exit-code` makes 10 of a plan with work, and keeps 0 for one without."""
    assert wanflow("plan", "--exit-code").code == 0
    assert wanflow("plan", "--exit-code", "--set", "light=at noon").code == 10
    assert wanflow("plan", "--set", "light=at noon").code == 0


def test_quiet_plan_is_one_line(wanflow, rendered: Path) -> None:
    """`-q` leaves only the sentence."""
    assert wanflow("plan", "-q").out == "nothing to do: 4 nodes are up to date\n"


def test_an_unknown_var_is_refused(wanflow, film: Path) -> None:
    """`--set` with a name that no var has is an error, as is one without a value."""
    assert wanflow("plan", "--set", "lihgt=x").code == 2
    said = wanflow("plan", "--set", "light")
    assert said.code == 2
    assert "`light` is not NAME=VALUE" in said.err


def test_selectors_and_excludes(wanflow, film: Path) -> None:
    """`list` prints the nodes that a selector means, with what they need."""
    assert wanflow("list", "coast").out == "coast.t1\n"
    assert wanflow("list", "approach").out.split() == ["coast.t1", "approach.first_clip", "approach.t1"]
    assert wanflow("list", "coast+").out.split()[-1] == "cut:main"
    assert wanflow("list", "tag:water").out == "coast.t1\n"
    assert wanflow("list", "state:current").out == ""
    assert wanflow("list", "--exclude", "cut:main").out.split()[-1] == "approach.t1"


def test_an_unknown_name_is_answered_with_the_nearest(wanflow, film: Path) -> None:
    """A misspelt node is error 2 with a suggestion, for selectors and single nodes alike."""
    for words in (["list", "aproach"], ["why", "aproach"], ["show", "aproach"], ["plan", "aproach"]):
        said = wanflow(*words)
        assert (said.code, said.out) == (2, "")
        assert "did you mean `approach`?" in said.err


def test_a_take_that_nobody_asks_for_is_no_node(wanflow, film: Path) -> None:
    """A take's number beyond those of the plan names those that there are."""
    said = wanflow("why", "coast.t9")
    assert said.code == 2
    assert "`coast.t1`" in said.err


def test_graph_in_three_languages(wanflow, film: Path) -> None:
    """Mermaid by default, DOT and JSON on request."""
    assert wanflow("graph").out.startswith("flowchart LR\n")
    assert wanflow("graph", "--format", "dot").out.startswith("digraph wanflow {\n")
    assert len(json.loads(wanflow("graph", "--format", "json").out)["nodes"]) == 5


def test_show_resolves_the_request(wanflow, film: Path) -> None:
    """The prompt is interpolated, and every value says where it was written."""
    rows = {row["key"]: row for row in json.loads(wanflow("show", "coast", "--json").out)["request"]}
    assert rows["prompt"]["value"] == "The coast at dawn."
    assert rows["prompt"]["origin"].startswith("wanflow.yaml:15:")
    assert rows["model"]["origin"].startswith("wanflow.yaml:8:")
    assert rows["watermark"] == {"key": "watermark", "value": False, "origin": None}
    assert "wanflow.yaml:15:" in wanflow("show", "coast").out
    assert "tail 2 s" in wanflow("show", "approach.first_clip").out
    assert "out/main.mp4" in wanflow("show", "cut:main").out


def test_why_compares_with_the_last_run(wanflow, rendered: Path) -> None:
    """After an edit `why` shows the words; before, that nothing changed."""
    assert wanflow("why", "coast").out.splitlines()[0] == "coast.t1: up to date"
    rewrite(rendered, "light: at dawn", "light: at dusk")
    assert "[-dawn-]{+dusk+}" in wanflow("why", "coast").out
    assert "follows from coast.t2" in wanflow("why", "approach").out
    assert "follows from coast.t2" in wanflow("why", "cut:main").out
    assert "follows from coast.t2" in wanflow("why", "approach.first_clip").out


def test_status_before_and_after_an_edit(wanflow, rendered: Path) -> None:
    """One row a shot, with its state."""
    rewrite(rendered, "comes near", "comes nearer")
    rows = {row["shot"]: row for row in json.loads(wanflow("status", "--json").out)}
    assert {name: row["state"] for name, row in rows.items()} == {"coast": "current", "approach": "changed"}
    assert rows["coast"]["picked"] == 1
    said = wanflow("status").out.splitlines()
    assert [line.split()[0] for line in said if line] == ["shot", "coast", "approach", "cut", "cut:main", "2"]
    assert "outdated" in said[-3]


def test_state_selects_by_what_status_says(wanflow, rendered: Path) -> None:
    """`state:changed` means the shots that `status` calls so, with what they need."""
    rewrite(rendered, "comes near", "comes nearer")
    assert wanflow("list", "state:changed").out.split()[-1] == "approach.t2"


def test_takes_name_their_files(wanflow, rendered: Path) -> None:
    """Every take is listed with an existing file."""
    rows = json.loads(wanflow("takes", "--json").out)
    assert [(row["shot"], row["take"], row["picked"]) for row in rows] == [("coast", 1, True), ("approach", 1, True)]
    assert all((rendered.parent / row["file"]).is_file() for row in rows)
    assert len(wanflow("takes", "coast").out.splitlines()) == 2


def test_looking_writes_nothing_but_caches(wanflow, film: Path) -> None:
    """None of the commands that look leaves a file outside `.wanflow/`."""
    before = {path.name for path in film.parent.iterdir()}
    for words in (
        ["validate"],
        ["plan"],
        ["status"],
        ["takes"],
        ["list"],
        ["graph"],
        ["show", "coast"],
        ["why", "coast"],
    ):
        assert wanflow(*words).code == 0
    assert {path.name for path in film.parent.iterdir()} <= before | {".wanflow"}


def test_models_and_schema(wanflow) -> None:
    """The catalog and the schema are printed without a production."""
    assert "wan2.7-i2v" in wanflow("models").out
    assert "first_clip" in wanflow("models", "wan2.7-i2v").out
    assert "did you mean `wan2.7-i2v`?" in wanflow("models", "wan2.7-i2").err
    assert json.loads(wanflow("schema").out)["$schema"].endswith("2020-12/schema")
