"""A service that does what no honest one does: a real socket whose answers a test writes."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from wanflow.providers.dashscope.client import OTHER_QUOTAS_PATH, QUOTAS_PATH

Answer = tuple[int, bytes]
"""A status and a body; status 0 closes the connection without a word."""

Script = Callable[[str, str], Answer]
"""What is answered to a method and a path."""


@dataclass
class ScriptedServer:
    """Where it listens, what it was asked with which headers, and the headers of each answer."""

    base_url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    said: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def scripted_server(
    lie: Script,
    wrapped: Callable[[socket.socket], socket.socket] = lambda sock: sock,
    headers: Mapping[str, str] | None = None,
) -> Iterator[ScriptedServer]:
    """Serve lies until the end of the block, with these headers, on a socket that may be `wrapped`."""
    liar = ScriptedServer(said=headers or {})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, lie, liar)) as server:
        server.socket = wrapped(server.socket)
        liar.base_url = f"http://127.0.0.1:{server.server_port}/api/v1"
        thread = Thread(target=partial(server.serve_forever, poll_interval=0.02))
        thread.start()
        try:
            yield liar
        finally:
            server.shutdown()
            thread.join()


def reply(status: int = 200, **fields: object) -> Answer:
    """A JSON answer."""
    return status, json.dumps(fields).encode()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, lie: Script, liar: ScriptedServer, *words: object) -> None:
        self._lie, self._liar = lie, liar
        super().__init__(*words)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer("POST")

    def log_message(self, *words: object) -> None:
        """Say nothing on stderr."""

    def _answer(self, method: str) -> None:
        if any(f"{path}?" in self.path for path in (QUOTAS_PATH, OTHER_QUOTAS_PATH)):
            status, body = reply(404, code="NotFound", message="Not found.")  # limits are another subject
        else:
            self._liar.headers.append(dict(self.headers))
            self._liar.asked.append((method, self.path))
            status, body = self._lie(method, self.path)
        self.close_connection = True
        if not status:
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in self._liar.said.items():
            self.send_header(name, value)
        with suppress(ConnectionError):  # wanflow does not wait for the rest of a reply that is too long
            self.end_headers()
            self.wfile.write(body)
