"""Cuts: clips placed on a timeline, conformed once each, joined, and put under their name in `out/`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import anyio

from wanflow import timing
from wanflow.errors import MediaFault
from wanflow.graph.node import CutVertex
from wanflow.media import timeline
from wanflow.media.jobs import AssembleCut, ConformSegment
from wanflow.media.segment import SegmentRecipe
from wanflow.media.typeset import missing_glyphs
from wanflow.planner import edit
from wanflow.planner.edit import EditItem
from wanflow.planner.steps import Step
from wanflow.runner.derive import keep_derived
from wanflow.runner.event import CutFinished, CutProgress, Warned
from wanflow.runner.files import file_of
from wanflow.runner.parts import Parts
from wanflow.runner.provenance import provenance
from wanflow.runner.stage import Stage
from wanflow.spec.production import Cut, CutShape
from wanflow.store import blobs, cuts, durable
from wanflow.store.take import Film

DEFAULT_SIZE = (1280, 720)


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of a cut: what it is made from, and the clip's file."""

    recipe: SegmentRecipe
    source: Path


async def assemble_cut(step: Step, stage: Stage, parts: Parts) -> str:
    """Write a cut's file and give its path, relative to the production's folder; raises MediaFault, StoreFault."""
    vertex = stage.plan.graph.vertex(step.vertex)
    if not isinstance(vertex, CutVertex):
        raise TypeError(f"not a cut: {step.node}")
    items = items_of(vertex, stage)
    segments = _segments(items, vertex.cut.shape, stage, parts)
    _warn_of_boxes(step.node, items, parts)
    work = _Assembly(step.node, vertex.cut, parts, segments, stage, items)
    files = await work.conform()
    fingerprint = edit.cut_fingerprint(items, vertex.cut.shape)
    if fingerprint is None:
        raise MediaFault(f"`{step.node}` has a clip that is not there")
    await work.join(files, fingerprint)
    stage.learn_cut(vertex.cut.name, fingerprint)
    return vertex.cut.output


def place_items(items: tuple[EditItem, ...], rate: Fraction) -> tuple[timeline.Clip, ...]:
    """The items of a cut on a timeline; raises MediaFault where an `in` or `out` lies beyond the real clip."""
    placed = [timeline.Item(item.vertex, *_length(item), item.start, item.stop, item.continued_at) for item in items]
    try:
        return timeline.place(placed, rate)
    except timeline.OutsideClip as outside:
        raise MediaFault(str(outside), hint="change `in` or `out` of the item") from outside


class _Assembly:
    """One cut on its way: which segments are there, which are made now, how far it is."""

    def __init__(
        self,
        node: str,
        cut: Cut,
        parts: Parts,
        segments: tuple[Segment, ...],
        stage: Stage,
        items: tuple[EditItem, ...],
    ) -> None:
        self._node, self._cut, self._parts, self._segments, self._stage = node, cut, parts, segments, stage
        self._items = items
        self._encoded: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._copied = 0

    async def conform(self) -> tuple[Path, ...]:
        """Make the segments that are missing, side by side, and give all of them in order."""
        have = {segment.recipe.key(): self._kept(segment.recipe.key()) for segment in self._segments}
        missing = {segment.recipe.key(): segment for segment in self._segments if have[segment.recipe.key()] is None}
        self._copied = len(have) - len(missing)
        async with anyio.create_task_group() as group:
            for segment in missing.values():
                group.start_soon(self._conform, segment, have)
        return tuple(_present(have[segment.recipe.key()]) for segment in self._segments)

    async def join(self, files: tuple[Path, ...], fingerprint: str) -> None:
        """Join the segments under the cut's name and write down what it was made from."""
        target = self._parts.folder / self._cut.output
        durable.make_folder(target.parent)
        facts = await self._parts.jobs(AssembleCut(files, target), self._parts.limiter)
        self._note_provenance(facts.digest)
        keys = [segment.recipe.key() for segment in self._segments]
        cuts.remember(self._parts.store, self._cut.name, self._cut.output, fingerprint, keys)
        seconds = timing.decimal_text(facts.seconds, 3)
        self._parts.emit(CutFinished(self._node, self._cut.output, len(self._encoded), self._copied, seconds))

    def _note_provenance(self, digest: str) -> None:
        known = provenance(self._cut.name, self._cut.output, digest, self._items, self._stage)
        place = self._parts.folder / self._parts.out / f"{self._cut.name}.provenance.json"
        durable.write_whole(place, f"{json.dumps(known, ensure_ascii=False, indent=1)}\n".encode())

    async def _conform(self, segment: Segment, have: dict[str, Path | None]) -> None:
        key = segment.recipe.key()
        target = self._parts.store.temporary(".mov")
        job = ConformSegment(segment.source, segment.recipe, target)
        facts = await self._parts.jobs(job, self._parts.limiter, partial(self._progress, key))
        have[key] = kept = keep_derived(key, target, facts, self._parts)
        self._stage.learn_derived(key, kept.name)
        self._encoded[key] = segment.recipe.frames
        self._progress(key, segment.recipe.frames)

    def _progress(self, key: str, frames: int) -> None:
        self._done[key] = frames
        total = sum({segment.recipe.key(): segment.recipe.frames for segment in self._segments}.values())
        self._parts.emit(CutProgress(self._node, sum(self._done.values()), total))

    def _kept(self, key: str) -> Path | None:
        name = self._stage.inventory.derived.get(key)
        return None if name is None else blobs.derived_file(self._parts.store, name)


def _warn_of_boxes(node: str, items: tuple[EditItem, ...], parts: Parts) -> None:
    """Say once that the slates of a cut have characters that no font on this machine has."""
    missing = sorted(missing_glyphs("".join(line for item in items for line in item.slate)))
    if missing:
        shown = "".join(missing[:5]) + ("…" if len(missing) > 5 else "")
        words = f"no font here has `{shown}`, so the slates show boxes: install one, e.g. Noto Sans CJK"
        parts.emit(Warned(words, node))


def items_of(vertex: CutVertex, stage: Stage) -> tuple[EditItem, ...]:
    """The items of a cut with what there is of them by now."""
    production = stage.plan.graph.production
    return edit.arrange(vertex.cut, stage.inputs(vertex), production.shots, production.backend)


def frame_rate(items: tuple[EditItem, ...], shape: CutShape) -> Fraction:
    """The rate of a cut: its own, else that of its first item which is a video (format.md, Cuts)."""
    first = _first_film(items)
    return shape.rate or (first.rate if first is not None else timing.NOMINAL_RATE)


def _segments(items: tuple[EditItem, ...], shape: CutShape, stage: Stage, parts: Parts) -> tuple[Segment, ...]:
    rate = frame_rate(items, shape)
    whole = CutShape(shape.size or _even(_first_film(items)), rate, shape.fit)
    return tuple(_segment(clip, items[clip.item], whole, stage, parts) for clip in place_items(items, rate))


def _first_film(items: tuple[EditItem, ...]) -> Film | None:
    return next((item.film for item in items if item.film is not None and item.film.width), None)


def _segment(clip: timeline.Clip, item: EditItem, shape: CutShape, stage: Stage, parts: Parts) -> Segment:
    width, height = shape.size or DEFAULT_SIZE
    recipe = SegmentRecipe(
        source=item.digest or "",
        first=clip.first,
        count=clip.count,
        frames=clip.length,
        width=width,
        height=height,
        rate=shape.rate or timing.NOMINAL_RATE,
        slate=item.slate,
        fit=shape.fit,
    )
    return Segment(recipe, file_of(item.vertex, stage, parts))


def _length(item: EditItem) -> tuple[int, Fraction]:
    if item.film is None or item.film.frames == 0:
        raise MediaFault(f"`{item.vertex}` is no video and can't stand in a cut")
    return item.film.frames, item.film.rate


def _even(film: Film | None) -> tuple[int, int]:
    if film is None:
        return DEFAULT_SIZE
    return film.width // 2 * 2, film.height // 2 * 2


def _present(path: Path | None) -> Path:
    if path is None:
        raise MediaFault("a segment was not made")
    return path
