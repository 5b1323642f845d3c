"""HTTP below the client: what goes over the wire, and in which words trouble comes back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import anyio
import httpx
import pytest

from kit.streams import Stream
from wanflow.errors import StoreFault
from wanflow.providers.asgi import AsgiTransport, Message
from wanflow.providers.dashscope.http import BEGINNING_BYTES, CHUNK_BYTES, HttpTransport
from wanflow.providers.faults import ForbiddenAddress

pytestmark = pytest.mark.anyio

BASE = "https://service.example/api/v1"
KEY = "sk-0123456789abcdef"

Serve = Callable[[httpx.Request], httpx.Response]


@asynccontextmanager
async def way(serve: Serve) -> AsyncIterator[HttpTransport]:
    """A transport whose host is a function."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(serve)) as client:
        yield HttpTransport(client, BASE, KEY)


async def test_a_submit_is_json_with_the_key() -> None:
    """Below the base address, with the headers that were asked for."""
    seen: list[httpx.Request] = []
    async with way(lambda request: seen.append(request) or httpx.Response(200, json={"ok": 1})) as transport:
        answer = await transport.exchange("POST", "/path?a=b", {"X-DashScope-Async": "enable"}, {"prompt": "海"})
    assert (answer.status, answer.reply) == (200, {"ok": 1})
    (request,) = seen
    assert (request.method, str(request.url)) == ("POST", f"{BASE}/path?a=b")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-dashscope-async"] == "enable"
    assert "海" in request.content.decode()


@pytest.mark.parametrize(("date", "hours"), [(True, 2), (False, 0), ("yesterday, I think", 0)])
async def test_the_services_clock_is_read_off_its_answers(date: bool | str, hours: int) -> None:
    """Where it says what its clock shows."""
    shown = format_datetime(datetime.now(UTC) + timedelta(hours=2)) if date is True else date
    headers = {"date": shown} if shown else {}
    async with way(lambda _: httpx.Response(200, json={}, headers=headers)) as transport:
        await transport.exchange("GET", "/tasks/t", {}, {})
    assert abs(transport.ahead - timedelta(hours=hours)) < timedelta(seconds=5)


async def test_the_offset_of_the_services_clock_only_falls() -> None:
    """A `Date` of whole seconds, a slow answer, a clock that is set: the least offset makes no task older than it is.

    A `Date` out of any calendar says nothing.
    """
    ours, shown = datetime(2026, 11, 30, 20, 0, tzinfo=UTC), iter([8, 9, 7, -(10**10), 8])
    offsets: list[float] = []

    def serve(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={}, headers={"date": format_datetime(ours + timedelta(seconds=next(shown)))})

    async with httpx.AsyncClient(transport=httpx.MockTransport(serve)) as client:
        transport = HttpTransport(client, BASE, KEY, lambda: ours)
        for _ in range(5):
            await transport.exchange("GET", "/tasks/t", {}, {})
            offsets.append(transport.ahead.total_seconds())
    assert offsets == [8, 8, 7, 7, 7]


async def test_an_empty_body_is_not_sent() -> None:
    """A query has none; a cancel says that its length is 0 (service.md 1.1)."""
    seen: list[httpx.Request] = []
    async with way(lambda request: seen.append(request) or httpx.Response(200, json={})) as transport:
        await transport.exchange("GET", "/tasks/t", {}, {})
        await transport.exchange("POST", "/tasks/t/cancel", {}, {})
    assert [request.content for request in seen] == [b"", b""]
    assert seen[1].headers["content-length"] == "0"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"\xff\xfe", b'"text"', b"[" * 100_000])
async def test_what_is_no_json_object_is_no_answer(body: bytes) -> None:
    """A proxy's page must not be taken for the service's word."""
    async with way(lambda _: httpx.Response(200, content=body)) as transport:
        answer = await transport.exchange("GET", "/tasks/t", {}, {})
    assert (answer.status, answer.reply, answer.body) == (200, {}, body[:BEGINNING_BYTES])


async def test_half_a_sign_becomes_one_that_can_be_written_down() -> None:
    """A lying service must not break the journal; whole signs stay, however they are written."""
    async with way(lambda _: httpx.Response(200, content=rb'{"a": "x\ud83c", "b": "\ud83c\udfac"}')) as transport:
        assert (await transport.exchange("GET", "/tasks/t", {}, {})).reply == {"a": "x?", "b": "🎬"}


@pytest.mark.parametrize(
    ("fault", "builtin"),
    [
        (httpx.ConnectError("refused"), ConnectionRefusedError),
        (httpx.ConnectTimeout("slow"), ConnectionRefusedError),
        (httpx.PoolTimeout("busy"), ConnectionRefusedError),
        (httpx.ProxyError("403 Forbidden"), ConnectionRefusedError),
        (httpx.LocalProtocolError("illegal header"), ConnectionRefusedError),
        (httpx.ReadTimeout("slow"), ConnectionError),
        (httpx.ReadError("cut"), ConnectionError),
        (httpx.WriteError("cut"), ConnectionError),
        (httpx.RemoteProtocolError("garbage"), ConnectionError),
    ],
)
async def test_only_what_never_arrived_counts_as_refused(fault: Exception, builtin: type[Exception]) -> None:
    """Anything after the connection stood may have been accepted."""

    def broken(_: httpx.Request) -> httpx.Response:
        raise fault

    async with way(broken) as transport:
        with pytest.raises(ConnectionError) as caught:
            await transport.exchange("POST", "/path", {}, {"a": 1})
    assert isinstance(caught.value, ConnectionRefusedError) is (builtin is ConnectionRefusedError)
    assert "service.example" in str(caught.value)


async def test_an_answer_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it fills the memory; of a submit the fate is unknown then."""
    monkeypatch.setattr("wanflow.providers.dashscope.http.MOST_BYTES", 1000)
    async with way(lambda _: httpx.Response(200, stream=Stream([b"[" * 2000]))) as transport:
        with pytest.raises(ConnectionError, match="does not end"):
            await transport.exchange("GET", "/tasks/t", {}, {})


async def test_an_upload_is_a_form_with_the_file_last_and_without_the_key(tmp_path: Path) -> None:
    """The upload host is not the service: it gets the policy's signature and nothing else (service.md 5)."""
    seen: list[httpx.Request] = []
    file = tmp_path / 'a +"中\r\n.png'
    file.write_bytes(b"picture")
    fields = {"policy": "p", "Signature": "s", "key": "dir/0123.png", "success_action_status": "200"}
    async with way(lambda request: seen.append(request) or httpx.Response(200)) as transport:
        assert (await transport.send_file("https://upload.example/", fields, file)).status == 200
    (request,) = seen
    assert "authorization" not in request.headers
    assert KEY not in str(request.headers)
    parts = re.findall(rb'name="([^"]*)"(?:; filename="([^"]*)")?', request.content)
    assert parts == [(b"policy", b""), (b"Signature", b""), (b"key", b""), (b"success_action_status", b""),
                     (b"file", b"0123.png")]  # fmt: skip
    assert int(request.headers["content-length"]) == len(request.content)


async def test_a_result_is_fetched_without_the_key_from_where_it_was_cut_off() -> None:
    """A result's address is signed; its host may be anybody's (service.md 7.1)."""
    seen: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(206, content=b"film", headers={"Content-Length": "4"})

    async with way(serve) as transport, transport.open("https://host.example/film?Signature=s", 7) as answer:
        head, headers, chunks = answer
        body = b"".join([chunk async for chunk in chunks])
    assert (head.status, headers["content-length"], body) == (206, "4", b"film")
    assert seen[0].headers["range"] == "bytes=7-"
    assert "authorization" not in seen[0].headers


@pytest.mark.parametrize("url", ["not an address", "https://", "https://[::1"])
async def test_an_address_that_is_none_is_a_fault_like_any_other(url: str) -> None:
    """A lying service must not end in a traceback."""
    async with httpx.AsyncClient() as client:
        with pytest.raises((ConnectionError, ForbiddenAddress)):
            async with HttpTransport(client, BASE, KEY).open(url, 0):
                pytest.fail("nothing can be there")


async def test_in_process_a_body_streams_before_the_application_is_done() -> None:
    """The second chunk is made once the first was read, which httpx's own transport would wait for in vain."""
    read = anyio.Event()

    async def app(_: Message, __: object, send: Callable[[Message], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"1" * CHUNK_BYTES, "more_body": True})
        await read.wait()
        await send({"type": "http.response.body", "body": b"two"})

    async with httpx.AsyncClient(transport=AsgiTransport(app)) as client:
        with anyio.fail_after(10):
            async with HttpTransport(client, BASE, KEY).open(f"{BASE}/film", 0) as (_, _, chunks):
                body = []
                async for chunk in chunks:
                    body.append(chunk)
                    read.set()
    assert body == [b"1" * CHUNK_BYTES, b"two"]


async def test_in_process_a_response_that_nobody_reads_to_the_end_is_dropped() -> None:
    """The application is told to stop; the next call is answered as ever."""

    async def app(_: Message, __: object, send: Callable[[Message], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"f" * BEGINNING_BYTES, "more_body": True})
        await anyio.sleep_forever()

    async with httpx.AsyncClient(transport=AsgiTransport(app)) as client:
        for _ in range(2):
            async with HttpTransport(client, BASE, KEY).open(f"{BASE}/film", 0) as (head, _, _):
                assert head.status == 200


async def test_an_application_that_says_nothing_is_a_lost_answer() -> None:
    """Not a wait for ever."""

    async def app(scope: object, receive: object, send: object) -> None:
        del scope, receive, send

    async with httpx.AsyncClient(transport=AsgiTransport(app)) as client:
        with pytest.raises(ConnectionError, match="without an answer"):
            await HttpTransport(client, BASE, KEY).exchange("GET", "/tasks/t", {}, {})


async def test_a_callers_fault_comes_out_of_the_client_as_it_went_in() -> None:
    """It isn't wrapped into the group of the calls."""

    async def app(_: object, __: object, send: Callable[[Message], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"f" * BEGINNING_BYTES, "more_body": True})
        await anyio.sleep_forever()

    async def fail() -> None:
        async with (
            httpx.AsyncClient(transport=AsgiTransport(app)) as client,
            HttpTransport(client, BASE, KEY).open(f"{BASE}/film", 0),
        ):
            raise StoreFault("mine")

    with pytest.raises(StoreFault, match="mine"):
        await fail()
