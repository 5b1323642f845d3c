"""A node as it will be requested or made, every value with the place it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wanflow.graph.build import sources_of
from wanflow.graph.node import AssetVertex, CutVertex, ExtractVertex, ShotVertex, Vertex
from wanflow.planner.steps import Step
from wanflow.report.cutrows import finish_rows, item_text
from wanflow.report.sources import piece_text, source_text
from wanflow.report.wording import columns, printable, visible
from wanflow.runner.body import body_of
from wanflow.spec.model import Value
from wanflow.spec.production import Media, Production, Shot
from wanflow.yamlvalue import Filled, Place

Body = Mapping[str, object]
"""The JSON object of a request."""


@dataclass(frozen=True, slots=True)
class Row:
    """One value of a node: its key, the value, and the place where it is written (None: the model's default).

    `filled` are the vars, inputs and values of a matrix that went into it.
    """

    key: str
    value: Value
    place: Place | None = None
    filled: tuple[Filled, ...] = ()

    @property
    def origin(self) -> str:
        """Where the value comes from: the place of the key's value, then of every name that was filled into it."""
        if self.place is None:
            return "default"
        return " ← ".join([str(self.place), *(_named(each) for each in self.filled)])

    def to_json(self) -> dict[str, object]:
        """As `show --json` prints it."""
        through = [{"name": each.name, "origin": str(each.place or "--set")} for each in self.filled]
        origin = str(self.place) if self.place else None
        return {"key": self.key, "value": self.value, "origin": origin, **({"through": through} if through else {})}


def rows_of(vertex: Vertex, production: Production) -> tuple[Row, ...]:
    """All that a node is made from, in the order of the request."""
    match vertex:
        case ShotVertex(shot=shot):
            return tuple(_of_shot(shot))
        case CutVertex(cut=cut):
            items = [Row(f"item {number}", item_text(item), item.place) for number, item in enumerate(cut.items, 1)]
            finish = [Row(key, words, cut.place) for key, words in finish_rows(cut)]
            return (Row("output", cut.output, cut.place), *items, *finish)
        case ExtractVertex():
            return tuple(_of_extract(vertex, production.shots[vertex.shot]))
        case AssetVertex(source=source):
            return (Row("source", source_text(source)),)


def request_of(vertex: Vertex, steps: Sequence[Step]) -> Body | None:
    """The body of the request for a shot's first take as it is sent, names in the place of addresses; else None."""
    if not isinstance(vertex, ShotVertex):
        return None
    names = {slot: source_text(source) for slot, source in sources_of(vertex.shot)}
    seed = next((step.seed for step in steps if step.take), None)
    return body_of(vertex.shot, seed, names).body


def show_text(node: str, rows: Sequence[Row], steps: Sequence[Step], request: Body | None = None) -> str:
    """The rows for people: key, where it is written, value; and the request as it is sent."""
    cells = [(row.key, row.origin, printable(_plain(row.value))) for row in rows]
    seeds = [(f"seed of take {step.take}", "", _seed(step)) for step in steps if step.take]
    lines = [node, *(f"  {line}" for line in columns([*cells, *seeds]))]
    if request is not None:
        body = visible(json.dumps(request, ensure_ascii=False, indent=2))
        lines += ["", "sent, with addresses in the place of names:", body]
    return "\n".join(lines)


def show_json(node: str, rows: Sequence[Row], steps: Sequence[Step], request: Body | None = None) -> dict[str, object]:
    """The rows for programs, and the request as it is sent."""
    takes = [{"take": step.take, "seed": step.seed} for step in steps if step.take]
    return {"node": node, "request": [row.to_json() for row in rows], "takes": takes, "body": request}


def _of_shot(shot: Shot) -> Iterator[Row]:
    yield from (Row(via.kind, via.words, via.place) for via in shot.via)
    yield _row(shot, "model", shot.model)
    for key, words in (("prompt", shot.prompt), ("negative_prompt", shot.negative_prompt)):
        if words is not None:
            yield _row(shot, key, words)
    for media in shot.media:
        yield from _of_media(media)
    for key, value in shot.parameters.items():
        yield _row(shot, key, value)


def _row(shot: Shot, key: str, value: Value) -> Row:
    written = shot.origins.get(key)
    return Row(key, value) if written is None else Row(key, value, written.place, written.filled)


def _named(filled: Filled) -> str:
    return f"{filled.name} {filled.place}" if filled.place is not None else f"--set {filled.name}"


def _of_extract(extract: ExtractVertex, shot: Shot) -> Iterator[Row]:
    places = [media.place for media in shot.media if extract.slot in {media.slot, f"{media.slot}.voice"}]
    place = places[0] if places else None
    origin = extract.origin.removeprefix("asset:")
    for key, value in (("from", origin), ("piece", piece_text(extract.piece)), ("for", extract.shot)):
        yield Row(key, value, place)


def _of_media(media: Media) -> Iterator[Row]:
    named = f"{media.cast}: " if media.cast else ""
    yield Row(
        media.slot, f"{named}{source_text(media.source)}", media.used_at if media.origin else media.place, media.origin
    )
    if media.voice is not None:
        yield Row(f"{media.slot}.voice", source_text(media.voice), media.spoken_at)


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _seed(step: Step) -> str:
    return "known when its input is" if step.seed is None else str(step.seed)
