"""Where each clip of a cut comes from, written beside the film: for labels, for archives, for whoever asks."""

from __future__ import annotations

from collections.abc import Sequence

from wanflow.digest import Canonical
from wanflow.graph.node import ShotVertex
from wanflow.planner.edit import EditItem
from wanflow.runner.stage import Stage

FORMAT = 1
MADE_ELSEWHERE = "file"
"""The model of a take that no model of the service made (`wanflow pick --file`)."""


def provenance(cut: str, output: str, items: Sequence[EditItem], stage: Stage) -> dict[str, Canonical]:
    """The sidecar of a cut without the film's own digest: of each item what made it, by which task, and when."""
    clips = [_clip(item, stage) for item in items]
    generated = any("shot" in clip and clip.get("model") != MADE_ELSEWHERE for clip in clips)
    head: dict[str, Canonical] = {"format": FORMAT, "cut": cut, "file": output}
    return head | {"generated_by_ai": generated, "clips": list[Canonical](clips)}


def _clip(item: EditItem, stage: Stage) -> dict[str, Canonical]:
    """A take with its provenance, a file that somebody brought with its digest, or the words of a title."""
    if item.vertex is None:
        return {"title": item.item.name}
    if not isinstance(stage.plan.graph.vertex(item.vertex), ShotVertex):
        return {"file": item.vertex.removeprefix("asset:"), "digest": item.digest}
    entry = stage.inventory.lock.shots[item.vertex]
    take = entry.takes[item.digest or ""]
    facts: dict[str, Canonical] = {
        "shot": item.vertex,
        "take": entry.numbers[take.digest],
        "model": take.model,
        "task_id": take.task_id,
        "request_id": take.request_id,
        "seed": take.seed,
        "digest": take.digest,
        "fingerprint": take.fingerprint,
        "date": take.date,
    }
    return {key: value for key, value in facts.items() if value is not None}
