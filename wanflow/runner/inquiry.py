"""What became of submissions whose answers were lost: looked up, watched, adopted, never guessed (law 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import anyio

from wanflow import timing
from wanflow.runner.candidates import Candidate, Finding, alike, began, candidate, find
from wanflow.service.fault import ServiceFault, Unauthorised, UnknownFate
from wanflow.service.port import TaskStatus, TaskSummary, VideoService
from wanflow.store.journal import Attempt, Diary, Journal, OpenTask
from wanflow.timing import GRACE_SECONDS

REACH = timedelta(hours=23, minutes=45)
"""The list shows the tasks of 24 hours (api.md 4.5); an older attempt can't be looked up any more."""
WIRE_SECONDS = 900
"""So long after its intent a request may still be on its way: limits, throttling and a slow network are in it."""
LOOK_SECONDS = 5
LAG_SECONDS = 600
"""A list that misses tasks that we know of is waited for, but not for ever."""


@dataclass(frozen=True, slots=True)
class Grace:
    """When a submission that the list doesn't show counts as not accepted: after `seconds`, or never by itself."""

    seconds: float = GRACE_SECONDS
    resubmit: bool = True


@dataclass(slots=True)
class Inquiry:
    """All that one run knows of the service's tasks: which are ours, and which submissions got lost.

    `known` are the tasks on record and `witnesses` those that a working list has to show, with their models and when
    they were accepted; `lost` are attempts whose answers were lost, also when they were found since, `presumed` those
    that count as never accepted, `fresh` those of this run; `sending` are on the wire just now.
    """

    service: VideoService
    journal: Journal
    clock: Callable[[], datetime]
    grace: Grace
    known: set[str] = field(default_factory=set)
    witnesses: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    lost: dict[str, Attempt] = field(default_factory=dict)
    presumed: dict[str, Attempt] = field(default_factory=dict)
    sending: dict[str, Attempt] = field(default_factory=dict)
    fresh: list[Attempt] = field(default_factory=list)
    _found: dict[str, str] = field(default_factory=dict)
    _heard: dict[str, Candidate] = field(default_factory=dict)
    _settled: dict[str, OpenTask | None] = field(default_factory=dict)
    _turns: defaultdict[str, anyio.Lock] = field(default_factory=lambda: defaultdict(anyio.Lock))

    @contextmanager
    def on_the_wire(self, attempt: Attempt) -> Iterator[None]:
        """While an attempt's answer is awaited its task may be in the list already, and be nobody else's."""
        self.sending[attempt.id] = attempt
        try:
            yield
        finally:
            del self.sending[attempt.id]

    def accept(self, attempt: Attempt, task_id: str, request_id: str, *, seed_uncertain: bool = False) -> OpenTask:
        """Write down, before anything is asked of it, that a task is that of an attempt (law 2); raises StoreFault."""
        now = self.clock()
        stamp = timing.stamp(now)
        self.journal.accepted(attempt.id, task_id, request_id, stamp, seed_uncertain=seed_uncertain)
        self.known.add(task_id)
        self.witnesses[task_id] = (attempt.model, now)
        return OpenTask(task_id, attempt, stamp, seed_uncertain=seed_uncertain)

    async def glance(self, attempt: Attempt) -> OpenTask | None:
        """Look for the task of a lost submission without waiting for anything, and write down what is clear by now.

        Raises ServiceFault where the list can't be read.
        """
        self.lost[attempt.id] = attempt
        rows = await self.service.list(attempt.model)
        finding = await self._find(attempt, rows, self.lost)
        if finding.task is not None and not self._crowded(attempt):
            return self._adopt(attempt, finding)
        clear = not (finding.maybe or finding.doubt or finding.task or self._left(attempt))
        if clear and not self._forbidden(attempt) and not self._misses(attempt, rows):
            self._presume(attempt)
        return None

    async def settle(self, attempt: Attempt) -> OpenTask | None:
        """Find the task of a lost submission, however long its candidates run; None where it surely has none.

        Who asks again gets the same answer. Raises UnknownFate where only a person can tell, Unauthorised where the key
        is refused.
        """
        async with self._turns[attempt.id]:
            if attempt.id not in self._settled:
                self._settled[attempt.id] = await self._settle(attempt)
        return self._settled[attempt.id]

    async def _settle(self, attempt: Attempt) -> OpenTask | None:
        self.lost[attempt.id] = attempt
        ends = anyio.current_time() + self._left(attempt)
        while True:
            asked, rows = anyio.current_time(), await self._list(attempt)
            finding = await self._find_or_doubt(attempt, rows)
            if finding.doubt:
                raise self._undecided(attempt, finding)
            if finding.task is not None and not self._crowded(attempt):
                return self._adopt(attempt, finding)
            if finding.maybe:
                await self._watch(attempt, finding.maybe)
            elif asked >= ends and finding.task is None and self._absent(attempt, rows, asked - ends):
                self._presume(attempt)
                return None
            else:
                await anyio.sleep(min(LOOK_SECONDS, ends - asked) if asked < ends else LOOK_SECONDS)

    async def latecomer(self, attempt: Attempt, *, wait: bool) -> OpenTask | None:
        """The task of a presumed attempt, which the list did not show in time; its film was paid for as well.

        With `wait` tasks that may be it are watched to their end. Raises ServiceFault where one can't be asked.
        """
        while not self._open_rivals(attempt):
            rows = await self.service.list(attempt.model)
            finding = await self._find(attempt, rows, self.presumed)
            if finding.task is not None and finding.task.task_id not in self._found:
                return self._adopt(attempt, finding)
            if not wait or not finding.maybe or finding.doubt:
                break
            await self._watch(attempt, finding.maybe)
        return None

    def _open_rivals(self, attempt: Attempt) -> bool:
        """Whether attempts that the list can't tell from it are still looked for: a task is theirs first."""
        found = self._found.values()
        return bool(alike([other for other in self.lost.values() if other.id not in found], attempt))

    def _left(self, attempt: Attempt) -> float:
        """Seconds of grace that an attempt still has from now on: all of it, or none where it was sent long ago.

        Its date is that of the intent: afterwards it may have waited for its turn, been throttled, been on the wire.
        """
        age = (self.clock() - datetime.fromisoformat(attempt.date)).total_seconds()
        return 0.0 if age > WIRE_SECONDS + self.grace.seconds else self.grace.seconds

    def _crowded(self, attempt: Attempt) -> bool:
        """Whether others that the list can't tell from it are on the wire: a task may be theirs."""
        return len(alike([*self.sending.values()], attempt)) > 0

    def _absent(self, attempt: Attempt, rows: Sequence[TaskSummary], late: float) -> bool:
        """Whether a list without a task of an attempt may be believed; raises UnknownFate where it never may."""
        missing = self._misses(attempt, rows)
        lagging = "the service's list misses tasks that are on record" if missing and late > LAG_SECONDS else None
        doubt = self._forbidden(attempt) or lagging
        if doubt:
            raise self._undecided(attempt, Finding(doubt=doubt))
        return not missing

    def _forbidden(self, attempt: Attempt) -> str | None:
        """Why an attempt may never count as not accepted, whatever the list shows; None where it may."""
        if self.clock() - datetime.fromisoformat(attempt.date) > REACH:
            return "it is older than the service's list"
        return None if self.grace.resubmit else "`--resubmit never` forbids to send it again"

    def _misses(self, attempt: Attempt, rows: Sequence[TaskSummary]) -> bool:
        """Whether a list misses tasks that it would show by now if it worked: that ours isn't there means nothing."""
        now, shown = self.clock(), {row.task_id for row in rows}
        due = timedelta(seconds=self.grace.seconds)
        return any(
            model == attempt.model and name not in shown and due <= now - accepted <= REACH
            for name, (model, accepted) in self.witnesses.items()
        )

    def _presume(self, attempt: Attempt) -> None:
        words = "not in the service's list"
        self.journal.presumed(attempt.id, words, timing.stamp(self.clock()))
        self.presumed[attempt.id] = self.lost.pop(attempt.id)
        self.fresh.append(attempt)

    def _adopt(self, attempt: Attempt, finding: Finding) -> OpenTask:
        if finding.task is None:
            raise ValueError(f"nothing found for {attempt.id}")
        found = finding.task
        self._found[found.task_id] = attempt.id
        self.presumed.pop(attempt.id, None)
        return self.accept(attempt, found.task_id, found.request_id, seed_uncertain=finding.seed_uncertain)

    async def _list(self, attempt: Attempt) -> Sequence[TaskSummary]:
        try:
            return await self.service.list(attempt.model)
        except Unauthorised:
            raise
        except ServiceFault as fault:
            raise self._undecided(attempt, Finding(doubt=f"the service's list can't be read: {fault}")) from fault

    async def _find_or_doubt(self, attempt: Attempt, rows: Sequence[TaskSummary]) -> Finding:
        try:
            return await self._find(attempt, rows, self.lost)
        except Unauthorised:
            raise
        except ServiceFault as fault:
            return Finding(doubt=f"a task that may be it can't be asked: {fault}")

    async def _find(self, attempt: Attempt, rows: Sequence[TaskSummary], lost: Mapping[str, Attempt]) -> Finding:
        strangers = [row for row in rows if row.task_id in self._found or row.task_id not in self.known]
        for row in strangers:
            if row.status is TaskStatus.SUCCEEDED and row.created >= began(attempt, self.clock()):
                await self._hear(row)
        candidates = [self._heard.get(row.task_id) or candidate(row, None) for row in strangers]
        return find(attempt, [*lost.values()], [*self.presumed.values()], candidates, self.clock())

    async def _hear(self, row: TaskSummary) -> None:
        if row.task_id not in self._heard:
            self._heard[row.task_id] = candidate(row, await self.service.poll(row.task_id))

    async def _watch(self, attempt: Attempt, candidates: Sequence[Candidate]) -> None:
        """Wait until the first of the candidates is done and says what it was asked."""
        trouble: list[ServiceFault] = []
        async with anyio.create_task_group() as group:

            async def look(one: Candidate) -> None:
                try:
                    state = await self.service.settled(one.task_id)
                except ServiceFault as fault:
                    trouble.append(fault)
                else:
                    row = TaskSummary(one.task_id, state.status, attempt.model, one.created, one.request_id)
                    self._heard[one.task_id] = candidate(row, state)
                group.cancel_scope.cancel()

            for one in candidates:
                group.start_soon(look, one)
        for fault in trouble:
            if isinstance(fault, Unauthorised):
                raise fault
            doubt = f"a task that may be it can't be asked: {fault}"
            raise self._undecided(attempt, Finding(maybe=tuple(candidates), doubt=doubt)) from fault

    def _undecided(self, attempt: Attempt, finding: Finding) -> UnknownFate:
        """Each task that may be the one, with its time and state (cli.md, last table)."""
        words = f"what became of a submission to `{attempt.model}` for `{attempt.shot}` is unknown: {finding.doubt}"
        rows = [f"{one.task_id} ({one.created:%Y-%m-%d %H:%M:%S} UTC, {one.status})" for one in finding.maybe]
        told = f"{words}; tasks that may be it: {', '.join(rows)}" if rows else words
        return UnknownFate(told, hint=ways_out(attempt))


def open_inquiry(
    service: VideoService, journal: Journal, clock: Callable[[], datetime], grace: Grace, have: Diary
) -> Inquiry:
    """An inquiry that knows what the journal has."""
    witnesses = {task.task_id: (task.attempt.model, datetime.fromisoformat(task.accepted)) for task in have.open}
    lost = {attempt.id: attempt for attempt in have.adrift}
    # one that the list can't show any more must not claim a task that shows up for a later one with its words
    recent = (attempt for attempt in have.presumed if clock() - datetime.fromisoformat(attempt.date) <= REACH)
    presumed = {attempt.id: attempt for attempt in recent}
    return Inquiry(service, journal, clock, grace, set(have.known), witnesses, lost, presumed)


def ways_out(attempt: Attempt) -> str:
    """How a person decides what became of a submission whose answer was lost."""
    words = f"wanflow resolve {attempt.shot} --take {attempt.number}"
    return (
        f"`wanflow run` looks it up again; or decide: `{words} --adopt TASK_ID`, or `--resubmit` if it was not accepted"
    )
