"""Tasks of earlier runs that no step of the plan asks for, collected beside new work (law 10)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from anyio.abc import TaskGroup

from wanflow.errors import WanflowError
from wanflow.planner.status import left_over
from wanflow.providers.faults import UnknownFate
from wanflow.runner.collect import after_all, keep
from wanflow.runner.events import Warned
from wanflow.runner.outcome import Failure
from wanflow.runner.step import UNKNOWN, StepRunner
from wanflow.runner.wait import wait_for
from wanflow.store.attempt import Attempt, OpenTask
from wanflow.store.take_names import take_node


class LeftoverTasks:
    """Tasks of shots that were edited, renamed or deleted since, and submissions for them whose answers were lost."""

    def __init__(self, performer: StepRunner) -> None:
        self._performer = performer
        self._parts = performer.context

    def start(self, group: TaskGroup) -> None:
        """Wait for all of them beside what else the run does."""
        plan, have = self._performer.run_state.plan, self._performer.run_state.inventory
        for task in have.open_tasks:
            if left_over(plan, task.attempt):
                group.start_soon(self._collect, task)
        for attempt in have.unknown_fate:
            if left_over(plan, attempt):
                group.start_soon(self._find, attempt)

    async def await_latecomers(self) -> None:
        """Submissions that this run counted as never accepted, should they have been: their films were paid."""
        for attempt in self._parts.lost_submissions.fresh:
            with self._noted(attempt):
                task = await self._parts.lost_submissions.latecomer(attempt, wait=True)
                if task is not None:
                    self._parts.emit(after_all(task))
                    await self._keep(replace(task, late=True))

    async def _collect(self, task: OpenTask) -> None:
        with self._noted(task.attempt):
            trouble = self._performer.run_state.unfetched.get(task.task_id)
            if trouble is not None:
                raise trouble
            words = f"task {task.task_id} answers what `{task.attempt.shot}` asked before: it is waited for as well"
            self._parts.emit(Warned(words))
            await self._keep(task)

    async def _find(self, attempt: Attempt) -> None:
        with self._noted(attempt):
            task = await self._parts.lost_submissions.settle(attempt)
            if task is None:
                self._parts.spending.release(attempt.id)
            else:
                await self._keep(task)

    async def _keep(self, task: OpenTask) -> None:
        await keep(await wait_for(task, self._parts), task, self._parts)
        self._performer.run_state.counts.collected += 1

    @contextmanager
    def _noted(self, attempt: Attempt) -> Iterator[None]:
        """What goes wrong with one of them stops nothing else."""
        try:
            yield
        except WanflowError as fault:
            node = take_node(attempt.shot, attempt.number)
            code = UNKNOWN if isinstance(fault, UnknownFate) else 1
            self._performer.failures.append(Failure(node, str(fault), fault.hint, code))
            self._parts.emit(Warned(f"{node}: {fault}"))
