"""The service's limits, in virtual time."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import anyio
import pytest

from kit.providers import DASHSCOPE, request_to
from kit.wire_schemas import Scripted
from wanflow.language.production import Production
from wanflow.providers.dashscope.client import DashScopeClient
from wanflow.providers.dashscope.http import Answer
from wanflow.providers.faults import ServiceFault, Throttled
from wanflow.providers.limited import RESERVE, SECOND, Claim, Limited, TaskSlots
from wanflow.providers.protocol import ProviderClient
from wanflow.run_parts import slots_of

pytestmark = pytest.mark.anyio

MODEL = "wan2.7-i2v"


class Work(Protocol):
    """Something that holds a slot."""

    async def __call__(self, name: str, priority: int) -> None: ...


def work(slots: TaskSlots, began: list[str], seconds: float = 60, model: str = MODEL) -> Work:
    """Work that notes its name when it begins."""

    async def hold(name: str, priority: int) -> None:
        async with slots.slot(model, Claim(name, Fraction(priority))):
            began.append(name)
            await anyio.sleep(seconds)

    return hold


async def test_no_more_run_at_once_than_the_limit() -> None:
    """Seven tasks of a minute at three a time take three minutes."""
    began: list[str] = []
    hold = work(TaskSlots({MODEL: 3}), began)
    async with anyio.create_task_group() as group:
        for number in range(7):
            group.start_soon(hold, f"n{number}", 1)
        await anyio.sleep(1)
        assert len(began) == 3
    assert anyio.current_time() == pytest.approx(180)


async def test_the_longest_chain_goes_first_and_ties_by_name() -> None:
    """Who became ready at the same moment is let in by priority, then by name, however they were started."""
    began: list[str] = []
    hold = work(TaskSlots({MODEL: 1}), began)
    async with anyio.create_task_group() as group:
        for name, priority in (("c", 1), ("b", 5), ("a", 1), ("d", 9)):
            group.start_soon(hold, name, priority)
    assert began == ["d", "b", "a", "c"]


async def test_a_model_does_not_wait_for_another() -> None:
    """Limits belong to the resource: each model has its own."""
    slots, began = TaskSlots({MODEL: 1, "wan2.7-r2v": 1}), list[str]()
    async with anyio.create_task_group() as group:
        group.start_soon(work(slots, began), "a", 1)
        group.start_soon(work(slots, began, model="wan2.7-r2v"), "b", 1)
    assert anyio.current_time() == pytest.approx(60)


async def test_who_gives_up_waiting_keeps_no_slot() -> None:
    """A waiter that was cancelled is passed over, and the slot goes to the next."""
    slots, began = TaskSlots({MODEL: 1}), list[str]()
    hold = work(slots, began)
    async with anyio.create_task_group() as group:
        group.start_soon(hold, "first", 9)
        await anyio.sleep(1)
        with anyio.move_on_after(1):
            await hold("impatient", 5)
        group.start_soon(hold, "next", 1)
    assert began == ["first", "next"]
    assert anyio.current_time() == pytest.approx(120)


async def test_a_slot_is_free_again_after_a_failure() -> None:
    """A step that fails inside its slot gives it back."""
    slots = TaskSlots({MODEL: 1})
    with pytest.raises(ValueError, match="no"):
        async with slots.slot(MODEL, Claim("a", Fraction(1))):
            raise ValueError("no")
    with anyio.fail_after(1):
        async with slots.slot(MODEL, Claim("b", Fraction(1))):
            pass


async def test_a_critical_task_keeps_its_slot_for_its_successor() -> None:
    """Others neither take it nor fill the service's queue, until the successor was there."""
    slots, began = TaskSlots({MODEL: 4}, running={MODEL: 2}), list[str]()
    async with anyio.create_task_group() as group:
        async with slots.slot(MODEL, Claim("link", Fraction(9), lambda: None if "next" in began else (MODEL, "next"))):
            for number in range(4):
                group.start_soon(work(slots, began), f"side{number}", 4 - number)
            await anyio.sleep(30)
            assert began == ["side0"]
        await anyio.sleep(5)
        assert began == ["side0"]
        group.start_soon(work(slots, began), "next", 8)
        await anyio.sleep(1)
        assert began[0] == "side0"
        assert sorted(began) == ["next", "side0", "side1", "side2"]


async def test_a_successor_that_never_comes_keeps_no_slot() -> None:
    """Its predecessor says so, and one task runs whatever is kept."""
    slots, began, comes = TaskSlots({MODEL: 1}), list[str](), True
    async with slots.slot(MODEL, Claim("link", Fraction(9), lambda: (MODEL, "next") if comes else None)):
        pass
    async with anyio.create_task_group() as group:
        group.start_soon(work(slots, began), "a", 1)
        group.start_soon(work(slots, began), "b", 1)
        await anyio.sleep(1)
        comes = False
    assert began == ["a", "b"]
    assert anyio.current_time() == pytest.approx(120)


async def test_a_model_of_which_the_provider_takes_fewer_has_its_own_limit() -> None:
    """One submission a second; another model keeps the provider's five (service.md 9.2)."""
    answers = [Answer(200, {"output": {"task_id": f"t{number}", "task_status": "PENDING"}}) for number in range(6)]
    service = Limited(DashScopeClient(Scripted(answers)))
    for _ in range(3):
        await service.submit(request_to(MODEL))
    assert anyio.current_time() == 0
    for _ in range(3):
        await service.submit(request_to("wan2.6-t2i", "a coast"))
    assert anyio.current_time() == pytest.approx(2 * SECOND)


async def test_five_submissions_go_out_in_a_second_and_the_sixth_waits() -> None:
    """Eleven submissions of one model take two seconds and a little; another model waits for none of them."""
    accepted = (200, {"output": {"task_id": "t"}, "request_id": "r"})
    service: ProviderClient = Limited(DashScopeClient(Scripted([accepted] * 12)))
    async with anyio.create_task_group() as group:
        for _ in range(11):
            group.start_soon(service.submit, request_to(MODEL))
        await anyio.sleep(0.5)
        before = anyio.current_time()
        await service.submit(request_to("wan2.7-r2v"))
        assert anyio.current_time() == before
    assert anyio.current_time() == pytest.approx(2 * SECOND)


async def test_throttling_slows_one_model_down_which_recovers() -> None:
    """Refused for speed, its submissions go further and further apart, and closer again with each that is accepted."""
    left: list[float] = []
    refuse = 3

    class Counting(Scripted):
        async def exchange(self, method: str, path: str, headers: object, body: object) -> Answer:
            left.append(anyio.current_time())
            if len(left) <= refuse:
                return Answer(429, {"code": "Throttling.RateQuota", "message": "slower"})
            return Answer(200, {"output": {"task_id": "t"}, "request_id": "r"})

    service = Limited(DashScopeClient(Counting()))
    for _ in range(refuse):
        with pytest.raises(Throttled):
            await service.submit(request_to(MODEL))
    for _ in range(5):
        await service.submit(request_to(MODEL))
    gaps = [later - earlier for earlier, later in pairwise(left)]
    assert gaps == pytest.approx([0.5, 1.0, 2.0, 1.0, 0.5, 0.0, 0.0], abs=0.01)


@pytest.mark.parametrize(("status", "code"), [(429, "Throttling"), (503, "ModelUnavailable")])
async def test_nothing_is_sent_while_the_service_asks_to_wait(status: int, code: str) -> None:
    """By a `Retry-After`, whatever fault comes with it; other models are not affected."""
    refused = Answer(status, {"code": code, "message": ""}, retry_after=40)
    accepted = (200, {"output": {"task_id": "t"}, "request_id": "r"})
    service = Limited(DashScopeClient(Scripted([refused, accepted, accepted])))
    with pytest.raises(ServiceFault):
        await service.submit(request_to(MODEL))
    await service.submit(request_to("wan2.7-r2v"))
    assert anyio.current_time() == 0
    await service.submit(request_to(MODEL))
    assert anyio.current_time() == 40


async def test_a_model_that_is_throttled_slows_no_other_down() -> None:
    """Limits are per model (service.md 4.4)."""
    replies: list[tuple[int, dict[str, object]]] = [(429, {"code": "Throttling", "message": ""})]
    replies += [(200, {"output": {"task_id": "t"}, "request_id": "r"})] * 2
    service = Limited(DashScopeClient(Scripted(replies)))
    with pytest.raises(Throttled):
        await service.submit(request_to(MODEL))
    await service.submit(request_to("wan2.7-r2v"))
    assert anyio.current_time() == 0
    await service.submit(request_to(MODEL))
    assert anyio.current_time() == pytest.approx(0.5)


def test_a_run_keeps_to_the_limits_of_its_account() -> None:
    """Exactly those where they are lower than the catalog's; `--max-in-flight` lowers them further, and never lifts one."""
    production = Production(Path(), "wanflow.yaml", DASHSCOPE, "beijing", {}, {})
    assert slots_of(production, None, {})[MODEL] == 5 + RESERVE
    assert slots_of(production, None, {MODEL: 2})[MODEL] == 2
    assert slots_of(production, None, {MODEL: 9})[MODEL] == 5 + RESERVE
    assert slots_of(production, 20, {MODEL: 2})[MODEL] == 2
    assert slots_of(production, 1, {MODEL: 2})[MODEL] == 1
    assert slots_of(production, None, {MODEL: 2})["wan2.7-t2v"] == 5 + RESERVE
