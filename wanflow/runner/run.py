"""A run from its plan to its outcome: collect first, then do the steps (law 10)."""

from __future__ import annotations

from collections.abc import Mapping

from wanflow import money
from wanflow.planner.steps import Plan, StepKind
from wanflow.runner.outcome import Failure, Outcome, Result
from wanflow.runner.parts import Parts
from wanflow.runner.perform import Performer
from wanflow.runner.recover import collect_open
from wanflow.runner.scheduler import schedule
from wanflow.runner.stage import Stage
from wanflow.store.inventory import survey


async def run_plan(plan: Plan, parts: Parts, *, keep_going: bool = True) -> Outcome:
    """Do what a plan approved, and no more, and say how it ended; raises only what is a bug.

    What tasks of earlier runs delivered is stored before anything else, so that a step may find its answer there.
    """
    collected = await collect_open(plan, parts)
    stage = Stage(plan, survey(parts.folder, plan.backend))
    performer = Performer(stage, parts)
    results = await schedule(plan.steps, performer.perform, keep_going=keep_going)
    return summarise(plan, performer, results, collected)


def summarise(plan: Plan, performer: Performer, results: Mapping[str, Result], collected: int) -> Outcome:
    """The outcome of a run from the results of its steps."""
    blocked = [step.node for step in plan.steps if results.get(step.node) is Result.BLOCKED]
    reused = [step.node for step in plan.steps if results.get(step.node) is Result.REUSED]
    cuts = [step for step in plan.steps if step.kind is StepKind.CUT and results[step.node] is not Result.BLOCKED]
    production = plan.graph.production
    done = {step.vertex.removeprefix("cut:") for step in cuts if results[step.node] is not Result.FAILED}
    return Outcome(
        exit_code=_exit_code(performer.failures, blocked),
        submitted=performer.stage.tally.submitted,
        collected=performer.stage.tally.collected + collected,
        reused=len(reused),
        derived=performer.stage.tally.derived,
        failures=tuple(performer.failures),
        blocked=len(blocked),
        cost=money.nothing(plan.currency),
        cuts={name: cut.output for name, cut in production.cuts.items() if name in done},
    )


def _exit_code(failures: list[Failure], blocked: list[str]) -> int:
    """5 where a submission's fate is unknown, 1 where a step failed or could not start (cli.md, Exit codes)."""
    codes = {failure.code for failure in failures}
    if 5 in codes:
        return 5
    return 1 if failures or blocked else 0
