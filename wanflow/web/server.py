"""A web server on a socket of this machine: what the emulator and the page have in common."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp as Application

from wanflow.errors import words_of_system
from wanflow.messages import tr
from wanflow.web.connections import LimitedConnection, connection_limits

SHUTDOWN_SECONDS = 2
"""Seconds to wait at the end for clients that still read."""
QUEUED_CONNECTIONS = 1024
"""Maximum connections that the system holds until they are accepted."""


class CannotListen(OSError):
    """The server cannot listen on the address."""


class Server:
    """A uvicorn server on a listening socket; `on_stop` ends replies that have no end of their own."""

    def __init__(self, app: Application, sock: socket.socket, on_stop: Callable[[], object] = tuple) -> None:
        _, accepted = connection_limits()
        config = uvicorn.Config(
            app,
            http=LimitedConnection,
            ws="none",
            backlog=accepted,
            log_config=None,  # whoever serves decides how records are printed
            log_level="warning",
            access_log=False,  # an address may hold a token
            lifespan="off",
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            server_header=False,
            proxy_headers=False,
        )
        self._server = _Quiet(config)
        self._socket, self._on_stop = sock, on_stop

    async def run(self) -> None:
        """Serve until `stop`."""
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """Accept no more connections and end."""
        self._server.should_exit = True
        self._on_stop()

    async def run_until_signal(self, announce: Callable[[], None]) -> None:
        """Serve until SIGINT, SIGTERM or SIGHUP; `announce` is called when signals are received.

        The socket listens already, so that a client that is told the address at this moment is answered.
        """
        signals = [signal.SIGINT, signal.SIGTERM]
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup` ignores it
            signals.append(signal.SIGHUP)

        # not by a handler of the event loop: on Windows it has none
        loop = asyncio.get_running_loop()
        before = {number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(self.stop)) for number in signals}
        try:
            announce()
            await self.run()
        finally:
            for number, former in before.items():
                signal.signal(number, signal.SIG_DFL if former is None else former)


class _Quiet(uvicorn.Server):
    """Leaves signals to `run_until_signal`: uvicorn would raise them again before films are cleaned up."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Let the system queue more connections than a turn of the event loop accepts, which is uvicorn's backlog."""
        await super().startup(sockets)
        for sock in sockets or ():
            sock.listen(QUEUED_CONNECTIONS)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@contextmanager
def listening_socket(host: str, port: int) -> Iterator[tuple[socket.socket, str]]:
    """A socket that listens, and its origin, such as `http://127.0.0.1:8000`; `port` 0 is any free one.

    Raises CannotListen.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        sock = socket.socket(family, socket.SOCK_STREAM)
    except UnicodeError as fault:
        raise CannotListen(
            errno.EINVAL, tr("cannot listen on `{host}`: it is not the name of a host", host=host)
        ) from fault
    except OSError as fault:
        raise CannotListen(
            fault.errno,
            tr("cannot listen on {host}: {strerror}", host=host, strerror=words_of_system(fault)),
        ) from fault
    with sock:
        try:
            if os.name == "posix":  # Windows would let several programs listen on one port
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            sock.listen(QUEUED_CONNECTIONS)
        except OSError as fault:
            words = tr(
                "cannot listen on {host}:{port}: {strerror}",
                host=host,
                port=port,
                strerror=words_of_system(fault),
            )
            raise CannotListen(fault.errno, words) from fault
        bound, number = sock.getsockname()[:2]
        yield sock, f"http://[{bound}]:{number}" if ":" in bound else f"http://{bound}:{number}"
