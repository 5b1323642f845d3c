"""A run from its plan to its outcome: collect first, then do the steps (law 10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

import anyio

from wanflow import money
from wanflow.errors import ExitCode
from wanflow.graph.node import ShotVertex, cut_id
from wanflow.planner.plan import Action, Plan, StepKind
from wanflow.planner.renames import names_of
from wanflow.runner.collect import LeftoverTasks, collect_open
from wanflow.runner.context import RunContext
from wanflow.runner.events import StepFinished, Warned
from wanflow.runner.outcome import CollectOutcome, Outcome, StepResult, blocked_code
from wanflow.runner.run_state import RunState
from wanflow.runner.scheduler import schedule
from wanflow.runner.step import StepRunner
from wanflow.store import journal, lockfile, shots_folder
from wanflow.store.inventory import survey
from wanflow.store.lock import note_asked, rename


async def run_plan(
    plan: Plan,
    context: RunContext,
    *,
    keep_going: bool = True,
    timeout: float | None = None,
    swept: CollectOutcome | None = None,
) -> Outcome:
    """Do what a plan approved, and no more, and say how it ended; raises only what is a bug.

    What tasks of earlier runs delivered is stored before anything else, so that a step may find its answer there;
    `swept` says that it was done before the plan was made, and what came of it. After `timeout` seconds waiting is
    given up, not the tasks, and the exit code is 4. A submission whose fate stays unknown keeps its own step waiting,
    and the exit code is 5 (law 3).
    """
    if swept is None:
        swept = await collect_open(context, frozenset(task.task_id for task in plan.inventory.lost))
    outputs = {name: cut.output for name, cut in plan.graph.production.cuts.items()}
    _follow_names(plan, context)
    known = {take.digest: take.result for takes in plan.inventory.takes.values() for take in takes}
    run_state = RunState(plan, survey(context.store, outputs, lambda _: known), unfetched=swept.unfetched)
    _tell_beforehand(run_state, context)
    performer = StepRunner(run_state, context)
    leftovers = LeftoverTasks(performer)
    results: Mapping[str, StepResult] = {}
    with anyio.move_on_after(timeout) as scope:
        async with anyio.create_task_group() as group:
            leftovers.start(group)
            results = await schedule(
                plan.steps, performer.perform, keep_going=keep_going, halted=lambda: run_state.halted_by is not None
            )
        await leftovers.collect_late()
    _note_asked(run_state, context)
    done = summarise(plan, performer, results, swept)
    late = {ExitCode.IN_FLIGHT} if scope.cancelled_caught else set()
    return replace(done, exit_code=ExitCode.first({done.exit_code, *late}))


def _follow_names(plan: Plan, context: RunContext) -> None:
    """Let lock, journal and files follow the names that shots have now, before anything is filed under them.

    What the journal says under a former name belongs to the shot that has its takes, also where the name is used again.
    """
    lock = reduce(rename, plan.renames, lockfile.read(context.store.lock))
    if any(entry.former for entry in lock.shots.values()):
        on_record = journal.read(context.store).numbers
        pairs = [(former, name) for name, entry in lock.shots.items() for former in entry.former]
        now = {former: name for former, name in reversed(pairs) if former in on_record}
        if now:
            context.journal.renamed(now, context.stamp())
    shots_folder.follow(context.store, names_of(plan), context.folder / context.out)


def _note_asked(run_state: RunState, context: RunContext) -> None:
    """Note what held shots ask for, now that what they are made from is known: by it they are known under new names."""
    held = {step.vertex for step in run_state.plan.steps if step.action is Action.HELD}
    for vertex in run_state.plan.graph.vertices if held else ():
        run_state.refresh(vertex.id)  # no step of this run needed the extracts of a held shot
    vertices = [vertex for vertex in map(run_state.plan.graph.vertex, sorted(held)) if isinstance(vertex, ShotVertex)]
    asked = {
        shot_request.shot.name: shot_request.key
        for shot_request in map(run_state.shot_request, vertices)
        if shot_request.known
    }
    if note_asked(run_state.inventory.lock, asked) is not run_state.inventory.lock:
        lockfile.update(context.store.lock, lambda lock: note_asked(lock, asked))


def _tell_beforehand(run_state: RunState, context: RunContext) -> None:
    for note in run_state.inventory.lock.notes:
        context.emit(Warned(note))
    for step in run_state.plan.steps:
        if step.action is Action.BLOCKED:
            context.emit(
                StepFinished(step.node, StepResult.BLOCKED.value, "; ".join(reason.text for reason in step.reasons))
            )


def summarise(plan: Plan, performer: StepRunner, results: Mapping[str, StepResult], swept: CollectOutcome) -> Outcome:
    """The outcome of a run from the results of its steps; what was collected before them counts."""
    ended = {result: [step for step in plan.steps if results.get(step.node) is result] for result in StepResult}
    made = Counter((step.kind, step.action) for step in ended[StepResult.DONE])
    good = {step.vertex for step in (*ended[StepResult.DONE], *ended[StepResult.REUSED])}
    counts, blocked = performer.run_state.counts, len(ended[StepResult.BLOCKED])
    collected = counts.collected + swept.collected
    codes = {failure.code for failure in performer.failures}
    if ExitCode.WRONG in codes and counts.submitted + collected:
        codes = codes - {ExitCode.WRONG} | {ExitCode.FAILED}  # the key is right: something was accepted
    if blocked and ExitCode.WRONG not in codes:
        codes.add(blocked_code(plan))
    return Outcome(
        exit_code=ExitCode.first(codes),
        submitted=counts.submitted,
        collected=collected,
        reused=len(ended[StepResult.REUSED]),
        derived=counts.derived,
        failures=tuple(performer.failures),
        blocked=blocked,
        cost=money.total([performer.context.spending.spent, *([swept.cost] if swept.cost else [])], plan.currency),
        cuts={name: cut.output for name, cut in plan.graph.production.cuts.items() if cut_id(name) in good},
        rendered=made[StepKind.TAKE, Action.RENDER],
        extracted=made[StepKind.EXTRACT, Action.DERIVE],
        written=made[StepKind.CUT, Action.DERIVE],
    )
