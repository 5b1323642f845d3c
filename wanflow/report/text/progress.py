"""What a run is doing right now, added up from its events; what the live display shows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from wanflow import money
from wanflow.graph.node import is_cut
from wanflow.money import Cost
from wanflow.planner.plan import Action, Plan, StepKind
from wanflow.runner.events import (
    CutFinished,
    CutProgress,
    Event,
    StepFinished,
    StepStarted,
    TakeStored,
    TaskChanged,
    TaskSubmitted,
)

TELLING_SECONDS = 2
"""So long a cut must have been on its way before its speed says something."""

Stopwatch = Callable[[], float]
"""Seconds since some moment."""

_PAID = frozenset({Action.RENDER, Action.COLLECT})


@dataclass(frozen=True, slots=True)
class RunningTake:
    """A take on its way: since when, in which state (waiting, submitted, or the service's word), by which model."""

    node: str
    model: str
    since: float
    state: str = "waiting"


@dataclass(frozen=True, slots=True)
class RunningCut:
    """A cut on its way since a moment of the stopwatch: frames done of all; `total` is 0 while it is not known."""

    node: str
    since: float = 0
    done: int = 0
    total: int = 0

    @property
    def percent(self) -> int:
        """How much of it is done; never 100 before it is finished."""
        return min(99, self.done * 100 // self.total) if self.total else 0

    def seconds_left(self, now: float) -> int | None:
        """How long it takes at the speed that it had so far; None while nobody can tell."""
        if not self.done or now - self.since < TELLING_SECONDS:
            return None
        return math.ceil((now - self.since) * (self.total - self.done) / self.done)


@dataclass(slots=True)
class Progress:
    """A run as far as its events tell; told every one of them by `note`.

    `cost` is what was spent so far, unknown as soon as one reply did not say.
    """

    stopwatch: Stopwatch
    queued: set[str]
    cost: Cost
    running: dict[str, RunningTake] = field(default_factory=dict)
    cuts: dict[str, RunningCut] = field(default_factory=dict)
    rendered: Fraction = Fraction(0)
    stored: int = 0

    def note(self, event: Event) -> None:
        """Take an event into account."""
        match event:
            case StepStarted():
                self._start(event)
            case TaskSubmitted(node):
                self._turn(node, "submitted")
            case TaskChanged(node, _, state):
                self._turn(node, state.lower())
            case TakeStored():
                self._store(event)
            case CutProgress(node, done, total):
                begun = self.cuts.get(node)
                self.cuts[node] = RunningCut(node, begun.since if begun else self.stopwatch(), done, total)
            case CutFinished(node) | StepFinished(node):
                self._finish(node)
            case _:
                pass

    @property
    def in_flight(self) -> tuple[RunningTake, ...]:
        """The takes that have left the queue, oldest first."""
        return tuple(item for item in self.running.values() if item.state != "waiting")

    @property
    def queue_length(self) -> int:
        """How many takes are still to be submitted."""
        return len(self.queued) + len(self.running) - len(self.in_flight)

    def _start(self, event: StepStarted) -> None:
        self.queued.discard(event.node)
        if event.action in _PAID:
            self.running[event.node] = RunningTake(event.node, event.model or "", self.stopwatch())
        elif is_cut(event.node):
            self.cuts[event.node] = RunningCut(event.node, self.stopwatch())

    def _store(self, event: TakeStored) -> None:
        if event.node in self.running:
            self.rendered += Fraction(event.seconds)
            self.stored += 1
        if event.cost is not None:
            self.cost = money.total([self.cost, event.cost], event.cost.currency)

    def _turn(self, node: str, state: str) -> None:
        if node in self.running:
            self.running[node] = replace(self.running[node], state=state)

    def _finish(self, node: str) -> None:
        self.queued.discard(node)
        self.running.pop(node, None)
        self.cuts.pop(node, None)


def progress_of(plan: Plan, stopwatch: Stopwatch) -> Progress:
    """The progress of a run that has not begun."""
    takes = {step.node for step in plan.steps if step.kind is StepKind.TAKE and step.action in _PAID}
    return Progress(stopwatch, takes, money.nothing(plan.currency))
