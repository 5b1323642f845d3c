"""The way to a host by the environment: the proxies, the hosts that bypass them, and the certificates to trust."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from wanflow.errors import words_of_system
from wanflow.hosts import Zone, address_of, is_loopback, zone_of
from wanflow.messages import tr
from wanflow.providers.faults import ForbiddenAddress, UnusableVariable
from wanflow.records import immutable

SCHEMES = ("http", "https")
"""Schemes of the addresses that are asked, each with a variable of its own."""

PROXY_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})
OTHER_NAMES = {"socks": "socks5"}
"""Schemes that desktops write into the variables, and what they mean."""

INSTALL = "pip install 'wanflow[socks]'"

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables of other tools that name certificates, which count where those of OpenSSL are not set."""

_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")
"""Name of a certificate in a folder, as OpenSSL looks for it."""
_BRACKETED = re.compile(r"\[([^\]]*)\](?::([0-9]{1,5}))?")
_PORTED = re.compile(r"([^:]*):([0-9]{1,5})")


@immutable
class EnvironmentProxy:
    """A proxy and the variable that names it; `shown` is its address without user and password."""

    variable: str
    shown: str
    proxy: httpx.Proxy


@immutable
class Bypass:
    """An entry of NO_PROXY: a name with what is below it, a pattern, or a range of addresses, perhaps with a port."""

    name: str
    port: int | None = None
    addresses: IPv4Network | IPv6Network | None = None

    def covers(self, host: str, port: int | None) -> bool:
        """Whether a host is reached directly by this entry."""
        if self.port is not None and self.port != port:
            return False
        if self.addresses is not None:
            address = address_of(host)
            return address is not None and address in self.addresses
        return host == self.name or host.endswith(f".{self.name}") or fnmatchcase(host, self.name)


@immutable
class Network:
    """What the environment says: the proxy of each scheme, what bypasses it, and the trusted certificates."""

    proxies: Mapping[str, EnvironmentProxy]
    bypasses: tuple[Bypass, ...]
    certificates: ssl.SSLContext

    def proxy_for(self, scheme: str, host: str, port: int | None) -> EnvironmentProxy | None:
        """The proxy for an address; None where it is reached directly, as this machine always is."""
        proxy = self.proxies.get(scheme)
        name = host.strip("[]").rstrip(".").lower()
        if proxy is None or is_loopback(name) or any(entry.covers(name, port) for entry in self.bypasses):
            return None
        return proxy


def read_network(environ: Mapping[str, str]) -> Network:
    """Read the variables of proxies and certificates that are in use; raises UnusableVariable.

    An entry of NO_PROXY that cannot be read is passed over, as curl does.
    """
    certificates = _read_certificates(environ)
    bypasses = tuple(_read_bypasses(_first(environ, "no_proxy", "NO_PROXY")[1]))
    proxies = {}
    for scheme in SCHEMES if not any(entry.name == "*" for entry in bypasses) else ():
        names = (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
        variable, value = _first(environ, *names)
        if value:
            proxies[scheme] = _read_proxy(variable, value, certificates)
    return Network(proxies, bypasses, certificates)


def _first(environ: Mapping[str, str], *names: str) -> tuple[str, str]:
    """The first of these variables that is not empty, and its value."""
    return next(((name, value) for name in names if (value := environ.get(name, "").strip())), ("", ""))


def _read_proxy(variable: str, value: str, certificates: ssl.SSLContext) -> EnvironmentProxy:
    """The proxy that a variable names; without a scheme it is an HTTP proxy. Its password is never shown."""
    text = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(text)
        scheme, host, port = OTHER_NAMES.get(parts.scheme, parts.scheme), parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        hint = tr("it looks like http://127.0.0.1:7890; correct it, or unset {variable}", variable=variable)
        raise UnusableVariable(tr("{variable} is not the address of a proxy", variable=variable), hint=hint)
    shown = f"{scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"
    if scheme not in PROXY_SCHEMES:
        words = tr(
            "{variable} names {shown}, and wanflow cannot use a proxy of the kind `{scheme}`",
            variable=variable,
            shown=shown,
            scheme=scheme,
        )
        raise UnusableVariable(
            words, hint=tr("name one with http://, https:// or socks5://, or unset {variable}", variable=variable)
        )
    try:
        url = httpx.URL(text).copy_with(scheme=scheme)
        proxy = httpx.Proxy(url, ssl_context=certificates if scheme == "https" else None)
        httpx.AsyncHTTPTransport(verify=certificates, proxy=proxy)
    except ImportError as fault:
        words = tr(
            "{variable} names the SOCKS proxy {shown}, which needs a library that is not installed",
            variable=variable,
            shown=shown,
        )
        raise UnusableVariable(
            words, hint=tr("`{install}`, or unset {variable}", install=INSTALL, variable=variable)
        ) from fault
    except (ValueError, UnicodeError, httpx.InvalidURL):
        raise UnusableVariable(
            tr("{variable} is not the address of a proxy", variable=variable),
            hint=tr("correct or unset {variable}", variable=variable),
        ) from None
    return EnvironmentProxy(variable, shown, proxy)


def _read_bypasses(text: str) -> Iterator[Bypass]:
    for entry in re.split(r"[,\s]+", text):
        parts = _BRACKETED.fullmatch(entry) or _PORTED.fullmatch(entry)
        host, port = (parts[1], parts[2]) if parts else (entry, None)
        number = int(port) if port else None
        try:
            yield Bypass("", number, ip_network(host, strict=False))
        except ValueError:
            name = host.lower() if host == "*" else host.lower().removeprefix("*").strip(".")
            if name and not re.search(r"[^\w.*-]", name):
                yield Bypass(name, number)


def _read_certificates(environ: Mapping[str, str]) -> ssl.SSLContext:
    """The certificates that the variables name, else those that come with httpx."""
    named = [(name, environ.get(name, "").strip()) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")]
    named = [pair for pair in named if pair[1]] or [pair for pair in [_first(environ, *BUNDLES)] if pair[1]]
    texts: list[str] = []
    rehashed: list[Path] = []
    for variable, value in named:
        folders = value.split(os.pathsep) if variable == "SSL_CERT_DIR" else [value]
        if variable != "SSL_CERT_FILE" and any(Path(folder).is_dir() for folder in folders):
            rehashed += _read_folders(variable, [Path(folder) for folder in folders])
        else:
            texts.append(_read_file(variable, value))
    return _trusting(tuple(texts), tuple(rehashed))


@lru_cache(maxsize=4)
def _trusting(texts: tuple[str, ...], folders: tuple[Path, ...]) -> ssl.SSLContext:
    """A context that trusts the certificates of texts in PEM and of folders, or those of httpx where none are given.

    It is kept: parsing takes 20 ms, and each client of a service needs one. Raises SSLError, ValueError.
    """
    if not texts and not folders:
        return httpx.create_ssl_context(trust_env=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for text in texts:
        context.load_verify_locations(cadata=text)
    for folder in folders:
        context.load_verify_locations(capath=folder)
    return context


def _read_file(variable: str, path: str) -> str:
    """The text of a file with certificates in PEM; raises UnusableVariable."""
    hint = tr("name a file with certificates in PEM, or unset {variable}", variable=variable)
    try:
        text = Path(path).read_bytes().decode("ascii", errors="ignore")
    except OSError as fault:
        words = tr(
            "{variable} names `{path}`, which cannot be read: {strerror}",
            variable=variable,
            path=path,
            strerror=words_of_system(fault),
        )
        raise UnusableVariable(words, hint=hint) from fault
    try:
        _trusting((text,), ())
    except (ssl.SSLError, ValueError) as fault:
        raise UnusableVariable(
            tr("{variable} names `{path}`, which has no certificate in PEM", variable=variable, path=path), hint=hint
        ) from fault
    return text


def _read_folders(variable: str, folders: list[Path]) -> list[Path]:
    """The folders with certificates that have the names that OpenSSL gives them; raises UnusableVariable."""
    try:
        there = [folder for folder in folders if folder.is_dir()]
        found = [folder for folder in there if any(_HASHED.fullmatch(path.name) for path in folder.iterdir())]
    except OSError as fault:
        words = tr(
            "{variable} names a folder that cannot be read: {strerror}",
            variable=variable,
            strerror=words_of_system(fault),
        )
        raise UnusableVariable(words, hint=tr("correct or unset {variable}", variable=variable)) from fault
    if not found:
        words = tr(
            "{variable} names `{folders}`, which has no certificate that OpenSSL finds",
            variable=variable,
            folders=folders[0],
        )
        raise UnusableVariable(
            words, hint=tr("run `openssl rehash {folders}`, or unset {variable}", folders=folders[0], variable=variable)
        )
    return found


CONNECTED = "connection.connect_tcp.complete"
"""The event of httpx's `trace` after a connection, before TLS and before anything is sent."""

TUNNELS = ip_network("198.18.0.0/15")
"""Addresses that no network has: proxies that are tunnels give one to each name, and lead it to the real host."""


class RoutedTransport(httpx.AsyncBaseTransport):
    """Reaches each host by its proxy, or directly; a failure on the way to a proxy names its variable.

    Of other hosts than `home`, the service's own, it reaches public ones, those in the zone of `home`, and those that
    are `trusted`. Judged is the
    address that is connected to, whatever a name resolved to before. Behind a proxy only the proxy knows that address,
    and the name is judged. Raises ForbiddenAddress before anything is sent.
    """

    def __init__(self, network: Network, limits: httpx.Limits, home: str, trusted: Collection[str] = ()) -> None:
        self._network = network
        self._home = home.lower()
        self._trusted = frozenset(trusted)
        self._zones = {Zone.PUBLIC, zone_of(home)}
        self._direct = httpx.AsyncHTTPTransport(verify=network.certificates, limits=limits)
        self._proxied = {
            scheme: httpx.AsyncHTTPTransport(verify=network.certificates, limits=limits, proxy=proxy.proxy)
            for scheme, proxy in network.proxies.items()
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request on its way."""
        url = request.url
        if url.host != self._home:
            self._check(url.host, zone_of(url.host))
        proxy = self._network.proxy_for(url.scheme, url.host, url.port)
        if proxy is None:
            request.extensions = {**request.extensions, "trace": partial(self._judge, url.host)}
            return await self._direct.handle_async_request(request)
        try:
            return await self._proxied[url.scheme].handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as fault:
            raise httpx.ProxyError(
                tr("by the proxy {shown} of {variable}", shown=proxy.shown, variable=proxy.variable), request=request
            ) from fault

    async def _judge(self, host: str, event: str, facts: Mapping[str, Any]) -> None:
        """Close a connection to an address that is not allowed; learn the zone of the service from its own."""
        if event != CONNECTED:
            return
        stream = facts["return_value"]
        peer = str(stream.get_extra_info("server_addr")[0])
        tunnel = address_of(host) is None and address_of(peer) in TUNNELS
        zone = Zone.PUBLIC if tunnel else zone_of(peer)
        if host == self._home:
            self._zones.add(zone)
            return
        try:
            self._check(host, zone)
        except ForbiddenAddress:
            await stream.aclose()
            raise

    def _check(self, host: str, zone: Zone) -> None:
        """Raise ForbiddenAddress for a host of a zone in which the service is not, unless the user trusts it."""
        if zone not in self._zones and host not in self._trusted:
            where = {Zone.LOOPBACK: tr("on this machine"), Zone.PRIVATE: tr("in a private network")}.get(zone)
            why = (
                tr("one that no server of a service has")
                if where is None
                else tr("{where}, and the service is not", where=where)
            )
            words = tr("the address of a result or an upload, {host}, is {why}", host=host, why=why)
            raise ForbiddenAddress(words, hint=tr("nothing was sent there; check who replies in the service's name"))

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in (self._direct, *self._proxied.values()):
            await transport.aclose()
