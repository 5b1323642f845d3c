"""Proxies on this machine: one for SOCKS5, one for HTTP; both lead every name to loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

NO_LOGIN, LOGIN, NO_METHOD = b"\x05\x00", b"\x05\x02", b"\x05\xff"


@dataclass
class Proxy:
    """Where a proxy listens, the hosts that it was asked for, and the logins that it was given."""

    port: int = 0
    hosts: list[str] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def socks_proxy(*, login: bool = False) -> Iterator[Proxy]:
    """A SOCKS5 proxy that reaches loopback under every name; with `login` it wants a user and a password."""
    proxy = Proxy()
    handler = partial(_Socks, proxy, login)
    with ThreadingTCPServer(("127.0.0.1", 0), handler) as server:  # type: ignore[arg-type]
        server.daemon_threads = True
        proxy.port = server.server_address[1]
        thread = Thread(target=partial(server.serve_forever, poll_interval=0.02))
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()


class _Socks(StreamRequestHandler):
    def __init__(self, proxy: Proxy, login: bool, *words: object) -> None:
        self._proxy, self._login = proxy, login
        super().__init__(*words)  # type: ignore[arg-type]

    def handle(self) -> None:
        methods = self.rfile.read(self.rfile.read(2)[1])
        method = LOGIN if self._login else NO_LOGIN
        if method[1] not in methods:
            self.wfile.write(NO_METHOD)
            return
        self.wfile.write(method)
        if self._login:
            user = self.rfile.read(self.rfile.read(2)[1]).decode()
            self._proxy.logins.append((user, self.rfile.read(self.rfile.read(1)[0]).decode()))
            self.wfile.write(b"\x01\x00")
        kind = self.rfile.read(4)[3]
        host = self.rfile.read(self.rfile.read(1)[0]).decode() if kind == 3 else socket.inet_ntoa(self.rfile.read(4))
        port = int.from_bytes(self.rfile.read(2), "big")
        self._proxy.hosts.append(host)
        with socket.create_connection(("127.0.0.1", port)) as there:
            self.wfile.write(b"\x05\x00\x00\x01" + bytes(6))
            back = Thread(target=_pass_on, args=(there, self.connection))
            back.start()
            _pass_on(self.connection, there)
            back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
