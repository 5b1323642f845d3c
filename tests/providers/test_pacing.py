"""How often tasks are looked at, in virtual time."""

from __future__ import annotations

from collections import Counter

import anyio
import pytest

from wanflow.providers.poller import ClockPacing

pytestmark = pytest.mark.anyio

LIMIT = 20
"""Queries a second that the service lets pass (service.md 4.3)."""


async def test_all_tasks_together_stay_under_the_services_limit() -> None:
    """A hundred tasks that want a look every second share what there is."""
    pacing, looks = ClockPacing(1), Counter[int]()

    async def look(name: str) -> None:
        for number in range(10):
            await pacing.wait(name, number)
            looks[int(anyio.current_time())] += 1

    async with anyio.create_task_group() as group:
        for number in range(100):
            group.start_soon(look, str(number))
    assert sum(looks.values()) == 1000
    assert max(looks.values()) < LIMIT


async def test_one_task_is_looked_at_at_once_and_then_so_often() -> None:
    """The first look finds what is done already."""
    pacing, times = ClockPacing(15), []
    for number in range(4):
        await pacing.wait("t", number)
        times.append(anyio.current_time())
    assert times == [0, 15, 30, 45]
