"""What the vendor's SDK does beside the samples: names of files, figures that it adds, pages, and waiting in a hurry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dashscope import VideoSynthesis
from dashscope.common.error import InvalidInput

from kit.served import Served

MODEL = "wan2.7-i2v"
FRAME = {"type": "first_frame", "url": "https://host.example/a.png"}
LAST = {"type": "last_frame", "url": "https://host.example/b.png"}
SOUND = {"type": "driving_audio", "url": "https://host.example/a.mp3"}
CLIP = {"type": "first_clip", "url": "https://host.example/a.mp4"}


def ask(*media: dict[str, str], model: str = MODEL, **more: Any) -> Any:
    """A task, without waiting; the SDK writes into the media that it is given."""
    return VideoSynthesis.async_call(model, prompt="a coast", media=[dict(item) for item in media], **more)


@pytest.fixture
def plus(tmp_path: Path) -> Path:
    """A file with a plus in its name."""
    file = tmp_path / "a+b.png"
    file.write_bytes(b"picture")
    return file


def test_a_plus_in_a_bare_path_is_uploaded_as_it_is(service: Served, plus: Path) -> None:
    """The address ends in the file's own name (service.md 5)."""
    done = VideoSynthesis.wait(ask({"type": "first_frame", "url": str(plus)}))
    assert done.output.task_status == "SUCCEEDED"
    (submit,) = service.calls("POST", "/video-synthesis")
    assert submit.json["input"]["media"][0]["url"].endswith("/a+b.png")


def test_a_plus_in_a_file_address_becomes_a_blank(service: Served, plus: Path) -> None:
    """The SDK looks for another file and sends nothing at all (service.md 5)."""
    with pytest.raises(InvalidInput, match=r"a b\.png is not exists"):
        ask({"type": "first_frame", "url": f"file://{plus}"})
    assert service.seen == []


def test_a_missing_file_address_is_noticed_before_anything_is_sent(service: Served, tmp_path: Path) -> None:
    """Only the bare form slips through the SDK (service.md 5)."""
    with pytest.raises(InvalidInput, match="is not exists"):
        ask({"type": "first_frame", "url": f"file://{tmp_path / 'gone.png'}"})
    assert service.seen == []


@pytest.mark.parametrize(
    "media", [(FRAME,), (FRAME, SOUND), (FRAME, LAST), (FRAME, LAST, SOUND), (CLIP,), (CLIP, LAST)]
)
def test_each_of_the_six_sets_of_media_is_rendered(media: tuple[dict[str, str], ...], service: Served) -> None:
    """As the guide of wan2.7-i2v lists them; addresses on the web are neither fetched nor uploaded by the SDK."""
    assert VideoSynthesis.wait(ask(*media, duration=5)).output.task_status == "SUCCEEDED"
    assert service.calls("GET", "/uploads") == []


@pytest.mark.parametrize("media", [(LAST,), (CLIP, SOUND), (CLIP, FRAME)])
def test_any_other_set_fails(media: tuple[dict[str, str], ...], service: Served) -> None:
    """Inside its task, with a code and words, and unbilled (service.md 2.2 and 4.2)."""
    accepted = VideoSynthesis.async_call(MODEL, prompt="nonsense", media=[dict(item) for item in media])
    done = VideoSynthesis.wait(accepted)
    assert (accepted.output.task_status, done.output.task_status) == ("PENDING", "FAILED")
    assert done.output.code == "InvalidParameter"
    assert done.output.message
    assert "usage" not in service.calls("GET", "/tasks/")[-1].answer


def test_the_sdk_adds_two_figures_of_its_own(service: Served) -> None:
    """`video_duration` and `video_ratio` are the SDK's, the others the service's (service.md 2.1); i2v has no ratio."""
    done = VideoSynthesis.wait(ask(FRAME, resolution="720P", duration=3))
    sent = service.calls("GET", "/tasks/")[-1].answer["usage"]
    assert set(done.usage) - set(sent) == {"video_duration", "video_ratio"}
    assert (done.usage["video_duration"], done.usage["video_ratio"]) == (0, "")
    assert {key: done.usage[key] for key in sent} == sent
    assert "ratio" not in sent
    assert (sent["duration"], sent["input_video_duration"], sent["output_video_duration"]) == (3, 0, 3)


def test_the_second_page_goes_on_where_the_first_ends(service: Served) -> None:
    """Together they are all tasks, each once."""
    made = [ask(FRAME).output.task_id for _ in range(3)]
    for number in (1, 2):
        VideoSynthesis.list(model_name=MODEL, page_no=number, page_size=2)
    pages = [[row["task_id"] for row in item.answer["data"]] for item in service.calls("GET", "/tasks?")]
    assert pages == [[made[2], made[1]], [made[0]]]


def test_the_list_leaves_out_other_models_and_states(service: Served) -> None:
    """By the filters that the SDK sends."""
    ask(FRAME)
    VideoSynthesis.list(model_name="wan2.7-r2v")
    VideoSynthesis.list(model_name=MODEL, status="CANCELED")
    assert [item.answer["total"] for item in service.calls("GET", "/tasks?")] == [0, 0]


def test_looking_again_and_again_changes_nothing(service: Served) -> None:
    """Fifteen looks without a pause, below the 20 a second of service.md 4.3: all answered alike."""
    done = VideoSynthesis.wait(ask(FRAME))
    looks = [VideoSynthesis.fetch(done.output.task_id) for _ in range(15)]
    assert {look.status_code for look in looks} == {200}
    assert {look.output.task_status for look in looks} == {"SUCCEEDED"}
