"""The animatic: an endpoint in process that films with ffmpeg."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread
from anyio.lowlevel import checkpoint_if_cancelled

from wanflow.emulator.api.account import AccountTerms
from wanflow.emulator.api.bucket import Bucket
from wanflow.emulator.api.endpoint import FORGETFUL, IN_PROCESS, EmulatedEndpoint
from wanflow.emulator.api.order import Order, Rejected, RenderedFilm
from wanflow.emulator.api.rules import read_catalog
from wanflow.emulator.api.task_log import TaskLog
from wanflow.emulator.film import footage
from wanflow.errors import WanflowError
from wanflow.media.ffmpeg import RunningProcesses, find_ffmpeg

ORIGIN = "http://animatic.invalid"
"""The beginning of addresses that only this process can resolve; `.invalid` never is a host."""


@asynccontextmanager
async def open_animatic(
    folder: Path,
    environ: Mapping[str, str],
    jobs: int,
    *,
    origin: str = ORIGIN,
    terms: AccountTerms = IN_PROCESS,
    ledger: TaskLog = FORGETFUL,
) -> AsyncIterator[EmulatedEndpoint]:
    """An endpoint that keeps its files in `folder` and films at most `jobs` orders at once.

    `origin` begins the addresses that it gives out. Leaving it ends what is still being filmed and leaves no process
    and no half film behind. Raises ToolMissing where there is no ffmpeg, StateUnreadable for a damaged ledger.
    """
    bucket, binary = Bucket(folder, origin, _now), find_ffmpeg(environ)
    failure: WanflowError | None = None
    async with anyio.create_task_group() as group:
        filming = partial(_film, bucket, binary)
        try:
            yield EmulatedEndpoint(
                bucket, read_catalog(), filming, group=group, clock=_now, jobs=jobs, terms=terms, ledger=ledger
            )
        except WanflowError as fault:
            # raised below, so that the caller's fault is not wrapped in the group's
            failure = fault
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _film(bucket: Bucket, binary: Path, order: Order, target: Path) -> RenderedFilm:
    processes = RunningProcesses()
    shot = partial(footage.film, order, target, bucket=bucket, binary=binary, processes=processes)
    async with anyio.create_task_group() as watch:
        watch.start_soon(_kill_when_cancelled, processes)
        film = await to_thread.run_sync(_attempt, shot)
        # a killed film ends with a fault that nobody asked for: the cancellation is what happened
        await checkpoint_if_cancelled()
        watch.cancel_scope.cancel()
    if isinstance(film, Exception):
        raise film
    return film


def _attempt(shot: Callable[[], RenderedFilm]) -> RenderedFilm | Rejected | WanflowError:
    """A fault goes out as a value, since a task group would wrap it in a group."""
    try:
        return shot()
    except (Rejected, WanflowError) as fault:
        return fault


async def _kill_when_cancelled(processes: RunningProcesses) -> None:
    try:
        await anyio.sleep_forever()
    finally:
        processes.kill()


def _now() -> datetime:
    return datetime.now(UTC)
