"""What extracts and cuts are made from, as values that can be hashed before anything is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from wanflow import digest, timing
from wanflow.digest import Canonical
from wanflow.graph import recipe
from wanflow.graph.node import ExtractVertex, origin_id
from wanflow.graph.recipe import Identity
from wanflow.planner.reason import Code, Reason
from wanflow.planner.supply import Supply
from wanflow.spec.production import AS_FIRST, Cut, CutItem, CutShape, Shot
from wanflow.spec.source import FileSource, Frame, Piece, PieceOutside, ShotSource, Sound, frame_span
from wanflow.store.take import Film

ASSEMBLY_VERSION = 1
"""Raised when the same items would be assembled into another film."""


@dataclass(frozen=True, slots=True)
class EditItem:
    """One item of a cut with its clip known as far as it is.

    `continued_at` is the frame of this clip at which the next item's footage takes over, because the next item
    continues this clip from there; None where it does not. `start` and `stop` are the author's `in` and `out`.
    """

    vertex: str
    digest: str | None
    film: Film | None
    start: Decimal | None
    stop: Decimal | None
    continued_at: int | None
    slate: tuple[str, ...]


def extract_identity(vertex: ExtractVertex, source: Supply) -> Identity | Reason:
    """The identity of a piece, a promise while its source is not known, or the reason why it can't be cut."""
    if source.film is None and source.known:
        return Reason(Code.INPUT_FAILED, f"`{vertex.origin}` has no frames to cut `{vertex.id}` from")
    if source.film is None or source.digest is None:
        return recipe.promise(vertex.id)
    if isinstance(vertex.piece, Sound):
        return _sound_identity(vertex, source.digest, source.film)
    try:
        first, last = frame_span(vertex.piece, source.film.frames, source.film.rate)
    except PieceOutside as outside:
        return Reason(Code.INPUT_FAILED, f"`{vertex.id}`: {outside}")
    return recipe.part(source.digest, vertex.piece, first, last)


def extract_film(vertex: ExtractVertex, source: Supply) -> Film | None:
    """The clip that an extract will be; None for a frame, and where its source's length is not known."""
    film = source.film
    if film is None or isinstance(vertex.piece, Frame):
        return None
    if isinstance(vertex.piece, Sound):
        return Film(0, film.rate, 0, 0, film.samples, film.sample_rate)
    try:
        first, last = frame_span(vertex.piece, film.frames, film.rate)
    except PieceOutside:
        return None
    count = last - first + 1
    samples = timing.to_samples(count, film.rate) if film.samples else 0
    return Film(count, film.rate, film.width, film.height, samples, timing.SAMPLE_RATE if samples else 0)


def arrange(cut: Cut, supplies: Mapping[str, Supply], shots: Mapping[str, Shot], backend: str) -> tuple[EditItem, ...]:
    """A cut's items with what their vertices supply, and where each is taken over by the next one."""
    following = (*cut.items[1:], None)
    return tuple(
        _item(item, after, supplies, shots, slated=backend == "animatic")
        for item, after in zip(cut.items, following, strict=True)
    )


def cut_fingerprint(items: tuple[EditItem, ...], shape: CutShape = AS_FIRST) -> str | None:
    """The hash of all that determines a cut; None while one of its clips is not known."""
    if any(item.digest is None for item in items):
        return None
    made: dict[str, Canonical] = {"assembly": ASSEMBLY_VERSION, "items": [_item_json(item) for item in items]}
    return digest.of_json(made if shape == AS_FIRST else made | {"shape": _shape_json(shape)})


def continued_at(
    item: CutItem, after: CutItem | None, supplies: Mapping[str, Supply], shots: Mapping[str, Shot]
) -> int | None:
    """The frame of `item`'s clip at which the continuation that follows it takes over (format.md, Continuation)."""
    if after is None or after.keep_overlap or not isinstance(after.source, ShotSource):
        return None
    clips = [media.source for media in shots[after.source.shot].media if media.type == "first_clip"]
    origin = origin_id(item.source)
    film = supplies[origin].film
    for source in clips:
        if film is not None and isinstance(source, FileSource | ShotSource) and origin_id(source) == origin:
            return _first_frame(source.piece, film)
    return None


def _item(
    item: CutItem, after: CutItem | None, supplies: Mapping[str, Supply], shots: Mapping[str, Shot], *, slated: bool
) -> EditItem:
    supply = supplies[origin_id(item.source)]
    return EditItem(
        vertex=origin_id(item.source),
        digest=supply.digest,
        film=supply.film,
        start=item.start,
        stop=item.stop,
        continued_at=continued_at(item, after, supplies, shots),
        slate=supply.caption if slated and item.slate else (),
    )


def _first_frame(piece: Piece | None, film: Film) -> int | None:
    if piece is None or isinstance(piece, Sound):
        return 0
    try:
        return frame_span(piece, film.frames, film.rate)[0]
    except PieceOutside:
        return None  # the extract of this piece is blocked with the reason, and the cut with it


def _sound_identity(vertex: ExtractVertex, of: str, film: Film) -> Identity | Reason:
    if film.samples == 0:
        return Reason(Code.INPUT_FAILED, f"`{vertex.id}`: `{vertex.origin}` has no sound")
    return recipe.part(of, vertex.piece, 0, film.samples - 1)


def _shape_json(shape: CutShape) -> Canonical:
    size: list[Canonical] | None = None if shape.size is None else list(shape.size)
    return {"size": size, "rate": None if shape.rate is None else timing.rate_text(shape.rate), "fit": shape.fit}


def _item_json(item: EditItem) -> Canonical:
    return {
        "of": item.digest,
        "in": None if item.start is None else str(item.start.normalize()),
        "out": None if item.stop is None else str(item.stop.normalize()),
        "continued_at": item.continued_at,
        "slate": list(item.slate),
    }
