"""Where media comes from, in the words of the production file."""

from __future__ import annotations

from decimal import Decimal

from wanflow.graph.address import public
from wanflow.spec.source import (
    DataSource,
    FileSource,
    Frame,
    Head,
    Piece,
    ShotSource,
    Sound,
    Source,
    Span,
    Tail,
    UrlSource,
)


def source_text(source: Source) -> str:
    """`sets/coast.png`, `shot coast, tail 2 s`, an address without its query (which may hold a signature)."""
    match source:
        case FileSource(path, piece):
            return path + _of(piece)
        case ShotSource(shot, piece):
            return f"shot {shot}{_of(piece)}"
        case UrlSource(url, sha256):
            return public(url) + (f" (sha256 {sha256[:12]})" if sha256 else "")
        case DataSource(_, mime, digest):
            return f"inline {mime} (sha256 {digest[:12]})"


def piece_text(piece: Piece) -> str:
    """`tail 2 s`, `from 1 s to 3.5 s`, `last frame`, `sound`."""
    match piece:
        case Tail(seconds):
            return f"tail {_plain(seconds)} s"
        case Head(seconds):
            return f"head {_plain(seconds)} s"
        case Span(start, None):
            return f"from {_plain(start)} s"
        case Span(start, Decimal() as end):
            return f"from {_plain(start)} s to {_plain(end)} s"
        case Frame(Decimal() as at):
            return f"frame at {_plain(at)} s"
        case Frame(at):
            return f"{at} frame"
        case Sound():
            return "sound"
    raise TypeError(f"no such piece: {piece!r}")


def _of(piece: Piece | None) -> str:
    return f", {piece_text(piece)}" if piece is not None else ""


def _plain(seconds: Decimal) -> str:
    return f"{seconds:f}"
