"""Asking again: what is safe, how often, how fast; in virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest

from kit.providers import MOST, request_to
from kit.wire_schemas import Scripted
from wanflow.providers.dashscope.client import DashScopeClient
from wanflow.providers.dashscope.http import Answer
from wanflow.providers.faults import Invalid, NotSent, ServerFault, Throttled, UnknownFate
from wanflow.providers.poller import Poller
from wanflow.providers.protocol import TaskStatus
from wanflow.providers.retrying import ATTEMPTS, LOOKS, THROTTLED_ATTEMPTS, Retrying

pytestmark = pytest.mark.anyio

REQUEST = request_to("wan2.7-i2v")
ACCEPTED = (200, {"output": {"task_id": "t", "task_status": "PENDING"}, "request_id": "r"})
THROTTLED = (429, {"code": "Throttling.RateQuota", "message": "Requests rate limit exceeded"})
BROKEN = (500, {"code": "InternalError", "message": ""})

Said = tuple[int, Mapping[str, object]] | Exception


def state(word: str) -> Said:
    """The reply to a query."""
    return 200, {"output": {"task_id": "t", "task_status": word}, "request_id": "r"}


def service(transport: Scripted, told: list[str] | None = None) -> Retrying:
    """The client with retries; `told` collects what a person is told."""
    return Retrying(Poller(DashScopeClient(transport), 15), (told if told is not None else []).append, lambda: 0.0)


async def test_a_submit_that_never_arrived_is_sent_again_slower() -> None:
    """Refused connections and throttling: surely nothing was accepted."""
    told: list[str] = []
    transport = Scripted([ConnectionRefusedError("no route"), THROTTLED, ACCEPTED])
    assert (await service(transport, told).submit(REQUEST)).task_id == "t"
    assert len(transport.asked) == 3
    assert anyio.current_time() == 1 + 2
    assert [words.rpartition("; ")[2] for words in told] == ["next attempt in 1 s", "next attempt in 2 s"]


async def test_a_submit_that_is_cancelled_in_a_pause_says_that_it_never_arrived() -> None:
    """Otherwise its intent would look like a submission of unknown fate."""
    transport = Scripted([ConnectionRefusedError("no route"), ACCEPTED])
    with pytest.raises(NotSent), anyio.move_on_after(0.5):
        await service(transport).submit(REQUEST)
    assert len(transport.asked) == 1


@pytest.mark.parametrize("answer", [ConnectionResetError(), BROKEN, (503, {}), (200, {"request_id": "r"})])
async def test_a_submit_of_unknown_fate_is_never_sent_again(answer: Said) -> None:
    """Each repetition could be paid twice (law 3)."""
    transport = Scripted([answer, ACCEPTED])
    with pytest.raises(UnknownFate):
        await service(transport).submit(REQUEST)
    assert len(transport.asked) == 1


@pytest.mark.parametrize(
    ("answer", "fault", "attempts"),
    [(ConnectionRefusedError(), NotSent, ATTEMPTS), (THROTTLED, Throttled, THROTTLED_ATTEMPTS)],
)
async def test_asking_again_ends(answer: Said, fault: type[Exception], attempts: int) -> None:
    """The last fault is raised as it came."""
    transport = Scripted([answer] * 50)
    with pytest.raises(fault):
        await service(transport).submit(REQUEST)
    assert len(transport.asked) == attempts


async def test_a_pause_is_as_long_as_the_reply_asks_for() -> None:
    """A `Retry-After` is kept by a submit and by a poll; one shorter than the own pause changes nothing."""
    throttled = Answer(*THROTTLED, retry_after=40)
    transport = Scripted([throttled, THROTTLED, Answer(503, {}, retry_after=1), state("RUNNING")])
    with pytest.raises(UnknownFate):
        await service(transport).submit(REQUEST)
    assert anyio.current_time() == 40 + 2
    busy = Answer(503, {}, retry_after=40)
    assert (await service(Scripted([busy, state("RUNNING")])).poll("t")).status is TaskStatus.RUNNING
    assert anyio.current_time() == 40 + 2 + 40


async def test_what_is_invalid_is_said_once() -> None:
    """A second time would not help."""
    transport = Scripted([(400, {"code": "InvalidParameter", "message": "no"})] * 2)
    with pytest.raises(Invalid):
        await service(transport).submit(REQUEST)
    assert len(transport.asked) == 1


async def test_a_waiting_run_bears_an_outage_of_minutes() -> None:
    """The task goes on at the service; a look that went well wipes out the failures before it."""
    outage: list[Said] = [ConnectionResetError()] * (LOOKS - 1)
    transport = Scripted([state("PENDING"), *outage, state("RUNNING"), *outage, state("FAILED")])
    seen: list[TaskStatus] = []
    final = await service(transport).wait_until_done("t", lambda look: seen.append(look.status))
    assert final.status is TaskStatus.FAILED
    assert seen == [TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.FAILED]


async def test_a_run_does_not_wait_for_ever() -> None:
    """An outage of a quarter of an hour ends the step; its task is still on record."""
    with pytest.raises(ServerFault):
        await service(Scripted([ConnectionResetError()] * (LOOKS + 1))).wait_until_done("t")
    assert 300 < anyio.current_time() < 900


async def test_a_download_that_broke_off_is_for_the_caller_to_go_on_with(tmp_path: Path) -> None:
    """Who asked knows whether what comes is a film, and how often to try; what came is kept."""
    told: list[str] = []
    transport = Scripted(chunks=[b"half", ConnectionResetError("cut")], length=8)
    with pytest.raises(ServerFault):
        await service(transport, told).download("https://host/film", tmp_path / "film.mp4", MOST)
    assert told == []
    assert (tmp_path / "film.mp4").read_bytes() == b"half"


async def test_those_who_failed_together_come_back_apart() -> None:
    """A pause is up to a quarter longer, by chance."""
    answers = [THROTTLED, THROTTLED, ACCEPTED]
    retrying = Retrying(Poller(DashScopeClient(Scripted(answers)), 15), lambda words: None, lambda: 0.5)
    await retrying.submit(REQUEST)
    assert anyio.current_time() == pytest.approx((1 + 2) * 1.125)


async def test_a_cancel_whose_answer_was_lost_is_not_repeated() -> None:
    """The service would say of a cancelled task that it can't be cancelled, which is not what happened."""
    transport = Scripted([ConnectionResetError(), (200, {"request_id": "r"})])
    with pytest.raises(ServerFault):
        await service(transport).cancel("t")
    assert len(transport.asked) == 1
