"""The calls around a submit, by our client and by the vendor's SDK: every difference has a name and a reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import anyio
import pytest
from dashscope import VideoSynthesis

from kit.served import Exchange, Served
from wanflow.emulator.api.endpoint import KEY
from wanflow.providers.dashscope.client import DashScopeClient, connect
from wanflow.providers.protocol import Endpoint

MODEL = "wan2.7-i2v"

NAMED: Mapping[str, str] = {
    "header accept": "the SDK asks for JSON by name; ours takes what comes and reads only JSON",
    "header accept-encoding": "ours asks for replies as they are, since a compressed one may unpack to any size",
    "header user-agent": "each client names itself",
    "header x-dashscope-sdk-client": "names the SDK",
    "header x-dashscope-sdk-session-id": "names the SDK's session",
}
"""What differs in every call of the API."""

PAGED: Mapping[str, str] = {
    "path": "the pages end the list's path with a slash, the SDK's has none; both are the same call",
    "query page_size": "ours reads a day's tasks in few calls, the SDK takes the service's own 10",
}

FORM: Mapping[str, str] = {
    "header accept": "as in every call",
    "header accept-encoding": "as in every call",
    "header user-agent": "as in every call",
    "header date": "the SDK says when it sent the form; the policy carries its own end",
    "header content-type": "the parts' boundary is drawn anew for each form",
    "header content-length": "the forms differ by a field and by names",
    "field x-oss-content-type": "the SDK guesses the file's type; the service looks into the file",
}
"""What differs in the form that goes to the storage."""

DIFFERENCES: Mapping[str, Mapping[str, str]] = {
    "policy": NAMED,
    "form": FORM,
    "poll": NAMED,
    "list": NAMED | PAGED,
    "cancel": NAMED,
}


def by_sdk(service: Served, file: Path) -> Mapping[str, Exchange]:
    """Each call once, by the SDK; its policy and form come with a submit."""
    begun = len(service.seen)
    VideoSynthesis.async_call(MODEL, prompt="a coast", media=[{"type": "first_frame", "url": str(file)}])
    VideoSynthesis.fetch("t")
    VideoSynthesis.list(model_name=MODEL)
    VideoSynthesis.cancel("t")
    return _sorted(service.seen[begun:])


def by_us(service: Served, file: Path) -> Mapping[str, Exchange]:
    """Each call once, by our client."""
    begun = len(service.seen)

    async def work() -> None:
        async with connect(Endpoint("beijing", service.base_url, KEY)) as transport:
            client = DashScopeClient(transport)
            await client.upload(file, MODEL)
            await client.poll("t")
            await client.list(MODEL)
            await client.cancel("t")

    anyio.run(work)
    return _sorted(service.seen[begun:])


@pytest.mark.parametrize("call", DIFFERENCES)
def test_both_call_the_same_but_for_what_is_named(call: str, service: Served, media: Path) -> None:
    """A difference that appears, or one that is gone, fails."""
    file = media / "girl.png"
    theirs, ours = _flat(by_sdk(service, file)[call]), _flat(by_us(service, file)[call])
    assert {key for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key)} == DIFFERENCES[call].keys()


def test_the_key_goes_to_the_api_only(service: Served, media: Path) -> None:
    """By both clients: the storage is asked by the policy's signature (service.md 5)."""
    for calls in (by_sdk(service, media / "girl.png"), by_us(service, media / "girl.png")):
        assert {name for name, item in calls.items() if "authorization" in item.headers} == DIFFERENCES.keys() - {
            "form"
        }


def _sorted(seen: list[Exchange]) -> Mapping[str, Exchange]:
    calls = {_kind(item): item for item in seen}
    return {name: calls[name] for name in DIFFERENCES}


def _kind(item: Exchange) -> str:
    path = urlsplit(item.path).path.rstrip("/")
    if path == "/uploads":
        return "form"
    last = path.rpartition("/")[2]
    return {"uploads": "policy", "t": "poll", "tasks": "list"}.get(last, last)


def _flat(item: Exchange) -> dict[str, str]:
    """A call as one level of keys; a form by its fields' names, as their values are the policy's."""
    where = urlsplit(item.path)
    flat = {"method": item.method, "path": where.path}
    flat |= {f"header {name}": value for name, value in item.headers.items()}
    flat |= {f"query {name}": value for name, value in parse_qsl(where.query)}
    names = re.findall(rb'[; ]name="([^"]+)"', item.body)
    return flat | {f"field {name.decode()}": "" for name in names}
