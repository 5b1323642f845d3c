"""The emulator on a socket among hostile clients: other hosts, web pages, drips, floods (docs/emulator.md, Access)."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from kit.served import PATIENCE_SECONDS, PLAIN, Served, recorded, served
from wanflow.emulator.api.server import Serving
from wanflow.web import connections, server

KEYED = {"Authorization": "Bearer sk-animatic"}


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    """One emulator, as it is served, for the tests that do not change it."""
    with served(Serving(names=("emulator.studio",))) as service:
        yield service


def ask(service: Served, method: str = "GET", path: str = "/tasks/", **headers: str) -> int:
    """The status of a call with the key, and with these headers, underscores for hyphens."""
    given = KEYED | {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"{service.base_url}{path}"
    return httpx.request(method, url, headers=given, timeout=PATIENCE_SECONDS, verify=PLAIN).status_code


def address(service: Served) -> tuple[str, int]:
    """Where a service listens."""
    url = httpx.URL(service.base_url)
    return url.host, url.port or 80


@contextmanager
def connected(service: Served, sent: bytes = b"") -> Iterator[socket.socket]:
    """A connection over which something was sent."""
    with socket.create_connection(address(service), timeout=PATIENCE_SECONDS) as wire:
        wire.sendall(sent)
        yield wire


def received(wire: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    data = b""
    while chunk := wire.recv(1 << 16):
        data += chunk
    return data


OWN = ["127.0.0.1", "127.0.0.1:1", "localhost:9999", "LOCALHOST", "film.localhost", "[::1]:80", "127.1", "localhost."]
FOREIGN = [
    *("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.168.1.7", "8.8.8.8", "0.0.0.0"),  # noqa: S104
    *("127.0.0.1@evil.example", "evil.example/127.0.0.1", "[::2]", "[", "", "127.0.0.1 evil", "wanflow", "a:b:c"),
]


@pytest.mark.parametrize("host", [*OWN, "emulator.studio", "Emulator.Studio:80"])
def test_its_own_host_names_are_answered(running: Served, host: str) -> None:
    """Loopback in any form with any port, since a tunnel changes it, and the names that were allowed."""
    assert ask(running, Host=host) == 200


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", ["/tasks/", "/uploads?action=getPolicy&model=m"])
def test_any_other_host_name_is_misdirected(running: Served, host: str, path: str) -> None:
    """A page that gives its own name our address reaches nothing."""
    assert ask(running, path=path, Host=host) in {400, 421}


def test_a_form_of_a_web_page_is_refused(running: Served) -> None:
    """Browsers name the page that sends a form or a script's request; no reply allows a page to read it."""
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}):
        assert ask(running, "POST", "/tasks/t/cancel", **headers) == 403
        origin = running.base_url.removesuffix("/api/v1")
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        reply = httpx.post(f"{origin}/uploads", files={"file": b"x"}, headers=given, timeout=PATIENCE_SECONDS)
        assert reply.status_code == 403
        assert "not well" not in reply.text
        assert not [name for name in reply.headers if name.startswith("access-control")]
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    reply = httpx.options(f"{running.base_url}/tasks/", headers=preflight)
    assert reply.status_code == 403
    assert not [name for name in reply.headers if name.startswith("access-control")]
    assert ask(running, Sec_Fetch_Site="none") == 200


def test_an_address_for_all_machines_takes_addresses_but_no_names() -> None:
    """Only a name can be rebound; a name that is wanted is allowed by an option."""
    with served(Serving(host="0.0.0.0", names=("render-box",)), key="sk-own") as service:  # noqa: S104
        port = address(service)[1]
        for host, status in (("0.0.0.0", 200), ("192.168.1.7", 200), ("render-box", 200), ("evil.example", 421)):  # noqa: S104
            headers = {"Authorization": "Bearer sk-own", "Host": f"{host}:{port}"}
            assert (
                httpx.get(
                    f"http://127.0.0.1:{port}/api/v1/tasks/", headers=headers, timeout=PATIENCE_SECONDS
                ).status_code
                == status
            )


HEAD = b"POST /uploads HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=X\r\n"
API = b"POST /api/v1/tasks/t/cancel HTTP/1.1\r\nHost: localhost\r\n"
SLOW = {
    "nothing": b"",
    "half a head": HEAD,
    "half a length": HEAD + b"Content-Length: 1000\r\n\r\n--X",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n40\r\n--X",
    "half a call": API + b"Content-Length: 1000\r\n\r\n{",
    "half of the second head": b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\nGET /",
    "half a body after the reply": b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx",
}


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
def test_a_client_that_does_not_go_on_is_closed(
    sent: bytes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """With a 408 where nothing was answered before, and without a word on stderr."""
    monkeypatch.setattr(connections, "ARRIVAL_SECONDS", 0.3)
    with recorded() as service, connected(service, sent) as wire:
        *answered, last = received(wire).split(b"HTTP/1.1 ")
        assert last.startswith(b"404" if sent.endswith(b"\r\n\r\nx") else b"408")
        assert len(answered) == 1 + (b"/nothing" in sent and not sent.endswith(b"x"))
        assert ask(service) == 200
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "sent", [b"GET / HTTP/1.1\r\n", API + b"Content-Length: 99999\r\n\r\n"], ids=["a head", "a body"]
)
def test_a_client_that_drips_is_closed(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then gives no more time."""
    monkeypatch.setattr(connections, "ARRIVAL_SECONDS", 0.3)
    with recorded() as service, connected(service, sent) as wire:
        wire.settimeout(0.02)
        reply = b""
        while not reply:
            try:
                wire.sendall(b"x")
                reply = wire.recv(1 << 16)
            except TimeoutError:
                continue
    assert b" 408 " in reply


def test_a_server_may_end_right_after_it_refused_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal is a whole reply."""
    monkeypatch.setattr(connections, "ARRIVAL_SECONDS", 0.1)
    ended = list[int]()

    class EndingConnection(connections.LimitedConnection):
        def _refuse(self, status: HTTPStatus) -> None:
            super()._refuse(status)
            self.shutdown()
            ended.append(status)

    monkeypatch.setattr(server, "LimitedConnection", EndingConnection)
    with recorded() as service, connected(service, b"GET / HTTP/1.1\r\n") as wire:
        assert b" 408 " in received(wire)
    assert ended == [408]


def test_a_body_that_comes_fast_enough_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of an upload depends on its size."""
    monkeypatch.setattr(connections, "ARRIVAL_SECONDS", 0.2)
    monkeypatch.setattr(connections, "BODY_BYTES", 5)
    with recorded() as service, connected(service, API + b"Content-Length: 60\r\n\r\n") as wire:
        wire.settimeout(0.02)
        for _ in range(59):
            wire.sendall(b"x")
            with pytest.raises(TimeoutError):
                wire.recv(1)
        wire.sendall(b"x")
        wire.settimeout(PATIENCE_SECONDS)
        assert wire.recv(1 << 16).startswith(b"HTTP/1.1 401 ")


def test_a_client_that_does_not_read_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its film is many times what the system keeps for it."""
    monkeypatch.setattr(connections, "READING_SECONDS", 0.3)
    (film := tmp_path / "film.mp4").write_bytes(b"\0")
    os.truncate(film, 60 * 10**6)
    monkeypatch.setattr("wanflow.emulator.api.bucket.Bucket.result", lambda *_: film)
    with recorded() as service:
        with socket.socket() as wire:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            wire.settimeout(PATIENCE_SECONDS)
            wire.connect(address(service))
            wire.sendall(b"GET /films/f HTTP/1.1\r\nHost: localhost\r\n\r\n")
            service.await_end("GET", "/films/")
            assert len(received(wire)) < 60 * 10**6
        whole = httpx.get(f"{service.base_url.removesuffix('/api/v1')}/films/f", timeout=PATIENCE_SECONDS)
        assert len(whole.content) == 60 * 10**6


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/tasks/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"X: " + b"x" * 10**6 + b"\r\n\r\n",
        b"Host: evil.example\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello",
    ],
    ids=["both lengths", "two lengths", "an encoding", "a negative length", "a huge head", "two hosts", "a bad chunk"],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second request that is hidden in a body is not answered as the first one's."""
    monkeypatch.setattr(connections, "ARRIVAL_SECONDS", 0.5)
    with recorded() as service, connected(service) as wire:
        try:
            wire.sendall(API + head)
            reply = received(wire)
        except ConnectionError:
            reply = b" 400 "  # it was closed while the head was still sent
        assert any(status in reply[:20] for status in (b" 400 ", b" 401 ", b" 501 ", b" 431 "))
        assert b" 200 " not in reply


def test_more_connections_than_it_can_hold(tmp_path: Path) -> None:
    """With few files left to open, idle connections are refused; it says nothing, and answers after them."""
    flood(files=128, count=400)


@pytest.mark.slow
def test_ten_thousand_connections() -> None:
    """At the same time, from clients that send half a request."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    flood(files=1024, count=10_000)


def flood(files: int, count: int) -> None:
    """Hold connections to an emulator that may have only these files open, then make a normal request."""
    start = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, ({files}, {files}));"
        "from wanflow.cli.main import main; sys.exit(main(['emulator']))"
    )
    command = [sys.executable, "-c", start]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            service = Served(process.stdout.readline().strip())
            with ExitStack() as stack:
                wires = [stack.enter_context(connected(service)) for _ in range(count)]
                refused = wires[-1].recv(100)
                assert refused.startswith(b"HTTP/1.1 503 ")
            assert ask(service) == 200
            process.terminate()
            assert process.wait(PATIENCE_SECONDS) == 0
            assert process.stderr.read().count("\n") == 1
        finally:
            process.kill()


def test_a_client_that_leaves_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """Within a form, a call or a reply."""
    with recorded() as service:
        for sent in (SLOW["half a length"], SLOW["half a chunk"], SLOW["half a call"], HEAD):
            with connected(service, sent) as wire:
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        assert ask(service) == 200
    assert capfd.readouterr().err == ""
