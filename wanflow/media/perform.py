"""Doing jobs in this process, without blocking the event loop."""

from __future__ import annotations

from collections.abc import Callable

import anyio
from anyio import CapacityLimiter, from_thread, lowlevel, to_thread

from wanflow.errors import MediaFault
from wanflow.media import cut, extract, probe
from wanflow.media.jobs import AssembleCut, CheckFilm, ConformSegment, CutPiece, CutSound, GrabFrame, Job, ProbeFile
from wanflow.media.tool import Leash, Progress
from wanflow.spec.facts import Facts


def carry_out(job: Job, leash: Leash, progress: Progress | None = None) -> Facts:
    """Do a job in this thread, however long it takes, and measure what it made. Raises MediaFault."""
    match job:
        case ProbeFile(path):
            return probe.probe(path)
        case CheckFilm(path):
            return probe.check_film(path)
        case GrabFrame(source, index, target):
            extract.grab_frame(source, index, target)
        case CutPiece(source, first, last, target):
            extract.cut_piece(source, first, last, target, leash=leash, progress=progress)
        case CutSound(source, target):
            extract.cut_sound(source, target, leash=leash)
        case ConformSegment(source, recipe, target):
            cut.conform(source, recipe, target, leash=leash, progress=progress)
        case AssembleCut(segments, target):
            cut.assemble(segments, target, leash=leash, progress=progress)
    return probe.probe(target)


async def perform(job: Job, limiter: CapacityLimiter, progress: Callable[[int], None] | None = None) -> Facts:
    """Do a job in a worker thread of this process; the first implementation of `Jobs`."""
    leash = Leash()
    async with anyio.create_task_group() as watch:
        watch.start_soon(_kill_when_cancelled, leash)
        result = await to_thread.run_sync(_attempt, job, leash, _in_loop(progress), limiter=limiter)
        # a killed job ends with a fault that nobody asked for: the cancellation is what happened
        await lowlevel.checkpoint_if_cancelled()
        watch.cancel_scope.cancel()
    if isinstance(result, MediaFault):
        raise result
    return result


def _attempt(job: Job, leash: Leash, progress: Progress | None) -> Facts | MediaFault:
    """The job's facts or its fault, as a value: an exception would leave the task group as a group of one."""
    try:
        return carry_out(job, leash, progress)
    except MediaFault as fault:
        return fault


async def _kill_when_cancelled(leash: Leash) -> None:
    try:
        await anyio.sleep_forever()
    finally:
        leash.kill()


def _in_loop(progress: Callable[[int], None] | None) -> Progress | None:
    if progress is None:
        return None
    return lambda frames: from_thread.run_sync(progress, frames)
