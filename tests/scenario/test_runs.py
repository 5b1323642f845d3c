"""Whole runs in virtual time: what a run owes the people who pay for it."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from kit.emulated import FILM_SECONDS, FORBIDDEN
from kit.films import COAST, LIGHTHOUSE, edited, production, renamed, shot
from kit.providers import ANIMATIC
from kit.virtual_run import now, virtual_run
from wanflow.language.source import FileSource, ShotSource, Tail
from wanflow.planner.plan import Action
from wanflow.providers.faults import AccountBlocked, ServiceFault, Unauthorised
from wanflow.providers.protocol import (
    Accepted,
    DelegatingWaiter,
    DownloadedFile,
    Eager,
    Request,
    Seen,
    TaskState,
    WaitingClient,
    always,
    unseen,
)
from wanflow.runner.events import CutFinished, StepFinished
from wanflow.store import blobs, journal
from wanflow.store.layout import Store

pytestmark = pytest.mark.anyio

FRAME = {"first_frame": FileSource("sets/coast.png")}


async def test_law_9_what_is_independent_renders_side_by_side_and_chains_wait(tmp_path: Path) -> None:
    """Two chains of two take as long as one; an hour of service time would pass in no time as well."""
    film = production(
        COAST,
        shot("approach", {"first_clip": ShotSource("coast", Tail(Decimal(2)))}),
        shot("gull", FRAME),
        shot("dive", {"first_clip": ShotSource("gull", Tail(Decimal(2)))}),
    )
    async with virtual_run(tmp_path) as here:
        began = await now()
        outcome = await here.run(film)
        assert await now() - began == 2 * FILM_SECONDS
    assert outcome.exit_code == 0
    assert outcome.submitted == 4
    assert here.stored() == ["approach.t1", "coast.t1", "dive.t1", "gull.t1"]


async def test_five_of_a_model_run_at_once_and_the_rest_wait(tmp_path: Path) -> None:
    """Twelve equal shots need three rounds, and never more than six are submitted and unfinished."""
    film = production(*(shot(f"shot_{number:02}", FRAME, prompt=f"wave {number}") for number in range(12)))
    async with virtual_run(tmp_path) as here:
        began = await now()
        outcome = await here.run(film)
        assert await now() - began == 3 * FILM_SECONDS
    assert outcome.submitted == 12


async def test_a_second_run_submits_nothing(tmp_path: Path) -> None:
    """Everything is reused, and the cut is not touched."""
    async with virtual_run(tmp_path) as here:
        first = await here.run(LIGHTHOUSE)
        cut = (tmp_path / "out" / "main.mp4").stat().st_mtime_ns
        assert here.plan(LIGHTHOUSE).idle
        second = await here.run(LIGHTHOUSE)
    assert (first.submitted, first.derived, first.reused) == (2, 2, 0)
    assert (second.submitted, second.derived, second.reused) == (0, 0, 4)
    assert second.cuts == {"main": "out/main.mp4"}
    assert (tmp_path / "out" / "main.mp4").stat().st_mtime_ns == cut


async def test_one_changed_shot_encodes_one_segment(tmp_path: Path) -> None:
    """The other segments of the cut are there already."""
    async with virtual_run(tmp_path) as here:
        await here.run(LIGHTHOUSE)
        await here.run(edited(LIGHTHOUSE, "approach", prompt="approach at dusk"))
        finished = [event for event in here.events if isinstance(event, CutFinished)]
    assert [(event.encoded, event.copied) for event in finished] == [(1, 1)]


async def test_a_refused_shot_stops_only_what_depends_on_it(tmp_path: Path) -> None:
    """Its sibling is done and kept; mending the words renders it and its dependents, and nothing else."""
    refused = shot("coast", FRAME, prompt=f"a {FORBIDDEN} coast")
    film = production(refused, LIGHTHOUSE.shots["approach"], shot("gull", FRAME))
    async with virtual_run(tmp_path) as here:
        outcome = await here.run(film)
        failed = [event for event in here.events if isinstance(event, StepFinished) and event.outcome == "failed"]
        assert (outcome.exit_code, outcome.blocked, len(outcome.failures)) == (1, 2, 1)
        assert "inappropriate content" in (failed[0].message or "")
        assert here.stored() == ["gull.t1"]
        mended = await here.run(edited(film, "coast", prompt="a calm coast"))
        assert mended.exit_code == 0
        assert here.submitted() == ["coast.t1", "approach.t1"]


async def test_law_10_what_is_in_flight_is_collected_before_anything_is_submitted(tmp_path: Path) -> None:
    """A run that gave up waiting leaves its tasks to the next one, which pays for none of them again."""
    async with virtual_run(tmp_path) as here:
        first = await here.run(LIGHTHOUSE, timeout=FILM_SECONDS / 2)
        assert (first.exit_code, here.submitted()) == (4, ["coast.t1"])
        waiting = here.plan(LIGHTHOUSE)
        assert waiting.steps[0].action is Action.COLLECT
        second = await here.run(LIGHTHOUSE)
    assert second.exit_code == 0
    assert (second.collected, second.submitted) == (1, 1)
    assert journal.read(here.store).open == ()


async def test_law_10_a_film_of_an_edited_shot_is_stored_and_answers_an_undo(tmp_path: Path) -> None:
    """The words changed while the service was at work: what was paid for is kept under its own request."""
    film = production(COAST)
    changed = edited(film, "coast", prompt="coast at dusk")
    async with virtual_run(tmp_path) as here:
        await here.run(film, timeout=FILM_SECONDS / 2)
        both = await here.run(changed)
        assert (both.submitted, both.collected) == (1, 1)
        assert len(blobs.list_takes(here.store)) == 2
        back = await here.run(film)
        assert (back.submitted, back.exit_code) == (0, 0)
    assert len(blobs.list_takes(here.store)) == 2


async def test_a_run_of_some_shots_does_not_wait_for_the_tasks_of_others(tmp_path: Path) -> None:
    """They are collected by the run that asks for them."""
    film = production(COAST, shot("gull", FRAME))
    async with virtual_run(tmp_path) as here:
        await here.run(production(COAST), timeout=FILM_SECONDS / 2)
        plan = here.plan(film, {"gull"})
        await here.run(film, plan=plan, timeout=1)
        assert len(journal.read(here.store).open) == 2
        began = await now()
        outcome = await here.run(film)
    assert (outcome.collected, outcome.submitted, began) == (2, 0, FILM_SECONDS / 2 + 1)


async def test_all_takes_of_a_shot_render_side_by_side_under_their_own_names(tmp_path: Path) -> None:
    """Three takes take as long as one, and each has its file in `out/shots`."""
    film = edited(production(COAST), "coast", takes=3)
    async with virtual_run(tmp_path) as here:
        began = await now()
        await here.run(film)
        assert await now() - began == FILM_SECONDS
    named = tmp_path / "out" / "shots"
    assert sorted(path.name for path in named.iterdir()) == [f"coast.t{number}.mp4" for number in (1, 2, 3)]
    assert len({path.read_bytes() for path in named.iterdir()}) == 3


async def test_law_1_a_plan_that_no_longer_fits_buys_nothing_beyond_it(tmp_path: Path) -> None:
    """A plan to restore a take is run after the take vanished from the store: nothing is bought in its place."""
    film = production(COAST)
    moved = renamed(film, "coast", "shore")
    async with virtual_run(tmp_path) as here:
        await here.run(film)
        approved = here.plan(moved)
        assert approved.steps[0].action is Action.RESTORE
        here.store.lock.unlink()
        here.store.traces.unlink()
        shutil.rmtree(here.store.takes)
        outcome = await here.run(moved, plan=approved)
    assert (outcome.submitted, outcome.exit_code) == (0, 1)
    assert "`render` is not in the plan" in outcome.failures[0].message


class Watching(DelegatingWaiter):
    """A service that looks at the journal on disk at each call, as a crash at that moment would leave it."""

    def __init__(self, service: WaitingClient, store: Store) -> None:
        super().__init__(service)
        self._store = store

    async def submit(self, request: Request) -> Accepted:
        """The intent has to be on disk before the request is on the wire."""
        unknown_fate = journal.read(self._store).unknown_fate
        assert [attempt.model for attempt in unknown_fate] == [request.model]
        return await self._service.submit(request)

    async def wait_until_done(self, task_id: str, seen: Seen = unseen, eager: Eager = always) -> TaskState:
        """The task id has to be on disk before the first look."""
        assert task_id in {task.task_id for task in journal.read(self._store).open}
        return await self._service.wait_until_done(task_id, seen, eager)

    async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        """Where the result is has to be on disk before it is fetched."""
        assert journal.unsigned(url) in {task.url for task in journal.read(self._store).open}
        return await self._service.download(url, target, most_bytes)


async def test_law_2_intent_is_on_disk_before_the_request_and_the_task_id_before_the_poll(tmp_path: Path) -> None:
    """At every call to the service the journal says already what is about to happen."""
    store = Store(tmp_path, ANIMATIC)
    async with virtual_run(tmp_path, lambda service: Watching(service, store)) as here:
        outcome = await here.run(LIGHTHOUSE)
    assert (outcome.exit_code, outcome.submitted) == (0, 2)


@pytest.mark.parametrize(("fault", "code"), [(AccountBlocked("arrears", hint="pay"), 1), (Unauthorised("no"), 1)])
async def test_an_account_that_is_blocked_stops_what_is_not_sent_yet(
    tmp_path: Path, fault: ServiceFault, code: int
) -> None:
    """Nothing further is submitted, what is in flight is collected, and it is said what to do (service.md 4.7)."""

    class Blocked(DelegatingWaiter):
        sent = 0

        async def submit(self, request: Request) -> Accepted:
            self.sent += 1
            if self.sent > 2:
                raise fault
            return await super().submit(request)

    services: list[Blocked] = []

    def around(service: WaitingClient) -> WaitingClient:
        services.append(Blocked(service))
        return services[-1]

    film = production(*(shot(f"shot_{number:02}", FRAME, prompt=f"wave {number}") for number in range(12)))
    async with virtual_run(tmp_path, around) as here:
        outcome = await here.run(film)
        assert len(here.stored()) == 2
    assert (outcome.exit_code, outcome.submitted) == (code, 2)
    assert services[0].sent < 9
    assert journal.read(here.store).open == ()
