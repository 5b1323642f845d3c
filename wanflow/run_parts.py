"""The parts of a run, put together; imported when there is work to do.

What reaches a provider is imported by a run that asks it something: it takes as long as the rest of a run's start.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from typing import Literal

import anyio

from wanflow import timebase
from wanflow.cluster.opening import open_jobs
from wanflow.errors import ExitCode, StoreBusy
from wanflow.language.production import Production
from wanflow.media.ffmpeg import find_ffmpeg
from wanflow.media.jobs import Jobs
from wanflow.messages import tr, translated
from wanflow.money import Cost
from wanflow.planner import budget
from wanflow.providers.closed import ClosedClient
from wanflow.providers.limited import RESERVE, TaskSlots
from wanflow.providers.protocol import WaitingClient
from wanflow.records import immutable
from wanflow.report.event_json import event_line, finished_line, started_line
from wanflow.report.progress import OutcomeSoFar
from wanflow.runner.addresses import Addresses
from wanflow.runner.cancel import Cancelled, cancel_tasks
from wanflow.runner.context import RunContext
from wanflow.runner.events import Emit, Event, Warned
from wanflow.runner.lock_writer import LockWriter
from wanflow.runner.lost_submissions import LookupPolicy, open_lost_submissions
from wanflow.runner.spending import Spending, SpendingLimits
from wanflow.store import journal, layout, lockfile, run_lock, run_record
from wanflow.store.attempt import JournalState, OpenTask
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
from wanflow.timebase import GRACE_SECONDS, POLL_SECONDS

TURN_SECONDS = 0.5
"""Seconds between two attempts to hold the store while another run holds it."""


@immutable
class RunOptions:
    """Options of a run: ffmpegs at once, seconds between two polls of a task, tasks in flight per model.

    `jobs` None is the cores of this machine, `max_in_flight` None what the service runs at once and a few more. After
    `grace` seconds a submission that the service's list doesn't show counts as never accepted, never without
    `resubmit`. A run that `asks` its provider something sends requests, or fetches results. `budget` is the most that
    it may spend; `wait` waits for another run to end. `upload_hosts` may get local media beside the provider's own
    storage. Films of the animatic have this `grade`. `cluster` is the address of a Dask scheduler whose workers
    do local work; None is that of `WANFLOW_CLUSTER`, if there is one, and an empty one is this machine.
    """

    jobs: int | None = None
    poll_seconds: float = POLL_SECONDS
    max_in_flight: int | None = None
    grace: float = GRACE_SECONDS
    resubmit: bool = True
    asks: bool = True
    budget: Cost | None = None
    wait: bool = False
    upload_hosts: tuple[str, ...] = ()
    grade: Literal["draft", "final"] = "draft"
    cluster: str | None = None


@asynccontextmanager
async def open_context(production: Production, store: Store, emit: Emit, pace: RunOptions) -> AsyncIterator[RunContext]:
    """The parts of a run; raises Unauthorised without a usable key, ToolMissing without an ffmpeg."""
    journal_state, notes = journal.read(store), Journal(store)
    lock = LockWriter(store, notes, lambda: timebase.stamp(now()))
    with closing(lock):
        async with (
            open_jobs(store.folder, pace.cluster, lambda words: emit(Warned(words)), most=pace.jobs) as jobs,
            _service(production, store, journal_state, emit, pace, jobs) as (service, addresses, quotas),
        ):
            yield RunContext(
                out=production.out,
                store=store,
                journal=notes,
                lock=lock,
                service=service,
                slots=TaskSlots(
                    slots_of(production, pace.max_in_flight, quotas),
                    running={name: model.running for name, model in production.catalog.items()},
                ),
                addresses=addresses,
                lost_submissions=open_lost_submissions(
                    service,
                    notes,
                    now,
                    LookupPolicy(production.provider.list_reach, pace.grace, pace.resubmit),
                    journal_state,
                ),
                spending=open_spending(production, store, journal_state, pace.budget),
                jobs=jobs,
                emit=emit,
                clock=now,
                provider=production.provider,
                catalog=production.catalog,
                warned=frozenset(problem.message for problem in production.warnings),
            )


@asynccontextmanager
async def _service(
    production: Production, store: Store, left: JournalState, emit: Emit, pace: RunOptions, jobs: Jobs
) -> AsyncIterator[tuple[WaitingClient, Addresses, Mapping[str, int]]]:
    """The client of a run, the addresses that it knows, and the account's limits of models.

    A run that does not ask its provider, with nothing `left` to ask for by earlier ones, has one that sends nothing.
    """
    key_needed = pace.asks or bool(left.open or left.unknown_fate)
    if not (key_needed or left.presumed or left.forgotten):
        if not production.provider.remote:
            find_ffmpeg(os.environ)
        yield ClosedClient(), Addresses(production.provider.name, production.provider), {}
        return
    from wanflow import wiring

    asked = wiring.Asked(pace.poll_seconds, pace.upload_hosts, pace.grade, key_needed=key_needed)
    async with wiring.open_service(production, store, emit, jobs, asked) as (service, addresses):
        yield service, addresses, await wiring.quotas_of(production) if key_needed else {}


def slots_of(production: Production, most: int | None, quotas: Mapping[str, int]) -> dict[str, int]:
    """How many tasks of each model may be in flight: what the service runs at once and a few more, or `most`.

    Where the account has fewer than the catalog says, it is exactly that number: a quota may count waiting tasks too.
    """
    found: dict[str, int] = {}
    for name, model in production.catalog.items():
        slots, quota = most or model.running + RESERVE, quotas.get(name, model.running)
        found[name] = min(slots, quota) if quota < model.running else slots
    return found


def open_spending(production: Production, store: Store, journal_state: JournalState, limit: Cost | None) -> Spending:
    """What a run may spend: `limit` by itself, the production's budget with all that was spent or is in flight.

    An animatic costs nothing, so no budget limits it.
    """
    if not production.provider.paid:
        return Spending(production.prices.currency)
    outstanding = budget.outstanding_costs(
        (*(task.attempt for task in journal_state.open), *journal_state.unknown_fate)
    )
    bounds = (limit.amount if limit else None, production.budget.amount if production.budget else None)
    return Spending(
        production.prices.currency,
        SpendingLimits(*bounds, budget.spent(lockfile.read(store.lock), journal_state.stored)),
        outstanding,
    )


@asynccontextmanager
async def open_run(production: Production, emit: Emit, pace: RunOptions) -> AsyncIterator[RunContext]:
    """The parts of the one run that works in a production.

    Raises StoreBusy where another does and is not waited for, and as `open_context`.
    """
    store = Store(production.folder, production.provider)
    layout.establish(store)
    async with _holding_store(store, emit, wait=pace.wait):
        lockfile.establish(store)
        layout.remove_temporary_files(store)
        with _recorded(store, emit, production.prices.currency) as told:
            async with open_context(production, store, told, pace) as context:
                yield context


@contextmanager
def _recorded(store: Store, emit: Emit, currency: str) -> Iterator[Emit]:
    """The receiver of events of a run that a page can follow, whoever started the run (store.run_record).

    People read the record, so its messages are in the language of whoever runs.
    """
    so_far, code = OutcomeSoFar(currency), ExitCode.INTERRUPTED
    with run_record.recording(store) as record:
        record.write(started_line(_time()))

        def tell(event: Event) -> None:
            so_far.note(event)
            record.write(event_line(event, _time(), translated))
            emit(event)

        try:
            yield tell
            done = so_far.ended(ExitCode.DONE)
            code = ExitCode.FAILED if done.failures or done.blocked else ExitCode.DONE
        except Exception:
            code = ExitCode.FAILED
            raise
        finally:
            record.write(finished_line(so_far.ended(code), _time()))


def _time() -> str:
    return now().isoformat(timespec="milliseconds")


async def cancel_in_flight(production: Production, tasks: Sequence[OpenTask]) -> tuple[Cancelled, ...]:
    """Cancel tasks that are still PENDING; never waits for a run, which polls its tasks itself."""
    store = Store(production.folder, production.provider)
    with _holding_if_free(store) as alone:
        here = RunOptions(cluster="")  # nothing is made, so no cluster has to answer
        async with open_context(production, store, lambda _: None, here) as context:
            return await cancel_tasks(tasks, context.service, context.journal if alone else None, context.stamp())


@asynccontextmanager
async def _holding_store(store: Store, emit: Emit, *, wait: bool) -> AsyncIterator[None]:
    """Hold the store as the one run of a production; with `wait` as soon as no other holds it."""
    told = False
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(run_lock.hold(store))
                break
            except StoreBusy as busy:
                if not wait:
                    raise
                words = tr("{busy}: waiting for its end", busy=busy)
            if not told:
                emit(Warned(words))
                told = True
            await anyio.sleep(TURN_SECONDS)
        yield


@contextmanager
def _holding_if_free(store: Store) -> Iterator[bool]:
    """Hold the store unless a run does; yields whether it is held."""
    with ExitStack() as stack:
        try:
            stack.enter_context(run_lock.hold(store))
        except StoreBusy:
            yield False
        else:
            yield True


def now() -> datetime:
    """The wall clock, for dates in records."""
    return datetime.now(UTC)
