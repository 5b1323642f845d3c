"""Takes that only the journal still has; lock and traces rebuilt from it.

For each result the journal has the request, the shot, the number and (in `StoredTask.facts`) all that the lock says of
the take. What people decided (picks, holds, wishes) is in the lock alone and cannot be rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress

from wanflow.graph.recipe import request_key, seed_of
from wanflow.store import blobs, journal, lockfile, traces
from wanflow.store.attempt import Attempt, JournalState, StoredTask
from wanflow.store.layout import Store
from wanflow.store.lock import Lock, ShotEntry, add_take, owner, set_current
from wanflow.store.take import Result, Take, Trace
from wanflow.store.traces import Traces

Measure = Callable[[Sequence[str]], Mapping[str, Result]]
"""Function that measures takes of the store by digest; it leaves out those that cannot be measured."""


def unmeasured(digests: Sequence[str]) -> Mapping[str, Result]:
    """Measure nothing: takes in the journal of an older wanflow then stay unknown."""
    del digests
    return {}


def not_in(lock: Lock, stored: Iterable[StoredTask]) -> tuple[StoredTask, ...]:
    """The tasks whose results are in no entry of the lock; the lock knows those that it marks as gone.

    Of paid tasks that delivered the same bytes each has to be in the lock: each was charged. Where the lock does not
    say which task delivered a take, it knows all that did.
    """
    takes = [take for entry in lock.shots.values() for take in entry.takes.values()]
    known, tasks = {take.digest for take in takes}, {each.task_id for take in takes for each in take.deliveries}
    unnamed = {take.digest for take in takes if take.task_id is None}

    def is_known(task: StoredTask) -> bool:
        free = task.attempt.price is None and not task.cost
        return task.digest in (known if free else unnamed) or task.task_id in tasks

    return tuple(task for task in stored if not is_known(task))


def missing_in_lock(stored: Iterable[StoredTask], here: Collection[str], lock: Lock) -> list[StoredTask]:
    """The tasks whose results are here and in no entry of the lock."""
    return [task for task in not_in(lock, stored) if task.digest in here]


def missing_everywhere(
    stored: Iterable[StoredTask], here: Collection[str], lock: Lock, known: Traces
) -> list[StoredTask]:
    """The tasks whose results are here and neither in the lock nor in the traces."""
    missing = missing_in_lock(stored, here, lock)
    traced = known.digests if missing else frozenset()
    return [task for task in missing if task.digest not in traced]


def missing_in_traces(
    stored: Iterable[StoredTask], here: Collection[str], lock: Lock, traced: Collection[str]
) -> list[StoredTask]:
    """The tasks whose results are here and have no trace, except those that a person removed."""
    takes = [take for entry in lock.shots.values() for take in entry.takes.values()]
    gone = {take.digest for take in takes if take.gone} - {take.digest for take in takes if not take.gone}
    return [task for task in stored if task.digest in here and task.digest not in traced and task.digest not in gone]


def numbers_asked(stored: Iterable[StoredTask]) -> dict[tuple[str, str], int]:
    """The number under which each result was asked for, by shot and digest.

    Where an older wanflow gave one number to two results of a shot, the first one has it, and the other none.
    """
    numbers: dict[tuple[str, str], int] = {}
    used: set[tuple[str, int]] = set()
    for task in stored:
        shot, number = task.attempt.shot, task.attempt.number
        if (shot, task.digest) not in numbers and (shot, number) not in used:
            numbers[shot, task.digest] = number
            used.add((shot, number))
    return numbers


def traces_of(tasks: Sequence[StoredTask], measure: Measure) -> dict[str, Trace]:
    """The takes of stored tasks with their recipes, by task id.

    Where the journal has no facts of a take, or unreadable ones, its file is measured, and its cost is unknown. A take
    that cannot be measured is left out.
    """
    takes: dict[str, Take | None] = dict.fromkeys(task.task_id for task in tasks)
    for task in tasks:
        with suppress(ValueError):
            takes[task.task_id] = None if task.facts is None else Take.from_json(task.digest, task.facts)
    unknown = [task for task in tasks if takes[task.task_id] is None]
    results = measure([task.digest for task in unknown]) if unknown else {}
    for task in unknown:
        if task.digest in results:
            takes[task.task_id] = _take_as_measured(task, results[task.digest])
    recipes = {task.task_id: task.attempt.recipe for task in tasks}
    return {name: Trace(take, recipes[name]) for name, take in takes.items() if take is not None}


def rebuild_lock(store: Store, measure: Measure) -> None:
    """Enter every take that is here and missing in the lock, under the number that it was asked for.

    A shot without a last request in the lock gets that of its newest take, if it is known. Done again this changes
    nothing. Raises StoreFault.
    """
    stored, here = journal.read(store).stored, blobs.list_takes(store)
    found = traces_of(missing_in_lock(stored, here, lockfile.read(store.lock)), measure)

    def enter(lock: Lock) -> Lock:
        return _entered(lock, missing_in_lock(stored, here, lock), found, numbers_asked(stored))

    lockfile.update(store.lock, enter)


def present_lock(store: Store, journal_state: JournalState | None = None) -> Lock:
    """The lock as commands see it: its file, with the takes that a run stored and will enter there.

    `journal_state` is what the journal says, where it was read just before. Raises StoreFault.
    """
    lock = lockfile.read(store.lock)
    return completed(store, journal.read(store) if journal_state is None else journal_state, lock)


def completed(store: Store, journal_state: JournalState, lock: Lock) -> Lock:
    """A lock with the takes that are stored and were not entered yet: a run writes them later, or was killed."""
    missing = [
        task
        for task in journal_state.unfiled
        if not _is_entered(task, lock) and blobs.find_take(store, task.digest) is not None
    ]
    if not missing:
        return lock
    lock = _entered(lock, missing, traces_of(missing, unmeasured), numbers_asked(journal_state.stored))
    for task in missing:
        if task.current is not None:
            lock = set_current(lock, _shot_of(task, lock), task.current)
    return lock


def _is_entered(task: StoredTask, lock: Lock) -> bool:
    """Whether the shot of a task has its take; of paid tasks with the same bytes each has to be there."""
    entry = lock.shots.get(_shot_of(task, lock), ShotEntry())
    take = entry.takes.get(task.digest)
    if take is None:
        return False
    free = task.attempt.price is None and not task.cost
    return free or take.task_id is None or any(each.task_id == task.task_id for each in take.deliveries)


def _shot_of(task: StoredTask, lock: Lock) -> str:
    return owner(lock, task.attempt.shot, task.attempt.fingerprint)


def _entered(
    lock: Lock,
    missing: Iterable[StoredTask],
    found: Mapping[str, Trace],
    numbers: Mapping[tuple[str, str], int],
) -> Lock:
    """A lock with the takes of tasks as far as they are `found`, by task; `numbers` are those they were asked for."""
    used = {(shot, number) for shot, entry in lock.shots.items() for number in entry.used_numbers}

    def gives_way(task: StoredTask) -> bool:
        """Whether another take has the number, so that this one gets a free one at last."""
        shot = task.attempt.shot
        return (shot, task.digest) not in numbers or (shot, task.attempt.number) in used

    entered = [task for task in missing if task.task_id in found]
    for task in sorted(entered, key=gives_way):
        trace = found[task.task_id]
        lock = add_take(lock, _shot_of(task, lock), trace.take, trace.recipe, task.attempt.number)
    return _with_requests(lock, entered)


def rebuild_traces(stores: Iterable[Store], measure: Measure) -> None:
    """Write a trace for every take that is here and has none, in the order of their dates; as `rebuild_lock`.

    `stores` are one store as each backend sees it; they share their traces.
    """
    missing: list[StoredTask] = []
    for store in stores:
        here, traced = blobs.list_takes(store), traces.read(store).digests
        missing += missing_in_traces(journal.read(store).stored, here, lockfile.read(store.lock), traced)
    found = traces_of(missing, measure)
    came = sorted((task for task in missing if task.task_id in found), key=lambda task: task.date)
    if came:
        traces.extend(store, [found[task.task_id] for task in came])


def _take_as_measured(task: StoredTask, result: Result) -> Take:
    attempt = task.attempt
    return Take(
        digest=task.digest,
        fingerprint=attempt.fingerprint,
        seed=attempt.seed,
        model=attempt.model,
        result=result,
        date=task.date,
        task_id=task.task_id,
        currency=None if attempt.price is None else attempt.price.currency,
        estimate=None if attempt.price is None else attempt.price.amount,
        seed_uncertain=task.seed_uncertain,
    )


def _with_requests(lock: Lock, entered: Iterable[StoredTask]) -> Lock:
    """The lock with the last requests of the shots whose takes were entered, where it has none."""
    newest = {task.attempt.shot: task.attempt for task in sorted(entered, key=lambda task: task.attempt.date)}
    for shot, attempt in newest.items():
        request = _request_of(attempt)
        if shot in lock.shots and lock.shots[shot].current is None and request is not None:
            lock = set_current(lock, shot, request)
    return lock


def _request_of(attempt: Attempt) -> str | None:
    """The lock's key of an attempt's request; None where an older wanflow sent it with a seed that an author gave."""
    if attempt.request is not None:
        return attempt.request
    core = attempt.fingerprint
    derived = {seed_of(core, None, ordinal) for ordinal in range(attempt.number)}
    return request_key(core, None) if attempt.seed in derived else None
