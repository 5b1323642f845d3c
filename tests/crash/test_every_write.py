"""A run stops after every durable write and every request in turn, and is run again: nothing is lost or paid twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kit.power_loss import FILM, Machine, audit
from kit.virtual_run import virtual_run

pytestmark = pytest.mark.anyio


async def moments() -> int:
    """How many events a run has that nothing interrupts."""
    with TemporaryDirectory() as folder:
        machine = Machine()
        async with virtual_run(Path(folder), machine.around, unlike=True) as here:
            assert await machine.run(here) == 0
            audit(here)
    return len(machine.power.events)


async def interrupted(cuts: Sequence[int]) -> None:
    """A production whose runs lose power after this many events each, then one that does not."""
    with TemporaryDirectory() as folder:
        machine = Machine()
        async with virtual_run(Path(folder), machine.around, unlike=True) as here:
            for left in cuts:
                await machine.run(here, left)
            assert await machine.run(here) == 0, cuts
            audit(here)
            assert here.plan(FILM).idle, cuts


PARTS = 8
"""Number of tests among which the moments are divided, so that they run side by side."""


@pytest.mark.parametrize("part", range(PARTS))
async def test_law_2_a_run_that_stops_at_any_moment_is_gone_on_with(part: int) -> None:
    """After every durable write and every request: the next run finishes the film, and each take was paid once."""
    for left in range(part, await moments(), PARTS):
        await interrupted([left])
