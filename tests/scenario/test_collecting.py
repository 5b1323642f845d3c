"""What earlier runs left with the service, in virtual time: collected, closed, or still on its way."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from kit.emulated import FILM_SECONDS, FORBIDDEN
from kit.films import COAST, edited, production, shot
from kit.virtual_run import now, virtual_run
from wanflow.language.source import FileSource
from wanflow.providers.faults import NotSent, ServerFault, ServiceFault, Unauthorised
from wanflow.providers.protocol import DelegatingWaiter, DownloadedFile, TaskState, WaitingClient
from wanflow.report.text.summary import cancelled_lines
from wanflow.runner.cancel import cancel_tasks
from wanflow.store import journal, lockfile

pytestmark = pytest.mark.anyio

FRAME = {"first_frame": FileSource("sets/coast.png")}
SOON = 5
"""Seconds after which a run gives up waiting here."""


async def test_what_is_in_flight_is_stored_whatever_became_of_its_shot(tmp_path: Path) -> None:
    """All at once, as takes of the shots that they were made for, one of which is gone by now."""
    film = production(COAST, shot("gone", FRAME, prompt="p"))
    async with virtual_run(tmp_path) as here:
        assert (await here.run(film, timeout=SOON)).exit_code == 4
        began = await now()
        outcome = await here.collect()
        assert await now() - began <= FILM_SECONDS
        after = here.plan(production(COAST))
    lock = lockfile.read(here.store.lock)
    assert (outcome.exit_code, outcome.collected, outcome.submitted) == (0, 2, 0)
    assert {name: len(entry.takes) for name, entry in lock.shots.items()} == {"coast": 1, "gone": 1}
    assert (tmp_path / "out" / "shots" / "gone.t1.mp4").is_file()
    assert after.idle


async def test_an_edit_meanwhile_costs_nothing_that_was_paid(tmp_path: Path) -> None:
    """The film is a take of the earlier request; going back to that finds it."""
    async with virtual_run(tmp_path) as here:
        await here.run(production(COAST), timeout=SOON)
        rewritten = edited(production(COAST), "coast", prompt="another coast")
        await here.collect()
        assert [step.action.value for step in here.plan(rewritten).steps] == ["render"]
        assert here.plan(production(COAST)).idle


async def test_a_task_that_ends_without_a_film_is_closed_and_said(tmp_path: Path) -> None:
    """1; the other one is stored all the same."""
    film = production(COAST, shot("bad", FRAME, prompt=FORBIDDEN))
    async with virtual_run(tmp_path) as here:
        await here.run(film, timeout=SOON)
        outcome = await here.collect()
        journal_state = journal.read(here.store)
    assert (outcome.exit_code, outcome.collected) == (1, 1)
    assert [failure.node for failure in outcome.failures] == ["bad.t1"]
    assert journal_state.open == ()
    assert [ending.state for ending in journal_state.endings] == ["refused"]


async def test_waiting_is_given_up_and_goes_on_next_time(tmp_path: Path) -> None:
    """4, and the task is still open."""
    async with virtual_run(tmp_path) as here:
        await here.run(production(COAST), timeout=SOON)
        assert (await here.collect(SOON)).exit_code == 4
        assert len(journal.read(here.store).open) == 1
        assert (await here.collect()).exit_code == 0


class Slow(DelegatingWaiter):
    """A service from which each film takes ten seconds to come."""

    async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        """Late."""
        await anyio.sleep(10)
        return await super().download(url, target, most_bytes)


async def test_films_that_are_done_come_side_by_side(tmp_path: Path) -> None:
    """Five that earlier runs left are fetched in the time of one."""
    film = production(*(shot(f"shot_{number}", FRAME, prompt=f"wave {number}") for number in range(5)))
    async with virtual_run(tmp_path, Slow) as here:
        await here.run(film, timeout=SOON)
        await anyio.sleep(FILM_SECONDS)
        began = await now()
        outcome = await here.run(film)
        assert await now() - began == 10
    assert (outcome.exit_code, outcome.collected, outcome.submitted) == (0, 5, 0)


@pytest.mark.parametrize("fault", [Unauthorised("the service refuses the key"), NotSent("nobody answers")])
async def test_where_asking_is_hopeless_no_other_task_is_asked(tmp_path: Path, fault: ServiceFault) -> None:
    """A key that is refused is refused for all; the tasks stay open."""

    class Refusing(DelegatingWaiter):
        polls = 0

        async def poll(self, task_id: str) -> TaskState:
            self.polls += 1
            raise fault

    services: list[Refusing] = []

    def around(service: WaitingClient) -> WaitingClient:
        services.append(Refusing(service))
        return services[-1]

    film = production(*(shot(f"shot_{number}", FRAME, prompt=f"wave {number}") for number in range(7)))
    async with virtual_run(tmp_path) as here:
        await here.run(film, timeout=SOON)
        here.around = around
        with pytest.raises(type(fault)):
            await here.run(film)
        assert len(journal.read(here.store).open) == 7
    assert services[0].polls <= 5


class Stumbling(DelegatingWaiter):
    """A service that fails on the first cancel it is asked for, and takes the next one."""

    def __init__(self, service: WaitingClient) -> None:
        super().__init__(service)
        self.asked: list[str] = []

    async def cancel(self, task_id: str) -> bool:
        """Note who was asked for."""
        self.asked.append(task_id)
        if len(self.asked) == 1:
            raise ServerFault("the service failed")
        return True


async def test_trouble_with_one_cancel_stops_no_other(tmp_path: Path) -> None:
    """What is not known is said as that, never as a cancellation, and stays open."""
    stumbling: list[Stumbling] = []

    def around(service: WaitingClient) -> WaitingClient:
        stumbling.append(Stumbling(service))
        return stumbling[-1]

    async with virtual_run(tmp_path, around) as here:
        await here.run(production(COAST, shot("more", FRAME, prompt="p")), timeout=SOON)
        tasks = journal.read(here.store).open
        done = await cancel_tasks(tasks, stumbling[-1], journal.Journal(here.store), "2026-11-20T00:00:00Z")
        left = journal.read(here.store).open
    assert [one.cancelled for one in done] == [False, True]
    assert [task.task_id for task in left] == [tasks[0].task_id]
    assert done[0].to_json()["trouble"] == "the service failed"
    assert "not known whether it was cancelled: the service failed" in "\n".join(cancelled_lines(done))
