"""Proxies and certificates by the environment: what is used, what is passed over, what is said."""

from __future__ import annotations

import re
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

import anyio
import certifi
import httpcore
import httpx
import pytest

from kit.proxies import socks_proxy
from kit.scripted_server import reply, scripted_server
from kit.tls import self_signed, tls_server
from wanflow.providers.dashscope.client import DashScope
from wanflow.providers.faults import NotSent, ServerFault, UnusableVariable
from wanflow.providers.network import read_network
from wanflow.providers.protocol import Endpoint

VARIABLES = [
    *(f"{name}_PROXY" for name in ("HTTP", "HTTPS", "ALL", "NO")),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
]
UNKNOWN = reply(output={"task_id": "t", "task_status": "UNKNOWN"}, request_id="r")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of a network."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("environ", "http", "https"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": "http://h:1"}, None, "http://h:1"),
        ({"https_proxy": "http://h:1", "HTTPS_PROXY": "http://h:2"}, None, "http://h:1"),
        ({"https_proxy": " ", "HTTPS_PROXY": "http://h:2"}, None, "http://h:2"),
        ({"ALL_PROXY": "127.0.0.1:7890", "HTTP_PROXY": ""}, "http://127.0.0.1:7890", "http://127.0.0.1:7890"),
        ({"HTTP_PROXY": "http://h:1", "HTTPS_PROXY": "h", "all_proxy": "ftp://h"}, "http://h:1", "http://h"),
        ({"HTTPS_PROXY": "HTTP://me:s3cret@[fd00::1]:8080/"}, None, "http://[fd00::1]:8080"),
        ({"ALL_PROXY": "socks5://h:1"}, "socks5://h:1", "socks5://h:1"),
        ({"ALL_PROXY": "socks5h://h:1"}, "socks5h://h:1", "socks5h://h:1"),
        ({"all_proxy": "socks://me:s3cret@127.0.0.1:7891/"}, "socks5://127.0.0.1:7891", "socks5://127.0.0.1:7891"),
        ({"ALL_PROXY": "ftp://h", "NO_PROXY": "*"}, None, None),
    ],
)
def test_each_scheme_has_its_proxy(environ: Mapping[str, str], http: str | None, https: str | None) -> None:
    """By its own variable or that for all, in lower case first; what is not used is not looked at."""
    proxies = read_network(environ).proxies
    assert {scheme: proxy.shown for scheme, proxy in proxies.items()} == {
        scheme: shown for scheme, shown in (("http", http), ("https", https)) if shown
    }
    assert "s3cret" not in repr(proxies)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("ftp://me:s3cret@127.0.0.1:21", "names ftp://127.0.0.1:21, and wanflow cannot use a proxy of the kind `ftp`"),
        ("socks4://127.0.0.1:1080", "cannot use a proxy of the kind `socks4`"),
        ("http://", "is not the address of a proxy"),
        ("http://me:s3cret@", "is not the address of a proxy"),
        ("http://h:s3cret", "is not the address of a proxy"),
        ("http://h:99999", "is not the address of a proxy"),
        ("http://[::1", "is not the address of a proxy"),
        ("http://me:s3cret\x00@h:1\x1b", "is not the address of a proxy"),
        ("://", "is not the address of a proxy"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable(variable: str, value: str, words: str) -> None:
    """Before anything is sent, without its password, with the way out."""
    with pytest.raises(UnusableVariable) as caught:
        read_network({variable: value})
    assert str(caught.value).startswith(variable)
    assert words in str(caught.value)
    assert caught.value.exit_code == 2
    assert variable in (caught.value.hint or "")
    assert "s3cret" not in f"{caught.value}{caught.value.hint}"


def test_a_socks_proxy_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where it is needed: two proxies for HTTP leave nothing to it."""
    # what httpcore finds at its first import holds for the process: it must not be this test that imports it
    assert httpcore.AsyncSOCKSProxy
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(UnusableVariable, match="names the SOCKS proxy socks5://127") as caught:
        read_network({"ALL_PROXY": "socks5://127.0.0.1:7890"})
    assert "pip install 'wanflow[socks]'" in (caught.value.hint or "")
    assert read_network({"ALL_PROXY": "socks5://h:1", "HTTP_PROXY": "h:1", "HTTPS_PROXY": "h:1"}).proxies


@pytest.mark.parametrize(
    ("entries", "direct", "proxied"),
    [
        ("", [], ["host.example", "10.0.0.1"]),
        ("*", ["host.example", "10.0.0.1"], []),
        ("host.example", ["host.example", "HOST.example", "a.host.example"], ["otherhost.example", "example"]),
        (".host.example, *.b.example", ["host.example", "a.host.example", "a.b.example", "b.example"], ["c.example"]),
        ("host.example:8443", ["host.example:8443"], ["host.example", "host.example:80"]),
        ("10.0.0.0/8 fd00::/8", ["10.9.9.9", "[fd12::1]", "0x0a000001"], ["11.0.0.1", "[fe80::1]", "ten.example"]),
        ("[2001:db8::1],[2001:db8::2]:443", ["[2001:db8::1]", "[2001:db8::2]:443"], ["[2001:db8::2]"]),
        ("192.168.*,2001:db8::1", ["192.168.1.5", "[2001:db8::1]"], ["192.169.1.5"]),
        ("fd07:b51a:cc66:f0::/64", ["[fd07:b51a:cc66:f0::1]"], ["host.example"]),
        (",, ,;,[,[::1,a:b:c:d,10.0.0.0/99,http://host.example,\x00", [], ["host.example", "10.0.0.1"]),
    ],
)
def test_what_bypasses_the_proxy_is_read_as_curl_does(entries: str, direct: list[str], proxied: list[str]) -> None:
    """Names with what is below them, ranges, ports, wildcards; what cannot be read is passed over."""
    way = read_network({"ALL_PROXY": "http://h:1", "no_proxy": entries})
    urls = {host: httpx.URL(f"http://{host}/") for host in (*direct, *proxied)}
    found = {host: way.proxy_for(url.scheme, url.host, url.port) is None for host, url in urls.items()}
    assert found == dict.fromkeys(direct, True) | dict.fromkeys(proxied, False)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]", "app.localhost"])
def test_this_machine_is_never_asked_by_a_proxy(host: str) -> None:
    """An emulator on loopback needs none."""
    url = httpx.URL(f"http://{host}:8000/")
    assert read_network({"ALL_PROXY": "http://h:1"}).proxy_for(url.scheme, url.host, url.port) is None


def endpoint(port: int) -> Endpoint:
    """A service under a name that only a proxy knows."""
    return Endpoint("beijing", f"http://emulator:{port}/api/v1", "sk-any")


def reach(service: Endpoint) -> None:
    """Ask a service over real sockets, which need real time."""
    anyio.run(DashScope().reach, service)


def port_of(base_url: str) -> int:
    """The port of a base URL."""
    return httpx.URL(base_url).port or 0


@pytest.mark.parametrize("login", [False, True])
def test_the_service_is_reached_by_a_socks_proxy(login: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy resolves the name; user and password are given where it wants them."""
    with scripted_server(lambda *_: UNKNOWN) as server, socks_proxy(login=login) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"socks5h://{'me:s%3Fcret@' if login else ''}127.0.0.1:{proxy.port}")
        reach(endpoint(port_of(server.base_url)))
    assert proxy.hosts == ["emulator"]
    assert proxy.logins == ([("me", "s?cret")] if login else [])
    assert len(server.asked) == 1


def test_the_service_is_reached_by_an_http_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which gets the whole address; one that wants a password is told as what it is."""
    with scripted_server(lambda *_: UNKNOWN) as proxy:
        monkeypatch.setenv("http_proxy", proxy.base_url.removeprefix("http://").removesuffix("/api/v1"))
        reach(endpoint(9))
    assert proxy.asked[0][1].startswith("http://emulator:9/api/v1/tasks/")
    with scripted_server(lambda *_: (407, b"<html>who?</html>")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.base_url)
        with pytest.raises(ServerFault, match="HTTP 407 with a web page, at emulator:9/api/v1/tasks/") as caught:
            reach(endpoint(9))
    assert "user and password" in (caught.value.hint or "")


def test_a_proxy_that_is_not_there_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the service is at fault; its password is not shown."""
    monkeypatch.setenv("ALL_PROXY", "http://me:s3cret@127.0.0.1:9")
    with pytest.raises(NotSent, match=r"emulator:8000: by the proxy http://127\.0\.0\.1:9 of ALL_PROXY") as caught:
        reach(endpoint(8000))
    assert "s3cret" not in f"{caught.value}{caught.value.hint}"


def test_a_proxy_whose_name_is_unknown_is_told_from_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name that cannot be resolved is the proxy's."""
    monkeypatch.setenv("ALL_PROXY", "proxy.invalid:8080")
    with pytest.raises(NotSent, match=r"by the proxy http://proxy\.invalid:8080 of ALL_PROXY: its name cannot"):
        reach(endpoint(8000))


def test_a_host_that_cannot_be_reached_is_named_with_the_cause() -> None:
    """Its name or its connection; each has a way out."""
    for base, words in {
        "https://service.invalid/api/v1": "service.invalid: its name cannot be resolved",
        "http://127.0.0.1:9/api/v1": "127.0.0.1:9: the connection is refused",
    }.items():
        with pytest.raises(NotSent) as caught:
            reach(Endpoint("beijing", base, "sk-any"))
        assert str(caught.value) == f"the service could not be reached ({words})"
        assert caught.value.hint


def test_a_certificate_that_nobody_trusts_is_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As behind a proxy that opens TLS: its certificates can be named, for their own host only."""
    certificate = self_signed(tmp_path / "ca.pem")
    with tls_server(lambda *_: UNKNOWN, certificate) as server:
        with pytest.raises(NotSent, match=r"localhost:[0-9]+: its certificate is not trusted \(self") as caught:
            reach(Endpoint("beijing", server.base_url, "sk-any"))
        assert "SSL_CERT_FILE" in (caught.value.hint or "")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        reach(Endpoint("beijing", server.base_url, "sk-any"))
        with pytest.raises(NotSent, match="its certificate is not trusted"):
            reach(Endpoint("beijing", server.base_url.replace("localhost", "127.0.0.1"), "sk-any"))
    assert len(server.asked) == 1


def test_a_server_without_tls_is_told_as_such() -> None:
    """As where a proxy speaks HTTP on the port of HTTPS."""
    with (
        scripted_server(lambda *_: UNKNOWN) as server,
        pytest.raises(NotSent, match=r"127\.0\.0\.1:[0-9]+: TLS failed"),
    ):
        reach(Endpoint("beijing", server.base_url.replace("http:", "https:"), "sk-any"))


# certificates


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("content", [None, b"", b"not a certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n", b"\xff"])
def test_certificates_that_cannot_be_read_are_named_by_their_variable(
    variable: str, content: bytes | None, tmp_path: Path
) -> None:
    """A file that is gone, empty or something else; nothing is sent."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UnusableVariable) as caught:
        read_network({variable: str(file)})
    assert str(caught.value).startswith(f"{variable} names `{file}`, which ")
    assert ("no such file" in str(caught.value)) is (content is None)
    assert variable in (caught.value.hint or "")
    assert caught.value.exit_code == 2


def test_a_folder_without_certificates_is_named(tmp_path: Path) -> None:
    """OpenSSL would find none, and trust nobody; a folder where a file belongs is not read."""
    (tmp_path / "ca.pem").write_bytes(Path(certifi.where()).read_bytes())
    with pytest.raises(UnusableVariable, match="has no certificate that OpenSSL finds") as caught:
        read_network({"SSL_CERT_DIR": str(tmp_path)})
    assert "openssl rehash" in (caught.value.hint or "")
    with pytest.raises(UnusableVariable, match="is a directory"):
        read_network({"SSL_CERT_FILE": str(tmp_path)})
    (tmp_path / "0a1b2c3d.0").write_bytes((tmp_path / "ca.pem").read_bytes())
    assert read_network({"SSL_CERT_DIR": f"/nonexistent:{tmp_path}"}).certificates.verify_mode is ssl.CERT_REQUIRED


def test_certificates_that_can_be_read_are_trusted(tmp_path: Path) -> None:
    """With text around them, in any script; empty variables, and those of other tools beside them, say nothing."""
    file = tmp_path / "ca.pem"
    file.write_bytes("# 公司\n".encode() + Path(certifi.where()).read_bytes())
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        assert len(read_network({variable: str(file)}).certificates.get_ca_certs()) > 50
    others = {"REQUESTS_CA_BUNDLE": "/nonexistent", "SSL_CERT_DIR": " "}
    assert read_network({"SSL_CERT_FILE": str(file), **others}).certificates.get_ca_certs()
    assert len(read_network({"SSL_CERT_FILE": ""}).certificates.get_ca_certs()) > 50


def test_certificates_are_parsed_once_while_their_file_stays_as_it_is(tmp_path: Path) -> None:
    """Each client of a run asks for them; another text is another trust, whatever its time and size."""
    file = tmp_path / "ca.pem"
    first, second, *_ = re.findall(r"-----BEGIN.*?END.*?-----\n", Path(certifi.where()).read_text("utf-8"), re.DOTALL)
    trusted = []
    for text in (first, first, second):
        file.write_text(text, encoding="utf-8")
        trusted.append(read_network({"SSL_CERT_FILE": str(file)}).certificates)
    assert trusted[0] is trusted[1]
    assert [len(context.get_ca_certs()) for context in trusted] == [1, 1, 1]
    assert trusted[1].get_ca_certs() != trusted[2].get_ca_certs()
    assert read_network({}).certificates is read_network({}).certificates
