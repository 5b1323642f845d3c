"""The parts of a run with each provider, put together; imported when there is work to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

import anyio

from wanflow import timebase
from wanflow.catalog.provider import Provider
from wanflow.emulator.api.app import BASE, build_app
from wanflow.emulator.api.endpoint import IN_PROCESS, KEY
from wanflow.emulator.api.order import Grade
from wanflow.emulator.film.render import ORIGIN, open_animatic
from wanflow.errors import ExitCode, MediaFault, StoreBusy, ToolMissing
from wanflow.language.production import Production
from wanflow.language.source import UrlSource
from wanflow.masking import has_key, without_password
from wanflow.media.ffmpeg import find_ffmpeg
from wanflow.media.jobs import Jobs, LocalJobs
from wanflow.messages import tr, translated
from wanflow.money import Cost
from wanflow.planner import budget
from wanflow.providers.bucket import BucketUploads
from wanflow.providers.dashscope.client import DashScope, open_in_process
from wanflow.providers.faults import KeyInProduction, ServiceFault
from wanflow.providers.limited import RESERVE, Limited, TaskSlots
from wanflow.providers.poller import Poller
from wanflow.providers.protocol import Connector, Endpoint, WaitingClient
from wanflow.providers.retrying import OnRetry, Retrying
from wanflow.records import immutable
from wanflow.report.event_json import event_line, finished_line, started_line
from wanflow.report.progress import OutcomeSoFar
from wanflow.runner.addresses import Addresses, recall
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

CONNECTORS: Mapping[str, Connector] = {
    "dashscope": DashScope(),
}
"""How the providers of the catalog are reached, by name. A new one is a folder, its catalog files and a line here."""

CLUSTER = "WANFLOW_CLUSTER"
"""Variable with the address of a cluster."""
INSTALL = "pip install 'wanflow[cluster]'"

QUOTA_SECONDS = 5
"""Seconds that a run waits for the limits of its account."""

TURN_SECONDS = 0.5
"""Seconds between two attempts to hold the store while another run holds it."""


@immutable
class RunOptions:
    """Options of a run: ffmpegs at once, seconds between two polls of a task, tasks in flight per model.

    `jobs` None is the cores of this machine, `max_in_flight` None what the service runs at once and a few more. After
    `grace` seconds a submission that the service's list doesn't show counts as never accepted, never without
    `resubmit`. Without `key_needed` there is nothing to ask of the service. `budget` is the most that this run may
    spend; `wait` waits for another run to end. `upload_hosts` may get local media beside the provider's own storage.
    Films of the animatic have this `grade`. `cluster` is the address of a Dask scheduler whose workers do local work;
    None is that of `WANFLOW_CLUSTER`, if there is one.
    """

    jobs: int | None = None
    poll_seconds: float = POLL_SECONDS
    max_in_flight: int | None = None
    grace: float = GRACE_SECONDS
    resubmit: bool = True
    key_needed: bool = True
    budget: Cost | None = None
    wait: bool = False
    upload_hosts: tuple[str, ...] = ()
    grade: Grade = Grade.DRAFT
    cluster: str | None = None

    @property
    def hands(self) -> int:
        """Maximum number of ffmpegs at once."""
        return self.jobs or os.cpu_count() or 1


@asynccontextmanager
async def open_context(production: Production, store: Store, emit: Emit, pace: RunOptions) -> AsyncIterator[RunContext]:
    """The parts of a run; raises Unauthorised without a usable key, ToolMissing without an ffmpeg."""
    journal_state, notes = journal.read(store), Journal(store)
    lock = LockWriter(store, notes, lambda: timebase.stamp(now()))
    with closing(lock):
        async with (
            _jobs(store, emit, pace) as jobs,
            _service(production, store, emit, pace, jobs) as (service, addresses),
        ):
            yield RunContext(
                out=production.out,
                store=store,
                journal=notes,
                lock=lock,
                service=service,
                slots=TaskSlots(
                    slots_of(production, pace.max_in_flight, await _quotas(production, pace)),
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
async def _jobs(store: Store, emit: Emit, pace: RunOptions) -> AsyncIterator[Jobs]:
    """What does local work: threads of this process, or the workers of a cluster."""
    address = pace.cluster or os.environ.get(CLUSTER)
    if not address:
        yield LocalJobs(store.folder, pace.hands)
        return
    try:
        from wanflow.cluster.jobs import open_cluster
    except ModuleNotFoundError as fault:
        words = tr("a cluster needs the package `{name}`", name=fault.name)
        raise ToolMissing(words, hint=INSTALL) from None
    proof = store.temporary("")
    async with open_cluster(address, store.folder, proof, pace.jobs, lambda words: emit(Warned(words))) as jobs:
        yield jobs


def slots_of(production: Production, most: int | None, quotas: Mapping[str, int]) -> dict[str, int]:
    """How many tasks of each model may be in flight: what the service runs at once and a few more, or `most`.

    Where the account has fewer than the catalog says, it is exactly that number: a quota may count waiting tasks too.
    """
    found: dict[str, int] = {}
    for name, model in production.catalog.items():
        slots, quota = most or model.running + RESERVE, quotas.get(name, model.running)
        found[name] = min(slots, quota) if quota < model.running else slots
    return found


async def _quotas(production: Production, pace: RunOptions) -> Mapping[str, int]:
    """The account's own limits of the models of a production; none where the service does not tell them in time."""
    if not (production.provider.remote and pace.key_needed):
        return {}
    models = sorted({shot.model for shot in production.shots.values()})
    with anyio.move_on_after(QUOTA_SECONDS), suppress(ServiceFault):
        return await CONNECTORS[production.provider.name].quotas(endpoint_for(production), models)
    return {}


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
        async with open_context(production, store, lambda _: None, RunOptions()) as context:
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


def endpoint_for(production: Production, *, key_needed: bool = True) -> Endpoint:
    """Where a production is rendered, by the environment; raises what its connector does, and KeyInProduction.

    A prompt with the key would be sent, kept by the service, and recorded in the lock.
    """
    provider = production.provider
    endpoint = CONNECTORS[provider.name].endpoint(production.region, os.environ, key_needed=key_needed)
    for shot in production.shots.values():
        sources = [source for media in shot.media for source in (media.source, media.voice)]
        urls = [source.url for source in sources if isinstance(source, UrlSource)]
        if any(has_key(text, endpoint.key) for text in (shot.prompt, shot.negative_prompt, *urls) if text):
            words = tr(
                "the request of `{name}` holds the key that {key_variable} has",
                name=shot.name,
                key_variable=provider.key_variable,
            )
            raise KeyInProduction(words, hint=tr("remove it: the key belongs in the environment alone"))
    return endpoint


@asynccontextmanager
async def _service(
    production: Production, store: Store, emit: Emit, pace: RunOptions, jobs: Jobs
) -> AsyncIterator[tuple[WaitingClient, Addresses]]:
    """The client of a remote provider, or of the emulator in this process."""
    if production.provider.remote:
        provider, bucket = production.provider, trusted_bucket(production)
        endpoint = replace(endpoint_for(production, key_needed=pace.key_needed), upload_hosts=pace.upload_hosts)
        known = recall(endpoint.account, provider, store, journal.read(store).online, bucket)
        async with open_client(
            provider, endpoint, poll_seconds=pace.poll_seconds, tell=lambda words: emit(Warned(words)), bucket=bucket
        ) as client:
            yield client, known
        return
    find_ffmpeg(os.environ)
    folder, terms = store.temporary(""), replace(IN_PROCESS, region=production.region)
    try:
        async with (
            open_animatic(
                folder, jobs, root=store.folder, grade=pace.grade, terms=terms, models=production.catalog.files
            ) as account,
            open_in_process(build_app(account), f"{ORIGIN}{BASE}", KEY, account.changed) as service,
        ):
            yield service, Addresses(f"{production.provider.name} {folder.name}", production.provider)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def trusted_bucket(production: Production) -> str | None:
    """The bucket that local media go through; raises MediaFault where only an untrusted production names it."""
    if production.untrusted and production.uploads is not None:
        shown = without_password(production.uploads, production.uploads)
        words = tr("`uploads: {shown}` is named by an untrusted production: your media would go there", shown=shown)
        raise MediaFault(words, hint=tr("remove the key, or leave out `--untrusted` if you trust the production"))
    return production.uploads


@asynccontextmanager
async def open_client(
    provider: Provider, endpoint: Endpoint, *, poll_seconds: float, tell: OnRetry, bucket: str | None = None
) -> AsyncIterator[WaitingClient]:
    """A provider's client that keeps within its limits and repeats what is safe; `tell` is told why it takes longer.

    `poll_seconds` is the shortest time between two polls of one task. Local media go through `bucket`, where there is
    one; raises NoBucket where it cannot be used.
    """
    async with CONNECTORS[provider.name].open(endpoint) as client:
        reader = client if bucket is None else BucketUploads(client, bucket)
        limited = Limited(reader, provider.submits_per_second)
        yield Retrying(Poller(limited, poll_seconds, lists=provider.list_reach is not None), tell)
