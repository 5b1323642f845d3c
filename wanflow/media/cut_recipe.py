"""A finished cut as the parts that it is put together from."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of a film that players jump to: from frame `begin` until frame `end`, which is the next one's."""

    title: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """Subtitles: their file, where they are written as a file beside the film, their language in three letters.

    They can be switched on in the film, but for those that are `burned` into its picture.
    """

    source: PurePath
    sidecar: PurePath
    language: str | None = None
    burned: bool = False


@dataclass(frozen=True, slots=True)
class CutLabels:
    """What a film says of its making: the models as producer, the digest of its provenance as its id.

    `mixed`: some of its clips were not made by AI.
    """

    producer: str
    content: str
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class CutRecipe:
    """All that goes into a film; its files are relative to the folder of the production.

    `segments` are files of one shape in order, `frames` their sum at `rate`; `sound` are the chunks of its AAC stream.
    `sources` are the clips as they were delivered, whose labels are never lost; `label` is the film's own, None for
    none.
    """

    segments: tuple[PurePath, ...]
    frames: int
    rate: Fraction
    sound: tuple[PurePath, ...]
    tracks: tuple[SubtitleTrack, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    sources: tuple[PurePath, ...] = ()
    label: CutLabels | None = None
