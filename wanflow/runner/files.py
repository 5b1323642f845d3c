"""Where the bytes of a vertex are on this machine."""

from __future__ import annotations

from pathlib import Path

from wanflow import digest
from wanflow.errors import MediaFault
from wanflow.graph.node import AssetVertex, ExtractVertex, ShotVertex, Vertex
from wanflow.planner.supply import Supply
from wanflow.runner.parts import Parts
from wanflow.spec.source import FileSource
from wanflow.store.blobs import find_derived, take_path


def file_of(vertex: Vertex, supply: Supply, parts: Parts) -> Path:
    """The file of an asset, a shot's take or an extract; raises MediaFault where it isn't on this machine."""
    match vertex:
        case AssetVertex(source=FileSource(path)):
            return parts.folder / path
        case ShotVertex() if supply.digest is not None:
            return take_path(parts.store, supply.digest)
        case ExtractVertex() if (cut := find_derived(parts.store, digest.of_json(dict(supply.identity)))) is not None:
            return cut
        case _:
            raise MediaFault(f"the file of `{vertex.id}` is not here", hint="run `wanflow plan` again")
