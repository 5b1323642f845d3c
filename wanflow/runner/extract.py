"""Extracts: frames, pieces and sound tracks, cut locally and kept by what they are, not by their bytes (law 5)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from wanflow import digest
from wanflow.errors import MediaFault
from wanflow.graph.node import AssetVertex, ExtractVertex, ShotVertex
from wanflow.graph.recipe import Identity
from wanflow.language.facts import Facts
from wanflow.language.source import FileSource, Frame, Piece, Sound
from wanflow.media.jobs import CutPiece, CutSound, GrabFrame, Job
from wanflow.planner import cut
from wanflow.planner.plan import Step
from wanflow.runner.context import Parts
from wanflow.runner.run_state import Stage
from wanflow.store import blobs, traces
from wanflow.store.blobs import derived_file, take_path

SUFFIX = {"frame": ".png", "piece": ".mp4", "sound": ".wav"}


async def derive_extract(step: Step, stage: Stage, parts: Parts) -> None:
    """Cut what a step names and keep it in the store; raises MediaFault, StoreFault."""
    vertex = stage.plan.graph.vertex(step.vertex)
    if not isinstance(vertex, ExtractVertex):
        raise TypeError(f"not an extract: {step.node}")
    source = stage.inputs(vertex)[vertex.origin]
    identity = cut.extract_identity(vertex, source)
    if not isinstance(identity, Mapping):
        raise MediaFault(identity.text)
    origin = file_of(vertex.origin, stage, parts)
    target = parts.store.temporary(SUFFIX[str(identity["op"])])
    facts = await parts.jobs(_job(vertex.piece, identity, origin, target), parts.limiter)
    key = digest.of_json(dict(identity))
    stage.learn_derived(key, keep_derived(key, target, facts, parts).name)


def keep_derived(key: str, made: Path, facts: Facts, parts: Parts) -> Path:
    """Move a derived file into the store and write down what it is; gives where it is now."""
    kept = blobs.adopt_derived(parts.store, made, facts.digest, made.suffix)
    traces.append_derived(parts.store, key, facts.digest, made.suffix)
    return kept


def _job(piece: Piece, identity: Identity, source: Path, target: Path) -> Job[Facts]:
    first, last = int(identity["first"]), int(identity["last"])
    match piece:
        case Frame():
            return GrabFrame(source, first, target)
        case Sound():
            return CutSound(source, target)
        case _:
            return CutPiece(source, first, last, target)


def file_of(vertex_id: str, stage: Stage, parts: Parts) -> Path:
    """The file of an asset, a shot's take or an extract; raises MediaFault where it isn't on this machine."""
    supply = stage.supply(vertex_id)
    match stage.plan.graph.vertex(vertex_id):
        case AssetVertex(source=FileSource(path)):
            return parts.folder / path
        case ShotVertex() if supply.digest is not None:
            return take_path(parts.store, supply.digest)
        case ExtractVertex() if name := stage.inventory.derived.get(digest.of_json(dict(supply.identity))):
            return derived_file(parts.store, name)
        case _:
            raise MediaFault(f"the file of `{vertex_id}` is not here", hint="run `wanflow plan` again")
