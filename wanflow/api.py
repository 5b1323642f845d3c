"""One function a verb: what the command line, a page and `import wanflow` ask of wanflow, answered with data.

No function writes to a terminal or composes a sentence; what went wrong is raised as a WanflowError. The functions
that `__all__` lacks serve the command line alone and may change with every version. Heavy parts (ffmpeg, PyAV, the
service) are imported when work needs them, so that a run with nothing to do is instant.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial, reduce
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wanflow import loading, timebase
from wanflow.catalog.provider import default_provider, load_providers
from wanflow.catalog.read import load_catalog
from wanflow.errors import UnknownTarget
from wanflow.graph.build import ShotGraph
from wanflow.graph.node import ShotVertex, cut_name
from wanflow.graph.select import matching, single_shot
from wanflow.graph.select import select as select_vertices
from wanflow.language.load import Overrides, read_catalog
from wanflow.language.output_paths import results_folder
from wanflow.language.problem import Problem, SpecError, has_errors
from wanflow.language.production import Production
from wanflow.loading import SoundPart, store_of
from wanflow.messages import joined, tr
from wanflow.money import Cost
from wanflow.planner import budget as plan_notes
from wanflow.planner import choose, expected, planning
from wanflow.planner import diff as reasons
from wanflow.planner import status as rows
from wanflow.planner.budget import PlanNotes
from wanflow.planner.choose import Held, Picked, Released, Retake
from wanflow.planner.diff import Explanation
from wanflow.planner.drawn_texts import is_drawn_anywhere
from wanflow.planner.plan import Action, Plan, StepKind
from wanflow.planner.renames import names_of
from wanflow.planner.request import ShotRequest, planned_request
from wanflow.planner.status import ProductionStatus, TakeRow
from wanflow.runner.events import CollectOutcome, Emit, Event, Outcome, idle_outcome
from wanflow.store import (
    atomic,
    blobs,
    charges,
    cut_records,
    findings,
    inventory,
    journal,
    layout,
    lockfile,
    rebuild,
    run_lock,
    take_names,
)
from wanflow.store import lock as locks
from wanflow.store.attempt import Attempt, JournalState
from wanflow.store.charges import Ledger
from wanflow.store.layout import Store
from wanflow.store.lock import Lock
from wanflow.store.take_names import take_file
from wanflow.timebase import GRACE_SECONDS, POLL_SECONDS

if TYPE_CHECKING:
    from wanflow.catalog.model import Model
    from wanflow.health import HealthCheck
    from wanflow.planner.consequence import Consequence
    from wanflow.planner.removable import NamedTake, Removables
    from wanflow.report.changes import ProductionDiff
    from wanflow.report.export.edit_list import EditList
    from wanflow.report.show import NodeDetails
    from wanflow.runner.cancel import Cancelled
    from wanflow.runner.context import RunContext
    from wanflow.store.gc import Removable
    from wanflow.store.media_files import MediaFiles
    from wanflow.store.remote import Remote, Transfer
    from wanflow.store.repair import Damage
    from wanflow.store.take import Take
    from wanflow.templates import Started

NO_VALUES: Mapping[str, str] = {}

__all__ = [
    "cancel",
    "check",
    "collect",
    "collect_finished",
    "consequence",
    "costs",
    "diff",
    "doctor",
    "export",
    "gc",
    "hold",
    "init",
    "load",
    "load_sound_part",
    "models",
    "node_file",
    "nodes",
    "notes",
    "pick",
    "pick_file",
    "pick_from",
    "plan",
    "pull",
    "push",
    "release",
    "repair",
    "resolve",
    "retake",
    "run",
    "shot_graph",
    "show",
    "status",
    "takes",
    "validate",
    "why",
]


def load(
    file: Path | str = "wanflow.yaml",
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
    prices: Path | None = None,
    allow_outside: bool = False,
    root: Path | None = None,
    untrusted: bool = False,
    named: bool = True,
) -> Production:
    """Read and check a production file with everything that it names, media included.

    `backend` and `region` override the file (the region also by `WANFLOW_REGION`), `values` its `vars`, `prices` its
    price file. With `allow_outside` its cuts may be written outside its folder. The texts that it names are read below
    its folder or below `root`. An `untrusted` production opens its media only there, too, and writes only in its
    folder. A file that was found, not `named`, may be no link to elsewhere. Raises SpecError with every problem; those
    that are only warnings are in the production's `warnings`.
    """
    return opened(Path(file), overrides_of(backend, region, values, prices, allow_outside, root, untrusted, named))


def opened(file: Path, overrides: Overrides, *, outlined: bool = False) -> Production:
    """As `load`; `outlined`: the outlines of its files are asked for."""
    part = loading.read(file, overrides, outlined=outlined)
    if part.production is None or not part.whole:
        raise SpecError(part.problems)
    return part.production


def load_sound_part(
    file: Path | str = "wanflow.yaml",
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
    prices: Path | None = None,
    allow_outside: bool = False,
    root: Path | None = None,
    untrusted: bool = False,
    named: bool = True,
) -> SoundPart:
    """As `load`, but what can be used of a production with errors: shots that have none, and need none that has."""
    return loading.sound_part(
        Path(file), overrides_of(backend, region, values, prices, allow_outside, root, untrusted, named)
    )


def validate(
    file: Path | str = "wanflow.yaml",
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
    prices: Path | None = None,
    allow_outside: bool = False,
    root: Path | None = None,
    untrusted: bool = False,
    named: bool = True,
) -> tuple[Problem, ...]:
    """Every problem of a production file and of its lock, in the order of their places. Options as for `load`."""
    overrides = overrides_of(backend, region, values, prices, allow_outside, root, untrusted, named)
    part = loading.read(Path(file), overrides, drawn=True)
    return part.problems if part.production is None else (*part.problems, *loading.problems_of_lock(part.production))


def plan(
    production: Production,
    select: Sequence[str] = (),
    *,
    exclude: Sequence[str] = (),
    retry_refused: bool = False,
    whole: bool = True,
    unfinished: JournalState | None = None,
) -> Plan:
    """What a run of the selected nodes would do, why, and at what price; contacts nothing.

    Requests that the service refused before are blocked, unless `retry_refused` sends them again. Without `whole` the
    production is what `load_sound_part` gave: no shot counts as removed or renamed. `unfinished` is the
    journal's state, where it was read already. Raises UnknownTarget for a selector that names nothing.
    """
    graph, facts = loading.graph_of(production), loading.facts_of(production)
    have = inventory_of(production, unfinished)
    everything = planning.make_plan(graph, facts, have, retry_refused=retry_refused, whole=whole)
    if not select and not exclude:
        return everything
    states = rows.states(everything)
    chosen = select_vertices(graph, select, states, exclude) - matching(graph, exclude, states)
    return planning.make_plan(graph, facts, have, chosen, retry_refused=retry_refused, whole=whole)


def notes(plan: Plan, limit: Cost | None = None) -> PlanNotes:
    """What a person should know of a plan before money is spent; `limit` is what this run may spend."""
    production = plan.graph.production
    boxed = plan.inventory.cut_boxes
    drawn = (
        step.vertex
        for step in plan.steps
        if step.kind is StepKind.CUT and (step.action is Action.DERIVE or cut_name(step.vertex) in boxed)
    )
    cuts = {node: production.cuts[cut_name(node)] for node in drawn}
    rendered = {step.vertex for step in plan.steps if step.action is Action.RENDER}
    nodes_of = dict[Problem, list[str]]()
    for node, cut in cuts.items():
        for problem in () if is_drawn_anywhere(production, cut) else loading.check_drawn_texts(production, cut):
            nodes_of.setdefault(problem, []).append(node)
    for problem in loading.check_cards(production, rendered):
        nodes_of.setdefault(problem, []).append(plan.provider.name)
    unreadable = tuple((joined(", ", nodes), problem) for problem, nodes in nodes_of.items())
    return replace(plan_notes.notes(plan, limit), unreadable=unreadable)


def nodes(plan: Plan) -> tuple[str, ...]:
    """The nodes of a plan, in the order in which they are made."""
    return tuple(step.node for step in plan.steps)


def shot_graph(production: Production) -> ShotGraph:
    """The graph of assets, shots, extracts and cuts."""
    return loading.graph_of(production)


def status(plan: Plan, now: datetime | None = None) -> ProductionStatus:
    """The state of every shot and cut of a plan, tasks in flight, and what was charged; `now` is the present."""
    return rows.status(with_findings(plan), now or datetime.now(UTC))


def takes(plan: Plan, *, removed: bool = False, whole: bool = True) -> tuple[TakeRow, ...]:
    """A row for each take of the shots of a plan, with `removed` also of shots that the production no longer has.

    Without `whole` the plan lacks shots with errors, and every shot that it lacks has the rows of its last run.
    """
    plan = with_findings(plan)
    found = [*rows.take_rows(plan), *(rows.other_rows(plan, whole=whole) if removed or not whole else ())]
    placed = partial(take_names.present_file, Store(plan.graph.production.folder, plan.provider))
    return tuple(replace(row, file=placed(row.take.digest, row.file)) if row.file else row for row in found)


def node_file(plan: Plan, node: str, *, whole: bool = True) -> Path:
    """The file of a take, of a shot's take in use, or of a cut, as an absolute path; `whole` as for `takes`.

    Raises UnknownTarget for another node, and where the file is not here.
    """
    row = rows.row_to_play(plan, node, takes(plan, removed=True, whole=whole))
    file = (plan.graph.production.folder / (row.file or "")).absolute()
    if not file.is_file():
        hint = tr("`wanflow run` writes it")
        raise UnknownTarget(tr("`{node}` is not written yet: `{file}` does not exist", node=node, file=file), hint=hint)
    return file


def check(
    production: Production,
    select: Sequence[str] = (),
    *,
    exclude: Sequence[str] = (),
    on_take: Callable[[TakeRow], None] | None = None,
) -> tuple[TakeRow, ...]:
    """Measure the takes of the selected shots that are here, and give the rows of these shots with their findings.

    What was measured before is not measured again. `on_take` gets the row of each take that was. A take that is not
    here, or cannot be read, has a row that is not `measured`. Raises UnknownTarget, StoreFault.
    """
    from wanflow.runner.checks import measure_now

    planned = plan(production, select, exclude=exclude)
    rows_of = {(row.take.digest, row.take.fingerprint): row for row in takes(planned)}
    wanted = [row.take for row in rows_of.values() if row.file and not expected.rules_of(production, row.shot).off]

    def tell(take: Take, found: tuple[findings.Finding, ...]) -> None:
        row = rows_of[take.digest, take.fingerprint]
        shown = expected.shown_findings(production, row.shot, found)
        if on_take is not None:
            on_take(replace(row, findings=shown, measured=True))

    measure_now(wanted, planned, tell)
    return takes(replace(planned, inventory=replace(planned.inventory, findings=None)))


def with_findings(plan: Plan) -> Plan:
    """A plan whose inventory has what checks found in takes."""
    production, have = plan.graph.production, plan.inventory
    if have.findings is not None:
        return plan
    return replace(plan, inventory=replace(have, findings=_findings(production, have)))


def _findings(
    production: Production, have: inventory.Inventory
) -> Mapping[tuple[str, str], tuple[findings.Finding, ...]]:
    """What checks found in the takes of lock and store, by digest and fingerprint."""
    return expected.findings_of(
        findings.read(store_of(production)), have, loading.facts_of(production), production.catalog
    )


def why(plan: Plan, node: str) -> tuple[Explanation, ...]:
    """Why a node is rendered, or is not: for each of its steps what changed, and the steps that it follows from.

    Raises UnknownTarget for a node that the plan lacks.
    """
    return reasons.explain(plan, reasons.steps_of(plan, node))


def show(plan: Plan, node: str) -> NodeDetails:
    """A node resolved: its values with their places, and a shot's request as it is sent. Raises UnknownTarget."""
    from wanflow.report import show as details
    from wanflow.wiring import CONNECTORS

    steps = reasons.steps_of(plan, node)
    production, vertex = plan.graph.production, plan.graph.vertex(steps[0].vertex)
    if isinstance(vertex, ShotVertex):
        vertex = replace(vertex, shot=planned_request(plan, vertex.shot).shot)
    request = details.request_of(vertex, steps)
    body = None if request is None else CONNECTORS[plan.provider.models].request_json(request)
    rows, model = details.rows_of(vertex, production), None if request is None else request.rules
    return details.NodeDetails(single_shot(production, node), rows, steps, body, model)


def diff(
    production: Production,
    revision: str | None = None,
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
    prices: Path | None = None,
) -> ProductionDiff:
    """What a production asks for beyond a revision of git: takes, money, words of prompts, cuts.

    `revision` is by default the commit at which this branch left the main branch; `NAME...` is that of another branch.
    The other arguments are those that the production was loaded with. Both sides are planned from the store as it is
    now, each with its own lock. It contacts nothing. Raises GitFault, SpecError.
    """
    from wanflow.at_revision import production_at
    from wanflow.report import changes

    after = plan(production)
    overrides = overrides_of(
        backend,
        region,
        values,
        prices,
        True,
        production.root,
        production.untrusted,
        True,
    )
    with production_at(production.folder, production.file, revision, overrides) as found:
        before, former = None, found.production
        if former is not None:
            have = inventory_of(replace(former, folder=production.folder))
            facts = loading.facts_of(former)
            lock = have.lock if found.lock is None else found.lock
            before = planning.make_plan(loading.graph_of(former), facts, replace(have, lock=lock))
    return changes.ProductionDiff(
        revision=found.revision.name,
        commit=found.revision.commit,
        title=production.title or str(found.revision.prefix / production.file),
        backend=after.provider.name,
        region=after.region,
        paid=after.provider.paid,
        exists=found.exists,
        shots=changes.shot_changes(before, after),
        cuts=changes.cut_changes(before, after),
        before=changes.total_cost(before, after.currency),
        cost=changes.total_cost(after, after.currency),
        problems=found.problems,
        unread=found.unread,
    )


def costs(production: Production) -> Ledger:
    """What was charged, what failed, and what is still to come. Raises StoreFault."""
    return ledger_of(production, rebuild.present_lock(store_of(production)))


def ledger_of(production: Production, lock: Lock) -> Ledger:
    """As `costs`, where the lock was read already."""
    return Ledger(production.prices.currency, charges.read(store_of(production), lock))


def models(
    file: Path | str | None = None,
    *,
    values: Mapping[str, str] = NO_VALUES,
    root: Path | None = None,
    untrusted: bool = False,
    named: bool = True,
) -> Mapping[str, Model]:
    """The catalog: what each model accepts, its limits and prices.

    With the production file `file` its own models are in it. Raises SpecError for a model file with an error.
    """
    if file is None:
        return load_catalog()
    overrides = Overrides(values=values, root=root, untrusted=untrusted, named=named)
    catalog, problems = read_catalog(Path(file), overrides)
    if has_errors(problems):
        raise SpecError(problems)
    return catalog


def export(plan: Plan, cut: str | None = None) -> EditList:
    """A cut as it would be written now, clip by clip, each with its file; the only cut where none is named.

    Raises UnknownTarget for a cut that does not exist, or one of whose takes is not rendered yet.
    """
    from wanflow.report.export.edit_list import edit_list

    production = plan.graph.production
    if cut is None and len(production.cuts) != 1:
        names = joined(", ", production.cuts)
        hint = tr("name one: {names}", names=names) if names else None
        raise UnknownTarget(tr("the production has {number} cuts", number=len(production.cuts)), hint=hint)
    return edit_list(with_findings(plan), cut_name(cut) if cut else next(iter(production.cuts)))


def pick(production: Production, shot: str, take: int, *, since: Lock | None = None) -> Picked:
    """Use a take of a shot from now on, for the request that it was made from; the picks of other requests stay.

    `since` is the lock that the decision is based on, the one of a plan's inventory. Raises UnknownTarget for a shot or
    a take that does not exist, ShotChanged where the shot is another now than `since` says.
    """
    planned = plan(production)
    asked = choose.request_of_shot(planned, shot)
    name = asked.shot.name

    def change(lock: Lock) -> Lock:
        shot_request = choose.at_present(asked, lock)
        return choose.pick(lock, shot_request, choose.take_of_number(shot_request.entry, name, take))

    shot_request = choose.at_present(asked, _update(planned, change, since=since, shots=[name]))
    digest = choose.take_of_number(shot_request.entry, name, take).digest
    current = any(digest == answer.digest for answer in shot_request.takes)
    return Picked(name, take, current=current, held=shot_request.entry.held == digest)


def consequence(plan: Plan, shot: str, take: int) -> Consequence:
    """What picking a take of a shot would do, before it is done: the plan is made again as if it were picked.

    `plan` is of the whole production. Raises UnknownTarget for a shot or a take that does not exist.
    """
    from wanflow.planner.consequence import compare

    asked = choose.request_of_shot(plan, shot)
    name = asked.shot.name
    lock = choose.pick(plan.inventory.lock, asked, choose.take_of_number(asked.entry, name, take))
    after = planning.make_plan(
        plan.graph, plan.facts, replace(plan.inventory, lock=lock), retry_refused=plan.retry_refused
    )
    return compare(plan, after, name, take)


def pick_from(production: Production, shot: str, former: str, take: int) -> Picked:
    """Move a take of a removed shot to another shot, and use it there from now on.

    It keeps its record and gets the shot's next number. It is held where it was made from another request. Raises
    UnknownTarget for a shot or a take that does not exist, and for a `former` that was not removed.
    """
    planned = plan(production)
    asked = choose.request_of_shot(planned, shot)
    if former in production.shots:
        hint = tr(
            "use its take as a source, `{{shot: {former}}}`; `wanflow takes --all` shows removed shots", former=former
        )
        raise UnknownTarget(tr("`{former}` is a shot of this production", former=former), hint=hint)
    digests: list[str] = []

    def change(lock: Lock) -> Lock:
        digests[:] = [choose.take_of_number(lock.shots.get(former, locks.ShotEntry()), former, take).digest]
        return choose.move(lock, choose.at_present(asked, lock), former, take, planned)

    entry = _update(planned, change, moved=True).shots[asked.shot.name]
    held = entry.held == digests[0]
    number = entry.numbers[digests[0]]
    return Picked(asked.shot.name, number, current=not held, held=held, source_shot=former, source_take=take)


def pick_file(production: Production, shot: str, clip: Path) -> Picked:
    """Make a clip or a picture from elsewhere a take of a shot's present request, and use it from now on.

    Raises UnknownTarget for a shot that does not exist or whose request is not known yet, MediaFault for a file that
    is not what the shot's model makes.
    """
    import shutil

    from wanflow.media import probe
    from wanflow.store.take import MADE_ELSEWHERE, Film, Take, result_of

    planned = plan(production)
    asked = choose.known_request(planned, shot)
    facts = probe.check_brought(clip, asked.shot.rules.makes)
    result, store, name = result_of(facts), store_of(production), asked.shot.name
    take = Take(facts.digest, asked.core, None, MADE_ELSEWHERE, result, timebase.stamp(datetime.now(UTC)))
    known = facts.digest in asked.entry.takes
    if not known:
        layout.establish(store)
        copy = store.incoming / f"{facts.digest}.copy"
        atomic.make_folder(copy.parent)
        shutil.copyfile(clip, copy)
        blobs.adopt_take(store, copy, facts.digest, take.result.kind)
    lock = _update(
        planned, lambda lock: choose.adopt_clip(lock, choose.at_present(asked, lock), take, clip.name, planned)
    )
    number = lock.shots[name].numbers[take.digest]
    if known:
        return Picked(name, number, source_file=clip.name, known=True)
    take_names.put(store, take.digest, production.folder / take_file(production.out, name, number, take.suffix))
    seconds = timebase.decimal_text(result.seconds, 2)
    asked_seconds = asked.shot.rules.seconds(asked.shot.parameters)
    wanted = "" if asked_seconds is None else str(asked_seconds)
    if wanted in {"", seconds} or not isinstance(result, Film):
        return Picked(name, number, source_file=clip.name)
    return Picked(name, number, source_file=clip.name, seconds=seconds, duration=wanted)


def retake(
    production: Production, select: Sequence[str], more: int = 1, *, since: Lock | None = None
) -> tuple[Retake, ...]:
    """Record the wish for more takes of the selected shots, although nothing changed; the next run renders them.

    `since` is as for `pick`. Raises UnknownTarget for a name that matches nothing, for a shot that is held, or whose
    request is not known yet; ShotChanged as `pick`.
    """
    planned = plan(production)
    shots = choose.named_shots(planned, select)
    asked = [choose.known_request(planned, shot) for shot in shots]
    change = _each(lambda lock, shot_request: choose.retake(lock, shot_request, more), asked)
    _update(planned, change, since=since, shots=shots)
    return tuple(Retake(each.shot.name, more) for each in asked)


def hold(production: Production, select: Sequence[str], *, since: Lock | None = None) -> tuple[Held, ...]:
    """Keep the takes that are in use, although their shots change.

    `since` is as for `pick`. Raises UnknownTarget for a shot without such a take, ShotChanged as `pick`.
    """
    planned = plan(production)
    shots = choose.named_shots(planned, select)
    asked = [choose.request_of_shot(planned, shot) for shot in shots]
    lock = _update(planned, _each(choose.hold, asked), since=since, shots=shots)
    entries = {each.shot.name: lock.shots[each.shot.name] for each in asked}
    return tuple(Held(shot, entry.numbers[entry.held or ""]) for shot, entry in entries.items())


def release(production: Production, select: Sequence[str], *, since: Lock | None = None) -> tuple[Released, ...]:
    """Hold the takes of the selected shots no longer: takes of the present request are used again.

    `since` is as for `pick`. Raises ShotChanged as `pick`.
    """
    planned = plan(production)
    shots, held = choose.named_shots(planned, select), set[str]()

    def change(lock: Lock) -> Lock:
        held.update(shot for shot in shots if locks.release(lock, shot) is not lock)
        return reduce(locks.release, shots, lock)

    _update(planned, change, since=since, shots=shots)
    return tuple(Released(shot, shot in held) for shot in shots)


def media_files(production: Production) -> MediaFiles:
    """The files of a production that may be shown, by digest: takes, extracts, assets and written cuts."""
    from wanflow.store.media_files import MediaFiles

    return MediaFiles(production, loading.facts_of(production), store_of(production))


def unfinished(production: Production) -> JournalState:
    """What earlier runs left with the service, or with no known fate, as far as the journal says."""
    return journal.read(store_of(production))


def is_unfinished(production: Production, left: JournalState, *, thorough: bool = False) -> bool:
    """Whether anything that earlier runs left has still to be asked for; tasks of the animatic end with their process.

    `thorough` counts what most likely is gone as well: tasks that the service forgot, submissions that it never took.
    """
    tasks = left.open or (thorough and (left.forgotten or left.presumed))
    return bool(left.unknown_fate or (tasks and production.provider.remote))


def inventory_of(
    production: Production, unfinished: JournalState | None = None, part_of_lock: Lock | None = None
) -> inventory.Inventory:
    """What lock and store have for a production now; `unfinished` is the journal's state, where it was read already.

    `part_of_lock` is what counts of the lock, where only a part of the production was read.
    """
    store = store_of(production)
    outputs = {name: cut.output for name, cut in production.cuts.items()}
    have = inventory.survey(store, outputs, partial(loading.results_of, store), unfinished, part_of_lock)
    if have.cut_boxes:
        have = replace(have, cut_glyphs=loading.glyphs_found(production, have.cut_boxes))
    if any(shot.checks.wait for shot in production.shots.values()):
        have = replace(have, findings=_findings(production, have))
    if production.provider.remote:
        return have
    return replace(have, open_tasks=(), lost=have.open_tasks)  # they ended with the process that rendered them


def in_flight_elsewhere(production: Production) -> Mapping[str, int]:
    """The number of tasks and of submissions of unknown fate that other backends have; those without any are left out.

    The animatic never has any: its tasks end with their process. Raises StoreFault for a damaged journal.
    """
    others = [provider for provider in load_providers().values() if provider.remote and provider != production.provider]
    states = {provider.name: journal.read(Store(production.folder, provider)) for provider in others}
    return {name: number for name, state in states.items() if (number := len(state.open) + len(state.unknown_fate))}


def requires_service(plan: Plan) -> bool:
    """Whether a run of a plan sends anything to a paid service; a plan that only writes cuts needs no key."""
    left = plan.inventory.open_tasks or plan.inventory.unknown_fate
    return plan.provider.remote and (_asks(plan) or bool(left))


def _asks(plan: Plan) -> bool:
    """Whether a step of a plan sends something to its provider, or fetches something from it."""
    return any(step.action in {Action.RENDER, Action.COLLECT} for step in plan.steps)


def require_key(plan: Plan) -> None:
    """Raise, before anybody is asked to approve a plan, what its run would: no usable key, address or bucket."""
    if requires_service(plan):
        from wanflow.wiring import endpoint_for, trusted_bucket

        trusted_bucket(plan.graph.production)
        endpoint_for(plan.graph.production)


def require_address(plan: Plan) -> None:
    """Raise what a run of a plan would raise for the base address in the environment: the prices are of one region."""
    named = {name: value for name in plan.provider.address_variables if (value := os.environ.get(name))}
    if named:
        from wanflow.wiring import CONNECTORS

        CONNECTORS[plan.provider.name].endpoint(plan.region, named, key_needed=False)


def finish_idle(plan: Plan) -> Outcome:
    """The outcome of a plan in which nothing is to be done; takes get their names in `out/` back."""
    production = plan.graph.production
    store = store_of(production)
    lockfile.establish(store)
    take_names.follow(store, names_of(plan), production.folder / production.out, plan.inventory.lock)
    return idle_outcome(plan)


async def run(
    plan: Plan,
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
    collected: CollectOutcome | None = None,
    upload_hosts: Sequence[str] = (),
    grade: Literal["draft", "final"] = "draft",
    cluster: str | None = None,
) -> Outcome:
    """Do what a plan approved, and no more: collect what is in flight, render what changed, write the cuts.

    Calling it is the approval: on `dashscope` it spends money. `emit` receives the events, in order. `jobs` is how many
    ffmpeg jobs run at once (default: the cores). After `timeout` seconds waiting stops, with exit code 4.
    `poll_seconds` is the shortest time between two looks at one task, `max_in_flight` the most unfinished tasks of a
    model (default: what the service runs at once and a few more). A submission whose reply was lost counts as not
    accepted, and is sent again, if the service's list does not show it for `grace` seconds; without `resubmit` it waits
    for a person. `wait` waits for another run in this production to end. `budget` is the most that the run may spend: a
    submission that could exceed it is not made, and the exit code is 3. `collected` is what `collect_finished` gave,
    where it was called before the plan was made. `upload_hosts` may get local media beside the service's own storage.
    `grade` is how finely the animatic draws its films: a draft takes about a quarter of the time. `cluster` is the
    address of a Dask scheduler whose workers do the local work (default: `WANFLOW_CLUSTER`).

    Raises Unauthorised without a usable key, StoreBusy while another run is active in this production, ToolMissing
    without an ffmpeg, and for other trouble other WanflowErrors.
    """
    from wanflow import run_parts
    from wanflow.runner.run import run_plan

    asks, hosts = _asks(plan), tuple(upload_hosts)
    options = run_parts.RunOptions(
        jobs, poll_seconds, max_in_flight, grace, resubmit, asks, budget, wait, hosts, grade, cluster
    )
    async with run_parts.open_run(plan.graph.production, emit or _ignore, options) as context:
        return await run_plan(plan, context, keep_going=keep_going, timeout=timeout, before=collected)


async def collect_finished(
    production: Production,
    *,
    emit: Emit | None = None,
    grace: float = GRACE_SECONDS,
    resubmit: bool = True,
    wait: bool = False,
    cluster: str | None = None,
) -> CollectOutcome:
    """Ask every open task of earlier runs once and store what is finished, before anything is planned (law 10).

    Each is measured as well. `grace`, `resubmit`, `wait` and `cluster` are as for `run`. Raises Unauthorised,
    NotSent, StoreBusy.
    """
    from wanflow import run_parts
    from wanflow.runner.collect import collect_open

    options = run_parts.RunOptions(grace=grace, resubmit=resubmit, wait=wait, cluster=cluster)
    async with run_parts.open_run(production, emit or _ignore, options) as context:
        outcome = replace(await collect_open(context), cost=context.spending.spent)
        await _measure_collected(production, context)
        return outcome


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
    from wanflow import run_parts
    from wanflow.runner.collect import collect_all

    options = run_parts.RunOptions(poll_seconds=poll_seconds, grace=grace, wait=wait)
    async with run_parts.open_run(production, emit or _ignore, options) as context:
        outcome = await collect_all(context, timeout)
        await _measure_collected(production, context)
        return outcome


async def _measure_collected(production: Production, context: RunContext) -> None:
    """Measure the takes that were collected, so that the next plan knows what checks found in them."""
    from wanflow.runner.checks import TakeChecks

    if context.delivered:
        checks = TakeChecks(production, loading.facts_of(production), context.store)
        await checks.measure(context.delivered, inventory_of(production), context)


async def cancel(production: Production, select: Sequence[str] = ()) -> tuple[Cancelled, ...]:
    """Cancel the tasks of the selected shots that are still PENDING, of all shots where none is selected.

    Never waits for a run: a run notices the ends by itself. Raises UnknownTarget, ServiceFault.
    """
    from wanflow import run_parts

    shots = {step.shot for step in plan(production, select).steps} if select else None
    tasks = [task for task in inventory_of(production).open_tasks if shots is None or task.attempt.shot in shots]
    return await run_parts.cancel_in_flight(production, tasks) if tasks else ()


def resolve(production: Production, shot: str, *, take: int | None = None, adopt: str | None = None) -> Attempt:
    """Record what became of a submission of unknown fate: accepted as task `adopt`, or without `adopt` not accepted.

    Contacts nothing: a task that the service then does not know leaves the fate unknown. Raises UnknownTarget where a
    shot has no such submission, has several and `take` names none of them, or where `adopt` is empty or a task that the
    journal knows; StoreBusy while a run is active here.
    """
    store, shot = store_of(production), single_shot(production, shot)
    with run_lock.hold(store):
        state = journal.read(store)
        attempt = journal.unknown_fate_of(state, shot, take)
        when = timebase.stamp(datetime.now(UTC))
        if adopt is None:
            journal.Journal(store).declined(attempt.id, tr("given up by hand"), when)
        elif not (task_id := adopt.strip()):
            raise UnknownTarget(tr("the task id is empty"), hint=tr("the service's console shows the ids of its tasks"))
        elif task_id in state.known:
            raise UnknownTarget(
                tr("task `{task_id}` is on record already", task_id=task_id), hint=tr("`wanflow status` shows its shot")
            )
        else:
            seeds = {other.seed for other in state.unknown_fate if other.fingerprint == attempt.fingerprint}
            journal.Journal(store).accepted(
                attempt.id, task_id, "", when, seed_uncertain=len(seeds) > 1, by_person=True
            )
    return attempt


def push(production: Production, on_take: Callable[[str], None] | None = None) -> Transfer:
    """Send the paid takes that are here to the remote; called again, it sends what is still missing there.

    `on_take` gets the name of each take that moved. Raises UnknownTarget without a remote, StoreFault for one that
    cannot be used.
    """
    from wanflow.store import remote

    return remote.push_takes(_remote_of(production), _paid_store(production), on_take)


def pull(production: Production, on_take: Callable[[str], None] | None = None) -> Transfer:
    """Fetch the paid takes that the lock names and whose files are missing here; called again, it continues.

    Arguments and exceptions as for `push`.
    """
    from wanflow.store import remote

    store = _paid_store(production)
    moved = remote.pull_takes(_remote_of(production), store, on_take)
    out = production.out if production.provider.paid else results_folder(production.provider.models)
    take_names.arrange(store, rebuild.present_lock(store), production.folder / out, production.shots)
    return moved


def gc(productions: Sequence[Production], paid: Sequence[str] = (), *, apply: bool = False) -> Removables:
    """What may be removed: derived files, old free takes, and the paid takes that `paid` names.

    `productions` are one and the same with each provider of its models. Only with `apply` it is removed. A take in use
    never is. Raises UnknownTarget for a name that matches no paid take, or one in use, StoreBusy, StoreFault.
    """
    if apply:
        with run_lock.hold(store_of(productions[0])):
            return _removables(productions, paid, apply=True)
    return _removables(productions, paid, apply=False)


def _removables(productions: Sequence[Production], names: Sequence[str], *, apply: bool) -> Removables:
    from wanflow.planner.removable import Removables, removable_takes
    from wanflow.store import gc as waste

    plans, store = [plan(production) for production in productions], store_of(productions[0])
    free, paid = _named_takes(plans, store)
    idle, named = [take for take in free.values() if take.idle], removable_takes(paid, names)
    found = Removables(
        derived=_removable_files(plans, store, (*idle, *named)),
        free=tuple(idle),
        paid=named,
        unused_paid=tuple(take for take in paid.values() if take.idle),
    )
    if apply:
        waste.remove_derived(found.derived)
        for each in plans:
            _update(each, lambda lock: lock)  # the lock follows renamed shots first
            production = each.graph.production
            nodes = {take.node for take in (found.paid if each.provider.paid else found.free)}
            waste.remove_takes(Store(production.folder, each.provider), nodes, production.folder / production.out)
    return found


def _named_takes(plans: Sequence[Plan], store: Store) -> tuple[dict[str, NamedTake], dict[str, NamedTake]]:
    """The free and the paid takes of plans of one production, by node."""
    from wanflow.planner.removable import NamedTake, named_takes

    cuts, shown = plans[0].graph.production.cuts, dict[str, list[str]]()
    for cut, digest in cut_records.takes(store):
        if cut in cuts:
            shown.setdefault(digest, []).append(cut)
    sizes = {digest: path.stat().st_size for digest, path in blobs.take_paths(store).items()}
    free, paid = dict[str, NamedTake](), dict[str, NamedTake]()
    for each in plans:
        (paid if each.provider.paid else free).update(named_takes(each, shown, sizes))
    return free, paid


def _removable_files(plans: Sequence[Plan], store: Store, going: Sequence[NamedTake]) -> tuple[Removable, ...]:
    """What can be made again and nothing uses: derived files, and renditions of files that are gone.

    `going` are the takes that are removed with them.
    """
    from wanflow.store import gc as waste

    derived = waste.derived_waste(store, chain.from_iterable(each.recipes.values() for each in plans))
    shown = frozenset(chain.from_iterable(media_files(each.graph.production).digests() for each in plans))
    gone = frozenset(named.take.digest for named in going)
    return (*derived, *waste.rendition_waste(store, derived, gone, shown))


def doctor(
    folder: Path, backend: str | None = None, region: str | None = None, production: Production | None = None
) -> tuple[HealthCheck, ...]:
    """Check everything that rendering in a folder on a backend needs: ffmpeg, disk, clock, store, key and service.

    Where the folder's production can be read, also the fonts that its cuts need.
    """
    from wanflow.health import check_up

    provider = default_provider() if backend is None else load_providers()[backend]
    return check_up(folder, provider, region or provider.regions[0], os.environ, production)


def require_own_files(file: Path | str, *, untrusted: bool) -> None:
    """Raise SpecError where an untrusted production's store or results are elsewhere, before anything reads them."""
    if found := loading.problems_of_links(Path(file), untrusted=untrusted):
        raise SpecError(found)


def repair(folder: Path) -> tuple[Damage, ...]:
    """Repair a damaged store; gives what was repaired. Removed data is in `.wanflow/aside`. Raises StoreBusy."""
    from wanflow.store.repair import repair_store

    store = Store(folder, default_provider())
    if not store.root.exists():
        return ()
    with run_lock.hold(store, damaged=True):
        repaired = repair_store(store, partial(loading.results_of, store))
    return tuple(damage for damage in repaired if damage.repair is not None)


def init(folder: Path, template: str | None = None, source: Path | None = None) -> Started:
    """Write a small working production with drawn assets, or one with the shots of `source`; nothing is overwritten.

    `source` is a shot list (CSV) or a screenplay (Fountain). Raises UnknownTarget for a template that does not exist,
    and where a file of the production exists already; MediaFault for a source that cannot be read.
    """
    from wanflow import templates

    if source is None:
        return templates.Started(templates.write(folder, templates.starting_files(template)))
    from wanflow.importing import new_production

    files, notes = new_production.starting_files(new_production.read(source), source.stem)
    return templates.Started(templates.write(folder, files), notes)


def overrides_of(
    backend: str | None,
    region: str | None,
    values: Mapping[str, str],
    prices: Path | None,
    allow_outside: bool,
    root: Path | None,
    untrusted: bool,
    named: bool,
) -> Overrides:
    """The options of `load` as one value."""
    region = region or os.environ.get("WANFLOW_REGION") or None
    return Overrides(backend, region, values, prices, allow_outside and not untrusted, root, untrusted, named)


def _each(change: Callable[[Lock, ShotRequest], Lock], asked: Sequence[ShotRequest]) -> Callable[[Lock], Lock]:
    """A change for each of several requests, every one with the lock's entry at that moment."""
    return lambda lock: reduce(lambda known, each: change(known, choose.at_present(each, known)), asked, lock)


def _update(
    plan: Plan,
    change: Callable[[Lock], Lock],
    *,
    moved: bool = False,
    since: Lock | None = None,
    shots: Sequence[str] = (),
) -> Lock:
    """Change the lock as it is now, after it followed the shots that were renamed since the last run.

    The names below `out/` follow at once where shots were renamed, or where `change` moves takes between shots. Raises
    ShotChanged where one of `shots` is another now than in the lock `since`; both are looked at under one guard.
    """
    production = plan.graph.production
    store = store_of(production)
    journal_state = journal.read(store)

    def changed(before: Lock) -> Lock:
        lock = reduce(locks.rename, plan.renames, rebuild.completed(store, journal_state, before))
        if since is not None:
            choose.require_unchanged(lock, reduce(locks.rename, plan.renames, since), shots)
        return change(lock)

    lock = lockfile.update(store.lock, changed)
    if plan.renames or moved:
        take_names.arrange(store, lock, production.folder / production.out, production.shots)
    return lock


def _remote_of(production: Production) -> Remote:
    from wanflow.store.remote import open_remote

    return open_remote(production.remote, production.folder, untrusted=production.untrusted)


def _paid_store(production: Production) -> Store:
    return Store(production.folder, load_providers()[production.provider.models])


def _ignore(event: Event) -> None:
    del event
