"""Extracts: frames, pieces and sound tracks, made locally and stored by their identity, not by their bytes (law 5)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath

from wanflow import digest
from wanflow.boundary import Content
from wanflow.errors import MediaFault
from wanflow.graph.node import AssetVertex, ExtractVertex, ShotVertex
from wanflow.graph.recipe import Identity
from wanflow.language.source import Facts, FileSource, Frame, Piece, Sound
from wanflow.media.extract import ExtractFrame, ExtractPiece, ExtractSound
from wanflow.media.jobs import Job
from wanflow.messages import tr
from wanflow.planner import cut
from wanflow.planner.plan import Step
from wanflow.runner.context import RunContext, RunState
from wanflow.store import blobs, traces
from wanflow.store.blobs import derived_file, find_take

SUFFIX = {"frame": ".png", "piece": ".mp4", "sound": ".wav"}


async def derive_extract(step: Step, run_state: RunState, context: RunContext) -> None:
    """Make the extract of a step and store it; raises MediaFault, StoreFault."""
    vertex = run_state.plan.graph.vertex(step.vertex)
    if not isinstance(vertex, ExtractVertex):
        raise TypeError(f"not an extract: {step.node}")
    source = run_state.inputs(vertex)[vertex.origin]
    identity = cut.extract_identity(vertex, source)
    if not isinstance(identity, Mapping):
        raise MediaFault(identity.text)
    origin = file_of(vertex.origin, run_state, context)
    target = context.store.temporary(SUFFIX[str(identity["op"])])
    facts = await context.jobs(_job(vertex.piece, identity, origin, context.relative(target)))
    key = digest.of_json(dict(identity))
    keep_derived(key, target, facts, run_state, context)


def derived_of(key: str, run_state: RunState, context: RunContext) -> PurePath | None:
    """The derived file of a key, below the production's folder; None where it has to be made."""
    name = run_state.inventory.derived.get(key)
    return None if name is None else context.relative(derived_file(context.store, name))


def keep_derived(key: str, made: Path, facts: Facts, run_state: RunState, context: RunContext) -> PurePath:
    """Move a derived file into the store and record it; returns its place below the production's folder."""
    kept = blobs.adopt_derived(context.store, made, facts.digest, made.suffix)
    traces.append_derived(context.store, key, facts.digest, made.suffix)
    run_state.add_derived(key, kept.name)
    return context.relative(kept)


def _job(piece: Piece, identity: Identity, source: PurePath, target: PurePath) -> Job[Facts]:
    first, last = int(identity["first"]), int(identity["last"])
    match piece:
        case Frame():
            return ExtractFrame(source, first, target)
        case Sound():
            return ExtractSound(source, target)
        case _:
            return ExtractPiece(source, first, last, target)


def file_of(vertex_id: str, run_state: RunState, context: RunContext, take: str | None = None) -> PurePath:
    """The file of an asset, a take or an extract, below the production's folder; raises MediaFault without it.

    `take` is the digest of a shot's take, None for the one that counts.
    A file that became a link since the plan was made is judged again: it is about to be read or sent.
    """
    output = run_state.output(vertex_id)
    match run_state.plan.graph.vertex(vertex_id):
        case AssetVertex(source=FileSource(path)):
            run_state.plan.graph.production.opened(path, Content.MEDIA)
            return PurePath(path)
        case ShotVertex() if (digest_of := take or output.digest) and (file := find_take(context.store, digest_of)):
            return context.relative(file)
        case ExtractVertex() if kept := derived_of(digest.of_json(dict(output.identity)), run_state, context):
            return kept
        case _:
            raise MediaFault(
                tr("the file of `{vertex_id}` is not here", vertex_id=vertex_id), hint=tr("run `wanflow plan` again")
            )
