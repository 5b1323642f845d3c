"""How long to ask before a task that the service reports as UNKNOWN counts as lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import anyio

from wanflow.providers.protocol import Seen, TaskState, TaskStatus, unseen
from wanflow.runner.context import RunContext
from wanflow.store.attempt import OpenTask

DAY = timedelta(hours=24)
"""How long the service knows a task (service.md 4.1)."""
PAUSES = (1, 2, 4)
"""Seconds between the looks at a task that it should know and does not."""


async def wait_for(task: OpenTask, context: RunContext, seen: Seen = unseen) -> TaskState:
    """Wait until a task is final; raises ServiceFault."""
    return await _believed(lambda: context.service.settled(task.task_id, seen), task, context)


async def ask(task: OpenTask, context: RunContext) -> TaskState:
    """Look at a task now; raises ServiceFault."""
    return await _believed(lambda: context.service.poll(task.task_id), task, context)


def is_young(date: str, context: RunContext) -> bool:
    """Whether the service may still know a task that it accepted at a time."""
    return context.lasting and context.clock() - datetime.fromisoformat(date) < DAY


async def _believed(look: Callable[[], Awaitable[TaskState]], task: OpenTask, context: RunContext) -> TaskState:
    state = await look()
    for pause in PAUSES if is_young(task.accepted, context) else ():
        if state.status is not TaskStatus.UNKNOWN:
            break
        await anyio.sleep(pause)
        state = await look()
    return state
