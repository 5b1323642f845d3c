"""Collect first: every open task of earlier runs is asked before anything new happens (law 10)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial

import anyio

from wanflow import timebase
from wanflow.errors import WanflowError
from wanflow.planner.decide import Decision
from wanflow.planner.plan import Action, Step
from wanflow.providers.faults import NotSent, ServiceFault, Unauthorised, UnknownFate
from wanflow.providers.protocol import TaskState, TaskStatus
from wanflow.runner import wait
from wanflow.runner.context import RunContext
from wanflow.runner.events import StepFinished, StepStarted, TakeStored, Warned
from wanflow.runner.outcome import CollectOutcome, Failure, Outcome, StepResult
from wanflow.runner.run_state import RunState
from wanflow.runner.take import charge_of, file_take, name_take_file, receive, shot_vertex, tell_changes
from wanflow.store import blobs, journal, lockfile, traces
from wanflow.store.attempt import Attempt, OpenTask
from wanflow.store.lock import Lock, ShotEntry, add_take, next_number, owner
from wanflow.store.take import Take
from wanflow.store.take_names import take_node

AT_ONCE = 5
"""So many films of earlier runs are fetched at a time."""
FIRST = Fraction(10**9)
"""What is in flight already takes its place before anything new."""


async def collect_open(context: RunContext, lost: frozenset[str] = frozenset()) -> CollectOutcome:
    """Ask every open task once and store what is finished, whatever became of its shot since.

    `lost` are the ids of tasks that the plan knows to be gone already. A film goes on record as a take of the request
    that it answers; the plan that follows finds it there. A task that failed or was forgotten is closed. Submissions
    whose answers were lost are looked for, without waiting; what stays unclear stays open.

    Raises Unauthorised where the key is refused, NotSent where the service can't be reached at all.
    """
    sweep = _OpenTasks(context, lost)
    journal_state = journal.read(context.store)
    for attempt in journal_state.unknown_fate:
        await sweep.look_for(attempt)
    for attempt in journal_state.presumed:
        if wait.is_young(attempt.date, context):
            await sweep.look_back(attempt)
    sweep.note_stored(journal.read(context.store).open)
    journal_state = journal.read(context.store)
    asks = [partial(sweep.ask, task) for task in urgent_first(journal_state.open)]
    asks += [
        partial(sweep.ask_again, task) for task in journal_state.forgotten if wait.is_young(task.accepted, context)
    ]
    await sweep.side_by_side(asks)
    return CollectOutcome(sweep.collected, sweep.gone, sweep.unfetched)


async def collect_all(context: RunContext, timeout: float | None = None) -> Outcome:
    """Wait for every open task and store its film; submits nothing.

    After `timeout` seconds waiting is given up, not the tasks, and the exit code is 4; it is 5 where the fate of a
    submission is unknown, 1 where a task ended without a film. Raises Unauthorised, perhaps in a group, where
    the key is refused before anything was collected.
    """
    gathering = _CollectRun(context)
    swept = await collect_open(context)
    gathering.collected += swept.collected
    journal_state = journal.read(context.store)
    with anyio.move_on_after(timeout) as scope:
        async with anyio.create_task_group() as group:
            for task in urgent_first(journal_state.open):
                group.start_soon(gathering.wait_for, task, swept.unfetched.get(task.task_id))
            for attempt in journal_state.unknown_fate:
                group.start_soon(gathering.find, attempt)
    return gathering.outcome(gave_up=scope.cancelled_caught)


async def collect_take(step: Step, decision: Decision, run_state: RunState, context: RunContext) -> None:
    """Wait for a task that an earlier run submitted, and store its film as the step's take."""
    if decision.task is None:
        raise ValueError(f"nothing in flight for {step.node}")
    if decision.task.task_id in run_state.unfetched:
        raise run_state.unfetched[decision.task.task_id]
    async with context.slots.slot(decision.task.attempt.model, FIRST, step.node):
        state = await wait.wait_for(decision.task, context, tell_changes(step.node, context))
    take = await receive(state, decision.task, context)
    file_take(
        take, decision.number, run_state.shot_request(shot_vertex(run_state, step)), step.node, run_state, context
    )


def urgent_first(tasks: Sequence[OpenTask]) -> list[OpenTask]:
    """The tasks in the order in which the service will forget them, 24 h after it took them (service.md 4.1)."""
    return sorted(tasks, key=lambda task: (task.accepted, task.task_id))


@dataclass(slots=True)
class _CollectRun:
    """One `collect`: what came of it so far."""

    context: RunContext
    collected: int = 0
    failures: list[Failure] = field(default_factory=list)

    async def find(self, attempt: Attempt) -> None:
        """Store the film of a submission whose answer was lost, if it was accepted; nothing is sent again here."""
        try:
            task = await self.context.lost_submissions.settle(attempt)
        except UnknownFate as fault:
            self.failures.append(Failure("submission", str(fault), fault.hint, 5))
        else:
            if task is not None:
                await self.wait_for(task)

    async def wait_for(self, task: OpenTask, trouble: WanflowError | None = None) -> None:
        """Store the film of one task once there is one; raises Unauthorised where the key was never let in.

        With `trouble` there is one that could not be fetched a moment ago.
        """
        node = take_node(task.attempt.shot, task.attempt.number)
        self.context.emit(StepStarted(node, Action.COLLECT, task.attempt.model))
        try:
            if trouble is not None:
                raise trouble
            state = await wait.wait_for(task, self.context, tell_changes(node, self.context))
            await keep(state, task, self.context)
        except WanflowError as fault:
            if isinstance(fault, Unauthorised) and not self.collected:
                raise
            self.failures.append(Failure(node, str(fault), fault.hint))
            self.context.emit(StepFinished(node, StepResult.FAILED.value, str(fault), fault.hint))
        else:
            self.collected += 1
            self.context.emit(StepFinished(node, StepResult.DONE.value))

    def outcome(self, *, gave_up: bool) -> Outcome:
        """The sum of it; the first of 5, 4 and 1 where several hold (cli.md, Exit codes)."""
        codes = {failure.code for failure in self.failures} | ({4} if gave_up else set())
        cost = self.context.spending.spent
        return Outcome(max(codes, default=0), collected=self.collected, failures=tuple(self.failures), cost=cost)


@dataclass(slots=True)
class _OpenTasks:
    """One look at everything that earlier runs left open."""

    context: RunContext
    lost: frozenset[str]
    collected: int = 0
    gone: int = 0
    unfetched: dict[str, WanflowError] = field(default_factory=dict)
    hopeless: ServiceFault | None = None

    async def side_by_side(self, asks: Sequence[Callable[[], Awaitable[None]]]) -> None:
        """Ask some at a time, in this order; raises what makes asking the others hopeless."""
        limiter = anyio.CapacityLimiter(AT_ONCE)
        async with anyio.create_task_group() as group:
            for ask in asks:
                await limiter.acquire_on_behalf_of(ask)
                group.start_soon(self._one, ask, limiter)
        if self.hopeless is not None:
            raise self.hopeless

    async def _one(self, ask: Callable[[], Awaitable[None]], limiter: anyio.CapacityLimiter) -> None:
        try:
            if self.hopeless is None:
                await ask()
        except (Unauthorised, NotSent) as fault:
            self.hopeless = fault
        finally:
            limiter.release_on_behalf_of(ask)

    def note_stored(self, tasks: Sequence[OpenTask]) -> None:
        """A film may be in the store with its trace, and the journal not know it yet: it is not fetched twice."""
        takes = (take for known in traces.read(self.context.store).takes.values() for take in known) if tasks else ()
        known = {take.task_id: take for take in takes}
        here = blobs.list_takes(self.context.store)
        for task in tasks:
            take = known.get(task.task_id)
            if take is not None and take.digest in here:
                enter_take(take, task, self.context)
                self.context.journal.stored(task.task_id, take.digest, self.context.stamp(), take=take)

    async def look_for(self, attempt: Attempt) -> None:
        """Look for a submission whose answer was lost; what a process took with it surely has no task any more."""
        if not self.context.lasting:
            self.context.journal.declined(attempt.id, "ended with its process", self.context.stamp())
            return
        with self._borne(f"a lost submission for `{attempt.shot}`"):
            task = await self.context.lost_submissions.glance(attempt)
            if task is not None:
                self.context.emit(Warned(f"a lost submission for `{attempt.shot}` is task {task.task_id}"))

    async def look_back(self, attempt: Attempt) -> None:
        """Look for a submission that counts as never accepted: the service's list may have been late."""
        with self._borne(f"a lost submission for `{attempt.shot}`"):
            task = await self.context.lost_submissions.latecomer(attempt, wait=False)
            if task is not None:
                self.context.emit(after_all(task))

    async def ask(self, task: OpenTask) -> None:
        """Ask a task once, and store its film if it has one."""
        with self._borne(f"task {task.task_id} of `{task.attempt.shot}`"):
            state = await wait.ask(task, self.context)
            if state.status.final:
                await self._take(state, task)

    async def ask_again(self, task: OpenTask) -> None:
        """Ask a task that the service did not know: it may have been wrong, and the film was paid for."""
        with self._borne(f"task {task.task_id} of `{task.attempt.shot}`"):
            state = await wait.ask(task, self.context)
            if state.status is not TaskStatus.UNKNOWN:
                self.context.journal.running(task.task_id, self.context.stamp())
                self.context.emit(Warned(f"the service knows task {task.task_id} of `{task.attempt.shot}` again"))
            if state.status.final and state.status is not TaskStatus.UNKNOWN:
                await self._take(state, task)

    async def _take(self, state: TaskState, task: OpenTask) -> None:
        try:
            await keep(state, task, self.context)
        except WanflowError as fault:
            if state.status is TaskStatus.SUCCEEDED:
                self.unfetched[task.task_id] = fault
            else:
                self.gone += 1
            if task.task_id not in self.lost:
                self.context.emit(Warned(f"task {task.task_id} of `{task.attempt.shot}`: {fault}"))
        else:
            self.collected += 1

    @contextmanager
    def _borne(self, what: str) -> Iterator[None]:
        """Trouble with one question stops no other, but a key that is refused or a service that isn't there."""
        try:
            yield
        except (Unauthorised, NotSent):
            raise
        except ServiceFault as fault:
            self.context.emit(Warned(f"{what}: {fault}"))


def after_all(task: OpenTask) -> Warned:
    """What is said of a submission that was sent again although it had been accepted."""
    shot = task.attempt.shot
    return Warned(f"a lost submission for `{shot}` was accepted after all, as task {task.task_id}: its film is kept")


async def keep(state: TaskState, task: OpenTask, context: RunContext) -> None:
    """Store a film and enter it in the lock as a take of the shot that it was made for, whatever that asks by now."""
    enter_take(await receive(state, task, context), task, context)


def enter_take(take: Take, task: OpenTask, context: RunContext) -> None:
    """Enter a stored film in the lock, under the number that its submission reserved (law 6).

    Where the film was given up and came after all, others of its request may be in use since. Then it gets a number
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

    lock = lockfile.update(context.store.lock, enter)
    shot = owner(lock, attempt.shot, attempt.fingerprint)
    _announce(take, shot, lock.shots[shot].numbers[take.digest], context)


def _announce(take: Take, shot: str, number: int, context: RunContext) -> None:
    file = name_take_file(take, shot, number, context)
    seconds = timebase.decimal_text(take.result.seconds, 3)
    context.emit(TakeStored(take_node(shot, number), shot, number, take.digest, seconds, file, charge_of(take)))
