"""What every `VideoService` owes its callers (wanflow/service/port.py), against each that we have.

The emulator is in process and its films are made beforehand, so that hours pass in virtual time.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from kit.emulated import FILM_SECONDS, FORBIDDEN, in_process, premade
from kit.wire import Checked
from wanflow.emulator.endpoint import Endpoint
from wanflow.service import wire
from wanflow.service.client import WireClient
from wanflow.service.fault import Invalid, ResultExpired
from wanflow.service.limited import Limited
from wanflow.service.pacing import ClockPacing, CompletionPacing
from wanflow.service.port import Request, TaskStatus, VideoService
from wanflow.service.transport import Transport
from wanflow.service.wire import MediaItem

pytestmark = pytest.mark.anyio

MODEL = "wan2.7-i2v"
PICTURE = "data:image/png;base64,AAAA"
DAY = 24 * 3600

Build = Callable[[Endpoint, Transport], VideoService]

SERVICES: dict[str, Build] = {
    "on completion": lambda endpoint, way: WireClient(way, CompletionPacing(endpoint.changed)),
    "on a clock": lambda _, way: WireClient(way, ClockPacing(15)),
    "limited": lambda endpoint, way: Limited(WireClient(way, CompletionPacing(endpoint.changed))),
}


def request(seed: int = 1, *, prompt: str = "a coast", url: str = PICTURE, model: str = MODEL) -> Request:
    """A first frame that is pushed for five seconds."""
    parameters: dict[str, bool | int | str] = {"resolution": "720P", "duration": 5, "prompt_extend": False}
    media = [MediaItem("first_frame", url)]
    return wire.request_body(model, prompt=prompt, negative_prompt=None, media=media, parameters=parameters, seed=seed)


@pytest.mark.parametrize("build", SERVICES.values(), ids=SERVICES.keys())
class TestVideoService:
    """The obligations, one a test."""

    @asynccontextmanager
    async def service(self, build: Build, folder: Path) -> AsyncIterator[VideoService]:
        """One of the services over an emulator of its own."""
        async with premade(folder / "emulator") as endpoint, in_process(endpoint) as transport:
            yield build(endpoint, Checked(transport))

    async def test_each_submit_is_a_task_of_its_own(self, build: Build, tmp_path: Path) -> None:
        """The same request twice is two tasks: a submit is not idempotent."""
        async with self.service(build, tmp_path) as service:
            first, second = await service.submit(request()), await service.submit(request())
            assert first.task_id != second.task_id
            assert {row.task_id for row in await service.list(MODEL)} == {first.task_id, second.task_id}

    async def test_a_task_is_waited_for_and_its_film_fetched(self, build: Build, tmp_path: Path) -> None:
        """From submit to a file whose digest and length are known, with usage figures."""
        target = tmp_path / "film.mp4"
        async with self.service(build, tmp_path) as service:
            task = await service.submit(request(7))
            assert (await service.poll(task.task_id)).status is TaskStatus.RUNNING
            state = await service.settled(task.task_id)
            fetched = await service.download(state.url or "", target)
        film = b"wan2.7-i2v 7 a coast"
        assert state.status is TaskStatus.SUCCEEDED
        assert wire.billed_seconds(state.usage) == 5
        assert (fetched.digest, fetched.size_bytes) == (hashlib.sha256(film).hexdigest(), len(film))
        assert target.read_bytes() == film
        assert FILM_SECONDS <= anyio.current_time() < FILM_SECONDS + 16

    async def test_a_settled_task_is_not_waited_for(self, build: Build, tmp_path: Path) -> None:
        """Who asks again, as after a restart, is answered at once; so is who asks for a task nobody knows."""
        async with self.service(build, tmp_path) as service:
            task = await service.submit(request())
            await service.settled(task.task_id)
            before = anyio.current_time()
            assert (await service.settled(task.task_id)).status is TaskStatus.SUCCEEDED
            assert (await service.settled("never-was")).status is TaskStatus.UNKNOWN
            assert anyio.current_time() - before < 1

    async def test_a_refused_task_carries_the_services_words(self, build: Build, tmp_path: Path) -> None:
        """What the service refuses inside a task is a state, not a fault, and is not billed."""
        async with self.service(build, tmp_path) as service:
            state = await service.settled((await service.submit(request(prompt=FORBIDDEN))).task_id)
        assert (state.status, state.code) == (TaskStatus.FAILED, "DataInspectionFailed")
        assert state.message == "Output data may contain inappropriate content."
        assert (state.url, state.usage) == (None, None)

    async def test_a_model_that_does_not_exist_is_refused_at_once(self, build: Build, tmp_path: Path) -> None:
        """No task comes of it."""
        async with self.service(build, tmp_path) as service:
            with pytest.raises(Invalid, match="Model not exist"):
                await service.submit(request(model="wan9"))

    async def test_the_list_has_one_models_tasks_newest_first(self, build: Build, tmp_path: Path) -> None:
        """More than a page of them, without those of other models."""
        async with self.service(build, tmp_path) as service:
            made = []
            for seed in range(60):
                made.append((await service.submit(request(seed))).task_id)
                await anyio.sleep(1)
            await service.submit(request(model="wan2.7-i2v-2026-04-25"))
            assert [row.task_id for row in await service.list(MODEL)] == made[::-1]

    async def test_a_task_is_known_for_a_day(self, build: Build, tmp_path: Path) -> None:
        """After that it is UNKNOWN, it is off the list, and its film's address is refused."""
        async with self.service(build, tmp_path) as service:
            task = await service.submit(request())
            state = await service.settled(task.task_id)
            await anyio.sleep(DAY)
            assert (await service.poll(task.task_id)).status is TaskStatus.UNKNOWN
            assert await service.list(MODEL) == []
            with pytest.raises(ResultExpired):
                await service.download(state.url or "", tmp_path / "film.mp4")
        assert not (tmp_path / "film.mp4").exists()

    async def test_only_a_waiting_task_can_be_cancelled(self, build: Build, tmp_path: Path) -> None:
        """Five run at once; the sixth waits and is cancelled, a running one goes on to its film."""
        async with self.service(build, tmp_path) as service:
            tasks = [await service.submit(request(seed)) for seed in range(6)]
            assert await service.cancel(tasks[5].task_id)
            assert not await service.cancel(tasks[0].task_id)
            assert not await service.cancel("never-was")
            assert (await service.settled(tasks[5].task_id)).status is TaskStatus.CANCELED
            assert (await service.settled(tasks[0].task_id)).status is TaskStatus.SUCCEEDED

    async def test_an_uploaded_file_can_be_named_in_a_request(self, build: Build, tmp_path: Path) -> None:
        """Whatever the file is called, its address is taken, and no two uploads share one."""
        file = tmp_path / "a +'中 100%.png"
        file.write_bytes(b"picture")
        async with self.service(build, tmp_path) as service:
            first, second = await service.upload(file, MODEL), await service.upload(file, MODEL)
            task = await service.submit(request(url=first))
            assert (await service.settled(task.task_id)).status is TaskStatus.SUCCEEDED
        assert first != second

    async def test_who_gives_up_waiting_leaves_the_task_alone(self, build: Build, tmp_path: Path) -> None:
        """Cancelled, the wait ends and the task goes on."""
        async with self.service(build, tmp_path) as service:
            task = await service.submit(request())
            with anyio.move_on_after(1) as scope:
                await service.settled(task.task_id)
            assert scope.cancelled_caught
            assert (await service.settled(task.task_id)).status is TaskStatus.SUCCEEDED

    async def test_a_download_that_is_cancelled_leaves_no_file(self, build: Build, tmp_path: Path) -> None:
        """Neither the target nor a part of it."""
        target = tmp_path / "fetched" / "film.mp4"
        target.parent.mkdir()
        async with self.service(build, tmp_path) as service:
            state = await service.settled((await service.submit(request())).task_id)
            with anyio.CancelScope() as scope:
                scope.cancel()
                await service.download(state.url or "", target)
        assert names(target.parent) == []


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return [file.name for file in folder.iterdir()]
