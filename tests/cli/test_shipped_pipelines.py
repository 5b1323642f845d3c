"""The pipelines that come with wanflow, in an animatic, and the productions that `init --template` writes with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.conftest import Wanflow
from PIL import Image, ImageChops, ImageStat

from kit.film_checks import frames
from wanflow import api
from wanflow.language.pipeline import shipped
from wanflow.templates import starting_files, templates

NAMES = (
    "bridge",
    "character-sheet",
    "extend",
    "first-and-last",
    "loop",
    "relight",
    "restyle",
    "still-then-animate",
    "storyboard",
)

ALL = """\
wanflow: 1
defaults: {model: wan2.7-i2v, resolution: 720P, prompt_extend: false}
shots:
  valley: {first_frame: sets/valley.png, prompt: a valley, duration: 2}
  summit: {first_frame: sets/summit.png, prompt: a summit, duration: 2}
  longer: {use: extend, with: {clip: {shot: valley}, prompt: it goes on, duration: 3}}
  landed: {use: extend, with: {clip: {shot: valley}, prompt: 山顶, duration: 3, last_frame: sets/summit.png}}
  between: {use: bridge, with: {before: {shot: valley}, after: {shot: summit}, duration: 2}}
  endless: {use: loop, with: {clip: {shot: valley}, duration: 3}}
  night: {use: relight, with: {video: {shot: valley}, light: by night}}
  painted: {use: restyle, with: {video: {shot: valley}, style: oil on canvas}}
  board: {use: storyboard, with: {sheet: sets/valley.png, panels: "1. Wide shot: a valley.", duration: 2}}
cuts:
  all: {size: 320x180, items: [valley, longer, landed, between, summit, endless, night, painted, board]}
"""

FEEDS = {
    "longer": {"first_clip": "shot valley, tail 2 s"},
    "landed": {"first_clip": "shot valley, tail 2 s", "last_frame": "sets/summit.png"},
    "between": {"first_frame": "shot valley, last frame", "last_frame": "shot summit, first frame"},
    "endless": {"first_clip": "shot valley", "last_frame": "shot valley, first frame"},
    "night": {"video": "shot valley"},
    "painted": {"video": "shot valley"},
    "board": {"reference_1": "sets/valley.png"},
}
"""What each of them is made from, by its media."""


SAME, ANOTHER = 2.5, 4
"""How far two frames' mean colours are apart at most where one was made from the other, and at least where not."""


def ends(shot: str) -> tuple[Image.Image, Image.Image]:
    """The first and the last frame of a shot's take, decoded."""
    seen = frames(Path(f"out/shots/{shot}.t1.mp4"))
    return seen[0], seen[-1]


def apart(one: Image.Image, other: Image.Image) -> float:
    """How much two frames differ, by the channel that differs most."""
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


@pytest.fixture
def floor(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A production that uses all of them, in the current folder."""
    monkeypatch.chdir(tmp_path)
    for name, content in starting_files().items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(content)
    Path("wanflow.yaml").write_text(ALL, encoding="utf-8")
    return tmp_path


def test_each_of_them_renders_and_is_made_from_what_it_says(wanflow: Wanflow, floor: Path) -> None:
    """The right piece of the right clip on the right side, in films that are there in the end."""
    assert wanflow("validate").out == ""
    assert wanflow("run", "-q", "--grade", "final").code == 0  # a draft moves little: its ends are nearly the same
    production = api.load("wanflow.yaml")
    for name, feeds in FEEDS.items():
        (shot,) = production.addresses[name]
        rows = {row["key"]: row["value"] for row in json.loads(wanflow("show", name, "--json").out)["request"]}
        assert {key: rows[key] for key in feeds} == feeds, name
        assert Path(f"out/shots/{shot}.t1.mp4").is_file()
    assert Path("out/all.mp4").is_file()
    valley, summit, between, endless = (ends(shot) for shot in ("valley", "summit", "between/between", "endless/round"))
    assert apart(between[0], valley[1]) < SAME
    assert apart(between[1], summit[0]) < SAME
    assert apart(endless[1], endless[0]) < SAME
    assert min(apart(*valley), apart(*summit)) > ANOTHER, "the other ends would have been told apart"


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_sound_and_free_of_warnings(wanflow: Wanflow, alone: None, tmp_path: Path, name: str) -> None:
    """`init` asks nothing, and what it writes is planned as it is."""
    made = wanflow("init", str(tmp_path / "film"), "--template", name)
    assert (made.code, made.out) == (0, f"{tmp_path / 'film' / 'wanflow.yaml'}\n")
    file = str(tmp_path / "film" / "wanflow.yaml")
    assert wanflow("validate", "-f", file).out == ""
    plan = json.loads(wanflow("plan", "-f", file, "--json").out)
    assert plan["totals"]["render"] >= 1
    assert f"use: {name}" in Path(file).read_text(encoding="utf-8")


def test_a_template_renders(wanflow: Wanflow, alone: None, tmp_path: Path) -> None:
    """As the one without a template does."""
    file = str(tmp_path / "wanflow.yaml")
    assert wanflow("init", str(tmp_path), "--template", "restyle").code == 0
    assert wanflow("run", "-q", "-f", file).code == 0
    assert (tmp_path / "out" / "main.mp4").is_file()


def test_a_template_that_nobody_ships_is_told_with_the_nearest(wanflow: Wanflow, tmp_path: Path) -> None:
    """And nothing is written."""
    said = wanflow("init", str(tmp_path / "film"), "--template", "brige")
    assert said.code == 2
    assert "no template is called `brige`" in said.err
    assert "did you mean `bridge`?" in said.err
    assert not (tmp_path / "film").exists()


def test_every_pipeline_has_its_template() -> None:
    """Help, page and folder speak of the same ones."""
    assert tuple(shipped()) == tuple(templates()) == NAMES
