"""Fixes: the edit that a hint means ends its problem, and none is given where it would not."""

from __future__ import annotations

from pathlib import Path

import pytest

from wanflow.language.fixes import TextEdit, fix_of
from wanflow.language.load import read
from wanflow.language.problem import Problem

SOUND = """\
wanflow: 1
vars: {light: at dawn}
cast: {mei: {image: mei.png}}
defaults: {model: wan2.7-r2v, resolution: 720P}
shots:
  coast: {prompt: "${mei} at the coast, ${light}"}
  near: {prompt: "She comes near.", references: [mei], tags: [a]}
cuts:
  main: [coast, {shot: near, transition: fade}]
"""


def problems_of(file: Path) -> tuple[Problem, ...]:
    """What is wrong with a production."""
    return read(file)[1]


def apply(file: Path, edit: TextEdit) -> str:
    """Do an edit, as a program does it; gives the line as it is then."""
    path = file.parent / edit.file
    lines = path.read_text(encoding="utf-8").split("\n")
    line = lines[edit.line - 1]
    lines[edit.line - 1] = line[: edit.column - 1] + edit.text + line[edit.end_column - 1 :]
    path.write_text("\n".join(lines), encoding="utf-8")
    return lines[edit.line - 1]


@pytest.mark.parametrize(
    ("old", "new", "edited"),
    [
        ("resolution:", "resolutoin:", ""),
        ("wan2.7-r2v", "wan2.7-r2", ""),
        ("wan2.7-r2v", '"wan2.7-r2"', 'defaults: {model: "wan2.7-r2v", resolution: 720P}'),
        ("720P", "720p", ""),
        ("[coast,", "[cost,", ""),
        ("shot: near", "shot: naer", ""),
        ("references: [mei]", "references: [mai]", ""),
        ("${light}", "${lihgt}", ""),
        ("${mei}", "$mei", ""),
        ("transition: fade", "transition: fde", ""),
        ("tags: [a]", "tags: a", ""),
        ("cuts:", "cuts：", ""),
        ("{image: mei", "{image： mei", ""),
        ("wanflow: 1\n", "wanflow: 1\ntitle: Wanflow: a film\n", 'title: "Wanflow: a film"'),
    ],
)
def test_a_fix_ends_its_problem(tmp_path: Path, old: str, new: str, edited: str) -> None:
    """Applied, the production has no problem any more; mostly it is what it was before the slip."""
    file = tmp_path / "wanflow.yaml"
    assert old in SOUND
    file.write_text(SOUND.replace(old, new, 1), encoding="utf-8")
    problem = problems_of(file)[0]
    edit = fix_of(problem)
    assert edit is not None, problem
    line = apply(file, edit)
    assert problems_of(file) == ()
    assert line == edited if edited else file.read_text(encoding="utf-8") == SOUND


def test_a_fix_is_in_the_file_of_its_problem(tmp_path: Path) -> None:
    """A scene that the production includes."""
    (tmp_path / "scenes").mkdir()
    scene = tmp_path / "scenes" / "sea.yaml"
    scene.write_text("scene: sea\nshots:\n  a: {prompt: x, model: wan2.7-t2v, duraton: 5}\n", encoding="utf-8")
    file = tmp_path / "wanflow.yaml"
    file.write_text("wanflow: 1\ninclude: [scenes/sea.yaml]\n", encoding="utf-8")
    (problem,) = problems_of(file)
    assert fix_of(problem) == TextEdit("scenes/sea.yaml", 3, 37, 44, "duration")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[coast,", "[{coast: {trim: [0, 1]}},"),
        ("title: x", "title: |x: y"),
        ('prompt: "She comes near."', "prompt: She: {a: b"),
        ("model: wan2.7-r2v", "model: wan2.`7-r2v"),
        ("720P", "huge"),
    ],
)
def test_no_fix_is_better_than_a_wrong_one(tmp_path: Path, old: str, new: str) -> None:
    """Where the hint is a form with parts to fill in, or the line does not show what is wrong."""
    file = tmp_path / "wanflow.yaml"
    text = SOUND.replace("vars:", "title: x\nvars:")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = problems_of(file)
    assert found
    for problem in found:
        edit = fix_of(problem)
        if edit is not None:
            before = file.read_text(encoding="utf-8")
            apply(file, edit)
            assert len(problems_of(file)) <= len(found)
            file.write_text(before, encoding="utf-8")
