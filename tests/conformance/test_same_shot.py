"""The same shot sent by our client and by the vendor's SDK: every difference has a name and a reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest
from dashscope import VideoSynthesis

from kit.providers import request_to
from kit.served import Exchange, Served
from wanflow.emulator.api.endpoint import KEY
from wanflow.providers.dashscope.client import DashScopeClient, connect
from wanflow.providers.protocol import Endpoint, MediaAddress

SHOTS: Mapping[str, Mapping[str, Any]] = {
    "first frame": {
        "model": "wan2.7-i2v",
        "prompt": "a coast",
        "negative_prompt": "people",
        "media": [{"type": "first_frame", "url": "girl.png"}],
        "parameters": {"resolution": "720P", "duration": 5, "prompt_extend": False, "watermark": False},
    },
    "first and last frame with audio": {
        "model": "wan2.7-i2v",
        "prompt": "灯塔",
        "media": [
            {"type": "first_frame", "url": "girl.png"},
            {"type": "last_frame", "url": "last frame.png"},
            {"type": "driving_audio", "url": "voice.wav"},
        ],
        "parameters": {"resolution": "1080P", "duration": 15},
    },
    "continuation without words": {
        "model": "wan2.7-i2v",
        "media": [{"type": "first_clip", "url": "role.mp4"}],
        "parameters": {"duration": 12},
    },
    "references with a voice": {
        "model": "wan2.7-r2v",
        "prompt": "Image 1 meets Video 1.",
        "media": [
            {"type": "reference_image", "url": "girl.png", "reference_voice": "voice.wav"},
            {"type": "reference_video", "url": "role.mp4"},
        ],
        "parameters": {"resolution": "720P", "ratio": "16:9", "duration": 10},
    },
    "words alone": {
        "model": "wan2.7-t2v",
        "prompt": "a storm",
        "media": [],
        "parameters": {"resolution": "720P", "ratio": "16:9", "duration": 5},
    },
    "edit": {
        "model": "wan2.7-videoedit",
        "prompt": "at night",
        "media": [{"type": "video", "url": "role.mp4"}, {"type": "reference_image", "url": "chair.png"}],
        "parameters": {"resolution": "720P", "duration": 0, "audio_setting": "origin"},
    },
}

SEED = 7

SDK_ONLY: Mapping[str, str] = {
    "input.extend_prompt": "a leftover of image models: the 2.7 models know only `parameters.prompt_extend`",
    "input.function": "a leftover of one address for several functions; not in the vendor's pages",
    "header x-dashscope-sdk-client": "names the SDK",
    "header x-dashscope-sdk-session-id": "names the SDK's session",
}
"""What only the SDK sends. Nothing is sent by us alone."""

DIFFERENT: Mapping[str, str] = {
    "header content-type": "the SDK adds `; charset=utf-8`, which is JSON's only one",
    "header accept": "the SDK asks for JSON by name; ours takes what comes and reads only JSON",
    "header accept-encoding": "ours asks for replies as they are, since a compressed one may unpack to any size",
    "header user-agent": "each client names itself",
    "header content-length": "the bodies differ by the keys above, and by blanks in the JSON",
}
"""What both send with other values."""

NO_WORDS: Mapping[str, str] = {"input.prompt": "the SDK sends null where there is no prompt; we send no key"}
"""The difference that only a shot without words shows."""


class Sent:
    """What one client had to send for a shot: uploads in their order, and the submit."""

    def __init__(self, seen: Sequence[Exchange]) -> None:
        self.policies = [item for item in seen if "/uploads?" in item.path]
        self.uploads = [item for item in seen if item.path == "/uploads"]
        (self.submit,) = [item for item in seen if item.path.endswith("/video-synthesis")]


def by_sdk(shot: Mapping[str, Any], media: Path, service: Served) -> Sent:
    """Submit a shot with the SDK."""
    begun = len(service.seen)
    items = [_placed(item, media, "file://{}") for item in shot["media"]]
    words = {key: shot[key] for key in ("prompt", "negative_prompt") if key in shot}
    done = VideoSynthesis.async_call(shot["model"], **words, media=items, seed=SEED, **shot["parameters"])
    assert done.status_code == 200, done
    return Sent(service.seen[begun:])


def by_us(shot: Mapping[str, Any], media: Path, service: Served) -> Sent:
    """Submit a shot with our client."""
    begun = len(service.seen)

    async def work() -> None:
        async with connect(Endpoint("beijing", service.base_url, KEY)) as transport:
            client = DashScopeClient(transport)
            items = [await _uploaded(item, media, client, shot["model"]) for item in shot["media"]]
            words = shot.get("prompt"), shot.get("negative_prompt")
            await client.submit(request_to(shot["model"], *words, tuple(items), shot["parameters"], SEED))

    anyio.run(work)
    return Sent(service.seen[begun:])


@pytest.mark.parametrize("name", SHOTS)
def test_both_submit_the_same_but_for_what_is_named(name: str, service: Served, media: Path) -> None:
    """A difference that appears, or one that is gone, fails."""
    shot = SHOTS[name]
    theirs, ours = by_sdk(shot, media, service).submit, by_us(shot, media, service).submit
    assert (ours.method, ours.path) == (theirs.method, theirs.path)
    one, other = _flat(theirs), _flat(ours)
    named = SDK_ONLY | (NO_WORDS if "prompt" not in shot else {})
    assert one.keys() - other.keys() == named.keys()
    assert other.keys() - one.keys() == set()
    assert {key for key in one.keys() & other.keys() if one[key] != other[key]} <= DIFFERENT.keys()


def test_each_named_difference_is_there(service: Served, media: Path) -> None:
    """A name that no shot needs any more has to go from the table."""
    seen: set[str] = set()
    for shot in SHOTS.values():
        one, other = (_flat(sent.submit) for sent in (by_sdk(shot, media, service), by_us(shot, media, service)))
        seen |= {key for key in one.keys() & other.keys() if one[key] != other[key]}
    assert seen == DIFFERENT.keys()


def test_both_upload_by_the_same_form(service: Served, media: Path) -> None:
    """A policy for each file and model, then a form with the file last.

    The SDK adds the content's type as a field of its own, and gives the file its name; ours is one that was never used
    and needs no escaping.
    """
    shot = SHOTS["references with a voice"]
    theirs, ours = by_sdk(shot, media, service), by_us(shot, media, service)
    assert [item.path for item in ours.policies] == [item.path for item in theirs.policies]
    assert len(ours.uploads) == len(theirs.uploads) == 3
    for one, other in zip(theirs.uploads, ours.uploads, strict=True):
        mine, yours = _fields(other), _fields(one)
        assert mine[-1] == yours[-1] == "file"
        assert set(yours) - set(mine) == {"x-oss-content-type"}
        assert set(mine) - set(yours) == set()
        assert "authorization" not in other.headers
    assert all(re.search(rb"[0-9a-f]{32}\.(png|mp4|wav)\"", item.body) for item in ours.uploads)
    files = sorted(file for file in (b"girl.png", b"voice.wav", b"role.mp4"))
    assert sorted(_name(item) for item in theirs.uploads) == files


def _placed(item: Mapping[str, str], media: Path, form: str) -> dict[str, str]:
    return {key: value if key == "type" else form.format(media / value) for key, value in item.items()}


async def _uploaded(item: Mapping[str, str], media: Path, client: DashScopeClient, model: str) -> MediaAddress:
    voice = item.get("reference_voice")
    url = await client.upload(media / item["url"], model)
    return MediaAddress(item["type"], url, await client.upload(media / voice, model) if voice else None)


def _flat(exchange: Exchange) -> dict[str, object]:
    """A submit as one level of keys; upload addresses are compared by their form."""
    flat: dict[str, object] = {f"header {name}": value for name, value in exchange.headers.items()}
    flat |= {f"parameters.{key}": value for key, value in exchange.json["parameters"].items()}
    flat |= {f"input.{key}": value for key, value in exchange.json["input"].items() if key != "media"}
    flat["model"] = exchange.json["model"]
    for number, item in enumerate(exchange.json["input"].get("media", [])):
        flat |= {f"media.{number}.{key}": re.sub(r"[^/]+/[^/]+(\.\w+)$", r"*\1", value) for key, value in item.items()}
    return flat


def _fields(exchange: Exchange) -> list[str]:
    return [name.decode() for name in re.findall(rb'[; ]name="([^"]+)"', exchange.body)]


def _name(exchange: Exchange) -> bytes:
    found = re.search(rb'filename="([^"]+)"', exchange.body)
    assert found is not None
    return found[1]
