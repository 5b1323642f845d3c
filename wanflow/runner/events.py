"""What a run tells while it runs: frozen values that the console, the JSON stream and the tests read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wanflow.money import Cost
from wanflow.planner.plan import Action


@dataclass(frozen=True, slots=True)
class StepStarted:
    """Work on a node began."""

    node: str
    action: Action
    model: str | None = None


@dataclass(frozen=True, slots=True)
class TaskSubmitted:
    """The service accepted a request."""

    node: str
    task_id: str
    model: str


@dataclass(frozen=True, slots=True)
class TaskChanged:
    """The service's word on a task: `state` is its status."""

    node: str
    task_id: str
    state: str


@dataclass(frozen=True, slots=True)
class TakeStored:
    """A take is safe on disk; `file` is its name under `out/`, relative to the production's folder.

    `cost` is what it was charged now; None where it cost nothing, or was paid for before.
    """

    node: str
    shot: str
    take: int
    digest: str
    seconds: str
    file: str
    cost: Cost | None = None


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A node is done: `outcome` is done, reused, failed or blocked, with words where it went wrong."""

    node: str
    outcome: str
    message: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class CutProgress:
    """How far a cut is: segments done of all, encoded frames of all."""

    node: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class CutFinished:
    """A cut is written; how many of its segments were encoded now and how many were there already."""

    node: str
    file: str
    encoded: int
    copied: int
    seconds: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a person should know that stops nothing."""

    message: str
    node: str | None = None


Event = StepStarted | TaskSubmitted | TaskChanged | TakeStored | StepFinished | CutProgress | CutFinished | Warned

Emit = Callable[[Event], None]
"""Where events go; called in the order in which things happen, never concurrently."""
