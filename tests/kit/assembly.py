"""Segments and films, made step by step as a run makes them, from a test's own clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from wanflow import timebase
from wanflow.media.cut import CutRecipe, assemble
from wanflow.media.jobs import RunningProcesses, Worker
from wanflow.media.picture.conform import blend, conform
from wanflow.media.picture.segment import JoinRecipe, PartRecipe, SegmentRecipe
from wanflow.media.probe import probe
from wanflow.media.sound.mix import encode_chunk
from wanflow.media.sound.soundtrack import SoundRecipe

SIZE = (320, 180)
THIRTY = Fraction(30)

Made = tuple[Path, PartRecipe]
"""A segment's file with what it is."""


def recipe_of(
    clip: Path, *, first: int = 0, count: int | None = None, rate: Fraction = THIRTY, **changes: Any
) -> SegmentRecipe:
    """The recipe that brings frames of a clip into the cut's shape, as the timeline would have it.

    Its sound is not faded at its ends, so that a click stays where it is.
    """
    facts = probe(clip)
    assert facts.rate
    count = count or facts.frames - first
    frames = timebase.to_frames(count / facts.rate, rate)
    recipe = SegmentRecipe(facts.digest, first, count, frames, *SIZE, rate, opens=False, closes=False)
    return replace(recipe, **changes)


def segment_of(clip: Path, recipe: SegmentRecipe | None = None) -> Path:
    """Conform a clip beside itself."""
    return made(clip, recipe or recipe_of(clip))[0]


def made(clip: Path, recipe: SegmentRecipe) -> Made:
    """The segment of a clip, beside it."""
    target = clip.with_name(f"{clip.stem}.{recipe.key()[:8]}.mov")
    conform(clip, recipe, target, processes=RunningProcesses(), progress=None)
    return target, recipe


def joined(before: Path | None, after: Path, recipe: JoinRecipe) -> Made:
    """The transition between two clips, beside the second one."""
    target = after.with_name(f"join.{recipe.key()[:8]}.mov")
    blend((before, after), recipe, target, processes=RunningProcesses(), progress=None)
    return target, recipe


def film_of(segments: Sequence[Made], target: Path, *, processes: RunningProcesses | None = None, **more: Any) -> Path:
    """The film of these segments, its sound encoded in chunks; `more` are fields of its recipe."""
    files = {recipe.key(): file for file, recipe in segments}
    rate = segments[0][1].rate if segments else THIRTY
    sound = SoundRecipe(tuple((recipe.key(), recipe.frames) for _, recipe in segments), rate)
    chunks = []
    for number, chunk in enumerate(sound.chunks()):
        chunks.append(target.with_name(f"{target.stem}.{number}.aac"))
        heard = {piece.key: files[piece.key] for piece in chunk.heard.pieces}
        encode_chunk(chunk, heard, chunks[-1], processes=RunningProcesses())
    frames = sum(recipe.frames for _, recipe in segments)
    film = CutRecipe(tuple(file for file, _ in segments), frames, rate, tuple(chunks))
    assemble(replace(film, **more), target, Worker(target.parent, processes or RunningProcesses()))
    return target
