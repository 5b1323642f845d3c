"""Submissions whose replies were lost: looked up, watched, adopted, never guessed (law 3)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from datetime import datetime, timedelta

import anyio

from wanflow import timebase
from wanflow.messages import joined, tr
from wanflow.providers.faults import ServiceFault, Unauthorised, UnknownFate
from wanflow.providers.protocol import WaitingClient
from wanflow.records import immutable, mutable
from wanflow.runner.matching import Candidate, MatchResult, TaskList, alike, earliest, match
from wanflow.store.attempt import Attempt, JournalState, OpenTask
from wanflow.store.journal import Journal
from wanflow.timebase import GRACE_SECONDS

LOOK_SECONDS = 5
LAG_SECONDS = 600
"""Seconds after which a list that misses known tasks is given up."""
TOO_OLD = tr("it is older than the provider's list")
NO_LIST = tr("its provider has no list of tasks")


@immutable
class LookupPolicy:
    """When a submission that the list does not show counts as not accepted: after `seconds`, or never by itself.

    `reach` is how far back the list goes, None where the provider has no list: then only a person can decide.
    """

    reach: timedelta | None
    seconds: float = GRACE_SECONDS
    resubmit: bool = True

    def reaches(self, attempt: Attempt, now: datetime) -> bool:
        """Whether the list may still show the task of an attempt."""
        return self.reach is not None and now - datetime.fromisoformat(attempt.date) <= self.reach


@immutable
class ListSnapshot:
    """One snapshot of a model's list, with its result for every attempt that was looked for when it was taken.

    `asked` is when, in seconds of anyio's clock. `misses`: for a whole grace the list did not show a task that it has
    to show, so that it may hide another one as well. With a `fault` the snapshot could not be taken; `doubt` says why.
    """

    number: int
    asked: float
    findings: Mapping[str, MatchResult] = field(default_factory=dict)
    misses: bool = False
    fault: ServiceFault | None = None
    doubt: str | None = None


@mutable
class LostSubmissions:
    """All that one run knows of the provider's tasks: which are ours, and which submissions got lost.

    `owners` are the tasks on record, each with the attempt that it belongs to, empty for those of earlier runs.
    `witnesses` are tasks that a working list has to show, with their models and when they were accepted. `lost` are
    attempts that are looked for, `presumed` those that count as never accepted, `fresh` those of this run; `sending`
    are on the wire just now. `uncertain` are attempts that got a task which may as well be that of another one.
    """

    service: WaitingClient
    journal: Journal
    clock: Callable[[], datetime]
    grace: LookupPolicy
    owners: dict[str, str] = field(default_factory=dict)
    witnesses: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    lost: dict[str, Attempt] = field(default_factory=dict)
    presumed: dict[str, Attempt] = field(default_factory=dict)
    uncertain: list[Attempt] = field(default_factory=list)
    sending: dict[str, Attempt] = field(default_factory=dict)
    fresh: list[Attempt] = field(default_factory=list)
    _matched: dict[str, MatchResult] = field(default_factory=dict)
    _adopted: dict[str, OpenTask] = field(default_factory=dict)
    _decided: dict[str, OpenTask | None] = field(default_factory=dict)
    _turns: defaultdict[str, anyio.Lock] = field(default_factory=lambda: defaultdict(anyio.Lock))
    _lists: dict[str, TaskList] = field(default_factory=dict)
    _looking: defaultdict[str, anyio.Lock] = field(default_factory=lambda: defaultdict(anyio.Lock))
    _begun: Counter[str] = field(default_factory=Counter)
    _newest: dict[str, ListSnapshot] = field(default_factory=dict)

    @contextmanager
    def on_the_wire(self, attempt: Attempt) -> Iterator[None]:
        """Mark an attempt whose reply is awaited: its task may be in the list already."""
        self.sending[attempt.id] = attempt
        try:
            yield
        finally:
            del self.sending[attempt.id]

    def lose(self, attempt: Attempt) -> None:
        """Note that the reply to an attempt got lost: from now on its task is looked for."""
        if attempt.id not in self._adopted and attempt.id not in self.presumed:
            self.lost[attempt.id] = attempt

    def accept(self, attempt: Attempt, task_id: str, request_id: str, *, seed_uncertain: bool = False) -> OpenTask:
        """Record, before the task is polled, that it belongs to an attempt (law 2).

        A task belongs to one attempt: raises UnknownFate, and writes nothing, where it is on record for another one.
        Raises StoreFault.
        """
        if self.owners.setdefault(task_id, attempt.id) != attempt.id:
            self.lose(attempt)
            words = tr(
                "the service named task {task_id} for `{shot}`, which is on record for another submission",
                task_id=task_id,
                shot=attempt.shot,
            )
            raise UnknownFate(words, hint=ways_out(attempt))
        now = self.clock()
        stamp = timebase.stamp(now)
        self.journal.accepted(attempt.id, task_id, request_id, stamp, seed_uncertain=seed_uncertain)
        self.witnesses[task_id] = (attempt.model, now)
        return OpenTask(task_id, attempt, stamp, seed_uncertain=seed_uncertain)

    async def find_now(self, attempt: Attempt) -> OpenTask | None:
        """Look for the task of a lost submission without waiting for anything; None while it is unknown.

        Raises ServiceFault where the list cannot be read.
        """
        self.lose(attempt)
        if attempt.id not in self._adopted:
            look = await self._look(attempt.model)
            if look.fault is not None:
                raise look.fault
        return self._adopted.get(attempt.id)

    async def decide(self, attempt: Attempt) -> OpenTask | None:
        """Find the task of a lost submission, however long its candidates run; None where it certainly has none.

        A second call gives the same result. Raises UnknownFate where only a person can decide, Unauthorised for a
        refused key.
        """
        async with self._turns[attempt.id]:
            if attempt.id not in self._decided:
                self.lose(attempt)
                self._decided[attempt.id] = await self._decide(attempt)
        return self._decided[attempt.id]

    async def _decide(self, attempt: Attempt) -> OpenTask | None:
        """Take snapshots until one has the task, or until those of a whole grace have none and miss no other task."""
        began = anyio.current_time()
        while attempt.id not in self._adopted:
            look = await self._look(attempt.model)
            if attempt.id in self._adopted:
                break
            finding = self._finding(attempt, look)
            left = began + self.grace.seconds - look.asked
            if finding.maybe:
                await self._watch(attempt, finding.maybe, LOOK_SECONDS if left > 0 else None)
            elif finding.waits or look.misses or left > 0:
                if look.misses and left < -LAG_SECONDS:
                    raise self._undecided(
                        attempt, MatchResult(doubt=tr("the provider's list misses tasks that are on record"))
                    )
                await anyio.sleep(min(left, LOOK_SECONDS) if left > 0 else LOOK_SECONDS)
            elif not self.grace.resubmit:
                raise self._undecided(attempt, MatchResult(doubt=tr("`--resubmit never` forbids to send it again")))
            else:
                self.journal.presumed(attempt.id, tr("not in the provider's list"), timebase.stamp(self.clock()))
                self.presumed[attempt.id] = self.lost.pop(attempt.id)
                self.fresh.append(attempt)
                return None
        return self._adopted[attempt.id]

    async def find_presumed(self, attempt: Attempt, *, wait: bool) -> OpenTask | None:
        """The task of a presumed attempt, which the list did not show in time; its film was paid for as well.

        With `wait` tasks that may be it are watched to their end. A task is that of an attempt which is still looked
        for first. Raises ServiceFault where the list cannot be read or a task polled.
        """
        while attempt.id in self.presumed and not alike(self._looked_for(), attempt):
            async with self._looking[attempt.model]:
                look = await self._take(attempt.model, self.presumed)
            if look.fault is not None:
                raise look.fault
            finding = look.findings.get(attempt.id, MatchResult())
            if not wait or not finding.maybe or finding.doubt:
                break
            await self._watch(attempt, finding.maybe, None)
        return self._adopted.get(attempt.id)

    async def _look(self, model: str) -> ListSnapshot:
        """A snapshot of the list from now on; concurrent callers share it."""
        before = self._begun[model]
        async with self._looking[model]:
            newest = self._newest.get(model)
            if newest is None or newest.number <= before:
                newest = self._newest[model] = await self._take(model, self.lost)
            return newest

    async def _take(self, model: str, wanted: Mapping[str, Attempt]) -> ListSnapshot:
        """Take a snapshot, match it with the `wanted` attempts, and record the matches.

        Only one at a time may be taken of a model. An attempt that gets lost while the list is read still counts as
        sending in this snapshot.
        """
        self._begun[model] += 1
        number, asked, now = self._begun[model], anyio.current_time(), self.clock()
        if self.grace.reach is None:
            return ListSnapshot(number, asked, doubt=NO_LIST)
        attempts = [attempt for attempt in wanted.values() if attempt.model == model]
        within = [attempt for attempt in attempts if self.grace.reaches(attempt, now)]
        tasks = self._lists.setdefault(model, TaskList(self.service, model, self.grace.reach))
        doubt = tr("the provider's list cannot be read")
        try:
            await tasks.read()
            doubt = tr("a task that may be it cannot be polled")
            if within:
                await tasks.ask_successes(self.owners, _since(within, now))
        except Unauthorised:
            raise
        except ServiceFault as fault:
            return ListSnapshot(number, asked, fault=fault, doubt=tr("{doubt}: {fault}", doubt=doubt, fault=fault))
        findings = {attempt.id: MatchResult(doubt=TOO_OLD) for attempt in attempts if attempt not in within}
        findings |= self._match([attempt for attempt in within if attempt.id in wanted], tasks)
        return ListSnapshot(number, asked, findings, misses=self._misses(model, tasks, asked))

    def _match(self, wanted: Sequence[Attempt], tasks: TaskList) -> dict[str, MatchResult]:
        """Match attempts with tasks without a known owner, and adopt the matches.

        A match stays, even if it could not be recorded: then only the recording is tried again.
        """
        ids = {attempt.id for attempt in wanted}
        others = [*self.sending.values(), *(attempt for attempt in self._looked_for() if attempt.id not in ids)]
        found = match(
            [attempt for attempt in wanted if attempt.id not in self._matched],
            tasks.candidates(self.owners),
            self.clock(),
            sending=others,
            kin=[*self.presumed.values(), *self.uncertain],
        )
        self._matched |= {name: finding for name, finding in found.items() if finding.task is not None}
        for attempt in wanted:
            if attempt.id in self._matched:
                self._adopt(attempt, self._matched[attempt.id])
        return found

    def _looked_for(self) -> list[Attempt]:
        """The lost attempts whose tasks the list may still show."""
        now = self.clock()
        return [attempt for attempt in self.lost.values() if self.grace.reaches(attempt, now)]

    def _adopt(self, attempt: Attempt, finding: MatchResult) -> None:
        if finding.task is None:
            raise ValueError(f"nothing found for {attempt.id}")
        task = finding.task
        self._adopted[attempt.id] = self.accept(
            attempt, task.task_id, task.request_id, seed_uncertain=finding.seed_uncertain
        )
        self.lost.pop(attempt.id, None)
        self.presumed.pop(attempt.id, None)
        if finding.seed_uncertain:
            self.uncertain.append(attempt)

    def _misses(self, model: str, tasks: TaskList, asked: float) -> bool:
        """Whether the list calls of a grace missed tasks that a working list shows."""
        now, due = self.clock(), timedelta(seconds=self.grace.seconds)
        on_record = [
            name
            for name, (its_model, accepted) in self.witnesses.items()
            if its_model == model and due <= now - accepted <= (self.grace.reach or timedelta())
        ]
        return tasks.misses(on_record, now, asked - self.grace.seconds)

    async def _watch(self, attempt: Attempt, candidates: Sequence[Candidate], seconds: float | None) -> None:
        """Wait until the first of the candidates is done, for at most `seconds`."""
        try:
            await self._lists[attempt.model].watch([one.task_id for one in candidates], seconds)
        except Unauthorised:
            raise
        except ServiceFault as fault:
            doubt = tr("a task that may be it cannot be polled: {fault}", fault=fault)
            raise self._undecided(attempt, MatchResult(maybe=tuple(candidates), doubt=doubt)) from fault

    def _finding(self, attempt: Attempt, look: ListSnapshot) -> MatchResult:
        """The result of a snapshot for an attempt that was looked for; raises UnknownFate where it is in doubt."""
        finding = look.findings[attempt.id] if look.doubt is None else MatchResult(doubt=look.doubt)
        if finding.doubt:
            raise self._undecided(attempt, finding) from look.fault
        return finding

    def _undecided(self, attempt: Attempt, finding: MatchResult) -> UnknownFate:
        """Each task that may be the one, with its time and state (cli.md, Submissions of unknown fate)."""
        words = tr(
            "what became of a submission to `{model}` for `{shot}` is unknown: {doubt}",
            model=attempt.model,
            shot=attempt.shot,
            doubt=finding.doubt,
        )
        rows = [f"{one.task_id} ({one.created:%Y-%m-%d %H:%M:%S} UTC, {one.status})" for one in finding.maybe]
        told = tr("{words}; tasks that may be it: {rows}", words=words, rows=joined(", ", rows)) if rows else words
        return UnknownFate(told, hint=ways_out(attempt))


def _since(attempts: Sequence[Attempt], now: datetime) -> datetime | None:
    """The earliest moment at which one of these can have been accepted; None where that is unknown."""
    dates = [earliest(attempt, now) for attempt in attempts]
    known = [date for date in dates if date is not None]
    return min(known) if len(known) == len(dates) else None


def open_lost_submissions(
    service: WaitingClient, journal: Journal, clock: Callable[[], datetime], grace: LookupPolicy, have: JournalState
) -> LostSubmissions:
    """The lost submissions of a run, from the journal."""
    now = clock()
    return LostSubmissions(
        service,
        journal,
        clock,
        grace,
        owners=dict.fromkeys(have.known, ""),
        witnesses={task.task_id: (task.attempt.model, datetime.fromisoformat(task.accepted)) for task in have.open},
        lost={attempt.id: attempt for attempt in have.unknown_fate},
        # an attempt beyond the list's reach must not claim the task of a later one with its prompt
        presumed={attempt.id: attempt for attempt in have.presumed if grace.reaches(attempt, now)},
        uncertain=[attempt for attempt in have.seed_uncertain if grace.reaches(attempt, now)],
    )


def ways_out(attempt: Attempt) -> str:
    """How a person decides about a submission whose reply was lost."""
    command = f"wanflow resolve {attempt.shot} --take {attempt.number}"
    return tr(
        "`wanflow run` looks it up again; or decide: `{command} --adopt TASK_ID`, "
        "or `--resubmit` if it was not accepted",
        command=command,
    )
