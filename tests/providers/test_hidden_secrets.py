"""The key and signatures in every part of every reply: none passes the border of the client."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
import pytest

from kit.providers import MOST, request_to
from kit.streams import Stream
from wanflow.providers.dashscope.client import DashScopeClient
from wanflow.providers.dashscope.http import HttpTransport
from wanflow.providers.dashscope.reply_masking import masked
from wanflow.providers.faults import ServerFault, ServiceFault, UnknownFate
from wanflow.providers.protocol import TaskState

pytestmark = pytest.mark.anyio

KEY = "sk-0f3a9C7b21de48f6a5b0c4d8e9f17a62"
PARTS = ("0f3a9c7b", "21de48f6", "a5b0c4d8", "e9f17a62")
DISGUISED = {
    "as it is": KEY,
    "in capitals": KEY.upper(),
    "in a header": f"Bearer {KEY}",
    "encoded": quote(quote("".join(f"%{byte:02x}" for byte in KEY.encode()))),
    "in base64": b64encode(f"user:{KEY}".encode()).decode(),
    "in pieces": f"{KEY[:9]} \u200b\n{KEY[9:20]}-{KEY[20:]}",
    "beside a signature": f"https://h.example/{KEY}?Signature=s3cretS3cret",
}
REPLIES: Mapping[str, Callable[[str], object]] = {
    "the code": lambda said: {"code": said, "message": "x", "request_id": "r"},
    "the message": lambda said: {"code": "InvalidParameter", "message": said, "request_id": "r"},
    "the request's id": lambda said: {"code": "InvalidParameter", "message": "x", "request_id": said},
    "two fields": lambda said: {"code": said[: len(said) // 2], "message": said[len(said) // 2 :], "request_id": "r"},
    "a relay's error": lambda said: {"error": {"message": said}},
    "a relay's text": lambda said: {"msg": said},
    "a failed task": lambda said: {"output": {"task_status": "FAILED", "code": said, "message": said}},
    "a failure without a code": lambda said: {"output": {"task_status": "FAILED", "message": said}, "request_id": said},
    "a nested failure": lambda said: {"output": {"task_status": "FAILED", "code": {"x": said}, "message": [said]}},
    "a task's state": lambda said: {"output": {"task_status": said, "task_id": said}, "request_id": said},
    "names and lists": lambda said: {"data": [{said: [said, {"a": {said: said}}]}], "request_id": "r"},
}
"""Replies that have a text in one of their parts, by that part."""

Serve = Callable[[httpx.Request], httpx.Response]


def client(serve: Serve, key: str = KEY) -> AbstractAsyncContextManager[DashScopeClient]:
    """A client with a key, whose network is a function."""

    @asynccontextmanager
    async def opened():  # type: ignore[no-untyped-def]
        async with httpx.AsyncClient(transport=httpx.MockTransport(serve)) as way:
            yield DashScopeClient(HttpTransport(way, "https://service.example/api/v1", key))

    return opened()


async def told(serve: Serve, folder: Path) -> str:
    """Everything that the client tells of what all its calls were answered."""
    file = folder / "coast.png"
    file.write_bytes(b"a coast")
    texts: list[str] = []
    async with client(serve) as one:
        for call in (
            lambda: one.submit(request_to("wan2.7-t2v", "x")),
            lambda: one.poll("t-1"),
            lambda: one.list("wan2.7-t2v"),
            lambda: one.cancel("t-1"),
            lambda: one.upload(file, "wan2.7-t2v"),
            lambda: one.download("https://bucket.example/film.mp4", folder / "film", MOST),
        ):
            try:
                given = await call()
                texts += [repr(given), repr(given.fault and (given.fault.code, str(given.fault), given.fault.hint)) if isinstance(given, TaskState) else ""]  # fmt: skip
            except ServiceFault as fault:
                texts += [str(fault), str(fault.hint), str(fault.code)]
    return "\n".join(texts)


def assert_hidden(text: str) -> None:
    """No eight letters of the key are in a text, nor of its base64, nor a signature."""
    letters = "".join(letter for letter in text.lower() if letter.isalnum())
    assert [part for part in PARTS if part in letters] == []
    assert b64encode(KEY.encode()).decode()[8:20] not in text
    assert "s3cret" not in text.lower()


@pytest.mark.parametrize("part", REPLIES)
@pytest.mark.parametrize("status", [200, 400])
async def test_no_part_of_a_json_reply_shows_the_key(part: str, status: int, tmp_path: Path) -> None:
    """In no disguise, with any status, for any call."""
    for said in DISGUISED.values():
        body = json.dumps(REPLIES[part](said)).encode()
        assert_hidden(await told(lambda _, body=body: httpx.Response(status, stream=Stream([body])), tmp_path))


@pytest.mark.parametrize("status", [200, 302, 403, 404, 502])
@pytest.mark.parametrize(
    "page",
    [
        "<html>{}</html>",
        "{}",
        "<Error><Code>{}</Code><Message>{}</Message></Error>",
        '["{}"]',
    ],
)
async def test_no_other_body_shows_the_key(status: int, page: str, tmp_path: Path) -> None:
    """Web pages, texts, errors of the storage, JSON that is not an object; nor a header beside them."""
    for said in DISGUISED.values():
        body = page.replace("{}", said).encode()
        line = said.encode("ascii", "ignore").decode().replace("\n", " ")
        headers = {"Content-Type": line, "Retry-After": line, "Location": f"https://{KEY}.example/{line}", "Date": line}
        serve = lambda _, body=body, headers=headers: httpx.Response(status, stream=Stream([body]), headers=headers)  # noqa: E731
        assert_hidden(await told(serve, tmp_path))


async def test_no_error_of_the_network_shows_the_key(tmp_path: Path) -> None:
    """Httpx and proxies quote addresses and what they were sent."""
    for fault in (httpx.ReadError, httpx.ConnectError, httpx.ProxyError, httpx.RemoteProtocolError, httpx.InvalidURL):
        for said in DISGUISED.values():

            def broken(_: httpx.Request, fault: type[Exception] = fault, said: str = said) -> httpx.Response:
                raise fault(f"illegal: {said}")

            assert_hidden(await told(broken, tmp_path))


@pytest.mark.parametrize("part", [KEY, KEY[:14], KEY[-14:]], ids=["whole", "its beginning", "its end"])
async def test_a_task_whose_id_holds_the_key_is_of_unknown_fate(part: str) -> None:
    """Such an id cannot be kept or asked for; the list knows the task by its own."""
    reply = {"output": {"task_id": f"t-{part}", "task_status": "PENDING"}, "request_id": "r"}
    async with client(lambda _: httpx.Response(200, json=reply)) as one:
        with pytest.raises(UnknownFate):
            await one.submit(request_to("wan2.7-t2v", "x"))


async def test_an_address_with_a_date_that_a_made_up_key_has_as_well_is_fetched() -> None:
    """A part of a key that may be there by chance hides no paid film."""
    url = "https://h.example/1d/20261201/film.mp4?Signature=s%2B3"
    reply = {"output": {"task_status": "SUCCEEDED", "video_url": url}, "request_id": "r"}
    async with client(lambda _: httpx.Response(200, json=reply), "studio-key-20261201") as one:
        assert (await one.poll("t")).url == url


async def test_an_address_that_holds_the_key_is_none_and_any_other_stays_as_it_is() -> None:
    """The signature of a result is what opens it."""
    urls = {f"https://h.example/{KEY}.mp4": None, "https://h.example/a.mp4?Signature=s%2B3": ...}
    for url, expected in urls.items():
        reply = {"output": {"task_status": "SUCCEEDED", "video_url": url}, "request_id": "r"}
        async with client(lambda _, reply=reply: httpx.Response(200, json=reply)) as one:
            assert (await one.poll("t")).url == (None if expected is None else url)


async def test_a_redirect_to_a_host_named_like_the_key_does_not_show_it(tmp_path: Path) -> None:
    """Its name is in the message of what failed there."""

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.host == "bucket.example":
            return httpx.Response(302, headers={"Location": f"https://{KEY}.example/{KEY}"})
        raise httpx.ConnectError(f"no {request.url}")

    async with client(serve) as one:
        with pytest.raises(ServiceFault) as caught:
            await one.download("https://bucket.example/film.mp4", tmp_path / "film", MOST)
    assert_hidden(str(caught.value))


def test_numbers_and_honest_texts_of_a_reply_stay() -> None:
    """Only texts can hold a key."""
    reply = {
        "output": {"task_id": "0385dc79-5ff8-4d82-bcb6-7bfc3d60a3a4", "n": [1, 2.5, None, True]},
        "usage": {"SR": 720},
    }
    assert masked(reply, KEY) == reply


async def test_a_reply_of_a_hundred_thousand_characters_is_told_in_short(tmp_path: Path) -> None:
    """With the key at its end."""
    reply = {"code": "x" * 100_000, "message": "m" * 100_000 + KEY, "request_id": "r" * 100_000}
    text = await told(lambda _: httpx.Response(400, stream=Stream([json.dumps(reply).encode()])), tmp_path)
    assert len(text) < 50_000
    assert_hidden(text)


async def test_what_is_kept_of_a_fault_is_what_is_told() -> None:
    """The journal keeps its words and its code."""
    reply = {"code": f"Invalid.{KEY}", "message": f"see https://h/a?Signature=s3cret for {KEY}", "request_id": "r"}
    async with client(lambda _: httpx.Response(500, json=reply)) as one:
        with pytest.raises(ServerFault) as caught:
            await one.poll("t")
    assert caught.value.code == "Invalid.***"
    assert str(caught.value) == "the service failed (Invalid.***: see https://h/a?… for ***)"


async def test_the_signature_of_a_result_is_hidden_where_the_storage_repeats_its_value(tmp_path: Path) -> None:
    """OSS says which signature was provided; its name need not be beside it."""
    signature = "rXSSb3/+Kq0aZZ9pQm4xAbCdEfg="
    url = f"https://bucket.example/film.mp4?{urlencode({'Expires': 1, 'Signature': signature})}"
    state = {"output": {"task_id": "t", "task_status": "SUCCEEDED", "video_url": url}, "request_id": "r"}

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.host != "bucket.example":
            return httpx.Response(200, json=state)
        said = f"<Error><Code>AccessDenied</Code><Message>you provided {signature}</Message></Error>"
        return httpx.Response(500, content=said.encode())

    async with client(serve) as one:
        assert (await one.poll("t")).url == url
        with pytest.raises(ServiceFault, match=r"you provided \*\*\*") as caught:
            await one.download(url, tmp_path / "film", MOST)
    assert signature not in str(caught.value)
