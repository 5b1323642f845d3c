"""Recipes and fingerprints: what determines a paid request, and the hash that names it (law 5)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from wanflow import digest
from wanflow.digest import Canonical
from wanflow.language.production import Shot
from wanflow.language.source import Frame, Head, Piece, Sound, Span, Tail, UrlSource
from wanflow.timebase import rate_text

KEY_VERSION = 1
EXTRACTION_VERSION = 1
SEEDS = 2**31

Identity = Mapping[str, str | int]
"""What an input is: a digest, the text of an address, or a piece of a digest. Never the bytes that ffmpeg wrote."""


def digest_identity(of: str) -> Identity:
    """The identity of a file or a take: its digest."""
    return {"digest": of}


def url_identity(source: UrlSource) -> Identity:
    """The identity of a URL: the pinned digest, else a hash of its whole text (a signature stays out of files)."""
    return digest_identity(source.sha256) if source.sha256 else {"url": digest.of_bytes(source.url.encode())}


def part_identity(of: str, piece: Piece, first: int, last: int, grid: Fraction | None = None) -> Identity:
    """The identity of a piece, a frame or a sound track: the digest it is cut from and the frames or samples.

    `grid` is the rate by which the frames of a clip of variable rate are counted, None for a constant rate; the first
    frame is the same by any.
    """
    counted = {} if grid is None or not last else {"grid": rate_text(grid)}
    return {"of": of, "op": operation(piece), "first": first, "last": last, "version": EXTRACTION_VERSION, **counted}


def operation(piece: Piece) -> str:
    """The operation that extracts a piece: `piece`, `frame` or `sound`."""
    match piece:
        case Frame():
            return "frame"
        case Sound():
            return "sound"
        case Tail() | Head() | Span():
            return "piece"


def placeholder(vertex: str) -> Identity:
    """Represents an input that is not known yet; equal placeholders will be the same thing."""
    return {"promise": vertex}


def placeholder_of_part(origin: Canonical, piece: Piece) -> Identity:
    """Represents a piece of an input that is not known yet; equal pieces of equal placeholders will be the same."""
    return placeholder(f"{digest.of_json(origin)} {piece}")


def is_placeholder(identity: Canonical) -> bool:
    """Whether an identity in a recipe represents something that is not made yet."""
    return isinstance(identity, Mapping) and "promise" in identity


def recipe(shot: Shot, backend: str, identities: Mapping[str, Identity]) -> dict[str, Canonical]:
    """All that determines a shot's request but its seed; `identities` are by media slot.

    A recipe has no names, places, order of keys, notes, tags, region or price (format.md, What counts as a change). The
    catalog leaves later parameters than those of key version 1 out of `shot.parameters` at their default (law 5).
    """
    media: list[Canonical] = []
    for item in shot.media:
        entry: dict[str, Canonical] = {"role": item.type, "is": dict(identities[item.slot])}
        if item.voice is not None:
            entry["voice"] = dict(identities[f"{item.slot}.voice"])
        media.append(entry)
    return {
        "key": KEY_VERSION,
        "backend": backend,
        "model": shot.model,
        "prompt": shot.prompt,
        "negative_prompt": shot.negative_prompt,
        "parameters": dict(shot.parameters),
        "media": media,
    }


def fingerprint(made_from: Canonical) -> str:
    """The hash of a recipe: with a seed it names a request to the service."""
    return digest.of_json(made_from)


def request_key(core: str, seed: int | None) -> str:
    """What the lock files picks under: the fingerprint, with the seed where the author gave one."""
    return core if seed is None else f"{core}+{seed}"


def parse_request_key(request: str) -> tuple[str, int | None]:
    """The fingerprint and the given seed of a request key; the seed is None where the author gave none."""
    core, mark, seed = request.partition("+")
    return core, int(seed) if mark and seed.isascii() and seed.isdecimal() else None


def seed_of(core: str, given: int | None, ordinal: int) -> int:
    """The seed of the take at `ordinal` (from 0): counted up from a given one, else derived from the request."""
    if given is not None:
        return (given + ordinal) % SEEDS
    return int(digest.of_bytes(f"{core}:{ordinal}".encode())[:8], 16) % SEEDS
