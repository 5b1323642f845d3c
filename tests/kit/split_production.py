"""A production in several files, with a scene, a matrix and a pipeline."""

from __future__ import annotations

from pathlib import Path

from kit.project import write_production

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


def write_split_production(folder: Path) -> Path:
    """Write the production and the picture that its shots begin with; gives the production file."""
    file = write_production(folder)
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return file
