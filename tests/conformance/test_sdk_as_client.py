"""The vendor's own SDK as client of the emulator, with the sample requests of the vendor's pages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import dashscope
import pytest
from dashscope import VideoSynthesis
from dashscope.aigc.video_synthesis import AioVideoSynthesis

from kit.served import Served

VOICED = [
    {"type": "reference_image", "url": "girl.png", "reference_voice": "voice.wav"},
    {"type": "reference_video", "url": "role.mp4", "reference_voice": "voice.wav"},
    {"type": "reference_image", "url": "chair.png"},
    {"type": "reference_image", "url": "room.png"},
]

SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "r2v, several references with voices": {
        "model": "wan2.7-r2v",
        "prompt": "视频1抱着图2,在图3里弹奏一支舒缓的乡村民谣,图1手中拿着花,路过视频1。",
        "media": VOICED,
        "resolution": "720P",
        "ratio": "16:9",
        "duration": 10,
        "prompt_extend": False,
        "watermark": True,
    },
    "r2v, one storyboard": {
        "model": "wan2.7-r2v",
        "prompt": "参考图片,3D卡通冒险电影风",
        "media": [{"type": "reference_image", "url": "room.png"}],
        "resolution": "720P",
        "duration": 10,
        "prompt_extend": False,
        "watermark": True,
    },
    "r2v, with a first frame": {
        "model": "wan2.7-r2v",
        "prompt": "Image 1 walks through the picture.",
        "media": [{"type": "first_frame", "url": "room.png"}, {"type": "reference_image", "url": "girl.png"}],
        "resolution": "720P",
        "duration": 5,
    },
    "r2v, five references of which two have voices": {
        "model": "wan2.7-r2v",
        "prompt": "视频1抱着图3,在图4的椅子上弹奏一支舒缓的乡村民谣",
        "media": [*VOICED, {"type": "reference_image", "url": "last frame.png"}],
        "resolution": "720P",
        "ratio": "16:9",
        "duration": 10,
        "prompt_extend": False,
        "watermark": True,
    },
    "r2v, a first frame and two pictures": {
        "model": "wan2.7-r2v",
        "prompt": "An overhead shot of a blue planet. Image 1 is holding Image 2.",
        "media": [
            {"type": "first_frame", "url": "room.png"},
            {"type": "reference_image", "url": "girl.png"},
            {"type": "reference_image", "url": "chair.png"},
        ],
        "resolution": "720P",
        "duration": 10,
        "prompt_extend": False,
        "watermark": True,
    },
    "r2v, a first frame, a video and a picture": {
        "model": "wan2.7-r2v",
        "prompt": "Video 1 is playing the guitar, and Image 1 walks past Video 1.",
        "media": [
            {"type": "first_frame", "url": "room.png"},
            {"type": "reference_video", "url": "role.mp4"},
            {"type": "reference_image", "url": "girl.png"},
        ],
        "resolution": "720P",
    },
    "i2v, continuation to a last frame": {
        "model": "wan2.7-i2v",
        "prompt": "一只猫跑向远处",
        "media": [{"type": "first_clip", "url": "role.mp4"}, {"type": "last_frame", "url": "last frame.png"}],
        "resolution": "720P",
        "duration": 12,
        "watermark": True,
    },
    "i2v, first frame and audio": {
        "model": "wan2.7-i2v",
        "prompt": "一幅都市奇幻艺术的场景",
        "media": [{"type": "first_frame", "url": "girl.png"}, {"type": "driving_audio", "url": "voice.wav"}],
        "resolution": "720P",
        "duration": 10,
        "watermark": True,
    },
    "i2v, first and last frame": {
        "model": "wan2.7-i2v",
        "prompt": "写实风格",
        "media": [{"type": "first_frame", "url": "girl.png"}, {"type": "last_frame", "url": "room.png"}],
        "resolution": "720P",
        "duration": 15,
        "watermark": True,
    },
    "i2v, continuation without a prompt": {
        "model": "wan2.7-i2v",
        "media": [{"type": "first_clip", "url": "role.mp4"}],
        "resolution": "720P",
        "duration": 12,
    },
    "videoedit, with a reference": {
        "model": "wan2.7-videoedit",
        "prompt": "将视频中女孩的衣服替换为图片中的衣服",
        "media": [{"type": "video", "url": "role.mp4"}, {"type": "reference_image", "url": "chair.png"}],
        "resolution": "720P",
        "prompt_extend": True,
        "watermark": True,
    },
    "2.6, several references in several shots": {
        "model": "wan2.6-r2v-flash",
        "prompt": "character2 坐在靠窗的椅子上,手持 character3,在 character4 旁演奏。character1 对character2开口说道:“听起来不错”。",
        "reference_urls": ["role.mp4", "other.mp4", "chair.png", "room.png"],
        "size": "1280*720",
        "duration": 10,
        "audio": True,
        "shot_type": "multi",
        "watermark": True,
    },
    "2.6, one video": {
        "model": "wan2.6-r2v",
        "prompt": "展示最新款智能手表的多功能性和时尚设计。character1在办公室中抬起手腕查看手表。",
        "reference_urls": ["role.mp4"],
        "size": "1280*720",
        "duration": 10,
        "shot_type": "multi",
        "watermark": True,
    },
    "2.6, one video, silent": {
        "model": "wan2.6-r2v-flash",
        "prompt": "character1在办公室中抬起手腕查看手表。",
        "reference_urls": ["role.mp4"],
        "size": "1280*720",
        "duration": 5,
        "shot_type": "multi",
        "audio": False,
        "watermark": True,
    },
}

FRAME = [{"type": "first_frame", "url": "https://host.example/a.png"}]


def sample(name: str, folder: Path) -> dict[str, Any]:
    """A sample request with local files in its media."""
    request = dict(SAMPLES[name])
    if "media" in request:
        request["media"] = [
            {key: value if key == "type" else f"file://{folder / value}" for key, value in item.items()}
            for item in request["media"]
        ]
    else:
        request["reference_urls"] = [f"file://{folder / name}" for name in request["reference_urls"]]
    return request


def files_of(request: Mapping[str, Any]) -> int:
    """How many files it names."""
    listed = [value for item in request.get("media", ()) for key, value in item.items() if key != "type"]
    return len(listed) + len(request.get("reference_urls", ()))


def ask(prompt: str = "a coast", **more: Any) -> Any:
    """A task of a first frame, without waiting."""
    return VideoSynthesis.async_call("wan2.7-i2v", prompt=prompt, media=[dict(item) for item in FRAME], **more)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_of_the_vendors_pages_is_rendered(name: str, service: Served, media: Path) -> None:
    """Uploaded, submitted, waited for; status, words and billing figures are as the pages show them."""
    request = sample(name, media)
    files = files_of(request)
    accepted = VideoSynthesis.async_call(**request)
    assert accepted.status_code == HTTPStatus.OK, accepted
    assert accepted.output.task_status == "PENDING"
    done = VideoSynthesis.wait(accepted)
    assert (done.status_code, done.output.task_status) == (HTTPStatus.OK, "SUCCEEDED"), done
    assert done.output.video_url.startswith("http://127.0.0.1:")
    assert done.output.orig_prompt == (request.get("prompt") or "")
    assert done.usage.video_count == 1
    assert done.usage.output_video_duration == (request.get("duration") or 5)
    assert int(done.usage.SR) == 720
    assert len(service.calls("POST", "/uploads")) == files
    (submit,) = service.calls("POST", "/video-synthesis")
    assert submit.headers["x-dashscope-ossresourceresolve"] == "enable"


def test_one_call_submits_and_waits(service: Served) -> None:
    """The sync call of the SDK is a submit and a wait."""
    done = VideoSynthesis.call("wan2.7-i2v", prompt="a coast", media=[dict(item) for item in FRAME], duration=2)
    assert (done.status_code, done.output.task_status) == (HTTPStatus.OK, "SUCCEEDED")
    assert done.usage.duration == 2


@pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning")  # the SDK leaves its session open
def test_the_async_client_does_the_same(service: Served) -> None:
    """Submit, wait and fetch on asyncio."""

    async def work() -> tuple[Any, Any]:
        media = [dict(item) for item in FRAME]
        accepted = await AioVideoSynthesis.async_call("wan2.7-i2v", prompt="a coast", media=media)
        return await AioVideoSynthesis.wait(accepted), await AioVideoSynthesis.fetch(accepted)

    done, fetched = asyncio.run(work())
    assert done.output.task_status == fetched.output.task_status == "SUCCEEDED"
    assert done.output.video_url == fetched.output.video_url


def test_what_is_invalid_fails_inside_its_task(service: Served) -> None:
    """Accepted at submit, FAILED with code and words at the first look, and not billed (service.md 4.2)."""
    accepted = ask("nonsense", duration=99)
    assert accepted.output.task_status == "PENDING"
    done = VideoSynthesis.wait(accepted)
    assert (done.status_code, done.output.task_status) == (HTTPStatus.OK, "FAILED")
    assert done.output.code == "InvalidParameter"
    assert done.output.message == "Duration should be between 2 and 15"
    assert not (done.usage or {}).get("duration")


def test_a_request_without_media_fails_as_seen_live(service: Served) -> None:
    """The SDK drops an empty list altogether (service.md 1.5)."""
    done = VideoSynthesis.wait(VideoSynthesis.async_call("wan2.7-i2v", prompt="nonsense", media=[]))
    assert (done.output.task_status, done.output.message) == ("FAILED", "Field required: input.media")


def test_a_refusal_carries_the_services_words(service: Served) -> None:
    """As for any failure inside a task."""
    done = VideoSynthesis.wait(ask("forbidden"))
    assert (done.output.task_status, done.output.code) == ("FAILED", "DataInspectionFailed")


def test_a_wrong_key_is_refused(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """401 with the vendor's words."""
    monkeypatch.setattr(dashscope, "api_key", "sk-other")
    refused = ask()
    assert (refused.status_code, refused.code) == (HTTPStatus.UNAUTHORIZED, "InvalidApiKey")
    assert refused.message == "Invalid API-key provided."


def test_a_model_that_is_not_here_is_refused_at_submit(service: Served) -> None:
    """404 with the body code that was seen live."""
    refused = VideoSynthesis.async_call("wan9", prompt="p", reference_urls=["https://host.example/a.png"])
    assert (refused.status_code, refused.code) == (HTTPStatus.NOT_FOUND, "InvalidParameter")
    assert refused.message == "Model not exist."


def test_a_stranger_is_unknown(service: Served) -> None:
    """Terminal: a wait ends at once."""
    assert VideoSynthesis.fetch("never-was").output.task_status == "UNKNOWN"
    assert VideoSynthesis.wait("never-was").output.task_status == "UNKNOWN"


def test_tasks_are_listed_by_model_and_state_in_pages(service: Served) -> None:
    """Newest first; the row has the task, its model and its status, and no address."""
    made = [ask(f"coast {number}").output.task_id for number in range(3)]
    VideoSynthesis.wait(ask("forbidden"))
    for task in made:
        VideoSynthesis.wait(task)
    listed = VideoSynthesis.list(model_name="wan2.7-i2v", status="SUCCEEDED", page_size=2)
    assert listed.status_code == HTTPStatus.OK
    (exchange,) = service.calls("GET", "/tasks?")
    assert (exchange.answer["total"], exchange.answer["total_page"]) == (3, 2)
    assert [row["task_id"] for row in exchange.answer["data"]] == made[:0:-1]
    assert "video_url" not in exchange.reply.decode()


def test_only_what_waits_is_cancelled(service: Served) -> None:
    """Five run; the sixth waits and is cancelled; a running one is refused as the pages say."""
    tasks = [ask("slow") for _ in range(6)]
    assert VideoSynthesis.cancel(tasks[5]).status_code == HTTPStatus.OK
    assert VideoSynthesis.fetch(tasks[5]).output.task_status == "CANCELED"
    refused = VideoSynthesis.cancel(tasks[0])
    assert (refused.status_code, refused.code) == (HTTPStatus.BAD_REQUEST, "UnsupportedOperation")
    assert service.calls("POST", "/cancel")[0].headers["content-length"] == "0"


@pytest.mark.parametrize("name", ["last frame.png", '灯塔\'s "night".png'])
def test_a_file_with_any_name_is_uploaded(name: str, service: Served, media: Path) -> None:
    """By a bare path as by a `file://` address, blanks, quotes and Chinese included."""
    for address in (str(media / name), f"file://{media / name}"):
        done = VideoSynthesis.wait(
            VideoSynthesis.async_call("wan2.7-i2v", media=[{"type": "first_frame", "url": address}])
        )
        assert done.output.task_status == "SUCCEEDED"
    forms = service.calls("POST", "/uploads")
    assert [form.status for form in forms] == [200, 200]
    assert [form.reply for form in forms] == [b"", b""]
    assert all(form.body.rfind(b'name="file"') > form.body.rfind(b'name="policy"') for form in forms)
