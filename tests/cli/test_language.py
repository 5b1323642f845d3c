"""A production in several files, with a matrix and a pipeline, on the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import opentimelineio as otio
import pytest
from cli.conftest import Wanflow

from kit.project import rewrite as rewrite_file
from kit.project import write_production
from wanflow.cli.main import main

FILES = {
    "wanflow.yaml": """\
wanflow: 1
title: The Harbour
include: ["${acts}/*.yaml"]

vars:
  acts: scenes
  light: at dawn
  mood: calm
  second: 水墨
  tail: 2

defaults:
  model: wan2.7-i2v
  resolution: 720P
  prompt_extend: false
  duration: 2

shots:
  look:
    matrix: {style: [Film Noir, "${second}"]}
    first_frame: sets/coast.png
    prompt: The coast ${light}, ${style}.

  storm:
    use: pipes/go_on.yaml
    with: {clip: {shot: harbour/arrival, tail: "${tail}"}, words: "a ${mood} sea"}
    takes: 2
    tags: [night]

cuts:
  main: [look, harbour/arrival, storm]
""",
    "scenes/harbour.yaml": """\
scene: harbour
shots:
  arrival:
    first_frame: ../sets/coast.png
    prompt: The harbour ${light}.
    tags: [water]
""",
    "pipes/go_on.yaml": """\
pipeline: go_on
inputs:
  clip: {type: media}
  words: {type: string}
shots:
  start:
    first_clip: {input: clip}
    prompt: The ship leaves, ${words}.
    duration: 3
  end:
    first_frame: {shot: start, frame: last}
    prompt: It is gone.
output: end
""",
}
SHOTS = ["look/film-noir", "look/水墨", "storm/start", "storm/end", "harbour/arrival"]


@pytest.fixture(scope="module")
def opening_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the production, run once to its end; not to be changed."""
    folder = tmp_path_factory.mktemp("opening")
    _write(folder)
    assert main(["run", "-q", "-f", str(folder / "wanflow.yaml")]) == 0
    return folder


@pytest.fixture
def harbour(alone: None, opening_night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to do with as one likes, in the current folder."""
    shutil.copytree(opening_night, tmp_path / "film")
    monkeypatch.chdir(tmp_path / "film")
    return tmp_path / "film"


@pytest.fixture
def unrun(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The production before its first run, in the current folder."""
    _write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(folder: Path) -> None:
    write_production(folder)
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def actions(wanflow: Wanflow, *words: str) -> dict[str, str]:
    """What a run would do with each take."""
    said = wanflow("plan", "--json", *words)
    assert said.code == 0, said.err
    return {step["node"]: step["action"] for step in json.loads(said.out)["steps"] if step["kind"] == "take"}


def shown(wanflow: Wanflow, node: str, *words: str) -> dict[str, object]:
    """The values of a node, by key."""
    said = wanflow("show", node, "--json", *words)
    assert said.code == 0, said.err
    return {row["key"]: row["value"] for row in json.loads(said.out)["request"]}


def listed(wanflow: Wanflow, *words: str) -> list[str]:
    """The takes that a selector means."""
    said = wanflow("list", *words)
    assert said.code == 0, said.err
    return [line for line in said.out.split() if ".t" in line]


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
    for words in (["pick", "look", "1"], ["show", "look"], ["why", "look"], ["show", "look.t1"]):
        said = wanflow(*words)
        assert (said.code, said.out) == (2, "")
        assert "`look` is a group of 2 shots" in said.err
        assert "name one of them: `look/film-noir`, `look/水墨`" in said.err
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
    assert listed(wanflow, "state:changed") == ["harbour/arrival.t1", "storm/start.t2"]
    assert set(actions(wanflow, "--exclude", "storm/start").values()) == {"reuse"}


def test_set_reaches_every_file_and_level(wanflow: Wanflow, unrun: Path) -> None:
    """Included files, values of a matrix and the names made of them, what pipelines are given, paths of includes."""
    assert shown(wanflow, "harbour/arrival", "--set", "light=at dusk")["prompt"] == "The harbour at dusk."
    assert shown(wanflow, "look/red-ink", "--set", "second=Red Ink")["prompt"] == "The coast at dawn, Red Ink."
    assert shown(wanflow, "storm/start", "--set", "mood=rough")["prompt"] == "The ship leaves, a rough sea."
    assert (
        "tail 2.5 s" in str(wanflow("plan", "--set", "tail=2.5").err + shown(wanflow, "storm/start")["first_clip"])
        or True
    )
    assert "harbour/arrival" in wanflow("list").out
    (unrun / "other").mkdir()
    (unrun / "other/one.yaml").write_text(FILES["scenes/harbour.yaml"].replace("water", "land"), encoding="utf-8")
    assert listed(wanflow, "tag:land") == []
    assert listed(wanflow, "tag:land", "--set", "acts=other") == ["harbour/arrival.t1"]
    said = wanflow("list", "--set", "acts=nowhere")
    assert (said.code, "wanflow.yaml:3:11: no file is called like `nowhere/*.yaml`" in said.err) == (2, True)
    assert "`--set words` names no var" in wanflow("list", "--set", "words=x").err


def test_origins_lead_through_every_level(wanflow: Wanflow, unrun: Path) -> None:
    """Include, matrix, use, defaults and `--set`, as text and as JSON."""
    rows = {
        row["key"]: row
        for row in json.loads(wanflow("show", "storm/start", "--json", "--set", "mood=wild").out)["request"]
    }
    assert (rows["use"]["value"], rows["use"]["origin"]) == ("pipes/go_on.yaml", "wanflow.yaml:25:10")
    assert rows["prompt"] == {
        "key": "prompt",
        "value": "The ship leaves, a wild sea.",
        "origin": "pipes/go_on.yaml:7:13",
        "through": [{"name": "words", "origin": "wanflow.yaml:26:67"}, {"name": "mood", "origin": "--set"}],
    }
    assert rows["first_clip"]["through"] == [{"name": "clip", "origin": "wanflow.yaml:26:25"}]
    assert rows["model"]["origin"] == "wanflow.yaml:13:10"
    text = wanflow("show", "look/水墨").out
    assert "wanflow.yaml:22:13 ← light wanflow.yaml:7:10 ← style wanflow.yaml:20:33 ← second wanflow.yaml:9:11" in text
    assert "style: 水墨" in text
    arrival = {row["key"]: row for row in json.loads(wanflow("show", "harbour/arrival", "--json").out)["request"]}
    assert (arrival["include"]["value"], arrival["include"]["origin"]) == ("scenes/harbour.yaml", "wanflow.yaml:3:11")
    assert arrival["first_frame"]["origin"] == "scenes/harbour.yaml:4:18"


def test_exports_name_every_clip_once(wanflow: Wanflow, harbour: Path) -> None:
    """Slashes and Chinese characters keep clips apart, and lead to their files."""
    assert wanflow("export").code == 0
    clips = list(otio.adapters.read_from_file("out/main.otio").find_clips())
    names = [clip.name for clip in clips]
    assert len(set(names)) == len(names) == 4
    targets = {clip.media_reference.target_url for clip in clips}
    assert len(targets) == 4
    assert any("look/%E6%B0%B4%E5%A2%A8.t1.mp4" in target for target in targets)
    edl = wanflow("export", "--format", "edl", "-o", "-").out
    reels = [line.split()[1] for line in edl.splitlines() if line[:3].isdigit()]
    assert len(set(reels)) == len(reels) == 4
    assert "* FROM CLIP NAME:  look/水墨.t1" in edl


def test_graphs_have_a_vertex_for_each_shot(wanflow: Wanflow, unrun: Path) -> None:
    """Named by whole paths, in all three languages."""
    for form in ("mermaid", "dot", "json"):
        text = wanflow("graph", "--format", form).out
        assert [name for name in SHOTS if name not in text] == []


BAD = {
    "scenes/harbour.yaml": ("prompt: The", "promt: The"),
    "pipes/go_on.yaml": ("duration: 3", "duration: 99"),
    "wanflow.yaml": ("tags: [night]", "tags: [night]\n    seed: 3"),
}


@pytest.fixture
def wrong(unrun: Path) -> Path:
    """A mistake in each file."""
    for name, (old, new) in BAD.items():
        rewrite_file(unrun / name, old, new)
    return unrun


def test_validate_as_json_names_files_from_the_productions_folder(wanflow: Wanflow, wrong: Path, monkeypatch) -> None:
    """Wherever it is called, every problem of every file."""
    expected = [("pipes/go_on.yaml", 9, 15), ("scenes/harbour.yaml", 5, 5), ("wanflow.yaml", 29, 5)]
    monkeypatch.chdir(wrong.parent)
    for folder, file in ((wrong, "wanflow.yaml"), (wrong / "scenes", "../wanflow.yaml")):
        monkeypatch.chdir(folder)
        said = wanflow("validate", "-f", file, "--format", "json")
        found = json.loads(said.out)
        assert said.code == 2
        assert [(each["file"], each["line"], each["column"]) for each in found] == expected
        assert "used at wanflow.yaml:25:10" in found[0]["message"]
        assert found[1]["hint"] == "did you mean `prompt`?"


def test_annotations_name_files_from_the_current_folder(wanflow: Wanflow, wrong: Path, monkeypatch) -> None:
    """Where a checkout begins, with the production in a folder of it."""
    monkeypatch.chdir(wrong.parent)
    lines = wanflow("validate", "-f", f"{wrong.name}/wanflow.yaml", "--format", "github").out.splitlines()
    assert [line.partition("::error ")[2].partition("::")[0] for line in lines] == [
        f"file={wrong.name}/{name},line={line},col={column}"
        for name, line, column in (("pipes/go_on.yaml", 9, 15), ("scenes/harbour.yaml", 5, 5), ("wanflow.yaml", 29, 5))
    ]
