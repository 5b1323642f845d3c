"""Cancelling what still waits at the service; what runs already runs on and is charged (api.md 4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wanflow.planner.draft import take_node
from wanflow.service.port import TaskStatus, VideoService
from wanflow.store.journal import Journal, OpenTask

WORDS = "cancelled by hand"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of one task: cancelled, or too late, in which case it is charged when it succeeds."""

    node: str
    shot: str
    task_id: str
    cancelled: bool

    def to_json(self) -> dict[str, object]:
        """As `cancel --json` prints it."""
        return {"node": self.node, "shot": self.shot, "task_id": self.task_id, "cancelled": self.cancelled}


async def cancel_tasks(
    tasks: Sequence[OpenTask], service: VideoService, journal: Journal | None, stamp: str
) -> tuple[Cancelled, ...]:
    """Cancel the tasks that are still PENDING and write their ends down.

    Without a `journal` a run works here, which sees the ends by itself. Raises ServiceFault.
    """
    done: list[Cancelled] = []
    for task in tasks:
        cancelled = await service.cancel(task.task_id)
        if cancelled and journal is not None:
            journal.ended(task.task_id, TaskStatus.CANCELED.value, WORDS, stamp)
        node = take_node(task.attempt.shot, task.attempt.number)
        done.append(Cancelled(node, task.attempt.shot, task.task_id, cancelled))
    return tuple(done)
