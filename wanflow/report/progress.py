"""The state of a run, added up from its events: what a live display shows, and what an interrupted run has done."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import field, replace
from fractions import Fraction

from wanflow import money
from wanflow.errors import ExitCode
from wanflow.graph.node import is_cut
from wanflow.money import Cost
from wanflow.planner.plan import Action, Plan, StepKind
from wanflow.records import immutable, mutable
from wanflow.runner.events import (
    CutFinished,
    CutProgress,
    Event,
    Failure,
    Outcome,
    StepFinished,
    StepResult,
    StepStarted,
    TakeStored,
    TaskChanged,
    TaskSubmitted,
)

SPEED_SECONDS = 2
"""Seconds that a cut must have been worked on before its speed is known."""

Stopwatch = Callable[[], float]
"""Seconds since some moment."""

_PAID = frozenset({Action.RENDER, Action.COLLECT})


@immutable
class RunningTake:
    """A take on its way: since when, in which state (waiting, submitted, or the service's word), by which model."""

    node: str
    model: str
    since: float
    state: str = "waiting"


@immutable
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
        """Seconds that are left at the present speed; None while that is unknown."""
        if not self.done or now - self.since < SPEED_SECONDS:
            return None
        return math.ceil((now - self.since) * (self.total - self.done) / self.done)


@mutable
class Progress:
    """A run as far as its events say; `note` has to be called with every event.

    `cost` is what was spent up to now, unknown as soon as one reply did not say it.
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
            case StepStarted(node, action, model):
                self.queued.discard(node)
                if action in _PAID:
                    self.running[node] = RunningTake(node, model or "", self.stopwatch())
                elif is_cut(node):
                    self.cuts[node] = RunningCut(node, self.stopwatch())
            case TaskSubmitted(node):
                self._turn(node, "submitted")
            case TaskChanged(node, _, state):
                self._turn(node, state.lower())
            case TakeStored(node, seconds=seconds, cost=cost):
                if node in self.running:
                    self.rendered += Fraction(seconds)
                    self.stored += 1
                if cost is not None:
                    self.cost = money.total([self.cost, cost], cost.currency)
            case CutProgress(node, done, total):
                begun = self.cuts.get(node)
                self.cuts[node] = RunningCut(node, begun.since if begun else self.stopwatch(), done, total)
            case CutFinished(node) | StepFinished(node):
                self.queued.discard(node)
                self.running.pop(node, None)
                self.cuts.pop(node, None)
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

    def _turn(self, node: str, state: str) -> None:
        if node in self.running:
            self.running[node] = replace(self.running[node], state=state)


def progress_of(plan: Plan, stopwatch: Stopwatch) -> Progress:
    """The progress of a run that has not begun."""
    takes = {step.node for step in plan.steps if step.kind is StepKind.TAKE and step.action in _PAID}
    return Progress(stopwatch, takes, money.nothing(plan.currency))


@mutable
class OutcomeSoFar:
    """What a run has done as far as its events say, for a run that ends early.

    `note` has to be called with every event. Steps without events, such as those that needed nothing, don't count.
    """

    currency: str
    _costs: list[Cost] = field(default_factory=list)
    _failures: list[Failure] = field(default_factory=list)
    _actions: dict[str, Action] = field(default_factory=dict)
    _submitted: list[str] = field(default_factory=list)
    _collected: int = 0
    _derived: int = 0
    _reused: int = 0
    _blocked: int = 0

    def note(self, event: Event) -> None:
        """Take an event into account."""
        match event:
            case StepStarted(node, action):
                self._actions[node] = action
            case TaskSubmitted(node):
                self._submitted.append(node)
            case TakeStored(node):
                bought_before = node not in self._submitted and self._actions.get(node) is not Action.RESTORE
                self._collected += bought_before
                self._costs += [] if event.cost is None else [event.cost]
            case StepFinished(node, StepResult.FAILED, message, hint):
                self._failures.append(Failure(node, message or "", hint))
            case StepFinished(node, outcome):
                self._derived += outcome == StepResult.DONE and self._actions.get(node) is Action.DERIVE
                self._reused += outcome == StepResult.REUSED
                self._blocked += outcome == StepResult.BLOCKED
            case _:
                pass

    def ended(self, exit_code: ExitCode) -> Outcome:
        """The outcome of a run that ends now."""
        return Outcome(
            exit_code=exit_code,
            submitted=len(self._submitted),
            collected=self._collected,
            reused=self._reused,
            derived=self._derived,
            failures=tuple(self._failures),
            blocked=self._blocked,
            cost=money.total(self._costs, self.currency),
        )
