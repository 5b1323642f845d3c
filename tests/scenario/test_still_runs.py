"""From words to stills to a pick to a clip to a cut, in virtual time: every picture is paid for once, and counted."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from kit.emulated import FILM_SECONDS, write_result
from kit.films import edited, place, production, shot, still
from kit.providers import DASHSCOPE
from kit.virtual_run import VirtualRun, virtual_run
from wanflow.emulator.api.order import Order, Rendered, RenderedPicture
from wanflow.language.production import Cut, CutItem, Media
from wanflow.language.source import ShotSource
from wanflow.planner.plan import Action, ReasonCode
from wanflow.providers.faults import UnknownFate
from wanflow.providers.protocol import Accepted, DelegatingWaiter, Request, WaitingClient
from wanflow.runner.events import StepFinished, TakeStored
from wanflow.store import journal, lockfile
from wanflow.store import lock as locks
from wanflow.store.take import Picture

pytestmark = pytest.mark.anyio

CAPTAIN = Media("reference_1", "reference_image", ShotSource("sheet"), place(), cast="captain")
MAIN = Cut(
    "main",
    place(),
    (CutItem(ShotSource("door_still"), place(), seconds=Decimal(2)), CutItem(ShotSource("door"), place())),
    "out/main.mp4",
)
STORY = edited(
    production(
        still("sheet", size="1024*1024"),
        still("door_still", (CAPTAIN,), takes=4),
        shot("door", {"first_frame": ShotSource("door_still")}),
        cuts=(MAIN,),
        provider=DASHSCOPE,
    ),
    "door_still",
    waits_for_pick=True,
)
"""A character sheet, four stills of which one has to be picked, and a clip of the picked one."""


def pick(here: VirtualRun, shot: str, number: int) -> None:
    """Pick a take as a person does."""
    entry = lockfile.read(here.store.lock).shots[shot]
    digest = next(name for name, known in entry.numbers.items() if known == number)
    lockfile.update(here.store.lock, lambda lock: locks.pick(lock, shot, entry.current or "", digest))


async def test_from_words_to_a_picked_still_to_a_cut_the_bill_is_exact(tmp_path: Path) -> None:
    """Five pictures, then somebody picks, then the clip; a third run buys nothing."""
    async with virtual_run(tmp_path) as here:
        stills = await here.run(STORY)
        assert (stills.exit_code, stills.cost.amount, stills.submitted) == (3, Decimal("1.00"), 5)
        names = {path.name for path in (tmp_path / "out" / "shots").iterdir()}
        assert names == {"sheet.t1.png", *(f"door_still.t{number}.png" for number in (1, 2, 3, 4))}
        assert [event.pixels for event in here.events if isinstance(event, TakeStored)] == [
            "1024x1024",
            *["1280x720"] * 4,
        ]
        entry = lockfile.read(here.store.lock).shots["door_still"]
        results = {take.result for take in entry.takes.values()}
        assert {(each.width, each.height) for each in results} == {(1280, 720)}
        assert all(isinstance(each, Picture) and each.size_bytes for each in results)
        assert {take.cost for take in entry.takes.values()} == {Decimal("0.20")}
        pick(here, "door_still", 3)
        clip = await here.run(STORY)
        assert (clip.exit_code, clip.cost.amount, here.submitted()) == (0, Decimal("3.00"), ["door.t1"])
        assert clip.cuts == {"main": "out/main.mp4"}
        assert here.plan(STORY).idle
        pick(here, "door_still", 1)
        assert [step.node for step in here.plan(STORY).steps if step.action is Action.RENDER] == ["door.t2"]


async def test_a_still_is_collected_by_the_next_run(tmp_path: Path) -> None:
    """It was submitted and not awaited; its bill counts then, and nothing is submitted again."""
    story = production(still("sheet"), provider=DASHSCOPE)
    async with virtual_run(tmp_path) as here:
        first = await here.run(story, timeout=FILM_SECONDS / 2)
        assert (first.exit_code, here.submitted()) == (4, ["sheet.t1"])
        done = await here.collect()
        assert (done.exit_code, done.collected) == (0, 1)
        assert here.plan(story).idle
        assert journal.read(here.store).open == ()
    assert lockfile.read(here.store.lock).shots["sheet"].numbers.keys()


class LosingReplies(DelegatingWaiter):
    """A service whose first reply to a submission is lost; `accepted`: it took the request all the same."""

    def __init__(self, service: WaitingClient, *, accepted: bool) -> None:
        super().__init__(service)
        self.accepted, self.left = accepted, 1

    async def submit(self, request: Request) -> Accepted:
        """The first reply never comes."""
        if not self.left:
            return await self._service.submit(request)
        self.left -= 1
        if self.accepted:
            await self._service.submit(request)
        raise UnknownFate("the service broke off without an answer")


async def test_a_lost_submission_of_a_still_is_never_bought_twice(tmp_path: Path) -> None:
    """A picture's task does not say what it was asked, so a person decides where there is a candidate."""
    story = production(still("sheet"), provider=DASHSCOPE)
    async with virtual_run(tmp_path, lambda service: LosingReplies(service, accepted=True)) as here:
        outcome = await here.run(story)
        assert outcome.exit_code == 5
        assert len(await here.tasks("wan2.7-image")) == 1
        assert here.plan(story).steps[0].reasons[0].code is ReasonCode.IN_FLIGHT


async def test_a_still_that_was_certainly_never_accepted_is_sent_again(tmp_path: Path) -> None:
    """The service's list has no task of the model."""
    story = production(still("sheet"), provider=DASHSCOPE)
    async with virtual_run(tmp_path, lambda service: LosingReplies(service, accepted=False)) as here:
        outcome = await here.run(story)
        assert (outcome.exit_code, outcome.submitted) == (0, 1)
        assert len(await here.tasks("wan2.7-image")) == 1


async def _narrow(order: Order, target: Path) -> Rendered:
    """Pictures of another size than the one that was asked for, as the service may deliver them."""
    if order.makes_pictures and order.seed != WIDE_SEED:
        Image.new("RGB", (200, 720)).save(target, "PNG")
        return RenderedPicture((200, 720))
    return write_result(order, target)


WIDE_SEED = 8
"""The seed of the one picture that comes as it was asked for."""


async def test_a_still_that_the_next_model_refuses_stops_before_the_money(tmp_path: Path) -> None:
    """It is measured when it comes; the clip is blocked with the ways out, and another take frees it."""
    story = production(still("door_still"), shot("door", {"first_frame": ShotSource("door_still")}), provider=DASHSCOPE)
    story = edited(story, "door_still", seed=WIDE_SEED - 1)
    async with virtual_run(tmp_path, filming=_narrow) as here:
        outcome = await here.run(story)
        assert (outcome.exit_code, outcome.blocked, outcome.cost.amount) == (1, 1, Decimal("0.20"))
        ended = next(event for event in here.events if isinstance(event, StepFinished) and event.node == "door.t1")
        assert (ended.outcome, here.submitted()) == ("blocked", ["door_still.t1"])
        assert "has 200x720 pixels" in (ended.message or "")
        assert "`wanflow retake door_still`" in (ended.message or "")
        assert not here.plan(story).certain_cost
        more = edited(story, "door_still", takes=2)
        await here.run(more)
        pick(here, "door_still", 2)
        freed = await here.run(more)
    assert (freed.exit_code, here.submitted()) == (0, ["door.t1"])
