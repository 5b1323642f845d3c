"""HTTP below the client: a pool of connections, the key in one header, faults as builtin exceptions (service.md 1).

What comes back is bounded in size and time, and loses the key and signatures here, before anything reads it.
"""

from __future__ import annotations

import math
import os
import re
import socket
import ssl
import zlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, contextmanager
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Protocol, cast

import anyio
import httpx

from wanflow import decode
from wanflow.masking import public_url, without_key
from wanflow.messages import tr
from wanflow.providers.dashscope.reply_masking import masked, signatures_in
from wanflow.providers.faults import ForbiddenAddress
from wanflow.records import immutable

CHUNK_BYTES = 1 << 20
MOST_BYTES = 1 << 22
"""Maximum size of a reply, far beyond the longest page of a task list."""
MOST_SIGNATURES = 256
"""Maximum known values that open an address; the oldest are forgotten."""

TIMEOUT = httpx.Timeout(60, connect=15)
"""Timeout of each step of a call: a submit may take long while the service is busy, a connection may not."""
CALL_SECONDS = 120
"""Seconds after which a call is given up, in which it may be sent and its whole reply arrive."""
SLOW_SECONDS = 60
LEAST_RATE = 1 << 16
"""Bytes a second that a body has to have on average, after some seconds in which it may be slower."""

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

WHO_REPLIES = tr("results have plain addresses; check who replies in the service's name")

LIMITS = httpx.Limits(max_connections=40, max_keepalive_connections=20)


@immutable
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
            return tr("a web page")
        if self.reply or self.body.lstrip()[:1] in {b"{", b"["}:
            return tr("JSON of another form")
        return tr("a text") if self.body.strip() else tr("an empty body")


class HttpTransport:
    """A `Transport` over HTTP to one base address, which ends in `/api/v1`.

    `client` has the timeouts and the pool; its key is set here and sent to the base address only, never to an upload
    host or a result's address. `clock` is this machine's. A call is given up after `patience` seconds, and the time
    that its body needs at `LEAST_RATE`; None is never, for an application in this process.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        base_url: str,
        key: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        patience: float | None = CALL_SECONDS,
    ) -> None:
        self._client = client
        self.base_url = base_url
        self._key = key
        self._clock = clock
        self._patience = patience
        self._least_ahead: timedelta | None = None
        self._signatures: deque[str] = deque(maxlen=MOST_SIGNATURES)

    @property
    def ahead(self) -> timedelta:
        """The least of all replies: a `Date` has whole seconds, a reply takes time, and either clock may be set."""
        return self._least_ahead or timedelta()

    async def exchange(self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object]) -> Answer:
        """Ask the API once."""
        url = f"{self.base_url}{path}"
        sent = {"Authorization": f"Bearer {self._key}", "Accept-Encoding": "identity", **headers}
        with self._in_builtins(url):
            request = self._client.build_request(method, url, headers=sent, json=dict(body) if body else None)
            async with self._reply(request, len(request.content)) as response:
                self._compare_clocks(response.headers.get("date"))
                text = await _whole(response)
        try:
            reply = decode.parse_reply(text)
        except ValueError:
            reply = None
        new = set(signatures_in(reply)).difference(self._signatures)
        self._signatures += new
        answer = self._answer_of(response, url, text)
        clean = self._masked(reply)
        return replace(answer, reply=clean, body=b"") if isinstance(clean, dict) else answer

    def _masked(self, said: object) -> object:
        """A reply or a text without the key and without what opens the addresses that were replied so far."""
        return masked(said, self._key, self._signatures)

    def _compare_clocks(self, date: str | None) -> None:
        """Learn from the `Date` of a reply; one that cannot be read, or is of another century, is ignored."""
        moment = _moment(date)
        ahead = None if moment is None else moment - self._clock()
        if ahead is not None and abs(ahead) < MOST_AHEAD:
            self._least_ahead = ahead if self._least_ahead is None else min(ahead, self._least_ahead)

    async def send_file(self, url: str, fields: Mapping[str, str], path: Path) -> Answer:
        """Post a form with the file as its last part, read as it is sent; redirects are not followed."""
        with path.open("rb") as file, self._in_builtins(url):
            part = (fields["key"].rpartition("/")[2], file, "application/octet-stream")
            request = self._client.build_request("POST", url, data=dict(fields), files={"file": part})
            request.headers["Accept-Encoding"] = "identity"
            async with self._reply(request, os.fstat(file.fileno()).st_size) as response:
                text = await _whole(response)
        return self._answer_of(response, url, text)

    @asynccontextmanager
    async def _reply(self, request: httpx.Request, size: int) -> AsyncIterator[httpx.Response]:
        """The response to a request of this size; raises TimeoutError where it is not read whole in time.

        A response that drips would meet every timeout of a step.
        """
        with anyio.fail_after(None if self._patience is None else self._patience + size / LEAST_RATE):
            async with aclosing(await self._client.send(request, stream=True)) as response:
                yield response

    @asynccontextmanager
    async def open(self, url: str, start: int) -> AsyncIterator[Download]:
        """Open a result for reading from byte `start`; redirects are followed."""
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with self._in_builtins(url):
            _check_form(httpx.URL(url))
            with anyio.fail_after(self._patience):
                response = await self._follow(self._client.build_request("GET", url, headers=headers))
            async with aclosing(response), aclosing(self._paced(_decoded(response))) as chunks:
                beginning = bytearray()
                async for chunk in chunks:
                    beginning += chunk
                    if len(beginning) >= BEGINNING_BYTES:
                        break
                # of a compressed body the headers count other bytes than those that are read
                said = dict(response.headers) if _encoding(response) is None else {}
                yield self._answer_of(response, url, bytes(beginning)), said, _joined(bytes(beginning), chunks)

    async def _follow(self, request: httpx.Request) -> httpx.Response:
        """The response at the end of a few redirects; raises ConnectionError for one that leaves encryption."""
        for _ in range(MOST_REDIRECTS + 1):
            response = await self._client.send(request, stream=True)
            target = response.next_request
            if target is None:
                return response
            await response.aclose()
            _check_form(target.url)
            if request.url.scheme == "https" != target.url.scheme:
                raise ConnectionError(tr("it redirects to an unencrypted address"))
            request = target
        raise ConnectionError(tr("more than {most_redirects} redirects", most_redirects=MOST_REDIRECTS))

    async def _paced(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        """The chunks of a body; raises ConnectionError where they come slower than `LEAST_RATE`."""
        began, fetched = anyio.current_time(), 0
        async with aclosing(chunks):
            async for chunk in chunks:
                fetched += len(chunk)
                seconds = anyio.current_time() - began
                if self._patience is not None and fetched < (seconds - SLOW_SECONDS) * LEAST_RATE:
                    raise ConnectionError(
                        tr("only {fetched} bytes in {seconds:.0f} s", fetched=fetched, seconds=seconds)
                    )
                yield chunk

    def _answer_of(self, response: httpx.Response, url: str, body: bytes) -> Answer:
        """A reply from an address, with the beginning of its body; nothing in it has the key.

        A `Retry-After` counts in seconds or as a date, unless that has passed.
        """
        headers = response.headers
        text = headers.get("retry-after")
        seconds, moment = decode.count(text), _moment(text)
        if moment is not None:
            seconds = math.ceil((moment - (_moment(headers.get("date")) or datetime.now(UTC))).total_seconds())
        beginning = body[:BEGINNING_BYTES]
        words = beginning.decode(errors="surrogateescape")
        clean = self._masked(words)
        return Answer(
            response.status_code,
            body=beginning if clean == words else str(clean).encode(errors="surrogateescape"),
            media_type=headers.get("content-type", ""),
            retry_after=min(seconds, LONGEST_WAIT_SECONDS) if seconds is not None and seconds > 0 else None,
            address=without_key(place_of(url), self._key),
        )

    @contextmanager
    def _in_builtins(self, url: str) -> Iterator[None]:
        """Tell httpx's errors apart: nothing arrived, or the reply was lost. The words name the host."""
        host = place_of(url).partition("/")[0]

        def words(said: str) -> str:
            whole = tr("{host}: {said}", host=host, said=said)
            clean = self._masked(str(whole))
            return whole if clean == whole else str(clean)

        try:
            yield
        except NEVER_SENT as fault:
            cause, hint = _cause(fault)
            raise Unreachable(words(cause), hint) from fault
        except (httpx.TimeoutException, TimeoutError) as fault:
            raise ConnectionError(words(tr("no reply in time"))) from fault
        except (httpx.RequestError, httpx.InvalidURL, ConnectionError) as fault:
            raise ConnectionError(words(_words(fault))) from fault
        except (UnicodeError, OverflowError, ExceptionGroup) as fault:  # of a host or port that only looks like one
            if isinstance(fault, ExceptionGroup) and fault.split(OverflowError)[1] is not None:
                raise
            raise ConnectionRefusedError(tr("the address names no host")) from fault


def _check_form(url: httpx.URL) -> None:
    """Raise ForbiddenAddress for an address of a file or of another protocol, or one with a user or a password."""
    if not url.scheme or (url.scheme in {"http", "https"} and not url.host):
        raise ForbiddenAddress(tr("the result's address names no host"), hint=WHO_REPLIES)
    if url.scheme not in {"http", "https"}:
        raise ForbiddenAddress(
            tr("the result's address is of the kind `{scheme}`", scheme=url.scheme[:20]), hint=WHO_REPLIES
        )
    if url.userinfo:
        raise ForbiddenAddress(
            tr("the result's address has a user or a password ({host})", host=url.host), hint=WHO_REPLIES
        )


def place_of(url: str) -> str:
    """The host and the path of an address, without what may be secret in it."""
    return public_url(url).partition("//")[2].removesuffix("?…") or tr("an address without a host")


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


def _cause(fault: BaseException) -> tuple[str, str | None]:
    """Why a request was not sent, and the way out; a failure at a proxy or behind it names the proxy."""
    if isinstance(fault, httpx.ProxyError):
        behind = fault.__cause__
        refused = not isinstance(behind, httpx.TransportError) or isinstance(behind, httpx.ProxyError)
        why, hint = (str(behind or ""), None) if refused or behind is None else _cause(behind)
        words = ": ".join(filter(None, (_words(fault), why)))
        return words, hint or tr("check the proxy and its variable, with user and password")
    inner: BaseException | None = fault
    while inner is not None:
        match inner:
            case socket.gaierror():
                return tr("its name cannot be resolved"), tr("check the network, the DNS and the address")
            case ssl.SSLCertVerificationError(verify_message=why):
                hint = tr("where a proxy opens TLS, name its certificates with SSL_CERT_FILE; check the clock as well")
                return tr("its certificate is not trusted ({why})", why=why), hint
            case ssl.SSLError(reason=why):
                return tr("TLS failed ({why})", why=why or tr("the connection was closed")), tr(
                    "check the proxy and the address"
                )
            case ConnectionRefusedError():
                return tr("the connection is refused"), None
        inner = inner.__cause__ or inner.__context__
    return tr("no connection in time") if isinstance(fault, httpx.TimeoutException) else _words(fault), None


def _words(fault: BaseException) -> str:
    return str(fault) or type(fault).__name__


async def _whole(response: httpx.Response) -> bytes:
    """The body of a reply; raises ConnectionError for one that is too long."""
    body = bytearray()
    async with aclosing(_decoded(response)) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > MOST_BYTES:
                raise ConnectionError(tr("the reply does not end"))
    return bytes(body)


def _encoding(response: httpx.Response) -> str | None:
    """How a body is compressed; None where it is not."""
    named = response.headers.get("content-encoding", "").strip().lower()
    return named if named not in {"", "identity"} else None


async def _decoded(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """A body in chunks of a megabyte at most, decompressed step by step, although no compression was asked for.

    httpx decompresses what arrived at once, which can be a thousand times as long. Raises ConnectionError.
    """
    encoding = _encoding(response)
    if encoding not in {None, "gzip", "x-gzip", "deflate"}:
        raise ConnectionError(tr("the reply is compressed in a way that was not asked for"))
    unpack = None if encoding is None else zlib.decompressobj(zlib.MAX_WBITS | 32)
    stream = aiter(cast(httpx.AsyncByteStream, response.stream))
    async with aclosing(cast(AsyncGenerator[bytes, None], stream)) as chunks:
        async for chunk in chunks:
            for piece in _unpacked(chunk, unpack):
                yield piece
    if unpack is not None and not unpack.eof:
        raise ConnectionError(tr("the reply broke off"))


def _unpacked(chunk: bytes, unpack: Any) -> Iterator[bytes]:
    """A chunk in pieces, through zlib's decompressor where there is one."""
    if unpack is None:
        for at in range(0, len(chunk), CHUNK_BYTES):
            yield chunk[at : at + CHUNK_BYTES]
        return
    while chunk and not unpack.eof:
        try:
            piece = unpack.decompress(chunk, CHUNK_BYTES)
        except zlib.error as fault:
            raise ConnectionError(tr("the reply cannot be decompressed")) from fault
        yield piece
        chunk = unpack.unconsumed_tail


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The chunks of a body, of which the first was read already."""
    if first:
        yield first
    async for chunk in rest:
        yield chunk


Download = tuple[Answer, Mapping[str, str], AsyncIterator[bytes]]
"""The head of a reply with the beginning of its body, its headers by lower-case name, and the whole body.

The body comes in chunks of a little over a megabyte at most.
"""


class Transport(Protocol):
    """A way to one service of one region, key included.

    The key goes into the `Authorization` of `exchange` and nowhere else. Every method raises ConnectionRefusedError
    where the request surely never arrived, ConnectionError where the reply was lost or took too long, ForbiddenAddress
    for an address that is not opened, and nothing else of its own. None retries. `ahead` is the least that the
    service's clock was ahead of this machine's in any answer, zero where no answer says the time: it may only fall.
    """

    @property
    def base_url(self) -> str:
        """The base address, which ends in `/api/v1`."""

    @property
    def ahead(self) -> timedelta:
        """The least time that the service's clock is ahead of this machine's; negative if it is behind."""

    async def exchange(self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object]) -> Answer:
        """Ask the API once: `path` is below the base address, query included; an empty `body` is not sent."""

    async def send_file(self, url: str, fields: Mapping[str, str], path: Path) -> Answer:
        """Post a form with `fields` and then the file as its last part, streaming."""

    def open(self, url: str, start: int) -> AbstractAsyncContextManager[Download]:
        """Open a result for reading from byte `start`, without the key; whole when `start` is 0."""
