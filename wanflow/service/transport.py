"""How bytes reach the service: the seam below the client, in terms of builtins so that any side can satisfy it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

Answer = tuple[int, Mapping[str, object]]
"""An HTTP status and the JSON object that came with it, empty where none came."""

Download = tuple[int, Mapping[str, str], AsyncIterator[bytes]]
"""An HTTP status, the headers by lower-case name, and the body in chunks of a megabyte at most."""


class Transport(Protocol):
    """A way to one service of one region, key included.

    The key goes into the `Authorization` of `exchange` and nowhere else. Every method raises ConnectionRefusedError
    where the request surely never arrived, ConnectionError where the answer was lost or took too long, and nothing
    else of its own. None retries. `ahead` is the least that the service's clock was ahead of this machine's in any
    answer, zero where no answer says the time: it may only fall.
    """

    @property
    def ahead(self) -> timedelta:
        """How far the service's clock is ahead, negative where it is behind."""

    async def exchange(self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object]) -> Answer:
        """Ask the API once: `path` is below the base address, query included; an empty `body` is not sent."""

    async def send_file(self, url: str, fields: Mapping[str, str], path: Path) -> int:
        """Post a form with `fields` and then the file as its last part, streaming; gives the HTTP status."""

    def open(self, url: str, start: int) -> AbstractAsyncContextManager[Download]:
        """Open a result for reading from byte `start`, without the key; whole when `start` is 0."""
