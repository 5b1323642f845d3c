"""Which tasks of the service's list may be a submission whose answer was lost; pure (cli.md, last table)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from wanflow.service.port import TaskState, TaskStatus, TaskSummary
from wanflow.store.journal import Attempt

SKEW = timedelta(minutes=5)
"""So far clocks may be apart although the service said its own; an earlier task is not ours."""
EVER = datetime.min.replace(tzinfo=UTC)

NOTHING_OWED = frozenset({TaskStatus.FAILED, TaskStatus.CANCELED})
"""A task that ended like this was not charged (api.md 6): whether it was ours makes no difference to the account."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A task that the journal doesn't know, as it was last seen; the service says the prompt of a success only."""

    task_id: str
    request_id: str
    created: datetime
    status: TaskStatus
    prompt: str | None = None

    @property
    def running(self) -> bool:
        """Whether it may still say whose it is."""
        return not self.status.final


@dataclass(frozen=True, slots=True)
class Finding:
    """What the list says of one lost submission: the task that it is, those that may be it, or why nobody can tell.

    `seed_uncertain`: the task answers the request, perhaps with the seed of another attempt. Without any of them
    nothing in the list is the submission.
    """

    task: Candidate | None = None
    seed_uncertain: bool = False
    maybe: tuple[Candidate, ...] = ()
    doubt: str | None = None


def prompt_of(attempt: Attempt) -> str:
    """The words that an attempt asked with."""
    asked = attempt.recipe
    return str(asked.get("prompt") or "") if isinstance(asked, Mapping) else ""


def candidate(row: TaskSummary, heard: TaskState | None) -> Candidate:
    """A row of the list with what the task said itself, where it was asked."""
    status, prompt = (row.status, None) if heard is None else (heard.status, heard.prompt)
    return Candidate(row.task_id, row.request_id, row.created, status, prompt)


def alike(attempts: Sequence[Attempt], attempt: Attempt) -> list[Attempt]:
    """The attempts that the list can't tell from one: same model, same words; oldest first."""
    same = (other for other in attempts if other.model == attempt.model and _same(prompt_of(other), prompt_of(attempt)))
    return sorted(same, key=lambda other: other.date)


def find(
    attempt: Attempt,
    lost: Sequence[Attempt],
    presumed: Sequence[Attempt],
    candidates: Sequence[Candidate],
    now: datetime,
) -> Finding:
    """Look for the task of a lost submission; `lost` are all lost ones, it included.

    Candidates are tasks of its model that no record explains, and those that were found for others of `lost`. One of
    them may be that of a `presumed` attempt, which counts as never accepted: then its seed is uncertain as well.
    """
    possible = [one for one in candidates if one.created >= began(attempt, now) and one.status not in NOTHING_OWED]
    if not prompt_of(attempt).strip():
        return Finding(maybe=tuple(possible), doubt="it has no prompt, by which alone its task could be told")
    rivals = alike(lost, attempt)
    same = sorted((one for one in possible if _asks(one, attempt)), key=lambda one: (one.created, one.task_id))
    if same:
        found = _share(attempt, rivals, same)
        if found is not None:
            seeds = {other.seed for other in (*rivals, *alike(presumed, attempt))}
            return replace(found, seed_uncertain=found.task is not None and len(seeds) > 1)
    running = tuple(one for one in possible if one.running)
    mute = tuple(one for one in possible if one.prompt is None and not one.running)
    if mute and not running:
        return Finding(maybe=mute, doubt="the service does not say what these tasks were asked")
    return Finding(maybe=running)


def began(attempt: Attempt, now: datetime) -> datetime:
    """The earliest moment at which an attempt can have been accepted.

    Where this machine's clock was set back since, its date says nothing.
    """
    date = datetime.fromisoformat(attempt.date)
    return date - SKEW if date <= now else EVER


def _share(attempt: Attempt, rivals: Sequence[Attempt], same: Sequence[Candidate]) -> Finding | None:
    """Tasks with the same words are shared out in the order of their creation; None where none is left."""
    if len({rival.fingerprint for rival in rivals}) > 1:
        return Finding(maybe=tuple(same), doubt="several requests with the same words got lost")
    if len(same) > len(rivals):
        return Finding(maybe=tuple(same), doubt="more tasks have its words than were lost")
    place = [rival.id for rival in rivals].index(attempt.id)
    if place >= len(same):
        return None
    return Finding(task=same[place])


def _asks(one: Candidate, attempt: Attempt) -> bool:
    return one.prompt is not None and _same(one.prompt, prompt_of(attempt))


def _same(said: str, asked: str) -> bool:
    return said.split() == asked.split()
