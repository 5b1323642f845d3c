"""What goes over the wire, and what is understood of what comes back (service.md 1, 2, 4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from kit.providers import request_to
from kit.wire_schemas import complaints
from wanflow.providers.dashscope import wire
from wanflow.providers.protocol import Accepted, MediaAddress, Request, TaskStatus

COMMON: dict[str, bool | int | str] = {"resolution": "720P", "duration": 5, "prompt_extend": False, "watermark": False}


def request(model: str, *media: MediaAddress, **parameters: bool | int | str) -> Request:
    """A request for a coast of five seconds."""
    return request_to(model, "a coast", media=media, parameters={**COMMON, **parameters}, seed=7)


REQUESTS = {
    "first frame": request("wan2.7-i2v", MediaAddress("first_frame", "data:image/png;base64,AAAA")),
    "continuation": request(
        "wan2.7-i2v", MediaAddress("first_clip", "oss://a/b.mp4"), MediaAddress("last_frame", "oss://c")
    ),
    "references": request(
        "wan2.7-r2v",
        MediaAddress("reference_image", "oss://a.png", "oss://a.wav"),
        MediaAddress("reference_video", "https://h/b.mp4"),
        ratio="16:9",
    ),
    "edit": request("wan2.7-videoedit", MediaAddress("video", "https://h/a.mp4"), audio_setting="auto"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_what_the_service_documents(name: str) -> None:
    """Each model's request passes the schema of its submit."""
    built = REQUESTS[name]
    assert complaints(f"request-{built.model}", wire.request_json(built)) == []


def test_a_request_has_the_vendors_shape() -> None:
    """Words and media under input, the seed among the parameters, the voice on its reference."""
    assert wire.request_json(REQUESTS["references"]) == {
        "model": "wan2.7-r2v",
        "input": {
            "prompt": "a coast",
            "media": [
                {"type": "reference_image", "url": "oss://a.png", "reference_voice": "oss://a.wav"},
                {"type": "reference_video", "url": "https://h/b.mp4"},
            ],
        },
        "parameters": {**COMMON, "ratio": "16:9", "seed": 7},
    }


def test_a_continued_clip_is_sent_before_the_last_frame() -> None:
    """As in the vendor's own samples, key by key, whatever the order of the request (service.md 2.2)."""
    media = (MediaAddress("last_frame", "https://h/last.png"), MediaAddress("first_clip", "https://h/clip.mp4"))
    parameters: dict[str, bool | int | str] = {
        "resolution": "720P",
        "duration": 15,
        "prompt_extend": False,
        "watermark": True,
    }
    assert wire.request_json(request_to("wan2.7-i2v-2026-04-25", "她走出门", media=media, parameters=parameters)) == {
        "model": "wan2.7-i2v-2026-04-25",
        "input": {
            "prompt": "她走出门",
            "media": [
                {"type": "first_clip", "url": "https://h/clip.mp4"},
                {"type": "last_frame", "url": "https://h/last.png"},
            ],
        },
        "parameters": parameters,
    }


def test_words_that_nobody_wrote_are_not_sent() -> None:
    """No prompt, no negative prompt, no media and no seed leave no key behind."""
    assert wire.request_json(request_to("m", negative_prompt="")) == {"model": "m", "input": {}, "parameters": {}}


def test_a_set_of_media_that_the_service_does_not_know_fails_the_schema() -> None:
    """The schema knows the six sets of wan2.7-i2v."""
    asked = request("wan2.7-i2v", MediaAddress("first_frame", "oss://a"), MediaAddress("first_clip", "oss://b"))
    assert complaints("request-wan2.7-i2v", wire.request_json(asked))


def test_a_reference_video_shortens_what_may_be_asked() -> None:
    """The schema knows that 15 seconds are too long beside a reference video (service.md 2.1)."""
    clip, still = MediaAddress("reference_video", "oss://a"), MediaAddress("reference_image", "oss://b")
    assert complaints("request-wan2.7-r2v", wire.request_json(request("wan2.7-r2v", clip, still, duration=15)))
    assert complaints("request-wan2.7-r2v", wire.request_json(request("wan2.7-r2v", still, duration=15))) == []


@pytest.mark.parametrize(
    ("item", "resolved"),
    [
        (MediaAddress("video", "oss://a/b.mp4"), True),
        (MediaAddress("reference_image", "https://h/a.png", "oss://v.wav"), True),
        (MediaAddress("video", "https://h/a.mp4"), False),
    ],
)
def test_an_upload_asks_to_be_resolved(item: MediaAddress, resolved: bool) -> None:
    """The resolve header goes along exactly where an `oss://` address does (service.md 1.3)."""
    headers = wire.submit_headers(wire.request_json(request("wan2.7-r2v", item)))
    assert headers["X-DashScope-Async"] == "enable"
    assert ("X-DashScope-OssResourceResolve" in headers) is resolved


def test_a_prompt_about_an_address_is_no_address() -> None:
    """Words that begin like an upload do not ask for resolving."""
    built = request_to("m", "oss://x", seed=1)
    assert "X-DashScope-OssResourceResolve" not in wire.submit_headers(wire.request_json(built))


def test_a_submit_is_accepted_with_its_task() -> None:
    """The task id and the request id are read."""
    reply = {"output": {"task_status": "PENDING", "task_id": "t"}, "request_id": "r"}
    assert wire.read_accepted(reply) == Accepted("t", "r")


def test_a_reply_without_a_task_accepts_nothing() -> None:
    """Whatever value the task has."""
    for output in ({}, [], None, {"task_id": ""}, {"task_id": ["t"]}, {"task_id": True}):
        assert wire.read_accepted({"output": output, "request_id": "r"}) is None


def test_figures_are_exact_however_they_come() -> None:
    """A float is the decimal that it is written as."""
    usage = {"duration": 10.08, "output_video_duration": 5.0, "SR": "720", "video_count": 1}
    state = wire.read_state(
        "t", {"output": {"task_status": "SUCCEEDED", "video_url": "https://h/v", "orig_prompt": "sea"}, "usage": usage}
    )
    assert state.prompt == "sea"
    assert state.billed == Decimal("10.08")


@pytest.mark.parametrize(("value", "seconds"), [(15, 15), ("15.0", 15), (5.04, "5.04"), (None, None), ("n/a", None)])
def test_billed_units_are_read_leniently(value: float | str | None, seconds: str | int | None) -> None:
    """Whole numbers, fractions and texts are understood, anything else is not known."""
    billed = wire.read_state("t", {"usage": {"duration": value}}).billed
    assert billed == (None if seconds is None else Decimal(seconds))


def test_a_failure_carries_the_services_words() -> None:
    """Code and message of a failed task are read."""
    reply = {"output": {"task_id": "t", "task_status": "FAILED", "code": "X", "message": "no"}, "request_id": "r"}
    state = wire.read_state("t", reply)
    assert (state.status, state.failure.code, state.billed) == (TaskStatus.FAILED, "X", None)
    assert "(X: no)" in str(state.failure)


def test_a_state_nobody_told_us_of_is_not_final() -> None:
    """An unknown word keeps the task open."""
    assert not wire.read_state("t", {"output": {"task_status": "SUSPENDED"}}).status.final


@pytest.mark.parametrize("key", ["data", "tasks"])
def test_a_page_of_the_list_is_read_under_either_name(key: str) -> None:
    """The documentation says `data`, the SDK `tasks` (service.md 8, 17); times are milliseconds, as number or text."""
    row = {"task_id": "t", "status": "RUNNING", "model_name": "m", "gmt_create": "1763640000000", "request_id": "r"}
    rows, pages = wire.read_page("m", {key: [row], "total_page": 3})
    assert pages == 3
    assert rows[0].created == datetime(2025, 11, 20, 12, 0, tzinfo=UTC)
    assert (rows[0].task_id, rows[0].status) == ("t", TaskStatus.RUNNING)


def test_a_row_that_does_not_say_when_may_be_of_just_now() -> None:
    """Taken for an old one it could not be found again by whoever lost it."""
    before = datetime.now(UTC)
    (summary,), _ = wire.read_page("m", {"data": [{"task_id": "t", "status": "RUNNING"}]})
    assert before <= summary.created <= datetime.now(UTC)


@pytest.mark.parametrize("sound", ["oss://a/b.wav", None])
def test_t2v_has_no_list_of_media_and_its_sound_a_key_of_its_own(sound: str | None) -> None:
    """As the schema of the wire has it (service.md 2.5)."""
    media = (MediaAddress("driving_audio", sound),) if sound else ()
    parameters = {"resolution": "720P", "ratio": "16:9", "duration": 5}
    body = wire.request_json(request_to("wan2.7-t2v", "a storm", media=media, parameters=parameters, seed=7))
    assert body["input"] == {"prompt": "a storm", **({"audio_url": sound} if sound else {})}
    assert complaints("request-wan2.7-t2v", body) == []
    assert ("X-DashScope-OssResourceResolve" in wire.submit_headers(body)) is bool(sound)


FLOWERS = "一间有着精致窗户的花店，漂亮的木质门，摆放着花朵"
THEME = [
    {"hex": "#C2D1E6", "ratio": "23.51%"},
    {"hex": "#CDD8E9", "ratio": "20.13%"},
    {"hex": "#B5C8DB", "ratio": "15.88%"},
    {"hex": "#C0B5B4", "ratio": "13.27%"},
    {"hex": "#DAE0EC", "ratio": "10.11%"},
    {"hex": "#636574", "ratio": "8.93%"},
    {"hex": "#CACAD2", "ratio": "5.55%"},
    {"hex": "#CBD4E4", "ratio": "2.62%"},
]
"""The vendor's sample of `color_palette`."""
VENDOR_PICTURES: Mapping[str, tuple[Request, Mapping[str, object]]] = {
    "wan2.7-image-pro, words": (
        request_to(
            "wan2.7-image-pro", FLOWERS, parameters={"size": "2K", "thinking_mode": True, "watermark": False}, seed=7
        ),
        {
            "model": "wan2.7-image-pro",
            "input": {"messages": [{"role": "user", "content": [{"text": FLOWERS}]}]},
            "parameters": {"size": "2K", "n": 1, "watermark": False, "thinking_mode": True},
        },
    ),
    "wan2.7-image, colours": (
        request_to("wan2.7-image", FLOWERS, parameters={"size": "2K", "watermark": False, "color_palette": THEME}),
        {
            "model": "wan2.7-image",
            "input": {"messages": [{"role": "user", "content": [{"text": FLOWERS}]}]},
            "parameters": {"size": "2K", "n": 1, "watermark": False, "color_palette": THEME},
        },
    ),
    "wan2.7-image-pro, pictures": (
        request_to(
            "wan2.7-image-pro",
            "把图2的涂鸦喷绘在图1的汽车上",
            media=(
                MediaAddress("reference_image", "https://h/car.webp"),
                MediaAddress("reference_image", "https://h/paint.webp"),
            ),
            parameters={"size": "2K", "watermark": False},
        ),
        {
            "model": "wan2.7-image-pro",
            "input": {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"image": "https://h/car.webp"},
                            {"image": "https://h/paint.webp"},
                            {"text": "把图2的涂鸦喷绘在图1的汽车上"},
                        ],
                    }
                ]
            },
            "parameters": {"size": "2K", "n": 1, "watermark": False},
        },
    ),
    "wan2.6-t2i": (
        request_to(
            "wan2.6-t2i",
            FLOWERS,
            "人物",
            parameters={"size": "1280*1280", "prompt_extend": True, "watermark": False},
            seed=7,
        ),
        {
            "model": "wan2.6-t2i",
            "input": {"messages": [{"role": "user", "content": [{"text": FLOWERS}]}]},
            "parameters": {
                "prompt_extend": True,
                "watermark": False,
                "n": 1,
                "negative_prompt": "人物",
                "size": "1280*1280",
            },
        },
    ),
    "wan2.6-image": (
        request_to(
            "wan2.6-image",
            "参考图1的风格和图2的背景，生成番茄炒蛋",
            media=(
                MediaAddress("reference_image", "https://h/umbrella1.png"),
                MediaAddress("reference_image", "https://h/kitchen.webp"),
            ),
            parameters={"size": "1K", "prompt_extend": True, "watermark": False},
        ),
        {
            "model": "wan2.6-image",
            "input": {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"image": "https://h/umbrella1.png"},
                            {"image": "https://h/kitchen.webp"},
                            {"text": "参考图1的风格和图2的背景，生成番茄炒蛋"},
                        ],
                    }
                ]
            },
            "parameters": {
                "prompt_extend": True,
                "watermark": False,
                "n": 1,
                "enable_interleave": False,
                "size": "1K",
            },
        },
    ),
}
"""A request for a picture, and the body of the vendor's own example for it (service.md 9); addresses are shortened."""

OURS = frozenset({"seed", "enable_sequential"})
"""Parameters that wanflow sends and the vendor's examples leave out."""


@pytest.mark.parametrize("name", VENDOR_PICTURES)
def test_a_request_for_a_picture_is_that_of_the_vendors_page(name: str) -> None:
    """Key by key, with what wanflow says beside it; the page of wan2.6-image has the words before the pictures."""
    asked, example = VENDOR_PICTURES[name]
    body = wire.request_json(asked)
    assert complaints(f"request-{asked.model}", body) == []
    sent = body["parameters"]
    assert isinstance(sent, Mapping)
    assert sent.keys() - example["parameters"].keys() <= OURS  # type: ignore[attr-defined]
    assert {**body, "parameters": {key: value for key, value in sent.items() if key not in OURS}} == example
    assert wire.submit_path(asked) == "/services/aigc/image-generation/generation"


KITTEN = "一只小猫在月光下的屋顶上奔跑，城市的霓虹灯在远处闪烁，电影级画质，流畅运镜。"
WAN3 = {"resolution": "480P", "ratio": "adaptive", "duration": 5, "prompt_extend": True}
VENDOR_FILMS: Mapping[str, tuple[Request, Mapping[str, object], str]] = {
    "wan3.0-video, words": (
        request_to("wan3.0-video", KITTEN, parameters=WAN3),
        {"model": "wan3.0-video", "input": {"prompt": KITTEN}, "parameters": WAN3},
        wire.VIDEO_PATH,
    ),
    "wan3.0-video, a document": (
        request_to(
            "wan3.0-video", "一支眼镜广告", media=(MediaAddress("file", "https://h/glass.pptx"),), parameters=WAN3
        ),
        {
            "model": "wan3.0-video",
            "input": {"prompt": "一支眼镜广告", "media": [{"type": "file", "url": "https://h/glass.pptx"}]},
            "parameters": WAN3,
        },
        wire.VIDEO_PATH,
    ),
    "wan3.0-video, references": (
        request_to(
            "wan3.0-video",
            "视频1抱着图3，在图4的椅子上弹奏",
            media=(
                MediaAddress("reference_image", "https://h/girl.jpg"),
                MediaAddress("reference_video", "https://h/role2.mp4"),
                MediaAddress("reference_image", "https://h/object3.png"),
            ),
            parameters=WAN3,
        ),
        {
            "model": "wan3.0-video",
            "input": {
                "prompt": "视频1抱着图3，在图4的椅子上弹奏",
                "media": [
                    {"type": "reference_image", "url": "https://h/girl.jpg"},
                    {"type": "reference_video", "url": "https://h/role2.mp4"},
                    {"type": "reference_image", "url": "https://h/object3.png"},
                ],
            },
            "parameters": WAN3,
        },
        wire.VIDEO_PATH,
    ),
    "wan3.0-video, two frames": (
        request_to(
            "wan3.0-video",
            "镜头缓缓推进",
            media=(MediaAddress("first_frame", "https://h/rap.png"), MediaAddress("last_frame", "https://h/girl.jpg")),
            parameters=WAN3,
        ),
        {
            "model": "wan3.0-video",
            "input": {
                "prompt": "镜头缓缓推进",
                "media": [
                    {"type": "first_frame", "url": "https://h/rap.png"},
                    {"type": "last_frame", "url": "https://h/girl.jpg"},
                ],
            },
            "parameters": WAN3,
        },
        wire.VIDEO_PATH,
    ),
    "happyhorse-1.1-t2v": (
        request_to("happyhorse-1.1-t2v", "火车", parameters={"resolution": "720P", "ratio": "16:9", "duration": 5}),
        {
            "model": "happyhorse-1.1-t2v",
            "input": {"prompt": "火车"},
            "parameters": {"resolution": "720P", "ratio": "16:9", "duration": 5},
        },
        wire.VIDEO_PATH,
    ),
    "happyhorse-1.1-i2v": (
        request_to(
            "happyhorse-1.1-i2v",
            "一只猫在草地上奔跑",
            media=(MediaAddress("first_frame", "https://h/wanx-demo-1.png"),),
            parameters={"resolution": "720P", "duration": 5},
        ),
        {
            "model": "happyhorse-1.1-i2v",
            "input": {
                "prompt": "一只猫在草地上奔跑",
                "media": [{"type": "first_frame", "url": "https://h/wanx-demo-1.png"}],
            },
            "parameters": {"resolution": "720P", "duration": 5},
        },
        wire.VIDEO_PATH,
    ),
    "happyhorse-1.1-r2v": (
        request_to(
            "happyhorse-1.1-r2v",
            "[Image 1]中身着红色旗袍的女性",
            media=(
                MediaAddress("reference_image", "https://h/girl.jpg"),
                MediaAddress("reference_image", "https://h/fan.jpg"),
            ),
            parameters={"resolution": "720P", "ratio": "16:9", "duration": 5},
        ),
        {
            "model": "happyhorse-1.1-r2v",
            "input": {
                "prompt": "[Image 1]中身着红色旗袍的女性",
                "media": [
                    {"type": "reference_image", "url": "https://h/girl.jpg"},
                    {"type": "reference_image", "url": "https://h/fan.jpg"},
                ],
            },
            "parameters": {"resolution": "720P", "ratio": "16:9", "duration": 5},
        },
        wire.VIDEO_PATH,
    ),
    "wan2.6-i2v-flash": (
        request_to(
            "wan2.6-i2v-flash",
            "一幅都市奇幻艺术的场景。",
            media=(
                MediaAddress("first_frame", "https://h/rap.png"),
                MediaAddress("driving_audio", "https://h/rap.mp3"),
            ),
            parameters={"resolution": "720P", "prompt_extend": True, "duration": 10, "shot_type": "multi"},
        ),
        {
            "model": "wan2.6-i2v-flash",
            "input": {
                "prompt": "一幅都市奇幻艺术的场景。",
                "img_url": "https://h/rap.png",
                "audio_url": "https://h/rap.mp3",
            },
            "parameters": {"resolution": "720P", "prompt_extend": True, "duration": 10, "shot_type": "multi"},
        },
        wire.VIDEO_PATH,
    ),
    "wan2.6-t2v": (
        request_to(
            "wan2.6-t2v",
            "一幅史诗级可爱的场景。",
            media=(MediaAddress("driving_audio", "https://h/march.mp3"),),
            parameters={"size": "1280*720", "prompt_extend": True, "duration": 10, "shot_type": "multi"},
        ),
        {
            "model": "wan2.6-t2v",
            "input": {"prompt": "一幅史诗级可爱的场景。", "audio_url": "https://h/march.mp3"},
            "parameters": {"size": "1280*720", "prompt_extend": True, "duration": 10, "shot_type": "multi"},
        },
        wire.VIDEO_PATH,
    ),
    "wan2.2-kf2v-flash": (
        request_to(
            "wan2.2-kf2v-flash",
            "写实风格，一只黑色小猫好奇地看向天空",
            media=(
                MediaAddress("first_frame", "https://h/first_frame.png"),
                MediaAddress("last_frame", "https://h/last_frame.png"),
            ),
            parameters={"resolution": "480P", "prompt_extend": True},
        ),
        {
            "model": "wan2.2-kf2v-flash",
            "input": {
                "first_frame_url": "https://h/first_frame.png",
                "last_frame_url": "https://h/last_frame.png",
                "prompt": "写实风格，一只黑色小猫好奇地看向天空",
            },
            "parameters": {"resolution": "480P", "prompt_extend": True},
        },
        "/services/aigc/image2video/video-synthesis",
    ),
}
"""A request, the body of the vendor's own example for it (service.md 2.6 to 2.9), and where it is posted."""


@pytest.mark.parametrize("name", VENDOR_FILMS)
def test_a_request_for_a_film_is_that_of_the_vendors_page(name: str) -> None:
    """Key by key; texts and addresses are shortened."""
    asked, example, path = VENDOR_FILMS[name]
    body = wire.request_json(asked)
    assert body == example
    assert complaints(f"request-{asked.model}", body) == []
    assert wire.submit_path(asked) == path


def test_wan3_takes_no_frames_beside_references() -> None:
    """Nor a request without words and media: the schema knows it (service.md 2.6)."""
    frame, person = MediaAddress("first_frame", "oss://a"), MediaAddress("reference_image", "oss://b")
    assert complaints("request-wan3.0-video", wire.request_json(request_to("wan3.0-video", "x", media=(frame, person))))
    assert complaints("request-wan3.0-video", wire.request_json(request_to("wan3.0-video")))
