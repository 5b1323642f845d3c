"""Whose words a reply has: statuses, bodies and calls, each with each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from kit.providers import MOST, request_to
from wanflow.providers.dashscope.client import DashScopeClient
from wanflow.providers.dashscope.http import HttpTransport
from wanflow.providers.faults import (
    ForbiddenAddress,
    Invalid,
    NotSent,
    ResultExpired,
    ServerFault,
    ServiceFault,
    Throttled,
    Unauthorised,
    UnknownFate,
)
from wanflow.providers.protocol import Accepted, TaskStatus

pytestmark = pytest.mark.anyio

HOST = "service.example"
KEY = "sk-0123456789abcdef"
PAGE = b"<!DOCTYPE html><html><p>please sign in</p></html>"

FOREIGN = {
    "a web page": PAGE,
    "an empty body": b"",
    "a text": b"upstream connect error or disconnect/reset before headers",
    "JSON of another form": b'{"error": {"code": "InvalidApiKey", "message": "no such key"}}',
    "JSON of another form ": b'{"code": 404, "msg": "no route", "data": []}',
    "JSON of another form  ": b'[{"output": {"task_status": "SUCCEEDED"}}]',
}
"""Bodies that the service never sends, by their names in messages; blanks tell equal names apart."""

STATUSES = (
    *(
        200,
        202,
        300,
        301,
        302,
        303,
        304,
        307,
        308,
        400,
        401,
        402,
        403,
        404,
        405,
        407,
        408,
        409,
        410,
        411,
        413,
        414,
        415,
    ),
    *(417, 418, 421, 425, 426, 429, 431, 451, 499, 500, 501, 502, 503, 504, 511, 520, 522, 599),
)

Ask = Callable[[DashScopeClient, Path], Awaitable[object]]

CALLS: Mapping[str, Ask] = {
    "/api/v1/services/aigc/video-generation/video-synthesis": lambda one, _: one.submit(request_to("wan2.7-t2v", "x")),
    "/api/v1/tasks/t-1": lambda one, _: one.poll("t-1"),
    "/api/v1/tasks/": lambda one, _: one.list("wan2.7-t2v"),
    "/api/v1/tasks/t-1/cancel": lambda one, _: one.cancel("t-1"),
    "/api/v1/uploads": lambda one, file: one.upload(file, "wan2.7-t2v"),
}
"""The calls of the API by their paths."""


@asynccontextmanager
async def client(serve: Callable[[httpx.Request], httpx.Response]) -> AsyncIterator[DashScopeClient]:
    """A client whose network is a function."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(serve)) as way:
        yield DashScopeClient(HttpTransport(way, f"https://{HOST}/api/v1", KEY), key_hint="check the region")


async def fault_of(path: str, file: Path, response: httpx.Response) -> ServiceFault:
    """What a call to a path ends with where everything is answered by this."""
    asked: list[httpx.Request] = []
    async with client(lambda request: asked.append(request) or response) as one:
        with pytest.raises(ServiceFault) as caught:
            await CALLS[path](one, file)
    assert len(asked) == 1
    return caught.value


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file to upload."""
    path = tmp_path / "coast.png"
    path.write_bytes(b"a coast")
    return path


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("content", FOREIGN)
async def test_whatever_replies_in_between_refuses_nothing(path: str, content: str, file: Path) -> None:
    """It is told with its status and the address; a submit is of unknown fate, all else may be asked again."""
    for status in STATUSES:
        fault = await fault_of(path, file, httpx.Response(status, content=FOREIGN[content]))
        assert type(fault) is (UnknownFate if path.endswith("synthesis") else ServerFault)
        assert not fault.permanent
        assert fault.code is None
        assert fault.hint
        assert f"HTTP {status} with {content.strip()}" in str(fault)
        assert f"at {HOST}{path}" in str(fault)
        assert "something between here and the service" in str(fault)
        assert KEY not in f"{fault}{fault.hint}"


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "InvalidParameter", Invalid),
        (401, "InvalidApiKey", Unauthorised),
        (404, "ModelNotFound", Invalid),
        (413, "BadRequest.TooLarge", Invalid),
        (429, "Throttling.RateQuota", Throttled),
        (400, "NeverHeardOf", Invalid),
    ],
)
async def test_the_service_refuses_by_its_envelope(
    path: str, status: int, code: str, kind: type[ServiceFault], file: Path
) -> None:
    """The same status and words from the service itself are its verdict, on every call."""
    envelope = {"code": code, "message": f"no {KEY}", "request_id": "r-1"}
    fault = await fault_of(path, file, httpx.Response(status, json=envelope))
    assert (type(fault), fault.code) == (kind, code)
    assert KEY not in str(fault)


@pytest.mark.parametrize("status", [408, 499, 500, 502, 503, 504])
async def test_an_error_after_a_timeout_leaves_the_fate_of_a_submit_open(status: int, file: Path) -> None:
    """Even in the service's own words: the request may have arrived (law 3)."""
    envelope = {"code": "RequestTimeOut", "message": "late", "request_id": "r-1"}
    fault = await fault_of(next(iter(CALLS)), file, httpx.Response(status, json=envelope))
    assert (type(fault), fault.code) == (UnknownFate, "RequestTimeOut")


@pytest.mark.parametrize("status", [200, 201, 400, 404, 429, 500, 502])
@pytest.mark.parametrize("code", ["Success", "InvalidParameter", "0", "", None, 400])
async def test_a_reply_that_names_a_task_is_that_task(status: int, code: object) -> None:
    """Whatever else it says, since what may be charged is never taken for refused."""
    reply = {"code": code, "message": "", "output": {"task_id": "t-1"}, "request_id": "r-1"}
    async with client(lambda _: httpx.Response(status, json=reply)) as one:
        assert await one.submit(request_to("wan2.7-t2v", "x")) == Accepted("t-1", "r-1")


async def test_a_failure_without_a_code_has_its_task_and_its_request() -> None:
    """Only by these can the service's support say more."""
    reply = {"output": {"task_id": "other", "task_status": "FAILED", "message": "late"}, "request_id": "r-1"}
    async with client(lambda _: httpx.Response(200, json=reply)) as one:
        state = await one.poll("t-1")
    assert state.status is TaskStatus.FAILED
    assert str(state.failure) == "the service failed without saying why (late): task t-1, request r-1"
    assert not state.failure.permanent


@pytest.mark.parametrize(
    "reply",
    [
        {"data": []},
        {"data": [], "code": 0, "msg": "ok"},
        {"data": [{"id": 1}], "total": 1},
        {"data": [], "total": 0, "code": "Throttling", "message": "slower"},
        {"tasks": {"task_id": "t"}, "request_id": "r"},
    ],
)
async def test_an_empty_list_of_somebody_else_is_no_list(reply: Mapping[str, object]) -> None:
    """It would mean that a lost submission was never accepted, and the next one would be paid twice."""
    async with client(lambda _: httpx.Response(200, json=reply)) as one:
        with pytest.raises(ServiceFault):
            await one.list("wan2.7-t2v")


# uploads


POLICY = {
    "data": {"upload_dir": "d/1", "upload_host": "https://dashscope-files.oss-cn-beijing.aliyuncs.com", "policy": "p"},
    "request_id": "r",
}


async def _upload(file: Path, response: httpx.Response) -> str:
    replies = iter([httpx.Response(200, json=POLICY), response])
    async with client(lambda _: next(replies)) as one:
        return await one.upload(file, "wan2.7-i2v")


@pytest.mark.parametrize("status", [200, 302, 403, 404, 407, 502])
@pytest.mark.parametrize("content", ["a web page", "a text", "JSON of another form"])
async def test_an_upload_that_a_page_answers_is_not_there(status: int, content: str, file: Path) -> None:
    """The request that names it would fail, and would be remembered as refused."""
    with pytest.raises(ServerFault, match="something between here and the storage of uploads") as caught:
        await _upload(file, httpx.Response(status, content=FOREIGN[content]))
    assert f"HTTP {status} with {content}, at dashscope-files.oss-cn-beijing.aliyuncs.com" in str(caught.value).replace(
        " (`no such key`)", ""
    )


async def test_an_upload_is_refused_in_the_words_of_the_storage(file: Path) -> None:
    """Its errors are XML (service.md 5); a success has no body."""
    xml = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Policy expired.</Message></Error>"
    with pytest.raises(ServerFault, match=r"refused \(HTTP 403: AccessDenied: Policy expired\.\)"):
        await _upload(file, httpx.Response(403, content=xml))
    assert (await _upload(file, httpx.Response(200))).startswith("oss://d/1/")


@pytest.mark.parametrize("body", [b"{}", b'{"Status": "OK"}', b"<PostResponse><Key>k</Key></PostResponse>"])
async def test_an_upload_is_done_where_the_storage_gives_the_words_of_a_callback(body: bytes, file: Path) -> None:
    """The storage itself has no words for a success; a relay and a callback may have some."""
    assert (await _upload(file, httpx.Response(200, content=body))).startswith("oss://d/1/")


# downloads


async def _download(target: Path, serve: Callable[[httpx.Request], httpx.Response]) -> None:
    async with client(serve) as one:
        await one.download("https://bucket.example/film.mp4?Signature=s3cret", target, MOST)


@pytest.mark.parametrize("status", [200, 302, 304, 401, 403, 404, 407, 410, 451, 502, 511])
async def test_a_page_in_place_of_a_film_is_never_stored(status: int, tmp_path: Path) -> None:
    """It is told as what it is, without what opens the address; what was there before stays."""
    target = tmp_path / "film.mp4"
    target.write_bytes(b"half")
    with pytest.raises(ServerFault, match=f"HTTP {status} with a web page, at bucket.example/film.mp4$"):
        await _download(target, lambda _: httpx.Response(status, content=PAGE))
    assert target.read_bytes() == b"half"


async def test_the_storage_refuses_an_address_in_its_own_words(tmp_path: Path) -> None:
    """Then the task has another one."""
    xml = b"<Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>"
    with pytest.raises(ResultExpired, match=r"HTTP 403: AccessDenied: Request has expired\."):
        await _download(tmp_path / "film.mp4", lambda _: httpx.Response(403, content=xml))


async def test_a_download_follows_redirects_without_the_key(tmp_path: Path) -> None:
    """To another host, encrypted, and only a few."""
    seen: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        target = {"bucket.example": "https://mirror.example/film"}.get(request.url.host)
        return httpx.Response(302, headers={"Location": target}) if target else httpx.Response(200, content=b"film")

    await _download(tmp_path / "film.mp4", serve)
    assert (tmp_path / "film.mp4").read_bytes() == b"film"
    assert [request.url.host for request in seen] == ["bucket.example", "mirror.example"]
    assert not [request for request in seen if "authorization" in request.headers]


@pytest.mark.parametrize(
    ("location", "words", "asked"),
    [
        ("http://mirror.example/film", "redirects to an unencrypted address", 1),
        ("https://bucket.example/film.mp4", "more than 5 redirects", 6),
    ],
)
async def test_a_redirect_that_is_not_safe_is_not_followed(
    location: str, words: str, asked: int, tmp_path: Path
) -> None:
    """Out of encryption, or in a circle."""
    seen: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(307, headers={"Location": location})

    with pytest.raises(ServerFault, match=words) as caught:
        await _download(tmp_path / "film.mp4", serve)
    assert len(seen) == asked
    assert "s3cret" not in str(caught.value)


async def test_a_redirect_to_what_is_no_address_is_a_fault_like_any_other(tmp_path: Path) -> None:
    """A file of this machine is not a result."""
    for location in ("file:///etc/passwd", "ftp://h/f", "https://[::1", "https://"):
        headers = {"Location": location}
        with pytest.raises(ServiceFault) as caught:
            await _download(tmp_path / "film.mp4", lambda _, headers=headers: httpx.Response(302, headers=headers))
        assert type(caught.value) in {ServerFault, NotSent, ForbiddenAddress}


# Retry-After

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def stamp(seconds: float) -> str:
    """An HTTP date some seconds from now."""
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20", 20),
        (stamp(45), 45),
        ("86400", 300),
        (stamp(86400), 300),
        ("0", None),
        (stamp(-60), None),
        ("-5", None),
        ("soon", None),
        ("9" * 5000, None),
    ],
)
async def test_a_reply_says_when_to_ask_again(
    path: str, status: int, text: str, seconds: int | None, file: Path
) -> None:
    """In seconds or by a date of the service's clock, bounded; whoever sent it."""
    headers = {"Retry-After": text, "Date": stamp(0)}
    for body in ({"code": "Throttling", "message": "", "request_id": "r"}, {"error": "busy"}):
        fault = await fault_of(path, file, httpx.Response(status, json=body, headers=headers))
        assert fault.retry_after == seconds


async def test_a_download_says_when_to_ask_again(tmp_path: Path) -> None:
    """As any other call."""
    async with client(lambda _: httpx.Response(503, headers={"Retry-After": "20"})) as one:
        with pytest.raises(ServerFault) as caught:
            await one.download("https://bucket.example/film.mp4", tmp_path / "film.mp4", MOST)
    assert caught.value.retry_after == 20
