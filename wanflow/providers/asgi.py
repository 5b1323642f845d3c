"""Reaches an ASGI application in the same process as httpx reaches a host; bodies stream both ways."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self, cast

import anyio
import httpx
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class AsgiTransport(httpx.AsyncBaseTransport):
    """An httpx transport into an application; httpx's own one holds whole bodies in memory.

    The calls run in a task group that lives as long as the client that uses the transport. An exception of the
    application is a bug, and ends the client.
    """

    def __init__(self, app: Application) -> None:
        self._app = app
        self._group: TaskGroup = anyio.create_task_group()

    async def __aenter__(self) -> Self:
        """Open the group that the calls run in."""
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        fault: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """End calls whose reader left; the caller's own fault stays as it is, outside the group."""
        del kind, fault, trace
        self._group.cancel_scope.cancel()
        await self._group.__aexit__(None, None, None)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Call the application once; the response is handed out as soon as it begins.

        Raises httpx.ReadError where the application ends without an answer.
        """
        call = _Call(request)
        self._group.start_soon(call.run, self._app)
        try:
            head = await call.said.receive()
        except anyio.EndOfStream:
            call.stop()
            raise httpx.ReadError("the application ended without an answer", request=request) from None
        except BaseException:
            call.stop()
            raise
        return httpx.Response(head["status"], headers=head["headers"], stream=_Body(call))


class _Call:
    """One request on its way through the application."""

    def __init__(self, request: httpx.Request) -> None:
        self._request = request
        self._scope = anyio.CancelScope()
        self._speak: MemoryObjectSendStream[Message]
        self.said: MemoryObjectReceiveStream[Message]
        self._speak, self.said = anyio.create_memory_object_stream[Message](0)
        self._chunks = _messages(request)
        self._gone = anyio.Event()

    async def run(self, app: Application) -> None:
        with self._scope, self._speak:
            async with aclosing(self._chunks):
                await app(_scope_of(self._request), self._receive, self._send)

    def stop(self) -> None:
        self._gone.set()
        self._scope.cancel()
        self.said.close()

    async def _receive(self) -> Message:
        message = await anext(self._chunks, None)
        if message is not None:
            return message
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        try:
            await self._speak.send(message)
        except anyio.BrokenResourceError:
            raise OSError("the reader of the response left") from None


class _Body(httpx.AsyncByteStream):
    """What the application still has to say; not a generator, so that a reader may leave it at any point."""

    def __init__(self, call: _Call) -> None:
        self._call = call

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        async for message in self._call.said:
            if chunk := message.get("body"):
                return bytes(chunk)
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self._call.stop()


async def _messages(request: httpx.Request) -> AsyncGenerator[Message, None]:
    stream = request.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise TypeError("an asynchronous client sends asynchronous bodies")
    # httpx's streams are generators; one that the application does not read to its end has to be closed
    async with aclosing(cast(AsyncGenerator[bytes, None], aiter(stream))) as chunks:
        async for chunk in chunks:
            yield {"type": "http.request", "body": chunk, "more_body": True}
    yield {"type": "http.request", "body": b"", "more_body": False}


def _scope_of(request: httpx.Request) -> Message:
    path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": (request.url.host, request.url.port),
        "client": ("127.0.0.1", 0),
    }
