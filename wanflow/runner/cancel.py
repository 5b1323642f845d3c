"""Cancelling tasks that are still queued; a task that runs goes on and is charged (service.md 4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wanflow.messages import tr
from wanflow.providers.faults import ServiceFault, Unauthorised
from wanflow.providers.protocol import ProviderClient, TaskStatus
from wanflow.records import immutable
from wanflow.store.attempt import OpenTask
from wanflow.store.journal import Journal
from wanflow.store.take_names import take_node

WORDS = tr("cancelled by hand")


@immutable
class Cancelled:
    """The end of one task: cancelled, or running already, in which case it is charged when it succeeds.

    `trouble` is the fault that leaves open which of the two, None where it is known.
    """

    node: str
    shot: str
    task_id: str
    cancelled: bool
    trouble: str | None = None

    def to_json(self) -> dict[str, object]:
        """As `cancel --json` prints it."""
        known = {"node": self.node, "shot": self.shot, "task_id": self.task_id, "cancelled": self.cancelled}
        return known | ({} if self.trouble is None else {"trouble": self.trouble})


async def cancel_tasks(
    tasks: Sequence[OpenTask], service: ProviderClient, journal: Journal | None, stamp: str
) -> tuple[Cancelled, ...]:
    """Cancel the tasks that are still PENDING and write their ends down.

    Without a `journal` a run is active, which sees the ends itself. A fault with one task stops no other.
    Raises Unauthorised.
    """
    done: list[Cancelled] = []
    for task in tasks:
        shot = task.attempt.shot
        one = Cancelled(take_node(shot, task.attempt.number), shot, task.task_id, cancelled=False)
        try:
            one = replace(one, cancelled=await service.cancel(task.task_id))
        except Unauthorised:
            raise
        except ServiceFault as fault:
            one = replace(one, trouble=str(fault))
        if one.cancelled and journal is not None:
            journal.ended(task.task_id, TaskStatus.CANCELED.value, WORDS, stamp)
        done.append(one)
    return tuple(done)
