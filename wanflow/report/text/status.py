"""What there is of each shot: its state, its takes, and which of them counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wanflow.graph.node import cut_name
from wanflow.language.production import Shot
from wanflow.money import amount_text
from wanflow.planner import picks
from wanflow.planner.budget import spent
from wanflow.planner.inputs import needs_pick
from wanflow.planner.picks import ChoiceReason, TakeChoice, rivals_text
from wanflow.planner.plan import Action, Plan, Reason, ReasonCode, Step, StepKind
from wanflow.planner.request import planned_request
from wanflow.planner.status import left_over
from wanflow.report.text.words import columns, count, printable
from wanflow.store.journal import UNCERTAIN
from wanflow.store.lock import ShotEntry
from wanflow.store.take import Take
from wanflow.store.take_names import take_file, take_node

DAY = timedelta(hours=24)
"""How long a task is known and its result can be fetched (service.md 4.1)."""

SOON = timedelta(hours=3)
"""What ends within this time is warned of."""


@dataclass(frozen=True, slots=True)
class ShotRow:
    """One shot: its state in a word, the number of the picked take (None: no take counts), how many takes there are,
    the ids of its tasks in flight, when the first result that waits expires (RFC 3339), and the reasons of its steps.

    `results` are where the service has results that are not stored yet, without the signatures of their addresses;
    `forgotten` is when it forgets the oldest task. `choice` says why the picked take counts, or why none does.
    """

    shot: str
    state: str
    picked: int | None
    takes: int
    in_flight: tuple[str, ...]
    expires: str | None
    reasons: tuple[Reason, ...]
    results: tuple[str, ...] = ()
    forgotten: str | None = None
    choice: TakeChoice = field(default_factory=lambda: TakeChoice(ChoiceReason.NONE))

    def to_json(self) -> dict[str, object]:
        """As `status --json` prints it."""
        return {
            "shot": self.shot,
            "state": self.state,
            "picked": self.picked,
            "takes": self.takes,
            "in_flight": list(self.in_flight),
            "expires": self.expires,
            "reasons": [reason.to_json() for reason in self.reasons],
        }


@dataclass(frozen=True, slots=True)
class TakeRow:
    """One take of a shot; `state` is held, current (it answers the request), outdated (it answers an earlier one),
    missing or gone (a person removed it), `file` its name relative to the production's folder, None where the file
    isn't here. `picked`: it is the take in use; `chosen`: somebody picked or holds it.
    """

    shot: str
    number: int
    picked: bool
    chosen: bool
    held: bool
    state: str
    take: Take
    file: str | None

    @property
    def seed(self) -> int | str | None:
        """The seed; the word for it where it may be another attempt's."""
        return UNCERTAIN if self.take.seed_uncertain else self.take.seed

    def to_json(self) -> dict[str, object]:
        """As `takes --json` prints it."""
        cost = None if self.take.cost is None else {"amount": f"{self.take.cost:f}", "currency": self.take.currency}
        return {
            "shot": self.shot,
            "take": self.number,
            "picked": self.picked,
            "chosen": self.chosen,
            "held": self.held,
            "seed": self.seed,
            "model": self.take.model,
            "state": self.state,
            "cost": cost,
            "date": self.take.date,
            "task_id": self.take.task_id,
            "digest": self.take.digest,
            "file": self.file,
        }


def shot_rows(plan: Plan, states: Mapping[str, str]) -> tuple[ShotRow, ...]:
    """A row for every shot that the plan covers, in the production's order."""
    covered = {step.shot for step in plan.steps if step.kind is StepKind.TAKE}
    return tuple(_shot_row(plan, shot, states) for name, shot in plan.graph.production.shots.items() if name in covered)


def take_rows(plan: Plan) -> tuple[TakeRow, ...]:
    """A row for every take of the shots that the plan covers, by shot and number."""
    covered = {step.shot for step in plan.steps if step.kind is StepKind.TAKE}
    shots = [shot for name, shot in plan.graph.production.shots.items() if name in covered]
    return tuple(row for shot in shots for row in _take_rows(plan, shot))


def other_rows(plan: Plan, *, whole: bool) -> tuple[TakeRow, ...]:
    """A row for every take of the shots that the lock has and the plan's production has not.

    With `whole` they were removed, and none of their takes counts. Without, they may have errors: then they are told as
    they were when they were last run.
    """
    entries = sorted(plan.inventory.lock.shots.items())
    others = [(name, entry) for name, entry in entries if name not in plan.graph.production.shots]
    return tuple(row for name, entry in others for row in _other_rows(plan, name, entry, whole=whole))


def leftovers(plan: Plan) -> tuple[str, ...]:
    """A line for each task and lost submission that no shot asks for any more; a run collects them all the same."""
    have = plan.inventory
    tasks = [(task.attempt, f"task {printable(task.task_id)} is in flight") for task in have.open_tasks]
    lost = [(attempt, "a submission of unknown fate") for attempt in have.unknown_fate]
    return tuple(
        f"{words} for what `{printable(attempt.shot)}` asked before: a run, or `wanflow collect`, stores its film"
        for attempt, words in (*tasks, *lost)
        if left_over(plan, attempt)
    )


def running_out(plan: Plan, now: datetime) -> tuple[str, ...]:
    """A warning for each task in flight that the service forgets soon or has forgotten, and its film with it."""
    ends = [(task, datetime.fromisoformat(task.accepted) + DAY) for task in plan.inventory.open_tasks]
    return tuple(
        f"the service {'forgets' if now < end else 'forgot'} task {printable(task.task_id)} of "
        f"`{printable(task.attempt.shot)}` at {end:%Y-%m-%d %H:%M} UTC: `wanflow collect` stores its film while it can"
        for task, end in sorted(ends, key=lambda pair: (pair[1], pair[0].task_id))
        if now > end - SOON
    )


def status_text(rows: Sequence[ShotRow]) -> str:
    """One line a shot."""
    return "\n".join(columns([_status_cells(row) for row in rows]))


def totals_text(rows: Sequence[ShotRow], plan: Plan) -> str:
    """One line a cut: its state, its file and why; then the totals."""
    cuts = [(step.node, *_cut_cells(step, plan)) for step in plan.steps if step.kind is StepKind.CUT]
    return "\n".join([*columns(cuts), _totals(rows, plan)])


def _cut_cells(step: Step, plan: Plan) -> tuple[str, ...]:
    output = plan.graph.production.cuts[cut_name(step.vertex)].output
    fresh = step.action is Action.REUSE
    state = "current" if fresh else "blocked" if step.action is Action.BLOCKED else "outdated"
    return state, output, printable("; ".join(reason.text for reason in step.reasons))


def _totals(rows: Sequence[ShotRow], plan: Plan) -> str:
    flying = len(plan.inventory.open_tasks) + len(plan.inventory.unknown_fate)
    takes = [count(len(rows), "shot"), count(sum(row.takes for row in rows), "take")]
    takes += [f"{flying} in flight"] if flying else []
    charged = f"{amount_text(spent(plan.inventory.lock, plan.inventory.stored))} {plan.currency} charged"
    return ", ".join([*takes, "free" if not plan.provider.paid else charged])


def takes_text(rows: Sequence[TakeRow]) -> str:
    """One line a take."""
    return "\n".join(columns([_take_cells(row) for row in rows], right=frozenset({3})))


def _shot_row(plan: Plan, shot: Shot, states: Mapping[str, str]) -> ShotRow:
    shot_request = planned_request(plan, shot)
    entry, choice = shot_request.entry, shot_request.counting
    reasons = [reason for step in plan.steps if step.vertex == shot.name for reason in step.reasons]
    if choice.open and all(reason.code is not ReasonCode.NEEDS_PICK for reason in reasons):
        reasons.append(needs_pick(shot_request))
    names = {shot.name, *entry.former}
    tasks = [task for task in plan.inventory.open_tasks if task.attempt.shot in names]
    return ShotRow(
        shot=shot.name,
        state=states.get(shot.name, "new"),
        picked=entry.numbers[choice.take.digest] if choice.take is not None else None,
        takes=len(entry.takes),
        in_flight=tuple(task.task_id for task in tasks),
        expires=_a_day_after([task.ready for task in tasks]),
        reasons=tuple(dict.fromkeys(reasons)),
        results=tuple(task.url for task in tasks if task.url is not None),
        forgotten=_a_day_after([task.accepted for task in tasks]),
        choice=choice,
    )


def _take_rows(plan: Plan, shot: Shot) -> Iterator[TakeRow]:
    shot_request = planned_request(plan, shot)
    answers = {take.digest for take in shot_request.takes}
    yield from _rows(plan, shot.name, shot_request.entry, shot_request.counting, answers)


def _other_rows(plan: Plan, shot: str, entry: ShotEntry, *, whole: bool) -> Iterator[TakeRow]:
    choice = TakeChoice(ChoiceReason.NONE) if whole else picks.last_used(entry)
    answers = () if whole else picks.matching_takes(entry, entry.current or "")
    return _rows(plan, shot, entry, choice, {take.digest for take in answers})


def _rows(plan: Plan, shot: str, entry: ShotEntry, choice: TakeChoice, answers: Collection[str]) -> Iterator[TakeRow]:
    for take in sorted(entry.takes.values(), key=lambda item: entry.numbers[item.digest]):
        here = take.digest in plan.inventory.here and not take.gone
        held = choice.how is ChoiceReason.HELD and take == choice.take
        state = "held" if held else "current" if take.digest in answers else "outdated"
        number = entry.numbers[take.digest]
        yield TakeRow(
            shot=shot,
            number=number,
            picked=take == choice.take,
            chosen=choice.chosen and take == choice.take,
            held=take.digest == entry.held,
            state="gone" if take.gone else state if here else "missing",
            take=take,
            file=take_file(plan.graph.production.out, shot, number, take.suffix) if here else None,
        )


def _a_day_after(moments: Sequence[str | None]) -> str | None:
    """A day after the first of some moments, None where there is none."""
    known = [moment for moment in moments if moment is not None]
    if not known:
        return None
    return (datetime.fromisoformat(min(known)) + DAY).isoformat().replace("+00:00", "Z")


def _status_cells(row: ShotRow) -> tuple[str, ...]:
    picked = "" if row.picked is None else f"take {row.picked}"
    if row.choice.rivals:
        picked = rivals_text(row.choice)
    elif row.choice.how is ChoiceReason.WAITS:
        picked = "waiting for your pick"
    elif row.choice.how is ChoiceReason.DEFAULT:
        picked += " (default)"
    takes = count(row.takes, "take") if row.takes else "no takes"
    flying = f"in flight: {', '.join(map(printable, row.in_flight))}" if row.in_flight else ""
    if row.results:
        flying += f" (result at {', '.join(map(printable, row.results))}, signed, until {row.expires})"
    elif row.forgotten:
        flying += f" (known to the service until {row.forgotten})"
    return row.shot, row.state, picked, takes, flying, printable("; ".join(reason.text for reason in row.reasons))


def _take_cells(row: TakeRow) -> tuple[str, ...]:
    mark = "picked" if row.chosen else "default" if row.picked else ""
    seed = "" if row.seed is None else f"seed {row.seed}"
    cost = "" if row.take.cost is None else f"{row.take.cost:f} {row.take.currency}"
    node = take_node(row.shot, row.number)
    return node, mark, row.state, seed, row.take.model, cost, row.take.date, row.file or "(not here)"
