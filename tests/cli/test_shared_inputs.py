"""Equal requests whose inputs are still to come are one take, however long the row in which they stand."""

from __future__ import annotations

import json
from pathlib import Path

from cli.conftest import Wanflow

from kit.project import write_production

PIPELINE = """\
pipeline: p
inputs: {word: {type: string}, picture: {type: media}}
shots:
  base: {first_frame: {input: picture}, prompt: same}
  mid: {first_frame: {shot: base, frame: last}, prompt: same too}
  longer: {first_clip: {shot: mid, tail: 2}, prompt: and on, duration: 3}
  end: {first_frame: {shot: longer, frame: 1.5}, prompt: "${word}"}
output: end
"""
FILM = """\
wanflow: 1
defaults: {resolution: 720P, model: wan2.7-i2v, duration: 2}
shots:
  ad: {matrix: {word: [one, two, three]}, use: p.yaml, with: {word: "${word}", picture: sets/coast.png}}
"""


def test_what_uses_of_a_pipeline_ask_alike_is_rendered_once(wanflow: Wanflow, film: Path) -> None:
    """The plan says so before any of it exists, and the run does no more."""
    write_production(film.parent, FILM)
    Path("p.yaml").write_text(PIPELINE, encoding="utf-8")
    plan = json.loads(wanflow("plan", "--json").out)
    rendered = [step["node"] for step in plan["steps"] if step["action"] == "render"]
    firsts = ("base", "mid", "longer", "end")
    assert sorted(rendered) == sorted([f"ad/one/{name}.t1" for name in firsts] + ["ad/two/end.t1", "ad/three/end.t1"])
    events = [json.loads(line) for line in wanflow("run", "--json").out.splitlines()]
    assert events[-1]["submitted"] == len(rendered)
    assert json.loads(wanflow("plan", "--json").out)["totals"]["render"] == 0


def test_other_pieces_of_one_promise_are_other_inputs(wanflow: Wanflow, film: Path) -> None:
    """Another frame of the same clip makes another request."""
    write_production(
        film.parent,
        "wanflow: 1\ndefaults: {resolution: 720P, model: wan2.7-i2v, duration: 2}\nshots:\n"
        "  a: {first_frame: sets/coast.png, prompt: a}\n"
        "  b: {first_frame: {shot: a, frame: last}, prompt: b}\n"
        "  c: {first_frame: {shot: a, frame: first}, prompt: b}\n",
    )
    plan = json.loads(wanflow("plan", "--json").out)
    assert plan["totals"]["render"] == 3
