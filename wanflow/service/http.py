"""HTTP below the client: one pool of connections, the key in one header, faults in builtins' words (api.md 1)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx

from wanflow.service.transport import Answer, Download

CHUNK_BYTES = 1 << 20

TIMEOUT = httpx.Timeout(60, connect=15)
"""A submit may take long while the service is busy; a connection may not."""

LIMITS = httpx.Limits(max_connections=40, max_keepalive_connections=20)


class HttpTransport:
    """A `Transport` over HTTP to one base address, which ends in `/api/v1`.

    `client` has the timeouts and the pool; its key is set here and sent to the base address only, never to an upload
    host or a result's address.
    """

    def __init__(self, client: httpx.AsyncClient, base_url: str, key: str) -> None:
        self._client = client
        self._base_url = base_url
        self._authorization = f"Bearer {key}"

    async def exchange(self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object]) -> Answer:
        """Ask the API once."""
        signed = {**headers, "Authorization": self._authorization}
        with _in_builtins():
            response = await self._client.request(
                method, f"{self._base_url}{path}", headers=signed, json=dict(body) if body else None
            )
        return response.status_code, _object(response)

    async def send_file(self, url: str, fields: Mapping[str, str], path: Path) -> int:
        """Post a form with the file as its last part, read as it is sent."""
        with path.open("rb") as file, _in_builtins():
            part = (fields["key"].rpartition("/")[2], file, "application/octet-stream")
            response = await self._client.post(url, data=dict(fields), files={"file": part})
        return response.status_code

    @asynccontextmanager
    async def open(self, url: str, start: int) -> AsyncIterator[Download]:
        """Open a result for reading from byte `start`."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        with _in_builtins():
            async with self._client.stream("GET", url, headers=headers, follow_redirects=True) as response:
                yield response.status_code, dict(response.headers), _chunks(response)


@contextmanager
def _in_builtins() -> Iterator[None]:
    """Which of httpx's errors mean that nothing arrived, and which that the answer was lost."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as fault:
        raise ConnectionRefusedError(_words(fault)) from fault
    except httpx.TimeoutException as fault:
        raise ConnectionError("no answer in time") from fault
    except (httpx.RequestError, httpx.InvalidURL) as fault:
        raise ConnectionError(_words(fault)) from fault


def _words(fault: Exception) -> str:
    return str(fault) or type(fault).__name__


def _object(response: httpx.Response) -> Mapping[str, object]:
    """The JSON object of a response; empty for anything else, which the client then takes for no answer."""
    try:
        value = response.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in response.aiter_bytes(CHUNK_BYTES):
        yield chunk
