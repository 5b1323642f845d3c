"""The obligations of `VideoService` in process and in virtual time, against each way to the client that we have.

The emulator's films are made beforehand, so that hours pass in no time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from contract.obligations import MODEL, Finish, Obligations, Way, request

from kit.emulated import FILM_SECONDS, in_process, premade
from kit.providers import MOST
from kit.wire_schemas import Checked
from wanflow.emulator.api.endpoint import EmulatedEndpoint
from wanflow.providers.dashscope.client import DashScopeClient
from wanflow.providers.dashscope.http import Transport
from wanflow.providers.faults import ResultExpired
from wanflow.providers.limited import Limited
from wanflow.providers.poller import CompletionPoller, Poller
from wanflow.providers.protocol import TaskStatus, WaitingClient
from wanflow.providers.retrying import Retrying

pytestmark = pytest.mark.anyio

DAY = 24 * 3600

Build = Callable[[EmulatedEndpoint, Transport], WaitingClient]

SERVICES: dict[str, Build] = {
    "on completion": lambda endpoint, way: CompletionPoller(DashScopeClient(way), endpoint.changed),
    "on a clock": lambda _, way: Poller(DashScopeClient(way), 15),
    "limited": lambda endpoint, way: CompletionPoller(Limited(DashScopeClient(way)), endpoint.changed),
    "retrying": lambda _, way: Retrying(Poller(DashScopeClient(way), 15), print),
}


@pytest.fixture
def finish() -> Finish:
    """Tasks end by themselves, as virtual time passes."""
    return lambda: None


@pytest.fixture(params=SERVICES.values(), ids=SERVICES.keys())
def way(request: pytest.FixtureRequest) -> Way:
    """One of the services over an emulator of its own."""
    build: Build = request.param

    @asynccontextmanager
    async def open_service(folder: Path) -> AsyncIterator[WaitingClient]:
        async with premade(folder / "emulator") as endpoint, in_process(endpoint) as transport:
            yield build(endpoint, Checked(transport))

    return open_service


class TestInProcess(Obligations):
    """All of them, and those that take hours."""

    async def test_a_task_takes_its_time_and_no_more(self, way: Way, tmp_path: Path) -> None:
        """It is running until its film exists, and known soon after."""
        async with way(tmp_path) as service:
            task = await service.submit(request())
            assert (await service.poll(task.task_id)).status is TaskStatus.RUNNING
            await service.wait_until_done(task.task_id)
        assert FILM_SECONDS <= anyio.current_time() < FILM_SECONDS + 16

    async def test_a_task_is_known_for_a_day(self, way: Way, tmp_path: Path) -> None:
        """After that it is UNKNOWN, it is off the list, and its film's address is refused."""
        async with way(tmp_path) as service:
            task = await service.submit(request())
            state = await service.wait_until_done(task.task_id)
            await anyio.sleep(DAY)
            assert (await service.poll(task.task_id)).status is TaskStatus.UNKNOWN
            assert await service.list(MODEL) == []
            with pytest.raises(ResultExpired):
                await service.download(state.url or "", tmp_path / "film.mp4", MOST)
        assert not (tmp_path / "film.mp4").exists()
