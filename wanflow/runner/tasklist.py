"""What the service's list of one model has shown in a run: a task that one call showed is not forgotten by the next."""

from __future__ import annotations

import math
from collections.abc import Collection, Container
from dataclasses import replace
from datetime import datetime, timedelta

import anyio

from wanflow.runner.candidates import Candidate
from wanflow.service.fault import ServiceFault
from wanflow.service.port import TaskState, TaskStatus, TaskSummary, VideoService

REACH = timedelta(hours=23, minutes=45)
"""The list shows the tasks of 24 hours (api.md 4.5); an older task or attempt can't be looked up any more."""


class TaskList:
    """The tasks of a model that any call of this run showed, and what they said when they were asked themselves."""

    def __init__(self, service: VideoService, model: str) -> None:
        self._service = service
        self._model = model
        self._rows: dict[str, TaskSummary] = {}
        self._said: dict[str, TaskState] = {}
        self._shown: dict[str, float] = {}

    async def read(self) -> None:
        """Call the list; raises ServiceFault."""
        asked = anyio.current_time()
        for row in await self._service.list(self._model):
            if row.task_id:
                known = self._rows.get(row.task_id, row)
                status = known.status if known.status.final else row.status
                self._rows[row.task_id] = replace(row, created=known.created, status=status)
                self._shown[row.task_id] = asked

    def misses(self, expected: Collection[str], now: datetime, since: float) -> bool:
        """Whether no call since then, in seconds of anyio's clock, showed a task that one has to show.

        These are the `expected` ones, and all that any call showed and that the list still reaches back to.
        """
        recent = (row.task_id for row in self._rows.values() if row.created >= now - REACH + row.ahead)
        return any(self._shown.get(task_id, -math.inf) < since for task_id in (*expected, *recent))

    async def ask_successes(self, known: Container[str], since: datetime | None) -> None:
        """Ask the tasks that succeeded `since` then, and that are not `known`, for their words; raises ServiceFault."""
        for row in [row for row in self._rows.values() if row.status is TaskStatus.SUCCEEDED]:
            said = self._said.get(row.task_id)
            young = since is None or row.created >= since + row.ahead
            if row.task_id not in known and young and (said is None or said.status is not TaskStatus.SUCCEEDED):
                self._said[row.task_id] = await self._service.poll(row.task_id)

    async def watch(self, task_ids: Collection[str], seconds: float | None) -> None:
        """Wait until the first of these is done and says what it was asked, or for so many `seconds` at most.

        Raises ServiceFault where one can't be asked.
        """
        trouble: list[ServiceFault] = []
        with anyio.move_on_after(seconds):
            async with anyio.create_task_group() as group:

                async def look(task_id: str) -> None:
                    try:
                        self._said[task_id] = await self._service.settled(task_id)
                    except ServiceFault as fault:
                        trouble.append(fault)
                    group.cancel_scope.cancel()

                for task_id in task_ids:
                    group.start_soon(look, task_id)
        for fault in trouble:
            raise fault

    def candidates(self, known: Container[str]) -> list[Candidate]:
        """The tasks that are not `known`, each as it was last seen."""
        rows = [row for row in self._rows.values() if row.task_id not in known]
        ahead = min((row.ahead for row in rows), default=timedelta())
        return [_candidate(row, self._said.get(row.task_id), ahead) for row in rows]


def _candidate(row: TaskSummary, said: TaskState | None, ahead: timedelta) -> Candidate:
    """What a task said itself counts, unless the list has seen it end since."""
    ended = row.status.final and row.status is not TaskStatus.SUCCEEDED
    if said is None or (ended and not said.status.final):
        return Candidate(row.task_id, row.request_id, row.created, row.status, None, ahead)
    return Candidate(row.task_id, row.request_id, row.created, said.status, said.prompt, ahead)
