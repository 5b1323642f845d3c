"""The obligations of `VideoService` over real sockets, in real time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from contract.obligations import Finish, Obligations, Way, request

from kit.providers import DASHSCOPE, MOST
from kit.served import Served, recorded
from kit.wire_schemas import problems
from wanflow.emulator.api.endpoint import KEY
from wanflow.providers.dashscope.client import DashScopeClient, connect
from wanflow.providers.dashscope.regions import BASE_VARIABLE, KEY_VARIABLE, endpoint_of
from wanflow.providers.faults import ResultExpired, Unauthorised
from wanflow.providers.poller import Poller
from wanflow.providers.protocol import Endpoint, WaitingClient
from wanflow.providers.retrying import Retrying
from wanflow.wiring import open_client

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """Real time, on the backend that the program runs on."""
    return "asyncio"


@pytest.fixture
def account() -> Iterator[Served]:
    """An emulator whose tasks run until they are released; all that passed has to be what the schemas say."""
    with recorded(held=True) as running:
        yield running
    assert [words for exchange in running.seen for words in problems(exchange)] == []


@pytest.fixture
def finish(account: Served) -> Finish:
    """The emulator releases its films."""
    return account.release


@pytest.fixture
def way(account: Served) -> Way:
    """The client over loopback, with retries and without our own limit on submissions."""

    @asynccontextmanager
    async def open_loopback(_: Path) -> AsyncIterator[WaitingClient]:
        endpoint = Endpoint("beijing", account.base_url, KEY)
        async with connect(endpoint) as transport:
            yield Retrying(Poller(DashScopeClient(transport), 0.05), print)

    return open_loopback


class TestLoopback(Obligations):
    """All of them, and what only a network shows."""

    async def test_an_address_that_is_not_signed_is_refused(self, way: Way, finish: Finish, tmp_path: Path) -> None:
        """Whoever shortens it gets nothing."""
        finish()
        async with way(tmp_path) as service:
            state = await service.wait_until_done((await service.submit(request())).task_id)
            with pytest.raises(ResultExpired):
                await service.download((state.url or "").partition("?")[0], tmp_path / "film.mp4", MOST)

    async def test_a_key_of_another_region_is_told(self, account: Served) -> None:
        """With the region that was tried."""
        endpoint = endpoint_of("beijing", {KEY_VARIABLE: "sk-x", BASE_VARIABLE: account.base_url})
        async with open_client(DASHSCOPE, endpoint, poll_seconds=1, tell=print) as service:
            with pytest.raises(Unauthorised) as caught:
                await service.poll("t")
        assert "`beijing`" in (caught.value.hint or "")
