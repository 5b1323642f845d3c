"""What was charged: every take that was paid for, every task that failed, and what is still to come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from wanflow.decode import Fields, mapping, text
from wanflow.store import atomic, journal, rebuild
from wanflow.store.attempt import Attempt, JournalState
from wanflow.store.layout import Store
from wanflow.store.lock import Lock


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the ledger; `take` is the running number that the take has or was to have.

    `state` is charged, failed (it cost nothing), or what may still come: in flight, unknown fate. `charged` and
    `estimate` are None where nobody can tell.
    """

    shot: str
    take: int
    model: str
    date: str
    state: str
    charged: Decimal | None
    estimate: Decimal | None
    task_id: str | None = None

    @property
    def day(self) -> str:
        """The day of it, in UTC."""
        return self.date[:10]


@dataclass(frozen=True, slots=True)
class _Ended:
    attempt: Attempt
    task_id: str
    date: str


def read(store: Store, lock: Lock) -> tuple[Charge, ...]:
    """All of a production's ledger, oldest first: from the lock, whoever paid, and from our own journal what the lock
    lacks, failures and what is still to come.

    Raises StoreFault for a damaged journal.
    """
    journal_state = journal.read(store)
    entries = [*_bought(lock), *_lost_from(lock, journal_state), *_failed(store), *_to_come(journal_state)]
    return tuple(sorted(entries, key=lambda entry: (entry.date, entry.shot, entry.take)))


def _bought(lock: Lock) -> Iterator[Charge]:
    """The takes that a task delivered; one that several shots share stands once, with the first of them."""
    seen: set[str] = set()
    for shot, entry in sorted(lock.shots.items()):
        for digest, take in entry.takes.items():
            if take.task_id is not None and digest not in seen:
                seen.add(digest)
                number = entry.numbers[digest]
                facts = (take.model, take.date, "charged", take.cost, take.estimate, take.task_id)
                yield Charge(shot, number, *facts)


def _lost_from(lock: Lock, journal_state: JournalState) -> Iterator[Charge]:
    """What was bought here and the lock does not know: it was lost, or is that of another branch."""
    for task in rebuild.not_in(lock, journal_state.stored):
        attempt = task.attempt
        if attempt.price is not None:
            facts = (attempt.model, task.date, "charged", task.cost, attempt.price.amount, task.task_id)
            yield Charge(attempt.shot, attempt.number, *facts)


def _failed(store: Store) -> Iterator[Charge]:
    for ended in _endings(atomic.read_records(store.journal)):
        attempt = ended.attempt
        estimate = attempt.price.amount if attempt.price is not None else None
        facts = (attempt.model, ended.date, "failed", Decimal(0), estimate, ended.task_id)
        yield Charge(attempt.shot, attempt.number, *facts)


def _to_come(journal_state: JournalState) -> Iterator[Charge]:
    tasks = [(task.attempt, task.accepted, "in flight", task.task_id) for task in journal_state.open]
    lost = [(attempt, attempt.date, "unknown fate", None) for attempt in journal_state.unknown_fate]
    for attempt, date, state, task_id in (*tasks, *lost):
        estimate = attempt.price.amount if attempt.price is not None else None
        yield Charge(attempt.shot, attempt.number, attempt.model, date, state, None, estimate, task_id)


def _named(attempt: Attempt, names: Mapping[str, object]) -> Attempt:
    """An attempt under the name that its shot has since a rename; `names` maps former names to present ones."""
    return replace(attempt, shot=str(names.get(attempt.shot, attempt.shot)))


def _endings(records: Iterable[Mapping[str, object]]) -> Iterator[_Ended]:
    """The tasks that ended without a film and were not heard of again."""
    attempts: dict[str, Attempt] = {}
    tasks: dict[str, Attempt] = {}
    ended: dict[str, _Ended] = {}
    for record in records:
        facts = Fields(record)
        task_id = facts.read_if_valid("task_id", text) or ""
        match facts.read("event", text):
            case "intended":
                attempt = journal.attempt_of(facts)
                attempts[attempt.id] = attempt
            case "accepted" if (name := facts.read("attempt", text)) in attempts:
                tasks[task_id] = attempts[name]
            case "ended" if task_id in tasks:
                ended[task_id] = _Ended(tasks[task_id], task_id, journal.date_of(facts))
            case "running" | "succeeded" | "stored":
                ended.pop(task_id, None)
            case "renamed":
                names = facts.read("names", mapping)
                attempts = {name: _named(attempt, names) for name, attempt in attempts.items()}
                tasks = {name: _named(attempt, names) for name, attempt in tasks.items()}
                ended = {name: replace(end, attempt=_named(end.attempt, names)) for name, end in ended.items()}
    yield from ended.values()
