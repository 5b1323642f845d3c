"""Nonsense in every field of every reply: the client says what it can, or that it can't, and nothing else happens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import anyio
import httpx
import pytest

from kit.emulated import FILM_SECONDS, in_process, premade
from kit.invalid_values import INVALID, Corrupted, corrupted
from kit.providers import MOST, request_to
from wanflow.providers.dashscope import wire
from wanflow.providers.dashscope.client import DashScopeClient
from wanflow.providers.dashscope.http import HttpTransport
from wanflow.providers.faults import ServiceFault, UnknownFate
from wanflow.providers.protocol import TaskState, TaskStatus
from wanflow.runner.addresses import OnlineResult

pytestmark = pytest.mark.anyio

BODY = {
    "model": "wan2.7-i2v",
    "input": {"prompt": "a coast", "media": [{"type": "first_frame", "url": "https://h/a.png"}]},
    "parameters": {"duration": 2},
}
REQUEST = request_to("wan2.7-i2v", "a coast")
ASYNC = {"X-DashScope-Async": "enable"}
SUBMIT, POLL, LIST, UPLOAD, CANCEL = "submit", "poll", "list", "upload", "cancel"

Samples = Mapping[str, Mapping[str, object]]


@asynccontextmanager
async def answering(status: int, body: str, headers: Mapping[str, str] | None = None) -> AsyncIterator[DashScopeClient]:
    """A client whose service answers everything with this."""
    content = body.encode()

    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=content, headers=headers)

    async with httpx.AsyncClient(transport=httpx.MockTransport(serve)) as client:
        yield DashScopeClient(HttpTransport(client, "http://service.example/api/v1", "sk-any"))


async def samples(folder: Path) -> Samples:
    """A reply of each kind, as the emulated service gives it: a field that is new there is covered here."""
    async with premade(folder) as endpoint, in_process(endpoint) as way:
        accepted = (await way.exchange("POST", wire.VIDEO_PATH, ASYNC, BODY)).reply
        task_id = wire.read_accepted(accepted)
        assert task_id is not None
        await anyio.sleep(2 * FILM_SECONDS)
        asks = {
            POLL: ("GET", f"/tasks/{task_id.task_id}"),
            LIST: ("GET", "/tasks/?page_size=50"),
            UPLOAD: ("GET", "/uploads?action=getPolicy&model=wan2.7-i2v"),
        }
        found = {kind: (await way.exchange(method, path, {}, {})).reply for kind, (method, path) in asks.items()}
    return {SUBMIT: accepted, CANCEL: {"request_id": "r"}, **found}


def _ask(kind: str, client: DashScopeClient, file: Path) -> Awaitable[object]:
    asks: Mapping[str, Callable[[], Awaitable[object]]] = {
        SUBMIT: lambda: client.submit(REQUEST),
        POLL: lambda: client.poll("t"),
        LIST: lambda: client.list("wan2.7-i2v"),
        UPLOAD: lambda: client.upload(file, "wan2.7-i2v"),
        CANCEL: lambda: client.cancel("t"),
    }
    return asks[kind]()


async def _answer(kind: str, file: Path, status: int, body: str) -> object:
    """What the client makes of a reply; a ServiceFault is an answer, whatever else is raised fails the test."""
    async with answering(status, body) as client:
        try:
            return await _ask(kind, client, file)
        except ServiceFault as fault:
            str(fault).encode()
            return fault


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file to upload."""
    path = tmp_path / "coast.png"
    path.write_bytes(b"a coast")
    return path


@pytest.mark.parametrize("kind", [SUBMIT, POLL, LIST, UPLOAD, CANCEL])
async def test_nonsense_in_any_field_raises_nothing_but_a_service_fault(kind: str, tmp_path: Path, file: Path) -> None:
    """In a reply that is fine but for it, and in one of an error."""
    sample = (await samples(tmp_path))[kind]
    for case in corrupted({**sample, "code": "InvalidParameter", "message": "no"}):
        await _answer(kind, file, 400, case.text)
    for case in corrupted(sample):
        await _answer(kind, file, 200, case.text)


async def test_a_film_that_is_ready_is_fetched_whatever_else_its_reply_says(tmp_path: Path, file: Path) -> None:
    """State and address are read; what it was billed is sensible or unknown, and can be written down."""
    sample = (await samples(tmp_path))[POLL]
    needed = {("output",), ("output", "task_status"), ("output", "video_url")}
    cases = [case for case in corrupted({**sample, "code": "Success", "message": "ok"}) if case.path not in needed]
    assert len(cases) > len(INVALID) * 10
    for case in cases:
        state = await _answer(POLL, file, 200, case.text)
        assert isinstance(state, TaskState), case.name
        assert (state.task_id, state.status) == ("t", TaskStatus.SUCCEEDED), case.name
        assert state.url == sample["output"]["video_url"], case.name  # type: ignore[index]
        billed = state.billed
        assert billed is None or 0 <= billed < 10**18, case.name
        assert len(format(billed or Decimal(0), "f")) < 50


async def test_a_submit_that_names_a_task_is_accepted_whatever_else_its_reply_says(tmp_path: Path, file: Path) -> None:
    """And one that names none is of unknown fate: it is never taken for a refusal."""
    sample = (await samples(tmp_path))[SUBMIT]
    task_id = sample["output"]["task_id"]  # type: ignore[index]
    for case in corrupted({**sample, "code": "Success"}):
        accepted = await _answer(SUBMIT, file, 201, case.text)
        if isinstance(accepted, ServiceFault):
            assert case.path in {("output",), ("output", "task_id")}, case.name
            assert type(accepted) is UnknownFate, case.name
        elif case.path not in {("output",), ("output", "task_id")}:
            assert accepted.task_id == task_id, case.name  # type: ignore[attr-defined]


async def test_a_list_shows_the_tasks_whose_rows_can_be_read(tmp_path: Path, file: Path) -> None:
    """One row of nonsense hides no other, and a strange date is one of just now."""
    sample = (await samples(tmp_path))[LIST]
    (row,) = sample["data"]  # type: ignore[misc]
    for case in corrupted(row):
        body = json.dumps({**sample, "data": [row, "@"]}).replace('"@"', case.text)
        rows = await _answer(LIST, file, 200, body)
        assert isinstance(rows, list), case.name
        assert row["task_id"] in {one.task_id for one in rows}, case.name
        assert all(one.task_id for one in rows), case.name


HEADERS = {
    kind: text for kind, raw in INVALID.items() if len(raw) < 6000 and (text := raw.strip('"')).isprintable()
} | {
    "a zone of another planet": "Thu, 20 Nov 2026 10:00:00 +999999999999",
    "the last day": "Fri, 31 Dec 9999 23:59:59 GMT",
    "the first day": "Mon, 01 Jan 0001 00:00:00 GMT",
    "no day": "Mon, 99 Jan 2026 99:99:99 GMT",
}


@pytest.mark.parametrize("kind", HEADERS)
async def test_nonsense_in_a_header_is_none(kind: str, tmp_path: Path) -> None:
    """The clock of the service, the length of a film, where it goes on."""
    headers = dict.fromkeys(["Date", "Content-Range", "Retry-After", "Content-Type"], HEADERS[kind])
    async with answering(200, '{"data": [{"task_id": "t", "gmt_create": 4102444800000}]}', headers) as client:
        (row,) = await client.list("m")
        assert row.task_id == "t"
        assert (await client.download("https://host.example/film", tmp_path / "film", MOST)).size_bytes > 0


@pytest.mark.parametrize("length", ["-1", "1e999999999", "NaN", "9" * 5000, ""])
async def test_a_length_that_is_none_is_not_waited_for(length: str, tmp_path: Path) -> None:
    """A film is whole where its end came; a length that no film has is not compared with it."""
    async with answering(200, "a film", {"Content-Length": length}) as client:
        assert (await client.download("https://host.example/film", tmp_path / "film", MOST)).size_bytes == 6


@pytest.mark.parametrize(
    "url", ["http://xn--/", "http://127.0.0.1:99999/", "http://[::1]:99999/", "http://xn--a/f?Expires=1"]
)
async def test_an_address_of_no_host_is_a_fault_like_any_other(url: str, tmp_path: Path, anyio_backend: object) -> None:
    """It looks like one until somebody asks for it, and may also be where an upload has to go."""
    file = tmp_path / "coast.png"
    file.write_bytes(b"a coast")
    async with httpx.AsyncClient() as client:
        way = HttpTransport(client, "http://service.example/api/v1", "sk-any")
        with pytest.raises(ServiceFault):
            await DashScopeClient(way).download(url, tmp_path / "film", MOST)
        with pytest.raises(ConnectionError):
            await way.send_file(url, {"key": "a/b"}, file)


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://h/?Expires=" + "9" * 5000, "http://h/?Expires=-1", "http://℀.com/"]
)
def test_an_address_that_says_nothing_of_its_end_is_good_for_a_day(url: str) -> None:
    """Whatever value its expiry has."""
    assert OnlineResult(url, "2026-11-20T10:00:00Z").end(timedelta(hours=24)).isoformat() == "2026-11-21T10:00:00+00:00"


def test_every_kind_of_nonsense_is_put_into_every_field() -> None:
    """The generator leaves none out, or the tests above would prove nothing."""
    cases = list(corrupted({"a": {"b": 1}, "c": [2]}))
    assert {case.path for case in cases} == {("a",), ("a", "b"), ("c",), ("c", 0)}
    assert {case.kind for case in cases} == {*INVALID, "missing"}
    assert Corrupted(("a", "b"), "nan", '{"a": {"b": NaN}, "c": [2]}') in cases
