"""What every `VideoService` owes its callers (wanflow/providers/protocol.py), one obligation a test."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import anyio
import pytest

from kit.emulated import FORBIDDEN
from kit.providers import MOST, request_to
from wanflow.providers.faults import Invalid, Refused
from wanflow.providers.protocol import MediaAddress, Request, TaskStatus, WaitingClient

MODEL = "wan2.7-i2v"
PICTURE = "data:image/png;base64,AAAA"

Way = Callable[[Path], AbstractAsyncContextManager[WaitingClient]]
"""Opens a service whose account is its own; what it keeps lies in the folder."""

Finish = Callable[[], object]
"""Lets the tasks of that account end, those that were submitted and all later ones."""


def request(seed: int = 1, *, prompt: str = "a coast", url: str = PICTURE, model: str = MODEL) -> Request:
    """A first frame that is pushed for five seconds."""
    parameters: dict[str, bool | int | str] = {"resolution": "720P", "duration": 5, "prompt_extend": False}
    return request_to(model, prompt, media=(MediaAddress("first_frame", url),), parameters=parameters, seed=seed)


class Obligations:
    """To be inherited by a class of tests; its module has the fixtures `way` and `finish`."""

    async def test_each_submit_is_a_task_of_its_own(self, way: Way, tmp_path: Path) -> None:
        """The same request twice is two tasks: a submit is not idempotent."""
        async with way(tmp_path) as service:
            first, second = await service.submit(request()), await service.submit(request())
            assert first.task_id != second.task_id
            assert {row.task_id for row in await service.list(MODEL)} == {first.task_id, second.task_id}

    async def test_a_task_is_waited_for_and_its_film_fetched(self, way: Way, finish: Finish, tmp_path: Path) -> None:
        """From submit to a file whose digest and length are known, with usage figures."""
        target = tmp_path / "film.mp4"
        async with way(tmp_path) as service:
            task = await service.submit(request(7))
            assert (await service.poll(task.task_id)).status is TaskStatus.RUNNING
            finish()
            state = await service.wait_until_done(task.task_id)
            fetched = await service.download(state.url or "", target, MOST)
        film = b"wan2.7-i2v 7 a coast"
        assert state.status is TaskStatus.SUCCEEDED
        assert state.billed == 5
        assert (fetched.digest, fetched.size_bytes) == (hashlib.sha256(film).hexdigest(), len(film))
        assert target.read_bytes() == film

    async def test_a_settled_task_is_not_waited_for(self, way: Way, finish: Finish, tmp_path: Path) -> None:
        """Who asks again, as after a restart, is answered at once; so is who asks for a task nobody knows."""
        async with way(tmp_path) as service:
            task = await service.submit(request())
            finish()
            await service.wait_until_done(task.task_id)
            with anyio.fail_after(10):
                assert (await service.wait_until_done(task.task_id)).status is TaskStatus.SUCCEEDED
                assert (await service.wait_until_done("never-was")).status is TaskStatus.UNKNOWN

    async def test_a_refused_task_carries_the_services_words(self, way: Way, finish: Finish, tmp_path: Path) -> None:
        """What the service refuses inside a task is a state, not a fault, and is not billed."""
        async with way(tmp_path) as service:
            finish()
            state = await service.wait_until_done((await service.submit(request(prompt=FORBIDDEN))).task_id)
        assert (state.status, state.failure.code) == (TaskStatus.FAILED, "DataInspectionFailed")
        assert isinstance(state.failure, Refused)
        assert "Output data may contain inappropriate content." in str(state.failure)
        assert (state.url, state.billed) == (None, None)

    async def test_a_model_that_does_not_exist_is_refused_at_once(self, way: Way, tmp_path: Path) -> None:
        """No task comes of it."""
        async with way(tmp_path) as service:
            with pytest.raises(Invalid, match="Model not exist"):
                await service.submit(request(model="wan9"))

    async def test_the_list_has_one_models_tasks_newest_first(self, way: Way, tmp_path: Path) -> None:
        """More than a page of them, without those of other models."""
        async with way(tmp_path) as service:
            made = [(await service.submit(request(seed))).task_id for seed in range(60)]
            await service.submit(request(model="wan2.7-i2v-2026-04-25"))
            assert [row.task_id for row in await service.list(MODEL)] == made[::-1]

    async def test_only_a_waiting_task_can_be_cancelled(self, way: Way, finish: Finish, tmp_path: Path) -> None:
        """Five run at once; the sixth waits and is cancelled, a running one goes on to its film."""
        async with way(tmp_path) as service:
            tasks = [await service.submit(request(seed)) for seed in range(6)]
            assert await service.cancel(tasks[5].task_id)
            assert not await service.cancel(tasks[0].task_id)
            assert not await service.cancel("never-was")
            assert (await service.wait_until_done(tasks[5].task_id)).status is TaskStatus.CANCELED
            finish()
            assert (await service.wait_until_done(tasks[0].task_id)).status is TaskStatus.SUCCEEDED

    async def test_an_uploaded_file_can_be_named_in_a_request(self, way: Way, finish: Finish, tmp_path: Path) -> None:
        """Whatever the file is called, its address is taken, and no two uploads share one."""
        file = tmp_path / "a +'中 100%.png"
        file.write_bytes(b"picture")
        async with way(tmp_path) as service:
            first, second = await service.upload(file, MODEL), await service.upload(file, MODEL)
            task = await service.submit(request(url=first))
            finish()
            assert (await service.wait_until_done(task.task_id)).status is TaskStatus.SUCCEEDED
        assert first != second

    async def test_who_gives_up_waiting_leaves_the_task_alone(self, way: Way, finish: Finish, tmp_path: Path) -> None:
        """Cancelled, the wait ends and the task goes on."""
        async with way(tmp_path) as service:
            task = await service.submit(request())
            with anyio.move_on_after(0.01) as scope:
                await service.wait_until_done(task.task_id)
            assert scope.cancelled_caught
            finish()
            assert (await service.wait_until_done(task.task_id)).status is TaskStatus.SUCCEEDED

    async def test_a_download_that_is_cancelled_can_be_gone_on_with(
        self, way: Way, finish: Finish, tmp_path: Path
    ) -> None:
        """Only the target exists, and a second download is whole."""
        target = tmp_path / "fetched" / "film.mp4"
        target.parent.mkdir()
        async with way(tmp_path) as service:
            finish()
            state = await service.wait_until_done((await service.submit(request())).task_id)
            with anyio.CancelScope() as scope:
                scope.cancel()
                await service.download(state.url or "", target, MOST)
            assert set(names(target.parent)) <= {"film.mp4"}
            fetched = await service.download(state.url or "", target, MOST)
        assert fetched.digest == hashlib.sha256(target.read_bytes()).hexdigest()


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return [file.name for file in folder.iterdir()]
