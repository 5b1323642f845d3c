"""Which hosts get the user's media: the service names one with each upload, and is not believed blindly."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from wanflow.messages import tr
from wanflow.providers.dashscope.http import place_of
from wanflow.providers.faults import ForbiddenAddress

STORAGE = re.compile(r"dashscope[a-z0-9-]*\.oss-[a-z0-9-]+\.aliyuncs\.com")
"""The service's own storage (service.md 5); under the bare domain anybody can have a bucket."""

PORTS = {"http": 80, "https": 443}


def check(url: str, base_url: str, allowed: Collection[str]) -> None:
    """Raise ForbiddenAddress unless an upload may go to `url`.

    It may go to the host of the base address, to the service's storage, and to the hosts that are `allowed`, as
    `hosts.named_host` writes them. It is never less encrypted than the service.
    """
    try:
        parts, base = urlsplit(url), urlsplit(base_url)
        host, port = _host_and_port(parts)
        own = _host_and_port(base)
    except ValueError:
        raise ForbiddenAddress(tr("the service names an invalid address for the upload")) from None
    if parts.scheme not in PORTS or (base.scheme == "https" and parts.scheme == "http"):
        raise ForbiddenAddress(tr("the service asks for an unencrypted upload to {place_of}", place_of=place_of(url)))
    if parts.username is not None or parts.query or parts.fragment:
        raise ForbiddenAddress(
            tr("the address for the upload has more than a host and a path: {place_of}", place_of=place_of(url))
        )
    usual = port == PORTS[parts.scheme]
    bare = f"[{host}]" if ":" in host else host
    named = bare if usual else f"{bare}:{port}"
    if (host, port) == own or (usual and STORAGE.fullmatch(host)) or {bare, named}.intersection(allowed):
        return
    words = tr(
        "the service asks for the upload to {named}, which is not known as its storage; nothing was sent there",
        named=named,
    )
    raise ForbiddenAddress(words, hint=tr("if you trust that host: `--upload-host {named}`", named=named))


def _host_and_port(parts: SplitResult) -> tuple[str, int | None]:
    return (parts.hostname or "").rstrip("."), parts.port or PORTS.get(parts.scheme)
