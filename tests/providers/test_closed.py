"""The client of a run that has nothing to ask: what is asked all the same is certainly not sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import getmembers, iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest

from wanflow.catalog.read import load_catalog
from wanflow.providers.closed import ClosedClient
from wanflow.providers.faults import NotSent
from wanflow.providers.protocol import Request, WaitingClient

CALLS: dict[str, Callable[[WaitingClient], Awaitable[Any]]] = {
    "submit": lambda client: client.submit(Request("wan2.7-t2v", load_catalog()["wan2.7-t2v"])),
    "poll": lambda client: client.poll("task"),
    "list": lambda client: client.list(None),
    "cancel": lambda client: client.cancel("task"),
    "upload": lambda client: client.upload(Path("boat.png"), "wan2.7-t2v"),
    "download": lambda client: client.download("https://example.com/boat.mp4", Path("boat.mp4"), 1),
    "wait_until_done": lambda client: client.wait_until_done("task"),
}


@pytest.mark.parametrize("name", [name for name, _ in getmembers(ClosedClient, iscoroutinefunction)])
@pytest.mark.anyio
async def test_nothing_is_sent(name: str) -> None:
    """By any call of the protocol."""
    with pytest.raises(NotSent, match="nothing"):
        await CALLS[name](ClosedClient())
