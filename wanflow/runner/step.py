"""One step of a run: decide what is to be done now, do it, and turn a fault into a result."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from wanflow.errors import WanflowError
from wanflow.messages import joined, tr
from wanflow.planner.decide import Decision
from wanflow.planner.plan import Action, Step, StepKind
from wanflow.providers.faults import AccountBlocked, Unauthorised
from wanflow.runner.context import RunContext, RunState
from wanflow.runner.cut import assemble_cut
from wanflow.runner.events import Failure, StepFinished, StepResult, StepStarted
from wanflow.runner.extract import derive_extract
from wanflow.runner.take import collect_take, render_take, restore_take

_MAY_BECOME = {
    Action.RENDER: {Action.RENDER, Action.REUSE, Action.RESTORE, Action.COLLECT},
    Action.COLLECT: {Action.COLLECT, Action.REUSE, Action.RESTORE},
    Action.RESTORE: {Action.REUSE, Action.RESTORE},
    Action.DERIVE: {Action.DERIVE, Action.REUSE},
}
"""A decision asked again may only move down: what was not approved is not done (law 1)."""


@dataclass(slots=True)
class StepRunner:
    """Does the steps of one run and counts what was done."""

    run_state: RunState
    context: RunContext
    failures: list[Failure] = field(default_factory=list)

    async def perform(self, step: Step, priority: Fraction) -> StepResult:
        """Do one step; a fault becomes its failure, only a bug is raised."""
        decision = self.run_state.decide(step)
        if decision.action in {Action.REUSE, Action.HELD}:
            return self._finish(step, StepResult.REUSED)
        if decision.action not in _MAY_BECOME[step.action]:  # nothing is bought that was not approved
            why = joined("; ", (reason.text for reason in decision.reasons))
            blocked = decision.action is Action.BLOCKED
            words = why if blocked else tr("`{action}` is not in the plan: {why}", action=decision.action, why=why)
            return self._fail(Failure(step.node, words, tr("run `wanflow plan` again")))
        self.context.emit(StepStarted(step.node, decision.action, step.model))
        try:
            await self._do(step, decision, priority)
        except WanflowError as fault:
            if isinstance(fault, Unauthorised | AccountBlocked):
                self.run_state.halted_by = fault
            return self._fail(Failure(step.node, str(fault), fault.hint, fault.step_exit_code))
        return self._finish(step, StepResult.REUSED if decision.action is Action.RESTORE else StepResult.DONE)

    async def _do(self, step: Step, decision: Decision, priority: Fraction) -> None:
        match step.kind, decision.action:
            case StepKind.TAKE, Action.RENDER:
                await render_take(step, decision, priority, self.run_state, self.context)
            case StepKind.TAKE, Action.COLLECT:
                await collect_take(step, decision, self.run_state, self.context)
                self.run_state.counts.collected += 1
            case StepKind.TAKE, _:
                restore_take(step, decision, self.run_state, self.context)
            case StepKind.EXTRACT, _:
                await derive_extract(step, self.run_state, self.context)
                self.run_state.counts.derived += 1
            case StepKind.CUT, _:
                await assemble_cut(step, self.run_state, self.context)
                self.run_state.counts.derived += 1

    def _finish(self, step: Step, result: StepResult) -> StepResult:
        self.run_state.refresh(step.vertex)
        self.context.emit(StepFinished(step.node, result.value))
        return result

    def _fail(self, failure: Failure) -> StepResult:
        self.failures.append(failure)
        self.context.emit(StepFinished(failure.node, StepResult.FAILED.value, failure.message, failure.hint))
        return StepResult.FAILED
