"""Match lost submissions with tasks of the service's list; pure (cli.md, Submissions of unknown fate)."""

from __future__ import annotations

import math
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import anyio

from wanflow.providers.faults import ServiceFault
from wanflow.providers.protocol import ProviderClient, TaskState, TaskStatus, TaskSummary
from wanflow.store.attempt import Attempt

SKEW = timedelta(minutes=5)
"""So far clocks may be apart although the service said its own; an earlier task is not ours."""

NOTHING_OWED = frozenset({TaskStatus.FAILED, TaskStatus.CANCELED})
"""Ends of tasks that are not charged (service.md 6), so it does not matter whose task it was."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A task that the journal doesn't know, as it was last seen; the service says the prompt of a success only.

    `created` and `ahead` are as in `TaskSummary`.
    """

    task_id: str
    request_id: str
    created: datetime
    status: TaskStatus
    prompt: str | None = None
    ahead: timedelta = timedelta()

    @property
    def running(self) -> bool:
        """Whether it may still say whose it is."""
        return not self.status.final


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What a snapshot says of one lost submission: the task that it is, those that may be it, or why it is not known.

    `seed_uncertain`: the task answers the request, perhaps with the seed of another attempt. `waits`: tasks have its
    words, and one of them may belong to a submission that is on the wire. Without any of these no task of the snapshot
    is the submission.
    """

    task: Candidate | None = None
    seed_uncertain: bool = False
    maybe: tuple[Candidate, ...] = ()
    doubt: str | None = None
    waits: bool = False


def match(
    lost: Collection[Attempt],
    candidates: Collection[Candidate],
    now: datetime,
    *,
    sending: Collection[Attempt] = (),
    kin: Collection[Attempt] = (),
) -> dict[str, MatchResult]:
    """What one snapshot of a model's list says of each lost submission, by its id.

    Each task is given to at most one attempt and each attempt gets at most one task, oldest to oldest by the service's
    own clock; the order of the arguments makes no difference. Where more tasks have the words of some attempts than
    attempts were lost, none of them gets any.

    `lost` are all attempts of the model that are looked for, `candidates` its tasks that nothing explains, `sending`
    the attempts whose answers may still name one of these. One of them may be that of a `kin` attempt with the same
    words, which is not looked for itself: then its seed is uncertain as well.
    """
    found: dict[str, MatchResult] = {}
    for group in _groups(lost):
        found |= _match_alike(group, candidates, now, alike(sending, group[0]), alike(kin, group[0]))
    return found


def prompt_of(attempt: Attempt) -> str:
    """The words that an attempt asked with."""
    asked = attempt.recipe
    return str(asked.get("prompt") or "") if isinstance(asked, Mapping) else ""


def alike(attempts: Iterable[Attempt], attempt: Attempt) -> list[Attempt]:
    """The attempts that the list can't tell from one: same model, same words; oldest first."""
    return sorted((other for other in attempts if _key(other) == _key(attempt)), key=_age)


def earliest(attempt: Attempt, now: datetime) -> datetime | None:
    """The earliest moment, by this machine's clock, at which an attempt can have been accepted.

    None where the clock was set back since: then the attempt's date says nothing.
    """
    date = datetime.fromisoformat(attempt.date)
    return date - SKEW if date <= now else None


def may_be(one: Candidate, attempt: Attempt, now: datetime) -> bool:
    """Whether a task is young enough to be that of an attempt, and matters to the account."""
    began = earliest(attempt, now)
    return one.status not in NOTHING_OWED and (began is None or one.created >= began + one.ahead)


def _groups(attempts: Iterable[Attempt]) -> Iterator[list[Attempt]]:
    """Attempts that the list can't tell from each other, together; oldest first."""
    groups: dict[tuple[str, tuple[str, ...]], list[Attempt]] = {}
    for attempt in sorted(attempts, key=_age):
        groups.setdefault(_key(attempt), []).append(attempt)
    yield from groups.values()


def _match_alike(
    group: Sequence[Attempt],
    candidates: Collection[Candidate],
    now: datetime,
    sending: Sequence[Attempt],
    kin: Sequence[Attempt],
) -> dict[str, MatchResult]:
    """Share the tasks with the words of some attempts out among them."""
    words = _words(prompt_of(group[0]))
    possible = {
        attempt.id: tuple(sorted((one for one in candidates if may_be(one, attempt, now)), key=_creation))
        for attempt in group
    }
    if not words:
        doubt = "it has no prompt, by which alone its task could be told"
        return {name: MatchResult(maybe=tasks, doubt=doubt) for name, tasks in possible.items()}
    said = {one for tasks in possible.values() for one in tasks if one.prompt is not None}
    same = tuple(sorted((one for one in said if _words(one.prompt or "") == words), key=_creation))
    pairs = _pair(same, group, now)
    if same and sending:
        return {attempt.id: MatchResult(waits=True) for attempt in group}
    if same and len({attempt.fingerprint for attempt in group}) > 1:
        doubt = "several requests with the same words got lost"
        return {attempt.id: MatchResult(maybe=same, doubt=doubt) for attempt in group}
    if len(pairs) < len(same):
        doubt = "more tasks have its words than were lost"
        return {attempt.id: MatchResult(maybe=same, doubt=doubt) for attempt in group}
    uncertain = len({attempt.seed for attempt in (*group, *kin)}) > 1
    given = {name: MatchResult(task=one, seed_uncertain=uncertain) for name, one in pairs.items()}
    return {name: given.get(name) or _unmatched(tasks) for name, tasks in possible.items()}


def _pair(tasks: Sequence[Candidate], attempts: Sequence[Attempt], now: datetime) -> dict[str, Candidate]:
    """Give each task, oldest first, to the oldest attempt that has none and that it is young enough for.

    No other pairing has more pairs: whatever an older task is young enough for, a younger one is.
    """
    pairs: dict[str, Candidate] = {}
    for one in tasks:
        free = (attempt for attempt in attempts if attempt.id not in pairs and may_be(one, attempt, now))
        if owner := next(free, None):
            pairs[owner.id] = one
    return pairs


def _unmatched(possible: Sequence[Candidate]) -> MatchResult:
    """What is left for an attempt that no task with its words was given to."""
    running = tuple(one for one in possible if one.running)
    mute = tuple(one for one in possible if one.prompt is None and not one.running)
    if mute and not running:
        return MatchResult(maybe=mute, doubt="the service does not say what these tasks were asked")
    return MatchResult(maybe=running)


def _key(attempt: Attempt) -> tuple[str, tuple[str, ...]]:
    return attempt.model, _words(prompt_of(attempt))


def _words(prompt: str) -> tuple[str, ...]:
    """A prompt without its white space, which the service may change."""
    return tuple(prompt.split())


def _age(attempt: Attempt) -> tuple[str, int, str]:
    """A key that sorts attempts oldest first; those of one second go by their take."""
    return attempt.date, attempt.number, attempt.id


def _creation(one: Candidate) -> tuple[datetime, str]:
    return one.created, one.task_id


class TaskList:
    """The tasks of a model that any call of this run showed, and what they said when they were asked themselves.

    `reach` is how far back the list goes: an older task cannot be looked up any more.
    """

    def __init__(self, service: ProviderClient, model: str, reach: timedelta) -> None:
        self._reach = reach
        self._service = service
        self._model = model
        self._rows: dict[str, TaskSummary] = {}
        self._said: dict[str, TaskState] = {}
        self._shown: dict[str, float] = {}

    async def read(self) -> None:
        """Call the list; raises ServiceFault."""
        asked = anyio.current_time()
        for row in await self._service.list(self._model):
            if row.task_id:
                known = self._rows.get(row.task_id, row)
                status = known.status if known.status.final else row.status
                self._rows[row.task_id] = replace(row, created=known.created, status=status)
                self._shown[row.task_id] = asked

    def misses(self, expected: Collection[str], now: datetime, since: float) -> bool:
        """Whether no call since then, in seconds of anyio's clock, showed a task that one has to show.

        These are the `expected` ones, and all that any call showed and that the list still reaches back to.
        """
        recent = (row.task_id for row in self._rows.values() if row.created >= now - self._reach + row.ahead)
        return any(self._shown.get(task_id, -math.inf) < since for task_id in (*expected, *recent))

    async def ask_successes(self, known: Container[str], since: datetime | None) -> None:
        """Ask the tasks that succeeded `since` then, and that are not `known`, for their words; raises ServiceFault."""
        for row in [row for row in self._rows.values() if row.status is TaskStatus.SUCCEEDED]:
            said = self._said.get(row.task_id)
            young = since is None or row.created >= since + row.ahead
            if row.task_id not in known and young and (said is None or said.status is not TaskStatus.SUCCEEDED):
                self._said[row.task_id] = await self._service.poll(row.task_id)

    async def watch(self, task_ids: Collection[str], seconds: float | None) -> None:
        """Wait until the first of these is done and says what it was asked, or for so many `seconds` at most.

        Raises ServiceFault where one can't be asked.
        """
        trouble: list[ServiceFault] = []
        with anyio.move_on_after(seconds):
            async with anyio.create_task_group() as group:

                async def look(task_id: str) -> None:
                    try:
                        self._said[task_id] = await self._service.settled(task_id)
                    except ServiceFault as fault:
                        trouble.append(fault)
                    group.cancel_scope.cancel()

                for task_id in task_ids:
                    group.start_soon(look, task_id)
        for fault in trouble:
            raise fault

    def candidates(self, known: Container[str]) -> list[Candidate]:
        """The tasks that are not `known`, each as it was last seen."""
        rows = [row for row in self._rows.values() if row.task_id not in known]
        ahead = min((row.ahead for row in rows), default=timedelta())
        return [_candidate(row, self._said.get(row.task_id), ahead) for row in rows]


def _candidate(row: TaskSummary, said: TaskState | None, ahead: timedelta) -> Candidate:
    """What a task said itself counts, unless the list has seen it end since."""
    ended = row.status.final and row.status is not TaskStatus.SUCCEEDED
    if said is None or (ended and not said.status.final):
        return Candidate(row.task_id, row.request_id, row.created, row.status, None, ahead)
    return Candidate(row.task_id, row.request_id, row.created, said.status, said.prompt, ahead)
