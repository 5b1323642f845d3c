"""Answers as faults leave them: late, lost, stalled, cut off, garbage (`wanflow emulator --faults`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import anyio
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from wanflow.emulator.api.fault_script import ScriptedFault
from wanflow.emulator.api.order import Rejected


def storage_error(fault: Rejected) -> Response:
    """The vendor's storage answers in XML; the words are ours, nothing of the request is in them."""
    text = f"<Error><Code>{fault.code}</Code><Message>{fault.message}</Message></Error>"
    return Response(text, fault.status, media_type="application/xml")


class BrokenResponse(Response):
    """An answer that promises more than it says; then the connection is closed."""

    def __init__(self, status: int, headers: Mapping[str, str], said: bytes) -> None:
        super().__init__(status_code=status, headers=headers)
        self._said = said

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin, and end too early."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._said, "more_body": True})


class StalledResponse(Response):
    """An answer that never comes: the connection stays open until the client leaves."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the client to leave."""
        del scope, send
        while (await receive())["type"] != "http.disconnect":
            continue


async def spoilt(answer: Response, fault: ScriptedFault | None) -> Response:
    """An answer as a fault leaves it: late, lost, an error, or garbage."""
    if fault is None:
        return answer
    await anyio.sleep(fault.late)
    if fault.lose or fault.drop:
        return BrokenResponse(200, {"content-length": "1000"}, b"")
    if fault.stall:
        return StalledResponse()
    if fault.status is not None:
        return storage_error(Rejected(fault.code, fault.message, status=fault.status))
    return HTMLResponse("<html><p>Please log in.</p></html>") if fault.garbage else answer


def beginning(path: Path, first: int, size: int) -> bytes:
    """So many bytes of a file from a place on."""
    with path.open("rb") as file:
        file.seek(first)
        return file.read(size)
