"""The sound of a cut: its music is extracted, its loudness found, and each missing chunk is encoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePath

import anyio

from wanflow import digest
from wanflow.errors import MediaFault
from wanflow.graph import recipe
from wanflow.language.source import Sound
from wanflow.media.extract import ExtractSound
from wanflow.media.sound.mix import EncodeSound, LevelSound
from wanflow.media.sound.soundtrack import MusicBed, SoundChunk, SoundRecipe
from wanflow.messages import tr
from wanflow.planner.cut_layout import CutLayout
from wanflow.runner.context import RunContext, RunState
from wanflow.runner.events import Warned
from wanflow.runner.extract import derived_of, keep_derived
from wanflow.timebase import SAMPLE_RATE

TOLERANCE = Decimal("0.5")
"""Maximum LU between a cut's loudness and its target without a warning (EBU R128)."""


@dataclass(frozen=True, slots=True)
class CutSound:
    """The chunks of a cut's sound in order, and the keys of all derived files that they are made from."""

    files: tuple[PurePath, ...]
    keys: tuple[str, ...]


async def make_sound(
    node: str, layout: CutLayout, segments: Mapping[str, PurePath], run_state: RunState, context: RunContext
) -> CutSound:
    """Encode the missing chunks of a cut's sound, side by side; `segments` are files by key. Raises MediaFault."""
    music = await _extract_music(layout, run_state, context)
    own = tuple((segment.recipe.key(), segment.recipe.frames) for segment in layout.segments)
    # two sounds at once may exceed full scale, which the film's own sound cannot
    sound = SoundRecipe(own, layout.rate, None if music is None else music.bed, limited=music is not None)
    music_file = None if music is None else music.file
    loudness = layout.edit.cut.finish.loudness
    if loudness is not None:
        sound = await _level(node, LevelSound(sound, loudness, tuple(segments.items()), music_file), context)
    chunks = {chunk.key(): chunk for chunk in sound.chunks()}
    files = {key: kept for key in chunks if (kept := derived_of(key, run_state, context)) is not None}

    async def encode(key: str, chunk: SoundChunk) -> None:
        target = context.store.temporary(".aac")
        heard = tuple((piece.key, segments[piece.key]) for piece in chunk.heard.pieces)
        facts = await context.jobs(EncodeSound(chunk, heard, music_file, context.relative(target)))
        files[key] = keep_derived(key, target, facts, run_state, context)

    async with anyio.create_task_group() as group:
        for key in chunks.keys() - files.keys():
            group.start_soon(encode, key, chunks[key])
    keys = (*chunks, *(() if music is None else (music.key,)))
    return CutSound(tuple(files[chunk.key()] for chunk in sound.chunks()), keys)


@dataclass(frozen=True, slots=True)
class _Music:
    """The music of a cut with its WAV, and the WAV's key."""

    bed: MusicBed
    key: str
    file: PurePath


async def _extract_music(layout: CutLayout, run_state: RunState, context: RunContext) -> _Music | None:
    """The music of a cut as exact samples, extracted from its file once."""
    wanted, source = layout.edit.cut.finish.music, layout.edit.music
    if wanted is None or source is None:
        return None
    if source.digest is None or source.film is None or not source.film.samples:
        raise MediaFault(tr("`{path}` has no sound for the music", path=wanted.source.path))
    film = source.film
    key = digest.of_json(dict(recipe.part_identity(source.digest, Sound(), 0, film.samples - 1)))
    file = derived_of(key, run_state, context)
    if file is None:
        target = context.store.temporary(".wav")
        facts = await context.jobs(ExtractSound(PurePath(wanted.source.path), context.relative(target)))
        file = keep_derived(key, target, facts, run_state, context)
    samples = round(film.samples * SAMPLE_RATE / film.sample_rate)
    return _Music(MusicBed(source.digest, samples, wanted.gain, wanted.fade, wanted.duck), key, file)


async def _level(node: str, job: LevelSound, context: RunContext) -> SoundRecipe:
    """The sound at the loudness that was asked for; warns where that loudness is out of reach."""
    levelled, loudness = await context.jobs(job), job.loudness
    if levelled.lufs is None:
        words = tr(
            "the sound is silent or too short to be measured: `loudness: {loudness}` has no effect", loudness=loudness
        )
        context.emit(Warned(words, node))
    elif abs(levelled.lufs - loudness) > TOLERANCE:
        words = tr(
            "the sound reaches {lufs} LUFS, not {loudness}: its peaks are limited to -1.5 dBTP",
            lufs=levelled.lufs,
            loudness=loudness,
        )
        context.emit(Warned(words, node))
    return levelled.recipe
