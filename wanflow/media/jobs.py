"""Work for ffmpeg and PyAV as plain values, and the seam to whoever does it.

Neither of the two is imported here: a run with nothing to do must not pay for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from anyio import CapacityLimiter

from wanflow.media.segment import SegmentRecipe
from wanflow.spec.facts import Facts


@dataclass(frozen=True, slots=True)
class ProbeFile:
    """Measure a file that people brought."""

    path: Path


@dataclass(frozen=True, slots=True)
class CheckFilm:
    """Measure a delivered result and make sure that it can be played to its end."""

    path: Path


@dataclass(frozen=True, slots=True)
class GrabFrame:
    """Take one frame, counted from 0 in order of showing, as a PNG."""

    source: Path
    index: int
    target: Path


@dataclass(frozen=True, slots=True)
class CutPiece:
    """Cut the frames `first` to `last`, both included, with their sound, as an MP4."""

    source: Path
    first: int
    last: int
    target: Path


@dataclass(frozen=True, slots=True)
class CutSound:
    """Take the whole sound track as a WAV."""

    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class ConformSegment:
    """Bring one clip to a cut's size and rate; `recipe.key()` names what comes out."""

    source: Path
    recipe: SegmentRecipe
    target: Path


@dataclass(frozen=True, slots=True)
class AssembleCut:
    """Join segments to a finished cut."""

    segments: tuple[Path, ...]
    target: Path


Job = ProbeFile | CheckFilm | GrabFrame | CutPiece | CutSound | ConformSegment | AssembleCut


class Jobs(Protocol):
    """Whoever does jobs: this process (media/perform), a record in a test, another machine.

    Obligations: the result's facts are measured on the finished file; a target is there whole or not at all;
    `progress` is called in the event loop with rising numbers of frames; a cancelled job leaves no process behind
    and no half file. Raises MediaFault, never a group of exceptions for it.
    """

    async def __call__(
        self, job: Job, limiter: CapacityLimiter, progress: Callable[[int], None] | None = None
    ) -> Facts:
        """Do one job when the limiter lets it, and measure what it made."""
        ...
