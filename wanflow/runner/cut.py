"""Cuts: segments and sound made where they are missing, joined, and put under their name in `out/`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path, PurePath

import anyio

from wanflow import digest, timebase
from wanflow.digest import Canonical
from wanflow.errors import MediaFault
from wanflow.graph.node import CutVertex, ShotVertex, asset_name
from wanflow.language.facts import Facts
from wanflow.language.output_paths import FILM, provenance_file, subtitle_file
from wanflow.language.production import Subtitles
from wanflow.language.timeline import total_frames
from wanflow.media.cut import AssembleCut, Chapter, CutLabels, CutRecipe, SubtitleTrack
from wanflow.media.jobs import Job
from wanflow.media.picture.conform import ConformSegment, JoinClips
from wanflow.media.picture.segment import JoinRecipe, Recipe, SegmentRecipe
from wanflow.media.text.caption_layout import Caption
from wanflow.media.text.layout import missing_glyphs
from wanflow.media.text.subtitles import ReadSubtitles
from wanflow.planner.cut import Edit, EditItem, arrange
from wanflow.planner.cut_layout import CutLayout, Segment, frame_rate, lay_out, place_items
from wanflow.planner.plan import Step
from wanflow.runner.context import RunContext
from wanflow.runner.cut_sound import make_sound
from wanflow.runner.events import CutFinished, CutProgress, Warned
from wanflow.runner.extract import file_of, keep_derived
from wanflow.runner.run_state import RunState
from wanflow.store import atomic, blobs, cut_records, outputs


async def assemble_cut(step: Step, run_state: RunState, context: RunContext) -> str:
    """Write a cut's file and give its path, relative to the production's folder; raises MediaFault, StoreFault."""
    vertex = run_state.plan.graph.vertex(step.vertex)
    if not isinstance(vertex, CutVertex):
        raise TypeError(f"not a cut: {step.node}")
    production = run_state.plan.graph.production
    edit = arrange(vertex.cut, run_state.inputs(vertex), production.shots, production.provider)
    fingerprint = edit.fingerprint()
    if fingerprint is None:
        raise MediaFault(f"`{step.node}` has a clip that is not there")
    outputs.require_outputs(production, vertex.cut, context.store)
    rate = frame_rate(edit)
    clips = place_items(edit, rate)
    captions = await captions_of(edit, total_frames(clips), rate, context)
    montage = lay_out(edit, clips, rate, captions)
    warn_of_boxes(step.node, montage, context)
    work = _CutJob(step.node, montage, context, run_state)
    await work.join(await work.conform(), fingerprint)
    run_state.add_cut(vertex.cut.name, fingerprint)
    return vertex.cut.output


class _CutJob:
    """One cut on its way: which segments are there, which are made now, how far it is."""

    def __init__(self, node: str, montage: CutLayout, context: RunContext, run_state: RunState) -> None:
        self._node, self._montage, self._parts, self._stage = node, montage, context, run_state
        self._cut = montage.edit.cut
        self._encoded: set[str] = set()
        self._done: dict[str, int] = {}
        self._total = montage.frames

    async def conform(self) -> dict[str, PurePath]:
        """Make the segments that are missing, side by side, and give the files of all by their keys."""
        wanted = {segment.recipe.key(): segment for segment in self._montage.segments}
        have = {key: self._kept(key) for key in wanted}
        missing = [segment.recipe.frames for key, segment in wanted.items() if have[key] is None]
        self._total = sum(missing) or self._montage.frames
        async with anyio.create_task_group() as group:
            for key, segment in wanted.items():
                if have[key] is None:
                    group.start_soon(self._make, segment, have)
        return {key: _present(file) for key, file in have.items()}

    async def join(self, files: Mapping[str, PurePath], fingerprint: str) -> None:
        """Join the segments, put the film under the cut's name and write down what it was made from."""
        montage, cut = self._montage, self._cut
        sound = await make_sound(self._node, montage, files, self._stage, self._parts)
        made = self._parts.store.temporary(FILM)
        known = provenance(cut.name, cut.output, montage.edit.items, self._stage)
        film = self._film(files, sound.files, digest.of_json(known))
        listen = None if self._encoded else partial(self._progress, "")  # copying takes no time beside encoding
        facts = await self._parts.jobs(AssembleCut(film, self._parts.relative(made)), listen)
        keys = [*(segment.recipe.key() for segment in montage.segments), *sound.keys]
        self._publish(made, fingerprint, keys)
        self._note(known, facts)
        seconds = timebase.decimal_text(facts.seconds, 3)
        copied = len(montage.segments) - len(self._encoded)
        self._parts.emit(CutFinished(self._node, cut.output, len(self._encoded), copied, seconds))

    def _publish(self, made: Path, fingerprint: str, keys: Sequence[str]) -> None:
        """Move the film to its place; the record comes first, so that a kill leaves no film that is unknown."""
        store, cut = self._parts.store, self._cut
        shots = self._stage.plan.graph.production.shots
        takes = [item.digest for item in self._montage.edit.items if item.digest and item.vertex in shots]
        outputs.require_outputs(self._stage.plan.graph.production, cut, store)
        with atomic.replacing(store.folder / cut.output, made) as draft:
            cut_records.remember(store, cut.name, cut.output, fingerprint, keys, takes, draft)

    def _film(self, files: Mapping[str, PurePath], sound: tuple[PurePath, ...], content: str) -> CutRecipe:
        montage, finish = self._montage, self._cut.finish
        return CutRecipe(
            segments=tuple(files[segment.recipe.key()] for segment in montage.segments),
            frames=montage.frames,
            rate=montage.rate,
            sound=sound,
            tracks=tuple(self._track(track) for track in finish.subtitles),
            chapters=_chapters(montage),
            sources=tuple(dict.fromkeys(filter(None, (self._file(item) for item in montage.items)))),
            label=self._labelling(content) if finish.labelled else None,
        )

    def _track(self, track: Subtitles) -> SubtitleTrack:
        """Subtitles, beside which players that want a file of their own find one."""
        sidecar = PurePath(subtitle_file(self._parts.out, self._cut, track))
        return SubtitleTrack(PurePath(track.source.path), sidecar, track.language, track.burned)

    def _labelling(self, content: str) -> CutLabels | None:
        """What the film says of its making; None where nothing of it was made by AI."""
        lock, models, mixed = self._stage.inventory.lock, dict[str, None](), False
        for item in self._montage.items:
            vertex = None if item.vertex is None else self._stage.plan.graph.vertex(item.vertex)
            take = lock.shots[vertex.id].takes.get(item.digest or "") if isinstance(vertex, ShotVertex) else None
            if take is not None and take.model != MADE_ELSEWHERE:
                models[take.model] = None
            elif item.film is not None:
                mixed = True
        return CutLabels(", ".join(models), content, mixed) if models else None

    def _note(self, known: Mapping[str, Canonical], facts: Facts) -> None:
        """The sidecar that says where the clips come from."""
        told = {**known, "digest": facts.digest}
        place = self._parts.folder / provenance_file(self._parts.out, self._cut)
        atomic.write_whole(place, f"{json.dumps(told, ensure_ascii=False, indent=1)}\n".encode())

    async def _make(self, segment: Segment, have: dict[str, PurePath | None]) -> None:
        key = segment.recipe.key()
        target = self._parts.store.temporary(".mov")
        job = self._job(segment, segment.recipe, self._parts.relative(target))
        facts = await self._parts.jobs(job, partial(self._progress, key))
        have[key] = kept = self._parts.relative(keep_derived(key, target, facts, self._parts))
        self._stage.add_derived(key, kept.name)
        self._encoded.add(key)
        self._progress(key, segment.recipe.frames)

    def _job(self, segment: Segment, recipe: Recipe, target: PurePath) -> Job[Facts]:
        fonts = tuple(PurePath(path) for path, _ in self._montage.edit.cut.finish.fonts)
        if isinstance(recipe, JoinRecipe):
            before = None if segment.before is None else self._file(segment.before)
            return JoinClips(before, self._file(segment.item), recipe, target, fonts)
        return ConformSegment(self._file(segment.item), recipe, target, fonts)

    def _file(self, item: EditItem) -> PurePath | None:
        return None if item.vertex is None else file_of(item.vertex, self._stage, self._parts)

    def _progress(self, key: str, frames: int) -> None:
        self._done[key] = frames
        self._parts.emit(CutProgress(self._node, sum(self._done.values()), self._total))

    def _kept(self, key: str) -> PurePath | None:
        name = self._stage.inventory.derived.get(key)
        return None if name is None else self._parts.relative(blobs.derived_file(self._parts.store, name))


def _chapters(montage: CutLayout) -> tuple[Chapter, ...]:
    """One for each clip, from its first frame to that of the next."""
    ends = [*(clip.begin for clip in montage.clips[1:]), montage.frames]
    return tuple(
        Chapter(item.item.name, clip.begin, end)
        for item, clip, end in zip(montage.items, montage.clips, ends, strict=True)
    )


def _present(path: PurePath | None) -> PurePath:
    if path is None:
        raise MediaFault("a segment was not made")
    return path


async def captions_of(edit: Edit, frames: int, rate: Fraction, context: RunContext) -> tuple[Caption, ...]:
    """All captions of a film of this length; raises MediaFault where subtitles cannot be read."""
    found: list[Caption] = []
    for track in edit.cut.finish.subtitles:
        if track.burned:
            job = ReadSubtitles(PurePath(track.source.path), frames, rate)
            found += await context.jobs(job)
    notice = edit.cut.finish.notice
    if notice is not None:
        shown = min(frames, timebase.to_frames(notice.seconds, rate))
        found.append(Caption(notice.text, 0, shown, "top", notice.height))
    return tuple(found)


def warn_of_boxes(node: str, montage: CutLayout, context: RunContext) -> None:
    """Say once that the words drawn into a cut have characters that no font on this machine has."""
    drawn = {segment.recipe.key(): segment.recipe for segment in montage.segments}.values()
    words = "".join(words for recipe in drawn for words in _words(recipe))
    missing = sorted(missing_glyphs(words, tuple(context.folder / path for path, _ in montage.edit.cut.finish.fonts)))
    if missing:
        shown = "".join(missing[:5]) + ("…" if len(missing) > 5 else "")
        hint = "put one that has it into `fonts/`, or install one, e.g. Noto Sans CJK"
        context.emit(Warned(f"no font here has `{shown}`, so boxes are drawn: {hint}", node))


def _words(recipe: Recipe) -> Iterator[str]:
    if not isinstance(recipe, SegmentRecipe):
        sides = (recipe.before, recipe.after)
        yield from (words for side in sides if side is not None for words in _words(side))
        yield from (caption.text for caption in recipe.captions)
        return
    yield from recipe.slate
    yield from (caption.text for caption in recipe.captions)
    if recipe.card is not None and recipe.card.text is not None:
        yield recipe.card.text


FORMAT = 1
MADE_ELSEWHERE = "file"
"""The model of a take that no model of the service made (`wanflow pick --file`)."""


def provenance(cut: str, output: str, items: Sequence[EditItem], run_state: RunState) -> dict[str, Canonical]:
    """The sidecar of a cut without the film's own digest: of each item what made it, by which task, and when."""
    clips = [_clip(item, run_state) for item in items]
    generated = any("shot" in clip and clip.get("model") != MADE_ELSEWHERE for clip in clips)
    head: dict[str, Canonical] = {"format": FORMAT, "cut": cut, "file": output}
    return head | {"generated_by_ai": generated, "clips": list[Canonical](clips)}


def _clip(item: EditItem, run_state: RunState) -> dict[str, Canonical]:
    """A take with its provenance, a file that somebody brought with its digest, or the words of a title."""
    if item.vertex is None:
        return {"title": item.item.name}
    if not isinstance(run_state.plan.graph.vertex(item.vertex), ShotVertex):
        return {"file": asset_name(item.vertex), "digest": item.digest}
    entry = run_state.inventory.lock.shots[item.vertex]
    take = entry.takes[item.digest or ""]
    facts: dict[str, Canonical] = {
        "shot": item.vertex,
        "take": entry.numbers[take.digest],
        "model": take.model,
        "task_id": take.task_id,
        "request_id": take.request_id,
        "seed": take.seed,
        "digest": take.digest,
        "fingerprint": take.fingerprint,
        "date": take.date,
    }
    return {key: value for key, value in facts.items() if value is not None}
