"""Checks of takes: which are measured and against what, and where the findings are kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace

from anyio import create_task_group

from wanflow.boundary import Content
from wanflow.errors import MediaFault, WanflowError
from wanflow.graph.node import ShotVertex
from wanflow.language.production import Production
from wanflow.language.source import FactsTable
from wanflow.media.checks.take_check import CheckTake
from wanflow.media.jobs import Background, Job, RunningProcesses, Worker
from wanflow.messages import tr
from wanflow.planner.expected import Expectations, findings_of, rules_of, shown_findings
from wanflow.planner.picks import ChoiceReason
from wanflow.planner.plan import Plan
from wanflow.records import immutable
from wanflow.runner.context import DeliveredTake, RunContext, RunState
from wanflow.runner.events import Warned
from wanflow.store import findings, layout
from wanflow.store.findings import Finding, Measured, TakeFindings, duplicate_of
from wanflow.store.inventory import Inventory
from wanflow.store.layout import Store
from wanflow.store.lock import ShotEntry
from wanflow.store.take import Take
from wanflow.store.take_names import take_node

OnMeasured = Callable[[Take, tuple[Finding, ...]], None]


@immutable
class TakeCheck:
    """A take that is to be measured: the job, the hash of what it is measured against, and what is not here."""

    take: Take
    job: CheckTake
    against: str
    missing: frozenset[str]

    def measured(self, result: TakeFindings) -> Measured:
        """The record of what was found."""
        return Measured(self.take.digest, self.against, result.findings, self.missing, result.thumbnail)


class TakeChecks:
    """What is known of takes by their checks, and what is still to be measured."""

    def __init__(self, production: Production, facts: FactsTable, store: Store) -> None:
        self._production, self._facts, self._store = production, facts, store
        self._known = findings.read(store)
        self._pictures = dict[tuple[str, str], dict[int, bytes]]()

    async def before_run(self, plan: Plan, have: Inventory, context: RunContext) -> Inventory:
        """The inventory of a run with what is known of takes, where a shot waits for findings; else as it is.

        Takes that were collected just now are measured, and takes that would be used for want of a pick and that no
        check has seen: money must not follow from them unseen.
        """
        waiting = [shot for shot in self._production.shots.values() if shot.checks.wait]
        if waiting:
            have = replace(have, findings=findings_of(self._known, have, self._facts, self._production.catalog))
        state, unseen = RunState(plan, have), list(context.delivered)
        context.delivered.clear()
        for shot in waiting:
            choice = state.shot_request(ShotVertex(shot.name, shot)).choice
            if choice.how is ChoiceReason.DEFAULT and choice.take is not None:
                number = have.lock.shots[shot.name].numbers[choice.take.digest]
                unseen.append(DeliveredTake(shot.name, number, choice.take))
        found = await self.measure(unseen, have, context)
        known = {**(have.findings or {}), **{(take.digest, take.fingerprint): each for take, each in found.items()}}
        return replace(have, findings=known) if waiting else have

    async def measure(
        self, delivered: Sequence[DeliveredTake], have: Inventory, context: RunContext, *, urgent: bool = True
    ) -> Mapping[Take, tuple[Finding, ...]]:
        """Measure takes, record what was found and warn of it; gives it by take.

        Those that are not `urgent` are measured while no other local work is to be done.
        A film was paid for whatever its checks say: a fault of a check is a warning as well.
        """
        found = dict[Take, tuple[Finding, ...]]()
        checked = [each for each in delivered if not rules_of(self._production, each.shot).off]
        of_takes = {each.take.digest: each for each in checked}
        async with create_task_group() as group:
            for check in self.due((each.take for each in checked), have):
                job: Job[TakeFindings] = check.job if urgent else Background(check.job)
                delivery = of_takes[check.take.digest]
                group.start_soon(self._measure, check, job, delivery, have, context, found)
        return found

    async def _measure(
        self,
        check: TakeCheck,
        job: Job[TakeFindings],
        delivered: DeliveredTake,
        have: Inventory,
        context: RunContext,
        found: dict[Take, tuple[Finding, ...]],
    ) -> None:
        node = take_node(delivered.shot, delivered.number)
        try:
            result = await context.jobs(job)
            self.keep(check, result)
        except Exception as fault:  # noqa: BLE001 - a fault of a check never ends a run
            context.emit(Warned(tr("it was not checked: {fault}", fault=str(fault)), node))
            return
        duplicates = dict(self._duplicates(delivered, result.thumbnail, have)) if result.thumbnail else {}
        found[check.take] = (*result.findings, *(each for told, each in duplicates.items() if told == node))
        told = [(node, each) for each in result.findings]
        for about, finding in (*told, *duplicates.items()):
            for shown in shown_findings(self._production, delivered.shot, (finding,)):
                context.emit(Warned(shown.text, about))

    def _duplicates(self, delivered: DeliveredTake, thumbnail: bytes, have: Inventory) -> Iterator[tuple[str, Finding]]:
        """The finding that a picture looks like an earlier take of its request, and those of later ones, by take."""
        entry = have.lock.shots.get(delivered.shot, ShotEntry())
        looks = {each.take: each.thumbnail for each in self._known.values() if each.thumbnail}
        pictures = self._pictures.setdefault((delivered.shot, delivered.take.fingerprint), {})
        for digest, take in entry.takes.items():
            if take.fingerprint == delivered.take.fingerprint and digest in looks and not take.gone:
                pictures[entry.numbers[digest]] = looks[digest]
        pictures[delivered.number] = thumbnail
        names = {number: take_node(delivered.shot, number) for number in sorted(pictures)}
        earlier = {names[number]: pictures[number] for number in names if number < delivered.number}
        if (own := duplicate_of(thumbnail, earlier)) is not None:
            yield names[delivered.number], own
        for number, name in names.items():
            mine = {names[delivered.number]: thumbnail} if number > delivered.number else {}
            if (other := duplicate_of(pictures[number], mine)) is not None:
                yield name, other

    def due(self, takes: Iterable[Take], have: Inventory) -> list[TakeCheck]:
        """The checks of the takes that are here, and were not measured with all that is here now."""
        due = dict[str, TakeCheck]()
        expectations = Expectations(have, self._facts, self._production.catalog)
        for take in takes:
            expectation, file = expectations.of(take), expectations.file_of(take, self._store)
            if file is None:
                continue
            expected, missing = expectations.placed(expectation, self._store, self._opens)
            before = self._known.get(expectation.key)
            if before is None or before.missing - missing:
                due[expectation.key] = TakeCheck(take, CheckTake(file, expected), expectation.key, missing)
        return list(due.values())

    def keep(self, check: TakeCheck, result: TakeFindings) -> None:
        """Record what was found in a take; raises StoreFault."""
        measured = check.measured(result)
        findings.append(self._store, measured)
        self._known[measured.against] = measured

    def _opens(self, path: str) -> bool:
        """Whether an asset may be opened: it may have become a link since the production was checked."""
        try:
            self._production.opened(path, Content.MEDIA)
        except MediaFault:
            return False
        return True


def measure_now(takes: Iterable[Take], plan: Plan, tell: OnMeasured, jobs: int | None = None) -> dict[str, str]:
    """Measure takes in threads, as many at once as there are cores; gives the faults of those that have one, by digest.

    `tell` gets what was found in each. What was measured before is not measured again. Raises StoreFault.
    """
    production = plan.graph.production
    store = Store(production.folder, production.provider)
    checks = TakeChecks(production, plan.facts, store)
    due, faults = checks.due(takes, plan.inventory), dict[str, str]()
    if not due:
        return faults
    layout.establish(store)
    processes = RunningProcesses()
    worker = Worker(store.folder, processes)
    pool = ThreadPoolExecutor(jobs or os.cpu_count() or 1)
    try:
        waiting = {pool.submit(check.job.perform, worker): check for check in due}
        for done in as_completed(waiting):
            check = waiting[done]
            try:
                found = done.result()
            except WanflowError as fault:
                faults[check.take.digest] = str(fault)
                continue
            checks.keep(check, found)
            tell(check.take, found.findings)
    finally:
        processes.kill()
        pool.shutdown(cancel_futures=True)
    return faults
