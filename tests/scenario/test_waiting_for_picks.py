"""Findings in whole runs: what follows from a take with findings waits where its shot says so, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from kit.films import LIGHTHOUSE, edited, production, shot, still
from kit.providers import DASHSCOPE
from kit.virtual_run import VirtualRun, nothing, virtual_run
from wanflow.errors import MediaFault
from wanflow.language.checks import Check, CheckRules, FindingAction
from wanflow.language.production import Production
from wanflow.language.source import ShotSource
from wanflow.media.checks.take_check import CheckTake
from wanflow.planner.consequence import compare
from wanflow.planner.plan import Action, ReasonCode
from wanflow.planner.status import shot_rows
from wanflow.runner.events import StepFinished, TakeStored, Warned
from wanflow.store import lock as locks
from wanflow.store import lockfile
from wanflow.store.findings import THUMBNAIL_SIDE, Finding, TakeFindings

pytestmark = pytest.mark.anyio

BLACK = Finding(Check.BLACK, 0.8, 0.25, Fraction(6, 5), Fraction(2))
WORDS = "black from 1.2 s to 2 s"
WAIT = CheckRules({Check.BLACK: FindingAction.WAIT})
WAITING = edited(LIGHTHOUSE, "coast", checks=WAIT)
"""The lighthouse, in which what needs `coast` waits where that is black."""


def black_head(job: CheckTake) -> TakeFindings:
    """A black part in every take that continues no clip."""
    return TakeFindings((BLACK,) if job.expected.clip is None else ())


def pick(here: VirtualRun, shot: str, number: int) -> None:
    """Pick a take as a person does."""
    entry = lockfile.read(here.store.lock).shots[shot]
    digest = next(name for name, known in entry.numbers.items() if known == number)
    lockfile.update(here.store.lock, lambda lock: locks.pick(lock, shot, entry.current or "", digest))


def waiting(here: VirtualRun, film: Production) -> set[str]:
    """The nodes that are blocked since somebody has to pick."""
    steps = [step for step in here.plan(film).steps if step.action is Action.BLOCKED]
    return {step.node for step in steps if any(reason.code is ReasonCode.NEEDS_PICK for reason in step.reasons)}


async def test_findings_are_warnings_and_the_run_goes_on(tmp_path: Path) -> None:
    """Each delivered take is measured once; a second run measures nothing."""
    async with virtual_run(tmp_path) as here:
        here.found = black_head
        outcome = await here.run(LIGHTHOUSE)
        warned = [(event.node, event.message) for event in here.events if isinstance(event, Warned)]
        measured = here.store.checks.read_bytes()
        await here.run(edited(LIGHTHOUSE, "approach", tags=("new",)))
        assert here.store.checks.read_bytes() == measured
    assert (outcome.exit_code, outcome.submitted, outcome.derived) == (0, 2, 2)
    assert warned == [("coast.t1", WORDS)]
    assert measured.count(b"\n") == 2


async def test_what_needs_a_take_with_findings_waits_for_a_pick(tmp_path: Path) -> None:
    """In the run that delivers it already: shots, extracts and cuts. Any pick frees them, also of that very take."""
    async with virtual_run(tmp_path) as here:
        here.found = black_head
        assert here.plan(WAITING).counts()[Action.RENDER] == 2
        outcome = await here.run(WAITING)
        assert (outcome.exit_code, outcome.submitted, outcome.blocked) == (3, 1, 3)
        blocked = {event.node: event.message for event in here.events if isinstance(event, StepFinished)}
        words = f"coast take 1 waits for a pick ({WORDS}): `wanflow pick coast 1` uses it, `wanflow retake coast` asks"
        assert str(blocked["approach.first_clip"]).startswith(words)
        assert waiting(here, WAITING) == {"approach.first_clip", "approach.t1", "cut:main"}
        before = here.plan(WAITING)
        pick(here, "coast", 1)
        made = compare(before, here.plan(WAITING), "coast", 1)
        assert (made.picked, [step.node for step in made.renders], made.cuts) == (False, ["approach.t1"], ("main",))
        outcome = await here.run(WAITING)
    assert (outcome.exit_code, outcome.submitted, outcome.written) == (0, 1, 1)


async def test_a_shot_waits_only_while_something_is_kept_from_being_made(tmp_path: Path) -> None:
    """What was made from a take with findings stays, so that nobody has to pick for it; an edit behind it waits."""
    async with virtual_run(tmp_path) as here:
        here.found = black_head
        await here.run(LIGHTHOUSE)
        rows = {row.shot: row for row in shot_rows(here.plan(WAITING))}
        assert (rows["coast"].waits, bool(rows["coast"].findings), waiting(here, WAITING)) == (False, True, set())
        assert ReasonCode.NEEDS_PICK not in {reason.code for reason in rows["coast"].reasons}
        on = edited(WAITING, "approach", prompt="Something else.")
        assert {row.shot for row in shot_rows(here.plan(on)) if row.waits} == {"coast"}


async def test_another_check_or_another_shot_keeps_nothing_waiting(tmp_path: Path) -> None:
    """Only findings of a check that says `wait` count; `off` is not even shown."""
    film = edited(
        LIGHTHOUSE, "coast", checks=CheckRules({Check.SEAM: FindingAction.WAIT, Check.BLACK: FindingAction.OFF})
    )
    async with virtual_run(tmp_path) as here:
        here.found = black_head
        outcome = await here.run(film)
        assert not [event for event in here.events if isinstance(event, Warned)]
    assert outcome.exit_code == 0


async def test_a_take_without_findings_is_followed_at_once(tmp_path: Path) -> None:
    """Waiting for findings costs one measurement, no second run."""
    async with virtual_run(tmp_path) as here:
        here.found = nothing
        outcome = await here.run(WAITING)
    assert (outcome.exit_code, outcome.submitted, outcome.written) == (0, 2, 1)


async def test_what_was_made_already_stays(tmp_path: Path) -> None:
    """A shot that begins to wait later blocks nothing that exists, but an edit of what depends on it waits."""
    async with virtual_run(tmp_path) as here:
        here.found = black_head
        await here.run(LIGHTHOUSE)
        assert here.plan(WAITING).idle
        changed = edited(WAITING, "approach", prompt="approach at dusk")
        assert waiting(here, changed) == {"approach.t2", "cut:main"}


async def test_money_never_follows_from_a_take_that_was_not_measured(tmp_path: Path) -> None:
    """A take on hand without findings is measured before anything new is made from it."""
    async with virtual_run(tmp_path) as here:
        here.found = black_head
        await here.run(LIGHTHOUSE)
        here.store.checks.unlink()
        changed = edited(WAITING, "approach", prompt="approach at dusk")
        assert here.plan(changed).counts()[Action.RENDER] == 1
        outcome = await here.run(changed)
    assert (outcome.exit_code, outcome.submitted, outcome.blocked) == (3, 0, 2)


async def test_a_fault_of_a_check_is_a_warning(tmp_path: Path) -> None:
    """A film was paid for whatever its checks say, and what is not measured keeps nothing waiting."""

    def broken(job: CheckTake) -> TakeFindings:
        raise MediaFault(f"cannot decode it: {job.file.suffix}")

    async with virtual_run(tmp_path) as here:
        here.found = broken
        outcome = await here.run(WAITING)
        warned = [event.message for event in here.events if isinstance(event, Warned)]
    assert (outcome.exit_code, outcome.submitted) == (0, 2)
    assert warned[0] == "it was not checked: cannot decode it: .mp4"


async def test_collected_takes_are_measured_before_a_run_goes_on(tmp_path: Path) -> None:
    """A film that was in flight when a run stopped is delivered by the next one, and what follows waits."""
    async with virtual_run(tmp_path) as here:
        here.found = black_head
        stopped = await here.run(WAITING, timeout=1)
        assert stopped.exit_code == 4
        outcome = await here.run(replace(WAITING, title="later"))
    assert (outcome.exit_code, outcome.submitted) == (3, 0)


async def test_a_still_that_looks_like_an_earlier_take_is_told(tmp_path: Path) -> None:
    """By the later number, whichever came first; the plan knows it, and each take is measured once."""
    story = production(still("door", takes=3), provider=DASHSCOPE)

    def alike(job: CheckTake) -> TakeFindings:
        stored = {event.digest: event.take for event in here.events if isinstance(event, TakeStored)}
        number = stored[job.file.stem]
        return TakeFindings((), bytes([200 if number == 2 else 90]) * (THUMBNAIL_SIDE**2 * 3 // 2))

    async with virtual_run(tmp_path) as here:
        here.found = alike
        await here.run(story)
        warned = [(event.node, str(event.message)) for event in here.events if isinstance(event, Warned)]
        plan = here.plan(story)
    assert warned == [("door.t3", "it looks like door.t1")]
    found = (plan.inventory.findings or {}).values()
    assert sorted([each.other for each in findings] for findings in found) == [[], [], ["door.t1"]]


async def test_what_needs_a_still_with_findings_waits_for_a_pick(tmp_path: Path) -> None:
    """A picture costs little, the film that begins with it does not."""
    story = production(still("door"), shot("clip", {"first_frame": ShotSource("door")}), provider=DASHSCOPE)
    waits = edited(story, "door", checks=CheckRules({Check.BLURRED: FindingAction.WAIT}))
    async with virtual_run(tmp_path) as here:
        here.found = lambda job: TakeFindings(
            (Finding(Check.BLURRED, 6.0, 2.5),) if job.file.suffix == ".png" else (), b""
        )
        outcome = await here.run(waits)
        assert (outcome.exit_code, outcome.submitted, waiting(here, waits)) == (3, 1, {"clip.t1"})
        pick(here, "door", 1)
        assert (await here.run(waits)).submitted == 1
