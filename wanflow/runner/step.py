"""One step of a run: decide what is to be done now, do it, and turn a fault into a result."""

from __future__ import annotations

from dataclasses import field
from functools import partial

from anyio.abc import TaskGroup

from wanflow.errors import WanflowError, cause
from wanflow.messages import joined, tr
from wanflow.planner.decide import Decision
from wanflow.planner.plan import Action, ReasonCode, Step, StepKind
from wanflow.providers.faults import AccountBlocked, Unauthorised
from wanflow.providers.limited import Claim
from wanflow.records import mutable
from wanflow.runner.checks import TakeChecks
from wanflow.runner.context import DeliveredTake, RunContext, RunState
from wanflow.runner.cut import assemble_cut
from wanflow.runner.events import Failure, StepFinished, StepResult, StepStarted
from wanflow.runner.extract import derive_extract
from wanflow.runner.take import collect_take, render_take, restore_take
from wanflow.store.take import Take

_MAY_BECOME = {
    Action.RENDER: {Action.RENDER, Action.REUSE, Action.RESTORE, Action.COLLECT},
    Action.COLLECT: {Action.COLLECT, Action.REUSE, Action.RESTORE},
    Action.RESTORE: {Action.REUSE, Action.RESTORE},
    Action.DERIVE: {Action.DERIVE, Action.REUSE},
}
"""A decision asked again may only move down: what was not approved is not done (law 1)."""


@mutable
class StepRunner:
    """Does the steps of one run and counts what was done.

    What nothing waits for is measured in `beside`. `waits_for_pick`: a step needs a pick that nobody could make before.
    """

    run_state: RunState
    context: RunContext
    checks: TakeChecks
    beside: TaskGroup
    failures: list[Failure] = field(default_factory=list)
    waits_for_pick: bool = False

    async def perform(self, step: Step, claim: Claim) -> StepResult:
        """Do one step; a fault becomes its failure, only a bug is raised."""
        decision = self.run_state.decide(step)
        if decision.action in {Action.REUSE, Action.HELD}:
            return self._finish(step, StepResult.REUSED)
        if decision.action not in _MAY_BECOME[step.action]:  # nothing is bought that was not approved
            return self._leave(step, decision)
        self.context.emit(StepStarted(step.node, decision.action, step.model))
        try:
            take = await self._do(step, decision, claim)
            if take is not None:
                await self._check(step, take)
        except (WanflowError, ExceptionGroup) as raised:  # a cut makes its parts side by side, in a task group
            fault = cause(raised)
            if not isinstance(fault, WanflowError):
                raise
            if isinstance(fault, Unauthorised | AccountBlocked):
                self.run_state.halted_by = fault
            return self._fail(Failure(step.node, str(fault), fault.hint, fault.step_exit_code))
        return self._finish(step, StepResult.REUSED if decision.action is Action.RESTORE else StepResult.DONE)

    def _leave(self, step: Step, decision: Decision) -> StepResult:
        """End a step that may not be done: it waits for a person where one can help, and fails otherwise."""
        why = joined("; ", (reason.text for reason in decision.reasons))
        blocked = decision.action is Action.BLOCKED
        waits = any(reason.code is ReasonCode.NEEDS_PICK for reason in decision.reasons)
        if blocked and (waits or any(reason.remedy for reason in decision.reasons)):
            self.waits_for_pick |= waits
            self.context.emit(StepFinished(step.node, StepResult.BLOCKED.value, why))
            return StepResult.BLOCKED
        words = why if blocked else tr("`{action}` is not in the plan: {why}", action=decision.action, why=why)
        return self._fail(Failure(step.node, words, tr("run `wanflow plan` again")))

    async def _check(self, step: Step, take: Take) -> None:
        """Measure a take: before anything follows from it where its shot waits for findings, else beside the run."""
        rules = self.run_state.plan.graph.production.shots[step.vertex].checks
        delivered, have = DeliveredTake(step.vertex, step.take, take), self.run_state.inventory
        if rules.wait:
            for measured, found in (await self.checks.measure([delivered], have, self.context)).items():
                self.run_state.add_findings(measured, found)
        elif not rules.off:
            self.beside.start_soon(partial(self.checks.measure, [delivered], have, self.context, urgent=False))

    async def _do(self, step: Step, decision: Decision, claim: Claim) -> Take | None:
        """Do what was decided; gives the take that the step has now, if it is one."""
        match step.kind, decision.action:
            case StepKind.TAKE, Action.RENDER:
                return await render_take(step, decision, claim, self.run_state, self.context)
            case StepKind.TAKE, Action.COLLECT:
                take = await collect_take(step, decision, claim, self.run_state, self.context)
                self.run_state.counts.collected += 1
                return take
            case StepKind.TAKE, _:
                return restore_take(step, decision, self.run_state, self.context)
            case StepKind.EXTRACT, _:
                await derive_extract(step, self.run_state, self.context)
                self.run_state.counts.derived += 1
            case StepKind.CUT, _:
                await assemble_cut(step, decision, self.run_state, self.context)
                self.run_state.counts.derived += 1
        return None

    def _finish(self, step: Step, result: StepResult) -> StepResult:
        self.run_state.refresh(step.vertex)
        self.context.emit(StepFinished(step.node, result.value))
        return result

    def _fail(self, failure: Failure) -> StepResult:
        self.failures.append(failure)
        self.context.emit(StepFinished(failure.node, StepResult.FAILED.value, failure.message, failure.hint))
        return StepResult.FAILED
