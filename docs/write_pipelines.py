"""Writes `pipelines/README.md` from the pipelines themselves and the productions that show them.

.venv/bin/python docs/write_pipelines.py

A pipeline's words come from the comment at its top, its inputs and their notes from its file, its graph and its price from
the plan of the production that `wanflow init --template` writes with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import wanflow
from wanflow import money, timebase
from wanflow.cli.commands.init import starting_files
from wanflow.cli.init_templates import templates
from wanflow.graph.diagram import mermaid
from wanflow.language.pipeline import shipped
from wanflow.money import Bound
from wanflow.planner.plan import Plan, Step
from wanflow.schemas import data_folder
from wanflow.yamldoc.nodes import MapNode, TextNode
from wanflow.yamldoc.parse import parse

PAGE = data_folder("pipelines") / "README.md"

HEAD = """\
# Pipelines

Reusable sub-graphs that come with wanflow. Put one in the place of a shot by its bare name: `use: extend`, and what it
asks for under `with`. Its output stands for it, as `{shot: NAME}` and in cuts; `wanflow show NAME` says what is asked for.
`wanflow init --template extend` writes a small production with it that renders. Lists come from `matrix` beside `use`:

```yaml
wanflow: 1

defaults:
  model: wan2.7-i2v
  resolution: 720P

shots:
  valley:
    first_frame: sets/valley.png
    prompt: Dawn over the valley.
    duration: 3

  painted:
    matrix:
      look: [watercolour, ink on rice paper, oil on canvas]
    use: restyle
    with: {video: {shot: valley}, style: "${look}"}

cuts:
  looks: [painted]              # all three, in order
```

A pipeline of your own is a file like these, named by its path: `use: pipelines/storm.yaml`
([docs/language.md](../docs/language.md), [an example](../examples/05-own-pipeline/wanflow.yaml)).

This page is written by `docs/write_pipelines.py`; prices are list prices, region Beijing, 720P.
"""


class Shown(NamedTuple):
    """A pipeline in the production that shows it: the graph, what its own shots cost, and the text."""

    graph: str
    price: str
    text: str


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for name in shipped() for line in _section(name))])


def paragraphs(name: str) -> Sequence[str]:
    """The paragraphs of the comment at the top of a pipeline's file, without what is indented: drawings, examples."""
    lines = shipped()[name].read_text(encoding="utf-8").splitlines()[1:]
    comment = "\n".join(line.removeprefix("#") for line in lines[: lines.index("")])
    return [" ".join(part.split()) for part in comment.split("\n\n") if part.strip() and not _is_drawn(part)]


def show(name: str) -> Shown:
    """A pipeline's template, planned."""
    with TemporaryDirectory() as folder:
        for path, content in starting_files(name).items():
            file = Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        plan = wanflow.plan(wanflow.load(Path(folder) / "wanflow.yaml", backend="dashscope"))
    shots = plan.graph.production.shots
    steps = [step for step in plan.steps if step.take and step.shot in shots and shots[step.shot].via]
    return Shown(mermaid(plan.graph), _price(plan, steps), templates()[name].read_text(encoding="utf-8"))


def _price(plan: Plan, steps: Sequence[Step]) -> str:
    cost = money.total([step.cost for step in steps], plan.currency)
    mark = "at most " if cost.bound is Bound.AT_MOST else ""
    seconds = timebase.decimal_text(sum((step.seconds or Fraction(0) for step in steps), Fraction(0)), 2)
    date = plan.graph.production.prices.date(step.model or "" for step in steps)
    amount = f"{mark}{money.amount_text(cost.amount or Decimal(0))} {cost.currency}"
    return f"List price: {amount} ({seconds} s billed, 720P, prices of {date})."


def _section(name: str) -> Iterator[str]:
    seen, (purpose, *more) = show(name), paragraphs(name)
    yield f"## {name}\n"
    words = purpose.removeprefix(f"{name}: ")
    yield f"{words[0].upper()}{words[1:]}\n"
    yield from (f"{text}\n" for text in more if not text.startswith(("Example:", "List price:")))
    yield "| input | takes | left out | |"
    yield "|---|---|---|---|"
    yield from (_row(key, node) for key, node in _inputs(name))
    yield f"\n```yaml\n{seen.text}```\n"
    yield f"{seen.price}\n"
    yield f"```mermaid\n{seen.graph}\n```\n"


def _inputs(name: str) -> Iterator[tuple[str, MapNode]]:
    root = parse(shipped()[name].read_bytes(), name).root
    inputs = root.find("inputs") if isinstance(root, MapNode) else None
    for key, node in inputs.pairs if isinstance(inputs, MapNode) else ():
        if isinstance(node, MapNode):
            yield key.words, node


def _row(key: str, node: MapNode) -> str:
    kind, default, note = (node.find(part) for part in ("type", "default", "note"))
    words = [each.words if isinstance(each, TextNode) else "" for each in (kind, note)]
    if not isinstance(default, TextNode):
        left_out = "**needed**"
    else:
        left_out = "nothing" if default.value is None else f"`{' '.join(default.words.split())}`"
    return f"| `{key}` | {words[0]} | {left_out} | {words[1]} |"


def _is_drawn(part: str) -> bool:
    return part.lstrip("\n").startswith("  ")


if __name__ == "__main__":
    main()
