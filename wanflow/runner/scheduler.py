"""In what order: every step starts as soon as its inputs are done, the longest remaining chain first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from fractions import Fraction

import anyio
from anyio.abc import TaskGroup

from wanflow.catalog.model import Model
from wanflow.planner.plan import Action, Step, StepKind
from wanflow.providers.limited import RUNNING, Claim
from wanflow.runner.events import StepResult

Perform = Callable[[Step, Claim], Awaitable[StepResult]]
"""Does one step and says how it ended; the second argument is its claim to a slot of its model."""

CUT_SECONDS, TAKE_SECONDS = Fraction(1), Fraction(150)
"""Seconds of expected work where nothing better is known; only the proportion matters."""
TYPICAL_LENGTH = Fraction(5)
"""Seconds of film for which the catalog says how long a task takes."""
CRITICAL = Fraction(13, 10)
"""Factor by which a chain may last longer than expected: one that may decide the end of the run is critical."""
SLACK = 5
"""How quickly a slot matters less while the longest chain exceeds the work that is left for it, as an exponent."""


def chain_seconds(steps: Sequence[Step], models: Mapping[str, Model]) -> dict[str, Fraction]:
    """For each node the expected seconds from its start to the end of all that depends on it.

    That is its longest chain of dependents, or their work by the slots of their model, whichever is more. The work of
    a step that needs several counts for the need that is done last.
    """
    last_needs = _last_needs(steps, models)
    longest: dict[str, Fraction] = {}
    after: dict[str, Fraction] = {}
    below = {step.node: defaultdict[str, Fraction](Fraction) for step in steps}
    for step in reversed(steps):
        own, work = expected_seconds(step, models), below.pop(step.node)
        shared = max((seconds / _running(models, model) for model, seconds in work.items()), default=Fraction(0))
        longest[step.node] = own + max(after.get(step.node, Fraction(0)), shared)
        for need in step.needs:
            after[need] = max(after.get(need, Fraction(0)), longest[step.node])
        work[str(step.model)] += own
        for need in last_needs.get(step.node, ()):
            for model, seconds in work.items():
                below[need][model] += seconds
    return longest


def _last_needs(steps: Sequence[Step], models: Mapping[str, Model]) -> dict[str, tuple[str, ...]]:
    """For each node that waits for another, the one of them that is done last if nothing else waits."""
    ends: dict[str, Fraction] = {}
    last: dict[str, tuple[str, ...]] = {}
    for step in steps:
        needs = sorted((need for need in step.needs if need in ends), key=ends.__getitem__)
        last[step.node] = tuple(needs[-1:])
        ends[step.node] = expected_seconds(step, models) + (ends[needs[-1]] if needs else 0)
    return last


def _running(models: Mapping[str, Model], model: str) -> int:
    return models[model].running if model in models else RUNNING


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


def _work_by_model(steps: Sequence[Step], work: Mapping[str, Fraction]) -> dict[str, Fraction]:
    left = defaultdict[str, Fraction](Fraction)
    for step in steps:
        left[str(step.model)] += work[step.node]
    return left


class _Run:
    """One pass over a plan: which nodes are done, and which became ready. Each edge of the graph is looked at once."""

    def __init__(
        self, steps: Sequence[Step], models: Mapping[str, Model], perform: Perform, stops: Callable[[], bool]
    ) -> None:
        self.results: dict[str, StepResult] = {}
        self._perform = perform
        self._stops = stops
        self._steps = {step.node: step for step in steps}
        self._priority = chain_seconds(steps, models)
        self._work = {step.node: expected_seconds(step, models) / _running(models, str(step.model)) for step in steps}
        self._left = _work_by_model(steps, self._work)
        self._chains = sorted(self._priority, key=lambda node: (self._priority[node], node))
        self._waiting = {step.node: step for step in steps}
        self._missing = {step.node: {need for need in step.needs if need in self._waiting} for step in steps}
        self._dependents = self._by_need(steps)
        for step in steps:
            if step.action.idle:
                self._note(step.node, StepResult.BLOCKED if step.action is Action.BLOCKED else StepResult.REUSED)

    def _by_need(self, steps: Sequence[Step]) -> dict[str, list[str]]:
        """For each node those that need it, the longest chain first."""
        dependents: dict[str, list[str]] = {step.node: [] for step in steps}
        for step in sorted(steps, key=lambda step: (-self._priority[step.node], step.node)):
            for need in self._missing[step.node]:
                dependents[need].append(step.node)
        return dependents

    def start_ready(self, group: TaskGroup) -> None:
        """Start every step whose inputs are done, longest chain first, ties by name (law 8)."""
        self._start([step for step in self._waiting.values() if not self._missing[step.node]], group)

    def _start(self, ready: Sequence[Step], group: TaskGroup) -> None:
        for step in sorted(ready, key=lambda item: (-self._priority[item.node], item.node)):
            del self._waiting[step.node]
            group.start_soon(self._do, step, group)

    async def _do(self, step: Step, group: TaskGroup) -> None:
        result = await self._perform(step, self._claim(step.node))
        ready = self._note(step.node, result)
        if result is StepResult.FAILED and self._stops():
            self.results |= dict.fromkeys(self._waiting, StepResult.BLOCKED)
            self._waiting.clear()
        self._start([self._waiting[node] for node in ready if node in self._waiting], group)

    def _claim(self, node: str) -> Claim:
        return Claim(
            node,
            self._priority[node],
            lambda: self._successor(node) if self._is_critical(node) else None,
            lambda: self._eager(node),
        )

    def _successor(self, node: str) -> tuple[str, str] | None:
        """Model and name of the first take that waits for nothing but a node, or a frame of it."""
        for name in self._dependents[node]:
            step = self._steps[name]
            if self._missing[name] <= {node} and (step.kind is not StepKind.TAKE or name not in self.results):
                return self._successor(name) if step.kind is not StepKind.TAKE else (str(step.model), name)
        return None

    def _is_critical(self, node: str) -> bool:
        """Whether the chain of a node may decide when the run ends, by a margin, since tasks differ."""
        chain = CRITICAL * self._priority[node] + TAKE_SECONDS
        return chain >= max(self._longest_chain(), *self._left.values())

    def _eager(self, node: str) -> float:
        """How much the end of the run waits for a node, or for the slot that it holds: 0 is not at all, 1 all the time.

        A slot matters as much as the work that is left for it, beside the longest chain.
        """
        chain = self._longest_chain()
        if self._is_critical(node) or not chain:
            return 1.0
        return min(float(max(self._left.values()) / chain), 1.0) ** SLACK

    def _longest_chain(self) -> Fraction:
        while self._chains and self._chains[-1] in self.results:
            self._chains.pop()
        return self._priority[self._chains[-1]] if self._chains else Fraction(0)

    def _note(self, node: str, result: StepResult) -> list[str]:
        """Note how a node ended; gives the nodes that it made ready, and blocks those that need a node that failed."""
        self.results[node] = result
        self._left[str(self._steps[node].model)] -= self._work[node]
        self._waiting.pop(node, None)
        if result in {StepResult.FAILED, StepResult.BLOCKED}:
            blocked = list(self._dependents[node])
            while blocked:
                name = blocked.pop()
                if self._waiting.pop(name, None) is not None:
                    self.results[name] = StepResult.BLOCKED
                    self._left[str(self._steps[name].model)] -= self._work[name]
                    blocked += self._dependents[name]
            return []
        waiting = [name for name in self._dependents[node] if name in self._waiting]
        for name in waiting:
            self._missing[name].discard(node)
        return [name for name in waiting if not self._missing[name]]
