"""Who may use the page: the browser that opened its link, by this server's own names, from its own pages."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from html import escape
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wanflow.hosts import ServedHosts
from wanflow.messages import tr, translated

SECURE_HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""Headers of every reply: nothing inline runs, nothing comes from outside or goes there, no site may show a page."""
_SECRET_BYTES = 32
_OWN_SITES = frozenset({"same-origin", "none"})
"""Words of `Sec-Fetch-Site` for a request of our own page, and for one of the person at the browser."""


class Access:
    """The link to the page and the sessions that it opened.

    A link opens one session. The browser that has it may use the link again; where any other does, `tell` gets a new
    link for the person at the terminal.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.token = secrets.token_urlsafe(_SECRET_BYTES)
        self._tell, self._used = tell, set[str]()
        self._sessions = set[str]()

    def has(self, session: str) -> bool:
        """Whether a cookie is that of a session."""
        return _among(session, self._sessions)

    def opened(self, token: str) -> str | None:
        """A new session for the token of the link; None for any other token and for one that was used."""
        if _among(token, {self.token}) and not _among(token, self._used):
            self._used.add(self.token)
            session = secrets.token_urlsafe(_SECRET_BYTES)
            self._sessions.add(session)
            return session
        if _among(token, self._used):
            if self.token in self._used:
                self.token = secrets.token_urlsafe(_SECRET_BYTES)
            self._tell(self.token)
        return None

    def was_used(self, token: str) -> bool:
        """Whether a token is that of a link which was used."""
        return _among(token, self._used)


def _among(given: str, known: set[str]) -> bool:
    """Whether a secret is among the known ones; the time of the comparison says nothing of them."""
    return any([secrets.compare_digest(given.encode(), each.encode()) for each in known])  # noqa: C419 - all are compared


class Guarded:
    """Passes on what the browser of a session asks for, and refuses all else with 403.

    `hosts` are the names of this server, `cookie` the name of the cookie: browsers send one to all ports of a host.
    """

    def __init__(self, app: ASGIApp, access: Access, hosts: ServedHosts, cookie: str) -> None:
        self._app, self._access, self._hosts, self._cookie = app, access, hosts, cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name for name, _ in message["headers"]}
                added = [(name.encode(), value.encode()) for name, value in SECURE_HEADERS.items()]
                added.append((b"cache-control", b"no-store"))
                message["headers"] = [*message["headers"], *(pair for pair in added if pair[0] not in known)]
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, send_secured)

    def _refusal(self, scope: Scope) -> Response | None:
        """What answers a request that is not passed on."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._hosts.has(host):
            return _refused(tr("this address is not one of this server"))
        if not _is_of_own_page(headers, scope["method"]):
            return _refused(tr("another site sent this request"))
        session = cookie_parser(headers.get("cookie", "")).get(self._cookie, "")
        asked = scope["path"] == "/" and scope["method"] == "GET"
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0] if asked else ""
        if self._access.has(session):
            return RedirectResponse("/", HTTPStatus.SEE_OTHER) if token else None
        if not token:
            return _refused(tr("open the link that `wanflow review` printed"))
        opened = self._access.opened(token)
        if opened is None and self._access.was_used(token):
            return _refused(tr("this link was used already: the terminal of `wanflow review` shows a new one"))
        if opened is None:
            return _refused(tr("this link is not one of this server: open the one that `wanflow review` printed"))
        reply = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        reply.headers["set-cookie"] = f"{self._cookie}={opened}; Path=/; HttpOnly; SameSite=Strict"
        return reply


def _is_of_own_page(headers: Headers, method: str) -> bool:
    """Whether a request may be one of our own page, or of the person at the browser.

    A form of a page without referrers has the origin `null`; then the browser says itself which site sent it.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    changes = method not in {"GET", "HEAD"}
    opens = headers.get("sec-fetch-mode") == "navigate" and not changes
    if site is not None and site not in _OWN_SITES and not opens:
        return False
    if origin == "null":
        return site == "same-origin" or opens
    host = headers.get("host", "").lower()
    return origin is None or origin.lower() in {f"http://{host}", f"https://{host}"}


def _refused(words: str) -> Response:
    """A page without anything of the production; its link opens the page where only a foreign site was between."""
    said, again = escape(translated(words)), escape(translated(tr("Try again")))
    page = f'<!doctype html><meta charset="utf-8"><title>wanflow</title><p>{said}</p><p><a href="/">{again}</a></p>'
    return HTMLResponse(page, HTTPStatus.FORBIDDEN)
