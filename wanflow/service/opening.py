"""The whole client put together: over the network for the paid service, in process for its stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx

import wanflow
from wanflow.service.asgi import Application, AsgiTransport
from wanflow.service.bucket import Bucketed
from wanflow.service.client import WireClient
from wanflow.service.http import LIMITS, TIMEOUT, HttpTransport
from wanflow.service.limited import Limited
from wanflow.service.pacing import ClockPacing, CompletionPacing
from wanflow.service.port import VideoService
from wanflow.service.regions import Endpoint
from wanflow.service.retrying import Retrying, Tell
from wanflow.service.watching import Watching

DIRECT = {f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")}
"""What is on this machine is reached without the proxy that the environment may name."""


@asynccontextmanager
async def connect(endpoint: Endpoint) -> AsyncIterator[HttpTransport]:
    """The way to a region's service; its connections are shared and closed at the end."""
    agent = {"User-Agent": f"wanflow/{wanflow.__version__}"}
    async with httpx.AsyncClient(timeout=TIMEOUT, limits=LIMITS, headers=agent, mounts=DIRECT) as client:
        yield HttpTransport(client, endpoint.base_url, endpoint.key)


@asynccontextmanager
async def open_service(
    endpoint: Endpoint, *, poll_seconds: float, tell: Tell, bucket: str | None = None
) -> AsyncIterator[VideoService]:
    """The service of a region; `poll_seconds` is the shortest time between two looks at one task.

    `tell` is told in words when something is tried again. Local media goes through `bucket`, where there is one; raises
    NoBucket where none of its kind can be used here.
    """
    async with connect(endpoint) as transport:
        client = WireClient(transport, ClockPacing(poll_seconds), key_hint=endpoint.key_hint)
        reader = client if bucket is None else Bucketed(client, bucket)
        yield Retrying(Watching(Limited(reader), poll_seconds), tell)


@asynccontextmanager
async def open_stand_in(
    app: Application, base_url: str, key: str, changed: Callable[[str], Awaitable[None]]
) -> AsyncIterator[VideoService]:
    """The service that an application in this process is; `changed` waits for a task's next change."""
    async with httpx.AsyncClient(transport=AsgiTransport(app), timeout=None) as client:  # noqa: S113 - no network
        yield WireClient(HttpTransport(client, base_url, key), CompletionPacing(changed))
