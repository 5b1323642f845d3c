"""In what order: every step starts as soon as its inputs are done, the longest remaining chain first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from fractions import Fraction

import anyio
from anyio.abc import TaskGroup

from wanflow.catalog.model import Model
from wanflow.planner.plan import Action, Step, StepKind
from wanflow.runner.events import StepResult

Perform = Callable[[Step, Fraction], Awaitable[StepResult]]
"""Does one step and says how it ended; the second argument is its priority, the seconds of its longest chain."""

CUT_SECONDS, TAKE_SECONDS = Fraction(1), Fraction(150)
"""Seconds of expected work where nothing better is known; only the proportion matters."""
TYPICAL_LENGTH = Fraction(5)
"""Seconds of film for which the catalog says how long a task takes."""


def chain_seconds(steps: Sequence[Step], models: Mapping[str, Model]) -> dict[str, Fraction]:
    """For each node the seconds of expected work from its start to the end of its longest chain of dependents."""
    longest: dict[str, Fraction] = {}
    after: dict[str, Fraction] = {}
    for step in reversed(steps):
        longest[step.node] = expected_seconds(step, models) + after.get(step.node, Fraction(0))
        for need in step.needs:
            after[need] = max(after.get(need, Fraction(0)), longest[step.node])
    return longest


def expected_seconds(step: Step, models: Mapping[str, Model]) -> Fraction:
    """How long a step is likely to take: typical of its model, half of it in proportion to the film's length."""
    if step.action.idle or step.action is Action.RESTORE:
        return Fraction(0)
    if step.kind is not StepKind.TAKE:
        return CUT_SECONDS
    model = models.get(step.model or "")
    typical = TAKE_SECONDS if model is None else Fraction(model.typical_seconds)
    return typical * (1 + (step.seconds or TYPICAL_LENGTH) / TYPICAL_LENGTH) / 2


async def schedule(
    steps: Sequence[Step],
    models: Mapping[str, Model],
    perform: Perform,
    *,
    keep_going: bool = True,
    halted: Callable[[], bool] = lambda: False,
) -> Mapping[str, StepResult]:
    """Do all steps of a plan and give each node's result; `models` say how long a take of them is likely to take.

    A step that fails stops only what needs it, unless `keep_going` is off: then nothing new starts after it, nor
    after a failure with which `halted` becomes true. Steps that are reused or held count as done, blocked ones as
    blocked. Raises only what is a bug in `perform`.
    """
    run = _Run(steps, models, perform, lambda: halted() or not keep_going)
    async with anyio.create_task_group() as group:
        run.start_ready(group)
    return run.results


class _Run:
    """One pass over a plan: which nodes are done, and which became ready. Each edge of the graph is looked at once."""

    def __init__(
        self, steps: Sequence[Step], models: Mapping[str, Model], perform: Perform, stops: Callable[[], bool]
    ) -> None:
        self.results: dict[str, StepResult] = {}
        self._perform = perform
        self._stops = stops
        self._priority = chain_seconds(steps, models)
        self._waiting = {step.node: step for step in steps}
        self._missing = {step.node: {need for need in step.needs if need in self._waiting} for step in steps}
        self._dependents: dict[str, list[str]] = {step.node: [] for step in steps}
        for step in steps:
            for need in self._missing[step.node]:
                self._dependents[need].append(step.node)
        for step in steps:
            if step.action.idle:
                self._note(step.node, StepResult.BLOCKED if step.action is Action.BLOCKED else StepResult.REUSED)

    def start_ready(self, group: TaskGroup) -> None:
        """Start every step whose inputs are done, longest chain first, ties by name (law 8)."""
        self._start([step for step in self._waiting.values() if not self._missing[step.node]], group)

    def _start(self, ready: Sequence[Step], group: TaskGroup) -> None:
        for step in sorted(ready, key=lambda item: (-self._priority[item.node], item.node)):
            del self._waiting[step.node]
            group.start_soon(self._do, step, group)

    async def _do(self, step: Step, group: TaskGroup) -> None:
        result = await self._perform(step, self._priority[step.node])
        ready = self._note(step.node, result)
        if result is StepResult.FAILED and self._stops():
            self.results |= dict.fromkeys(self._waiting, StepResult.BLOCKED)
            self._waiting.clear()
        self._start([self._waiting[node] for node in ready if node in self._waiting], group)

    def _note(self, node: str, result: StepResult) -> list[str]:
        """Note how a node ended; gives the nodes that it made ready, and blocks those that need a node that failed."""
        self.results[node] = result
        self._waiting.pop(node, None)
        if result in {StepResult.FAILED, StepResult.BLOCKED}:
            blocked = list(self._dependents[node])
            while blocked:
                name = blocked.pop()
                if self._waiting.pop(name, None) is not None:
                    self.results[name] = StepResult.BLOCKED
                    blocked += self._dependents[name]
            return []
        waiting = [name for name in self._dependents[node] if name in self._waiting]
        for name in waiting:
            self._missing[name].discard(node)
        return [name for name in waiting if not self._missing[name]]
