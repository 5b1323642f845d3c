"""The sound of a cut: music and cues are extracted, its loudness found, and each missing chunk is encoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath

import anyio

from wanflow import timebase
from wanflow.digest import of_json
from wanflow.errors import MediaFault
from wanflow.graph import recipe
from wanflow.language.cut_sounds import SoundOutside, heard_samples, words_beyond
from wanflow.language.source import Sound
from wanflow.media.extract import ExtractSound
from wanflow.media.sound.mix import EncodeSound, LevelSound
from wanflow.media.sound.soundtrack import MixedSound, SoundChunk, SoundRecipe
from wanflow.messages import tr
from wanflow.planner.cut import EditSound
from wanflow.planner.cut_layout import CutLayout
from wanflow.records import immutable
from wanflow.runner.context import RunContext, RunState
from wanflow.runner.events import Warned
from wanflow.runner.extract import derived_of, file_of, keep_derived
from wanflow.timebase import SAMPLE_RATE

TOLERANCE = Decimal("0.5")
"""Maximum LU between a cut's loudness and its target without a warning (EBU R128)."""


@immutable
class CutSound:
    """The chunks of a cut's sound in order, and the keys of all derived files that they are made from."""

    files: tuple[PurePath, ...]
    keys: tuple[str, ...]


async def make_sound(
    node: str, layout: CutLayout, segments: Mapping[str, PurePath], run_state: RunState, context: RunContext
) -> CutSound:
    """Encode the missing chunks of a cut's sound, side by side; `segments` are files by key. Raises MediaFault."""
    sounds = tuple(_mixed_sound(sound) for sound in layout.edit.sounds)
    _warn_of_cut_off_sounds(node, layout, sounds, context)
    extracted = await _extract_sounds(layout.edit.sounds, run_state, context)
    own = tuple((segment.recipe.key(), segment.recipe.frames) for segment in layout.segments)
    # several sounds at once may exceed full scale, which the film's own sound cannot
    sound = SoundRecipe(own, layout.rate, sounds, limited=bool(sounds))
    files = {**segments, **{digest: file for digest, (_, file) in extracted.items()}}
    loudness = layout.edit.cut.finish.loudness
    if loudness is not None:
        sound = await _level(node, LevelSound(sound, loudness, tuple(files.items())), context)
    all_chunks = sound.chunks()
    chunks = {chunk.key(): chunk for chunk in all_chunks}
    made = {key: kept for key in chunks if (kept := derived_of(key, run_state, context)) is not None}

    async def encode(key: str, chunk: SoundChunk) -> None:
        target = context.store.temporary(".aac")
        heard = [piece.key for piece in chunk.heard.pieces] + [each.digest for each in chunk.heard.sounds]
        own_files = tuple((name, files[name]) for name in dict.fromkeys(heard))
        facts = await context.jobs(EncodeSound(chunk, own_files, context.relative(target)))
        made[key] = keep_derived(key, target, facts, run_state, context)

    async with anyio.create_task_group() as group:
        for key in chunks.keys() - made.keys():
            group.start_soon(encode, key, chunks[key])
    keys = (*chunks, *(key for key, _ in extracted.values()))
    return CutSound(tuple(made[chunk.key()] for chunk in all_chunks), keys)


def _mixed_sound(sound: EditSound) -> MixedSound:
    """A sound of a cut in samples; raises MediaFault where it has none, or `in` or `out` lie beyond it."""
    cue, film = sound.cue, sound.film
    if sound.digest is None or film is None or not film.samples:
        raise MediaFault(tr("`{name}` has no sound", name=cue.name))
    try:
        first, last = heard_samples(cue, Fraction(film.samples, film.sample_rate))
    except SoundOutside as outside:
        raise MediaFault(str(outside), hint=tr("change `in` or `out` of the sound")) from outside
    return MixedSound(
        digest=sound.digest,
        last=last,
        gain=cue.gain,
        fade=cue.fade,
        duck=cue.duck,
        at=timebase.to_frames(cue.at, Fraction(SAMPLE_RATE)),
        first=first,
        loop=cue.loop,
        voice=cue.voice,
    )


def _warn_of_cut_off_sounds(node: str, layout: CutLayout, sounds: tuple[MixedSound, ...], context: RunContext) -> None:
    """Warn of each sound that reaches beyond the film, unless that was said before the run."""
    cut, film = layout.edit.cut, layout.frames / layout.rate
    for cue, sound in zip(cut.finish.sounds, sounds, strict=True):
        words = words_beyond(cut, cue, sound.last - sound.first, film)
        if words is not None and words not in context.warned:
            context.emit(Warned(words, node))


async def _extract_sounds(
    sounds: Sequence[EditSound], run_state: RunState, context: RunContext
) -> dict[str, tuple[str, PurePath]]:
    """The key and the WAV of each sound by the digest of its source, extracted from that once."""
    found: dict[str, tuple[str, PurePath]] = {}

    async def extract(digest: str, key: str, vertex: str) -> None:
        target, source = context.store.temporary(".wav"), file_of(vertex, run_state, context)
        facts = await context.jobs(ExtractSound(source, context.relative(target)))
        found[digest] = (key, keep_derived(key, target, facts, run_state, context))

    async with anyio.create_task_group() as group:
        for sound in {sound.digest: sound for sound in sounds}.values():
            if sound.digest is not None and sound.film is not None:
                whole = recipe.part_identity(sound.digest, Sound(), 0, sound.film.samples - 1)
                key = of_json(dict(whole))
                file = derived_of(key, run_state, context)
                if file is None:
                    group.start_soon(extract, sound.digest, key, sound.vertex)
                else:
                    found[sound.digest] = (key, file)
    return found


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
