"""Bodies of replies that come in pieces, perhaps slowly, perhaps without an end, for transports without a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

import anyio
import httpx


class Stream(httpx.AsyncByteStream):
    """A body of these pieces, each after a pause of `seconds`; counts the bytes that were `read`.

    It is not a generator, so that a reader may leave it at any point.
    """

    def __init__(self, pieces: Iterable[bytes], seconds: float = 0) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)
        self._seconds = seconds
        self.read = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        await anyio.sleep(self._seconds)
        piece = next(self._pieces, None)
        if piece is None:
            raise StopAsyncIteration
        self.read += len(piece)
        return piece
