"""Reaches an endpoint in the same process as a client reaches one over the network; shares no object with it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

from anyio.lowlevel import checkpoint

from wanflow.emulator.endpoint import KEY, Endpoint

CHUNK_BYTES = 1 << 20


class InProcess:
    """The way to an endpoint in process, in the shape of the client's transport."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object]
    ) -> tuple[int, Mapping[str, object]]:
        """Ask the API once; both bodies pass through their JSON text."""
        signed = {**headers, "Authorization": f"Bearer {KEY}"}
        status, reply = await self._endpoint.exchange(method, path, signed, json.loads(json.dumps(body)))
        return status, json.loads(json.dumps(reply))

    async def send_file(self, url: str, fields: Mapping[str, str], path: Path) -> int:
        """Hand a file to the bucket; gives the HTTP status."""
        await checkpoint()
        return self._endpoint.bucket.receive(fields, path) if url == self._endpoint.bucket.upload_url else 404

    @asynccontextmanager
    async def open(self, url: str, start: int) -> AsyncIterator[tuple[int, Mapping[str, str], AsyncIterator[bytes]]]:
        """Open a film for reading from byte `start`."""
        await checkpoint()
        path = self._endpoint.bucket.find(url)
        if path is None:
            yield 404, {}, _chunks(BytesIO())
            return
        with path.open("rb") as file:
            file.seek(start)
            length = max(path.stat().st_size - start, 0)
            yield (206 if start else 200), {"content-length": str(length)}, _chunks(file)


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
        await checkpoint()
