"""Runs on the page: the one that it started, and the progress of any, whoever started it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from http import HTTPStatus
from typing import Any

import anyio
from anyio.from_thread import BlockingPortal

from wanflow import api, money
from wanflow.errors import ExitCode, WanflowError
from wanflow.language.problem import SpecError
from wanflow.language.production import Production
from wanflow.loading import SoundPart
from wanflow.messages import joined, tr, translated
from wanflow.money import Cost
from wanflow.planner.budget import excesses, new_cost
from wanflow.planner.saved import PlanArguments, SavedPlan, read_saved, saved_json, unapproved
from wanflow.report.page.snapshot import Snapshot
from wanflow.report.text.plan import excess_text, would_do
from wanflow.review.actions import ActionRefused, usable_production
from wanflow.runner.events import CollectOutcome, Outcome
from wanflow.store import run_lock
from wanflow.store.layout import Store
from wanflow.store.run_record import RunReader

_log = logging.getLogger(__name__)

TellEvent = Callable[[Mapping[str, Any]], object]
"""Where an event of a run goes, as `run --json` has it."""

FINISHED = "run.finished"
WORDS = frozenset({"message", "hint"})
"""Keys of an event whose values are text for a person."""


class PageRuns:
    """The run that the page started: one at a time, in a thread of its own, which `portal` leads to.

    `cluster` does its local work, as that of `api.run`.
    """

    def __init__(
        self, portal: BlockingPortal, load: Callable[[], SoundPart], tell: TellEvent, cluster: str | None
    ) -> None:
        self._portal, self._load, self._tell, self._cluster = portal, load, tell, cluster
        self._production: Production | None = None
        self._future: Future[None] | None = None
        self._beginning = anyio.Lock()

    async def begin(self, snapshot: Snapshot, seen: str | None) -> str:
        """Begin a run of the plan, at most for the price that the page showed; gives what it does.

        Raises ActionRefused where the plan is another than the one that was seen, and where no run can begin.
        """
        async with self._beginning:
            if self._future is not None and not self._future.done():
                raise ActionRefused(HTTPStatus.CONFLICT, tr("a run of this page is active already"))
            words, approved, limit = await anyio.to_thread.run_sync(_approved, snapshot, seen)
            self._production = usable_production(snapshot)
            self._future = self._portal.start_task_soon(self._run, approved, limit)
            return words

    def stop(self) -> Production | None:
        """Stop waiting for the run; tasks in flight go on. Gives the production where one was active."""
        if self._future is None or not self._future.cancel():
            return None
        return self._production

    async def _run(self, approved: SavedPlan, limit: Cost | None) -> None:
        try:
            await self._perform(approved, limit)
        except Exception as fault:  # noqa: BLE001 - whatever ends a run, the page and its server go on
            known = _known(fault)
            if known is None:
                _log.exception("a run of the page failed")
            words = tr("this is a bug in wanflow: {name}", name=type(fault).__name__)
            self._tell({"event": "warning", "message": translated(words if known is None else _words(known))})
            self._tell({"event": FINISHED, **Outcome(ExitCode.FAILED, cost=money.nothing(approved.currency)).to_json()})

    async def _perform(self, approved: SavedPlan, limit: Cost | None) -> None:
        """Collect, plan again and run (law 10): the plan may be less than what was approved, never more (law 1)."""
        part = await anyio.to_thread.run_sync(self._load)
        production = part.production
        if production is None or not part.whole:
            raise SpecError(part.problems)
        collected: CollectOutcome | None = None
        left = api.unfinished(production)
        if api.is_unfinished(production, left):
            collected = await api.collect_finished(production, cluster=self._cluster)
            left = api.unfinished(production)
        plan = await anyio.to_thread.run_sync(lambda: api.plan(production, unfinished=left))
        beyond = list(unapproved(plan, approved))
        if beyond:
            raise WanflowError(joined("; ", beyond), hint=tr("look at the plan again: nothing was sent"))
        await api.run(plan, budget=limit, collected=collected, cluster=self._cluster)


def _approved(snapshot: Snapshot, seen: str | None) -> tuple[str, SavedPlan, Cost | None]:
    """What a run of the plan does, the plan as it was approved, and the most that it may cost; raises ActionRefused."""
    plan, production = snapshot.plan, usable_production(snapshot)
    if plan is None or (seen is not None and seen != snapshot.seen_plan):
        raise ActionRefused(HTTPStatus.CONFLICT, tr("the plan changed meanwhile: nothing was sent"))
    if run_lock.is_active(Store(production.folder, production.provider)):
        raise ActionRefused(HTTPStatus.CONFLICT, tr("another run is active in this production"))
    beyond = [excess_text(excess) for excess in excesses(plan, None) if excess.certain]
    if beyond:
        words = tr("this run would exceed the limit: {excess}", excess=joined("; ", beyond))
        raise ActionRefused(HTTPStatus.CONFLICT, words)
    try:
        api.require_key(plan)
    except WanflowError as fault:
        raise ActionRefused(HTTPStatus.CONFLICT, _words(fault)) from fault
    price = new_cost(plan)
    limit = price if plan.provider.paid and price.amount is not None else None
    return would_do(plan), read_saved(saved_json(plan, PlanArguments())), limit


def _known(fault: Exception) -> WanflowError | None:
    """The failure that ended a run, where it is one that a person can act on."""
    if isinstance(fault, ExceptionGroup):
        return next(filter(None, map(_known, fault.exceptions)), None)
    return fault if isinstance(fault, WanflowError) else None


def _words(fault: WanflowError) -> str:
    return joined("; ", filter(None, (str(fault), fault.hint)))


class RunProgress:
    """The events of the run that is active, whoever started it, by its record in the store.

    `look` gives each event once. `past` are those that a page needs that comes later. `complete` completes the commands
    in messages.
    """

    def __init__(self, store_of: Callable[[], Store | None], complete: Callable[[str], str] = str) -> None:
        self._store_of, self._complete = store_of, complete
        self._reader: RunReader | None = None
        self._events = dict[object, Mapping[str, Any]]()
        self._finished: Mapping[str, Any] | None = None

    def look(self) -> Sequence[Mapping[str, Any]]:
        """Read what is new in the record; of a run that ended before the first look nothing is new."""
        store = self._store_of()
        if store is None:
            return ()
        first = self._reader is None
        if self._reader is None:
            self._reader = RunReader(store)
        new = self._read(self._reader)
        if self._events and not run_lock.is_active(store):
            new += self._read(self._reader)  # it may have ended after the first look
            if self._events:
                gone = {"event": FINISHED, "exit_code": int(ExitCode.INTERRUPTED)}
                self._note(gone)
                new.append(gone)
        return () if first and not self._events else new

    def past(self, again: bool) -> Sequence[Mapping[str, Any]]:
        """The events of the active run; for a page that comes `again` also the end of one that is over."""
        ended = () if self._finished is None or not again else (self._finished,)
        return tuple(self._events.values()) or ended

    def _read(self, reader: RunReader) -> list[Mapping[str, Any]]:
        begun, read = reader.read()
        if begun:
            self._events.clear()
        new = [
            {
                key: self._complete(value) if key in WORDS and isinstance(value, str) else value
                for key, value in each.items()
            }
            for each in read
        ]
        for event in new:
            self._note(event)
        return list[Mapping[str, Any]](new)

    def _note(self, event: Mapping[str, Any]) -> None:
        """Keep an event for later pages; of the progress of a cut only the last counts."""
        if event["event"] == FINISHED:
            self._events.clear()
            self._finished = event
        elif event["event"] == "cut.progress":
            key = ("cut.progress", str(event.get("node")))
            self._events.pop(key, None)
            self._events[key] = event
        else:
            self._events[object()] = event
