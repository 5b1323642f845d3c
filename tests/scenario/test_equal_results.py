"""A service that delivers the same bytes for several paid submissions: each is charged, and none is bought again."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from kit.emulated import FILM_SECONDS
from kit.films import production, shot
from kit.providers import DASHSCOPE
from kit.virtual_run import virtual_run
from wanflow.emulator.api.order import Order, Rendered, RenderedFilm
from wanflow.language.source import FileSource
from wanflow.planner.budget import spent
from wanflow.planner.choose import retake, take_of_number
from wanflow.planner.plan import Action
from wanflow.planner.request import planned_request
from wanflow.runner.events import Warned
from wanflow.store import charges, lock_text, lockfile

pytestmark = pytest.mark.anyio

STORM = replace(shot("storm", {"first_frame": FileSource("sets/coast.png")}), takes=2)


async def always_the_same(order: Order, target: Path) -> Rendered:
    """One film for every request."""
    await anyio.sleep(FILM_SECONDS)
    await anyio.Path(target).write_bytes(b"the same storm")
    return RenderedFilm(order.seconds * 30)


async def test_equal_results_are_charged_each_and_not_bought_again(tmp_path: Path) -> None:
    """Costs and budget have both, the next plan is idle, and a further take gets the next number."""
    film = production(STORM, provider=DASHSCOPE)
    async with virtual_run(tmp_path, filming=always_the_same) as here:
        first = await here.run(film)
        assert (first.submitted, here.stored()) == (2, ["storm.t1", "storm.t2"])
        assert any(isinstance(event, Warned) and "same file as take" in event.message for event in here.events)
        lock = lockfile.read(here.store.lock)
        ledger = charges.read(here.store, lock)
        assert sorted((charge.take, charge.state) for charge in ledger) == [(1, "charged"), (2, "charged")]
        assert spent(lock) == sum((charge.charged or Decimal(0) for charge in ledger), Decimal(0)) == first.cost.amount
        assert lock_text.from_text(lock_text.to_text(lock), "wanflow.lock") == lock
        plan = here.plan(film)
        assert [(step.node, step.action) for step in plan.steps if step.take] == [
            ("storm.t1", Action.REUSE),
            ("storm.t2", Action.REUSE),
        ]
        assert take_of_number(lock.shots["storm"], "storm", 1) == take_of_number(lock.shots["storm"], "storm", 2)
        lockfile.update(here.store.lock, lambda old: retake(old, planned_request(plan, STORM), 1))
        await here.run(film)
        assert here.stored() == ["storm.t3"]
        assert here.plan(film).idle
        assert len(charges.read(here.store, lockfile.read(here.store.lock))) == 3


async def test_charges_of_equal_results_that_an_older_lock_lost_still_count(tmp_path: Path) -> None:
    """An older wanflow kept one of them in the lock; the journal has both tasks."""
    film = production(STORM, provider=DASHSCOPE)
    async with virtual_run(tmp_path, filming=always_the_same) as here:
        await here.run(film)
        lock = lockfile.read(here.store.lock)
        entry = lock.shots["storm"]
        older = {digest: replace(take, again=()) for digest, take in entry.takes.items()}
        lost = replace(lock, shots={"storm": replace(entry, takes=older)})
        assert len(charges.read(here.store, lost)) == 2
