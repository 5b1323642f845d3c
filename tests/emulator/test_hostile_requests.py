"""The emulator's application under requests that mean harm: every answer is one of the vendor's, and none a failure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio.from_thread
import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kit.emulated import HOST, premade
from kit.wire_schemas import complaints
from wanflow.emulator.api.app import BASE, build_app
from wanflow.emulator.api.endpoint import KEY, AccountTerms
from wanflow.providers.asgi import AsgiTransport

SUBMIT = "/services/aigc/video-generation/video-synthesis"

Ask = Callable[..., httpx.Response]


@asynccontextmanager
async def opened(folder: Path, strict: bool) -> Any:
    """A client of an emulator in this process, whose errors would end the test."""
    async with (
        premade(folder, terms=AccountTerms(strict=strict)) as endpoint,
        httpx.AsyncClient(
            transport=AsgiTransport(build_app(endpoint)),
            headers={"Authorization": f"Bearer {KEY}", "X-DashScope-Async": "enable"},
        ) as client,
    ):
        yield client


@pytest.fixture(scope="module", params=[False, True], ids=["lenient", "strict"])
def ask(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Sends one request to a running emulator; `path` is below the base address, as raw bytes."""
    with anyio.from_thread.start_blocking_portal() as portal:
        folder = tmp_path_factory.mktemp("bucket")
        with portal.wrap_async_context_manager(opened(folder, request.param)) as client:

            def send(method: str, path: str, **given: Any) -> httpx.Response:
                url = httpx.URL(HOST).copy_with(raw_path=f"{BASE}{path}".encode("ascii"))
                reply: httpx.Response = portal.call(lambda: client.request(method, url, **given))
                return reply

            yield send


def told(reply: httpx.Response) -> tuple[int, str | None]:
    """The status of a reply, and the code of an error; both in the vendor's form."""
    facts = reply.json()
    if reply.status_code == 200:
        return 200, None
    assert complaints("error", facts) == []
    return reply.status_code, facts["code"]


FAR = "0" * 14, "00010101000000", "00010101235959", "99991231235959", "99991231000000", "20260230000000", "-1", "٢" * 14


@pytest.mark.parametrize("name", ["start_time", "end_time"])
@pytest.mark.parametrize("moment", FAR)
def test_a_moment_that_no_calendar_holds_is_refused(ask: Ask, name: str, moment: str) -> None:
    """Also one whose window of a day would leave the calendar."""
    assert told(ask("GET", f"/tasks/?{name}={quote(moment)}")) == (400, "InvalidParameter")


@pytest.mark.parametrize("name", ["page_no", "page_size"])
@pytest.mark.parametrize("number", ["0", "-1", "", "x", "1e3", "1" + "0" * 30, "9" * 5000, "٣", "1.0", "%00", "%"])
def test_a_page_that_is_no_number_is_refused(ask: Ask, name: str, number: str) -> None:
    """A number of nine digits is enough for any list."""
    reply = ask("GET", f"/tasks/?{name}={quote(number, safe='%')}")
    assert told(reply) == ((200, None) if number == "" else (400, "InvalidParameter"))


QUERY = st.text(st.characters(codec="utf-8"), max_size=20).map(lambda text: quote(text, safe="%=&;+[]{}"))
KNOWN = st.sampled_from(
    ["start_time", "end_time", "page_no", "page_size", "model_name", "status", "task_id", "action", "model"]
)
VALUES = QUERY | st.sampled_from(["20260101000000", "00010101000000", "1", "1" * 40, "getPolicy", "%00", "%ED%A0%80"])


@settings(max_examples=80)
@example(path="%0A", pairs=[], method="GET")
@example(path=".", pairs=[], method="GET")
@given(
    path=st.sampled_from(["/tasks/", "/tasks", "/uploads", "/tasks/x", "/tasks/%00/cancel", "/", SUBMIT]) | QUERY,
    pairs=st.lists(st.tuples(KNOWN | QUERY, VALUES), max_size=4),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
)
def test_any_path_and_query_gets_an_answer(ask: Ask, path: str, pairs: list[tuple[str, str]], method: str) -> None:
    """200 or an error of the vendor's; the application never raises, which would be a 500."""
    query = "&".join(f"{name}={value}" for name, value in pairs)
    told(ask(method, f"/{path.lstrip('/')}?{query}"))


NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**400), float("inf"), float("nan")])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(codec="utf-8"), max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
MEDIA = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["first_frame", "last_frame", "first_clip", "driving_audio", "reference"]) | JSON,
        "url": st.sampled_from(["oss://x", "data:image/png;base64,AA", "http://[::1", f"{HOST}/films/["]) | JSON,
        "reference_voice": JSON,
    },
)
BODY = st.fixed_dictionaries(
    {"model": st.sampled_from(["wan2.7-i2v", "wan2.7-t2v", "wan2.6-r2v", "wan2.7-videoedit"]) | JSON},
    optional={
        "input": JSON
        | st.fixed_dictionaries(
            {}, optional={"prompt": JSON, "media": st.lists(MEDIA | JSON, max_size=3) | JSON, "reference_urls": JSON}
        ),
        "parameters": JSON
        | st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("duration", "resolution", "seed", "size", "ratio", "audio"), JSON)
        ),
    },
)


@settings(max_examples=80)
@given(body=BODY | JSON)
def test_any_json_gets_an_answer(ask: Ask, body: Any) -> None:
    """A task or an error of the vendor's, also where bodies are checked at submit; the state can be read after."""
    reply = ask("POST", SUBMIT, content=json.dumps(body).encode())
    status, _ = told(reply)
    if status == 200:
        told(ask("GET", f"/tasks/{reply.json()['output']['task_id']}"))
        assert told(ask("GET", "/tasks/")) == (200, None)


@settings(max_examples=40)
@given(
    content=st.binary(max_size=60)
    | st.sampled_from(
        [
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b'{"model": "\xed\xa0\x80"}',
            '{"model": "x"}'.encode("utf-16"),
            b"\xef\xbb\xbf{}",
            b'{"model": ' + b"9" * 5000 + b"}",
        ]
    )
)
def test_any_bytes_get_an_answer(ask: Ask, content: bytes) -> None:
    """Nesting, half surrogates, other encodings and endless numbers included."""
    assert told(ask("POST", SUBMIT, content=content))[0] in {400, 404}
