"""The emulator on a socket of this machine, in a thread of its own, for clients that know only HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from threading import Thread

import anyio

from wanflow.emulator.server import Server, Serving, listening

PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Served:
    """A running emulator: its base URL ends in `/api/v1`."""

    base_url: str


@contextmanager
def served(serving: Serving, key: str = "sk-animatic") -> Iterator[Served]:
    """Serve until the end of the block; films are made by ffmpeg."""
    handed_over: SimpleQueue[tuple[Server, str]] = SimpleQueue()
    thread = Thread(target=partial(anyio.run, _serve, serving, key, handed_over))
    thread.start()
    server, base_url = handed_over.get(timeout=PATIENCE_SECONDS)
    try:
        yield Served(base_url)
    finally:
        server.stop()
        thread.join(PATIENCE_SECONDS)


async def _serve(serving: Serving, key: str, handed_over: SimpleQueue[tuple[Server, str]]) -> None:
    environ = {**os.environ, "DASHSCOPE_API_KEY": key}
    async with listening(serving, environ, jobs=2) as (server, base_url):
        handed_over.put((server, base_url))
        await server.run()
