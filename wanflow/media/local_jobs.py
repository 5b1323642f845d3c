"""Doing jobs in this process, without blocking the event loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import anyio
from anyio import CapacityLimiter, from_thread, lowlevel, to_thread

from wanflow.errors import WanflowError
from wanflow.language.facts import Facts
from wanflow.media import cut, extract, probe
from wanflow.media.ffmpeg import Progress, RunningProcesses
from wanflow.media.jobs import (
    AssembleCut,
    CheckFilm,
    CheckPicture,
    ConformSegment,
    CutPiece,
    CutSound,
    EncodeSound,
    GrabFrame,
    Job,
    JobResult,
    JoinClips,
    LevelSound,
    ProbeFile,
    ReadSubtitles,
)
from wanflow.media.picture import conform
from wanflow.media.sound import mix
from wanflow.media.sound.soundtrack import LoudnessGain
from wanflow.media.text.caption_layout import Caption
from wanflow.media.text.subtitles import read_lines, to_captions


def carry_out(job: Job[JobResult], processes: RunningProcesses, progress: Progress | None = None) -> JobResult:
    """Do a job in this thread, however long it takes, and give what it says. Raises MediaFault."""
    return cast(JobResult, _said(job, processes, progress))


def _said(
    job: Job[JobResult], processes: RunningProcesses, progress: Progress | None
) -> Facts | LoudnessGain | tuple[Caption, ...]:
    match job:
        case ProbeFile(path):
            return probe.probe(path)
        case CheckFilm(path):
            return probe.check_film(path)
        case CheckPicture(path):
            return probe.check_picture(path)
        case ReadSubtitles(path, frames, rate):
            return to_captions(read_lines(path), frames=frames, rate=rate)
        case LevelSound(recipe, loudness, segments, music):
            return mix.level(recipe, loudness, dict(segments), music, processes=processes)
        case _:
            return probe.probe(_make(job, processes, progress))


def _make(job: Job[JobResult], processes: RunningProcesses, progress: Progress | None) -> Path:
    """Make the file that a job asks for."""
    match job:
        case GrabFrame(source, index, target):
            extract.grab_frame(source, index, target)
        case CutPiece(source, first, last, target):
            extract.cut_piece(source, first, last, target, processes=processes, progress=progress)
        case CutSound(source, target):
            extract.cut_sound(source, target, processes=processes)
        case ConformSegment(clip, recipe, target, fonts):
            conform.conform(clip, recipe, target, fonts=fonts, processes=processes, progress=progress)
        case JoinClips(before, after, recipe, target, fonts):
            conform.blend((before, after), recipe, target, fonts=fonts, processes=processes, progress=progress)
        case EncodeSound(chunk, segments, music, target):
            mix.encode_chunk(chunk, dict(segments), music, target, processes=processes)
        case AssembleCut(film, target):
            cut.assemble(film, target, processes=processes, progress=progress)
        case _:
            raise TypeError(f"no such job: {job}")
    return target


class LocalJobs:
    """Jobs done in threads of this process, at most `at_once` at a time."""

    def __init__(self, at_once: int) -> None:
        self._limiter = CapacityLimiter(at_once)

    async def __call__(self, job: Job[JobResult], progress: Callable[[int], None] | None = None) -> JobResult:
        """Do one job in a thread."""
        processes = RunningProcesses()
        async with anyio.create_task_group() as watch:
            watch.start_soon(_kill_when_cancelled, processes)
            result = await to_thread.run_sync(_attempt, job, processes, _in_loop(progress), limiter=self._limiter)
            # a killed job ends with a fault of its own, but what happened is the cancellation
            await lowlevel.checkpoint_if_cancelled()
            watch.cancel_scope.cancel()
        if isinstance(result, WanflowError):
            raise result
        return result


def _attempt(job: Job[JobResult], processes: RunningProcesses, progress: Progress | None) -> JobResult | WanflowError:
    """What the job says or its fault, as a value: an exception would leave the task group as a group of one."""
    try:
        return carry_out(job, processes, progress)
    except WanflowError as fault:
        return fault


async def _kill_when_cancelled(processes: RunningProcesses) -> None:
    try:
        await anyio.sleep_forever()
    finally:
        processes.kill()


def _in_loop(progress: Callable[[int], None] | None) -> Progress | None:
    if progress is None:
        return None
    return lambda frames: from_thread.run_sync(progress, frames)
