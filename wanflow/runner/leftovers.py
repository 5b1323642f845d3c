"""What earlier runs left with the service and no step of the plan asks for: collected beside new work (law 10)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from anyio.abc import TaskGroup

from wanflow.errors import WanflowError
from wanflow.planner.states import left_over
from wanflow.runner.event import Warned
from wanflow.runner.outcome import Failure
from wanflow.runner.patience import wait_for
from wanflow.runner.perform import UNKNOWN, Performer
from wanflow.runner.recover import after_all, keep
from wanflow.service.fault import UnknownFate
from wanflow.store.journal import Attempt, OpenTask
from wanflow.store.take_names import take_node


class Leftovers:
    """Tasks of shots that were edited, renamed or deleted since, and submissions for them whose answers were lost."""

    def __init__(self, performer: Performer) -> None:
        self._performer = performer
        self._parts = performer.parts

    def start(self, group: TaskGroup) -> None:
        """Wait for all of them beside what else the run does."""
        plan, have = self._performer.stage.plan, self._performer.stage.inventory
        for task in have.open_tasks:
            if left_over(plan, task.attempt):
                group.start_soon(self._collect, task)
        for attempt in have.adrift:
            if left_over(plan, attempt):
                group.start_soon(self._find, attempt)

    async def await_latecomers(self) -> None:
        """Submissions that this run counted as never accepted, should they have been: their films were paid."""
        for attempt in self._parts.inquiry.fresh:
            with self._noted(attempt):
                task = await self._parts.inquiry.latecomer(attempt, wait=True)
                if task is not None:
                    self._parts.emit(after_all(task))
                    await self._keep(replace(task, late=True))

    async def _collect(self, task: OpenTask) -> None:
        with self._noted(task.attempt):
            trouble = self._performer.stage.unfetched.get(task.task_id)
            if trouble is not None:
                raise trouble
            words = f"task {task.task_id} answers what `{task.attempt.shot}` asked before: it is waited for as well"
            self._parts.emit(Warned(words))
            await self._keep(task)

    async def _find(self, attempt: Attempt) -> None:
        with self._noted(attempt):
            task = await self._parts.inquiry.settle(attempt)
            if task is None:
                self._parts.purse.release(attempt.id)
            else:
                await self._keep(task)

    async def _keep(self, task: OpenTask) -> None:
        await keep(await wait_for(task, self._parts), task, self._parts)
        self._performer.stage.tally.collected += 1

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
