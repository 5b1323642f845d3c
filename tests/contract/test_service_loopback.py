"""The obligations of `VideoService` over real sockets, in real time; by hand also against the real service.

`docs/conformance.md` says how, and what it costs.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from contract.obligations import MODEL, Obligations, Way, request

from kit.served import Served, recorded
from kit.wire import problems
from wanflow.emulator.terms import KEY
from wanflow.service import wire
from wanflow.service.client import WireClient
from wanflow.service.fault import Invalid, ResultExpired, Unauthorised
from wanflow.service.opening import connect, open_service
from wanflow.service.pacing import ClockPacing
from wanflow.service.port import TaskStatus, VideoService
from wanflow.service.regions import Endpoint, endpoint_of
from wanflow.service.retrying import Retrying
from wanflow.service.wire import MediaItem

pytestmark = pytest.mark.anyio

REAL = "WANFLOW_REAL_SERVICE"


@pytest.fixture
def anyio_backend() -> str:
    """Real time, on the backend that the program runs on."""
    return "asyncio"


@pytest.fixture
def account() -> Iterator[Served]:
    """An emulator whose films take a moment; all that passed has to be what the schemas say."""
    with recorded(film_seconds=0.5) as running:
        yield running
    assert [words for exchange in running.seen for words in problems(exchange)] == []


@pytest.fixture
def way(account: Served) -> Way:
    """The client over loopback, with retries and without our own limit on submissions."""

    @asynccontextmanager
    async def open_loopback(_: Path) -> AsyncIterator[VideoService]:
        endpoint = Endpoint("beijing", account.base_url, KEY)
        async with connect(endpoint) as transport:
            yield Retrying(WireClient(transport, ClockPacing(0.05)), print)

    return open_loopback


class TestLoopback(Obligations):
    """All of them, and what only a network shows."""

    async def test_an_address_that_is_not_signed_is_refused(self, way: Way, tmp_path: Path) -> None:
        """Whoever shortens it gets nothing."""
        async with way(tmp_path) as service:
            state = await service.settled((await service.submit(request())).task_id)
            with pytest.raises(ResultExpired):
                await service.download((state.url or "").partition("?")[0], tmp_path / "film.mp4")

    async def test_a_key_of_another_region_is_told(self, account: Served) -> None:
        """With the region that was tried."""
        async with open_service(Endpoint("beijing", account.base_url, "sk-x"), poll_seconds=1, tell=print) as service:
            with pytest.raises(Unauthorised) as caught:
                await service.poll("t")
        assert "`beijing`" in (caught.value.hint or "")


@pytest.mark.skipif(os.environ.get(REAL) != "yes", reason=f"by hand: {REAL}=yes and a key, see docs/conformance.md")
class TestRealService:
    """What can be asked of the paid service for nothing, and one film of two seconds."""

    @pytest.fixture
    def endpoint(self) -> Endpoint:
        """The service that the environment names."""
        return endpoint_of(os.environ.get("WANFLOW_REGION", "beijing"), os.environ)

    async def test_what_costs_nothing(self, endpoint: Endpoint) -> None:
        """A list, a stranger, a cancel that is too late, a model that does not exist."""
        async with open_service(endpoint, poll_seconds=15, tell=print) as service:
            assert isinstance(await service.list(MODEL), list)
            assert (await service.poll("00000000-0000-0000-0000-000000000000")).status is TaskStatus.UNKNOWN
            assert not await service.cancel("00000000-0000-0000-0000-000000000000")
            with pytest.raises(Invalid):
                await service.submit(request(model="wan9"))

    async def test_one_film_of_two_seconds(self, endpoint: Endpoint, tmp_path: Path) -> None:
        """From upload to file: about 1.20 CNY at the list price of May 2026."""
        picture = Path(__file__).parents[2] / "examples" / "01-one-shot" / "boat.png"
        async with open_service(endpoint, poll_seconds=15, tell=print) as service:
            media = [MediaItem("first_frame", await service.upload(picture, MODEL))]
            parameters: dict[str, bool | int | str] = {"resolution": "720P", "duration": 2, "prompt_extend": False}
            body = wire.request_body(
                MODEL, prompt="waves", negative_prompt=None, media=media, parameters=parameters, seed=1
            )
            state = await service.settled((await service.submit(body)).task_id)
            assert state.status is TaskStatus.SUCCEEDED, state.message
            assert (await service.download(state.url or "", tmp_path / "film.mp4")).size_bytes > 10_000
        assert wire.billed_seconds(state.usage) == 2
