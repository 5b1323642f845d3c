"""What is sent and what is not sent again, in virtual time: addresses that live are named, the rest is uploaded."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from kit.emulated import HOST
from kit.films import COAST, edited, production, shot
from kit.providers import DASHSCOPE
from kit.virtual_run import virtual_run
from wanflow.language.source import FileSource, ShotSource, Tail, UrlSource
from wanflow.providers.faults import AccountBlocked, Unauthorised
from wanflow.providers.protocol import (
    Accepted,
    DelegatingWaiter,
    DownloadedFile,
    Eager,
    Request,
    Seen,
    TaskState,
    WaitingClient,
    always,
    unseen,
)
from wanflow.store import journal

pytestmark = pytest.mark.anyio

HOUR = 3600
OVER = f"{HOST}/films/over.mp4?Signature=x"
PINNED = "https://host.example/clip.mp4"


class Listening(DelegatingWaiter):
    """A service that notes what is uploaded and submitted, and says of a submit what it was told to."""

    def __init__(self, service: WaitingClient, notes: Notes) -> None:
        super().__init__(service)
        self._notes = notes

    async def submit(self, request: Request) -> Accepted:
        """Note the addresses of the media; raise the fault, where there is one."""
        self._notes.sent.append([medium.url for medium in request.media])
        if self._notes.fault is not None:
            raise self._notes.fault
        return await self._service.submit(request)

    async def upload(self, path: Path, model: str) -> str:
        """Note the file's ending, since its name may be any."""
        self._notes.uploaded.append(path.suffix)
        return await self._service.upload(path, model)

    async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        """A foreign address has always the same bytes."""
        if url != PINNED:
            return await self._service.download(url, target, most_bytes)
        self._notes.fetched += 1
        return DownloadedFile("c" * 64, 7)


class Notes:
    """What a service was asked."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.sent: list[list[str]] = []
        self.uploaded: list[str] = []
        self.fetched = 0

    def around(self, service: WaitingClient) -> WaitingClient:
        """The service that takes these notes."""
        return Listening(service, self)


async def test_a_result_that_is_still_online_is_passed_on_and_a_piece_of_it_is_uploaded(tmp_path: Path) -> None:
    """The whole take goes on by its address; its tail is bytes that only we have."""
    film = production(
        COAST,
        shot("whole", {"first_clip": ShotSource("coast")}),
        shot("tail", {"first_clip": ShotSource("coast", Tail(Decimal(2)))}),
    )
    notes = Notes()
    async with virtual_run(tmp_path, notes.around) as here:
        outcome = await here.run(film)
    assert outcome.exit_code == 0
    assert sorted(notes.uploaded) == [".mp4", ".png"]
    (whole,) = [urls for urls in notes.sent if urls[0].startswith("http")]
    assert "/films/" in whole[0]


@pytest.mark.parametrize(("hours", "uploaded"), [(22, []), (24, [".mp4"])])
async def test_a_result_is_passed_on_for_a_day(hours: int, uploaded: list[str], tmp_path: Path) -> None:
    """Also by a later run; after that its bytes go up from the store."""
    notes = Notes()
    async with virtual_run(tmp_path, notes.around) as here:
        await here.run(production(COAST))
        await anyio.sleep(hours * HOUR)
        notes.uploaded.clear()
        await here.run(production(COAST, shot("whole", {"first_clip": ShotSource("coast")})))
    assert notes.uploaded == uploaded


@pytest.mark.parametrize(("hours", "times"), [(46, 1), (48, 2)])
async def test_an_upload_is_reused_while_it_lives(hours: int, times: int, tmp_path: Path) -> None:
    """Two shots side by side, and a third two days later, share one upload of the same bytes."""
    frame = {"first_frame": FileSource("sets/coast.png")}
    both = production(shot("one", frame), shot("two", frame))
    notes = Notes()
    async with virtual_run(tmp_path, notes.around) as here:
        await here.run(both)
        assert notes.uploaded == [".png"]
        await anyio.sleep(hours * HOUR)
        await here.run(edited(both, "two", prompt="another"))
    assert len(notes.uploaded) == times


async def test_an_upload_for_another_model_is_another(tmp_path: Path) -> None:
    """An address is bound to the model that it was made for (service.md 5)."""
    frame = {"first_frame": FileSource("sets/coast.png")}
    dated = replace(shot("two", frame), model="wan2.7-i2v-2026-04-25")
    notes = Notes()
    async with virtual_run(tmp_path, notes.around) as here:
        outcome = await here.run(production(shot("one", frame), dated))
    assert (outcome.exit_code, len(notes.uploaded)) == (0, 2)


async def test_a_file_that_changed_after_the_plan_is_not_sent(tmp_path: Path) -> None:
    """What is paid for is what the plan named."""
    notes = Notes()
    async with virtual_run(tmp_path, notes.around) as here:
        plan = here.plan(production(COAST))
        write(tmp_path / "sets" / "coast.png", b"another coast")
        outcome = await here.run(production(COAST), plan=plan)
    assert (outcome.exit_code, outcome.submitted, notes.sent) == (1, 0, [])
    assert "was changed after the plan was made" in outcome.failures[0].message


@pytest.mark.parametrize(("pin", "code"), [("c" * 64, 0), ("C" * 64, 0), ("d" * 64, 1)])
async def test_a_pinned_address_is_compared_once_before_anything_is_paid(pin: str, code: int, tmp_path: Path) -> None:
    """On the paid backend: two shots share one look; what is not the file is not bought."""
    clip = {"first_clip": UrlSource(PINNED, pin)}
    film = production(shot("one", clip), shot("two", clip), provider=DASHSCOPE)
    notes = Notes()
    async with virtual_run(tmp_path, notes.around) as here:
        outcome = await here.run(film)
    assert outcome.exit_code == code
    assert len(notes.sent) == (0 if code else 2)
    assert notes.fetched in ({1, 2} if code == 0 else {2})


@pytest.mark.parametrize(("fault", "code"), [(Unauthorised("no"), 2), (AccountBlocked("pay first"), 1)])
async def test_an_account_that_may_not_buy_stops_further_submissions(
    fault: Exception, code: int, tmp_path: Path
) -> None:
    """One request was enough to know; nothing waits in the queue for its turn to be refused."""
    frame = {"first_frame": FileSource("sets/coast.png")}
    film = production(*(shot(f"shot_{number}", frame, prompt=f"p{number}") for number in range(12)))
    notes = Notes(fault)
    async with virtual_run(tmp_path, notes.around) as here:
        outcome = await here.run(film)
        journal_state = journal.read(here.store)
    assert (outcome.exit_code, outcome.submitted) == (code, 0)
    assert len(notes.sent) <= 7
    assert (journal_state.unknown_fate, journal_state.open) == ((), ())


class Stale(DelegatingWaiter):
    """A service whose first word about a result is an address that is refused; `fresh` says whether it has another."""

    def __init__(self, service: WaitingClient, *, fresh: bool) -> None:
        super().__init__(service)
        self._fresh = fresh

    async def wait_until_done(self, task_id: str, seen: Seen = unseen, eager: Eager = always) -> TaskState:
        """The address of the first look is over."""
        return replace(await self._service.wait_until_done(task_id, seen, eager), url=OVER)

    async def poll(self, task_id: str) -> TaskState:
        """A later look may have a good one."""
        state = await self._service.poll(task_id)
        return state if self._fresh else replace(state, url=OVER)


@pytest.mark.parametrize(("fresh", "code"), [(True, 0), (False, 1)])
async def test_an_address_that_is_refused_is_asked_for_anew(fresh: bool, code: int, tmp_path: Path) -> None:
    """Once; without another one the task stays open, since it was paid for."""
    async with virtual_run(tmp_path, lambda service: Stale(service, fresh=fresh)) as here:
        outcome = await here.run(production(COAST))
        still_open = journal.read(here.store).open
    assert (outcome.exit_code, len(still_open)) == (code, code)


def write(path: Path, data: bytes) -> None:
    """Replace a file's bytes."""
    path.write_bytes(data)


async def test_a_sound_with_a_key_of_its_own_is_uploaded_like_any_other(tmp_path: Path) -> None:
    """t2v takes its sound under a key of its own, by an address (service.md 2.5)."""
    asked: list[Request] = []

    class Noting(DelegatingWaiter):
        async def submit(self, request: Request) -> Accepted:
            asked.append(request)
            return await super().submit(request)

    parameters = {**COAST.parameters, "ratio": "16:9"}
    storm = replace(
        shot("storm", {"driving_audio": FileSource("sets/coast.png")}), model="wan2.7-t2v", parameters=parameters
    )
    async with virtual_run(tmp_path, Noting) as here:
        outcome = await here.run(production(storm))
    (request,) = asked
    (sound,) = request.media
    assert outcome.exit_code == 0
    assert sound.type == "driving_audio"
    assert sound.url.startswith("oss://")
