"""The whole client put together: over the network for the paid service, in process for its stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx

import wanflow
from wanflow.providers.animatic.asgi import Application, AsgiTransport
from wanflow.providers.bucket import BucketUploads
from wanflow.providers.dashscope.client import DashScopeClient
from wanflow.providers.dashscope.http import LIMITS, TIMEOUT, HttpTransport
from wanflow.providers.dashscope.regions import Endpoint
from wanflow.providers.limited import Limited
from wanflow.providers.poller import ClockPacing, CompletionPacing, Poller
from wanflow.providers.protocol import ProviderClient
from wanflow.providers.retrying import Retrying, Tell

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
) -> AsyncIterator[ProviderClient]:
    """The service of a region; `poll_seconds` is the shortest time between two looks at one task.

    `tell` is told in words when something is tried again. Local media goes through `bucket`, where there is one; raises
    NoBucket where none of its kind can be used here.
    """
    async with connect(endpoint) as transport:
        client = DashScopeClient(transport, ClockPacing(poll_seconds), key_hint=endpoint.key_hint)
        reader = client if bucket is None else BucketUploads(client, bucket)
        yield Retrying(Poller(Limited(reader), poll_seconds), tell)


@asynccontextmanager
async def open_stand_in(
    app: Application, base_url: str, key: str, changed: Callable[[str], Awaitable[None]]
) -> AsyncIterator[ProviderClient]:
    """The service that an application in this process is; `changed` waits for a task's next change."""
    async with httpx.AsyncClient(transport=AsgiTransport(app), timeout=None) as client:  # noqa: S113 - no network
        yield DashScopeClient(HttpTransport(client, base_url, key), CompletionPacing(changed))


NOBODY = "00000000-0000-0000-0000-000000000000"
"""A task that never was: the service says so to whoever has a key (service.md 1.4)."""


async def reach(endpoint: Endpoint) -> None:
    """Ask once; raises Unauthorised where the key is refused, and other ServiceFaults where nobody answers."""
    async with connect(endpoint) as transport:
        await DashScopeClient(transport, ClockPacing(), key_hint=endpoint.key_hint).poll(NOBODY)
