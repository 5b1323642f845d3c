"""What the emulator refuses before it reads a request: host names that are not its own, and forms of web pages."""

from __future__ import annotations

from collections.abc import Collection
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from wanflow.emulator.api import replies
from wanflow.emulator.api.order import Rejected
from wanflow.hosts import ServedHosts


class OwnHosts:
    """Passes on the requests for hosts of this server, and refuses what a web page can send on its own.

    `host` is where the server listens, `names` are further names of it (wanflow.hosts).
    """

    def __init__(self, app: ASGIApp, host: str, names: Collection[str] = ()) -> None:
        self._app = app
        self._hosts = ServedHosts(host, names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 for other hosts and 403 for pages."""
        headers = Headers(scope=scope)
        # every browser says so of any form or script
        is_of_page = "origin" in headers or headers.get("sec-fetch-site", "none") != "none"
        if not self._hosts.has(headers.get("host", "")):
            refusal = Rejected("MisdirectedRequest", "The Host header names another server.", status=421)
        elif scope["method"] not in {"GET", "HEAD"} and is_of_page:
            refusal = Rejected("AccessDenied", "Requests of web pages are not accepted.", status=403)
        else:
            await self._app(scope, receive, send)
            return
        request_id = str(uuid4())
        closed = {"connection": "close", "x-request-id": request_id}
        await JSONResponse(replies.error(refusal, request_id), refusal.status, closed)(scope, receive, send)
