"""The animatic: an endpoint in process that films with ffmpeg."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread

from wanflow.emulator import footage
from wanflow.emulator.bucket import Bucket
from wanflow.emulator.endpoint import Endpoint
from wanflow.emulator.order import Film, Order
from wanflow.emulator.rules import read_catalog
from wanflow.errors import WanflowError
from wanflow.media.tool import Leash, find_ffmpeg

BASE_URL = "http://animatic.invalid"
"""The base of addresses that only this process can resolve; `.invalid` never is a host."""


@asynccontextmanager
async def open_animatic(folder: Path, environ: Mapping[str, str], jobs: int) -> AsyncIterator[Endpoint]:
    """An endpoint that keeps its files in `folder` and films at most `jobs` orders at once.

    Leaving it ends what is still being filmed. Raises ToolMissing where there is no ffmpeg.
    """
    bucket, binary = Bucket(folder, BASE_URL), find_ffmpeg(environ)
    failure: WanflowError | None = None
    async with anyio.create_task_group() as group:
        filming = partial(_film, bucket, binary)
        try:
            yield Endpoint(bucket, read_catalog(), filming, group=group, clock=_now, jobs=jobs)
        except WanflowError as fault:
            # raised below, so that the caller's fault is not wrapped in the group's
            failure = fault
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _film(bucket: Bucket, binary: Path, order: Order, target: Path) -> Film:
    leash = Leash()
    try:
        shot = partial(footage.film, order, target, bucket=bucket, binary=binary, leash=leash)
        return await to_thread.run_sync(shot, abandon_on_cancel=True)
    finally:
        leash.kill()


def _now() -> datetime:
    return datetime.now(UTC)
