"""A run from its plan to its outcome: collect first, then do the steps (law 10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import reduce

import anyio

from wanflow import money
from wanflow.errors import ExitCode
from wanflow.graph.node import ShotVertex, cut_id, cut_name
from wanflow.language.production import Form
from wanflow.media.delivery import CheckEncoders
from wanflow.messages import joined
from wanflow.planner.plan import Action, Plan, StepKind
from wanflow.planner.renames import names_of
from wanflow.runner.checks import TakeChecks
from wanflow.runner.collect import UnclaimedTasks, collect_open
from wanflow.runner.context import RunContext, RunState
from wanflow.runner.events import CollectOutcome, Outcome, StepFinished, StepResult, Warned, blocked_code, deliveries_of
from wanflow.runner.scheduler import schedule
from wanflow.runner.step import StepRunner
from wanflow.store import journal, take_names
from wanflow.store.inventory import survey
from wanflow.store.lock import note_asked, rename


async def run_plan(
    plan: Plan,
    context: RunContext,
    *,
    keep_going: bool = True,
    timeout: float | None = None,
    before: CollectOutcome | None = None,
) -> Outcome:
    """Do what a plan approved, and no more, and say how it ended.

    The results of earlier runs' tasks are stored before anything else, so that a step may reuse them; `before` is the
    outcome of that where it was done before the plan was made. After `timeout` seconds it stops waiting, tasks go on,
    and the exit code is 4. A submission of unknown fate fails its own step, and the exit code is 5 (law 3).
    Raises ToolMissing, before any step, where ffmpeg lacks the encoder of a delivery; else only what is a bug.
    """
    if before is None:
        before = await collect_open(context, frozenset(task.task_id for task in plan.inventory.lost))
    _apply_renames(plan, context)
    if forms := tuple(dict.fromkeys(_planned_forms(plan))):
        await context.jobs(CheckEncoders(forms))
    outputs = {name: cut.output for name, cut in plan.graph.production.cuts.items()}
    known = {take.digest: take.result for takes in plan.inventory.takes.values() for take in takes}
    have = replace(survey(context.store, outputs, lambda _: known), cut_glyphs=plan.inventory.cut_glyphs)
    checks = TakeChecks(plan.graph.production, plan.facts, context.store)
    run_state = RunState(plan, await checks.before_run(plan, have, context), unfetched=before.unfetched)
    for note in run_state.inventory.lock.notes:
        context.emit(Warned(note))
    for step in plan.steps:
        if step.action is Action.BLOCKED:
            why = joined("; ", (reason.text for reason in step.reasons))
            context.emit(StepFinished(step.node, StepResult.BLOCKED.value, why))
    results: Mapping[str, StepResult] = {}
    async with anyio.create_task_group() as beside:
        with context.lock.written_beside(beside):
            runner = StepRunner(run_state, context, checks, beside)
            unclaimed = UnclaimedTasks(runner)
            with anyio.move_on_after(timeout) as scope:
                async with anyio.create_task_group() as group:
                    unclaimed.start(group)
                    results = await schedule(
                        plan.steps,
                        plan.graph.production.catalog,
                        runner.perform,
                        keep_going=keep_going,
                        halted=lambda: run_state.halted_by is not None,
                    )
                await unclaimed.collect_late()
        await checks.measure(context.delivered, run_state.inventory, context)
    context.lock.write()
    _note_held_requests(run_state, context)
    done = summarise(plan, runner, results, before)
    late = {ExitCode.IN_FLIGHT} if scope.cancelled_caught else set()
    return replace(done, exit_code=ExitCode.first({done.exit_code, *late}))


def _planned_forms(plan: Plan) -> Iterator[Form]:
    """The forms of the deliveries that a plan makes."""
    cuts = plan.graph.production.cuts
    for step in plan.steps:
        if step.kind is StepKind.CUT and step.action is Action.DERIVE:
            yield from (each.form for each in cuts[cut_name(step.vertex)].deliveries if each.output in step.writes)


def _apply_renames(plan: Plan, context: RunContext) -> None:
    """Give lock, journal and files the names that shots have now, before anything is filed under them.

    The journal's records of a former name belong to the shot that has its takes, even if another shot has the name now.
    """
    lock = reduce(rename, plan.renames, context.lock.read())
    if any(entry.former for entry in lock.shots.values()):
        recorded = journal.read(context.store).numbers
        pairs = [(former, name) for name, entry in lock.shots.items() for former in entry.former]
        now = {former: name for former, name in reversed(pairs) if former in recorded}
        if now:
            context.journal.renamed(now, context.stamp())
    take_names.follow(context.store, names_of(plan), context.folder / context.out)


def _note_held_requests(run_state: RunState, context: RunContext) -> None:
    """Note the present requests of held shots, by which they are known again under new names."""
    plan = run_state.plan
    held = sorted({step.vertex for step in plan.steps if step.action is Action.HELD})
    for vertex in plan.graph.vertices if held else ():
        run_state.refresh(vertex.id)  # no step of this run needed the extracts of a held shot
    vertices = (vertex for vertex in map(plan.graph.vertex, held) if isinstance(vertex, ShotVertex))
    requests = [request for request in map(run_state.shot_request, vertices) if request.known]
    asked = {request.shot.name: request.key for request in requests}
    if note_asked(run_state.inventory.lock, asked) is not run_state.inventory.lock:
        context.lock.change(lambda lock: note_asked(lock, asked))
    context.lock.write()


def summarise(plan: Plan, runner: StepRunner, results: Mapping[str, StepResult], before: CollectOutcome) -> Outcome:
    """The outcome of a run from the results of its steps; what was collected before them counts."""
    ended = {result: [step for step in plan.steps if results.get(step.node) is result] for result in StepResult}
    made = Counter((step.kind, step.action) for step in ended[StepResult.DONE])
    good = {step.vertex for step in (*ended[StepResult.DONE], *ended[StepResult.REUSED])}
    counts, blocked = runner.run_state.counts, len(ended[StepResult.BLOCKED])
    collected = counts.collected + before.collected
    codes = {failure.code for failure in runner.failures}
    if ExitCode.WRONG in codes and counts.submitted + collected:
        codes = codes - {ExitCode.WRONG} | {ExitCode.FAILED}  # the key is right: something was accepted
    if blocked and ExitCode.WRONG not in codes:
        codes.add(ExitCode.STOPPED if runner.waits_for_pick else blocked_code(plan))
    cuts = {name: cut.output for name, cut in plan.graph.production.cuts.items() if cut_id(name) in good}
    return Outcome(
        exit_code=ExitCode.first(codes),
        submitted=counts.submitted,
        collected=collected,
        reused=len(ended[StepResult.REUSED]),
        derived=counts.derived,
        failures=tuple(runner.failures),
        blocked=blocked,
        cost=money.total([runner.context.spending.spent, *([before.cost] if before.cost else [])], plan.currency),
        cuts=cuts,
        deliveries=deliveries_of(plan, cuts),
        rendered=made[StepKind.TAKE, Action.RENDER],
        extracted=made[StepKind.EXTRACT, Action.DERIVE],
        written=made[StepKind.CUT, Action.DERIVE],
    )
