"""Where the bytes of a vertex are on this machine."""

from __future__ import annotations

from pathlib import Path

from wanflow import digest
from wanflow.errors import MediaFault
from wanflow.graph.node import AssetVertex, ExtractVertex, ShotVertex
from wanflow.runner.parts import Parts
from wanflow.runner.stage import Stage
from wanflow.spec.source import FileSource
from wanflow.store.blobs import derived_file, take_path


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
