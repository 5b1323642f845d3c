"""What a page is told while it is open: that something changed, and what a run does (server-sent events)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectSendStream

HEARTBEAT_SECONDS = 10
"""Seconds without an event after which a comment is sent: a lost connection is noticed by it."""
RETRY_MS = 1000
"""Milliseconds after which a browser connects again."""
MOST_WAITING = 500
"""Maximum events that wait for a slow page; then its connection ends, and it connects again."""

Past = Callable[[bool], Sequence[Mapping[str, Any]]]


class Events:
    """The pages that listen, each with its own queue: a slow one delays no other.

    `past` gives the events of the run that is active, for a page that comes later. A page that comes again also gets
    the end of a run from it.
    """

    def __init__(self, past: Past) -> None:
        self._past = past
        self._queues = set[MemoryObjectSendStream[str]]()
        self._over = False

    def changed(self, version: int) -> None:
        """Tell every page that what it shows is old."""
        self._send(_event("changed", {"version": version}))

    def ran(self, *told: Mapping[str, Any]) -> None:
        """Tell every page events of a run, as `run --json` prints them."""
        for event in told:
            self._send(_event("run", event))

    def end(self) -> None:
        """End all connections, and those that come later at once; what is told afterwards reaches nobody."""
        self._over = True
        while self._queues:  # a closed one takes no event, and one may still come while its page is told to leave
            self._queues.pop().close()

    async def listen(self, *, again: bool = False) -> AsyncIterator[str]:
        """What one page is told, from now on; `again`: its connection was lost."""
        send, receive = anyio.create_memory_object_stream[str](MOST_WAITING)
        with send, receive:
            past = self._past(again)  # nothing is awaited from here until the queue is known, so that no event is lost
            self._queues.add(send)
            try:
                yield f"retry: {RETRY_MS}\n\n"
                for event in past:
                    yield _event("run", event)
                while not self._over:
                    beat = ": \n\n"
                    with anyio.move_on_after(HEARTBEAT_SECONDS):
                        beat = await receive.receive()
                    yield beat
            except anyio.EndOfStream:
                return
            finally:
                self._queues.discard(send)

    def _send(self, event: str) -> None:
        for queue in tuple(self._queues):
            try:
                queue.send_nowait(event)
            except anyio.WouldBlock:
                queue.close()
                self._queues.discard(queue)


def _event(name: str, data: Mapping[str, Any]) -> str:
    """An event; JSON in ASCII has no line end that could break it."""
    return f"event: {name}\nid: {name}\ndata: {json.dumps(data)}\n\n"  # with an id a browser says that it comes again
