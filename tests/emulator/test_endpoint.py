"""The emulated API beyond what a client of ours would ask (service.md 1, 4, 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio
import pytest

from kit.emulated import FILM_SECONDS, premade
from kit.wire_schemas import complaints
from wanflow.emulator.api.endpoint import KEY, EmulatedEndpoint

pytestmark = pytest.mark.anyio

SUBMIT = "/services/aigc/video-generation/video-synthesis"
KEYED = {"Authorization": f"Bearer {KEY}", "X-DashScope-Async": "enable"}


def body(seed: int = 1, model: str = "wan2.7-i2v") -> Mapping[str, object]:
    """A first frame pushed for five seconds."""
    media = [{"type": "first_frame", "url": "https://h/a.png"}]
    return {"model": model, "input": {"prompt": "p", "media": media}, "parameters": {"seed": seed}}


async def submit(endpoint: EmulatedEndpoint, seed: int = 1) -> str:
    """A task's id."""
    status, reply = await endpoint.exchange("POST", SUBMIT, KEYED, body(seed))
    assert status == 200
    return str(_object(reply, "output")["task_id"])


async def ask(endpoint: EmulatedEndpoint, path: str) -> Mapping[str, object]:
    """The reply to a GET that is answered."""
    status, reply = await endpoint.exchange("GET", path, KEYED, {})
    assert status == 200
    return reply


def _object(reply: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = reply[key]
    assert isinstance(value, Mapping)
    return value


def _rows(reply: Mapping[str, object]) -> list[str]:
    rows = reply["data"]
    assert isinstance(rows, Sequence)
    return [row["task_id"] for row in rows]


@pytest.mark.parametrize(
    ("headers", "message"),
    [({}, "No API-key provided."), ({"authorization": "Bearer sk-other"}, "Invalid API-key provided.")],
)
async def test_any_other_key_is_refused(headers: Mapping[str, str], message: str, tmp_path: Path) -> None:
    """On every path, whatever the case of the header."""
    async with premade(tmp_path) as endpoint:
        status, reply = await endpoint.exchange("GET", "/tasks/x", headers, {})
    assert (status, reply["code"], reply["message"]) == (401, "InvalidApiKey", message)
    assert complaints("error", reply) == []


@pytest.mark.parametrize(("method", "path"), [("GET", "/nowhere"), ("DELETE", "/tasks/x"), ("GET", SUBMIT)])
async def test_what_the_service_does_not_have_is_not_found(method: str, path: str, tmp_path: Path) -> None:
    """An unknown path and an unknown method both."""
    async with premade(tmp_path) as endpoint:
        status, reply = await endpoint.exchange(method, path, KEYED, {})
    assert (status, reply["code"]) == (404, "NotFound")


async def test_a_task_runs_until_its_film_exists(tmp_path: Path) -> None:
    """PENDING at submit, RUNNING while it is filmed, SUCCEEDED with times, address and figures."""
    async with premade(tmp_path) as endpoint:
        task = await submit(endpoint)
        running = await ask(endpoint, f"/tasks/{task}")
        await anyio.sleep(FILM_SECONDS + 1)
        done = await ask(endpoint, f"/tasks/{task}")
    assert _object(running, "output")["task_status"] == "RUNNING"
    assert "usage" not in running
    output = _object(done, "output")
    assert (output["task_status"], output["orig_prompt"]) == ("SUCCEEDED", "p")
    assert (output["submit_time"], output["end_time"]) == ("2026-11-20 20:00:00.000", "2026-11-20 20:01:00.000")
    assert done["usage"] == {
        "duration": 5, "input_video_duration": 0, "output_video_duration": 5, "video_count": 1, "SR": 1080,
    }  # fmt: skip


async def test_five_tasks_of_a_model_run_and_the_others_wait(tmp_path: Path) -> None:
    """Eleven tasks of a minute take three."""
    async with premade(tmp_path) as endpoint:
        tasks = [await submit(endpoint, seed) for seed in range(11)]
        pending = await ask(endpoint, "/tasks/?status=PENDING&page_size=100")
        assert sorted(_rows(pending)) == sorted(tasks[5:])
        await anyio.sleep(2 * FILM_SECONDS + 1)
        assert _rows(await ask(endpoint, "/tasks/?status=RUNNING")) == tasks[10:]
        await anyio.sleep(FILM_SECONDS)
        assert len(_rows(await ask(endpoint, "/tasks/?status=SUCCEEDED&page_size=100"))) == 11


async def test_no_more_films_are_made_at_once_than_there_are_hands(tmp_path: Path) -> None:
    """With one hand, two tasks run and are filmed one after the other."""
    async with premade(tmp_path, jobs=1) as endpoint:
        first, second = await submit(endpoint, 1), await submit(endpoint, 2)
        await endpoint.changed(first)
        assert anyio.current_time() == pytest.approx(FILM_SECONDS)
        await endpoint.changed(second)
        assert anyio.current_time() == pytest.approx(2 * FILM_SECONDS)


async def test_nonsense_is_accepted_and_fails_in_its_task(tmp_path: Path) -> None:
    """The reply to the submit is PENDING; the words come with the first query."""
    nonsense: Mapping[str, object] = {"model": "wan2.7-i2v", "input": {}, "parameters": {}}
    async with premade(tmp_path) as endpoint:
        status, reply = await endpoint.exchange("POST", SUBMIT, KEYED, nonsense)
        assert (status, _object(reply, "output")["task_status"]) == (200, "PENDING")
        task = _object(reply, "output")["task_id"]
        await endpoint.changed(str(task))
        failed = await ask(endpoint, f"/tasks/{task}")
    assert _object(failed, "output")["code"] == "InvalidParameter"
    assert _object(failed, "output")["message"] == "Field required: input.media"
    assert complaints("task-reply", failed) == []


async def test_the_list_takes_windows_and_pages(tmp_path: Path) -> None:
    """Ten rows a page if nobody says otherwise; times are Beijing's."""
    async with premade(tmp_path) as endpoint:
        for seed in range(12):
            await submit(endpoint, seed)
            await anyio.sleep(60)
        first = await ask(endpoint, "/tasks")
        assert (first["total"], first["total_page"], len(_rows(first))) == (12, 2, 10)
        assert len(_rows(await ask(endpoint, "/tasks/?page_no=2"))) == 2
        assert len(_rows(await ask(endpoint, "/tasks/?start_time=20261120200900"))) == 3
        assert len(_rows(await ask(endpoint, "/tasks/?end_time=20261120200000"))) == 1
        status, _ = await endpoint.exchange("GET", "/tasks/?page_no=x", KEYED, {})
        assert status == 400


async def test_equal_requests_without_a_seed_give_different_results(tmp_path: Path) -> None:
    """As a service that draws lots; with a seed they are the same, and an upload at another address changes nothing."""

    def asked(address: str, **settings: int) -> Mapping[str, object]:
        media = [{"type": "first_frame", "url": address}]
        return {"model": "wan2.7-i2v", "input": {"prompt": "p", "media": media}, "parameters": settings}

    bodies = [asked("https://h/a.png"), asked("https://h/b.png"), asked("https://h/a.png", seed=7)] * 2
    async with premade(tmp_path) as endpoint:
        names = []
        for each in bodies:
            _, reply = await endpoint.exchange("POST", SUBMIT, KEYED, each)
            names.append(str(_object(reply, "output")["task_id"]))
        for name in names:
            while (await ask(endpoint, f"/tasks/{name}"))["output"]["task_status"] != "SUCCEEDED":  # type: ignore[index]
                await endpoint.changed(name)
        found = [endpoint.bucket.result_place(name, ".mp4", 0).read_bytes() for name in names]
    assert len({found[0], found[1], found[3], found[4]}) == 4
    assert found[2] == found[5]
