"""Productions of several files, as their authors write them, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from wanflow.language.load import Found
from wanflow.language.problem import Problem
from wanflow.language.production import Shot
from wanflow.language.source import FileSource

HEAD = "wanflow: 1\ndefaults: {model: wan2.7-i2v}\n"
"""The two lines before the text of a production file, so that its own begins at line 3."""

A = "shots: {a: {first_frame: a.png}}\n"
B = "shots: {b: {first_frame: b.png}}\n"
"""Files of one shot each, whose name is at line 1, column 9."""

Files = Mapping[str, str]


def write_files(folder: Path, files: Files) -> Path:
    """Write files by their paths; `wanflow.yaml`, which is given back, gets `HEAD` where it has no version."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        own = name == "wanflow.yaml" and "wanflow:" not in text
        file.write_text((HEAD if own else "") + text, encoding="utf-8")
    return folder / "wanflow.yaml"


def texts_of(problems: Iterable[Problem]) -> list[tuple[str, str | None]]:
    """Place and words, and the hint, of each problem."""
    return [(f"{problem.place}: {problem.message}", problem.hint) for problem in problems]


def shots_of(found: Found) -> Mapping[str, Shot]:
    """The shots of a production that has to be sound."""
    production, problems = found
    assert production is not None, texts_of(problems)
    return production.shots


def paths_of(shot: Shot) -> list[str]:
    """The files that a shot is made from, voices too, in their order."""
    sources = [each for item in shot.media for each in (item.source, item.voice)]
    return [source.path for source in sources if isinstance(source, FileSource)]
