"""Collect first: every open task of earlier runs is polled before anything new happens (law 10)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from functools import partial

import anyio
from anyio.abc import TaskGroup

from wanflow import timebase
from wanflow.errors import ExitCode, WanflowError
from wanflow.messages import tr
from wanflow.planner.plan import Action
from wanflow.planner.status import unclaimed_attempts
from wanflow.providers.faults import NotSent, ServiceFault, Unauthorised, UnknownFate
from wanflow.providers.protocol import TaskState, TaskStatus
from wanflow.records import mutable
from wanflow.runner.context import DeliveredTake, RunContext
from wanflow.runner.events import (
    CollectOutcome,
    Failure,
    Outcome,
    StepFinished,
    StepResult,
    StepStarted,
    TakeStored,
    Warned,
)
from wanflow.runner.step import StepRunner
from wanflow.runner.take import (
    charge_of,
    is_young,
    name_take_file,
    poll,
    report_changes,
    store_result,
    wait_for,
    warn_of_repeat,
)
from wanflow.store import blobs, journal, traces
from wanflow.store.attempt import Attempt, OpenTask
from wanflow.store.lock import Lock, ShotEntry, add_take, next_number, owner
from wanflow.store.take import Take
from wanflow.store.take_names import take_node

MOST_AT_ONCE = 5
"""Maximum number of films of earlier runs that are fetched at the same time."""


async def collect_open(context: RunContext, lost: frozenset[str] = frozenset()) -> CollectOutcome:
    """Poll every open task once and store what is finished, whatever became of its shot since.

    `lost` are the ids of tasks that the plan knows to be lost already. A film goes on record as a take of the request
    that it was made from; the plan that follows finds it there. A task that failed or was forgotten is closed.
    Submissions whose replies were lost are looked for, without waiting; those of unknown fate stay open.

    Raises Unauthorised where the key is refused, NotSent where the service cannot be reached at all.
    """
    context.lock.catch_up()
    collector = _Collector(context, lost)
    journal_state = journal.read(context.store)
    for attempt in journal_state.unknown_fate:
        await collector.look_for(attempt)
    for attempt in journal_state.presumed:
        if is_young(attempt.date, context):
            await collector.look_again(attempt)
    collector.note_stored(journal.read(context.store).open)
    journal_state = journal.read(context.store)
    polls = [partial(collector.poll, task) for task in urgent_first(journal_state.open)]
    forgotten = (task for task in journal_state.forgotten if is_young(task.accepted, context))
    polls += [partial(collector.poll, task, forgotten=True) for task in forgotten]
    limiter = anyio.CapacityLimiter(MOST_AT_ONCE)
    async with anyio.create_task_group() as group:
        for each in polls:
            await limiter.acquire_on_behalf_of(each)
            group.start_soon(collector.run, each, limiter)
    context.lock.write()
    if collector.unreachable is not None:
        raise collector.unreachable
    return CollectOutcome(collector.collected, collector.gone, collector.unfetched)


async def collect_all(context: RunContext, timeout: float | None = None) -> Outcome:
    """Wait for every open task and store its film; submits nothing.

    After `timeout` seconds it stops waiting, the tasks go on, and the exit code is 4; it is 5 where the fate of a
    submission is unknown, 1 where a task ended without a film. Raises Unauthorised, perhaps in a group, where
    the key is refused before anything was collected.
    """
    before = await collect_open(context)
    gathering = _CollectRun(context, before.collected)
    journal_state = journal.read(context.store)
    with anyio.move_on_after(timeout) as scope:
        async with anyio.create_task_group() as group:
            for task in urgent_first(journal_state.open):
                group.start_soon(gathering.wait_for, task, before.unfetched.get(task.task_id))
            for attempt in journal_state.unknown_fate:
                group.start_soon(gathering.find, attempt)
    context.lock.write()
    codes = {failure.code for failure in gathering.failures} | (
        {ExitCode.IN_FLIGHT} if scope.cancelled_caught else set()
    )
    return Outcome(
        exit_code=ExitCode.first(codes),
        collected=gathering.collected,
        failures=tuple(gathering.failures),
        cost=context.spending.spent,
    )


def urgent_first(tasks: Sequence[OpenTask]) -> list[OpenTask]:
    """The tasks in the order in which the service forgets them: the first accepted first (service.md 4.1)."""
    return sorted(tasks, key=lambda task: (task.accepted, task.task_id))


@mutable
class _CollectRun:
    """One `collect`: how many films are stored, and what went wrong."""

    context: RunContext
    collected: int = 0
    failures: list[Failure] = field(default_factory=list)

    async def find(self, attempt: Attempt) -> None:
        """Store the film of a submission whose reply was lost, if it was accepted; nothing is sent again here."""
        try:
            task = await self.context.lost_submissions.decide(attempt)
        except UnknownFate as fault:
            self.failures.append(Failure("submission", str(fault), fault.hint, ExitCode.UNDECIDED))
        else:
            if task is not None:
                await self.wait_for(task)

    async def wait_for(self, task: OpenTask, fault: WanflowError | None = None) -> None:
        """Store the film of one task once it is ready; raises Unauthorised where the key was refused from the start.

        With a `fault` its film could not be fetched a moment ago.
        """
        node = take_node(task.attempt.shot, task.attempt.number)
        self.context.emit(StepStarted(node, Action.COLLECT, task.attempt.model))
        try:
            if fault is not None:
                raise fault
            state = await wait_for(task, self.context, report_changes(node, self.context))
            await collect_result(state, task, self.context)
        except WanflowError as error:
            if isinstance(error, Unauthorised) and not self.collected:
                raise
            self.failures.append(Failure(node, str(error), error.hint))
            self.context.emit(StepFinished(node, StepResult.FAILED.value, str(error), error.hint))
        else:
            self.collected += 1
            self.context.emit(StepFinished(node, StepResult.DONE.value))


@mutable
class _Collector:
    """One poll of everything that earlier runs left open. `unreachable` makes polling the rest useless."""

    context: RunContext
    lost: frozenset[str]
    collected: int = 0
    gone: int = 0
    unfetched: dict[str, WanflowError] = field(default_factory=dict)
    unreachable: ServiceFault | None = None

    async def run(self, poll_task: Callable[[], Awaitable[None]], limiter: anyio.CapacityLimiter) -> None:
        """Poll one task, unless the service is unreachable; `limiter` is released at the end."""
        try:
            if self.unreachable is None:
                await poll_task()
        except (Unauthorised, NotSent) as fault:
            self.unreachable = fault
        finally:
            limiter.release_on_behalf_of(poll_task)

    def note_stored(self, tasks: Sequence[OpenTask]) -> None:
        """Note films that are in the store with their traces but not in the journal: they are not fetched twice."""
        takes = (take for known in traces.read(self.context.store).takes.values() for take in known) if tasks else ()
        known = {take.task_id: take for take in takes}
        here = blobs.list_takes(self.context.store)
        for task in tasks:
            take = known.get(task.task_id)
            if take is not None and take.digest in here:
                self.context.journal.stored(task.task_id, take.digest, self.context.stamp(), take=take, unfiled=True)
                add_to_lock(take, task, self.context)

    async def look_for(self, attempt: Attempt) -> None:
        """Look for a submission whose reply was lost; one of a process that ended with its tasks is closed."""
        if not self.context.provider.remote:
            self.context.journal.declined(attempt.id, tr("ended with its process"), self.context.stamp())
            return
        with self._faults_as_warnings(tr("a lost submission for `{shot}`", shot=attempt.shot)):
            task = await self.context.lost_submissions.find_now(attempt)
            if task is not None:
                self.context.emit(
                    Warned(
                        tr("a lost submission for `{shot}` is task {task_id}", shot=attempt.shot, task_id=task.task_id)
                    )
                )

    async def look_again(self, attempt: Attempt) -> None:
        """Look for a submission that counts as never accepted: the service's list may have been late."""
        with self._faults_as_warnings(tr("a lost submission for `{shot}`", shot=attempt.shot)):
            task = await self.context.lost_submissions.find_presumed(attempt, wait=False)
            if task is not None:
                self.context.emit(accepted_after_all(task))

    async def poll(self, task: OpenTask, *, forgotten: bool = False) -> None:
        """Poll a task once, and store its film if it has one; `forgotten`: the service did not know it before."""
        with self._faults_as_warnings(tr("task {task_id} of `{shot}`", task_id=task.task_id, shot=task.attempt.shot)):
            state = await poll(task, self.context)
            if forgotten and state.status is TaskStatus.UNKNOWN:
                return
            if forgotten:
                self.context.journal.running(task.task_id, self.context.stamp())
                self.context.emit(
                    Warned(
                        tr(
                            "the service knows task {task_id} of `{shot}` again",
                            task_id=task.task_id,
                            shot=task.attempt.shot,
                        )
                    )
                )
            if not state.status.final:
                return
            try:
                await collect_result(state, task, self.context)
            except WanflowError as fault:
                if state.status is TaskStatus.SUCCEEDED:
                    self.unfetched[task.task_id] = fault
                else:
                    self.gone += 1
                if task.task_id not in self.lost:
                    self.context.emit(
                        Warned(
                            tr(
                                "task {task_id} of `{shot}`: {fault}",
                                task_id=task.task_id,
                                shot=task.attempt.shot,
                                fault=fault,
                            )
                        )
                    )
            else:
                self.collected += 1

    @contextmanager
    def _faults_as_warnings(self, what: str) -> Iterator[None]:
        """A fault with one task stops no other; raises Unauthorised and NotSent, which every other would meet."""
        try:
            yield
        except (Unauthorised, NotSent):
            raise
        except ServiceFault as fault:
            self.context.emit(Warned(tr("{what}: {fault}", what=what, fault=fault)))


class UnclaimedTasks:
    """Tasks of shots that were edited, renamed or deleted since, and submissions for them whose replies were lost."""

    def __init__(self, runner: StepRunner) -> None:
        self._runner = runner
        self._context = runner.context

    def start(self, group: TaskGroup) -> None:
        """Wait for all of them beside what else the run does."""
        plan, have = self._runner.run_state.plan, self._runner.run_state.inventory
        attempts = (*(task.attempt for task in have.open_tasks), *have.unknown_fate)
        unclaimed = {attempt.id for attempt in unclaimed_attempts(plan, attempts)}
        for task in have.open_tasks:
            if task.attempt.id in unclaimed:
                group.start_soon(self._collect, task)
        for attempt in have.unknown_fate:
            if attempt.id in unclaimed:
                group.start_soon(self._find, attempt)

    async def collect_late(self) -> None:
        """Collect submissions that this run counted as never accepted, and that were accepted after all."""
        for attempt in self._context.lost_submissions.fresh:
            with self._faults_as_failures(attempt):
                task = await self._context.lost_submissions.find_presumed(attempt, wait=True)
                if task is not None:
                    self._context.emit(accepted_after_all(task))
                    await self._store(replace(task, late=True))

    async def _collect(self, task: OpenTask) -> None:
        with self._faults_as_failures(task.attempt):
            fault = self._runner.run_state.unfetched.get(task.task_id)
            if fault is not None:
                raise fault
            words = tr(
                "task {task_id} is for an earlier request of `{shot}`: it is collected as well",
                task_id=task.task_id,
                shot=task.attempt.shot,
            )
            self._context.emit(Warned(words))
            await self._store(task)

    async def _find(self, attempt: Attempt) -> None:
        with self._faults_as_failures(attempt):
            task = await self._context.lost_submissions.decide(attempt)
            if task is None:
                self._context.spending.release(attempt.id)
            else:
                await self._store(task)

    async def _store(self, task: OpenTask) -> None:
        await collect_result(await wait_for(task, self._context), task, self._context)
        self._runner.run_state.counts.collected += 1

    @contextmanager
    def _faults_as_failures(self, attempt: Attempt) -> Iterator[None]:
        """A fault with one of them stops nothing else."""
        try:
            yield
        except WanflowError as fault:
            node = take_node(attempt.shot, attempt.number)
            code = ExitCode.UNDECIDED if isinstance(fault, UnknownFate) else ExitCode.FAILED
            self._runner.failures.append(Failure(node, str(fault), fault.hint, code))
            self._context.emit(Warned(tr("{node}: {fault}", node=node, fault=fault)))


def accepted_after_all(task: OpenTask) -> Warned:
    """The warning of a submission that was sent again although it had been accepted."""
    shot = task.attempt.shot
    return Warned(
        tr(
            "a lost submission for `{shot}` was accepted after all, as task {task_id}: its result is kept",
            shot=shot,
            task_id=task.task_id,
        )
    )


async def collect_result(state: TaskState, task: OpenTask, context: RunContext) -> None:
    """Store a film and enter it in the lock as a take of its shot, whatever that shot's request is now."""
    add_to_lock(await store_result(state, task, context), task, context)


def add_to_lock(take: Take, task: OpenTask, context: RunContext) -> None:
    """Enter a stored film in the lock, under the number that its submission reserved (law 6).

    Where the film counted as lost and came after all, others of its request may be in use since. Then it gets a number
    after theirs, so that no default changes by itself.
    """
    attempt = task.attempt

    def enter(lock: Lock) -> Lock:
        shot = owner(lock, attempt.shot, attempt.fingerprint)
        entry = lock.shots.get(shot, ShotEntry())
        reserved = context.journal.reserved((shot, *entry.former))
        displaces = task.late and any(other.fingerprint == take.fingerprint for other in entry.takes.values())
        number = next_number(entry, reserved) if displaces else attempt.number
        return add_take(lock, shot, take, attempt.recipe, number, reserved=reserved)

    lock = context.lock.change(enter, task.task_id)
    if task.late:
        context.lock.write()  # its number is another one than its submission reserved: only the lock knows
    shot = owner(lock, attempt.shot, attempt.fingerprint)
    entry = lock.shots[shot]
    number = entry.number_for(entry.takes[take.digest], take.fingerprint, take.seed)
    context.delivered.append(DeliveredTake(shot, number, take))
    file = name_take_file(take, shot, entry.numbers[take.digest], context)
    seconds = timebase.decimal_text(take.result.seconds, 3)
    node, cost = take_node(shot, number), charge_of(take)
    warn_of_repeat(node, number, entry.numbers[take.digest], context)
    context.emit(TakeStored(node, shot, number, take.digest, seconds, file, cost, take.pixels))
