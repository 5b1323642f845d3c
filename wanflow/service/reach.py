"""Whether a region's service answers and takes the key; asks for nothing that costs."""

from __future__ import annotations

from wanflow.service.client import WireClient
from wanflow.service.opening import connect
from wanflow.service.pacing import ClockPacing
from wanflow.service.regions import Endpoint

NOBODY = "00000000-0000-0000-0000-000000000000"
"""A task that never was: the service says so to whoever has a key (api.md 1.4)."""


async def reach(endpoint: Endpoint) -> None:
    """Ask once; raises Unauthorised where the key is refused, and other ServiceFaults where nobody answers."""
    async with connect(endpoint) as transport:
        await WireClient(transport, ClockPacing(), key_hint=endpoint.key_hint).poll(NOBODY)
