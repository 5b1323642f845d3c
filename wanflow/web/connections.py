"""Connections of a server here: how many there may be, and how long each may wait for its client."""

from __future__ import annotations

import asyncio
import sys
from http import HTTPStatus
from typing import cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if sys.platform != "win32":
    import resource

ARRIVAL_SECONDS = 20
"""Seconds in which the head of a request has to arrive, and after which the speed of its body is measured."""
BODY_BYTES = 100_000
"""Least bytes of a body in this time, unless it ends."""
READING_SECONDS = 60
"""Seconds after which a client has to have read something of its reply."""
MOST_CONNECTIONS = 1000
MOST_ACCEPTED = 128
"""Maximum connections that a turn of the event loop accepts."""


def connection_limits() -> tuple[int, int]:
    """The most open connections, and the most to accept in a turn, by the limit of open files of this process.

    Half of the files stay free for films, and for the connections of a few turns before the first of them is refused.
    """
    if sys.platform != "win32":
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if files != resource.RLIM_INFINITY:
            return max(1, min(MOST_CONNECTIONS, files // 2)), max(1, min(MOST_ACCEPTED, files // 8))
    return MOST_CONNECTIONS, MOST_ACCEPTED


class LimitedConnection(H11Protocol):
    """HTTP/1.1 of uvicorn, which itself waits for requests and readers without end and accepts all connections."""

    _phase: object = None
    _received = 0
    _arrival: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Refuse a connection too many; wait for the head of a request."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=0)  # so that every byte that waits for its reader is noticed
        super().connection_made(self.transport)
        most, _ = connection_limits()
        if len(self.connections) > most:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self._watch_arrival()

    def data_received(self, data: bytes) -> None:
        """Count what arrives."""
        self._received += len(data)
        super().data_received(data)
        self._watch_arrival()

    def on_response_complete(self) -> None:
        """Wait for the next request, of which a part may have arrived."""
        super().on_response_complete()
        self._watch_arrival()

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        self._watch_reading(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Go on, since the client has read all."""
        super().resume_writing()
        if self._reading is not None:
            self._reading.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """End all waiting."""
        super().connection_lost(exc)
        for timer in (self._arrival, self._reading):
            if timer is not None:
                timer.cancel()

    def _watch_arrival(self) -> None:
        """Start the time of a head or of a body where one begins; between request and reply no time runs."""
        phase = self.conn.their_state
        if phase is self._phase:
            return
        if self._arrival is not None:
            self._arrival.cancel()
        self._phase, self._received = phase, 0
        if phase in {h11.IDLE, h11.SEND_BODY} and not self.transport.is_closing():
            self._arrival = self.loop.call_later(ARRIVAL_SECONDS, self._judge_arrival)

    def _judge_arrival(self) -> None:
        in_time = self.flow.read_paused or self._received >= BODY_BYTES
        if self._phase is h11.SEND_BODY and in_time:
            self._received = 0
            self._arrival = self.loop.call_later(ARRIVAL_SECONDS, self._judge_arrival)
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _watch_reading(self, waiting: int) -> None:
        def judge() -> None:
            still = self.transport.get_write_buffer_size()
            if still < waiting:
                self._watch_reading(still)
            else:
                self.transport.abort()

        self._reading = self.loop.call_later(READING_SECONDS, judge)

    def _refuse(self, status: HTTPStatus) -> None:
        """Close the connection, with a reply where none was begun."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            headers = [("connection", "close"), ("content-length", "0")]
            reply = h11.Response(status_code=status, headers=headers, reason=status.phrase)
            # the end has no bytes here; without it a server that ends at this moment takes the reply for unfinished
            self.transport.write(b"".join(self.conn.send(event) or b"" for event in (reply, h11.EndOfMessage())))
        self.transport.close()
