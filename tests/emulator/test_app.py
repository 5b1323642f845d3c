"""The emulator through its front door: limits, uploads, ranges, what is judged when (service.md 1, 4, 5)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from kit.emulated import FILM_SECONDS, HOST, premade
from kit.wire_schemas import complaints
from wanflow.emulator.api.app import BASE, build_app
from wanflow.emulator.api.endpoint import IN_PROCESS, KEY, VENDOR, AccountLimits, AccountTerms
from wanflow.emulator.api.fault_script import ScriptedFault
from wanflow.emulator.api.tasks import StateUnreadable, TaskLog
from wanflow.providers.asgi import AsgiTransport

pytestmark = pytest.mark.anyio

SUBMIT = "/services/aigc/video-generation/video-synthesis"
ASYNC = {"X-DashScope-Async": "enable"}
JSON = {"Content-Type": "application/json"}
HOUR = 3600


@asynccontextmanager
async def door(
    folder: Path, terms: AccountTerms = IN_PROCESS, state: Path | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the key of an emulator whose films take a minute."""
    async with (
        premade(folder, terms=terms, ledger=TaskLog(state)) as endpoint,
        httpx.AsyncClient(
            transport=AsgiTransport(build_app(endpoint)),
            base_url=f"{HOST}{BASE}",
            headers={"Authorization": f"Bearer {KEY}"},
        ) as client,
    ):
        yield client


def body(prompt: str = "p", url: str = "https://h/a.png", model: str = "wan2.7-i2v", **parameters: Any) -> Any:
    """A first frame that is pushed."""
    media = [{"type": "first_frame", "url": url}]
    return {"model": model, "input": {"prompt": prompt, "media": media}, "parameters": parameters}


async def submit(client: httpx.AsyncClient, sent: Any) -> httpx.Response:
    """The reply to a submit."""
    return await client.post(SUBMIT, json=sent, headers={**ASYNC, "X-DashScope-OssResourceResolve": "enable"})


async def task(client: httpx.AsyncClient, sent: Any = None) -> str:
    """The id of a task that was taken."""
    reply = await submit(client, sent or body())
    assert reply.status_code == 200, reply.text
    return str(reply.json()["output"]["task_id"])


async def download(client: httpx.AsyncClient, url: str) -> httpx.Response:
    """A result, asked for without the key."""
    request = client.build_request("GET", url)
    request.headers.pop("authorization", None)
    return await client.send(request)


async def look(client: httpx.AsyncClient, task_id: str) -> Mapping[str, Any]:
    """What is said of a task."""
    reply = await client.get(f"/tasks/{task_id}")
    output: Mapping[str, Any] = reply.json()["output"]
    return output


async def decide(client: httpx.AsyncClient, task_id: str) -> Mapping[str, Any]:
    """What is said of a task once it has ended."""
    await anyio.sleep(FILM_SECONDS + 1)
    return await look(client, task_id)


def refusal(reply: httpx.Response) -> tuple[int, str]:
    """The status and the code of an error, which has to be one by the schema."""
    assert complaints("error", reply.json()) == []
    return reply.status_code, reply.json()["code"]


async def test_five_submissions_of_a_model_a_second(tmp_path: Path) -> None:
    """The sixth is throttled and does not become a task; another model is not throttled; a second later the next passes."""
    async with door(tmp_path, AccountTerms(limits=AccountLimits(submits=5))) as client:
        for _ in range(5):
            await task(client)
        assert refusal(await submit(client, body())) == (429, "Throttling.RateQuota")
        await task(client, body(model="wan2.7-i2v-2026-04-25"))
        await anyio.sleep(1)
        await task(client)
        assert (await client.get("/tasks/", params={"model_name": "wan2.7-i2v"})).json()["total"] == 6


@pytest.mark.parametrize(("path", "limit"), [("/tasks/t", "queries"), ("/tasks/", "lists")])
async def test_twenty_looks_a_second(path: str, limit: str, tmp_path: Path) -> None:
    """And as many lists; each counts for itself."""
    assert getattr(VENDOR, limit) == 20
    async with door(tmp_path, AccountTerms(limits=VENDOR)) as client:
        replies = [(await client.get(path)).status_code for _ in range(21)]
        assert replies == [200] * 20 + [429]
        await anyio.sleep(1)
        assert (await client.get(path)).status_code == 200


async def test_the_queue_of_a_model_is_full_some_time(tmp_path: Path) -> None:
    """Five run and the rest waits; the next is refused, and accepted once one has ended."""
    async with door(tmp_path, AccountTerms(limits=AccountLimits(queued=3))) as client:
        for _ in range(8):
            await task(client)
        assert refusal(await submit(client, body())) == (429, "Throttling.AllocationQuota")
        await anyio.sleep(FILM_SECONDS + 1)
        await task(client)


async def test_strict_judges_at_submit(tmp_path: Path) -> None:
    """The same code and words, as an error and without a task; otherwise inside the task."""
    async with door(tmp_path / "a", AccountTerms(strict=True)) as client:
        reply = await submit(client, body(duration=99))
        assert refusal(reply) == (400, "InvalidParameter")
        assert reply.json()["message"] == "Duration should be between 2 and 15"
        assert (await client.get("/tasks/")).json()["total"] == 0
    async with door(tmp_path / "b") as client:
        ended = await decide(client, await task(client, body(duration=99)))
        assert (ended["task_status"], ended["message"]) == ("FAILED", "Duration should be between 2 and 15")


async def test_a_task_runs_until_its_time_is_over(tmp_path: Path) -> None:
    """Five seconds of film take two at speed 1; here a hundred times as long, though the film is ready sooner."""
    async with door(tmp_path, AccountTerms(speed=Fraction(1, 100))) as client:
        made = await task(client, body(duration=5))
        await anyio.sleep(190)
        assert (await look(client, made))["task_status"] == "RUNNING"
        await anyio.sleep(20)
        assert (await look(client, made))["task_status"] == "SUCCEEDED"


async def test_half_a_sign_is_no_text(tmp_path: Path) -> None:
    """A whole one is, however it is written."""
    half, whole = (json.dumps(body(f"p {sign}")).encode() for sign in ("\ud83c", "🎬"))
    async with door(tmp_path, state=tmp_path / "tasks.jsonl") as client:
        assert refusal(await client.post(SUBMIT, content=half, headers=ASYNC | JSON)) == (
            400,
            "BadRequest.IllegalInput",
        )
        made = (await client.post(SUBMIT, content=whole, headers=ASYNC | JSON)).json()["output"]["task_id"]
        assert (await decide(client, made))["orig_prompt"] == "p 🎬"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        *((content, "BadRequest.IllegalInput") for content in (b"", b"{", b"[]", b"null", b'"text"', b"\xff")),
        (b"{}", "BadRequest.EmptyModel"),
    ],
)
async def test_what_is_no_request_is_refused(content: bytes, code: str, tmp_path: Path) -> None:
    """With an error as the service words it, never with a failure of the emulator."""
    async with door(tmp_path) as client:
        reply = await client.post(SUBMIT, content=content, headers=ASYNC | JSON)
        assert refusal(reply) == (400, code)


async def test_what_is_larger_than_any_request_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it fills the memory."""
    monkeypatch.setattr("wanflow.emulator.api.app.MOST_BYTES", 1000)
    async with door(tmp_path) as client:
        assert refusal(await submit(client, body("p" * 2000))) == (413, "BadRequest.TooLarge")
        assert refusal(await client.post(SUBMIT, content=b"[" * 900, headers=ASYNC | JSON)) == (
            400,
            "BadRequest.IllegalInput",
        )


async def test_a_path_of_any_bytes_is_not_there(tmp_path: Path) -> None:
    """It is not a failure of the emulator."""
    async with door(tmp_path) as client:
        reply = await client.send(client.build_request("GET", httpx.URL(f"{HOST}{BASE}/tasks/%ff%00/x?%ff=%fe")))
        assert refusal(reply) == (404, "NotFound")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("PUT", "/tasks/t"), ("DELETE", "/tasks/t"), ("GET", SUBMIT)]
)
async def test_what_is_not_there_says_so_in_json(method: str, path: str, tmp_path: Path) -> None:
    """404 or 405, as any error."""
    async with door(tmp_path) as client:
        reply = await client.request(method, path)
        assert refusal(reply)[0] in {404, 405}


async def test_another_region_has_other_models(tmp_path: Path) -> None:
    """Virginia has none of the 2.7 models (service.md 1.2)."""
    async with door(tmp_path, AccountTerms(region="virginia")) as client:
        assert refusal(await submit(client, body())) == (404, "InvalidParameter")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
async def test_a_body_that_is_not_said_to_be_json_is_refused(kind: str | None, tmp_path: Path) -> None:
    """Curl without a header sends it as a form; a charset is welcome."""
    sent = json.dumps(body()).encode()
    async with door(tmp_path) as client:
        headers = ASYNC | ({} if kind is None else {"Content-Type": kind})
        assert refusal(await client.post(SUBMIT, content=sent, headers=headers)) == (400, "BadRequest.IllegalInput")
        charset = {"Content-Type": "Application/JSON; charset=utf-8"}
        assert (await client.post(SUBMIT, content=sent, headers=ASYNC | charset)).status_code == 200


async def test_a_reply_has_its_id_in_a_header(tmp_path: Path) -> None:
    """The one of its body, of refusals too."""
    async with door(tmp_path) as client:
        replies = [await submit(client, body()), await client.get("/tasks/t"), await client.get("/nothing")]
    assert all(reply.headers["x-request-id"] == reply.json()["request_id"] for reply in replies)


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ({}, 400, "Field required: action, model"),
        ({"action": "getPolicy"}, 400, "Field required: model"),
        ({"model": "wan2.7-i2v"}, 400, "Field required: action"),
        ({"action": "drop", "model": "wan2.7-i2v"}, 400, "Input should be 'getPolicy': action"),
        ({"action": "getPolicy", "model": "wan9"}, 404, "Model not exist."),
    ],
)
async def test_a_policy_is_for_a_model_that_exists(
    query: dict[str, str], status: int, message: str, tmp_path: Path
) -> None:
    """The reply names what is missing."""
    async with door(tmp_path) as client:
        reply = await client.get("/uploads", params=query)
    assert refusal(reply) == (status, "InvalidParameter")
    assert reply.json()["message"] == message


class TestWaiting:
    """PENDING for a while, so that cancelling can be rehearsed."""

    async def test_a_task_waits_and_can_be_cancelled(self, tmp_path: Path) -> None:
        """With `--queue`; the other one starts after it."""
        async with door(tmp_path, AccountTerms(queue=30)) as client:
            first, second = await task(client), await task(client)
            await anyio.sleep(29)
            assert (await look(client, first))["task_status"] == "PENDING"
            assert (await client.post(f"/tasks/{first}/cancel")).status_code == 200
            await anyio.sleep(2)
            assert (await look(client, first))["task_status"] == "CANCELED"
            assert (await look(client, second))["task_status"] == "RUNNING"
            assert (await decide(client, second))["task_status"] == "SUCCEEDED"

    async def test_a_fault_script_lets_one_wait(self, tmp_path: Path) -> None:
        """The next one starts at once."""
        terms = AccountTerms(faults=(ScriptedFault("submit", queue=30),))
        async with door(tmp_path, terms) as client:
            made = [await task(client), await task(client)]
            states = [(await look(client, each))["task_status"] for each in made]
        assert states == ["PENDING", "RUNNING"]

    async def test_a_restart_keeps_the_wait(self, tmp_path: Path) -> None:
        """What is left of it is waited for."""
        state, terms = tmp_path / "tasks.jsonl", AccountTerms(queue=30)
        async with door(tmp_path / "a", terms, state) as client:
            made = await task(client)
        async with door(tmp_path / "a", terms, state) as client:
            await anyio.sleep(29)
            assert (await look(client, made))["task_status"] == "PENDING"
            await anyio.sleep(2)
            assert (await look(client, made))["task_status"] == "RUNNING"


class TestAnyModel:
    """Models of the vendor that the catalog does not have."""

    async def test_it_is_accepted_and_billed_as_asked(self, tmp_path: Path) -> None:
        """With `--any-model` only, on the paths of films and pictures; nothing in its body is checked."""
        sent = {"model": "kling-v9", "input": {"prompt": "p", "media": 7}, "parameters": {"duration": 3, "size": []}}
        async with door(tmp_path, AccountTerms(any_model=True)) as client:
            film = await task(client, sent)
            picture = await client.post("/services/aigc/text2image/image-synthesis", json=sent, headers=ASYNC)
            policy = await client.get("/uploads", params={"action": "getPolicy", "model": "kling-v9"})
            await anyio.sleep(FILM_SECONDS + 1)
            film_said, picture_said = [
                (await client.get(f"/tasks/{each}")).json() for each in (film, picture.json()["output"]["task_id"])
            ]
        assert policy.status_code == 200
        assert film_said["usage"]["duration"] == 3
        assert picture_said["usage"]["size"] == "1280*720"
        assert [complaints("task-reply", said) for said in (film_said, picture_said)] == [[], []]

    async def test_its_tasks_outlive_the_option(self, tmp_path: Path) -> None:
        """A task that waits in a folder of `--state` fails where the model is unknown again."""
        state = tmp_path / "tasks.jsonl"
        async with door(tmp_path / "a", AccountTerms(any_model=True, queue=30), state) as client:
            made = await task(client, body(model="kling-v9"))
        async with door(tmp_path / "a", state=state) as client:
            ended = await decide(client, made)
        assert (ended["task_status"], ended["message"]) == ("FAILED", "Model not exist.")


class TestResults:
    """Films behind signed addresses."""

    async def film(self, client: httpx.AsyncClient) -> str:
        """The address of a film."""
        return str((await decide(client, await task(client)))["video_url"])

    async def test_a_range_continues_a_download(self, tmp_path: Path) -> None:
        """From a byte on, a piece, nothing beyond the end; no key is asked for."""
        async with door(tmp_path) as client:
            url = await self.film(client)
            del client.headers["Authorization"]
            whole = await client.get(url)
            rest = await client.get(url, headers={"Range": "bytes=5-"})
            piece = await client.get(url, headers={"Range": "bytes=2-3"})
            beyond = await client.get(url, headers={"Range": "bytes=9999-"})
            for odd in (f"bytes={'9' * 5000}-", f"bytes=0-{'9' * 5000}", "bytes=٣-"):
                assert (await client.get(url, headers={"Range": odd.encode()})).status_code == 200
        size = len(whole.content)
        assert (whole.status_code, whole.headers["content-length"]) == (200, str(size))
        assert (rest.status_code, rest.content) == (206, whole.content[5:])
        assert rest.headers["content-range"] == f"bytes 5-{size - 1}/{size}"
        assert (piece.content, piece.headers["content-length"]) == (whole.content[2:4], "2")
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")

    async def test_the_key_beside_a_signature_is_refused(self, tmp_path: Path) -> None:
        """As the vendor's storage does."""
        async with door(tmp_path) as client:
            reply = await client.get(await self.film(client))
        assert (reply.status_code, "<Code>InvalidArgument</Code>" in reply.text) == (400, True)

    async def test_an_address_is_good_for_a_day_as_it_was_signed(self, tmp_path: Path) -> None:
        """Any other word in it is refused, and so is the whole after 24 hours."""
        async with door(tmp_path) as client:
            url = await self.film(client)
            later = url.replace("Expires=", "Expires=9")
            for wrong in (later, url[:-1], url.partition("?")[0]):
                assert (await download(client, wrong)).status_code == 403
            await anyio.sleep(24 * HOUR)
            assert (await download(client, url)).status_code == 403

    @pytest.mark.parametrize("name", ["..%2f..%2fsecret", "%2e%2e/secret", "x.mp4%00", "."])
    async def test_no_address_leads_out_of_the_folder(self, name: str, tmp_path: Path) -> None:
        """A name is looked up, and only a signed one."""
        async with door(tmp_path) as client:
            assert (await download(client, f"{HOST}/films/{name}?Expires=1&Signature=x")).status_code in {403, 404}

    async def test_a_host_header_is_not_believed(self, tmp_path: Path) -> None:
        """Addresses begin as the emulator was told, whoever asks."""
        async with door(tmp_path) as client:
            client.headers["Host"] = "evil.example"
            made = await task(client)
            await anyio.sleep(FILM_SECONDS + 1)
            policy = (await client.get("/uploads", params={"action": "getPolicy", "model": "wan2.7-i2v"})).json()[
                "data"
            ]
            assert (await look(client, made))["video_url"].startswith(f"{HOST}/films/")
            assert policy["upload_host"].startswith(f"{HOST}/")


class TestUploads:
    """Files behind `oss://` addresses."""

    async def form(self, client: httpx.AsyncClient, name: str = "a.png", **fields: str) -> tuple[int, str]:
        """Upload a file; the status, and the key that it was put under."""
        reply = await client.get("/uploads", params={"action": "getPolicy", "model": "wan2.7-i2v"})
        assert complaints("policy-reply", reply.json()) == []
        policy = reply.json()["data"]
        sent = {
            "OSSAccessKeyId": policy["oss_access_key_id"],
            "Signature": policy["signature"],
            "policy": policy["policy"],
            "key": f"{policy['upload_dir']}/{name}",
            "x-oss-object-acl": policy["x_oss_object_acl"],
            "x-oss-forbid-overwrite": policy["x_oss_forbid_overwrite"],
            "success_action_status": "200",
        } | fields
        await anyio.sleep(float(fields.get("wait", "0")))
        del client.headers["Authorization"]
        done = await client.post(policy["upload_host"], data=sent, files={"file": (name, b"picture")})
        client.headers["Authorization"] = f"Bearer {KEY}"
        return done.status_code, sent["key"]

    async def outcome(self, client: httpx.AsyncClient, key: str, model: str = "wan2.7-i2v") -> str:
        """How a task with an uploaded file ends."""
        return str((await decide(client, await task(client, body(url=f"oss://{key}", model=model))))["task_status"])

    @pytest.mark.parametrize(("asked", "status"), [("200", 200), ("201", 201), ("204", 204), ("", 204), ("999", 204)])
    async def test_the_form_says_which_status_means_success(self, asked: str, status: int, tmp_path: Path) -> None:
        """As the vendor's storage does: 204 unless another one is asked for."""
        async with door(tmp_path) as client:
            assert (await self.form(client, "<a>.png", success_action_status=asked))[0] == status

    @pytest.mark.parametrize("name", ["a +b.png", '灯塔\'s "night".png', "../../secret", "a%2fb.png", "x" * 200])
    async def test_any_name_is_only_a_key(self, name: str, tmp_path: Path) -> None:
        """It never becomes a path."""
        async with door(tmp_path) as client:
            status, key = await self.form(client, name)
            assert status == 200
            assert await self.outcome(client, key) == "SUCCEEDED"
        assert {len(file) for file in names(tmp_path / "uploads")} == {64, 69}

    async def test_a_key_is_used_once(self, tmp_path: Path) -> None:
        """Overwriting is forbidden."""
        async with door(tmp_path) as client:
            _, key = await self.form(client)
            folder, _, name = key.rpartition("/")
            assert (await self.form(client, key=f"{folder}/{name}"))[0] == 403  # another policy's folder
            policy = (await client.get("/uploads", params={"action": "getPolicy", "model": "wan2.7-i2v"})).json()[
                "data"
            ]
            form = {"policy": policy["policy"], "Signature": policy["signature"], "key": f"{policy['upload_dir']}/a"}
            statuses = [
                (await client.post(policy["upload_host"], data=form, files={"file": b"x"})).status_code for _ in "12"
            ]
        assert statuses == [204, 409]

    @pytest.mark.parametrize(
        "fields", [{"Signature": "x"}, {"policy": "00"}, {"key": "elsewhere/a.png"}, {"key": ""}, {"wait": "301"}]
    )
    async def test_only_what_the_policy_allows(self, fields: dict[str, str], tmp_path: Path) -> None:
        """Its signature, its folder, its five minutes; nothing is kept otherwise."""
        async with door(tmp_path) as client:
            assert (await self.form(client, **fields))[0] == 403
        assert names(tmp_path / "uploads") == []

    async def test_an_upload_is_good_for_48_hours_and_its_model(self, tmp_path: Path) -> None:
        """The task that names it otherwise fails (service.md 5)."""
        async with door(tmp_path) as client:
            _, key = await self.form(client)
            assert await self.outcome(client, key, "wan2.7-i2v-2026-04-25") == "FAILED"
            await anyio.sleep(47 * HOUR)
            assert await self.outcome(client, key) == "SUCCEEDED"
            await anyio.sleep(1 * HOUR)
            assert await self.outcome(client, key) == "FAILED"

    async def test_a_form_without_a_file_is_refused(self, tmp_path: Path) -> None:
        """400, as the storage answers."""
        async with door(tmp_path) as client:
            assert (await client.post(f"{HOST}/uploads", data={"key": "k"})).status_code == 400


class TestRestart:
    """What is on disk goes on."""

    async def test_tasks_outlive_the_emulator(self, tmp_path: Path) -> None:
        """What ran or waited is rendered after all, what was done is still there, by the same addresses."""
        state = tmp_path / "tasks.jsonl"
        async with door(tmp_path / "a", state=state) as client:
            done = await task(client)
            await anyio.sleep(FILM_SECONDS + 1)
            before = await look(client, done)
            running = [await task(client) for _ in range(6)]
            assert (await client.post(f"/tasks/{running[5]}/cancel")).status_code == 200
        async with door(tmp_path / "a", state=state) as client:
            assert await look(client, done) == before
            assert (await download(client, before["video_url"])).status_code == 200
            assert (await look(client, running[0]))["task_status"] == "RUNNING"
            assert (await decide(client, running[4]))["task_status"] == "SUCCEEDED"
            assert (await look(client, running[5]))["task_status"] == "CANCELED"

    async def test_a_torn_line_is_cut_off_and_a_damaged_one_is_said(self, tmp_path: Path) -> None:
        """With the file, the line and the way out."""
        state = tmp_path / "tasks.jsonl"
        async with door(tmp_path / "a", state=state) as client:
            made = await task(client)
        append(state, '{"id": "to')
        async with door(tmp_path / "a", state=state) as client:
            assert (await look(client, made))["task_status"] == "RUNNING"
        append(state, "nonsense\n")
        with pytest.raises(BaseExceptionGroup) as caught:
            async with door(tmp_path / "a", state=state):
                pytest.fail("it can't be gone on from")
        assert caught.group_contains(StateUnreadable, match="tasks.jsonl` is damaged at line")


def append(path: Path, text: str) -> None:
    """Write at a file's end."""
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return [file.name for file in folder.iterdir()]


POISON: tuple[tuple[str, dict[str, object]], ...] = (
    ("wan2.7-i2v", {"media": [{"type": ["a"], "url": "https://h.example/a.png"}]}),
    ("wan2.7-i2v", {"media": [{"type": {"a": 1}, "url": "https://h.example/a.png"}]}),
    ("wan2.7-i2v", {"media": [{"type": "first_frame", "url": "http://[::1"}]}),
    ("wan2.6-r2v", {"reference_urls": ["http://[::1"]}),
    ("wan2.7-t2v", {"audio_url": "data:audio/wav;base64,AAAA"}),
)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(("model", "given"), POISON, ids=lambda value: value if isinstance(value, str) else "")
async def test_no_request_ends_the_emulator(
    model: str, given: Mapping[str, object], strict: bool, tmp_path: Path
) -> None:
    """It fails by itself, or is refused at once, and the task beside it is filmed."""
    asked = {"model": model, "input": {"prompt": "p", **given}, "parameters": {}}
    async with door(tmp_path, terms=AccountTerms(strict=strict)) as client:
        good = await task(client, body())
        reply = await client.post(SUBMIT, json=asked, headers=ASYNC)
        if reply.status_code == 200:
            ended = await decide(client, reply.json()["output"]["task_id"])
            assert (ended["task_status"], ended["code"]) == ("FAILED", "InvalidParameter")
        else:
            assert strict
            assert refusal(reply) == (400, "InvalidParameter")
        assert (await decide(client, good))["task_status"] == "SUCCEEDED"
