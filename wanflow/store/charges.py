"""What was charged: every take that was paid for, every task that failed, and what is still to come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta, timezone
from decimal import Decimal

from wanflow import timebase
from wanflow.decode import Fields, mapping, text
from wanflow.money import amount_text
from wanflow.records import immutable
from wanflow.store import atomic, journal, rebuild
from wanflow.store.attempt import Attempt
from wanflow.store.layout import Store
from wanflow.store.lock import Lock
from wanflow.store.take import Repeat
from wanflow.store.take_names import take_node

BILLING_ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The time zone of the vendor's bills, that of Beijing, which has no summer time (service.md 6.1)."""

TO_COME = frozenset({"in flight", "unknown fate"})
"""States of what is not charged yet."""


@immutable
class Charge:
    """One charge; `take` is the number that the take has or was to have.

    `state` is charged, failed (it cost nothing), or what may still come: in flight, unknown fate. `charged` and
    `estimate` are None where they are unknown.
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
        """The day of it by the vendor's calendar, wherever this machine is."""
        return timebase.moment(self.date).astimezone(BILLING_ZONE).date().isoformat()

    def to_json(self) -> dict[str, object]:
        """As `costs --json` prints it."""
        return {
            "shot": self.shot,
            "take": self.take,
            "model": self.model,
            "date": self.date,
            "state": self.state,
            "charged": None if self.charged is None else amount_text(self.charged),
            "estimate": None if self.estimate is None else amount_text(self.estimate),
            "task_id": self.task_id,
        }


@immutable
class ChargeSum:
    """Several charges summed up; failed ones cost nothing. An amount is None where one of its parts is unknown."""

    takes: int
    failed: int
    charged: Decimal | None
    estimate: Decimal | None

    def to_json(self) -> dict[str, object]:
        """As `costs --json` prints it."""
        amounts = {"charged": self.charged, "estimate": self.estimate}
        texts = {key: None if amount is None else amount_text(amount) for key, amount in amounts.items()}
        return {"takes": self.takes, "failed": self.failed, **texts}


BY: Mapping[str, Callable[[Charge], str]] = {
    "take": lambda charge: take_node(charge.shot, charge.take),
    "shot": lambda charge: charge.shot,
    "day": lambda charge: charge.day,
    "model": lambda charge: charge.model,
}
"""Keys that a ledger can be summed up by."""


@immutable
class Ledger:
    """All that a production was charged, or will be, oldest first."""

    currency: str
    charges: tuple[Charge, ...] = ()

    @property
    def total(self) -> ChargeSum:
        """The sum of what is over."""
        return _sum(charge for charge in self.charges if charge.state not in TO_COME)

    @property
    def to_come(self) -> ChargeSum:
        """The sum of what is in flight or of unknown fate."""
        return _sum(charge for charge in self.charges if charge.state in TO_COME)

    def by(self, key: str) -> Mapping[str, ChargeSum]:
        """The sums of what is over, by `take`, `shot`, `day` or `model`, in the order of the names."""
        groups: dict[str, list[Charge]] = {}
        for charge in self.charges:
            if charge.state not in TO_COME:
                groups.setdefault(BY[key](charge), []).append(charge)
        return {name: _sum(group) for name, group in sorted(groups.items())}

    def to_json(self) -> dict[str, object]:
        """As `costs --json` prints it: every charge, and the sums."""
        sums = {f"by_{key}": {name: part.to_json() for name, part in self.by(key).items()} for key in list(BY)[1:]}
        takes = [charge.to_json() for charge in self.charges]
        totals = {"total": self.total.to_json(), "to_come": self.to_come.to_json()}
        return {"currency": self.currency, "takes": takes, "day_zone": str(BILLING_ZONE), **sums, **totals}


def _sum(charges: Iterable[Charge]) -> ChargeSum:
    known = list(charges)
    paid = [charge for charge in known if charge.state != "failed"]
    charged, estimates = ([getattr(charge, key) for charge in paid] for key in ("charged", "estimate"))
    amounts = (None if None in part else sum(part, Decimal(0)) for part in (charged, estimates))
    return ChargeSum(len(paid), len(known) - len(paid), *amounts)


@immutable
class _Ended:
    attempt: Attempt
    task_id: str
    date: str


def read(store: Store, lock: Lock) -> tuple[Charge, ...]:
    """All charges of a production, oldest first.

    The lock has what was paid for, by anyone. The journal adds what the lock lacks, failures, and what is still to
    come. Raises StoreFault for a damaged journal.
    """
    journal_state = journal.read(store)
    lost = [task for task in rebuild.not_in(lock, journal_state.stored) if task.attempt.price is not None]
    charges = [
        *_bought(lock),
        *(_charge(task.attempt, task.date, "charged", task.cost, task.task_id) for task in lost),
        *(
            _charge(ended.attempt, ended.date, "failed", Decimal(0), ended.task_id)
            for ended in _endings(atomic.read_records(store.journal))
        ),
        *(_charge(task.attempt, task.accepted, "in flight", None, task.task_id) for task in journal_state.open),
        *(_charge(attempt, attempt.date, "unknown fate", None, None) for attempt in journal_state.unknown_fate),
    ]
    return tuple(sorted(charges, key=lambda charge: (charge.date, charge.shot, charge.take)))


def _charge(attempt: Attempt, date: str, state: str, charged: Decimal | None, task_id: str | None) -> Charge:
    estimate = None if attempt.price is None else attempt.price.amount
    return Charge(attempt.shot, attempt.number, attempt.model, date, state, charged, estimate, task_id)


def _bought(lock: Lock) -> Iterator[Charge]:
    """What tasks delivered; a take that several shots share is counted once, for the first of them.

    Where several tasks delivered the same bytes, each of them was charged.
    """
    seen: set[str | None] = {None}
    for shot, entry in sorted(lock.shots.items()):
        delivered = [(take.digest, each) for take in entry.takes.values() for each in take.deliveries]
        for digest, each in delivered:
            if each.task_id not in seen:
                seen.add(each.task_id)
                number = each.number if isinstance(each, Repeat) else entry.numbers[digest]
                yield Charge(shot, number, each.model, each.date, "charged", each.cost, each.estimate, each.task_id)


def _renamed(attempt: Attempt, names: Mapping[str, object]) -> Attempt:
    """An attempt under the present name of its shot; `names` maps former names to present ones."""
    return replace(attempt, shot=str(names.get(attempt.shot, attempt.shot)))


def _endings(records: Iterable[Mapping[str, object]]) -> Iterator[_Ended]:
    """The tasks that ended without a result and were not heard of again."""
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
                attempts = {name: _renamed(attempt, names) for name, attempt in attempts.items()}
                tasks = {name: _renamed(attempt, names) for name, attempt in tasks.items()}
                ended = {name: replace(end, attempt=_renamed(end.attempt, names)) for name, end in ended.items()}
    yield from ended.values()
