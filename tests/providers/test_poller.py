"""One poller for all tasks, in virtual time: how often it asks, when, and what it believes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise

import anyio
import pytest

from kit.providers import request_to
from kit.simulated_service import SimulatedService
from wanflow.providers.faults import ServerFault
from wanflow.providers.poller import BELIEVED, CHECK_EVERY, Poller
from wanflow.providers.protocol import Delegating, TaskState, TaskStatus, TaskSummary

pytestmark = pytest.mark.anyio

MODEL = "wan2.7-i2v"
POLL_SECONDS = 15


class Noted(Delegating):
    """A service that notes when it is asked what; its list may fail, lag or miss tasks."""

    def __init__(self, vendor: SimulatedService) -> None:
        super().__init__(vendor)
        self.polls: dict[str, list[float]] = {}
        self.lists: list[float] = []
        self.wanted: list[set[str]] = []
        self.fault: Exception | None = None
        self.stale = False
        self.missing: set[str] = set()

    async def poll(self, task_id: str) -> TaskState:
        self.polls.setdefault(task_id, []).append(anyio.current_time())
        return await super().poll(task_id)

    async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
        self.lists.append(anyio.current_time())
        self.wanted.append(set(wanted))
        if self.fault is not None:
            raise self.fault
        rows = [row for row in await super().list(model, wanted) if row.task_id not in self.missing]
        stale = [TaskSummary(row.task_id, TaskStatus.RUNNING, MODEL, row.created, "r") for row in rows]
        return stale if self.stale else rows


@asynccontextmanager
async def vendor(seconds: dict[str, float]) -> AsyncIterator[tuple[Poller, Noted]]:
    """A service with tasks of these lengths, and the poller in front of it."""
    async with anyio.create_task_group() as group:
        noted = Noted(SimulatedService(group, seconds))
        yield Poller(noted, POLL_SECONDS), noted


async def submitted(service: Poller, *names: str) -> None:
    """Submit tasks, each of a model of its own, so that all run at once."""
    for name in names:
        await service.submit(request_to(f"{MODEL}-{name}", name))


async def watched(service: Poller, *names: str) -> dict[str, float]:
    """Wait for tasks together; when the end of each was noticed."""
    ends: dict[str, float] = {}

    async def wait(name: str) -> None:
        assert (await service.wait_until_done(name)).status is TaskStatus.SUCCEEDED
        ends[name] = anyio.current_time()

    async with anyio.create_task_group() as group:
        for name in names:
            group.start_soon(wait, name)
    return ends


async def test_many_tasks_are_looked_at_by_one_list_call() -> None:
    """Only those that the list says are done are asked for their result."""
    names = [f"t{number}" for number in range(10)]
    async with vendor(dict.fromkeys(names, 100.0)) as (service, noted):
        await submitted(service, *names)
        ends = await watched(service, *names)
    assert {len(times) for times in noted.polls.values()} == {1}
    assert len(noted.lists) <= 8
    assert all(100 <= end <= 100 + POLL_SECONDS + 1 for end in ends.values())


async def test_one_task_is_asked_itself() -> None:
    """A list would cost one query more."""
    async with vendor({"a": 40.0}) as (service, noted):
        await submitted(service, "a")
        await watched(service, "a")
    assert noted.lists == []
    assert noted.polls["a"] == [0, 15, 30, 45]


async def test_tasks_of_earlier_runs_are_looked_at_at_once() -> None:
    """They may have been done for long."""
    async with vendor({"a": 0.0}) as (service, noted):
        await Poller(noted, POLL_SECONDS).submit(request_to(MODEL, "a"))
        await anyio.sleep(7)
        assert await watched(service, "a") == {"a": 7}


async def test_two_looks_at_a_task_are_far_enough_apart() -> None:
    """Whenever it was joined to the others' ticks."""
    names = [f"t{number}" for number in range(4)]
    async with vendor(dict.fromkeys(names, 200.0)) as (service, noted), anyio.create_task_group() as group:
        for name in names:
            await submitted(service, name)
            group.start_soon(watched, service, name)
            await anyio.sleep(4)
    assert all(later - earlier >= POLL_SECONDS - 1 for earlier, later in pairwise(noted.lists))
    for times in noted.polls.values():
        assert all(later - earlier >= POLL_SECONDS - 1 for earlier, later in pairwise(times))


async def test_a_task_is_asked_when_it_is_likely_to_be_done() -> None:
    """After the first look, not before most of the shortest time of three tasks of its model in this run."""
    names = ["a1", "a2", "a3"]
    async with vendor({**dict.fromkeys(names, 100.0), "b": 200.0}) as (service, noted):
        for name in names:
            await service.submit(request_to(MODEL, name))
        await watched(service, *names)
        began = anyio.current_time()
        await service.submit(request_to(MODEL, "b"))
        await watched(service, "b")
    early = [time - began for time in noted.polls["b"]]
    assert early[0] < POLL_SECONDS
    assert 0.8 * 100 <= early[1] <= 0.8 * 105 + POLL_SECONDS


async def test_one_slow_task_does_not_delay_the_looks_at_another() -> None:
    """What one task took says little of the next."""
    async with vendor({"slow": 1000.0, "quick": 40.0}) as (service, _):
        await service.submit(request_to(MODEL, "slow"))
        await watched(service, "slow")
        began = anyio.current_time()
        await service.submit(request_to(MODEL, "quick"))
        ends = await watched(service, "quick")
    assert ends["quick"] - began < 40 + POLL_SECONDS + 1


async def test_a_task_that_nothing_waits_for_is_asked_less_often() -> None:
    """Its end is noticed later, and the first look comes as soon as for any."""
    async with vendor({"a": 100.0}) as (service, noted):
        await submitted(service, "a")
        await service.wait_until_done("a", eager=lambda: False)
    assert noted.polls["a"] == [0, 45, 90, 135]


async def test_a_list_that_fails_is_done_without() -> None:
    """The tasks are asked one by one, as late as they would have been."""
    names = ["a", "b", "c"]
    async with vendor(dict.fromkeys(names, 20.0)) as (service, noted):
        noted.fault = ServerFault("the service failed")
        await submitted(service, *names)
        ends = await watched(service, *names)
    assert max(ends.values()) < 20 + POLL_SECONDS + 1


async def test_nothing_is_asked_while_a_reply_asks_to_wait() -> None:
    """A `Retry-After` of the list holds back the polls as well."""
    names = ["a", "b", "c"]
    async with vendor(dict.fromkeys(names, 20.0)) as (service, noted):
        noted.fault = ServerFault("the service is busy", retry_after=100)
        await submitted(service, *names)
        await watched(service, *names)
    assert min(time for asked in noted.polls.values() for time in asked) >= 100


async def test_a_task_that_the_list_misses_is_asked_itself() -> None:
    """A list that lags does not say that a task is gone."""
    names = ["a", "b", "c", "d"]
    async with vendor(dict.fromkeys(names, 50.0)) as (service, noted):
        noted.missing = {"b"}
        await submitted(service, *names)
        ends = await watched(service, *names)
    assert len(noted.polls["b"]) > len(noted.polls["a"]) == 1
    assert ends["b"] < 50 + POLL_SECONDS + 1
    assert "b" in noted.wanted[0]
    assert all("b" not in wanted for wanted in noted.wanted[1:])


async def test_a_list_that_stands_still_is_not_believed_for_ever() -> None:
    """Now and then a task is asked itself."""
    names = ["a", "b", "c"]
    async with vendor(dict.fromkeys(names, 20.0)) as (service, noted):
        noted.stale = True
        await submitted(service, *names)
        ends = await watched(service, *names)
    assert max(ends.values()) <= CHECK_EVERY * POLL_SECONDS + 1


async def test_one_poll_checks_a_list_for_all() -> None:
    """Of eight lists that are right, one costs a poll more, however many tasks it shows."""
    names = [f"t{number}" for number in range(10)]
    async with vendor(dict.fromkeys(names, 200.0)) as (service, noted):
        await submitted(service, *names)
        await watched(service, *names)
    assert sum(map(len, noted.polls.values())) == len(names) + len(noted.lists) // CHECK_EVERY


async def test_a_list_that_lagged_is_not_read_for_a_while() -> None:
    """After a check that failed each task is asked itself for eight intervals."""
    async with (
        vendor({**dict.fromkeys("abc", 20.0), "d": 120.0}) as (service, noted),
        anyio.create_task_group() as group,
    ):
        noted.stale = True
        await submitted(service, *"abc")
        group.start_soon(watched, service, *"abc")
        await anyio.sleep(50)
        await submitted(service, "d")
        assert (await watched(service, "d"))["d"] <= 50 + 120 + POLL_SECONDS + 1
    first = min(noted.polls[name][-1] for name in "abc")
    assert not [time for time in noted.lists if first < time < first + CHECK_EVERY * POLL_SECONDS]


async def test_a_row_that_stands_still_is_not_believed_for_ever() -> None:
    """A check of another task says nothing of this one, which is asked itself after sixteen looks."""
    async with vendor({"a": 20.0, **dict.fromkeys("bcdef", 900.0)}) as (service, noted):
        noted.stale = True
        await submitted(service, *"bcdef", "a")
        ends = await watched(service, *"bcdef", "a")
    assert ends["a"] <= BELIEVED * POLL_SECONDS + 1


async def test_a_list_shows_the_end_of_a_task_that_is_not_due() -> None:
    """It was read for two others, and the task itself is asked once, for its result."""
    seen: list[float] = []
    async with vendor({"a": 200.0, "b": 200.0, "c": 20.0}) as (service, noted), anyio.create_task_group() as group:

        async def wait_for_c() -> None:
            assert (await service.wait_until_done("c", eager=lambda: 0)).status is TaskStatus.SUCCEEDED
            seen.append(anyio.current_time())

        await submitted(service, *"abc")
        group.start_soon(watched, service, *"ab")
        group.start_soon(wait_for_c)
    assert seen[0] <= 20 + POLL_SECONDS + 1
    assert len(noted.polls["c"]) == 1


@pytest.mark.parametrize("eager", [1, 0.2])
async def test_known_tasks_are_asked_as_often_as_is_worth_it(eager: float) -> None:
    """A task for which the run waits on every tick from when it is likely to be done, another one seldom."""
    names = ["a1", "a2", "a3"]
    async with vendor({"a1": 100.0, "a2": 150.0, "a3": 220.0, "b": 400.0}) as (service, noted):
        for name in names:
            await service.submit(request_to(MODEL, name))
        await watched(service, *names)
        began = anyio.current_time()
        await service.submit(request_to(MODEL, "b"))
        await service.wait_until_done("b", eager=lambda: eager)
    looks = [time - began for time in noted.polls["b"] if time - began > 150]
    apart = {round((later - earlier) / POLL_SECONDS) for earlier, later in pairwise(looks)}
    assert apart == {1} if eager == 1 else min(apart) > 1


async def test_all_together_stay_under_the_services_limit() -> None:
    """Three hundred tasks whose list fails: the service, which would throttle at twenty, is content."""
    names = [f"t{number}" for number in range(300)]
    async with vendor(dict.fromkeys(names, 20.0)) as (service, noted):
        noted.fault = ServerFault("the service failed")
        await submitted(service, *names)
        await watched(service, *names)
    times = sorted(time for asked in noted.polls.values() for time in asked)
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[20:], strict=False))
