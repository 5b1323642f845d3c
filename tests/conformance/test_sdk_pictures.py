"""The vendor's own SDK asks the emulator for pictures, with the sample requests of the vendor's pages (service.md 9)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from dashscope.aigc.image_generation import AioImageGeneration, ImageGeneration
from dashscope.api_entities.dashscope_response import Message

from kit.served import Served
from kit.wire_schemas import complaints
from wanflow.catalog.read import load_catalog
from wanflow.providers.dashscope import wire
from wanflow.providers.protocol import MediaAddress, Request

FLOWERS = "一间有着精致窗户的花店，漂亮的木质门，摆放着花朵"
SERIES = "电影感组图，记录同一只流浪橘猫，特征必须前后一致。第一张：春天；第二张：夏天；第三张：秋天；第四张：冬天。"

SAMPLES: Mapping[str, tuple[str, list[dict[str, str]], dict[str, Any], int]] = {
    "words": ("wan2.7-image-pro", [{"text": FLOWERS}], {"size": "2K", "n": 1, "thinking_mode": True}, 1),
    "edit with two pictures": (
        "wan2.7-image-pro",
        [{"image": "room.png"}, {"image": "chair.png"}, {"text": "把图2的涂鸦喷绘在图1的汽车上"}],
        {"size": "2K", "n": 1, "watermark": False},
        1,
    ),
    "edit in boxes": (
        "wan2.7-image-pro",
        [{"image": "room.png"}, {"image": "chair.png"}, {"text": "把图1的闹钟放在图2的框选的位置"}],
        {"bbox_list": [[], [[989, 515, 1138, 681]]], "size": "2K", "n": 1},
        1,
    ),
    "series": ("wan2.7-image-pro", [{"text": SERIES}], {"enable_sequential": True, "n": 4, "size": "2K"}, 4),
    "2.6, words before pictures": (
        "wan2.6-image",
        [{"text": "参考图1的风格和图2的背景，生成番茄炒蛋"}, {"image": "room.png"}, {"image": "chair.png"}],
        {"prompt_extend": True, "n": 2, "enable_interleave": False, "size": "1K"},
        2,
    ),
    "2.6, words": (
        "wan2.6-t2i",
        [{"text": FLOWERS}],
        {"prompt_extend": True, "n": 1, "negative_prompt": "", "size": "1280*1280"},
        1,
    ),
}


def content_of(parts: list[dict[str, str]], folder: Path) -> list[dict[str, str]]:
    """The parts of a message with local files."""
    return [
        {kind: f"file://{folder / value}" if kind == "image" else value for kind, value in part.items()}
        for part in parts
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_request_for_pictures_is_drawn(name: str, service: Served, media: Path) -> None:
    """Uploaded, submitted, waited for; as many pictures as the page says, each a PNG at an address of its own."""
    model, parts, parameters, count = SAMPLES[name]
    message = Message(role="user", content=content_of(parts, media))
    accepted = ImageGeneration.async_call(model, messages=[message], **parameters)
    assert (accepted.status_code, accepted.output.task_status) == (HTTPStatus.OK, "PENDING"), accepted
    done = ImageGeneration.wait(accepted)
    assert (done.status_code, done.output.task_status) == (HTTPStatus.OK, "SUCCEEDED"), done
    found = [part["image"] for choice in done.output.choices for part in choice.message.content]
    assert len(set(found)) == count == done.usage["image_count"]
    assert httpx.get(found[0]).content.startswith(b"\x89PNG")
    assert len(service.calls("POST", "/uploads")) == sum("image" in part for part in parts)


def test_a_picture_can_be_awaited_and_cancelled_by_the_sdk(service: Served) -> None:
    """Its asynchronous client, the list and the refusal to cancel what has begun."""
    message = Message(role="user", content=[{"text": "slow"}])

    async def ask() -> Any:
        accepted = await AioImageGeneration.async_call("wan2.7-image", messages=[message], n=1)
        return await AioImageGeneration.fetch(accepted)

    running = asyncio.run(ask())
    assert running.output.task_status == "RUNNING"
    refused = ImageGeneration.cancel(running.output.task_id)
    assert (refused.status_code, refused.code) == (HTTPStatus.BAD_REQUEST, "UnsupportedOperation")
    assert ImageGeneration.list(model_name="wan2.7-image").output["total"] == 1
    assert service.calls("POST", "/cancel")[-1].status == HTTPStatus.BAD_REQUEST


def test_our_request_for_a_picture_is_the_sdks(service: Served) -> None:
    """Path and body agree key by key; only what wanflow always says is more."""
    parts = [{"image": "https://h.example/a.png"}, {"text": "Image 1 at dusk"}]
    ImageGeneration.async_call("wan2.7-image", messages=[Message(role="user", content=parts)], size="1280*720", seed=7)
    (sent,) = service.calls("POST", "/services/")
    ours = Request(
        "wan2.7-image", load_catalog()["wan2.7-image"], "Image 1 at dusk",
        media=(MediaAddress("reference_image", "https://h.example/a.png"),),
        parameters={"size": "1280*720"}, seed=7,
    )  # fmt: skip
    body = wire.request_json(ours)
    assert sent.path.endswith(wire.submit_path(ours))
    assert (body["model"], body["input"]) == (sent.json["model"], sent.json["input"])
    parameters: Any = body["parameters"]
    theirs = {key: value for key, value in sent.json["parameters"].items() if key != "is_async"}  # meant for itself
    assert theirs.items() <= parameters.items()
    assert parameters.keys() - theirs.keys() == {"n", "enable_sequential"}
    assert complaints("request-wan2.7-image", body) == []
