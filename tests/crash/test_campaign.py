"""Productions in bad weather on a machine that keeps losing its power, in virtual time: what was charged, what is kept."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from kit.power_loss import FILM, TAKES, Machine, as_paid, audit
from kit.random_faults import Totals, random_faults
from kit.virtual_run import virtual_run
from wanflow.emulator.api.endpoint import AccountTerms

pytestmark = pytest.mark.anyio

MOST_MOMENTS = 150
RUNS = 12
"""Runs without a power cut until a production has to be done: each fault of the weather passes."""


async def campaign(productions: int, seed: int) -> Totals:
    """Many productions, each killed some times, each then run until it is done, and audited."""
    dice, totals = Random(seed), Totals(TAKES)
    for _ in range(productions):
        await _production(dice, totals)
    return totals


async def _production(dice: Random, totals: Totals) -> None:
    faults = random_faults(dice)
    with TemporaryDirectory() as folder:
        machine = Machine(as_paid)
        async with virtual_run(Path(folder), machine.around, unlike=True, terms=AccountTerms(faults=faults)) as here:
            for _ in range(dice.randrange(1, 5)):
                totals.kills += await machine.run(here, dice.randrange(MOST_MOMENTS)) is None
                totals.runs += 1
            codes = [await machine.run(here)]
            while codes[-1] and len(codes) < RUNS:
                codes.append(await machine.run(here))
            assert codes[-1] == 0, (codes, faults)
            audit(here)
            assert here.plan(FILM).idle
    totals.productions += 1
    totals.faults += sum(fault.times for fault in faults)
    totals.runs += len(codes)


async def test_bad_weather_and_power_cuts_cost_no_take() -> None:
    """A sample of the campaign."""
    totals = await campaign(40, seed=1)
    assert totals.kills > 40


@pytest.mark.slow
async def test_a_thousand_kills_cost_no_take(capsys: pytest.CaptureFixture[str]) -> None:
    """The campaign; its totals are printed."""
    totals = await campaign(1000, seed=2026)
    with capsys.disabled():
        print(f"\nin virtual time: {totals}")
    assert totals.kills >= 1000
