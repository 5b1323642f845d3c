"""The client against the paid service, by hand: pytest collects this file only where it is named.

`docs/conformance.md` says how, and what it costs.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from contract.obligations import MODEL, request

from kit.providers import DASHSCOPE, MOST, request_to
from wanflow.providers.dashscope.regions import endpoint_of
from wanflow.providers.faults import Invalid
from wanflow.providers.protocol import Endpoint, MediaAddress, TaskStatus
from wanflow.wiring import open_client

MEANT = "WANFLOW_REAL_SERVICE"

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """Real time, on the backend that the program runs on."""
    return "asyncio"


class TestRealService:
    """What can be asked of the paid service for nothing, and one film of two seconds."""

    @pytest.fixture
    def endpoint(self) -> Endpoint:
        """The service that the environment names; a key that lies about buys nothing."""
        assert os.environ.get(MEANT) == "yes", f"this asks the paid service: say {MEANT}=yes if you mean it"
        return endpoint_of(os.environ.get("WANFLOW_REGION", "beijing"), os.environ)

    async def test_what_costs_nothing(self, endpoint: Endpoint) -> None:
        """A list, a stranger, a cancel that is too late, a model that does not exist."""
        async with open_client(DASHSCOPE, endpoint, poll_seconds=15, tell=print) as service:
            assert isinstance(await service.list(MODEL), list)
            assert (await service.poll("00000000-0000-0000-0000-000000000000")).status is TaskStatus.UNKNOWN
            assert not await service.cancel("00000000-0000-0000-0000-000000000000")
            with pytest.raises(Invalid):
                await service.submit(request(model="wan9"))

    async def test_one_film_of_two_seconds(self, endpoint: Endpoint, tmp_path: Path) -> None:
        """From upload to file: about 1.20 CNY at the list price of May 2026."""
        picture = Path(__file__).parents[2] / "examples" / "01-one-shot" / "boat.png"
        async with open_client(DASHSCOPE, endpoint, poll_seconds=15, tell=print) as service:
            media = (MediaAddress("first_frame", await service.upload(picture, MODEL)),)
            parameters: dict[str, bool | int | str] = {"resolution": "720P", "duration": 2, "prompt_extend": False}
            asked = request_to(MODEL, "waves", media=media, parameters=parameters, seed=1)
            state = await service.wait_until_done((await service.submit(asked)).task_id)
            assert state.status is TaskStatus.SUCCEEDED, state.fault
            assert (await service.download(state.url or "", tmp_path / "film.mp4", MOST)).size_bytes > 10_000
        assert state.billed == 2
