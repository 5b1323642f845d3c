"""HTTP below the client: a pool of connections, the key in one header, faults as builtin exceptions (service.md 1)."""

from __future__ import annotations

import math
import re
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Protocol, cast

import httpx

from wanflow import decode
from wanflow.errors import public_url, without_key

CHUNK_BYTES = 1 << 20
MOST_BYTES = 1 << 24
"""Maximum size of a reply, far beyond the longest page of a task list."""
SAID = frozenset({"code", "message", "msg", "error"})
"""Keys of a reply that hold messages, of the service or of something in between."""

TIMEOUT = httpx.Timeout(60, connect=15)
"""Timeout of a call: a submit may take long while the service is busy, a connection may not."""

HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} (GMT|[+]0000)")
"""Form of a `Date` header; its parser raises many exceptions for other forms."""

MOST_AHEAD = timedelta(days=36_500)
"""Limit of the difference between two clocks: one without a battery begins in 1970, and sums stay in the calendar."""

LONGEST_WAIT_SECONDS = 300
"""Maximum time that a reply can ask to wait; an account that is throttled recovers in a minute (service.md 4.4)."""

MOST_REDIRECTS = 5
"""Maximum redirects of a result's address."""

BEGINNING_BYTES = 10_000
"""Maximum bytes that are kept of a body which is not JSON."""

LIMITS = httpx.Limits(max_connections=40, max_keepalive_connections=20)


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply: its HTTP status, its JSON object, and the seconds that it asks to wait.

    `reply` is empty where the body is not a JSON object; `body` is then its beginning. `address` is the host and the
    path that were asked, safe to show.
    """

    status: int
    reply: Mapping[str, object] = field(default_factory=dict)
    body: bytes = b""
    media_type: str = ""
    retry_after: int | None = None
    address: str = ""

    @property
    def is_page(self) -> bool:
        """Whether the body is a web page, which neither the service nor its storage sends."""
        begins = self.body.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        named = "html" in self.media_type.lower() and bool(begins)
        return not self.reply and (named or begins.startswith((b"<!doctype html", b"<html")))

    @property
    def content(self) -> str:
        """What the body is, for a message."""
        if self.is_page:
            return "a web page"
        if self.reply or self.body.lstrip()[:1] in {b"{", b"["}:
            return "JSON of another form"
        return "a text" if self.body.strip() else "an empty body"


class HttpTransport:
    """A `Transport` over HTTP to one base address, which ends in `/api/v1`.

    `client` has the timeouts and the pool; its key is set here and sent to the base address only, never to an upload
    host or a result's address. `clock` is this machine's.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        base_url: str,
        key: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._base_url = base_url
        self._key = key
        self._clock = clock
        self._least_ahead: timedelta | None = None

    @property
    def ahead(self) -> timedelta:
        """The least of all replies: a `Date` has whole seconds, a reply takes time, and either clock may be set."""
        return self._least_ahead or timedelta()

    async def exchange(self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object]) -> Answer:
        """Ask the API once."""
        signed = {**headers, "Authorization": f"Bearer {self._key}"}
        url, given = f"{self._base_url}{path}", dict(body) if body else None
        with _in_builtins(url):
            async with self._client.stream(method, url, headers=signed, json=given) as response:
                self._compare_clocks(response.headers.get("date"))
                text = await _whole(response)
        try:
            reply = decode.parse_reply(text)
        except ValueError:
            reply = None
        answer = replace(answer_of(response.status_code, response.headers, url), body=text[:BEGINNING_BYTES])
        return replace(answer, reply=_redacted(reply, self._key), body=b"") if isinstance(reply, dict) else answer

    def _compare_clocks(self, date: str | None) -> None:
        """Learn from the `Date` of a reply; one that cannot be read, or is of another century, is ignored."""
        moment = _moment(date)
        ahead = None if moment is None else moment - self._clock()
        if ahead is not None and abs(ahead) < MOST_AHEAD:
            self._least_ahead = ahead if self._least_ahead is None else min(ahead, self._least_ahead)

    async def send_file(self, url: str, fields: Mapping[str, str], path: Path) -> Answer:
        """Post a form with the file as its last part, read as it is sent."""
        with path.open("rb") as file, _in_builtins(url):
            part = (fields["key"].rpartition("/")[2], file, "application/octet-stream")
            async with self._client.stream("POST", url, data=dict(fields), files={"file": part}) as response:
                text = await _whole(response)
        return replace(answer_of(response.status_code, response.headers, url), body=text[:BEGINNING_BYTES])

    @asynccontextmanager
    async def open(self, url: str, start: int) -> AsyncIterator[Download]:
        """Open a result for reading from byte `start`; redirects are followed."""
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with _in_builtins(url):
            response = await self._follow(self._client.build_request("GET", url, headers=headers))
            async with aclosing(response):
                yield response.status_code, dict(response.headers), response.aiter_bytes(CHUNK_BYTES)

    async def _follow(self, request: httpx.Request) -> httpx.Response:
        """The response at the end of a few redirects; raises ConnectionError for one that leaves encryption."""
        for _ in range(MOST_REDIRECTS + 1):
            response = await self._client.send(request, stream=True)
            target = response.next_request
            if target is None:
                return response
            await response.aclose()
            if request.url.scheme == "https" != target.url.scheme:
                raise ConnectionError(f"{place_of(str(request.url))}: it redirects to an unencrypted address")
            request = target
        raise ConnectionError(f"{place_of(str(request.url))}: more than {MOST_REDIRECTS} redirects")


def answer_of(status: int, headers: Mapping[str, str], url: str) -> Answer:
    """The head of a reply from an address; `headers` are by lower-case name.

    A `Retry-After` counts in seconds or as a date, unless that has passed.
    """
    text = headers.get("retry-after")
    seconds, moment = decode.count(text), _moment(text)
    if moment is not None:
        seconds = math.ceil((moment - (_moment(headers.get("date")) or datetime.now(UTC))).total_seconds())
    wait = min(seconds, LONGEST_WAIT_SECONDS) if seconds is not None and seconds > 0 else None
    return Answer(status, media_type=headers.get("content-type", ""), retry_after=wait, address=place_of(url))


def place_of(url: str) -> str:
    """The host and the path of an address, without what may be secret in it."""
    return public_url(url).partition("//")[2].removesuffix("?…") or "an address without a host"


def _moment(date: str | None) -> datetime | None:
    """The moment that an HTTP date names; None for any other text."""
    if not HTTP_DATE.fullmatch(date or ""):
        return None
    try:
        return parsedate_to_datetime(date or "")
    except ValueError:
        return None


NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
"""Errors of requests that were never sent."""


class Unreachable(ConnectionRefusedError):
    """A request that certainly never arrived; `hint` is the way out, where the cause is known."""

    def __init__(self, words: str, hint: str | None = None) -> None:
        super().__init__(words)
        self.hint = hint


@contextmanager
def _in_builtins(url: str) -> Iterator[None]:
    """Tell httpx's errors apart: nothing arrived, or the reply was lost. The words name the host."""
    host = place_of(url).partition("/")[0]
    try:
        yield
    except NEVER_SENT as fault:
        cause, hint = _cause(fault)
        raise Unreachable(f"{host}: {cause}", hint) from fault
    except httpx.TimeoutException as fault:
        raise ConnectionError(f"{host}: no reply in time") from fault
    except (httpx.RequestError, httpx.InvalidURL) as fault:
        raise ConnectionError(f"{host}: {_words(fault)}") from fault
    except (UnicodeError, OverflowError, ExceptionGroup) as fault:  # of a host or port that only looks like one
        if isinstance(fault, ExceptionGroup) and fault.split(OverflowError)[1] is not None:
            raise
        raise ConnectionRefusedError("the address names no host") from fault


def _cause(fault: BaseException) -> tuple[str, str | None]:
    """Why a request was not sent, and the way out; a failure at a proxy or behind it names the proxy."""
    if isinstance(fault, httpx.ProxyError):
        behind = fault.__cause__
        refused = not isinstance(behind, httpx.TransportError) or isinstance(behind, httpx.ProxyError)
        why, hint = (str(behind or ""), None) if refused or behind is None else _cause(behind)
        words = ": ".join(filter(None, (_words(fault), why)))
        return words, hint or "check the proxy and its variable, with user and password"
    inner: BaseException | None = fault
    while inner is not None:
        match inner:
            case socket.gaierror():
                return "its name cannot be resolved", "check the network, the DNS and the address"
            case ssl.SSLCertVerificationError(verify_message=why):
                hint = "where a proxy opens TLS, name its certificates with SSL_CERT_FILE; check the clock as well"
                return f"its certificate is not trusted ({why})", hint
            case ssl.SSLError(reason=why):
                return f"TLS failed ({why or 'the connection was closed'})", "check the proxy and the address"
            case ConnectionRefusedError():
                return "the connection is refused", None
        inner = inner.__cause__ or inner.__context__
    return "no connection in time" if isinstance(fault, httpx.TimeoutException) else _words(fault), None


def _words(fault: BaseException) -> str:
    return str(fault) or type(fault).__name__


async def _whole(response: httpx.Response) -> bytes:
    """The body of a reply; raises ConnectionError for one that is too long."""
    body = bytearray()
    async with aclosing(cast(AsyncGenerator[bytes, None], response.aiter_bytes())) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > MOST_BYTES:
                raise ConnectionError("the reply does not end")
    return bytes(body)


def _redacted(part: dict[str, object], key: str) -> dict[str, object]:
    """A part of a reply without the key, since its messages are recorded and shown."""
    said = {name: without_key(value, key) for name, value in part.items() if name in SAID and isinstance(value, str)}
    inner = {name: _redacted(value, key) for name, value in part.items() if isinstance(value, dict)}
    return part | said | inner


Download = tuple[int, Mapping[str, str], AsyncIterator[bytes]]
"""An HTTP status, the headers by lower-case name, and the body in chunks of a megabyte at most."""


class Transport(Protocol):
    """A way to one service of one region, key included.

    The key goes into the `Authorization` of `exchange` and nowhere else. Every method raises ConnectionRefusedError
    where the request surely never arrived, ConnectionError where the reply was lost or took too long, and nothing
    else of its own. None retries. `ahead` is the least that the service's clock was ahead of this machine's in any
    answer, zero where no answer says the time: it may only fall.
    """

    @property
    def ahead(self) -> timedelta:
        """The least time that the service's clock is ahead of this machine's; negative if it is behind."""

    async def exchange(self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object]) -> Answer:
        """Ask the API once: `path` is below the base address, query included; an empty `body` is not sent."""

    async def send_file(self, url: str, fields: Mapping[str, str], path: Path) -> Answer:
        """Post a form with `fields` and then the file as its last part, streaming."""

    def open(self, url: str, start: int) -> AbstractAsyncContextManager[Download]:
        """Open a result for reading from byte `start`, without the key; whole when `start` is 0."""
