"""Hosts that a service names: where results may be fetched from, where media may go, and what is never asked."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import anyio
import httpx
import pytest

from kit.providers import MOST
from kit.proxies import socks_proxy
from kit.scripted_server import Answer, ScriptedServer, reply, scripted_server
from kit.tls import self_signed, tls_server
from wanflow.providers.dashscope import upload_host
from wanflow.providers.dashscope.client import DashScope
from wanflow.providers.faults import ForbiddenAddress, ServiceFault
from wanflow.providers.network import CONNECTED, RoutedTransport, read_network
from wanflow.providers.protocol import DownloadedFile, Endpoint, TaskStatus

KEY = "sk-0f3a9C7b21de48f6a5b0c4d8e9f17a62"
PUBLIC = "https://dashscope.aliyuncs.com/api/v1"
NEARER = [
    "127.0.0.1", "localhost", "LOCALHOST.", "2130706433", "0x7f000001", "127.1", "[::1]", "[::ffff:127.0.0.1]",
    "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "10.0.0.8", "192.168.1.5", "172.16.3.4", "100.64.0.1",
    "[fd00::1]", "[fec0::1]", "169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "224.0.0.1", "[ff02::1]",
    "0", "[::]", "255.255.255.255", "240.0.0.1", "nas", "router.local", "metadata.internal",
]  # fmt: skip


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names neither proxies nor certificates."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def fetch(base_url: str, url: str, target: Path) -> DownloadedFile:
    """Download a result for a service at a base address, over real sockets, which need real time."""

    async def work() -> DownloadedFile:
        async with DashScope().open(Endpoint("beijing", base_url, KEY)) as client:
            return await client.download(url, target, MOST)

    return anyio.run(work)


def resolve(monkeypatch: pytest.MonkeyPatch, names: Mapping[str, list[str]]) -> None:
    """Let names lead to addresses, each time to the next one: what a hostile name server does."""
    ask = socket.getaddrinfo

    def answer(host: str | bytes, *words: object, **named: object) -> list[object]:
        name = host.decode() if isinstance(host, bytes) else host
        known = names.get(name)
        address = name if known is None else known.pop(0) if len(known) > 1 else known[0]
        return ask(address, *words, **named)  # type: ignore[arg-type,return-value]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.fixture
def film() -> Iterator[ScriptedServer]:
    """A server on this machine that has a film under every path, and sends redirects under `/to/`."""

    def serve(_: str, path: str) -> Answer:
        return 200, b"film"

    with scripted_server(serve) as server:
        yield server


def port(server: ScriptedServer) -> int:
    """The port of a server."""
    return httpx.URL(server.base_url).port or 0


@pytest.mark.parametrize("host", NEARER)
def test_a_result_of_a_public_service_is_never_fetched_from_a_nearer_host(host: str, tmp_path: Path) -> None:
    """In no notation; nothing is sent, and nothing is left on the disk."""
    with pytest.raises(ForbiddenAddress, match="the address of a result or an upload"):
        fetch(PUBLIC, f"http://{host}:9/film", tmp_path / "film")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_leads_to_this_machine_is_refused_after_the_connection_and_before_the_request(
    film: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also a name that led elsewhere a moment ago: judged is the address that was connected to."""
    resolve(monkeypatch, {"results.example": ["127.0.0.1"]})
    for _ in range(2):
        with pytest.raises(ForbiddenAddress, match=r"results\.example, is on this machine"):
            fetch(PUBLIC, f"http://results.example:{port(film)}/film", tmp_path / "film")
    assert film.asked == []


def test_a_service_on_this_machine_may_have_its_results_there(film: ScriptedServer, tmp_path: Path) -> None:
    """As the emulator has; a private network and the data of a cloud's machine stay out of reach even then."""
    assert fetch(film.base_url, f"http://localhost:{port(film)}/film", tmp_path / "film").size_bytes == 4
    for host in ("10.0.0.7", "192.168.1.5", "nas"):
        with pytest.raises(ForbiddenAddress, match="in a private network"):
            fetch(film.base_url, f"http://{host}/film", tmp_path / "other")
    for host in ("169.254.169.254", "[fe80::1]", "224.0.0.1"):
        with pytest.raises(ForbiddenAddress, match="no server of a service has"):
            fetch(film.base_url, f"http://{host}/latest", tmp_path / "other")


def test_a_service_in_a_private_network_may_not_name_this_machine(film: ScriptedServer, tmp_path: Path) -> None:
    """Only hosts of its network."""
    with pytest.raises(ForbiddenAddress, match="on this machine"):
        fetch("http://192.168.1.5/api/v1", f"http://127.0.0.1:{port(film)}/film", tmp_path / "film")
    assert film.asked == []


def test_a_service_whose_public_name_leads_into_a_private_network_may_have_its_results_there(
    film: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a private link: the zone of the service is learnt from its own connections."""
    resolve(monkeypatch, {"service.example": ["127.0.0.1"], "results.example": ["127.0.0.1"]})
    state = reply(output={"task_id": "t", "task_status": "RUNNING"}, request_id="r")

    async def work(base_url: str) -> None:
        async with DashScope().open(Endpoint("beijing", base_url, KEY)) as client:
            assert (await client.poll("t")).status is TaskStatus.RUNNING
            await client.download(f"http://results.example:{port(film)}/film", tmp_path / "film", MOST)

    with scripted_server(lambda *_: state) as service:
        anyio.run(work, f"http://service.example:{port(service)}/api/v1")
    assert (tmp_path / "film").read_bytes() == b"film"


def test_a_redirect_to_a_nearer_host_is_refused(
    film: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each target is judged as the first address is."""
    for location in (f"http://169.254.169.254:{port(film)}/", "file:///etc/passwd", "ftp://h/", "http://me:pw@h/film"):
        with scripted_server(lambda *_: (302, b""), headers={"Location": location}) as server:
            with pytest.raises(ForbiddenAddress):
                fetch(server.base_url, server.base_url, tmp_path / "film")
            assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://h/film", "data:text/plain,x", "https://me:pw@h.example/film"]
)
def test_a_result_has_a_plain_address(url: str, tmp_path: Path) -> None:
    """No file of this machine, no other protocol, no login."""
    with pytest.raises(ForbiddenAddress) as caught:
        fetch(PUBLIC, url, tmp_path / "film")
    assert "pw" not in str(caught.value)
    assert caught.value.hint


def test_behind_a_proxy_the_written_host_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy resolves names, and only it knows to which address."""
    with scripted_server(lambda *_: (200, b"film")) as server, socks_proxy() as proxy:
        monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{proxy.port}")
        assert fetch(PUBLIC, f"http://results.example:{port(server)}/film", tmp_path / "film").size_bytes == 4
        for host in ("192.168.1.5", "nas", "169.254.169.254"):
            with pytest.raises(ForbiddenAddress):
                fetch(PUBLIC, f"http://{host}:{port(server)}/film", tmp_path / "other")
    assert proxy.hosts == ["results.example"]


def test_what_an_encrypted_service_names_is_fetched_encrypted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address with `http` is opened with `https`, and no redirect leaves it; a plain server gets nothing."""
    certificate = self_signed(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    urls: list[str] = []

    def serve(_: str, path: str) -> Answer:
        if "/tasks/" in path:
            output = {"task_id": "t", "task_status": "SUCCEEDED", "video_url": urls[0]}
            return reply(output=output, request_id="r")
        return 200, b"film"

    async def work(base_url: str) -> DownloadedFile:
        async with DashScope().open(Endpoint("beijing", base_url, KEY)) as client:
            state = await client.poll("t")
            assert (state.url or "").startswith("https://localhost:")
            return await client.download(state.url or "", tmp_path / "film", MOST)

    with tls_server(serve, certificate) as server, scripted_server(lambda *_: (200, b"plain")) as plain:
        urls.append(f"HTTP://localhost:{port(server)}/film?Signature=a%2Bb")
        anyio.run(work, server.base_url)
        assert server.asked[-1][1] == "/film?Signature=a%2Bb"
        urls[0] = f"http://localhost:{port(plain)}/film"
        with pytest.raises(ServiceFault, match="TLS failed"):
            anyio.run(work, server.base_url)
    assert plain.asked == []
    with (
        tls_server(lambda *_: (302, b""), certificate, headers={"Location": "http://localhost:9/"}) as server,
        pytest.raises(ServiceFault, match="unencrypted"),
    ):
        fetch(server.base_url, server.base_url, tmp_path / "other")


def test_no_call_follows_a_redirect_and_no_cookie_is_sent_back() -> None:
    """The key goes to the service alone."""
    state = reply(output={"task_id": "t", "task_status": "RUNNING"}, request_id="r")
    with scripted_server(lambda *_: state) as other:
        for status, body in ((307, b""), (302, b""), (308, b"")):
            headers = {"Location": other.base_url, "Set-Cookie": "steal=1; Path=/"}
            with scripted_server(lambda *_, s=status, b=body: (s, b), headers=headers) as server:

                async def work(base_url: str = server.base_url) -> None:
                    async with DashScope().open(Endpoint("beijing", base_url, KEY)) as client:
                        for _ in range(2):
                            with pytest.raises(ServiceFault, match=r"HTTP 30[278]"):
                                await client.poll("t")

                anyio.run(work)
                assert [sent.get("Cookie") for sent in server.headers] == [None, None]
                assert [sent.get("Authorization") for sent in server.headers] == [f"Bearer {KEY}"] * 2
    assert other.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://dashscope-file-mgr.oss-cn-beijing.aliyuncs.com",
        "https://dashscope-instant.oss-ap-southeast-1.aliyuncs.com/",
        "https://dashscope.oss-accelerate.aliyuncs.com:443",
        "HTTPS://DashScope-File.OSS-cn-beijing.aliyuncs.com",
        "https://dashscope.aliyuncs.com/uploads",
    ],
)
def test_uploads_go_to_the_service_and_its_storage(url: str) -> None:
    """In any case and region."""
    upload_host.check(url, PUBLIC, ())


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.oss-cn-beijing.aliyuncs.com",
        "https://dashscope.oss-cn-beijing.aliyuncs.com.evil.com",
        "https://dashscope-x.oss-evil.com",
        "https://evil.dashscope.oss-cn-beijing.aliyuncs.com",
        "https://notdashscope.oss-cn-beijing.aliyuncs.com",
        "https://dashscope-x.oss-cn-beijing.aliyuncs.com:8443",
        "https://dashscope-x.oss-a.b.aliyuncs.com",
        "https://dashscope-x.oss-cn-beijing.aliyuncs.com@evil.com",
        "https://evil.com/dashscope-x.oss-cn-beijing.aliyuncs.com",
        "https://me:pw@dashscope-x.oss-cn-beijing.aliyuncs.com",
        "http://dashscope-x.oss-cn-beijing.aliyuncs.com",
        "http://dashscope.aliyuncs.com",
        "https://dashscope.aliyuncs.com:8443",
        "https://evil.example",
        "file:///tmp",
        "ftp://dashscope-x.oss-cn-beijing.aliyuncs.com",
        "https://[::1",
        "https://h:99999",
        "",
    ],
)
def test_no_other_host_gets_the_users_media(url: str) -> None:
    """Whole labels count; the bare domain is anybody's. Passwords are not shown."""
    with pytest.raises(ForbiddenAddress) as caught:
        upload_host.check(url, PUBLIC, ())
    assert "pw" not in f"{caught.value}{caught.value.hint}"


def test_a_host_that_the_user_names_gets_them() -> None:
    """With its port where it has one; never without encryption where the service has it."""
    with pytest.raises(ForbiddenAddress) as caught:
        upload_host.check("https://minio.example:9000/x", PUBLIC, ("minio2.example",))
    assert caught.value.hint == "if you trust that host: `--upload-host minio.example:9000`"
    upload_host.check("https://minio.example:9000/x", PUBLIC, ("minio.example:9000",))
    upload_host.check("https://minio.example:9000/x", PUBLIC, ("minio.example",))
    upload_host.check("http://127.0.0.1:5000/uploads", "http://127.0.0.1:5000/api/v1", ())
    with pytest.raises(ForbiddenAddress, match="unencrypted"):
        upload_host.check("http://minio.example", PUBLIC, ("minio.example",))


def test_a_refused_upload_sends_no_byte(tmp_path: Path) -> None:
    """Neither to a host that is not known, nor after a redirect of one that is."""
    picture = tmp_path / "coast.png"
    picture.write_bytes(b"a coast")
    with scripted_server(lambda *_: (200, b"")) as other:
        policy = {"upload_dir": "d", "upload_host": f"http://localhost:{port(other)}", "policy": "p", "signature": "s"}

        async def work(base_url: str, hosts: tuple[str, ...]) -> str:
            async with DashScope().open(Endpoint("beijing", base_url, KEY, upload_hosts=hosts)) as client:
                return await client.upload(picture, "wan2.7-i2v")

        with scripted_server(lambda *_: reply(data=policy, request_id="r")) as service:
            with pytest.raises(ForbiddenAddress, match="localhost"):
                anyio.run(work, service.base_url, ())
            assert other.asked == []
            assert anyio.run(work, service.base_url, (f"localhost:{port(other)}",)).startswith("oss://d/")
        assert [method for method, _ in other.asked] == ["POST"]
        assert "Authorization" not in other.headers[0]

    def redirecting(method: str, path: str) -> Answer:
        return (307, b"") if path == "/up" else reply(data=policy, request_id="r")

    with scripted_server(lambda *_: (200, b"")) as other:
        with scripted_server(redirecting, headers={"Location": other.base_url}) as service:
            policy = {**policy, "upload_host": f"http://127.0.0.1:{port(service)}/up"}
            with pytest.raises(ServiceFault, match="HTTP 307"):
                anyio.run(work, service.base_url, ())
        assert other.asked == []


class Connection:
    """A connection to an address that no test can reach."""

    def __init__(self, address: str) -> None:
        self.address, self.closed = address, False

    def get_extra_info(self, name: str) -> tuple[str, int] | None:
        """The address of the other side."""
        return (self.address, 443) if name == "server_addr" else None

    async def aclose(self) -> None:
        """Note that it was closed."""
        self.closed = True


@pytest.mark.parametrize(
    ("host", "address", "allowed"),
    [
        ("results.example", "198.18.0.7", True),
        ("198.18.0.7", "198.18.0.7", False),
        ("results.example", "8.8.8.8", True),
        ("results.example", "64:ff9b::808:808", True),
        ("results.example", "64:ff9b::a9fe:a9fe", False),
        ("results.example", "::ffff:10.0.0.1", False),
        ("minio.studio", "10.1.1.1", True),  # the user named it
    ],
)
def test_the_address_of_a_connection_is_judged(host: str, address: str, allowed: bool) -> None:
    """A tunnel gives an address without a network to each name; networks of IPv6 alone translate public ones."""

    async def work() -> None:
        way, connection = (
            RoutedTransport(read_network({}), httpx.Limits(), "dashscope.aliyuncs.com", {"minio.studio"}),
            Connection(address),
        )
        try:
            await way._judge(host, CONNECTED, {"return_value": connection})
        except ForbiddenAddress:
            assert not allowed
        else:
            assert allowed
        assert connection.closed is not allowed
        await way.aclose()

    anyio.run(work)
