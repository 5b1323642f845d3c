"""The one place where real parts are put together; the cli and the Python API both come in here.

Heavy parts (ffmpeg, PyAV, the service) are imported when work needs them, so that a run with nothing to do is instant:
`studio` and `cli/main` are the only files that may import late.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wanflow.graph.build import build
from wanflow.graph.select import excluded
from wanflow.graph.select import select as choose
from wanflow.graph.shotgraph import ShotGraph
from wanflow.planner import states as planner_states
from wanflow.planner.draft import draft
from wanflow.planner.steps import Plan, StepKind
from wanflow.runner import outcome
from wanflow.runner.event import Emit, Event, Warned
from wanflow.runner.outcome import Outcome
from wanflow.spec.facts import Facts, FactsTable, Unreadable
from wanflow.spec.load import read_sound_part
from wanflow.spec.media import check_media, file_sources
from wanflow.spec.problem import Problem, SpecError, has_errors
from wanflow.spec.production import Production
from wanflow.store import factcache, inventory, journal, layout, lockfile, mutex, shelf
from wanflow.store.inventory import Inventory
from wanflow.store.journal import Journal
from wanflow.store.layout import Store

if TYPE_CHECKING:
    from wanflow.runner.addresses import Addresses
    from wanflow.runner.parts import Parts
    from wanflow.service.port import VideoService

NO_VALUES: Mapping[str, str] = {}
ANIMATIC = "animatic"
POLL_SECONDS = 15
"""The vendor asks for about this much between two looks at a task (api.md 4.3)."""


class Pace(NamedTuple):
    """How a run goes about its tasks; see `run`."""

    poll_seconds: float = POLL_SECONDS
    max_in_flight: int | None = None


def load(
    file: Path | str = "wanflow.yaml",
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
) -> Production:
    """Read and check a production file with all that it names, media included.

    `backend` and `region` override the file (the region also by `WANFLOW_REGION`), `values` its `vars`. Raises
    SpecError with every problem; problems that are only warnings are in the production's `warnings`.
    """
    production, problems = _read(file, backend=backend, region=region, values=values)
    if production is None or has_errors(problems):
        raise SpecError(problems)
    return replace(production, warnings=problems)


def validate(
    file: Path | str = "wanflow.yaml",
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
) -> tuple[Problem, ...]:
    """Every problem of a production file, in the order of their places; none is raised."""
    return _read(file, backend=backend, region=region, values=values)[1]


def plan(production: Production, select: Sequence[str] = (), *, exclude: Sequence[str] = ()) -> Plan:
    """What a run of the selected nodes would do; contacts nothing and writes nothing but caches.

    Raises UnknownTarget for a selector that names nothing, SpecError where shots need each other in a circle.
    """
    graph = build(production)
    facts, have = facts_of(production), survey(production)
    whole = draft(graph, facts, have)
    if not select and not exclude:
        return whole
    return draft(graph, facts, have, _chosen(graph, whole, select, exclude))


def survey(production: Production) -> Inventory:
    """What lock and store have for a production, now."""
    have = inventory.survey(store_of(production), _outputs(production))
    if production.backend != ANIMATIC:
        return have
    return replace(have, open_tasks=(), lost=have.open_tasks)  # they ended with the program that was rendering them


def states(of: Plan) -> Mapping[str, str]:
    """The state of each shot that a plan covers, in one word."""
    return planner_states.states(of)


def settle(of: Plan) -> Outcome:
    """The outcome of a run of a plan in which nothing is to be done; takes get their names in `out/` back."""
    store = store_of(of.graph.production)
    _ensure_locks(store)
    _reshelve(of, store)
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
) -> Outcome:
    """Do what a plan approved, and no more: collect what is in flight, render what changed, write the cuts.

    Calling it is the approval: on the backend `dashscope` it spends money. `emit` is told what happens, in order;
    `jobs` is how many ffmpegs work at once (default: the cores). After `timeout` seconds the run gives up waiting, and
    the outcome's exit code is 4. `poll_seconds` is the shortest time between two looks at one task, `max_in_flight` the
    most tasks of a model that are submitted and unfinished (default: what the service runs at once and a few more).
    Raises Unauthorised without a usable key, StoreBusy where another run
    works in this production, ToolMissing without an ffmpeg, and for other trouble other WanflowErrors.
    """
    runner = import_module("wanflow.runner.run")
    production = of.graph.production
    store = store_of(production)
    layout.establish(store)
    with mutex.hold(store):
        _ensure_locks(store)
        layout.sweep_temporary(store)
        _reshelve(of, store)
        pace = Pace(poll_seconds, max_in_flight)
        async with _parts(production, store, emit or _ignore, jobs or os.cpu_count() or 1, pace) as parts:
            done: Outcome = await runner.run_plan(of, parts, keep_going=keep_going, timeout=timeout)
            return done


def facts_of(production: Production) -> FactsTable:
    """What is known of the files that a production names: from the cache, measured where they changed."""
    store = store_of(production)
    paths = file_sources(production)
    known = factcache.look(store, paths)
    begun_ns = time.time_ns()
    measured = {path: _measure(production.folder / path) for path in paths if path not in known}
    fresh = {path: facts for path, facts in measured.items() if isinstance(facts, Facts)}
    if fresh:
        layout.establish(store)
        factcache.remember(store, fresh, begun_ns=begun_ns)
    return {**known, **measured}


def store_of(production: Production) -> Store:
    """The store of a production and its backend; raises StoreFault where a newer wanflow wrote it."""
    store = Store(production.folder, production.backend)
    layout.recognise(store)
    return store


def _read(
    file: Path | str, *, backend: str | None, region: str | None, values: Mapping[str, str]
) -> tuple[Production | None, tuple[Problem, ...]]:
    place = region or os.environ.get("WANFLOW_REGION") or None
    production, problems = read_sound_part(Path(file), backend=backend, region=place, values=values)
    if production is None:
        return None, problems
    found = [*check_media(production, facts_of(production)), *_circles(production)]
    lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
    located = tuple(_with_line(problem, lines) for problem in found)
    return production, tuple(sorted((*problems, *located), key=lambda problem: problem.place))


def _circles(production: Production) -> tuple[Problem, ...]:
    try:
        build(production)
    except SpecError as circle:
        return circle.problems
    return ()


def _with_line(problem: Problem, lines: Sequence[str]) -> Problem:
    number = problem.place.line
    return replace(problem, source=lines[number - 1] if 0 < number <= len(lines) else "")


def _chosen(graph: ShotGraph, whole: Plan, select: Sequence[str], exclude: Sequence[str]) -> frozenset[str]:
    current = planner_states.states(whole)
    return choose(graph, select, current, exclude) - excluded(graph, exclude, current)


def _measure(path: Path) -> Facts | Unreadable:
    """Open a file, which costs PyAV or Pillow; what can't be read comes back as the reason."""
    if not path.exists():
        return Unreadable("is not there", "check the path: it is relative to the file that names it")
    probe = import_module("wanflow.media.probe")
    container = import_module("wanflow.media.container")
    try:
        facts: Facts = probe.probe(path)
    except container.BadMedia as bad:
        return Unreadable(bad.why, bad.hint)
    return facts


@asynccontextmanager
async def _parts(production: Production, store: Store, emit: Emit, jobs: int, pace: Pace) -> AsyncIterator[Parts]:
    """What a run works with: the backend's service, and this machine's ffmpeg."""
    limited = import_module("wanflow.service.limited")
    async with _service(production, store, emit, jobs, pace) as (service, addresses):
        yield import_module("wanflow.runner.parts").Parts(
            out=production.out,
            store=store,
            journal=Journal(store),
            service=service,
            slots=limited.Slots({}) if pace.max_in_flight is None else limited.Slots({}, pace.max_in_flight),
            addresses=addresses,
            jobs=import_module("wanflow.media.perform").perform,
            limiter=import_module("anyio").CapacityLimiter(jobs),
            emit=emit,
            clock=_now,
        )


@asynccontextmanager
async def _service(
    production: Production, store: Store, emit: Emit, jobs: int, pace: Pace
) -> AsyncIterator[tuple[VideoService, Addresses]]:
    """The client bound to the paid service, or for the animatic to the emulator in process."""
    opening, addresses = import_module("wanflow.service.opening"), import_module("wanflow.runner.addresses")
    if production.backend != ANIMATIC:
        endpoint = import_module("wanflow.service.regions").endpoint_of(production.region, os.environ)
        known = addresses.recall(endpoint.account, store, journal.read(store).online)
        tell = partial(_warn, emit)
        async with opening.open_service(endpoint, poll_seconds=pace.poll_seconds, tell=tell) as service:
            yield service, known
        return
    animatic, front = import_module("wanflow.emulator.animatic"), import_module("wanflow.emulator.app")
    base, key = f"{animatic.ORIGIN}{front.BASE}", import_module("wanflow.emulator.terms").KEY
    folder = store.temporary("")
    try:
        async with (
            animatic.open_animatic(folder, os.environ, jobs) as account,
            opening.open_stand_in(front.build_app(account), base, key, account.changed) as service,
        ):
            yield service, addresses.Addresses(f"{ANIMATIC} {folder.name}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ensure_locks(store: Store) -> None:
    """The first run leaves `wanflow.lock` for git, even if nothing was paid (cli.md, Files)."""
    for lock in {store.lock, store.paid_lock}:
        lockfile.ensure(lock)


def _reshelve(of: Plan, store: Store) -> None:
    """Give the takes that a plan reuses their names under `out/` back, where somebody removed them."""
    production = of.graph.production
    for step in of.steps:
        entry = of.inventory.lock.shots.get(step.shot or "")
        if step.kind is StepKind.TAKE and entry is not None:
            name = production.folder / production.out / "shots" / f"{step.node}.mp4"
            for digest in (digest for digest, number in entry.numbers.items() if number == step.take):
                shelf.put(store, digest, name)


def _outputs(production: Production) -> dict[str, str]:
    return {name: cut.output for name, cut in production.cuts.items()}


def _warn(emit: Emit, words: str) -> None:
    emit(Warned(words))


def _ignore(event: Event) -> None:
    del event


def _now() -> datetime:
    return datetime.now(UTC)


__all__ = ["facts_of", "load", "plan", "run", "settle", "states", "store_of", "survey", "validate"]
