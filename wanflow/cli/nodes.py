"""Which one node a word on the command line means."""

from __future__ import annotations

from collections.abc import Sequence

from wanflow.errors import UnknownTarget
from wanflow.graph.node import Vertex
from wanflow.graph.select import single_shot
from wanflow.planner.plan import Plan, Step
from wanflow.report.text.words import listed, printable
from wanflow.suggest import did_you_mean


def vertex_of(plan: Plan, node: str) -> Vertex:
    """The vertex that a node's id, or a shot's name, belongs to; raises UnknownTarget with the nearest name."""
    return plan.graph.vertex(steps_of(plan, node)[0].vertex)


def steps_of(plan: Plan, node: str) -> tuple[Step, ...]:
    """The steps of a node, at least one: that of a take, or all of a shot. Raises UnknownTarget."""
    node = single_shot(plan.graph.production, node)
    steps = tuple(step for step in plan.steps if node in {step.node, step.vertex})
    if steps:
        return steps
    shot, mark, number = node.rpartition(".t")
    takes = [step.node for step in plan.steps if step.shot == shot and step.take]
    if mark and number.isdecimal() and takes:
        raise UnknownTarget(
            f"`{printable(node)}` is no take that `{shot}` asks for now",
            hint=f"it asks for {listed([f'`{take}`' for take in takes])}",
        )
    names = [name for step in plan.steps for name in (step.vertex, step.node)]
    raise unknown(node, names, "nothing here is called", "`wanflow list` shows the names")


def unknown(word: str, names: Sequence[str], complaint: str, way_out: str) -> UnknownTarget:
    """The error for a word that names nothing: with the nearest name, else with where the names are shown."""
    return UnknownTarget(f"{complaint} `{printable(word)}`", hint=did_you_mean(word, names) or way_out)
