"""Where the bytes of a vertex are on this machine."""

from __future__ import annotations

from pathlib import Path

from wanflow import digest
from wanflow.errors import MediaFault
from wanflow.graph.node import AssetVertex, ExtractVertex, ShotVertex, Vertex
from wanflow.planner.supply import Supply
from wanflow.runner.parts import Parts
from wanflow.spec.source import FileSource
from wanflow.store.blobs import derived_path, take_path


def file_of(vertex: Vertex, supply: Supply, derived: str | None, parts: Parts) -> Path:
    """The file of an asset, a shot's take or an extract; raises MediaFault where it isn't on this machine."""
    match vertex:
        case AssetVertex(source=FileSource(path)):
            return parts.folder / path
        case ShotVertex() if supply.digest is not None:
            return take_path(parts.store, supply.digest)
        case ExtractVertex() if derived is not None:
            return derived_path(parts.store, derived)
        case _:
            raise MediaFault(f"the file of `{vertex.id}` is not here", hint="run `wanflow plan` again")


def derived_key(supply: Supply) -> str:
    """The hash under which the store files what is cut locally."""
    return digest.of_json(supply.identity)
