"""Cuts: missing segments and sound are made, all are joined, and the film gets its name in `out/`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path, PurePath

import anyio

from wanflow import digest, timebase
from wanflow.characters import escaped_json
from wanflow.digest import Canonical
from wanflow.errors import MediaFault
from wanflow.graph.node import CutVertex, ShotVertex, asset_name
from wanflow.language.language_tags import iso_code
from wanflow.language.output_paths import FILM, provenance_file, soft_tracks
from wanflow.language.production import Cut, Production, TitleCard
from wanflow.language.source import Facts
from wanflow.language.timeline import total_frames
from wanflow.media.cut import AssembleCut, Chapter, CutLabels, CutRecipe, SubtitleTrack
from wanflow.media.jobs import Job
from wanflow.media.picture.conform import ConformSegment, JoinClips
from wanflow.media.picture.segment import JoinRecipe, SegmentRecipe
from wanflow.media.text.caption_layout import Caption
from wanflow.media.text.subtitles import FindLinesBeyond, ReadSubtitles
from wanflow.media.text.text_checks import CheckTexts, FindCovered, FindMissing
from wanflow.messages import joined, tr
from wanflow.planner.cut import Edit, EditItem, arrange, drawn_texts, film_size, is_drawn_anywhere, placed_at
from wanflow.planner.cut_layout import CutLayout, Segment, frame_rate, lay_out, notice_caption, place_items
from wanflow.planner.plan import Step
from wanflow.runner.context import RunContext, RunState
from wanflow.runner.cut_sound import make_sound
from wanflow.runner.events import CutFinished, CutProgress, Warned
from wanflow.runner.extract import derived_of, file_of, keep_derived
from wanflow.store import atomic, cut_records, outputs
from wanflow.store.take import MADE_ELSEWHERE


async def assemble_cut(step: Step, run_state: RunState, context: RunContext) -> str:
    """Write a cut's film and return its path, relative to the production's folder; raises MediaFault, StoreFault."""
    vertex = run_state.plan.graph.vertex(step.vertex)
    if not isinstance(vertex, CutVertex):
        raise TypeError(f"not a cut: {step.node}")
    production = run_state.plan.graph.production
    edit = arrange(vertex.cut, run_state.inputs(vertex), production.shots, production.provider)
    fingerprint = edit.fingerprint()
    if fingerprint is None:
        raise MediaFault(tr("a clip of `{node}` is missing", node=step.node))
    outputs.require_outputs(production, vertex.cut, context.store)
    for path, content in vertex.cut.finish.contents.items():
        production.opened(path, content)
    rate = frame_rate(edit)
    clips = place_items(edit, rate)
    captions = await _read_captions(edit, total_frames(clips), rate, context)
    await _warn_of_unseen_subtitles(step.node, edit, total_frames(clips), rate, context)
    if not is_drawn_anywhere(production, vertex.cut):
        await _warn_of_texts(step.node, edit, context, production)
        titles = (item.item.source.text for item in edit.items if isinstance(item.item.source, TitleCard))
        drawn = (*titles, *(line for item in edit.items for line in item.slate), *(each.text for each in captions))
        fonts = tuple(PurePath(path) for path, _ in vertex.cut.finish.fonts)
        edit = replace(edit, missing=await context.jobs(FindMissing("".join(drawn), fonts)))
    layout = lay_out(edit, clips, rate, captions)
    await _warn_of_covered_titles(step.node, layout, context)
    assembly = _Assembly(step.node, layout, context, run_state)
    await assembly.join(await assembly.make_segments(), fingerprint)
    run_state.add_cut(vertex.cut.name, fingerprint, edit.missing)
    return vertex.cut.output


class _Assembly:
    """The work on one cut: which segments are made now, and how far it is."""

    def __init__(self, node: str, layout: CutLayout, context: RunContext, run_state: RunState) -> None:
        self._node, self._layout, self._context, self._run_state = node, layout, context, run_state
        self._cut = layout.edit.cut
        self._encoded: set[str] = set()
        self._frames: dict[str, int] = {}
        self._total = layout.frames

    async def make_segments(self) -> dict[str, PurePath]:
        """Make the missing segments, side by side, and return the files of all by their keys."""
        wanted = {segment.recipe.key(): segment for segment in self._layout.segments}
        kept = {key: derived_of(key, self._run_state, self._context) for key in wanted}
        files = {key: file for key, file in kept.items() if file is not None}
        missing = {key: segment for key, segment in wanted.items() if key not in files}
        self._total = sum(segment.recipe.frames for segment in missing.values()) or self._layout.frames
        async with anyio.create_task_group() as group:
            for key, segment in missing.items():
                group.start_soon(self._make_segment, key, segment, files)
        return files

    async def _make_segment(self, key: str, segment: Segment, files: dict[str, PurePath]) -> None:
        made, recipe = self._context.store.temporary(".mov"), segment.recipe
        target, source = self._context.relative(made), self._file(segment.item)
        fonts = tuple(PurePath(path) for path, _ in self._cut.finish.fonts)
        job: Job[Facts]
        if isinstance(recipe, JoinRecipe):
            before = None if segment.before is None else self._file(segment.before)
            job = JoinClips(before, source, recipe, target, fonts)
        else:
            job = ConformSegment(source, recipe, target, fonts)
        facts = await self._context.jobs(job, partial(self._progress, key))
        files[key] = keep_derived(key, made, facts, self._run_state, self._context)
        self._encoded.add(key)
        self._progress(key, recipe.frames)

    async def join(self, files: Mapping[str, PurePath], fingerprint: str) -> None:
        """Join the segments, give the film the cut's name, and record what it was made from."""
        layout, cut, context = self._layout, self._cut, self._context
        sound = await make_sound(self._node, layout, files, self._run_state, context)
        sources = provenance(cut, layout.edit.items, self._run_state)
        made = context.store.temporary(FILM)
        job = AssembleCut(self._recipe(files, sound.files, digest.of_json(sources)), context.relative(made))
        # beside encoding, copying takes no time
        facts = await context.jobs(job, None if self._encoded else partial(self._progress, ""))
        keys = [*(segment.recipe.key() for segment in layout.segments), *sound.keys]
        self._publish(made, facts.digest, fingerprint, keys)
        described = {**sources, "digest": facts.digest}
        sidecar = context.folder / provenance_file(context.out, cut)
        text = escaped_json(json.dumps(described, ensure_ascii=False, indent=1))
        atomic.write_whole(sidecar, f"{text}\n".encode())
        seconds = timebase.decimal_text(facts.seconds, 3)
        copied = len(layout.segments) - len(self._encoded)
        context.emit(CutFinished(self._node, cut.output, len(self._encoded), copied, seconds))

    def _publish(self, made: Path, film: str, fingerprint: str, keys: Sequence[str]) -> None:
        """Move the film to its place; the record comes first, so that a kill leaves no unknown film."""
        store, cut, production = self._context.store, self._cut, self._run_state.plan.graph.production
        takes = [item.digest for item in self._layout.edit.items if item.digest and item.vertex in production.shots]
        outputs.require_outputs(production, cut, store)
        outputs.remove_former_subtitles(production, cut, store)
        tracks = [track.file for track in soft_tracks(self._context.out, cut)]
        with atomic.replacing(store.folder / cut.output, made) as draft:
            boxes = self._layout.edit.missing
            cut_records.remember(store, cut.name, cut.output, fingerprint, keys, takes, draft, tracks, boxes, film)

    def _recipe(self, files: Mapping[str, PurePath], sound: tuple[PurePath, ...], content: str) -> CutRecipe:
        layout, cut = self._layout, self._cut
        ends = [*(clip.begin for clip in layout.clips[1:]), layout.frames]
        clips = zip(layout.items, layout.clips, ends, strict=True)
        return CutRecipe(
            segments=tuple(files[segment.recipe.key()] for segment in layout.segments),
            frames=layout.frames,
            rate=layout.rate,
            sound=sound,
            tracks=tuple(
                SubtitleTrack(
                    PurePath(soft.subtitles.source.path),
                    PurePath(soft.file),
                    iso_code(soft.subtitles.language),
                    soft.title,
                    soft.subtitles.source.encoding,
                )
                for soft in soft_tracks(self._context.out, cut)
            ),
            chapters=tuple(Chapter(item.item.name, clip.begin, end) for item, clip, end in clips),
            sources=tuple(dict.fromkeys(filter(None, (self._file(item) for item in layout.items)))),
            label=self._own_label(content) if cut.finish.labelled else None,
        )

    def _own_label(self, content: str) -> CutLabels | None:
        """The film's own AI label; None where no clip was made by AI."""
        lock, models, mixed = self._run_state.inventory.lock, dict[str, None](), False
        for item in self._layout.items:
            vertex = None if item.vertex is None else self._run_state.plan.graph.vertex(item.vertex)
            take = lock.shots[vertex.id].takes.get(item.digest or "") if isinstance(vertex, ShotVertex) else None
            if take is not None and take.model != MADE_ELSEWHERE:
                models[take.model] = None
            elif item.film is not None:
                mixed = True
        return CutLabels(", ".join(models), content, mixed) if models else None

    def _file(self, item: EditItem) -> PurePath | None:
        return None if item.vertex is None else file_of(item.vertex, self._run_state, self._context)

    def _progress(self, key: str, frames: int) -> None:
        self._frames[key] = frames
        self._context.emit(CutProgress(self._node, sum(self._frames.values()), self._total))


async def _read_captions(edit: Edit, frames: int, rate: Fraction, context: RunContext) -> tuple[Caption, ...]:
    """All captions of a film of this length; raises MediaFault where subtitles cannot be read."""
    notice = notice_caption(edit.cut, frames, rate)
    captions = [] if notice is None else [notice]
    for track in edit.cut.finish.subtitles:
        if track.burned:
            place, edge = placed_at(track.position, film_size(edit))
            path = PurePath(track.source.path)
            read = await context.jobs(ReadSubtitles(path, frames, rate, track.source.encoding, place, edge))
            # `zh` means every Chinese script, and leaves the choice to the film
            language = None if track.language == "zh" else track.language
            captions += [replace(caption, language=language) for caption in read]
    return tuple(captions)


async def _warn_of_unseen_subtitles(node: str, edit: Edit, frames: int, rate: Fraction, context: RunContext) -> None:
    """Warn for each file with subtitles that begin after the film's end, unless that was said before the run."""
    for track in edit.cut.finish.subtitles:
        words = await context.jobs(FindLinesBeyond(PurePath(track.source.path), frames, rate, track.source.encoding))
        if words:
            text = tr("`{path}`: {words}", path=track.source.path, words=words)
            if text not in context.warned:
                context.emit(Warned(text, node))


async def _warn_of_texts(node: str, edit: Edit, context: RunContext, production: Production) -> None:
    """Warn of the texts of a cut that cannot be read: characters without a font, and ends that are cut off."""
    finish = edit.cut.finish
    burned = tuple(track for track in finish.subtitles if track.burned)
    fonts = tuple(PurePath(path) for path, _ in finish.fonts)
    texts = tuple(drawn_texts(production, edit.cut))
    for problem in await context.jobs(CheckTexts(texts, burned, fonts, finish.language, film_size(edit))):
        context.emit(Warned(joined(": ", (str(problem.place), problem.message, problem.hint or "")), node))


async def _warn_of_covered_titles(node: str, layout: CutLayout, context: RunContext) -> None:
    """Warn of each title that a burned line or the notice is drawn over."""
    titled = [
        (segment.recipe, segment.item.item.place)
        for segment in layout.segments
        if isinstance(segment.recipe, SegmentRecipe) and segment.recipe.card is not None and segment.recipe.captions
    ]
    if not titled:
        return
    fonts = tuple(PurePath(path) for path, _ in layout.edit.cut.finish.fonts)
    covered = await context.jobs(FindCovered(tuple(recipe for recipe, _ in titled), fonts))
    for place in dict.fromkeys(titled[at][1] for at in covered):
        words = tr("a burned line covers words of the title: shorten either, or move the line by `position`")
        context.emit(Warned(joined(": ", (str(place), words)), node))


FORMAT = 1
"""Version of the sidecar's format."""


def provenance(cut: Cut, items: Sequence[EditItem], run_state: RunState) -> dict[str, Canonical]:
    """The sidecar of a cut without the film's own digest: what made each item, by which task, and when."""
    clips = [_clip(item, run_state) for item in items]
    generated = any("shot" in clip and clip.get("model") != MADE_ELSEWHERE for clip in clips)
    head: dict[str, Canonical] = {"format": FORMAT, "cut": cut.name, "file": cut.output}
    if cut.finish.notice is not None:
        notice = cut.finish.notice
        size = {"seconds": str(notice.seconds), "height_percent": str(notice.height)}
        head["notice"] = {"text": notice.text, **size}
    return head | {"generated_by_ai": generated, "clips": list[Canonical](clips)}


def _clip(item: EditItem, run_state: RunState) -> dict[str, Canonical]:
    """A take with its provenance, an asset with its digest, or the text of a title."""
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
