"""Hosts that only this machine, or its own network, can reach."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

LOCAL_ENDINGS = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".localdomain", ".intranet")
"""Ends of names that no public server has."""

Address = IPv4Address | IPv6Address


def is_local(host: str) -> bool:
    """Whether a host is on this machine or in its own network: a private address, a bare name, or a local one."""
    address = address_of(host)
    if address is not None:
        return not address.is_global
    name = _name(host)
    return "." not in name or name.endswith(LOCAL_ENDINGS)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    address = address_of(host)
    if address is not None:
        return address.is_loopback
    return _name(host) == "localhost" or _name(host).endswith(".localhost")


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
