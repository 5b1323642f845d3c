"""HTTP below the client: a pool of connections, the key in one header, faults as builtin exceptions (service.md 1)."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Protocol, cast

import httpx

from wanflow import decode
from wanflow.errors import without_key

CHUNK_BYTES = 1 << 20
MOST_BYTES = 1 << 24
"""Maximum size of a reply, far beyond the longest page of a task list."""
SAID = frozenset({"code", "message"})
"""Keys of a reply that hold the service's messages."""

TIMEOUT = httpx.Timeout(60, connect=15)
"""Timeout of a call: a submit may take long while the service is busy, a connection may not."""

HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} (GMT|[+]0000)")
"""Form of a `Date` header; its parser raises many exceptions for other forms."""

MOST_AHEAD = timedelta(days=36_500)
"""Limit of the difference between two clocks: one without a battery begins in 1970, and sums stay in the calendar."""

LIMITS = httpx.Limits(max_connections=40, max_keepalive_connections=20)


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
        """Ask the API once; a reply that is not a JSON object is an empty one, which the client treats as no reply."""
        signed = {**headers, "Authorization": f"Bearer {self._key}"}
        url, given = f"{self._base_url}{path}", dict(body) if body else None
        with _in_builtins():
            async with self._client.stream(method, url, headers=signed, json=given) as response:
                self._compare_clocks(response.headers.get("date"))
                text = await _whole(response)
        try:
            reply = decode.parse_reply(text)
        except ValueError:
            reply = None
        return response.status_code, _redacted(reply, self._key) if isinstance(reply, dict) else {}

    def _compare_clocks(self, date: str | None) -> None:
        """Learn from the `Date` of a reply; one that cannot be read, or is of another century, is ignored."""
        if not HTTP_DATE.fullmatch(date or ""):
            return
        try:
            ahead = parsedate_to_datetime(date or "") - self._clock()
        except ValueError:
            return
        if abs(ahead) < MOST_AHEAD:
            self._least_ahead = ahead if self._least_ahead is None else min(ahead, self._least_ahead)

    async def send_file(self, url: str, fields: Mapping[str, str], path: Path) -> int:
        """Post a form with the file as its last part, read as it is sent."""
        with path.open("rb") as file, _in_builtins():
            part = (fields["key"].rpartition("/")[2], file, "application/octet-stream")
            response = await self._client.post(url, data=dict(fields), files={"file": part})
        return response.status_code

    @asynccontextmanager
    async def open(self, url: str, start: int) -> AsyncIterator[Download]:
        """Open a result for reading from byte `start`."""
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with _in_builtins():
            async with self._client.stream("GET", url, headers=headers, follow_redirects=True) as response:
                yield response.status_code, dict(response.headers), response.aiter_bytes(CHUNK_BYTES)


NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
"""Errors of requests that were never sent."""


@contextmanager
def _in_builtins() -> Iterator[None]:
    """Tell httpx's errors apart: nothing arrived, or the reply was lost."""
    try:
        yield
    except NEVER_SENT as fault:
        raise ConnectionRefusedError(_words(fault)) from fault
    except httpx.TimeoutException as fault:
        raise ConnectionError("no reply in time") from fault
    except (httpx.RequestError, httpx.InvalidURL) as fault:
        raise ConnectionError(_words(fault)) from fault
    except (UnicodeError, OverflowError, ExceptionGroup) as fault:  # of a host or port that only looks like one
        if isinstance(fault, ExceptionGroup) and fault.split(OverflowError)[1] is not None:
            raise
        raise ConnectionRefusedError("the address names no host") from fault


def _words(fault: Exception) -> str:
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


Answer = tuple[int, Mapping[str, object]]
"""An HTTP status and the JSON object that came with it, empty where none came."""

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

    async def send_file(self, url: str, fields: Mapping[str, str], path: Path) -> int:
        """Post a form with `fields` and then the file as its last part, streaming; gives the HTTP status."""

    def open(self, url: str, start: int) -> AbstractAsyncContextManager[Download]:
        """Open a result for reading from byte `start`, without the key; whole when `start` is 0."""
