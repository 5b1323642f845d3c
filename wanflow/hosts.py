"""Hosts that only this machine, or its own network, can reach."""

from __future__ import annotations

import re
import socket
from collections.abc import Collection
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from wanflow.patterns import pattern

LOCAL_ENDINGS = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".localdomain", ".intranet")
"""Ends of names that no public server has."""

Address = IPv4Address | IPv6Address

_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
"""IPv6 addresses whose last 32 bits are the IPv4 address that is meant."""


class Zone(Enum):
    """From where a host can be reached: from everywhere, its own network, or this machine alone.

    LINK is what has a meaning on one cable only, such as the data of a cloud's machine at 169.254.169.254, and what
    no host has: multicast, reserved and unspecified addresses.
    """

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    LINK = "link"


def zone_of(host: str) -> Zone:
    """The zone of a host by its address or its name; a name that may be public is PUBLIC, whatever it resolves to."""
    address = address_of(host)
    if address is not None:
        return _zone_of_address(address)
    name = _name(host)
    if name == "localhost" or name.endswith(".localhost"):
        return Zone.LOOPBACK
    return Zone.PRIVATE if "." not in name or name.endswith(LOCAL_ENDINGS) else Zone.PUBLIC


def _zone_of_address(address: Address) -> Zone:
    """The zone of an address; of one that carries another, the zone of that."""
    carried = _carried(address) if isinstance(address, IPv6Address) else None
    if carried is not None:
        return _zone_of_address(carried)
    if address.is_loopback:
        return Zone.LOOPBACK
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return Zone.LINK
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    return Zone.PUBLIC if address.is_global and not site_local else Zone.PRIVATE


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an address of IPv6 means, by its form."""
    if address.is_loopback or address.is_unspecified:
        return None
    if any(address in network for network in _TRANSLATED):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.teredo[1] if address.teredo else address.sixtofour


def is_local(host: str) -> bool:
    """Whether a host is on this machine or in its own network: a private address, a bare name, or a local one."""
    return zone_of(host) is not Zone.PUBLIC


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    return zone_of(host) is Zone.LOOPBACK


def address_of(host: str) -> Address | None:
    """The IP address that a host is written as; None for a name.

    Every form that a resolver takes is read: `127.1`, `2130706433`, `0x7f000001`, `0177.0.0.1` and `::ffff:127.0.0.1`.
    """
    text = _name(host)
    try:
        address = ip_address(text)
    except ValueError:
        return _in_old_form(text)
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _in_old_form(text: str) -> IPv4Address | None:
    """An address whose parts are decimal, octal or hexadecimal, perhaps fewer than four."""
    if not text.isascii() or not text[:1].isdigit():
        return None
    try:
        return IPv4Address(socket.inet_aton(text))
    except (OSError, ValueError):
        return None


def _name(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()


def named_host(text: str) -> str:
    """A host as people name it, perhaps with a port: `minio.studio:9000`, `[::1]:9000`; in lower case.

    Raises ValueError for any other text, such as a whole address.
    """
    parts = urlsplit(f"//{text}")
    host = (parts.hostname or "").rstrip(".")
    plain = re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+(?:%[a-z0-9]+)?", host)
    if plain is None or parts.path or parts.query or parts.fragment or "@" in text or text.endswith(":"):
        raise ValueError(text)
    bare = f"[{host}]" if ":" in host else host
    return bare if parts.port is None else f"{bare}:{parts.port}"


_HOST_HEADER = pattern(r"(\[[0-9a-f:.]+\]|[\w.-]+)(?::[0-9]*)?", re.IGNORECASE)
"""A Host header: a name or an address, perhaps with a port."""


class ServedHosts:
    """The host names under which a server that listens on `host` is asked: that one, `names`, and loopback.

    A page gives its own host name the address of this machine and then talks to it as to its own site (DNS rebinding).
    If `host` is reached from other machines, every address counts: only a name can be rebound. The port is not
    compared, since a tunnel or container may change it.
    """

    def __init__(self, host: str, names: Collection[str] = ()) -> None:
        self._names = {_name(name) for name in (host, *names)}
        self._local = is_loopback(host)

    def has(self, header: str) -> bool:
        """Whether a Host header names this server."""
        found = _HOST_HEADER.fullmatch(header)
        if found is None:
            return False
        host = _name(found[1])
        return host in self._names or is_loopback(host) or (not self._local and address_of(host) is not None)
