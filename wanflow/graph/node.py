"""The vertices of a shot graph: assets, shots, extracts and cuts; plain values, one sentence each."""

from __future__ import annotations

from wanflow import digest
from wanflow.language.production import Cut, Shot
from wanflow.language.source import DataSource, FileSource, Piece, ShotSource, UrlSource
from wanflow.masking import public_url
from wanflow.records import immutable

_ASSET, _CUT = "asset:", "cut:"
"""Beginnings of vertex ids; a shot has none, so that its name is its id."""

AssetSource = FileSource | UrlSource | DataSource


@immutable
class AssetVertex:
    """A file, an address or inline data that people bring; `source` is the whole of it, never a piece."""

    id: str
    source: AssetSource


@immutable
class ShotVertex:
    """A shot, standing for all its takes: which take has which number is known to the plan only."""

    id: str
    shot: Shot


@immutable
class ExtractVertex:
    """A frame, a piece or a sound track, cut locally from `origin` for one media slot of one shot."""

    id: str
    origin: str
    piece: Piece
    shot: str
    slot: str


@immutable
class CutVertex:
    """An edit of clips."""

    id: str
    cut: Cut


Vertex = AssetVertex | ShotVertex | ExtractVertex | CutVertex


def asset_id(source: AssetSource) -> str:
    """The vertex id of a whole asset: `asset:<path>`, an address in full, data by digest."""
    match source:
        case FileSource(path):
            return f"{_ASSET}{path}"
        case UrlSource(url, sha256):
            return f"{_ASSET}{url}" + (f"#{sha256}" if sha256 else "")
        case DataSource(digest=digest):
            return f"{_ASSET}data:{digest}"


def extract_id(shot: str, slot: str) -> str:
    """The vertex id of the extract that a media slot of a shot is fed with, e.g. `approach.first_clip`."""
    return f"{shot}.{slot}"


def cut_id(cut: str) -> str:
    """The vertex id of a cut, e.g. `cut:main`."""
    return f"{_CUT}{cut}"


def is_cut(vertex_id: str) -> bool:
    """Whether a vertex id is that of a cut."""
    return vertex_id.startswith(_CUT)


def cut_name(vertex_id: str) -> str:
    """The name of the cut with this vertex id; a name stays as it is."""
    return vertex_id.removeprefix(_CUT)


def asset_name(vertex_id: str) -> str:
    """The path or address of the asset with this vertex id; the id of another vertex stays as it is."""
    return vertex_id.removeprefix(_ASSET)


def origin_id(source: AssetSource | ShotSource) -> str:
    """The vertex that a source is, or that its piece is cut from."""
    return source.shot if isinstance(source, ShotSource) else asset_id(source)


def public_asset_id(url: str) -> str:
    """The vertex id of an address as anybody may read it: as `public_url`, but different for different addresses."""
    return _ASSET + (f"{public_url(url)}#{digest.of_bytes(url.encode())[:12]}" if public_url(url) != url else url)
