"""The one place where real parts are put together; the cli and the Python API both come in here.

Heavy parts (ffmpeg, PyAV, the service) are imported when work needs them, so that a run with nothing to do is instant:
`studio`, `intake`, `schemas` and `cli/main` are the only files that may import late.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from wanflow import timebase
from wanflow.api.load import facts_of, load, load_sound_part, results_of, store_of, validate
from wanflow.catalog.provider import Provider, load_providers
from wanflow.errors import UnknownTarget
from wanflow.graph.build import build
from wanflow.graph.select import matching, single_shot
from wanflow.graph.select import select as choose
from wanflow.graph.shotgraph import ShotGraph
from wanflow.language.production import Production
from wanflow.money import Cost
from wanflow.planner import status as planner_states
from wanflow.planner.plan import Action, Plan
from wanflow.planner.planning import make_plan
from wanflow.planner.renames import names_of
from wanflow.report.text.status import TakeRow, other_rows, take_rows
from wanflow.runner import outcome
from wanflow.runner.events import Emit, Event
from wanflow.runner.outcome import CollectOutcome, Outcome
from wanflow.store import blobs, charges, inventory, journal, lockfile, run_lock, shots_folder
from wanflow.store.attempt import Attempt
from wanflow.store.charges import Charge
from wanflow.store.inventory import Inventory
from wanflow.store.journal import unknown_fate_of
from wanflow.store.layout import Store
from wanflow.timebase import GRACE_SECONDS, POLL_SECONDS

if TYPE_CHECKING:
    from wanflow.providers.protocol import Request
    from wanflow.runner.cancel import Cancelled


def plan(
    production: Production,
    select: Sequence[str] = (),
    *,
    exclude: Sequence[str] = (),
    retry_refused: bool = False,
    whole: bool = True,
) -> Plan:
    """What a run of the selected nodes would do; contacts nothing and writes nothing but caches.

    What the service refused before is blocked, unless `retry_refused` sends it again. Without `whole` the production is
    what `load_sound_part` gave: no shot counts as removed or renamed.
    Raises UnknownTarget for a selector that names nothing, SpecError where shots need each other in a circle.
    """
    graph = build(production)
    facts, have = facts_of(production), survey(production)
    everything = make_plan(graph, facts, have, retry_refused=retry_refused, whole=whole)
    if not select and not exclude:
        return everything
    chosen = _chosen(graph, everything, select, exclude)
    return make_plan(graph, facts, have, chosen, retry_refused=retry_refused, whole=whole)


def takes(of: Plan, *, removed: bool = False, whole: bool = True) -> tuple[TakeRow, ...]:
    """A row for each take of the shots that a plan covers.

    With `removed` also of shots that the production has no more. Without `whole` the plan lacks shots that have errors,
    and every shot that it lacks has the rows of its last run. `file` is the name under `out/` where it holds the take,
    else the take's place in the store.
    """
    rows = [*take_rows(of), *(other_rows(of, whole=whole) if removed or not whole else ())]
    placed = partial(file_of_take, of.graph.production)
    return tuple(replace(row, file=placed(row.take.digest, row.file)) if row.file else row for row in rows)


def file_of_take(production: Production, digest: str, name: str) -> str:
    """Where a take's file is, relative to the production's folder: under its name if that holds it, else in the store.

    Before the next run the names do not follow a rename or a merge yet.
    """
    store = Store(production.folder, production.provider)
    if shots_folder.holds(store, digest, store.folder / name):
        return name
    return blobs.take_path(store, digest, Path(name).suffix).relative_to(store.folder).as_posix()


def survey(production: Production) -> Inventory:
    """What lock and store have for a production, now."""
    store = store_of(production)
    have = inventory.survey(store, _outputs(production), partial(results_of, store))
    if production.provider.remote:
        return have
    return replace(have, open_tasks=(), lost=have.open_tasks)  # they ended with the program that was rendering them


def costs(production: Production) -> tuple[Charge, ...]:
    """The ledger of a production: what was charged, what failed, what is still to come. Raises StoreFault."""
    store = store_of(production)
    return charges.read(store, lockfile.read(store.lock))


def has_open_ends(production: Production, *, thorough: bool = False) -> bool:
    """Whether earlier runs left anything with a service that is still to be asked for; reads the journal only.

    `thorough` counts what most likely is gone as well: tasks that the service forgot, submissions that it never took.
    """
    journal_state = journal.read(store_of(production))
    gone = thorough and (journal_state.forgotten or journal_state.presumed)
    return bool(journal_state.unknown_fate or ((journal_state.open or gone) and production.provider.remote))


def in_flight(production: Production) -> Mapping[str, int]:
    """How many tasks and submissions of unknown fate each backend has; a backend without any is left out.

    The animatic never has any: its tasks end with their process. Reads the journals only. Raises StoreFault.
    """
    remote = [provider for provider in load_providers().values() if provider.remote]
    journals = {provider.name: journal.read(Store(production.folder, provider)) for provider in remote}
    numbers = {name: len(state.open) + len(state.unknown_fate) for name, state in journals.items()}
    return {name: number for name, number in numbers.items() if number}


def states(of: Plan) -> Mapping[str, str]:
    """The state of each shot that a plan covers, in one word."""
    return planner_states.states(of)


def settle(of: Plan) -> Outcome:
    """The outcome of a run of a plan in which nothing is to be done; takes get their names in `out/` back."""
    production = of.graph.production
    store = store_of(production)
    lockfile.establish(store)
    shots_folder.follow(store, names_of(of), production.folder / production.out, of.inventory.lock)
    return outcome.settle(of)


async def run(
    of: Plan,
    *,
    emit: Emit | None = None,
    jobs: int | None = None,
    keep_going: bool = True,
    timeout: float | None = None,
    poll_seconds: float = POLL_SECONDS,
    max_in_flight: int | None = None,
    grace: float = GRACE_SECONDS,
    resubmit: bool = True,
    wait: bool = False,
    budget: Cost | None = None,
    swept: CollectOutcome | None = None,
) -> Outcome:
    """Do what a plan approved, and no more: collect what is in flight, render what changed, write the cuts.

    Calling it is the approval: on `dashscope` it spends money. `emit` is told what happens, in order; `jobs` is how
    many ffmpegs work at once (default: the cores). After `timeout` seconds waiting is given up, with exit code 4.
    `poll_seconds` is the shortest time between two looks at one task, `max_in_flight` the most unfinished tasks of a
    model (default: what the service runs at once and a few more). A submission whose answer was lost counts as never
    accepted, and is sent again, if the service's list shows nothing of it for `grace` seconds; without `resubmit` it
    waits for a person. `wait` waits for another run in this production to end. `budget` is the most that it may spend:
    a submission that could pass it is not made, and the exit code is 3. `swept` is what `gather` gave, where it was
    called before the plan was made.

    Raises Unauthorised without a usable key, StoreBusy where another run works in this production, ToolMissing without
    an ffmpeg, and for other trouble other WanflowErrors.
    """
    backends, runner = import_module("wanflow.wiring"), import_module("wanflow.runner.run")
    pace = backends.RunOptions(jobs, poll_seconds, max_in_flight, grace, resubmit, asks_service(of), budget, wait)
    async with backends.at_work(of.graph.production, emit or _ignore, pace) as context:
        done: Outcome = await runner.run_plan(of, context, keep_going=keep_going, timeout=timeout, swept=swept)
        return done


async def gather(
    production: Production,
    *,
    emit: Emit | None = None,
    grace: float = GRACE_SECONDS,
    resubmit: bool = True,
    wait: bool = False,
) -> CollectOutcome:
    """Ask every open task of earlier runs once and store what is finished, before anything is planned (law 10).

    `grace`, `resubmit` and `wait` are as for `run`. Raises Unauthorised, NotSent, StoreBusy.
    """
    backends, recover = import_module("wanflow.wiring"), import_module("wanflow.runner.collect")
    pace = backends.RunOptions(grace=grace, resubmit=resubmit, wait=wait)
    async with backends.at_work(production, emit or _ignore, pace) as context:
        swept: CollectOutcome = await recover.collect_open(context)
        return replace(swept, cost=context.spending.spent)


async def collect(
    production: Production,
    *,
    emit: Emit | None = None,
    timeout: float | None = None,
    poll_seconds: float = POLL_SECONDS,
    grace: float = GRACE_SECONDS,
    wait: bool = False,
) -> Outcome:
    """Wait for everything that is in flight and store it; submits nothing. Raises as `run` does."""
    backends, recover = import_module("wanflow.wiring"), import_module("wanflow.runner.collect")
    pace = backends.RunOptions(poll_seconds=poll_seconds, grace=grace, wait=wait)
    async with backends.at_work(production, emit or _ignore, pace) as context:
        done: Outcome = await recover.collect_all(context, timeout)
        return done


async def cancel(production: Production, select: Sequence[str] = ()) -> tuple[Cancelled, ...]:
    """Cancel the tasks of the selected shots that are still PENDING, of all shots where none is selected.

    Never waits for a run: one that works here sees the ends by itself. Raises UnknownTarget, ServiceFault.
    """
    shots = {step.shot for step in plan(production, select).steps} if select else None
    tasks = [task for task in survey(production).open_tasks if shots is None or task.attempt.shot in shots]
    done: tuple[Cancelled, ...] = await import_module("wanflow.wiring").call_off(production, tasks) if tasks else ()
    return done


def resolve(production: Production, shot: str, *, take: int | None = None, adopt: str | None = None) -> Attempt:
    """Write down what became of a submission of unknown fate: accepted as task `adopt`, or not accepted at all.

    Contacts nothing. Where others that differ in the seed alone are undecided, the seed is uncertain. Raises
    UnknownTarget where a shot has no such submission, has several and `take` names none of them, or where `adopt` is
    empty or a task that the journal knows; StoreBusy where a run works here.
    """
    store, shot = store_of(production), single_shot(production, shot)
    with run_lock.hold(store):
        journal_state = journal.read(store)
        attempt = unknown_fate_of(journal_state, shot, take)
        when = timebase.stamp(datetime.now(UTC))
        if adopt is None:
            journal.Journal(store).declined(attempt.id, "given up by hand", when)
        elif not (task_id := adopt.strip()):
            raise UnknownTarget("`--adopt` names no task", hint="the service's console shows the ids of its tasks")
        elif task_id in journal_state.known:
            raise UnknownTarget(f"task `{task_id}` is on record already", hint="`wanflow status` shows whose it is")
        else:
            seeds = {other.seed for other in journal_state.unknown_fate if other.fingerprint == attempt.fingerprint}
            journal.Journal(store).accepted(attempt.id, task_id, "", when, seed_uncertain=len(seeds) > 1)
    return attempt


def asks_service(of: Plan) -> bool:
    """Whether a run of a plan has anything to ask of a paid service; what is only cut needs no key."""
    asked = any(step.action in {Action.RENDER, Action.COLLECT} for step in of.steps)
    return of.provider.remote and (asked or bool(of.inventory.open_tasks or of.inventory.unknown_fate))


def require_key(of: Plan) -> None:
    """Raise, before anybody is asked anything, what a run would raise for want of a usable key or address."""
    if asks_service(of):
        import_module("wanflow.wiring").CONNECTORS[of.provider.name].endpoint(of.region, os.environ)


def request_json(provider: Provider, request: Request) -> Mapping[str, object]:
    """The JSON that a provider is sent for a request."""
    body: Mapping[str, object] = import_module(f"wanflow.providers.{provider.models}.wire").request_json(request)
    return body


def _chosen(graph: ShotGraph, whole: Plan, select: Sequence[str], exclude: Sequence[str]) -> frozenset[str]:
    current = planner_states.states(whole)
    return choose(graph, select, current, exclude) - matching(graph, exclude, current)


def _outputs(production: Production) -> dict[str, str]:
    return {name: cut.output for name, cut in production.cuts.items()}


def _ignore(event: Event) -> None:
    del event


__all__ = [
    "asks_service",
    "cancel",
    "collect",
    "costs",
    "facts_of",
    "file_of_take",
    "gather",
    "has_open_ends",
    "in_flight",
    "load",
    "load_sound_part",
    "plan",
    "request_json",
    "require_key",
    "resolve",
    "run",
    "settle",
    "states",
    "store_of",
    "survey",
    "takes",
    "validate",
]
