"""Cancelling what still waits at the service; what runs already runs on and is charged (service.md 4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wanflow.providers.faults import ServiceFault, Unauthorised
from wanflow.providers.protocol import ProviderClient, TaskStatus
from wanflow.store.attempt import OpenTask
from wanflow.store.journal import Journal
from wanflow.store.take_names import take_node

WORDS = "cancelled by hand"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of one task: cancelled, or too late, in which case it is charged when it succeeds.

    `trouble` says why nobody knows which of the two, None where it is known.
    """

    node: str
    shot: str
    task_id: str
    cancelled: bool
    trouble: str | None = None

    def to_json(self) -> dict[str, object]:
        """As `cancel --json` prints it."""
        told = {"node": self.node, "shot": self.shot, "task_id": self.task_id, "cancelled": self.cancelled}
        return told | ({} if self.trouble is None else {"trouble": self.trouble})


async def cancel_tasks(
    tasks: Sequence[OpenTask], service: ProviderClient, journal: Journal | None, stamp: str
) -> tuple[Cancelled, ...]:
    """Cancel the tasks that are still PENDING and write their ends down.

    Without a `journal` a run works here, which sees the ends by itself. Trouble with one task stops no other. Raises
    Unauthorised.
    """
    done: list[Cancelled] = []
    for task in tasks:
        one = await _cancel(task, service)
        if one.cancelled and journal is not None:
            journal.ended(task.task_id, TaskStatus.CANCELED.value, WORDS, stamp)
        done.append(one)
    return tuple(done)


async def _cancel(task: OpenTask, service: ProviderClient) -> Cancelled:
    node, shot = take_node(task.attempt.shot, task.attempt.number), task.attempt.shot
    try:
        return Cancelled(node, shot, task.task_id, await service.cancel(task.task_id))
    except Unauthorised:
        raise
    except ServiceFault as fault:
        return Cancelled(node, shot, task.task_id, cancelled=False, trouble=str(fault))
