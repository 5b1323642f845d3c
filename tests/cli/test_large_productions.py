"""A production in several files, with a matrix and a pipeline: what is rendered, and what names mean."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.conftest import Wanflow, listed, shown

from kit.project import rewrite as rewrite_file
from kit.split_production import SHOTS


def actions(wanflow: Wanflow, *words: str) -> dict[str, str]:
    """What a run would do with each take."""
    said = wanflow("plan", "--json", *words)
    assert said.code == 0, said.err
    return {step["node"]: step["action"] for step in json.loads(said.out)["steps"] if step["kind"] == "take"}


def test_every_take_has_a_file_of_its_name(wanflow: Wanflow, harbour: Path) -> None:
    """Scenes, groups and pipelines are folders; what was rendered is up to date."""
    rows = json.loads(wanflow("takes", "--json").out)
    assert [(row["shot"], row["take"]) for row in rows] == [
        *(("look/film-noir", 1), ("look/水墨", 1), ("storm/start", 1), ("storm/end", 1), ("storm/end", 2)),
        ("harbour/arrival", 1),
    ]
    assert {row["file"] for row in rows} == {f"out/shots/{row['shot']}.t{row['take']}.mp4" for row in rows}
    assert all(Path(row["file"]).is_file() for row in rows)
    assert wanflow("plan", "--exit-code").code == 0


def _into_another_scene(folder: Path) -> None:
    (folder / "acts" / "one").mkdir(parents=True)
    text = (folder / "scenes/harbour.yaml").read_text(encoding="utf-8").replace("scene: harbour", "scene: 码头")
    (folder / "acts/one/quay.yaml").write_text(text.replace("../sets", "../../sets"), encoding="utf-8")
    (folder / "scenes/harbour.yaml").write_text("scene: harbour\n", encoding="utf-8")
    film = folder / "wanflow.yaml"
    rewrite_file(film, '"${acts}/*.yaml"', '"${acts}/*.yaml", acts/one/quay.yaml')
    film.write_text(film.read_text(encoding="utf-8").replace("harbour/arrival", "码头/arrival"), encoding="utf-8")


def _into_the_production_file(folder: Path) -> None:
    (folder / "scenes/harbour.yaml").write_text("vars: {unused: 1}\n", encoding="utf-8")
    film = folder / "wanflow.yaml"
    text = film.read_text(encoding="utf-8").replace("harbour/arrival", "arrival")
    shot = "  arrival:\n    prompt: The harbour ${light}.\n    first_frame: ./sets/../sets/coast.png\n\ncuts:"
    film.write_text(text.replace("cuts:", shot), encoding="utf-8")


def _into_an_included_file_of_the_scene(folder: Path) -> None:
    scene = folder / "scenes/harbour.yaml"
    shot = scene.read_text(encoding="utf-8").partition("\n")[2]
    (folder / "arrivals").mkdir()
    (folder / "arrivals/a.yaml").write_text(shot, encoding="utf-8")
    scene.write_text('scene: harbour\ninclude: ["../arrivals/*.yaml"]\n', encoding="utf-8")


def _all_in_one_pipeline_more(folder: Path) -> None:
    deeper = (
        "pipeline: deeper\ninputs:\n  clip: {type: media}\n  words: {type: string}\nshots:\n"
        "  all: {use: ../go_on.yaml, with: {words: '${words}', clip: {input: clip}}}\noutput: all\n"
    )
    (folder / "pipes/deep").mkdir()
    (folder / "pipes/deep/deeper.yaml").write_text(deeper, encoding="utf-8")
    rewrite_file(folder / "wanflow.yaml", "pipes/go_on.yaml", "pipes/deep/deeper.yaml")


MOVES = [_into_another_scene, _into_the_production_file, _into_an_included_file_of_the_scene, _all_in_one_pipeline_more]


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.__name__.strip("_"))
def test_moving_a_shot_never_renders_it_again(wanflow: Wanflow, harbour: Path, move: Callable[[Path], None]) -> None:
    """Nor what depends on it: another file, scene, relative path or pipeline is only another name."""
    move(harbour)
    assert set(actions(wanflow).values()) <= {"reuse", "restore"}
    said = wanflow("run", "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out.splitlines()[-1])["submitted"] == 0
    assert wanflow("plan", "--exit-code").code == 0


def test_a_new_value_renders_its_own_shots_only(wanflow: Wanflow, harbour: Path) -> None:
    """Before, between and behind the others; and so does a new value of a new dimension's."""
    rewrite_file(harbour / "wanflow.yaml", '[Film Noir, "${second}"]', '[Ash, Film Noir, Oil, "${second}", Zinc]')
    planned = actions(wanflow)
    assert {node for node, action in planned.items() if action != "reuse"} == {
        *("look/ash.t1", "look/oil.t1", "look/zinc.t1")
    }
    assert {planned[f"{name}.t1"] for name in SHOTS} == {"reuse"}


def test_the_name_of_a_pipeline_is_its_output(wanflow: Wanflow, harbour: Path) -> None:
    """For picking, showing, explaining, holding and asking for more; its parts have names too."""
    said = wanflow("pick", "storm", "2")
    assert (said.code, "take 2 of storm/end is picked" in said.err + said.out) == (0, True)
    picked = {row["shot"]: row["picked"] for row in json.loads(wanflow("status", "--json").out)}
    assert (picked["storm/end"], picked["storm/start"]) == (2, 1)
    assert wanflow("run", "-q").code == 0
    assert shown(wanflow, "storm")["prompt"] == "It is gone."
    assert wanflow("why", "storm").out.startswith("storm/end.t1: up to date\n")
    assert wanflow("why", "storm.t2").out.startswith("storm/end.t2: up to date\n")
    assert wanflow("hold", "storm").code == 0
    states = {row["shot"]: row["state"] for row in json.loads(wanflow("status", "--json").out)}
    assert (states["storm/end"], states["storm/start"]) == ("held", "current")
    assert (wanflow("release", "storm").code, wanflow("retake", "storm", "-n", "2").code) == (0, 0)
    assert {node for node, action in actions(wanflow).items() if action == "render"} == {"storm/end.t3", "storm/end.t4"}
    assert "`storm/end` has no take 9" in wanflow("pick", "storm", "9").err


def test_a_group_is_all_of_its_shots_and_no_single_one(wanflow: Wanflow, harbour: Path) -> None:
    """Where one take is meant, its members are named."""
    assert wanflow("hold", "look").code == 0
    states = {row["shot"]: row["state"] for row in json.loads(wanflow("status", "--json").out)}
    assert [name for name, state in states.items() if state == "held"] == ["look/film-noir", "look/水墨"]
    for words in (["pick", "look", "1"], ["show", "look"], ["why", "look"]):
        said = wanflow(*words)
        assert (said.code, said.out) == (2, "")
        assert "`look` is a group of 2 shots" in said.err
        assert "name one of them: `look/film-noir`, `look/水墨`" in said.err
    assert "`look.t1` is a group of 2 shots" in wanflow("show", "look.t1").err
    assert wanflow("pick", "look/水墨", "1").code == 0
    assert "did you mean `look/film-noir`?" in wanflow("list", "look/film-nor").err


def test_selectors_know_scenes_groups_and_pipelines(wanflow: Wanflow, harbour: Path) -> None:
    """Names, globs, tags, states, cuts, `+` and `--exclude`."""
    storm = ["harbour/arrival.t1", "storm/start.t1", "storm/end.t1", "storm/end.t2"]
    look = ["look/film-noir.t1", "look/水墨.t1"]
    assert listed(wanflow, "look") == listed(wanflow, "look/*") == look
    assert listed(wanflow, "storm") == listed(wanflow, "+storm") == listed(wanflow, "tag:night") == storm
    assert listed(wanflow, "storm/start") == storm[:2]
    assert listed(wanflow, "harbour") == listed(wanflow, "tag:water") == listed(wanflow, "harbour/*") == storm[:1]
    assert listed(wanflow, "*/水墨") == look[1:]
    assert listed(wanflow, "cut:main", "--exclude", "look") == storm
    assert listed(wanflow, "--exclude", "storm") == [*look, *storm[:2]]
    assert listed(wanflow, "storm", "--exclude", "harbour") == storm[1:]
    assert sorted(listed(wanflow, "harbour+")) == sorted([*look, *storm])
    assert listed(wanflow, "state:changed") == []
    rewrite_file(harbour / "wanflow.yaml", "mood: calm", "mood: rough")
    assert listed(wanflow, "state:changed") == ["harbour/arrival.t1", "storm/start.t2", "storm/end.t3", "storm/end.t4"]
    assert set(actions(wanflow, "--exclude", "storm/start").values()) == {"reuse"}


def test_a_run_of_one_name_leaves_the_others(wanflow: Wanflow, harbour: Path) -> None:
    """More of a Chinese member of a group, and of a scene; what they are called is where they are."""
    for name in ("look/水墨", "harbour"):
        assert wanflow("retake", name).code == 0
        said = wanflow("run", name, "--json")
        assert json.loads(said.out.splitlines()[-1])["submitted"] == 1
    assert Path("out/shots/look/水墨.t2.mp4").is_file()
    assert Path("out/shots/harbour/arrival.t2.mp4").is_file()
    rows = json.loads(wanflow("takes", "look/水墨", "--json").out)
    assert [(row["take"], row["picked"]) for row in rows] == [(1, True), (2, False)]
    assert wanflow("plan", "--exit-code").code == 0
