"""The diary of runs: what was intended, accepted, delivered and stored, each on disk before the next may happen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wanflow.digest import Canonical
from wanflow.errors import StoreFault
from wanflow.store import durable, takefile
from wanflow.store.layout import Store
from wanflow.store.take import Recipe

VERSION = 1
PRIVATE = 0o600
"""Result addresses carry signatures: nobody else reads the journal."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that is about to be sent: what is asked, with which seed, for which take of which shot."""

    id: str
    shot: str
    number: int
    model: str
    fingerprint: str
    seed: int
    recipe: Recipe
    date: str


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that the service accepted and whose result is not stored yet."""

    task_id: str
    attempt: Attempt
    accepted: str


@dataclass(frozen=True, slots=True)
class Diary:
    """What the journal says is still open.

    `adrift` are attempts whose fate is unknown: intended, and neither accepted nor declined on record. `known` are all
    task ids that the journal ever saw.
    """

    adrift: tuple[Attempt, ...]
    open: tuple[OpenTask, ...]
    known: frozenset[str]


class Journal:
    """Appends to the diary; every method returns once its record is on disk. Raises StoreFault."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def intended(self, attempt: Attempt) -> None:
        """Before the request is on the wire (law 2)."""
        facts: dict[str, Canonical] = {
            "attempt": attempt.id,
            "shot": attempt.shot,
            "take": attempt.number,
            "model": attempt.model,
            "fingerprint": attempt.fingerprint,
            "seed": attempt.seed,
            "recipe": attempt.recipe,
        }
        self._write("intended", attempt.date, facts)

    def accepted(self, attempt: str, task_id: str, request_id: str, date: str) -> None:
        """Before the first poll (law 2)."""
        self._write("accepted", date, {"attempt": attempt, "task_id": task_id, "request_id": request_id})

    def declined(self, attempt: str, words: str, date: str) -> None:
        """The request was surely not accepted: nothing is owed and nothing will come."""
        self._write("declined", date, {"attempt": attempt, "words": words})

    def succeeded(self, task_id: str, url: str, date: str) -> None:
        """The service has a result and says where."""
        self._write("succeeded", date, {"task_id": task_id, "url": url})

    def stored(self, task_id: str, digest: str, date: str) -> None:
        """The result is safe in the store."""
        self._write("stored", date, {"task_id": task_id, "digest": digest})

    def ended(self, task_id: str, status: str, words: str, date: str) -> None:
        """The task ended without a result: failed, cancelled or forgotten by the service."""
        self._write("ended", date, {"task_id": task_id, "status": status, "words": words})

    def _write(self, event: str, date: str, facts: Mapping[str, Canonical]) -> None:
        record = {"event": event, "version": VERSION, "date": date, **facts}
        durable.append(self._store.journal, record, mode=PRIVATE)


def read(store: Store) -> Diary:
    """What is still open; raises StoreFault for a damaged journal or one of a newer wanflow."""
    return fold(durable.read_records(store.journal), store.journal.name)


def fold(records: Iterable[Mapping[str, object]], name: str = "journal") -> Diary:
    """The open ends of a sequence of records."""
    attempts: dict[str, Attempt] = {}
    tasks: dict[str, OpenTask] = {}
    known: set[str] = set()
    for number, record in enumerate(records, start=1):
        _refuse_newer(record, name, number)
        match record["event"]:
            case "intended":
                attempts[str(record["attempt"])] = _attempt(record)
            case "accepted":
                task_id = str(record["task_id"])
                known.add(task_id)
                tasks[task_id] = OpenTask(task_id, attempts.pop(str(record["attempt"])), str(record["date"]))
            case "declined":
                attempts.pop(str(record["attempt"]), None)
            case "stored" | "ended":
                tasks.pop(str(record["task_id"]), None)
    return Diary(tuple(attempts.values()), tuple(tasks.values()), frozenset(known))


def _attempt(record: Mapping[str, object]) -> Attempt:
    return Attempt(
        id=str(record["attempt"]),
        shot=str(record["shot"]),
        number=int(str(record["take"])),
        model=str(record["model"]),
        fingerprint=str(record["fingerprint"]),
        seed=int(str(record["seed"])),
        recipe=takefile.recipe_of(record["recipe"]),
        date=str(record["date"]),
    )


def _refuse_newer(record: Mapping[str, object], name: str, number: int) -> None:
    version = record.get("version")
    if not isinstance(version, int) or version > VERSION or "event" not in record:
        raise StoreFault(f"`{name}` has a line {number} that this wanflow can't read", hint="update wanflow")
