"""DashScope as `wiring` reaches it: over the network for the paid service, in process for the animatic."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx

import wanflow
from wanflow.providers.animatic.asgi import Application, AsgiTransport
from wanflow.providers.dashscope.client import DashScopeClient
from wanflow.providers.dashscope.http import LIMITS, TIMEOUT, HttpTransport
from wanflow.providers.dashscope.regions import endpoint_of
from wanflow.providers.poller import ClockPacing, CompletionPacing
from wanflow.providers.protocol import Endpoint, ProviderClient

DIRECT = {f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")}
"""Hosts of this machine, which are reached without the proxy that the environment may name."""

UNKNOWN_TASK = "00000000-0000-0000-0000-000000000000"
"""The id of no task: the service reports it as UNKNOWN to anybody with a key (service.md 1.4)."""


class DashScope:
    """The `Connector` of the paid service."""

    def endpoint(self, region: str, environ: Mapping[str, str], *, key_needed: bool = True) -> Endpoint:
        """The endpoint of a region by the environment; raises Unauthorised, WrongAddress."""
        return endpoint_of(region, environ, key_needed=key_needed)

    def open(self, endpoint: Endpoint) -> AbstractAsyncContextManager[ProviderClient]:
        """A client of a region's service."""
        return _open(endpoint)

    async def reach(self, endpoint: Endpoint) -> None:
        """Ask for a task that does not exist."""
        async with _open(endpoint) as client:
            await client.poll(UNKNOWN_TASK)


@asynccontextmanager
async def connect(endpoint: Endpoint) -> AsyncIterator[HttpTransport]:
    """The way to a region's service; its connections are shared and closed at the end."""
    agent = {"User-Agent": f"wanflow/{wanflow.__version__}"}
    async with httpx.AsyncClient(timeout=TIMEOUT, limits=LIMITS, headers=agent, mounts=DIRECT) as client:
        yield HttpTransport(client, endpoint.base_url, endpoint.key)


@asynccontextmanager
async def _open(endpoint: Endpoint) -> AsyncIterator[ProviderClient]:
    async with connect(endpoint) as transport:
        yield DashScopeClient(transport, ClockPacing(), key_hint=endpoint.key_hint)


@asynccontextmanager
async def open_in_process(
    app: Application, base_url: str, key: str, changed: Callable[[str], Awaitable[None]]
) -> AsyncIterator[ProviderClient]:
    """The same client bound to an application in this process; `changed` waits for a task's next change."""
    async with httpx.AsyncClient(transport=AsgiTransport(app), timeout=None) as client:  # noqa: S113 - no network
        yield DashScopeClient(HttpTransport(client, base_url, key), CompletionPacing(changed))
