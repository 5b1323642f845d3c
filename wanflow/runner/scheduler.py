"""In what order: every step starts as soon as its inputs are done, the longest remaining chain first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from fractions import Fraction

import anyio
from anyio.abc import TaskGroup

from wanflow.planner.steps import Action, Step, StepKind
from wanflow.runner.outcome import Result

Perform = Callable[[Step, Fraction], Awaitable[Result]]
"""Does one step and says how it ended; the second argument is its priority, the seconds of its longest chain."""

CUT_SECONDS = Fraction(1)
TAKE_SECONDS = Fraction(60)
"""Expected work where nothing better is known; only the proportion matters."""


def chain_seconds(steps: Sequence[Step]) -> dict[str, Fraction]:
    """For each node the seconds of expected work from its start to the end of its longest chain of dependents."""
    longest: dict[str, Fraction] = {}
    after: dict[str, Fraction] = {}
    for step in reversed(steps):
        longest[step.node] = expected_seconds(step) + after.get(step.node, Fraction(0))
        for need in step.needs:
            after[need] = max(after.get(need, Fraction(0)), longest[step.node])
    return longest


def expected_seconds(step: Step) -> Fraction:
    """How long a step is likely to take: a minute of waiting for a take of unknown length, twelve times its own."""
    if step.action.idle or step.action is Action.RESTORE:
        return Fraction(0)
    if step.kind is StepKind.TAKE:
        return TAKE_SECONDS if step.seconds is None else step.seconds * 12
    return CUT_SECONDS


def never() -> bool:
    """A run that nothing halts."""
    return False


async def schedule(
    steps: Sequence[Step], perform: Perform, *, keep_going: bool = True, halted: Callable[[], bool] = never
) -> Mapping[str, Result]:
    """Do all steps of a plan and give each node's result.

    A step that fails stops only what needs it, unless `keep_going` is off: then nothing new starts after it, nor
    after a failure with which `halted` becomes true. Steps that are reused or held count as done, blocked ones as
    blocked. Raises only what is a bug in `perform`.
    """
    run = _Run(steps, perform, lambda: halted() or not keep_going)
    async with anyio.create_task_group() as group:
        run.start_ready(group)
    return run.results


class _Run:
    """One pass over a plan: which nodes are done, and which became ready."""

    def __init__(self, steps: Sequence[Step], perform: Perform, stops: Callable[[], bool]) -> None:
        self.results: dict[str, Result] = {}
        self._perform = perform
        self._stops = stops
        self._priority = chain_seconds(steps)
        self._waiting = {step.node: step for step in steps}
        self._settle_idle()

    def start_ready(self, group: TaskGroup) -> None:
        """Start every step whose inputs are done, longest chain first, ties by name (law 8)."""
        self._settle_blocked()
        ready = [step for step in self._waiting.values() if all(self._delivered(need) for need in step.needs)]
        for step in sorted(ready, key=lambda item: (-self._priority[item.node], item.node)):
            del self._waiting[step.node]
            group.start_soon(self._do, step, group)

    async def _do(self, step: Step, group: TaskGroup) -> None:
        result = await self._perform(step, self._priority[step.node])
        self.results[step.node] = result
        if result is Result.FAILED and self._stops():
            self._stop()
        self.start_ready(group)

    def _delivered(self, need: str) -> bool:
        return self.results.get(need) in {Result.DONE, Result.REUSED}

    def _settle_idle(self) -> None:
        for step in list(self._waiting.values()):
            if step.action.idle:
                blocked = step.action is Action.BLOCKED
                self.results[step.node] = Result.BLOCKED if blocked else Result.REUSED
                del self._waiting[step.node]

    def _settle_blocked(self) -> None:
        """Steps come in an order in which they can be done, so that one pass reaches all that a failure blocks."""
        for step in list(self._waiting.values()):
            if any(self.results.get(need) in {Result.FAILED, Result.BLOCKED} for need in step.needs):
                self.results[step.node] = Result.BLOCKED
                del self._waiting[step.node]

    def _stop(self) -> None:
        self.results |= dict.fromkeys(self._waiting, Result.BLOCKED)
        self._waiting.clear()
