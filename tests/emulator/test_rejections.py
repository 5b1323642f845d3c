"""What the emulator says no to, when, and in which words (service.md 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wanflow.emulator.api import validate
from wanflow.emulator.api.bucket import Bucket
from wanflow.emulator.api.order import Rejected
from wanflow.emulator.api.rules import read_catalog
from wanflow.emulator.film.command import fetch

CATALOG = read_catalog()
ASYNC = {"x-dashscope-async": "enable"}
I2V, R2V, EDIT = "wan2.7-i2v", "wan2.7-r2v", "wan2.7-videoedit"


def body(model: str, *types: str, prompt: str | None = "words", **parameters: object) -> dict[str, object]:
    """A request with media of these types."""
    media = [{"type": kind, "url": "https://h/f"} for kind in types]
    return {"model": model, "input": {"prompt": prompt, "media": media}, "parameters": parameters}


@pytest.mark.parametrize(
    ("headers", "request_body", "status", "code"),
    [
        ({}, body(I2V), 403, "AccessDenied"),
        (ASYNC, {"input": {}}, 400, "BadRequest.EmptyModel"),
        (ASYNC, body("wan9"), 404, "InvalidParameter"),
        (ASYNC, {"model": I2V, "parameters": {}}, 400, "BadRequest.EmptyInput"),
        (ASYNC, {"model": I2V, "input": {}, "parameters": []}, 400, "BadRequest.EmptyParameters"),
        (ASYNC, {**body(I2V), "input": {"media": [{"url": "oss://a"}]}}, 400, "invalid_parameter_error"),
    ],
)
def test_a_little_is_refused_at_once(
    headers: Mapping[str, str], request_body: Mapping[str, object], status: int, code: str
) -> None:
    """The header, the model, the parts of the body, an upload without the resolve header."""
    with pytest.raises(Rejected) as caught:
        validate.check_envelope(headers, request_body, CATALOG)
    assert (caught.value.status, caught.value.code) == (status, code)


def test_nonsense_inside_is_let_in() -> None:
    """Values are judged inside the task, as the service does: the biggest trap of its clients."""
    assert validate.check_envelope(ASYNC, {"model": I2V, "input": {"media": 7}, "parameters": {}}, CATALOG) == I2V


@pytest.mark.parametrize(
    ("request_body", "message"),
    [
        ({"model": I2V, "input": {}}, "Field required: input.media"),
        ({"model": I2V, "input": {"media": [{"url": "u"}]}}, "Field required: input.media.0.type"),
        ({"model": I2V, "input": {"media": [{"type": "first_frame"}]}}, "Field required: input.media.0.url"),
        (
            body(I2V, "first_frame", "video"),
            "Input should be 'first_frame', 'last_frame', 'driving_audio' or 'first_clip': input.media.1.type",
        ),
        (body(I2V, "first_frame", "first_frame"), "Multiple first_frame items are not allowed"),
        (body(I2V, "last_frame"), "The combination of media types is not supported: last_frame"),
        (body(I2V, "first_clip", "driving_audio"), "The combination of media types is not supported"),
        (body(R2V, "first_frame"), "Only first frame provided is not allowed"),
        (body(R2V, *["reference_image"] * 6), "Too many reference_image items"),
        (body(R2V, *["reference_image"] * 3, *["reference_video"] * 3), "should be between 1 and 5"),
        (body(R2V, "reference_image", prompt=None), "Field required: input.prompt"),
        (body(EDIT, "reference_image"), "should be between 1 and 1"),
        (body(I2V, "first_frame", duration=1), "Duration should be between 2 and 15"),
        (body(I2V, "first_frame", duration=16), "Duration should be between 2 and 15"),
        (body(R2V, "reference_video", duration=11), "Duration should be between 2 and 10"),
        (body(EDIT, "video", duration=1), "Duration should be between 2 and 10"),
        (body(I2V, "first_frame", duration="5"), "Input should be a valid integer: parameters.duration"),
        (body(I2V, "first_frame", duration=True), "Input should be a valid integer: parameters.duration"),
        (body(I2V, "first_frame", resolution="480P"), "Input should be '1080P' or '720P'"),
        (body(I2V, "first_frame", seed=-1), "Seed should be between 0 and 2147483647"),
    ],
)
def test_the_rest_is_refused_inside_the_task(request_body: Mapping[str, object], message: str) -> None:
    """With the texts that were seen live, where they are known."""
    with pytest.raises(Rejected) as caught:
        validate.check_request(request_body, CATALOG)
    assert caught.value.code == "InvalidParameter"
    assert message in caught.value.message


@pytest.mark.parametrize(
    "request_body",
    [
        body(I2V, "first_frame", prompt=None),
        body(I2V, "last_frame", "first_clip"),
        body(I2V, "first_frame", "last_frame", "driving_audio"),
        body(R2V, "reference_image", "first_frame", duration=15),
        body(R2V, "reference_video", duration=10),
        body(EDIT, "video", *["reference_image"] * 4, duration=0),
        body("wan2.7-i2v-2026-04-25", "first_frame"),
    ],
)
def test_what_the_service_takes_is_taken(request_body: Mapping[str, object]) -> None:
    """Every media set in any order, the edges of lengths, dated snapshots, no prompt where none is needed."""
    assert validate.check_request(request_body, CATALOG).model == request_body["model"]


def test_defaults_are_filled_in_and_unknown_keys_ignored() -> None:
    """As the vendor's own SDK sends them: no parameters, and keys that nobody documented."""
    sent = body(I2V, "first_frame", mystery=1)
    order = validate.check_request(sent, CATALOG)
    assert order.settings == {"resolution": "1080P", "prompt_extend": True, "watermark": False, "duration": 5}
    assert (order.seed, order.tier, order.seconds) == (0, "1080P", 5)


def test_a_long_prompt_is_cut_off_not_refused() -> None:
    """Silently, as the service does."""
    assert len(validate.check_request(body(I2V, "first_frame", prompt="字" * 6000), CATALOG).prompt) == 5000


def test_words_alone_are_enough_for_t2v_and_a_sound_has_a_key_of_its_own() -> None:
    """A stray list of media is ignored; the prompt is required (service.md 2.5)."""
    alone = {"model": "wan2.7-t2v", "input": {"prompt": "a storm"}, "parameters": {}}
    stray = {**alone, "input": {"prompt": "a storm", "media": [{"type": "first_frame", "url": "https://h/a.png"}]}}
    heard = {**alone, "input": {"prompt": "a storm", "audio_url": "https://h/a.wav"}}
    assert [validate.check_request(body, CATALOG).media for body in (alone, stray)] == [(), ()]
    assert [(item.type, item.url) for item in validate.check_request(heard, CATALOG).media] == [
        ("driving_audio", "https://h/a.wav")
    ]
    for body, words in (
        ({**alone, "input": {}}, "Field required: input.prompt"),
        ({**alone, "input": {"prompt": "x", "audio_url": 7}}, "Input should be a valid string: input.audio_url"),
    ):
        with pytest.raises(Rejected, match=words):
            validate.check_request(body, CATALOG)


def test_an_uploaded_sound_needs_the_header_that_resolves_it() -> None:
    """Under any key that has an `oss://` address (service.md 5)."""
    body = {"model": "wan2.7-t2v", "input": {"prompt": "x", "audio_url": "oss://a/b.wav"}, "parameters": {}}
    headers = {"x-dashscope-async": "enable"}
    with pytest.raises(Rejected, match="does not appear to be valid"):
        validate.check_envelope(headers, body, CATALOG)
    assert (
        validate.check_envelope({**headers, "x-dashscope-ossresourceresolve": "enable"}, body, CATALOG) == "wan2.7-t2v"
    )


LEGACY = {"prompt": "character1 sings", "reference_urls": ["https://h/a.png"]}


@pytest.mark.parametrize(
    ("given", "parameters", "region", "message"),
    [
        ({"prompt": "x"}, {}, "beijing", "Field required: input.reference_urls"),
        ({**LEGACY, "reference_urls": [7]}, {}, "beijing", "Input should be a valid string: input.reference_urls.0"),
        ({**LEGACY, "reference_urls": ["data:image/png;base64,aa"]}, {}, "beijing", "url error, please check url"),
        ({**LEGACY, "reference_urls": ["https://h/a.png"] * 6}, {}, "beijing", "should be between 1 and 5"),
        ({**LEGACY, "prompt": " "}, {}, "beijing", "prompt must contain words"),
        (LEGACY, {"duration": 11}, "beijing", "Duration should be between 2 and 10"),
        (LEGACY, {"duration": 7}, "virginia", "Duration should be 5 or 10"),
        (LEGACY, {"size": "720P"}, "beijing", "size must be in 1080*1920,1088*832"),
        (LEGACY, {"shot_type": "double"}, "beijing", "Input should be 'multi' or 'single'"),
    ],
)
def test_a_2_6_model_has_a_protocol_of_its_own(
    given: Mapping[str, object], parameters: Mapping[str, object], region: str, message: str
) -> None:
    """Addresses in a list, pixels instead of a resolution, two lengths in the global scope (service.md 1.2, 2.4)."""
    with pytest.raises(Rejected) as caught:
        validate.check_request({"model": "wan2.6-r2v", "input": given, "parameters": parameters}, CATALOG, region)
    assert message in caught.value.message


def test_the_deprecated_key_of_references_is_read_too() -> None:
    """Several clients still send it; where both are there, the present one counts (service.md 2.4)."""
    old = {"prompt": "character1 sings", "reference_video_urls": ["https://h/a.mp4", "https://h/b.mp4"]}
    for given, urls in (
        (old, ["https://h/a.mp4", "https://h/b.mp4"]),
        (old | LEGACY, ["https://h/a.png"]),
    ):
        order = validate.check_request({"model": "wan2.6-r2v", "input": given, "parameters": {}}, CATALOG)
        assert [item.url for item in order.media] == urls


def test_a_message_repeats_the_beginning_of_a_value(tmp_path: Path) -> None:
    """An inline picture would make each reply as large as itself."""
    address = "oss://" + "x" * 10_000_000
    with pytest.raises(Rejected) as fetched:
        fetch(address, {}, tmp_path)
    with pytest.raises(Rejected) as checked:
        Bucket(tmp_path, "http://h", lambda: datetime.now(UTC)).check_upload(address, I2V)
    for caught in (fetched, checked):
        assert caught.value.message == f"Failed to download {address[:200]}…"


def test_an_upload_in_a_list_needs_the_header_too() -> None:
    """And a prompt that only begins like an address does not."""
    asked = {"model": "wan2.6-r2v", "input": {**LEGACY, "reference_urls": ["oss://a"]}}
    with pytest.raises(Rejected, match="does not appear to be valid"):
        validate.check_envelope(ASYNC, asked, CATALOG)
    assert validate.check_envelope(ASYNC, {**asked, "input": {**LEGACY, "prompt": "oss://a"}}, CATALOG) == "wan2.6-r2v"


def test_a_ratio_beside_a_first_frame_is_not_even_looked_at() -> None:
    """Ignored, not refused, whatever it says (service.md 2.1)."""
    image = {"type": "reference_image", "url": "https://h/a.png"}
    frame = {"type": "first_frame", "url": "https://h/b.png"}
    body = {"model": "wan2.7-r2v", "input": {"prompt": "x", "media": [image, frame]}, "parameters": {"ratio": "21:9"}}
    assert validate.check_request(body, CATALOG).settings["ratio"] == "16:9"
    with pytest.raises(Rejected, match="Input should be"):
        validate.check_request({**body, "input": {"prompt": "x", "media": [image]}}, CATALOG)


@pytest.mark.parametrize("url", ["data:image/png;base64,é", "data:image/png;base64,a", "data:text/plain;base64,aaaa"])
def test_data_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    """In the service's words, whatever its signs are."""
    bucket = Bucket(tmp_path, "http://h", lambda: datetime.now(UTC))
    with pytest.raises(Rejected, match="url error, please check url"):
        fetch(url, bucket, tmp_path)
