"""Work for ffmpeg and PyAV as plain values, and the seam to whoever does it.

Neither of the two is imported here: a run with nothing to do must not pay for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from wanflow.language.facts import Facts
from wanflow.media.cut_recipe import CutRecipe
from wanflow.media.picture.segment import JoinRecipe, SegmentRecipe
from wanflow.media.sound.soundtrack import LoudnessGain, SoundChunk, SoundRecipe
from wanflow.media.text.caption_layout import Caption
from wanflow.store.take import ResultKind

Files = tuple[tuple[str, Path], ...]
"""Files by the keys of what is in them."""

JobResult = TypeVar("JobResult")
Done_co = TypeVar("Done_co", covariant=True)


class Job(Generic[Done_co]):
    """A piece of work whose result is measured facts, or whatever else it says."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ProbeFile(Job[Facts]):
    """Measure a file that people brought."""

    path: Path


@dataclass(frozen=True, slots=True)
class CheckFilm(Job[Facts]):
    """Measure a delivered result and make sure that it can be played to its end."""

    path: Path


@dataclass(frozen=True, slots=True)
class CheckPicture(Job[Facts]):
    """Measure a delivered picture and make sure that it can be decoded."""

    path: Path


def check_of(kind: ResultKind, path: Path) -> Job[Facts]:
    """The check that a delivered file of a kind has to pass."""
    match kind:
        case ResultKind.FILM:
            return CheckFilm(path)
        case ResultKind.PICTURE:
            return CheckPicture(path)


@dataclass(frozen=True, slots=True)
class GrabFrame(Job[Facts]):
    """Take one frame, counted from 0 in order of showing, as a PNG."""

    source: Path
    index: int
    target: Path


@dataclass(frozen=True, slots=True)
class CutPiece(Job[Facts]):
    """Cut the frames `first` to `last`, both included, with their sound, as an MP4."""

    source: Path
    first: int
    last: int
    target: Path


@dataclass(frozen=True, slots=True)
class CutSound(Job[Facts]):
    """Take the whole sound track as a WAV."""

    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class ConformSegment(Job[Facts]):
    """Bring one clip or picture to a cut's shape; `source` is None for a title. `recipe.key()` names what comes out."""

    source: Path | None
    recipe: SegmentRecipe
    target: Path
    fonts: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class JoinClips(Job[Facts]):
    """Make the transition between two clips; a file is None for a title, and where there is nothing before."""

    before: Path | None
    after: Path | None
    recipe: JoinRecipe
    target: Path
    fonts: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadSubtitles(Job[tuple[Caption, ...]]):
    """Read subtitles as captions of a film of so many frames."""

    path: Path
    frames: int
    rate: Fraction


@dataclass(frozen=True, slots=True)
class LevelSound(Job[LoudnessGain]):
    """Find the gain that brings a film's sound to so many LUFS; `segments` are the files of its segments by key."""

    recipe: SoundRecipe
    loudness: Decimal
    segments: Files
    music: Path | None


@dataclass(frozen=True, slots=True)
class EncodeSound(Job[Facts]):
    """Encode one chunk of a film's sound as raw AAC; `segments` are the files that it hears, by key."""

    chunk: SoundChunk
    segments: Files
    music: Path | None
    target: Path


@dataclass(frozen=True, slots=True)
class AssembleCut(Job[Facts]):
    """Join segments and sound to a finished cut."""

    film: CutRecipe
    target: Path


class Jobs(Protocol):
    """What does jobs: threads of this process (`local_jobs`), a record in a test, other machines.

    Obligations: it limits by itself how many jobs run at once; the facts in a result are measured on the finished file;
    a target is written whole or not at all; `progress` is called in the event loop with rising numbers of frames; a
    cancelled job leaves no process and no partial file. Raises MediaFault or StoreFault, never a group of exceptions.
    """

    async def __call__(self, job: Job[JobResult], progress: Callable[[int], None] | None = None) -> JobResult:
        """Do one job as soon as the limit allows it, and return its result."""
        ...
