"""What the emulator refuses before it reads a request: host names that are not its own, and forms of web pages."""

from __future__ import annotations

import re
from collections.abc import Collection
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from wanflow.emulator.api import replies
from wanflow.emulator.api.order import Rejected
from wanflow.hosts import address_of, is_loopback

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[\w.-]+)(?::[0-9]*)?", re.IGNORECASE)
"""A Host header: a name or an address, perhaps with a port."""


class OwnHosts:
    """Passes on the requests for hosts of this server, and refuses what a web page can send on its own.

    A page gives its own host name the address of this machine and then talks to it as to its own site (DNS rebinding).
    So `host`, where the server listens, counts, `names`, and loopback. If `host` is reached from other machines, every
    address counts: only a name can be rebound. The port is not compared, since a tunnel or container may change it.
    """

    def __init__(self, app: ASGIApp, host: str, names: Collection[str] = ()) -> None:
        self._app = app
        self._names = {_plain(name) for name in (host, *names)}
        self._local = is_loopback(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 for other hosts and 403 for pages."""
        headers = Headers(scope=scope)
        if not self._is_own(headers.get("host", "")):
            refusal = Rejected("MisdirectedRequest", "The Host header names another server.", status=421)
        elif scope["method"] not in {"GET", "HEAD"} and _is_of_page(headers):
            refusal = Rejected("AccessDenied", "Requests of web pages are not accepted.", status=403)
        else:
            await self._app(scope, receive, send)
            return
        body = replies.error(refusal, str(uuid4()))
        await JSONResponse(body, refusal.status, {"connection": "close"})(scope, receive, send)

    def _is_own(self, header: str) -> bool:
        found = _HOST.fullmatch(header)
        if found is None:
            return False
        host = _plain(found[1])
        return host in self._names or is_loopback(host) or (not self._local and address_of(host) is not None)


def _is_of_page(headers: Headers) -> bool:
    """Whether a browser says that a page sent a request; every browser says so of any form or script."""
    return "origin" in headers or headers.get("sec-fetch-site", "none") != "none"


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
