"""The journal: what was intended, accepted, delivered and stored, each on disk before the next can happen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

from wanflow import decode, timebase
from wanflow import digest as digests
from wanflow.decode import Fields, items, mapping, text, whole_number
from wanflow.digest import Canonical
from wanflow.errors import StoreFault, UnknownTarget
from wanflow.messages import joined, tr
from wanflow.money import amount_from_json
from wanflow.records import mutable
from wanflow.store import atomic
from wanflow.store.atomic import ContentStamp
from wanflow.store.attempt import Attempt, Ending, JournalState, OnlineTake, OpenTask, StoredTask
from wanflow.store.layout import Store
from wanflow.store.take import Price, Take, seed_from_json

VERSION = 1
UNCERTAIN = "uncertain"
"""Value in place of a seed, for a task that may be another attempt's."""
FORGOTTEN = "UNKNOWN"
PERSON = "person"
"""Status of a task that the service does not know: the one end that may be revoked."""
PRIVATE = 0o600
"""Mode of the file: prompts and purchases are private."""


class TaskTwice(ValueError):
    """A record gives a task to a second attempt; a task belongs to one attempt."""


class Journal:
    """Appends to the journal; every method returns once its record is on disk. Raises StoreFault."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbers: dict[str, set[int]] | None = None

    def reserved(self, shots: Iterable[str]) -> frozenset[int]:
        """The take numbers that intents reserved for shots of these names, also in this run."""
        if self._numbers is None:
            self._numbers = {shot: set(numbers) for shot, numbers in read(self._store).numbers.items()}
        return frozenset().union(*(self._numbers.get(shot, ()) for shot in shots))

    def intended(self, attempt: Attempt) -> None:
        """Before the request is sent (law 2)."""
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
            "price": None if attempt.price is None else attempt.price.to_json(),
            "request": attempt.request,
        }
        self._write("intended", attempt.date, facts)

    def accepted(
        self,
        attempt: str,
        task_id: str,
        request_id: str,
        date: str,
        *,
        seed_uncertain: bool = False,
        by_person: bool = False,
    ) -> None:
        """Before the first poll (law 2); `by_person`: it was named by hand, and the service may not know it."""
        facts: dict[str, Canonical] = {"attempt": attempt, "task_id": task_id, "request_id": request_id}
        doubt = {"seed": UNCERTAIN} if seed_uncertain else {}
        self._write("accepted", date, facts | doubt | ({"by": PERSON} if by_person else {}))

    def presumed(self, attempt: str, words: str, date: str) -> None:
        """The request counts as never accepted and may be sent again; a task of it that appears later still counts."""
        self._write("presumed", date, {"attempt": attempt, "words": words})

    def declined(
        self, attempt: str, words: str, date: str, *, code: str | None = None, state: str | None = None
    ) -> None:
        """The request was certainly not accepted: it costs nothing and delivers nothing."""
        self._write("declined", date, {"attempt": attempt, "words": words, "code": code, "state": state})

    def running(self, task_id: str, date: str) -> None:
        """The service works on the task; before, it was queued."""
        self._write("running", date, {"task_id": task_id})

    def succeeded(self, task_id: str, url: str, date: str, *, service: str | None = None) -> None:
        """The service has a result at an address, which is recorded without its signature."""
        self._write("succeeded", date, {"task_id": task_id, "url": unsigned(url), "service": service})

    def stored(
        self,
        task_id: str,
        digest: str,
        date: str,
        *,
        take: Take | None = None,
        unfiled: bool = False,
        current: str | None = None,
    ) -> None:
        """The result is in the store; `take` is what lock and traces say of it, to rebuild them.

        With `unfiled` the lock's file gets it later; `current` is the request that it makes the shot's last one.
        """
        facts = None if take is None else take.to_json()
        later = {"unfiled": True, "current": current} if unfiled else {}
        self._write("stored", date, {"task_id": task_id, "digest": digest, "facts": facts, **later})

    def filed(self, tasks: Sequence[str], date: str) -> None:
        """The lock's file has the takes of these tasks."""
        self._write("filed", date, {"tasks": list(tasks)})

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
        """Earlier records of shots belong to these names from now on: `names` maps each former name to the present one.

        All names change at once.
        """
        self._write("renamed", date, {"names": dict(names)})
        self._numbers = None

    def _write(self, event: str, date: str, facts: Mapping[str, object]) -> None:
        given = {key: value for key, value in facts.items() if value is not None}
        record = {"event": event, "version": VERSION, "date": date, **given}
        atomic.append(self._store.journal, record, mode=PRIVATE)


KEPT_JOURNALS = 8
"""Maximum number of journals that a process keeps; a production has one for each provider."""


@mutable
class _KeptJournal:
    """A journal as far as it was read: its length and hash there, and what is open after these records."""

    stamp: ContentStamp
    length: int
    digest: str
    lines: int
    ends: JournalRecords
    journal_state: JournalState


_kept: dict[Path, _KeptJournal] = {}
_one_reader = Lock()


def read(store: Store) -> JournalState:
    """What is still open; raises StoreFault for a damaged journal or one of a newer wanflow.

    As long as the file is as it was, nothing is read; where records came after those that are known, only these are.
    """
    with _one_reader:
        stamp, kept = ContentStamp.of(store.journal), _kept.get(store.journal)
        if kept is not None and kept.stamp.is_surely(stamp):
            atomic.require_usable(store.journal)
            return kept.journal_state
        data = atomic.bytes_if_any(store.journal)
        if kept is None or digests.of_bytes(data[: kept.length]) != kept.digest:
            kept = None
        length = data.rfind(b"\n") + 1
        if kept is not None and length == kept.length and stamp is not None:
            kept.stamp = stamp
            return kept.journal_state
        _kept.pop(store.journal, None)  # a fault leaves nothing half read
        start, lines = (0, 0) if kept is None else (kept.length, kept.lines)
        ends = JournalRecords() if kept is None else kept.ends
        journal_state = fold(
            atomic.records_in(store.journal, data[start:length], lines), store.journal.name, ends, lines
        )
        if stamp is not None:
            while len(_kept) >= KEPT_JOURNALS:
                del _kept[next(iter(_kept))]
            more = data.count(b"\n", start, length)
            known = digests.of_bytes(data[:length])
            _kept[store.journal] = _KeptJournal(stamp, length, known, lines + more, ends, journal_state)
        return journal_state


def fold(
    records: Iterable[Mapping[str, object]],
    name: str = "journal",
    ends: JournalRecords | None = None,
    before: int = 0,
) -> JournalState:
    """What is open after a sequence of records; raises StoreFault, with the line, for one that makes no sense.

    `ends` follows the records, after the number of them that came `before`.
    """
    ends = JournalRecords() if ends is None else ends
    for number, record in enumerate(records, start=before + 1):
        try:
            refuse_newer(record, name, number)
            ends.follow(record)
        except ValueError as error:
            words = tr(
                "`{name}` is damaged at line {number}{rest}",
                name=name,
                number=number,
                rest=tr(": {error}", error=error) if isinstance(error, TaskTwice) else "",
            )
            raise StoreFault(words, hint=tr("`wanflow doctor --repair` repairs it and keeps a copy")) from error
    return ends.journal_state()


class JournalRecords:
    """What is open after some records; `follow` raises ValueError for one that makes no sense."""

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
        self._unfiled: dict[str, StoredTask] = {}

    def journal_state(self) -> JournalState:
        """What is open after the followed records."""
        return JournalState(
            tuple(self._attempts.values()),
            tuple(self._tasks.values()),
            frozenset(self._owners),
            tuple(self._endings.values()),
            dict(self._online),
            tuple(self._presumed.values()),
            tuple(self._forgotten.values()),
            {
                shot: {number: next(iter(asked.values())) for number, asked in numbers.items() if asked}
                for shot, numbers in self._numbers.items()
            },
            tuple(self._stored),
            seed_uncertain=tuple(self._seed_uncertain),
            unfiled=tuple(self._unfiled.values()),
        )

    def follow(self, record: Mapping[str, object]) -> None:
        """Follow one more record."""
        facts = Fields(record)
        match facts.read("event", text):
            case "intended":
                new = attempt_of(facts)
                asked = (new.fingerprint, new.seed)
                self._attempts[new.id] = new
                self._endings.pop(asked, None)
                self._numbers.setdefault(new.shot, {}).setdefault(new.number, {})[new.id] = asked
            case "accepted":
                self._accept(facts)
            case "declined":
                self._end(self._attempts.pop(facts.read("attempt", text), None), facts, None)
            case "presumed" if attempt := self._attempts.pop(facts.read("attempt", text), None):
                self._presumed[attempt.id] = attempt
            case "running" if task := self._found(facts):
                self._tasks[task.task_id] = replace(task, running=True)
            case "succeeded" if task := self._found(facts):
                url, service = facts.read("url", text), facts.read_if_given("service", text)
                self._tasks[task.task_id] = replace(task, url=url, ready=date_of(facts), service=service)
            case "stored" if task := self._tasks.pop(facts.read("task_id", text), None):
                self._store(task, facts)
            case "filed":
                filed = frozenset(map(text, facts.read("tasks", items)))
                self._unfiled = {name: task for name, task in self._unfiled.items() if name not in filed}
            case "renamed":
                self._rename({old: text(new) for old, new in facts.read("names", mapping).items()})
            case "ended" if task := self._found(facts):
                self._end_task(task, facts)

    def _end_task(self, task: OpenTask, facts: Fields) -> None:
        del self._tasks[task.task_id]
        if _is_forgotten(facts) and task.by_person:  # perhaps a slip: what became of the request is unknown still
            del self._owners[task.task_id]
            self._attempts[task.attempt.id] = task.attempt
            return
        if _is_forgotten(facts):
            self._forgotten[task.task_id] = task
        self._end(task.attempt, facts, task.task_id)

    def _accept(self, facts: Fields) -> None:
        task_id, name = facts.read("task_id", text), facts.read("attempt", text)
        if self._owners.get(task_id, name) != name:
            raise TaskTwice(tr("task {task_id} was accepted for another submission before", task_id=task_id))
        if task_id in self._owners:
            return  # recorded again, because its fate was unknown the first time
        given_up = self._presumed.pop(name, None)
        attempt = given_up or self._attempts.pop(name, None)
        if attempt is None:
            raise ValueError(tr("no submission is called {name}", name=decode.shown(name)))
        self._owners[task_id] = name
        if doubt := facts.read_if_valid("seed", text) == UNCERTAIN:
            self._seed_uncertain.append(attempt)
        self._tasks[task_id] = OpenTask(
            task_id,
            attempt,
            date_of(facts),
            seed_uncertain=doubt,
            late=given_up is not None,
            by_person=facts.read_if_valid("by", text) == PERSON,
        )

    def _rename(self, names: Mapping[str, str]) -> None:
        def named(attempt: Attempt) -> Attempt:
            return replace(attempt, shot=names.get(attempt.shot, attempt.shot))

        for attempts in (self._attempts, self._presumed):
            attempts.update({name: named(attempt) for name, attempt in attempts.items()})
        for tasks in (self._tasks, self._forgotten):
            tasks.update({name: replace(task, attempt=named(task.attempt)) for name, task in tasks.items()})
        self._endings = {key: replace(end, attempt=named(end.attempt)) for key, end in self._endings.items()}
        self._stored = [replace(task, attempt=named(task.attempt)) for task in self._stored]
        self._unfiled = {name: replace(task, attempt=named(task.attempt)) for name, task in self._unfiled.items()}
        self._seed_uncertain = [named(attempt) for attempt in self._seed_uncertain]
        numbers = self._numbers
        self._numbers = {}
        for shot, reserved in numbers.items():
            mine = self._numbers.setdefault(names.get(shot, shot), {})
            for number, asked in reserved.items():
                mine.setdefault(number, {}).update(asked)

    def _found(self, facts: Fields) -> OpenTask | None:
        """The open task of a record; a task that the service had forgotten is open again after such a record."""
        task_id = facts.read("task_id", text)
        if back := self._forgotten.pop(task_id, None):
            self._tasks[task_id] = replace(back, late=True)
        return self._tasks.get(task_id)

    def _store(self, task: OpenTask, facts: Fields) -> None:
        digest, known = facts.read("digest", digests.from_json), facts.read_if_given("facts", mapping)
        cost = Fields(known or {}).read_if_valid("cost", amount_from_json)
        current = facts.read_if_given("current", text)
        stored = StoredTask(
            task.task_id, task.attempt, digest, date_of(facts), task.seed_uncertain, known, cost, current
        )
        self._stored.append(stored)
        if facts.says("unfiled"):
            self._unfiled[task.task_id] = stored
        if task.ready is not None and task.service is not None:
            self._online[digest] = OnlineTake(task.task_id, task.ready, task.service)

    def _end(self, attempt: Attempt | None, facts: Fields, task_id: str | None) -> None:
        if attempt is None:
            return
        if not _is_forgotten(facts):
            self._numbers[attempt.shot][attempt.number].pop(attempt.id, None)
        code, state = (facts.read_if_given(key, text) for key in ("code", "state"))
        ending = Ending(attempt, facts.read("words", text), date_of(facts), code, task_id, state)
        self._endings[attempt.fingerprint, attempt.seed] = ending


def _is_forgotten(facts: Fields) -> bool:
    return facts.read_if_valid("status", text) == FORGOTTEN


def date_of(facts: Fields) -> str:
    """The date of a record; long ago where it cannot be read, so that nothing is waited for or sent again by it."""
    return facts.read_if_valid("date", timebase.date_from_json) or timebase.LONG_AGO


def attempt_of(facts: Fields) -> Attempt:
    """The attempt of an `intended` record; raises ValueError for one that makes no sense.

    An unreadable price is unknown, and an unreadable date long ago: without the record its task would be lost.
    """
    return Attempt(
        id=facts.read("attempt", text),
        shot=facts.read("shot", text),
        number=facts.read("take", whole_number),
        model=facts.read("model", text),
        fingerprint=facts.read("fingerprint", digests.from_json),
        seed=facts.read("seed", seed_from_json),
        recipe=facts.read("recipe", digests.canonical_from_json),
        date=date_of(facts),
        price=facts.read_if_valid("price", Price.from_json),
        request=facts.read_if_given("request", text),
    )


def unsigned(url: str) -> str:
    """An address without its signature, so that its readers cannot fetch it."""
    return url.partition("?")[0].partition("#")[0]


def refuse_newer(record: Mapping[str, object], name: str, number: int | None = None) -> None:
    """Raise StoreFault for a record of a version that this wanflow does not know; every older one is readable.

    Raises ValueError for a record without a version.
    """
    if Fields(record).read("version", whole_number) > VERSION:
        line = tr(" at line {number}", number=number) if number else ""
        raise StoreFault(tr("`{name}` has a newer version{line}", name=name, line=line), hint=tr("update wanflow"))


def unknown_fate_of(journal_state: JournalState, shot: str, take: int | None = None) -> Attempt:
    """The one submission of unknown fate of a shot; raises UnknownTarget where there is none, or more than one."""
    mine = [
        attempt for attempt in journal_state.unknown_fate if attempt.shot == shot and take in {None, attempt.number}
    ]
    if len(mine) == 1:
        return mine[0]
    if mine:
        numbers = joined(", ", (f"`--take {attempt.number}`" for attempt in mine))
        raise UnknownTarget(
            tr("`{shot}` has several submissions of unknown fate", shot=shot),
            hint=tr("choose one: {numbers}", numbers=numbers),
        )
    others = sorted({f"`{attempt.shot}`" for attempt in journal_state.unknown_fate})
    hint = tr("these have: {others}", others=joined(", ", others)) if others else tr("there is nothing to decide")
    raise UnknownTarget(tr("`{shot}` has no submission of unknown fate", shot=shot), hint=hint)
