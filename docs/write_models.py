"""Writes `docs/models.md` from the catalog: what each model takes, with an example that loads.

.venv/bin/python docs/write_models.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from wanflow.catalog.model import Model
from wanflow.catalog.read import load_catalog
from wanflow.report.text.catalog import Section, sections, summary

PAGE = Path(__file__).parent / "models.md"

HEAD = """\
# Models

What each model takes, as `wanflow models` and `wanflow validate` know it: from the catalog in `schemas/models`, where every rule names its
source. Written by `docs/write_models.py`.
"""

EXAMPLES = {
    "wan2.6-r2v": """\
cast:
  keeper: {image: cast/keeper.png}
  gull: {video: cast/gull.mp4}

shots:
  talk:                         # several camera angles in one film
    model: wan2.6-r2v
    prompt: ${keeper} looks up from the lamp. Cut to ${gull}, which lands on the sill.
    size: 1280*720
    shot_type: multi
    duration: 10
""",
    "wan2.6-r2v-flash": """\
cast:
  gull: {video: cast/gull.mp4}

shots:
  draft:                        # quick, and without sound half as dear
    model: wan2.6-r2v-flash
    prompt: ${gull} circles the tower.
    size: 1280*720
    audio: false
    duration: 5
""",
    "wan2.7-i2v": """\
shots:
  coast:                        # from a picture
    model: wan2.7-i2v
    first_frame: sets/coast.png
    prompt: Waves roll in; a gull crosses.
    duration: 5

  nearer:                       # on from the last two seconds of it, to another picture
    model: wan2.7-i2v
    first_clip: {shot: coast, tail: 2}
    last_frame: sets/door.png
    prompt: The camera follows the gull to the lighthouse door.
    duration: 6
""",
    "wan2.7-r2v": """\
cast:
  keeper: {image: cast/keeper.png, voice: cast/keeper.wav}

shots:
  talk:                         # keeps a face and a voice
    model: wan2.7-r2v
    prompt: ${keeper} looks up and says that the light is out.
    duration: 4
""",
    "wan2.7-t2v": """\
shots:
  storm:                        # from words alone
    model: wan2.7-t2v
    prompt: A storm breaks over a rocky coast; a lighthouse stands firm.
    ratio: 16:9
    duration: 5
""",
    "wan2.7-videoedit": """\
shots:
  coast:
    model: wan2.7-i2v
    first_frame: sets/coast.png
    prompt: Waves roll in.
    duration: 5

  coast_at_night:               # the same film, at night
    model: wan2.7-videoedit
    video: {shot: coast}
    prompt: Turn day into a moonlit night.
""",
}
"""By model: a production that uses it."""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The whole page."""
    models = {model.name: model for model in load_catalog().values()}
    return "\n".join([HEAD, *(line for model in models.values() for line in _model(model))])


def _model(model: Model) -> Iterator[str]:
    yield f"## {model.name}\n"
    yield f"{'. '.join(summary(model))}.\n"
    for section in sections(model):
        yield from _table(section)
    yield f"```yaml\nwanflow: 1\n\n{EXAMPLES[model.name]}```\n"


def _table(section: Section) -> Iterator[str]:
    yield _row(section.titles)
    yield _row(("---",) * len(section.titles))
    yield from (
        _row((f"`{row[0]}`" if section.titles[1:2] == ("takes",) else row[0], *row[1:])) for row in section.rows
    )
    yield ""


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', 'or').replace('*', chr(92) + '*') for cell in cells)} |"


if __name__ == "__main__":
    main()
