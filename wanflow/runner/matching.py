"""Match lost submissions with tasks of the service's list; pure (cli.md, Submissions of unknown fate)."""

from __future__ import annotations

import math
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

import anyio

from wanflow.messages import tr
from wanflow.providers.faults import ServiceFault
from wanflow.providers.protocol import TaskState, TaskStatus, TaskSummary, WaitingClient
from wanflow.records import immutable
from wanflow.store.attempt import Attempt

SKEW = timedelta(minutes=5)
"""Largest difference between two clocks although the service sent its own; an earlier task is not ours."""

NOTHING_OWED = frozenset({TaskStatus.FAILED, TaskStatus.CANCELED})
"""Ends of tasks that are not charged (service.md 6), so that their owner does not matter."""


@immutable
class Candidate:
    """A task that the journal does not know, as it was last seen; the prompt is known of a success only.

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
        """Whether its prompt may still become known."""
        return not self.status.final


@immutable
class MatchResult:
    """What a snapshot shows of one lost submission: its task, the possible ones, or why none can be given.

    `seed_uncertain`: the task is of this request, perhaps with the seed of another attempt. `waits`: tasks have its
    prompt, and one of them may belong to a submission whose reply is awaited. Without any of these no task of the
    snapshot is that of the submission.
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
    """What one snapshot of a model's list shows of each lost submission, by its id.

    Each task is given to at most one attempt and each attempt gets at most one task, oldest to oldest by the service's
    own clock; the order of the arguments makes no difference. If more tasks have the prompt of some attempts than
    attempts were lost, none of them gets any.

    `lost` are all attempts of the model that are looked for, `candidates` its tasks without a known owner, `sending`
    the attempts whose replies may still name one of these. One may belong to a `kin` attempt with the same prompt,
    which is not looked for itself: then the seed is uncertain as well.
    """
    found: dict[str, MatchResult] = {}
    groups: dict[tuple[str, tuple[str, ...]], list[Attempt]] = {}
    for attempt in sorted(lost, key=_age):
        groups.setdefault(_key(attempt), []).append(attempt)
    for group in groups.values():
        found |= _match_alike(group, candidates, now, alike(sending, group[0]), alike(kin, group[0]))
    return found


def prompt_of(attempt: Attempt) -> str:
    """The prompt of an attempt."""
    asked = attempt.recipe
    return str(asked.get("prompt") or "") if isinstance(asked, Mapping) else ""


def alike(attempts: Iterable[Attempt], attempt: Attempt) -> list[Attempt]:
    """The attempts that the list cannot tell from one: same model, same prompt; oldest first."""
    return sorted((other for other in attempts if _key(other) == _key(attempt)), key=_age)


def earliest(attempt: Attempt, now: datetime) -> datetime | None:
    """The earliest moment, by this machine's clock, at which an attempt can have been accepted.

    None if the clock was set back since: then the attempt's date proves nothing.
    """
    date = datetime.fromisoformat(attempt.date)
    return date - SKEW if date <= now else None


def may_be(one: Candidate, attempt: Attempt, now: datetime) -> bool:
    """Whether a task is young enough to be that of an attempt, and matters to the account."""
    began = earliest(attempt, now)
    return one.status not in NOTHING_OWED and (began is None or one.created >= began + one.ahead)


def _match_alike(
    group: Sequence[Attempt],
    candidates: Collection[Candidate],
    now: datetime,
    sending: Sequence[Attempt],
    kin: Sequence[Attempt],
) -> dict[str, MatchResult]:
    """Give the tasks with the prompt of some attempts to these attempts."""
    words = _words(prompt_of(group[0]))
    possible = {attempt.id: _possible(attempt, candidates, now) for attempt in group}
    if not words:
        doubt = tr("it has no prompt, by which alone its task can be found")
        return {name: MatchResult(maybe=tasks, doubt=doubt) for name, tasks in possible.items()}
    known = {one for one in chain(*possible.values()) if one.prompt is not None and _words(one.prompt) == words}
    same = tuple(sorted(known, key=_creation))
    if same and sending:
        return dict.fromkeys(possible, MatchResult(waits=True))
    pairs = _pair(same, group, now)
    undecided = _doubt(group, same, pairs)
    if undecided:
        return dict.fromkeys(possible, MatchResult(maybe=same, doubt=undecided))
    uncertain = len({attempt.seed for attempt in (*group, *kin)}) > 1
    given = {name: MatchResult(task=one, seed_uncertain=uncertain) for name, one in pairs.items()}
    return {name: given.get(name) or _unmatched(tasks) for name, tasks in possible.items()}


def _possible(attempt: Attempt, candidates: Collection[Candidate], now: datetime) -> tuple[Candidate, ...]:
    """The tasks that may be that of an attempt, oldest first."""
    return tuple(sorted((one for one in candidates if may_be(one, attempt, now)), key=_creation))


def _doubt(group: Sequence[Attempt], same: Sequence[Candidate], pairs: Mapping[str, Candidate]) -> str | None:
    """Why the tasks with the same prompt cannot be given to the attempts; None where they can."""
    if same and len({attempt.fingerprint for attempt in group}) > 1:
        return tr("several requests with the same prompt got lost")
    return tr("more tasks have its prompt than were lost") if len(pairs) < len(same) else None


def _pair(tasks: Sequence[Candidate], attempts: Sequence[Attempt], now: datetime) -> dict[str, Candidate]:
    """Give each task, oldest first, to the oldest attempt without one that it can belong to.

    No other pairing has more pairs: an attempt that an older task can belong to, a younger one can as well.
    """
    pairs: dict[str, Candidate] = {}
    for one in tasks:
        free = (attempt for attempt in attempts if attempt.id not in pairs and may_be(one, attempt, now))
        if owner := next(free, None):
            pairs[owner.id] = one
    return pairs


def _unmatched(possible: Sequence[Candidate]) -> MatchResult:
    """The result of an attempt that got no task."""
    running = tuple(one for one in possible if one.running)
    mute = tuple(one for one in possible if one.prompt is None and not one.running)
    if mute and not running:
        return MatchResult(maybe=mute, doubt=tr("the prompt of these tasks is unknown"))
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
    """The tasks of a model that any list call of this run showed, and their states by polls.

    `reach` is how far back the list goes: an older task cannot be looked up any more.
    """

    def __init__(self, service: WaitingClient, model: str, reach: timedelta) -> None:
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
        """Whether no call since then, in seconds of anyio's clock, showed a task that each call has to show.

        These are the `expected` ones, and all within the list's reach that any call showed.
        """
        recent = (row.task_id for row in self._rows.values() if row.created >= now - self._reach + row.ahead)
        return any(self._shown.get(task_id, -math.inf) < since for task_id in (*expected, *recent))

    async def ask_successes(self, known: Container[str], since: datetime | None) -> None:
        """Poll the tasks that succeeded `since` then and are not `known` for their prompts; raises ServiceFault."""
        for row in [row for row in self._rows.values() if row.status is TaskStatus.SUCCEEDED]:
            said = self._said.get(row.task_id)
            young = since is None or row.created >= since + row.ahead
            if row.task_id not in known and young and (said is None or said.status is not TaskStatus.SUCCEEDED):
                self._said[row.task_id] = await self._service.poll(row.task_id)

    async def watch(self, task_ids: Collection[str], seconds: float | None) -> None:
        """Wait until the first of these is done and its prompt known, for at most `seconds`.

        Raises ServiceFault where one cannot be polled.
        """
        trouble: list[ServiceFault] = []
        with anyio.move_on_after(seconds):
            async with anyio.create_task_group() as group:

                async def look(task_id: str) -> None:
                    try:
                        self._said[task_id] = await self._service.wait_until_done(task_id)
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
    """A task by its poll, unless the list has shown its end since."""
    ended = row.status.final and row.status is not TaskStatus.SUCCEEDED
    if said is None or (ended and not said.status.final):
        return Candidate(row.task_id, row.request_id, row.created, row.status, None, ahead)
    return Candidate(row.task_id, row.request_id, row.created, said.status, said.prompt, ahead)
