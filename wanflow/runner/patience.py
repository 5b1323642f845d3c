"""When a task may be believed to be gone: UNKNOWN is no failure, and what it cost would be paid a second time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import anyio

from wanflow.runner.parts import Parts
from wanflow.service.port import Seen, TaskState, TaskStatus, unseen
from wanflow.store.journal import OpenTask

DAY = timedelta(hours=24)
"""How long the service knows a task (api.md 4.1)."""
PAUSES = (1, 2, 4)
"""Seconds between the looks at a task that it should know and does not."""


async def wait_for(task: OpenTask, parts: Parts, seen: Seen = unseen) -> TaskState:
    """Wait until a task is final; raises ServiceFault."""
    return await _believed(lambda: parts.service.settled(task.task_id, seen), task, parts)


async def ask(task: OpenTask, parts: Parts) -> TaskState:
    """Look at a task now; raises ServiceFault."""
    return await _believed(lambda: parts.service.poll(task.task_id), task, parts)


def is_young(date: str, parts: Parts) -> bool:
    """Whether the service may still know a task that it accepted at a time."""
    return parts.lasting and parts.clock() - datetime.fromisoformat(date) < DAY


async def _believed(look: Callable[[], Awaitable[TaskState]], task: OpenTask, parts: Parts) -> TaskState:
    state = await look()
    for pause in PAUSES if is_young(task.accepted, parts) else ():
        if state.status is not TaskStatus.UNKNOWN:
            break
        await anyio.sleep(pause)
        state = await look()
    return state
