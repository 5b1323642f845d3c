"""The sound of a cut: its music made ready, its loudness found, and the chunks that are missing encoded."""

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
from wanflow.planner.cut_layout import CutLayout
from wanflow.runner.context import RunContext
from wanflow.runner.events import Warned
from wanflow.runner.extract import keep_derived
from wanflow.runner.run_state import RunState
from wanflow.store import blobs
from wanflow.store.take import Film
from wanflow.timebase import SAMPLE_RATE

TOLERANCE = Decimal("0.5")
"""LU by which a cut may miss its loudness before somebody hears of it (EBU R128)."""


@dataclass(frozen=True, slots=True)
class MadeSound:
    """The chunks of a cut's sound in order, and the keys of everything derived that they are made from."""

    files: tuple[PurePath, ...]
    keys: tuple[str, ...]


async def make_sound(
    node: str, montage: CutLayout, segments: Mapping[str, PurePath], run_state: RunState, context: RunContext
) -> MadeSound:
    """Encode what is missing of a cut's sound, side by side; `segments` are files by key. Raises MediaFault."""
    bed = await _bed(montage, run_state, context)
    own = tuple((segment.recipe.key(), segment.recipe.frames) for segment in montage.segments)
    # two sounds at once may be more than fits; a film's own can't
    sound = SoundRecipe(own, montage.rate, None if bed is None else bed.music, limited=bed is not None)
    music = None if bed is None else bed.file
    wanted = montage.edit.cut.finish.loudness
    if wanted is not None:
        sound = await _levelled(node, sound, wanted, segments, music, context)
    chunks = {chunk.key(): chunk for chunk in sound.chunks()}
    have = {key: kept for key in chunks if (kept := _kept(key, run_state, context)) is not None}
    async with anyio.create_task_group() as group:
        for key in chunks.keys() - have.keys():
            group.start_soon(_encode, chunks[key], segments, music, have, run_state, context)
    files = tuple(have[chunk.key()] for chunk in sound.chunks())
    return MadeSound(files, (*chunks, *(() if bed is None else (bed.key,))))


@dataclass(frozen=True, slots=True)
class _Bed:
    """The music with its WAV."""

    music: MusicBed
    key: str
    file: PurePath


async def _bed(montage: CutLayout, run_state: RunState, context: RunContext) -> _Bed | None:
    """The music of a cut as exact samples, cut out of its file once."""
    wanted, supply = montage.edit.cut.finish.music, montage.edit.music
    if wanted is None or supply is None:
        return None
    if supply.digest is None or supply.film is None or not supply.film.samples:
        raise MediaFault(f"`{wanted.source.path}` has no sound for the music")
    film = supply.film
    key = digest.of_json(dict(recipe.part_identity(supply.digest, Sound(), 0, film.samples - 1)))
    file = _kept(key, run_state, context)
    if file is None:
        target = context.store.temporary(".wav")
        facts = await context.jobs(ExtractSound(PurePath(wanted.source.path), context.relative(target)))
        file = context.relative(keep_derived(key, target, facts, context))
        run_state.add_derived(key, file.name)
    music = MusicBed(supply.digest, _samples(film), wanted.gain, wanted.fade, wanted.duck)
    return _Bed(music, key, file)


async def _levelled(
    node: str,
    sound: SoundRecipe,
    wanted: Decimal,
    segments: Mapping[str, PurePath],
    music: PurePath | None,
    context: RunContext,
) -> SoundRecipe:
    """The sound at the loudness that is wanted; what can't be brought there is said."""
    levelled = await context.jobs(LevelSound(sound, wanted, tuple(segments.items()), music))
    if levelled.lufs is None:
        context.emit(Warned(f"it is silent, or too short to be measured: `loudness: {wanted}` does nothing", node))
    elif abs(levelled.lufs - wanted) > TOLERANCE:
        words = f"its sound comes to {levelled.lufs} LUFS, not {wanted}: peaks are held at -1.5 dBTP"
        context.emit(Warned(words, node))
    return levelled.recipe


async def _encode(
    chunk: SoundChunk,
    segments: Mapping[str, PurePath],
    music: PurePath | None,
    have: dict[str, PurePath],
    run_state: RunState,
    context: RunContext,
) -> None:
    key, target = chunk.key(), context.store.temporary(".aac")
    heard = tuple((piece.key, segments[piece.key]) for piece in chunk.heard.pieces)
    facts = await context.jobs(EncodeSound(chunk, heard, music, context.relative(target)))
    have[key] = context.relative(keep_derived(key, target, facts, context))
    run_state.add_derived(key, have[key].name)


def _kept(key: str, run_state: RunState, context: RunContext) -> PurePath | None:
    name = run_state.inventory.derived.get(key)
    return None if name is None else context.relative(blobs.derived_file(context.store, name))


def _samples(film: Film) -> int:
    return round(film.samples * SAMPLE_RATE / film.sample_rate)
