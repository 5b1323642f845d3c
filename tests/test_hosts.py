"""Which hosts only this machine, or its network, can reach."""

from __future__ import annotations

import pytest

from wanflow.hosts import is_local, is_loopback, named_host

LOOPBACK = [
    "localhost", "LOCALHOST.", "app.localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "::1",
    "[::1]", "::ffff:127.0.0.1",
]  # fmt: skip
NEARBY = [
    "224.0.0.1", "255.255.255.255", "0", "::", "ff02::1", "fec0::1", "64:ff9b::a00:1", "2002:a00:1::", "::10.0.0.1",
    "10.1.2.3", "192.168.1.5", "172.16.0.1", "172.31.255.254", "169.254.1.1", "100.64.0.1", "0.0.0.1", "3232235781",
    "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "::ffff:10.0.0.1", "nas", "studio.local", "box.lan",
    "host.docker.internal", "nas.home.arpa",
]  # fmt: skip
PUBLIC = ["host.example", "8.8.8.8", "172.32.0.1", "192.169.0.1", "2001:4860:4860::8888", "local.example", "1.example"]


@pytest.mark.parametrize("host", [*LOOPBACK, *NEARBY])
def test_a_host_of_this_network_is_local_in_any_notation(host: str) -> None:
    """Numbers in any form that a resolver takes, and names that no public server has."""
    assert is_local(host)


@pytest.mark.parametrize("host", PUBLIC)
def test_a_public_host_is_not_local(host: str) -> None:
    """Next to the private ranges as well."""
    assert not is_local(host)


def test_only_this_machine_itself_is_its_loopback() -> None:
    """A neighbour may be behind a proxy."""
    assert [host for host in (*LOOPBACK, *NEARBY, *PUBLIC) if is_loopback(host)] == LOOPBACK


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("MinIO.Studio.", "minio.studio"),
        ("minio:9000", "minio:9000"),
        ("10.1.1.1", "10.1.1.1"),
        ("[::1]:9000", "[::1]:9000"),
    ],
)
def test_a_named_host_has_one_form(text: str, host: str) -> None:
    """Names ignore case, and a dot at their end."""
    assert named_host(text) == host


@pytest.mark.parametrize(
    "text",
    ["", "http://minio:9000", "minio/up", "a,b", "me@minio", "minio:", "minio:port", "minio:99999", "min io", "?a"],
)
def test_what_is_not_a_host_is_an_error(text: str) -> None:
    """It would name nothing, in silence."""
    with pytest.raises(ValueError, match=r".*"):
        named_host(text)
