"""Tiny productions on disk, and the command line run on them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

SHORT = """\
wanflow: 1
title: Short

vars:
  light: at dawn

defaults:
  model: wan2.7-i2v
  resolution: 720P
  prompt_extend: false

shots:
  coast:
    first_frame: sets/coast.png
    prompt: The coast ${light}.
    duration: 2
    tags: [water]

  approach:
    first_clip: {shot: coast, tail: 2}
    prompt: The lighthouse comes near.
    duration: 3

cuts:
  main: [coast, approach]
"""
"""Two shots of five seconds together, the second going on from the first, and a cut of both."""

ONE = """\
wanflow: 1

shots:
  coast:
    model: wan2.7-i2v
    first_frame: sets/coast.png
    prompt: The coast at dawn.
    resolution: 720P
    duration: 2

cuts:
  main: [coast]
"""
"""One shot of two seconds and its cut."""


def write_production(folder: Path, text: str = SHORT) -> Path:
    """Write a production and the picture that it names; gives the production file."""
    (folder / "sets").mkdir(parents=True, exist_ok=True)
    hills = Image.radial_gradient("L").resize((320, 240))  # a plain picture gives a film that does not move
    Image.merge("RGB", (hills.point(lambda level: level // 3), hills.point(lambda level: level // 2), hills)).save(
        folder / "sets" / "coast.png"
    )
    file = folder / "wanflow.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def rewrite(file: Path, old: str, new: str) -> None:
    """Replace words in a file; they have to be there."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file.name}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def call(
    folder: Path, *words: str, environ: Mapping[str, str] | None = None, python: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run `wanflow` in a folder as its own process; `python` are the interpreter's own options."""
    return subprocess.run(
        [sys.executable, *python, "-m", "wanflow", *words],
        cwd=folder,
        env=clean(environ or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without anything that changes what wanflow does, and with `environ`."""
    ours = ("WANFLOW_", "DASHSCOPE_", "NO_COLOR", "_WANFLOW")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"COLUMNS": "100"} | environ
