"""The productions that `wanflow init` writes: drawn pictures, a few shots, one cut; nothing is overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from math import sin
from pathlib import Path

from PIL import Image, ImageDraw

from wanflow.errors import UnknownTarget
from wanflow.language.pipeline import shipped
from wanflow.language.production import RESULTS_FOLDER
from wanflow.messages import joined, tr
from wanflow.records import immutable
from wanflow.schemas import PRODUCTION as PRODUCTION_SCHEMA
from wanflow.schemas import bundled, data_folder
from wanflow.store.lockfile import MERGED
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import MapNode, TextNode
from wanflow.yamldoc.parse import parse

Colour = tuple[int, int, int]

SIZE = (1280, 720)
SMOOTH = 2
"""Drawn this much larger, then made smaller, so that edges are smooth."""
GUTTER = 10
"""Pixels of white around each panel of a storyboard."""

MODELINE = "# yaml-language-server: $schema=wanflow.schema.json\n"

PRODUCTION = """\
wanflow: 1                      # format version
title: My First Film

vars:
  style: hand-painted gouache, warm light

defaults:                       # for every shot, where its model knows the parameter
  model: wan2.7-i2v
  resolution: 720P
  prompt_extend: false

shots:
  valley:                       # starts from a picture
    first_frame: sets/valley.png
    prompt: Dawn over the valley; mist drifts between the hills, ${style}.
    duration: 4

  climb:                        # goes on from the last 2 s of `valley` and lands on another picture
    first_clip: {shot: valley, tail: 2}
    last_frame: sets/summit.png
    prompt: The camera climbs above the mist to the summit as the sun rises, ${style}.
    duration: 6

cuts:
  main: [valley, climb]
"""

AGENTS_FILE = "AGENTS.md"
"""Name of the file that programs look for; one that the author wrote stays as it is."""

AGENTS = """\
# Working on this film

This folder is a production of wanflow: YAML files describe shots, `wanflow` renders them and writes the cuts.
These are the rules for programs that write it, such as a language model.

## Files

| file | what to do with it |
|---|---|
| `wanflow.yaml`, and the files that it includes | Edit them. |
| `wanflow.schema.json` | Read which keys there are; `wanflow models MODEL` shows what a model accepts. |
| `wanflow.lock` | Commit it. Never edit it by hand: `wanflow pick`, `hold` and `retake` do. |
| `.wanflow`, `out` | Never edit or delete anything in them: takes were paid for. |

## After each edit

```sh
wanflow validate --format json
wanflow plan --json
```

`validate` prints a list of problems, each with `file`, `line`, `column`, `message` and `hint`.
An empty list means that the production has no problem.
`plan` says what a run would do, why, and what it costs. Neither sends anything, and neither needs a key.

To see the film, render it for free:

```sh
wanflow run --backend animatic --json
```

To look at the takes:

```sh
wanflow status --json
wanflow takes --json
wanflow check --json
wanflow costs --json
```

## Never

- Never call `wanflow run` without `--backend animatic` unless a person asked for that run: it may spend money.
  Then pass the limit that the person named: `--budget "5 CNY"`.
- Never pass `--yes` of your own accord, and never ask for a key: wanflow reads it from the environment.
- Never call `wanflow gc --apply`, `resolve` or `cancel` unless a person asked for it.
- Never answer exit code 3 or 5 by trying again: a person decides about money and about lost submissions.
"""
"""Text of that file; `docs/agents.md` says more."""

KEPT = {".gitignore": f"{RESULTS_FOLDER}/\n", ".gitattributes": f"{MERGED}\n"}
"""Lines for git, by file; a file that exists keeps its own lines and gets those that it lacks."""


def templates() -> Mapping[str, Path]:
    """The productions that each use one of the pipelines that come with wanflow, by the pipeline's name."""
    return {file.stem: file for file in sorted((data_folder("pipelines") / "templates").glob("*.yaml"))}


def title_of(template: str) -> str:
    """What the pipeline of a template does, in the words of its file."""
    pipeline = shipped()[template]
    root = parse(pipeline.read_bytes(), pipeline.name).root
    title = root.find("title") if isinstance(root, MapNode) else None
    return title.text if isinstance(title, TextNode) else ""


def starting_files(template: str | None = None) -> Mapping[str, bytes]:
    """The files of a new production, by name; the production file comes last, so that it never exists alone.

    Raises UnknownTarget where no template has the name.
    """
    known = templates()
    if template is not None and template not in known:
        hints = (did_you_mean(template, known), tr("they are {known}", known=joined(", ", known)))
        raise UnknownTarget(
            tr("no template is called `{template}`", template=template), hint=joined(" ", filter(None, hints))
        )
    text = production(None if template is None else known[template])
    return {
        **{path: _png(draw()) for path, draw in _DRAWN.items() if path in text},
        "wanflow.yaml": text.encode(),
    }


@immutable
class Started:
    """What `init` did beside its files: lines added to files that existed, by path, and what a source had otherwise."""

    added: Mapping[str, Sequence[str]]
    notes: Sequence[str] = ()


def write(folder: Path, production_files: Mapping[str, bytes]) -> dict[str, list[str]]:
    """Write a new production, its schema, and what git needs; gives the lines that were added to files, by path.

    Raises UnknownTarget where a file of the production exists already.
    """
    added, yielding = dict[str, list[str]](), {*KEPT, AGENTS_FILE}
    beside = {
        "wanflow.schema.json": json.dumps(bundled(PRODUCTION_SCHEMA), ensure_ascii=False, indent=2) + "\n",
        **KEPT,
        AGENTS_FILE: AGENTS,
    }
    files = {**{name: text.encode() for name, text in beside.items()}, **production_files}
    there = [name for name in files if name not in yielding and (folder / name).exists()]
    if there:
        hint = tr("name another folder: `wanflow init DIR`")
        raise UnknownTarget(
            tr("`{folder}` exists already, and nothing is overwritten", folder=folder / there[0]), hint=hint
        )
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("xb") as file:
                file.write(content)
        except FileExistsError:
            if name not in yielding:
                raise
            if lines := _add_lines(path, KEPT.get(name, "").splitlines()):
                added[str(path)] = lines
    return added


def _add_lines(path: Path, wanted: Sequence[str]) -> list[str]:
    """Append the lines that a file of the author lacks; a line about the same path, as `!out`, counts."""
    known = path.read_bytes()
    # in a list of attributes they follow the path; a list of ignored paths has nothing but paths, not even comments
    attributes = path.name == ".gitattributes"
    about: Callable[[bytes], bytes] = (lambda line: line.split()[0]) if attributes else bytes.rstrip
    subjects = {about(line).strip(b"!/") for line in known.splitlines() if line.split()}
    missing = [line for line in wanted if about(line.encode()).strip(b"/") not in subjects]
    if missing:
        with path.open("ab") as file:
            file.write(b"\n" * (bool(known) and not known.endswith(b"\n")))
            file.write("".join(f"{line}\n" for line in missing).encode())
    return missing


def production(template: Path | None) -> str:
    """The text of the production file: that of a template, else the two shots of the default."""
    return MODELINE + (PRODUCTION if template is None else template.read_text(encoding="utf-8"))


def _valley() -> Image.Image:
    """Hills in mist before sunrise."""
    hills = [(380, 46, (150, 160, 186)), (470, 60, (112, 130, 150)), (575, 74, (70, 96, 104))]
    return _draw(((92, 110, 160), (246, 204, 170)), (420, 365, 44), hills)


def _summit() -> Image.Image:
    """A summit above the mist in full sun."""
    hills = [(560, 26, (222, 196, 178)), (620, 20, (236, 214, 196)), (500, 190, (98, 84, 88))]
    return _draw(((70, 130, 190), (252, 224, 160)), (860, 210, 62), hills)


def _storyboard() -> Image.Image:
    """Four panels in reading order: the valley, the mist, a ridge, the summit."""
    mist = [(330, 40, (206, 200, 206)), (450, 40, (214, 206, 204)), (590, 40, (190, 190, 192))]
    panels = (
        _valley(),
        _draw(((178, 180, 200), (240, 216, 196)), (420, 330, 40), mist),
        _draw(((120, 120, 160), (252, 214, 160)), (700, 300, 120), [(420, 150, (84, 78, 88))]),
        _summit(),
    )
    sheet = Image.new("RGB", SIZE, (255, 255, 255))
    width, height = SIZE[0] // 2, SIZE[1] // 2
    for number, panel in enumerate(panels):
        small = panel.resize((width - 2 * GUTTER, height - 2 * GUTTER), Image.Resampling.LANCZOS)
        sheet.paste(small, (number % 2 * width + GUTTER, number // 2 * height + GUTTER))
    return sheet


_DRAWN = {"sets/valley.png": _valley, "sets/summit.png": _summit, "sets/storyboard.png": _storyboard}


def _png(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _draw(
    sky: tuple[Colour, Colour], sun: tuple[int, int, int], hills: Sequence[tuple[int, int, Colour]]
) -> Image.Image:
    picture = Image.new("RGB", (SIZE[0] * SMOOTH, SIZE[1] * SMOOTH))
    draw = ImageDraw.Draw(picture)
    for row in range(picture.height):
        share = row / picture.height
        red, green, blue = (round(top + (bottom - top) * share) for top, bottom in zip(*sky, strict=True))
        draw.line([(0, row), (picture.width, row)], fill=(red, green, blue))
    x, y, radius = (SMOOTH * value for value in sun)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 240, 206))
    for seed, (height, swing, colour) in enumerate(hills):
        crest = [
            (x, SMOOTH * (height + swing * (sin(x / 410 + 2 * seed) + sin(x / 170 + seed) / 3)))
            for x in range(0, picture.width + 8, 8)
        ]
        draw.polygon([(0, picture.height), *crest, (picture.width, picture.height)], fill=colour)
    return picture.reduce(SMOOTH)
