"""Shots with several takes whose answers get lost, lists that disagree, clocks that step: paid once each, none beyond."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from kit.films import production, shot
from kit.power_loss import Machine, as_paid, audit
from kit.random_faults import UnsteadyList, lost_replies, random_faults
from kit.virtual_run import foreign_task, virtual_run
from wanflow.emulator.api.endpoint import AccountTerms
from wanflow.language.production import Production
from wanflow.language.source import FileSource
from wanflow.providers.faults import ServiceFault

pytestmark = pytest.mark.anyio

MOST_MOMENTS = 120
RUNS = 15
"""Runs without a power cut until a production has to be done: each fault passes."""
STRANGE = "a dog on a beach"
"""Requests of another person with the same account."""
FRAME = {"first_frame": FileSource("sets/coast.png")}


@dataclass
class Totals:
    """What the histories came to, all of which were audited: takes asked for and paid, and what went wrong."""

    histories: int = 0
    takes: int = 0
    lost: int = 0
    missed: int = 0
    steps: int = 0
    strangers: int = 0
    kills: int = 0
    runs: int = 0

    def __str__(self) -> str:
        """One line for a person."""
        went_wrong = (
            f"{self.lost} answers lost, {self.missed} rows missed, {self.steps} clock steps, {self.kills} kills"
        )
        text = f"{self.histories} histories, {went_wrong}, {self.strangers} tasks of others, {self.runs} runs"
        return f"{text}: {self.takes} takes asked, {self.takes} paid, 0 paid twice, 0 lost"


def film(dice: Random) -> Production:
    """One or two shots of one model with up to four takes each."""
    names = ("waves", "gulls")[: dice.randrange(1, 3)]
    return production(*(replace(shot(name, FRAME, prompt=name), takes=dice.randrange(1, 5)) for name in names))


async def campaign(histories: int, seed: int) -> Totals:
    """Many histories, each of one production that is run until it is done, and each with dice of its own."""
    totals = Totals()
    for number in range(histories):
        await _history(Random(f"{seed} {number}"), totals)
    return totals


async def _history(dice: Random, totals: Totals) -> None:
    asked, faults = film(dice), (*lost_replies(dice), *(random_faults(dice) if dice.random() < 0.3 else ()))
    disagreement = UnsteadyList(Random(dice.random()), chance=dice.choice((0, 0.2, 0.6)))
    machine = Machine(lambda service: as_paid(disagreement.around(service)))
    jobs = dice.randrange(1, 6)
    with TemporaryDirectory() as folder:
        async with virtual_run(
            Path(folder), machine.around, unlike=True, terms=AccountTerms(faults=faults), jobs=jobs
        ) as here:
            here.shown = disagreement.shown
            for _ in range(dice.choice((0, 0, 1, 2))):
                with suppress(ServiceFault):
                    await foreign_task(here, STRANGE)
                totals.strangers += 1
            for _ in range(dice.choice((0, 0, 0, 1, 2))):
                totals.kills += await machine.run(here, dice.randrange(MOST_MOMENTS), asked) is None
                totals.runs += 1
            codes = [await machine.run(here, film=asked)]
            while codes[-1] and len(codes) < RUNS:
                codes.append(await machine.run(here, film=asked))
            assert codes[-1] == 0, (codes, faults)
            audit(here, asked, [STRANGE])
            assert here.plan(asked).idle
    totals.histories += 1
    totals.takes += sum(item.takes for item in asked.shots.values())
    totals.lost += sum(fault.times for fault in faults if fault.on == "submit")
    totals.missed += disagreement.missed
    totals.steps += disagreement.steps
    totals.runs += len(codes)


async def test_lost_answers_of_several_takes_cost_no_take() -> None:
    """A sample of the campaign."""
    totals = await campaign(25, seed=1)
    assert totals.lost > 25
    assert totals.missed > 25


@pytest.mark.slow
async def test_two_thousand_histories_of_lost_answers_cost_no_take(capsys: pytest.CaptureFixture[str]) -> None:
    """The campaign; its totals are printed."""
    totals = await campaign(2000, seed=2026)
    with capsys.disabled():
        print(f"\nin virtual time: {totals}")
    assert totals.lost >= 2000
