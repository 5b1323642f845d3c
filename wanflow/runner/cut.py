"""Cuts: missing segments and sound are made, all are joined, and the film gets its name in `out/`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
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
from wanflow.language.checks import Check
from wanflow.language.language_tags import iso_code
from wanflow.language.output_paths import FILM, SoftTrack, provenance_file, soft_tracks
from wanflow.language.production import Production
from wanflow.language.source import Facts
from wanflow.language.timeline import total_frames
from wanflow.media.checks.color_match import CompareColors
from wanflow.media.cut import AssembleCut, Chapter, CutLabels, CutRecipe, SubtitleTrack
from wanflow.media.jobs import Job
from wanflow.media.picture.conform import ConformSegment, JoinClips
from wanflow.media.picture.segment import JoinRecipe
from wanflow.media.text.caption_layout import Caption
from wanflow.media.text.subtitles import FindLinesBeyond, ReadSubtitles, to_captions, to_lines
from wanflow.media.text.text_checks import CheckTexts, FindCovered, FindFamilies, FindMissing
from wanflow.messages import joined, tr
from wanflow.planner.conformity import ColorPair, color_pairs
from wanflow.planner.cut import (
    Edit,
    EditItem,
    EditSound,
    arrange,
    due_deliveries,
    film_size,
    placed_at,
)
from wanflow.planner.cut_layout import CutLayout, Segment, frame_rate, lay_out, notice_caption, place_items
from wanflow.planner.cut_lines import PlacedLine, lines_in, lines_on_slates, place_lines
from wanflow.planner.decide import Decision
from wanflow.planner.drawn_texts import drawn_texts, is_drawn_anywhere
from wanflow.planner.plan import Step
from wanflow.runner.context import RunContext, RunState
from wanflow.runner.cut_sound import make_sound
from wanflow.runner.delivery import CutMeter, DeliverableFilm, make_deliveries
from wanflow.runner.events import CutFinished, Warned
from wanflow.runner.extract import derived_of, file_of, keep_derived
from wanflow.store import atomic, cut_records, outputs
from wanflow.store.findings import Finding
from wanflow.store.take import MADE_ELSEWHERE


async def assemble_cut(step: Step, decision: Decision, run_state: RunState, context: RunContext) -> str:
    """Write what was decided of a cut's film and its deliveries, and return the film's path.

    The path is relative to the production's folder. Raises MediaFault, ToolMissing, StoreFault.
    """
    vertex = run_state.plan.graph.vertex(step.vertex)
    if not isinstance(vertex, CutVertex):
        raise TypeError(f"not a cut: {step.node}")
    production = run_state.plan.graph.production
    edit = arrange(vertex.cut, run_state.inputs(vertex), production.shots, production.provider)
    fingerprint = edit.fingerprint()
    if fingerprint is None:
        raise MediaFault(tr("a clip of `{node}` is missing", node=step.node))
    outputs.require_outputs(production, vertex.cut, context.store)
    if vertex.cut.output in decision.writes:
        await _assemble_film(step.node, edit, fingerprint, run_state, context)
        return vertex.cut.output
    written = cut_records.current(context.store, {vertex.cut.name: vertex.cut.output}).get(vertex.cut.name)
    if written is None:
        raise MediaFault(tr("`{file}` changed just now", file=vertex.cut.output), hint=tr("run `wanflow plan` again"))
    rate = frame_rate(edit)
    frames = total_frames(place_items(edit, rate))
    content = written.digest or digest.of_file(context.folder / vertex.cut.output)
    film = DeliverableFilm(vertex.cut, content, frames, rate, film_size(edit))
    finished = CutFinished(step.node, vertex.cut.output, 0, 0, _seconds(film))
    meter = CutMeter(step.node, context, frames * len(decision.writes))
    await _deliver(film, edit, finished, meter, run_state, context)
    return vertex.cut.output


async def _assemble_film(node: str, edit: Edit, fingerprint: str, run_state: RunState, context: RunContext) -> None:
    """Write a cut's film, then its deliveries."""
    production, cut = run_state.plan.graph.production, edit.cut
    for path, content in cut.finish.contents.items():
        production.opened(path, content)
    rate = frame_rate(edit)
    clips = place_items(edit, rate)
    lines = place_lines(edit, clips)
    captions = await _read_captions(edit, lines, total_frames(clips), rate, context)
    await _warn_of_unseen_subtitles(node, edit, total_frames(clips), rate, context)
    if not is_drawn_anywhere(production, cut):
        await _warn_of_texts(node, edit, context, production)
        titles = [title for item in edit.items for _, title in item.item.titles]
        drawn = (
            *(title.text for title in titles),
            *(line for item in edit.items for line in item.slate),
            *(each.text for each in captions),
        )
        fonts = tuple(PurePath(path) for path, _ in cut.finish.fonts)
        named = tuple(dict.fromkeys(title.font for title in titles if isinstance(title.font, str)))
        families = await context.jobs(FindFamilies(named, fonts)) if named else {}
        edit = replace(edit, missing=await context.jobs(FindMissing("".join(drawn), fonts)), families=families)
    layout = lay_out(edit, clips, rate, captions)
    await _warn_of_covered_titles(node, layout, context)
    meter = CutMeter(node, context, layout.frames)
    assembly = _Assembly(node, layout, lines, context, run_state, meter)
    facts = await assembly.join(await assembly.make_segments(), fingerprint)
    run_state.add_cut(cut.name, fingerprint, edit.missing)
    film = DeliverableFilm(cut, facts.digest, layout.frames, rate, film_size(edit))
    await _warn_of_colors(node, layout, assembly.encoded_clips, run_state, context)
    encoded = assembly.encoded
    finished = CutFinished(node, cut.output, encoded, len(layout.segments) - encoded, _seconds(film))
    await _deliver(film, edit, finished, meter, run_state, context)


async def _warn_of_colors(
    node: str, layout: CutLayout, changed: Collection[int], run_state: RunState, context: RunContext
) -> None:
    """Warn of neighbours whose colours should match and differ, where a clip of the two was encoded now.

    `changed` are the positions of such clips. What was said of the others stays as it was.
    """
    production = run_state.plan.graph.production

    async def compare(pair: ColorPair) -> None:
        before, after = (
            file_of(item.vertex or "", run_state, context, item.digest) for item in (pair.before, pair.after)
        )
        measure = await context.jobs(CompareColors(before, pair.last, after, pair.first))
        if measure is not None and measure > pair.limit:
            finding = Finding(Check.COLOR, measure, pair.limit)
            names = f"{pair.before.name} → {pair.after.name}"
            context.emit(Warned(joined(": ", (names, finding.text)), node))

    async with anyio.create_task_group() as group:
        for pair in color_pairs(layout, production, run_state.inventory.lock):
            if pair.position in changed or pair.position - 1 in changed:
                group.start_soon(compare, pair)


async def _deliver(
    film: DeliverableFilm,
    edit: Edit,
    finished: CutFinished,
    meter: CutMeter,
    run_state: RunState,
    context: RunContext,
) -> None:
    """Make the deliveries that are due, write the sidecar, and say that the cut is finished.

    Raises what a delivery failed by, after the others are made.
    """
    _write_sidecar(film, edit, run_state, context)
    due = due_deliveries(film.cut, cut_records.delivered(context.store).get(film.cut.name, {}))
    made, faults = await make_deliveries(film, due, meter, run_state, context)
    if made:
        _write_sidecar(film, edit, run_state, context)
    if made or finished.encoded + finished.copied or not faults:
        context.emit(replace(finished, deliveries=made))
    if faults:
        raise faults[0]


def _write_sidecar(film: DeliverableFilm, edit: Edit, run_state: RunState, context: RunContext) -> None:
    cut = film.cut
    described = {**provenance(edit, run_state), "digest": film.digest}
    here, known = (
        cut_records.delivered(context.store).get(cut.name, {}),
        cut_records.deliveries(context.store, cut.name),
    )
    current = {*cut.deliveries} - {*due_deliveries(cut, here)}
    if files := [
        {"file": each.output, "form": str(each.form), "digest": known[each.output]}
        for each in cut.deliveries
        if each in current
    ]:
        described["deliveries"] = list[Canonical](files)
    text = escaped_json(json.dumps(described, ensure_ascii=False, indent=1))
    atomic.write_whole(context.folder / provenance_file(context.out, cut), f"{text}\n".encode())


def _seconds(film: DeliverableFilm) -> str:
    return timebase.decimal_text(timebase.to_seconds(film.frames, film.rate), 3)


class _Assembly:
    """The work on one cut: which segments are made now, and how far it is."""

    def __init__(
        self,
        node: str,
        layout: CutLayout,
        lines: tuple[PlacedLine, ...],
        context: RunContext,
        run_state: RunState,
        meter: CutMeter,
    ) -> None:
        self._node, self._layout, self._context, self._run_state = node, layout, context, run_state
        self._cut, self._lines, self._meter = layout.edit.cut, lines, meter
        self._encoded: set[str] = set()

    @property
    def encoded(self) -> int:
        """The number of segments that were encoded now."""
        return len(self._encoded)

    @property
    def encoded_clips(self) -> frozenset[int]:
        """The positions of the clips that segments show which were encoded now."""
        segments = (each for each in self._layout.segments if each.recipe.key() in self._encoded)
        shown = {id(item) for segment in segments for item in (segment.item, segment.before)}
        return frozenset(at for at, item in enumerate(self._layout.items) if id(item) in shown)

    async def make_segments(self) -> dict[str, PurePath]:
        """Make the missing segments, side by side, and return the files of all by their keys."""
        wanted = {segment.recipe.key(): segment for segment in self._layout.segments}
        kept = {key: derived_of(key, self._run_state, self._context) for key in wanted}
        files = {key: file for key, file in kept.items() if file is not None}
        missing = {key: segment for key, segment in wanted.items() if key not in files}
        frames = sum(segment.recipe.frames for segment in missing.values()) or self._layout.frames
        self._meter.total = frames + len(self._cut.deliveries) * self._layout.frames
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
        facts = await self._context.jobs(job, partial(self._meter.note, key))
        files[key] = keep_derived(key, made, facts, self._run_state, self._context)
        self._encoded.add(key)
        self._meter.note(key, recipe.frames)

    async def join(self, files: Mapping[str, PurePath], fingerprint: str) -> Facts:
        """Join the segments, give the film the cut's name, and record what it was made from; gives its facts."""
        layout, context = self._layout, self._context
        sound = await make_sound(self._node, layout, files, self._run_state, context)
        sources = provenance(layout.edit, self._run_state)
        made = context.store.temporary(FILM)
        job = AssembleCut(self._recipe(files, sound.files, digest.of_json(sources)), context.relative(made))
        # beside encoding, copying takes no time
        facts = await context.jobs(job, None if self._encoded else partial(self._meter.note, ""))
        keys = [*(segment.recipe.key() for segment in layout.segments), *sound.keys]
        self._publish(made, facts.digest, fingerprint, keys)
        return facts

    def _publish(self, made: Path, film: str, fingerprint: str, keys: Sequence[str]) -> None:
        """Move the film to its place; the record comes first, so that a kill leaves no unknown film."""
        store, cut, production = self._context.store, self._cut, self._run_state.plan.graph.production
        parts = self._layout.edit.parts
        takes = [part.digest for part in parts if part.digest and part.vertex in production.shots]
        outputs.require_outputs(production, cut, store)
        outputs.remove_former_files(production, cut, store)
        tracks = [track.file for track in soft_tracks(self._context.out, cut)]
        with atomic.replacing(store.folder / cut.output, made) as draft:
            boxes = self._layout.edit.missing
            cut_records.remember(store, cut.name, cut.output, fingerprint, keys, takes, draft, tracks, boxes, film)

    def _recipe(self, files: Mapping[str, PurePath], sound: tuple[PurePath, ...], content: str) -> CutRecipe:
        layout, cut = self._layout, self._cut
        ends = [*(clip.begin for clip in layout.clips[1:]), layout.frames]
        clips = zip(layout.items, layout.clips, ends, strict=True)
        parts: tuple[EditItem | EditSound, ...] = (*layout.items, *layout.edit.heard_takes)
        return CutRecipe(
            segments=tuple(files[segment.recipe.key()] for segment in layout.segments),
            frames=layout.frames,
            rate=layout.rate,
            sound=sound,
            tracks=tuple(self._track(soft) for soft in soft_tracks(self._context.out, cut)),
            chapters=tuple(Chapter(item.name, clip.begin, end) for item, clip, end in clips),
            sources=tuple(dict.fromkeys(filter(None, map(self._file, parts)))),
            label=self._own_label(content) if cut.finish.labelled else None,
        )

    def _track(self, soft: SoftTrack) -> SubtitleTrack:
        track = soft.subtitles
        named = (PurePath(soft.file), iso_code(track.language), soft.title)
        if track.file is not None:
            return SubtitleTrack(PurePath(track.file.path), *named, track.file.encoding)
        return SubtitleTrack(to_lines(lines_in(self._lines, track.language), self._layout.rate), *named)

    def _own_label(self, content: str) -> CutLabels | None:
        """The film's own AI label; None where no clip was made by AI."""
        lock, models, mixed = self._run_state.inventory.lock, dict[str, None](), False
        parts: tuple[EditItem | EditSound, ...] = (*self._layout.items, *self._layout.edit.heard_takes)
        for item in parts:
            vertex = None if item.vertex is None else self._run_state.plan.graph.vertex(item.vertex)
            take = lock.shots[vertex.id].takes.get(item.digest or "") if isinstance(vertex, ShotVertex) else None
            if take is not None and take.model != MADE_ELSEWHERE:
                models[take.model] = None
            elif item.film is not None:
                mixed = True
        return CutLabels(", ".join(models), content, mixed) if models else None

    def _file(self, item: EditItem | EditSound) -> PurePath | None:
        return None if item.vertex is None else file_of(item.vertex, self._run_state, self._context, item.digest)


async def _read_captions(
    edit: Edit, lines: tuple[PlacedLine, ...], frames: int, rate: Fraction, context: RunContext
) -> tuple[Caption, ...]:
    """All captions of a film of this length; raises MediaFault where subtitles cannot be read."""
    notice = notice_caption(edit.cut, frames, rate)
    captions = [] if notice is None else [notice]
    for track in (track for track in edit.cut.finish.subtitles if track.burned):
        place, edge = placed_at(track.position, film_size(edit))
        if track.file is None:
            read = to_captions(to_lines(lines_in(lines, track.language), rate), frames=frames, rate=rate)
        else:
            path = PurePath(track.file.path)
            read = await context.jobs(ReadSubtitles(path, frames, rate, track.encoding, place, edge))
        # `zh` means every Chinese script, and leaves the choice to the film
        language = None if track.language == "zh" else track.language
        captions += [replace(caption, place=place, edge=edge, language=language) for caption in read]
    captions += to_captions(to_lines(lines_on_slates(edit, lines), rate), frames=frames, rate=rate)
    return tuple(captions)


async def _warn_of_unseen_subtitles(node: str, edit: Edit, frames: int, rate: Fraction, context: RunContext) -> None:
    """Warn for each file with subtitles that begin after the film's end, unless that was said before the run."""
    for file in (track.file for track in edit.cut.finish.subtitles if track.file is not None):
        words = await context.jobs(FindLinesBeyond(PurePath(file.path), frames, rate, file.encoding))
        if words:
            text = tr("`{path}`: {words}", path=file.path, words=words)
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
        if segment.recipe.captions and (segment.recipe.titles or segment.item.item.seconds is not None)
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


def provenance(edit: Edit, run_state: RunState) -> dict[str, Canonical]:
    """The sidecar of a cut without the film's own digest: what made each item, by which task, and when.

    The sounds in it are those of takes.
    """
    cut = edit.cut
    clips = [_clip(item, run_state) for item in edit.items]
    sounds = [_clip(sound, run_state) for sound in edit.heard_takes]
    generated = any("shot" in clip and clip.get("model") != MADE_ELSEWHERE for clip in (*clips, *sounds))
    head: dict[str, Canonical] = {"format": FORMAT, "cut": cut.name, "file": cut.output}
    if cut.finish.notice is not None:
        notice = cut.finish.notice
        size = {"seconds": str(notice.seconds), "height_percent": str(notice.height)}
        head["notice"] = {"text": notice.text, **size}
    heard: dict[str, Canonical] = {"sounds": list[Canonical](sounds)} if sounds else {}
    return head | {"generated_by_ai": generated, "clips": list[Canonical](clips)} | heard


def _clip(item: EditItem | EditSound, run_state: RunState) -> dict[str, Canonical]:
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
