"""The address of a region's service and its key, from the environment (service.md 1.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from wanflow.hosts import is_local
from wanflow.messages import joined, tr
from wanflow.providers.faults import Unauthorised, WrongAddress
from wanflow.providers.protocol import Endpoint

KEY_VARIABLE = "DASHSCOPE_API_KEY"
BASE_VARIABLE = "DASHSCOPE_HTTP_BASE_URL"
"""Environment variables of the vendor's SDK; the base URL includes `/api/v1`."""
WORKSPACE_VARIABLE = "WANFLOW_WORKSPACE"
"""The environment variable with the id of a workspace, whose host is used instead of its region's."""

API = "/api/v1"

HOSTS: Mapping[str, str] = {
    "beijing": "dashscope.aliyuncs.com",
    "singapore": "dashscope-intl.aliyuncs.com",
    "virginia": "dashscope-us.aliyuncs.com",
}
"""The host that all workspaces of a region share; the other regions have hosts of workspaces only."""

CODES: Mapping[str, str] = {
    "cn-beijing": "beijing",
    "ap-southeast-1": "singapore",
    "us-east-1": "virginia",
    "ap-northeast-1": "tokyo",
    "eu-central-1": "frankfurt",
}
"""The vendor's codes of regions, as they occur in the hosts of workspaces and private networks."""

_WORKSPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
"""The id of a workspace: a label of a host name."""

_VENDOR = re.compile(r"(.*[.-])?(dashscope|maas)[.-].*aliyuncs\.com")
"""The service's own hosts, in any region."""


def endpoint_of(region: str, environ: Mapping[str, str], *, key_needed: bool = True) -> Endpoint:
    """The service of a region, its address from DASHSCOPE_HTTP_BASE_URL or WANFLOW_WORKSPACE where one is set.

    Without `key_needed` a missing key is an empty one: for work that asks the service nothing. Raises Unauthorised
    without a usable key, WrongAddress for an invalid URL or workspace, a URL without `/api/v1`, the host of another
    region, or a region without a host of its own.
    """
    base = base_url_of(region, environ)
    key = environ.get(KEY_VARIABLE, "").strip()
    if not key and key_needed:
        raise Unauthorised(
            tr(
                "{key_variable} is not set, and region `{region}` needs a key", key_variable=KEY_VARIABLE, region=region
            ),
            hint=_set_key(),
        )
    if not key.isascii() or (key and not key.isprintable()) or " " in key:
        raise Unauthorised(
            tr("{key_variable} contains characters that no key has", key_variable=KEY_VARIABLE), hint=_set_key()
        )
    others = joined(", ", (f"`{other}`" for other in CODES.values() if other != region))
    hint = tr(
        (
            "region `{region}` ({netloc}) was tried; a key belongs to one region: check {key_variable}, "
            "or choose {others} with `--region`"
        ),
        region=region,
        netloc=urlsplit(base).netloc,
        key_variable=KEY_VARIABLE,
        others=others,
    )
    return Endpoint(region, base, key, hint)


def base_url_of(region: str, environ: Mapping[str, str]) -> str:
    """The base address of a region without a slash at its end; raises WrongAddress."""
    given = environ.get(BASE_VARIABLE, "").strip().rstrip("/")
    if not given:
        return f"https://{_host_of(region, environ.get(WORKSPACE_VARIABLE, '').strip())}{API}"
    parts = _split(given)
    _check_form(parts)
    host = (parts.hostname or "").rstrip(".")
    own = _region_of(host)
    if own is None and _VENDOR.fullmatch(host):
        words = tr(
            "{base_variable} names the host {host}, whose region wanflow does not know",
            base_variable=BASE_VARIABLE,
            host=host,
        )
        known = joined(", ", (f"`{name}`" for name in CODES.values()))
        raise WrongAddress(
            words,
            hint=tr(
                "models and prices are known of {known}: unset {base_variable}, or name their hosts",
                known=known,
                base_variable=BASE_VARIABLE,
            ),
        )
    if own not in {None, region}:
        raise WrongAddress(
            tr(
                "{base_variable} names a host of region `{own}` ({host}), but the region is `{region}`",
                base_variable=BASE_VARIABLE,
                own=own,
                host=host,
                region=region,
            ),
            hint=tr(
                "unset {base_variable}, or choose the region with `--region {own}`",
                base_variable=BASE_VARIABLE,
                own=own,
            ),
        )
    return given


def _host_of(region: str, workspace: str) -> str:
    """The host of a workspace, or without one that of a region; raises WrongAddress."""
    if workspace and not _WORKSPACE.fullmatch(workspace):
        raise WrongAddress(
            tr("{workspace_variable} is not the id of a workspace", workspace_variable=WORKSPACE_VARIABLE),
            hint=tr("it has letters, digits and hyphens, as llm-0123abcd: copy it from the vendor's console"),
        )
    if workspace:
        return f"{workspace}.{next(code for code, name in CODES.items() if name == region)}.maas.aliyuncs.com"
    if region not in HOSTS:
        raise WrongAddress(
            tr("the region `{region}` has hosts of workspaces only", region=region),
            hint=tr(
                "set {workspace_variable} to the id of your workspace, or {base_variable} to its address",
                workspace_variable=WORKSPACE_VARIABLE,
                base_variable=BASE_VARIABLE,
            ),
        )
    return HOSTS[region]


def _region_of(host: str) -> str | None:
    """The region of one of the service's hosts; None for any other host, which counts as the region that is chosen."""
    for name, known in HOSTS.items():
        if host == known:
            return name
    if not _VENDOR.fullmatch(host):
        return None
    # the first label of such a host is the name of a workspace
    place = host.partition(".")[2] if ".maas." in host else host
    return next((name for code, name in CODES.items() if re.search(rf"(^|[.-]){code}[.-]", place)), None)


def _split(given: str) -> SplitResult:
    try:
        parts = urlsplit(given)
        whole = parts.hostname is not None and (parts.port or True)
    except ValueError:
        whole = False
    if not whole or parts.scheme not in {"http", "https"}:
        raise WrongAddress(
            tr("{base_variable} is not a valid URL", base_variable=BASE_VARIABLE),
            hint=tr("it looks like https://{hosts}{api}", hosts=HOSTS["beijing"], api=API),
        )
    return parts


def _check_form(parts: SplitResult) -> None:
    """Raise WrongAddress for a URL that would send or show a secret in the wrong place."""
    if parts.username is not None or parts.query or parts.fragment:
        raise WrongAddress(
            tr("{base_variable} has more than a host and a path", base_variable=BASE_VARIABLE),
            hint=tr("keep what ends in {api}", api=API),
        )
    if not parts.path.endswith(API):
        raise WrongAddress(
            tr("{base_variable} does not end in {api}", base_variable=BASE_VARIABLE, api=API),
            hint=tr("add {api} to it: {netloc}{api}", api=API, netloc=parts.netloc),
        )
    if parts.scheme == "http" and not is_local(parts.hostname or ""):
        raise WrongAddress(
            tr(
                "{base_variable} would send the key unencrypted to {hostname}",
                base_variable=BASE_VARIABLE,
                hostname=parts.hostname,
            ),
            hint=tr("begin it with https://"),
        )


def _set_key() -> str:
    return tr("export {key_variable}, or render for free with `--backend animatic`", key_variable=KEY_VARIABLE)
