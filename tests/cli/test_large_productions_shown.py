"""A production in several files, with a matrix and a pipeline: where values come from, what validates, what is exported."""

from __future__ import annotations

import json
from pathlib import Path

import opentimelineio as otio
import pytest
from cli.conftest import Wanflow, listed, shown

from kit.project import rewrite as rewrite_file
from kit.split_production import FILES, SHOTS


def test_set_reaches_every_file_and_level(wanflow: Wanflow, unrun: Path) -> None:
    """Included files, values of a matrix and the names made of them, what pipelines are given, paths of includes."""
    assert shown(wanflow, "harbour/arrival", "--set", "light=at dusk")["prompt"] == "The harbour at dusk."
    assert shown(wanflow, "look/red-ink", "--set", "second=Red Ink")["prompt"] == "The coast at dawn, Red Ink."
    assert shown(wanflow, "storm/start", "--set", "mood=rough")["prompt"] == "The ship leaves, a rough sea."
    assert "`first_clip` lasts 1 s" in wanflow("plan", "--set", "tail=1").err
    (unrun / "other").mkdir()
    (unrun / "other/one.yaml").write_text(FILES["scenes/harbour.yaml"].replace("water", "land"), encoding="utf-8")
    assert listed(wanflow, "tag:land") == []
    assert listed(wanflow, "tag:land", "--set", "acts=other") == ["harbour/arrival.t1"]
    said = wanflow("list", "--set", "acts=nowhere")
    assert (said.code, "wanflow.yaml:3:11: no file matches `nowhere/*.yaml`" in said.err) == (2, True)
    assert "no var `words`" in wanflow("list", "--set", "words=x").err


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
        "origin": "pipes/go_on.yaml:8:13",
        "through": [{"name": "words", "origin": "wanflow.yaml:26:67"}, {"name": "mood", "origin": "--set"}],
    }
    assert rows["first_clip"]["through"] == [{"name": "clip", "origin": "wanflow.yaml:26:18"}]
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
    clips = list(otio.adapters.read_from_file("out/main.otio").video_tracks()[0].find_clips())
    names = [clip.name for clip in clips]
    assert len(set(names)) == len(names) == 4
    targets = {clip.media_reference.target_url for clip in clips}
    assert len(targets) == 4
    assert any("look/水墨.t1.mp4" in target for target in targets)
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
