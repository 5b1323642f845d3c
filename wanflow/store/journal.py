"""The diary of runs: what was intended, accepted, delivered and stored, each on disk before the next may happen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from wanflow.digest import Canonical
from wanflow.errors import StoreFault
from wanflow.store import durable, takefile
from wanflow.store.layout import Store
from wanflow.store.take import Price, Recipe

VERSION = 1
UNCERTAIN = "uncertain"
"""What stands for the seed of a task that may as well be another attempt's."""
FORGOTTEN = "UNKNOWN"
"""The status of a task that the service does not know: the one end that may turn out to be none."""
PRIVATE = 0o600
"""Prompts and what was bought are nobody else's business."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that is about to be sent: what is asked, with which seed, for which take of which shot.

    `price` is what it is to cost at most, None where nothing is paid or nobody can tell.
    """

    id: str
    shot: str
    number: int
    model: str
    fingerprint: str
    seed: int
    recipe: Recipe
    date: str
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that the service accepted and whose result is not stored yet.

    `url` is where the result is, as far as the service has said so and without its signature, and `ready` since when;
    it expires 24 h later (api.md 4.1). `service` is the account that has it, as the run called it. `running` says that
    it was seen to run; `seed_uncertain` that it may as well be the task of another attempt, alike but for the seed.
    """

    task_id: str
    attempt: Attempt
    accepted: str
    url: str | None = None
    ready: str | None = None
    service: str | None = None
    running: bool = False
    seed_uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Online:
    """A take that an account may still have online: the task that knows its address, since when, and the account."""

    task_id: str
    ready: str
    service: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How a request last ended without a result: `code` and `words` are the service's own.

    `state` is what the shot is by that, failed or refused; None where it is as if the request was never sent.
    """

    attempt: Attempt
    words: str
    date: str
    code: str | None = None
    task_id: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Diary:
    """What the journal says is still open.

    `adrift` are attempts whose fate is unknown: intended, and neither accepted nor declined on record. `known` are all
    task ids that the journal ever saw. `endings` are the requests whose last word was a no, oldest first; one that was
    tried again since is none. `online` are stored takes that were online once, by digest. `presumed` are attempts that
    count as never accepted because the service's list never showed them; `forgotten` are tasks that the service did not
    know when it was last asked; `seed_uncertain` are attempts whose tasks may be each other's, also those that ended.
    """

    adrift: tuple[Attempt, ...] = ()
    open: tuple[OpenTask, ...] = ()
    known: frozenset[str] = frozenset()
    endings: tuple[Ending, ...] = ()
    online: Mapping[str, Online] = field(default_factory=dict)
    presumed: tuple[Attempt, ...] = ()
    forgotten: tuple[OpenTask, ...] = ()
    seed_uncertain: tuple[Attempt, ...] = ()


class TaskTwice(ValueError):
    """A record gives a task to a second attempt; one task belongs to one attempt."""


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
            "price": None if attempt.price is None else takefile.price_json(attempt.price),
        }
        self._write("intended", attempt.date, facts)

    def accepted(self, attempt: str, task_id: str, request_id: str, date: str, *, seed_uncertain: bool = False) -> None:
        """Before the first poll (law 2)."""
        facts: dict[str, Canonical] = {"attempt": attempt, "task_id": task_id, "request_id": request_id}
        self._write("accepted", date, facts | ({"seed": UNCERTAIN} if seed_uncertain else {}))

    def presumed(self, attempt: str, words: str, date: str) -> None:
        """The request counts as never accepted and may be sent again; a task of it that shows up later still counts."""
        self._write("presumed", date, {"attempt": attempt, "words": words})

    def declined(
        self, attempt: str, words: str, date: str, *, code: str | None = None, state: str | None = None
    ) -> None:
        """The request was surely not accepted: nothing is owed and nothing will come."""
        self._write("declined", date, {"attempt": attempt, "words": words, "code": code, "state": state})

    def running(self, task_id: str, date: str) -> None:
        """The service works on the task; before that it waited in its queue."""
        self._write("running", date, {"task_id": task_id})

    def succeeded(self, task_id: str, url: str, date: str, *, service: str | None = None) -> None:
        """The service has a result and says where; what opens the address stays unwritten, its task can be asked."""
        self._write("succeeded", date, {"task_id": task_id, "url": unsigned(url), "service": service})

    def stored(self, task_id: str, digest: str, date: str) -> None:
        """The result is safe in the store."""
        self._write("stored", date, {"task_id": task_id, "digest": digest})

    def ended(
        self,
        task_id: str,
        status: str,
        words: str,
        date: str,
        *,
        code: str | None = None,
        state: str | None = None,
    ) -> None:
        """The task ended without a result: failed, cancelled or forgotten by the service."""
        facts = {"task_id": task_id, "status": status, "words": words, "code": code, "state": state}
        self._write("ended", date, facts)

    def _write(self, event: str, date: str, facts: Mapping[str, Canonical]) -> None:
        given = {key: value for key, value in facts.items() if value is not None}
        record = {"event": event, "version": VERSION, "date": date, **given}
        durable.append(self._store.journal, record, mode=PRIVATE)


def read(store: Store) -> Diary:
    """What is still open; raises StoreFault for a damaged journal or one of a newer wanflow."""
    return fold(durable.read_records(store.journal), store.journal.name)


def fold(records: Iterable[Mapping[str, object]], name: str = "journal") -> Diary:
    """The open ends of a sequence of records; raises StoreFault, with the line, for one that makes no sense."""
    ends = OpenEnds()
    for number, record in enumerate(records, start=1):
        try:
            refuse_newer(record, name, number)
            ends.follow(record)
        except (KeyError, TypeError, ValueError) as error:
            words = f"`{name}` is damaged at line {number}{f': {error}' if isinstance(error, TaskTwice) else ''}"
            raise StoreFault(words, hint="`wanflow doctor --repair` mends it, and keeps a copy") from error
    return ends.diary()


class OpenEnds:
    """What is open after the records so far; `follow` raises KeyError, TypeError or ValueError for a senseless one."""

    def __init__(self) -> None:
        self._attempts: dict[str, Attempt] = {}
        self._tasks: dict[str, OpenTask] = {}
        self._owners: dict[str, str] = {}
        self._endings: dict[tuple[str, int], Ending] = {}
        self._online: dict[str, Online] = {}
        self._presumed: dict[str, Attempt] = {}
        self._forgotten: dict[str, OpenTask] = {}
        self._seed_uncertain: list[Attempt] = []

    def diary(self) -> Diary:
        """What is open by now."""
        return Diary(
            tuple(self._attempts.values()),
            tuple(self._tasks.values()),
            frozenset(self._owners),
            tuple(self._endings.values()),
            self._online,
            tuple(self._presumed.values()),
            tuple(self._forgotten.values()),
            seed_uncertain=tuple(self._seed_uncertain),
        )

    def follow(self, record: Mapping[str, object]) -> None:
        """One record more."""
        match record["event"]:
            case "intended":
                self._intend(attempt_of(record))
            case "accepted":
                self._accept(record)
            case "declined":
                self._end(self._attempts.pop(_text(record, "attempt"), None), record, None)
            case "presumed" if attempt := self._attempts.pop(_text(record, "attempt"), None):
                self._presumed[attempt.id] = attempt
            case "running" if task := self._found(record):
                self._tasks[task.task_id] = replace(task, running=True)
            case "succeeded" if task := self._found(record):
                self._tasks[task.task_id] = _ready(task, record)
            case "stored" if task := self._tasks.pop(_text(record, "task_id"), None):
                self._store(task, _text(record, "digest"))
            case "ended" if task := self._found(record):
                self._close(task, record)

    def _intend(self, attempt: Attempt) -> None:
        self._attempts[attempt.id] = attempt
        self._endings.pop((attempt.fingerprint, attempt.seed), None)

    def _accept(self, record: Mapping[str, object]) -> None:
        task_id, name = _text(record, "task_id"), _text(record, "attempt")
        if self._owners.get(task_id, name) != name:
            raise TaskTwice(f"task {task_id} was accepted for another submission before")
        if task_id in self._owners:
            return  # written twice, because the first time its fate was not known
        attempt = self._presumed.pop(name, None) or self._attempts.pop(name)
        self._owners[task_id] = name
        if doubt := record.get("seed") == UNCERTAIN:
            self._seed_uncertain.append(attempt)
        self._tasks[task_id] = OpenTask(task_id, attempt, _text(record, "date"), seed_uncertain=doubt)

    def _found(self, record: Mapping[str, object]) -> OpenTask | None:
        """The open task of a record; one that the service had forgotten is open again once it is heard of."""
        task_id = _text(record, "task_id")
        if back := self._forgotten.pop(task_id, None):
            self._tasks[task_id] = back
        return self._tasks.get(task_id)

    def _close(self, task: OpenTask, record: Mapping[str, object]) -> None:
        del self._tasks[task.task_id]
        if record.get("status") == FORGOTTEN:
            self._forgotten[task.task_id] = task
        self._end(task.attempt, record, task.task_id)

    def _store(self, task: OpenTask, digest: str) -> None:
        if task.ready is not None and task.service is not None:
            self._online[digest] = Online(task.task_id, task.ready, task.service)

    def _end(self, attempt: Attempt | None, record: Mapping[str, object], task_id: str | None) -> None:
        if attempt is None:
            return
        code, state = (_maybe(record, key) for key in ("code", "state"))
        ending = Ending(attempt, _text(record, "words"), _text(record, "date"), code, task_id, state)
        self._endings[attempt.fingerprint, attempt.seed] = ending


def _ready(task: OpenTask, record: Mapping[str, object]) -> OpenTask:
    url, ready = _text(record, "url"), _text(record, "date")
    return replace(task, url=url, ready=ready, service=_maybe(record, "service"))


def attempt_of(record: Mapping[str, object]) -> Attempt:
    """The attempt of an `intended` record; raises KeyError, TypeError or ValueError for one that makes no sense."""
    return Attempt(
        id=_text(record, "attempt"),
        shot=_text(record, "shot"),
        number=takefile.whole_number(record["take"]),
        model=_text(record, "model"),
        fingerprint=takefile.hash_text(_text(record, "fingerprint")),
        seed=takefile.whole_number(record["seed"]),
        recipe=takefile.recipe_of(record["recipe"]),
        date=_text(record, "date"),
        price=None if record.get("price") is None else takefile.price_of(record["price"]),
    )


def _text(record: Mapping[str, object], key: str) -> str:
    return takefile.text(record[key])


def _maybe(record: Mapping[str, object], key: str) -> str | None:
    return None if record.get(key) is None else _text(record, key)


def unsigned(url: str) -> str:
    """An address without what may be its signature: whoever reads it can't fetch it."""
    return url.partition("?")[0].partition("#")[0]


def refuse_newer(record: Mapping[str, object], name: str, number: int) -> None:
    """Raise StoreFault for a record of a version that this wanflow doesn't know; every older one stays readable.

    Raises KeyError or TypeError for a record without a version.
    """
    if takefile.whole_number(record["version"]) > VERSION:
        raise StoreFault(f"`{name}` has a line {number} that this wanflow can't read", hint="update wanflow")
