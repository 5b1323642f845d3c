"""Jobs that nothing waits for: they begin while a place is left that no other job wants."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Event

import anyio
import pytest
from anyio.lowlevel import checkpoint

from wanflow.media.jobs import Background, Job, LocalJobs, Worker

PATIENCE_SECONDS = 30

DONE: list[str] = []
GATES: dict[str, Event] = {}


@dataclass(frozen=True, slots=True)
class Pass(Job[str]):
    """Ends when its gate is opened."""

    name: str

    def perform(self, worker: Worker) -> str:
        """Wait at the gate."""
        del worker
        assert GATES[self.name].wait(PATIENCE_SECONDS)
        DONE.append(self.name)
        return self.name


@pytest.fixture(autouse=True)
def gates() -> None:
    """Closed gates, and nothing done."""
    DONE.clear()
    GATES.clear()
    GATES.update({name: Event() for name in ("first", "second", "beside")})


def test_a_background_job_lets_all_others_go_first(tmp_path: Path) -> None:
    """Those that wait for a place as well, although it was asked for before them."""

    async def main() -> None:
        jobs = LocalJobs(tmp_path, 1)
        async with anyio.create_task_group() as group:
            group.start_soon(jobs, Pass("first"))
            await checkpoint()
            group.start_soon(jobs, Background(Pass("beside")))
            await checkpoint()
            group.start_soon(jobs, Pass("second"))
            await checkpoint()
            for gate in ("beside", "second", "first"):
                GATES[gate].set()

    anyio.run(main)
    assert DONE == ["first", "second", "beside"]


def test_a_background_job_runs_beside_others_where_there_is_a_place(tmp_path: Path) -> None:
    """On two cores it does not wait for the end of a long job; its result comes out."""

    async def main() -> str:
        jobs = LocalJobs(tmp_path, 2)
        async with anyio.create_task_group() as group:
            group.start_soon(jobs, Pass("first"))
            await checkpoint()
            GATES["beside"].set()
            result = await jobs(Background(Pass("beside")))
            GATES["first"].set()
        return result

    assert anyio.run(main) == "beside"
    assert DONE == ["beside", "first"]


def test_a_background_job_that_is_cancelled_keeps_no_place(tmp_path: Path) -> None:
    """The next one begins."""

    async def main() -> None:
        jobs = LocalJobs(tmp_path, 1)
        async with anyio.create_task_group() as group:
            group.start_soon(jobs, Pass("first"))
            await checkpoint()
            async with anyio.create_task_group() as waiting:
                waiting.start_soon(jobs, Background(Pass("second")))
                await checkpoint()
                waiting.cancel_scope.cancel()
            GATES["first"].set()
            GATES["beside"].set()
            await jobs(Background(Pass("beside")))

    anyio.run(main)
    assert sorted(DONE) == ["beside", "first"]
