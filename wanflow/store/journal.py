"""The diary of runs: what was intended, accepted, delivered and stored, each on disk before the next may happen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from wanflow.digest import Canonical
from wanflow.errors import StoreFault, UnknownTarget
from wanflow.store import atomic, take_json
from wanflow.store.attempt import Attempt, Ending, JournalState, OnlineTake, OpenTask, StoredTask
from wanflow.store.layout import Store
from wanflow.store.take import Take

VERSION = 1
UNCERTAIN = "uncertain"
"""What stands for the seed of a task that may as well be another attempt's."""
FORGOTTEN = "UNKNOWN"
"""The status of a task that the service does not know: the one end that may turn out to be none."""
PRIVATE = 0o600
"""Prompts and what was bought are nobody else's business."""


class TaskTwice(ValueError):
    """A record gives a task to a second attempt; one task belongs to one attempt."""


class Journal:
    """Appends to the diary; every method returns once its record is on disk. Raises StoreFault."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbers: dict[str, set[int]] | None = None

    def reserved(self, shots: Iterable[str]) -> frozenset[int]:
        """The take numbers that intents reserved for shots of these names, those of this run among them."""
        if self._numbers is None:
            self._numbers = {shot: set(numbers) for shot, numbers in read(self._store).numbers.items()}
        return frozenset().union(*(self._numbers.get(shot, ()) for shot in shots))

    def intended(self, attempt: Attempt) -> None:
        """Before the request is on the wire (law 2)."""
        if self._numbers is not None:
            self._numbers.setdefault(attempt.shot, set()).add(attempt.number)
        facts: dict[str, Canonical] = {
            "attempt": attempt.id,
            "shot": attempt.shot,
            "take": attempt.number,
            "model": attempt.model,
            "fingerprint": attempt.fingerprint,
            "seed": attempt.seed,
            "recipe": attempt.recipe,
            "price": None if attempt.price is None else take_json.price_json(attempt.price),
            "request": attempt.request,
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

    def stored(self, task_id: str, digest: str, date: str, *, take: Take | None = None) -> None:
        """The result is safe in the store; `take` is what lock and traces say of it, to rebuild them by."""
        facts = None if take is None else take_json.to_json(take)
        self._write("stored", date, {"task_id": task_id, "digest": digest, "facts": facts})

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

    def renamed(self, names: Mapping[str, str], date: str) -> None:
        """What was written for shots under former names belongs to these names from now on, all at once: `names` maps
        each former name to the present one.
        """
        self._write("renamed", date, {"names": dict(names)})
        self._numbers = None

    def _write(self, event: str, date: str, facts: Mapping[str, object]) -> None:
        given = {key: value for key, value in facts.items() if value is not None}
        record = {"event": event, "version": VERSION, "date": date, **given}
        atomic.append(self._store.journal, record, mode=PRIVATE)


def read(store: Store) -> JournalState:
    """What is still open; raises StoreFault for a damaged journal or one of a newer wanflow."""
    return fold(atomic.read_records(store.journal), store.journal.name)


def fold(records: Iterable[Mapping[str, object]], name: str = "journal") -> JournalState:
    """The open ends of a sequence of records; raises StoreFault, with the line, for one that makes no sense."""
    ends = JournalRecords()
    for number, record in enumerate(records, start=1):
        try:
            refuse_newer(record, name, number)
            ends.follow(record)
        except (KeyError, TypeError, ValueError) as error:
            words = f"`{name}` is damaged at line {number}{f': {error}' if isinstance(error, TaskTwice) else ''}"
            raise StoreFault(words, hint="`wanflow doctor --repair` mends it, and keeps a copy") from error
    return ends.journal_state()


class JournalRecords:
    """What is open after the records so far; `follow` raises KeyError, TypeError or ValueError for a senseless one."""

    def __init__(self) -> None:
        self._attempts: dict[str, Attempt] = {}
        self._tasks: dict[str, OpenTask] = {}
        self._owners: dict[str, str] = {}
        self._endings: dict[tuple[str, int], Ending] = {}
        self._online: dict[str, OnlineTake] = {}
        self._presumed: dict[str, Attempt] = {}
        self._forgotten: dict[str, OpenTask] = {}
        self._numbers: dict[str, dict[int, dict[str, tuple[str, int]]]] = {}
        self._stored: list[StoredTask] = []
        self._seed_uncertain: list[Attempt] = []

    def journal_state(self) -> JournalState:
        """What is open by now."""
        return JournalState(
            tuple(self._attempts.values()),
            tuple(self._tasks.values()),
            frozenset(self._owners),
            tuple(self._endings.values()),
            self._online,
            tuple(self._presumed.values()),
            tuple(self._forgotten.values()),
            {shot: _reserved(numbers) for shot, numbers in self._numbers.items()},
            tuple(self._stored),
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
                self._store(task, record)
            case "renamed":
                self._rename({old: take_json.text(new) for old, new in take_json.mapping(record["names"]).items()})
            case "ended" if task := self._found(record):
                self._close(task, record)

    def _intend(self, attempt: Attempt) -> None:
        self._attempts[attempt.id] = attempt
        self._endings.pop((attempt.fingerprint, attempt.seed), None)
        asked = (attempt.fingerprint, attempt.seed)
        self._numbers.setdefault(attempt.shot, {}).setdefault(attempt.number, {})[attempt.id] = asked

    def _accept(self, record: Mapping[str, object]) -> None:
        task_id, name = _text(record, "task_id"), _text(record, "attempt")
        if self._owners.get(task_id, name) != name:
            raise TaskTwice(f"task {task_id} was accepted for another submission before")
        if task_id in self._owners:
            return  # written twice, because the first time its fate was not known
        given_up = self._presumed.pop(name, None)
        attempt = given_up or self._attempts.pop(name)
        self._owners[task_id] = name
        if doubt := record.get("seed") == UNCERTAIN:
            self._seed_uncertain.append(attempt)
        date = take_json.date_if_any(record.get("date"))
        self._tasks[task_id] = OpenTask(task_id, attempt, date, seed_uncertain=doubt, late=given_up is not None)

    def _rename(self, names: Mapping[str, str]) -> None:
        def named(attempt: Attempt) -> Attempt:
            return replace(attempt, shot=names.get(attempt.shot, attempt.shot))

        for attempts in (self._attempts, self._presumed):
            attempts.update({name: named(attempt) for name, attempt in attempts.items()})
        for tasks in (self._tasks, self._forgotten):
            tasks.update({name: replace(task, attempt=named(task.attempt)) for name, task in tasks.items()})
        self._endings = {key: replace(end, attempt=named(end.attempt)) for key, end in self._endings.items()}
        self._stored = [replace(task, attempt=named(task.attempt)) for task in self._stored]
        self._seed_uncertain = [named(attempt) for attempt in self._seed_uncertain]
        numbers = self._numbers
        self._numbers = {}
        for shot, reserved in numbers.items():
            mine = self._numbers.setdefault(names.get(shot, shot), {})
            for number, asked in reserved.items():
                mine.setdefault(number, {}).update(asked)

    def _found(self, record: Mapping[str, object]) -> OpenTask | None:
        """The open task of a record; one that the service had forgotten is open again once it is heard of."""
        task_id = _text(record, "task_id")
        if back := self._forgotten.pop(task_id, None):
            self._tasks[task_id] = replace(back, late=True)
        return self._tasks.get(task_id)

    def _close(self, task: OpenTask, record: Mapping[str, object]) -> None:
        del self._tasks[task.task_id]
        if record.get("status") == FORGOTTEN:
            self._forgotten[task.task_id] = task
        self._end(task.attempt, record, task.task_id)

    def _store(self, task: OpenTask, record: Mapping[str, object]) -> None:
        digest = take_json.hash_text(_text(record, "digest"))
        facts = None if record.get("facts") is None else take_json.mapping(record["facts"])
        date = take_json.date_if_any(record.get("date"))
        cost = take_json.amount_if_any((facts or {}).get("cost"))
        self._stored.append(StoredTask(task.task_id, task.attempt, digest, date, task.seed_uncertain, facts, cost))
        if task.ready is not None and task.service is not None:
            self._online[digest] = OnlineTake(task.task_id, task.ready, task.service)

    def _end(self, attempt: Attempt | None, record: Mapping[str, object], task_id: str | None) -> None:
        if attempt is None:
            return
        if record.get("status") != FORGOTTEN:
            self._numbers[attempt.shot][attempt.number].pop(attempt.id, None)
        code, state = (_maybe(record, key) for key in ("code", "state"))
        ending = Ending(
            attempt, _text(record, "words"), take_json.date_if_any(record.get("date")), code, task_id, state
        )
        self._endings[attempt.fingerprint, attempt.seed] = ending


def _reserved(numbers: Mapping[int, Mapping[str, tuple[str, int]]]) -> dict[int, tuple[str, int]]:
    """Take numbers with what each was first reserved for, without those that were given back."""
    return {number: next(iter(asked.values())) for number, asked in numbers.items() if asked}


def _ready(task: OpenTask, record: Mapping[str, object]) -> OpenTask:
    url, ready = _text(record, "url"), take_json.date_if_any(record.get("date"))
    return replace(task, url=url, ready=ready, service=_maybe(record, "service"))


def attempt_of(record: Mapping[str, object]) -> Attempt:
    """The attempt of an `intended` record; raises KeyError, TypeError or ValueError for one that makes no sense.

    A price that makes none is unknown, and a date long ago: without the record its task would be lost.
    """
    return Attempt(
        id=_text(record, "attempt"),
        shot=_text(record, "shot"),
        number=take_json.whole_number(record["take"]),
        model=_text(record, "model"),
        fingerprint=take_json.hash_text(_text(record, "fingerprint")),
        seed=take_json.seed(record["seed"]),
        recipe=take_json.recipe_of(record["recipe"]),
        date=take_json.date_if_any(record.get("date")),
        price=take_json.price_of(record.get("price")),
        request=_maybe(record, "request"),
    )


def _text(record: Mapping[str, object], key: str) -> str:
    return take_json.text(record[key])


def _maybe(record: Mapping[str, object], key: str) -> str | None:
    return None if record.get(key) is None else _text(record, key)


def unsigned(url: str) -> str:
    """An address without what may be its signature: whoever reads it can't fetch it."""
    return url.partition("?")[0].partition("#")[0]


def refuse_newer(record: Mapping[str, object], name: str, number: int) -> None:
    """Raise StoreFault for a record of a version that this wanflow doesn't know; every older one stays readable.

    Raises KeyError or TypeError for a record without a version.
    """
    if take_json.whole_number(record["version"]) > VERSION:
        raise StoreFault(f"`{name}` has a line {number} that this wanflow can't read", hint="update wanflow")


def adrift_of(journal_state: JournalState, shot: str, take: int | None = None) -> Attempt:
    """The one submission of unknown fate of a shot; raises UnknownTarget where there is none, or more than one."""
    mine = [attempt for attempt in journal_state.adrift if attempt.shot == shot and take in {None, attempt.number}]
    if len(mine) == 1:
        return mine[0]
    if mine:
        numbers = ", ".join(f"`--take {attempt.number}`" for attempt in mine)
        raise UnknownTarget(f"`{shot}` has several submissions of unknown fate", hint=f"say which: {numbers}")
    others = sorted({f"`{attempt.shot}`" for attempt in journal_state.adrift})
    hint = f"these have: {', '.join(others)}" if others else "nothing is to be decided"
    raise UnknownTarget(f"`{shot}` has no submission of unknown fate", hint=hint)
