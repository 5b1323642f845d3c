"""Rows of shots, takes and cuts, read off a plan (cli.md, JSON): what `status`, `takes` and a page show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from wanflow import money
from wanflow.characters import for_shell
from wanflow.errors import UnknownTarget
from wanflow.graph.node import cut_id, cut_name
from wanflow.graph.recipe import fingerprint
from wanflow.graph.select import STATES, single_shot
from wanflow.language.production import Shot
from wanflow.messages import joined, tr
from wanflow.money import Bound, Cost
from wanflow.planner import picks
from wanflow.planner.budget import charges_before
from wanflow.planner.expected import known_findings, rules_of
from wanflow.planner.inputs import needs_pick
from wanflow.planner.picks import ChoiceReason, TakeChoice
from wanflow.planner.plan import Action, Plan, Reason, ReasonCode, Step, StepKind
from wanflow.planner.request import planned_request
from wanflow.records import immutable
from wanflow.store.attempt import Attempt, OpenTask
from wanflow.store.findings import Finding
from wanflow.store.journal import UNCERTAIN
from wanflow.store.lock import ShotEntry
from wanflow.store.questions import Question, question_of
from wanflow.store.take import Take
from wanflow.store.take_names import parse_take_node, take_file, take_node
from wanflow.suggest import did_you_mean

SOON = timedelta(hours=3)
"""Time before the end of a task from which on people are warned."""


@immutable
class ShotRow:
    """One shot.

    `picked` is the number of the take in use, None where no take counts; `choice` says why. `in_flight` are the ids of
    its tasks, `expires` the time when the first waiting result expires (RFC 3339). `reasons` are those of its steps.
    `results` are the addresses of results that are not stored yet, without their signatures. `forgotten` is the time
    when the service forgets the oldest task. `findings` are those of the take in use. `waits`: something is not made
    before a person chooses a take; what was made from a take with findings waits for nothing.
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
    findings: tuple[Finding, ...] = ()
    waits: bool = False

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


@immutable
class TakeRow:
    """One take of a shot.

    `state` is held, current (made from the present request), outdated (from an earlier one), missing, or gone (a person
    removed it). `picked`: it is the take in use; `chosen`: a person picked or holds it. `file` is its name relative to
    the production's folder, None where the file is missing. `findings` are what local checks found in it, without
    those that the shot switches off; `measured`: it was measured; `unchecked`: the shot switches all checks off.
    """

    shot: str
    number: int
    picked: bool
    chosen: bool
    held: bool
    state: str
    take: Take
    file: str | None
    findings: tuple[Finding, ...] = ()
    measured: bool = False
    unchecked: bool = False

    @property
    def seed(self) -> int | str | None:
        """The seed, or the word for a seed that may be another attempt's."""
        return UNCERTAIN if self.take.seed_uncertain else self.take.seed

    def to_json(self) -> dict[str, object]:
        """As `takes --json` prints it."""
        cost = (
            None
            if self.take.cost is None
            else {"amount": money.amount_text(self.take.cost), "currency": self.take.currency}
        )
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
            **({"size": self.take.pixels} if self.take.pixels else {}),
            "findings": [finding.to_json() for finding in self.findings],
        }


@immutable
class CutRow:
    """One cut: its node, its state (current, outdated or blocked), the file that it is written to, and why."""

    node: str
    state: str
    file: str
    reasons: tuple[Reason, ...]


@immutable
class UnclaimedTask:
    """A task, or a submission of unknown fate (`task_id` None), that no shot asks for any more; a run collects it."""

    attempt: Attempt
    task_id: str | None = None


@immutable
class ProductionStatus:
    """A production at a glance; `charged` is None where its backend costs nothing."""

    shots: tuple[ShotRow, ...]
    cuts: tuple[CutRow, ...]
    in_flight: int
    charged: Cost | None
    unclaimed_tasks: tuple[UnclaimedTask, ...]
    expiring: tuple[tuple[OpenTask, datetime], ...]


def status(plan: Plan, now: datetime) -> ProductionStatus:
    """The rows of a plan's shots and cuts; `now` decides which tasks expire soon."""
    have = plan.inventory
    charged = Cost(charges_before(have).amount, plan.currency, Bound.EXACT)
    return ProductionStatus(
        shots=shot_rows(plan),
        cuts=tuple(_cut_row(plan, step) for step in plan.steps if step.kind is StepKind.CUT),
        in_flight=len(have.open_tasks) + len(have.unknown_fate),
        charged=None if not plan.provider.paid else charged,
        unclaimed_tasks=unclaimed_tasks(plan),
        expiring=expiring(plan, now),
    )


def _cut_row(plan: Plan, step: Step) -> CutRow:
    state = {Action.REUSE: "current", Action.BLOCKED: "blocked"}.get(step.action, "outdated")
    return CutRow(step.node, state, plan.graph.production.cuts[cut_name(step.vertex)].output, step.reasons)


def shot_rows(plan: Plan) -> tuple[ShotRow, ...]:
    """A row for every shot that the plan covers, in the production's order."""
    reasons: dict[str, list[Reason]] = {}
    for step in plan.steps:
        reasons.setdefault(step.vertex, []).extend(step.reasons)
    blocking = {reason for step in plan.steps if step.action is Action.BLOCKED for reason in step.reasons}
    by_shot, shots = states(plan), plan.graph.production.shots
    return tuple(
        _shot_row(plan, shot, by_shot[name], reasons[name], blocking) for name, shot in shots.items() if name in by_shot
    )


def _shot_row(plan: Plan, shot: Shot, state: str, reasons: list[Reason], blocking: Collection[Reason]) -> ShotRow:
    shot_request = planned_request(plan, shot)
    entry, choice = shot_request.entry, shot_request.counting
    waits = choice.waiting and (choice.open or needs_pick(shot_request, choice) in blocking)
    if waits and all(reason.code is not ReasonCode.NEEDS_PICK for reason in reasons):
        reasons = [*reasons, needs_pick(shot_request, choice)]
    by_shot = plan.inventory.asked.open_of_shot
    tasks = [task for name in (shot.name, *sorted(entry.former)) for task in by_shot.get(name, ())]
    tasks.sort(key=lambda task: task.accepted)
    return ShotRow(
        shot=shot.name,
        state=state,
        picked=entry.numbers[choice.take.digest] if choice.take is not None else None,
        takes=len(entry.takes),
        in_flight=tuple(task.task_id for task in tasks),
        expires=_end_of_life([task.ready for task in tasks], plan.provider.task_life),
        reasons=tuple(dict.fromkeys(reasons)),
        results=tuple(task.url for task in tasks if task.url is not None),
        forgotten=_end_of_life([task.accepted for task in tasks], plan.provider.task_life),
        choice=choice,
        findings=known_findings(plan.graph.production, plan.inventory, shot.name, choice.take) or (),
        waits=waits,
    )


def _end_of_life(moments: Sequence[str | None], life: timedelta) -> str | None:
    """The end of a task's life, counted from the first of some moments; None where there is none."""
    known = [moment for moment in moments if moment is not None]
    if not known:
        return None
    return (datetime.fromisoformat(min(known)) + life).isoformat().replace("+00:00", "Z")


def take_rows(plan: Plan) -> tuple[TakeRow, ...]:
    """A row for every take of the shots that the plan covers, by shot and number."""
    covered = {step.shot for step in plan.steps if step.kind is StepKind.TAKE}
    rows: list[TakeRow] = []
    for name, shot in plan.graph.production.shots.items():
        if name in covered:
            shot_request = planned_request(plan, shot)
            answers = {take.digest for take in shot_request.takes}
            rows += _take_rows(plan, name, shot_request.entry, shot_request.counting, answers)
    return tuple(rows)


def other_rows(plan: Plan, *, whole: bool) -> tuple[TakeRow, ...]:
    """A row for every take of the shots that the lock has and the plan's production lacks.

    With `whole` they were removed, and none of their takes counts. Without, they may have errors: their rows are those
    of their last run.
    """
    rows: list[TakeRow] = []
    for name, entry in sorted(plan.inventory.lock.shots.items()):
        if name not in plan.graph.production.shots:
            choice = TakeChoice(ChoiceReason.NONE) if whole else picks.last_used(entry)
            answers = () if whole else picks.matching_takes(entry, entry.current or "")
            rows += _take_rows(plan, name, entry, choice, {take.digest for take in answers})
    return tuple(rows)


def _take_rows(
    plan: Plan, shot: str, entry: ShotEntry, choice: TakeChoice, answers: Collection[str]
) -> Iterator[TakeRow]:
    for take in sorted(entry.takes.values(), key=lambda item: entry.numbers[item.digest]):
        here = take.digest in plan.inventory.here and not take.gone
        held = choice.how is ChoiceReason.HELD and take == choice.take
        state = "held" if held else "current" if take.digest in answers else "outdated"
        number = entry.numbers[take.digest]
        unchecked = rules_of(plan.graph.production, shot).off
        found = None if unchecked else known_findings(plan.graph.production, plan.inventory, shot, take)
        yield TakeRow(
            shot=shot,
            number=number,
            picked=take == choice.take,
            chosen=choice.chosen and take == choice.take,
            held=take.digest == entry.held,
            state="gone" if take.gone else state if here else "missing",
            take=take,
            file=take_file(plan.graph.production.out, shot, number, take.suffix) if here else None,
            findings=found or (),
            measured=found is not None,
            unchecked=unchecked,
        )


def row_to_play(plan: Plan, node: str, takes: Sequence[TakeRow]) -> TakeRow | CutRow:
    """The row of the take or the cut that a node means, whose file is expected to be here; `takes` are all rows.

    A shot means its take in use, and the name of a cut the cut where no shot has it. Raises UnknownTarget for any other
    node, and for a shot or a take that has no file yet or any more.
    """
    production = plan.graph.production
    name = single_shot(production, node)
    known = {row.shot for row in takes} | production.shots.keys()
    cuts = [step for step in plan.steps if step.kind is StepKind.CUT and name in {step.vertex, cut_name(step.vertex)}]
    if cuts and name not in known:
        return _cut_row(plan, cuts[0])
    shot, number = parse_take_node(name) or (name, None)
    if shot not in known:
        nodes = [*known, *map(cut_id, production.cuts), *(take_node(row.shot, row.number) for row in takes)]
        hint = did_you_mean(node, nodes) or tr("`wanflow takes` lists the takes")
        raise UnknownTarget(tr("no take and no cut is called `{node}`", node=node), hint=hint)
    return _take_to_play(shot, number, [row for row in takes if row.shot == shot])


def _take_to_play(shot: str, number: int | None, rows: Sequence[TakeRow]) -> TakeRow:
    """The row of a shot's take with a number, or of the one in use; raises UnknownTarget."""
    if not rows:
        raise UnknownTarget(tr("`{shot}` has no takes yet", shot=shot), hint=tr("`wanflow run` renders one"))
    found = next((row for row in rows if (row.picked if number is None else row.number == number)), None)
    if found is None:
        listed = joined(", ", (f"`{take_node(shot, row.number)}`" for row in rows))
        words = tr("no take of `{shot}` is in use", shot=shot)
        if number is not None:
            words = tr("`{shot}` has no take {number}", shot=shot, number=number)
        raise UnknownTarget(words, hint=tr("its takes: {numbers}", numbers=listed))
    if found.file is None:
        hint = tr("`wanflow pull`, or copy the store")
        if found.state == "gone":
            hint = tr("somebody removed it: `wanflow takes {shot}` lists the others", shot=for_shell(shot))
        raise UnknownTarget(tr("the file of `{node}` is not here", node=take_node(shot, found.number)), hint=hint)
    return found


def unclaimed_tasks(plan: Plan) -> tuple[UnclaimedTask, ...]:
    """The tasks and lost submissions that no shot asks for any more."""
    tasks = [UnclaimedTask(task.attempt, task.task_id) for task in plan.inventory.open_tasks]
    lost = [UnclaimedTask(attempt) for attempt in plan.inventory.unknown_fate]
    unclaimed = {attempt.id for attempt in unclaimed_attempts(plan, (item.attempt for item in (*tasks, *lost)))}
    return tuple(item for item in (*tasks, *lost) if item.attempt.id in unclaimed)


def expiring(plan: Plan, now: datetime) -> tuple[tuple[OpenTask, datetime], ...]:
    """The tasks in flight that the service forgets soon, or has forgotten, each with that time; soonest first."""
    ends = [
        (task, datetime.fromisoformat(task.accepted) + plan.provider.task_life) for task in plan.inventory.open_tasks
    ]
    soon = [(task, end) for task, end in ends if now > end - SOON]
    return tuple(sorted(soon, key=lambda pair: (pair[1], pair[0].task_id)))


def states(plan: Plan) -> Mapping[str, str]:
    """The state of every shot that the plan covers, by the most urgent of its takes."""
    by_shot: dict[str, str] = {}
    for step in plan.steps:
        if step.kind is StepKind.TAKE and step.shot is not None:
            state = _state(step, plan)
            by_shot[step.shot] = max(by_shot.get(step.shot, state), state, key=STATES.index)
    return by_shot


def unclaimed_attempts(plan: Plan, attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """The attempts that neither this plan nor one of the shots that it leaves out asks for.

    Their shots were edited, renamed or deleted since; a run collects them beside new work (law 10).
    """
    shots = plan.graph.production.shots
    planned = [each for each in attempts if each.shot not in shots or each.shot in plan.recipes]
    if not planned:
        return ()
    asked = {_question(step, plan) for step in plan.steps if step.action in {Action.RENDER, Action.COLLECT}}
    return tuple(attempt for attempt in planned if question_of(attempt) not in asked)


def _state(step: Step, plan: Plan) -> str:
    codes = {reason.code for reason in step.reasons}
    match step.action:
        case Action.HELD:
            return "held"
        case Action.BLOCKED:
            return "refused" if ReasonCode.REFUSED_BEFORE in codes else "blocked"
        case Action.REUSE:
            return "missing" if ReasonCode.NOT_HERE in codes else "current"
        case Action.COLLECT:
            return "rendering" if _runs(step, plan) else "queued"
        case Action.RENDER if ended := _last_state(step, plan):
            return ended
        case _:
            return "new" if ReasonCode.NEW in codes else "changed"


def _runs(step: Step, plan: Plan) -> bool:
    """Whether the service runs the task of a step, or has run it, as far as the journal knows."""
    question = _question(step, plan)
    own = () if question is None else plan.inventory.asked.open.get(question, ())
    return any(task.running or task.url for task in own)


def _last_state(step: Step, plan: Plan) -> str | None:
    """How the request of a step ended before; None where it was never sent, or leaves the shot as if it never was."""
    asked = plan.inventory.asked
    question = _question(step, plan) if asked.unknown or asked.endings else None
    if question is None:
        return None
    if question in asked.unknown:
        return "unknown"
    return next((ending.state for ending in asked.endings.get(question, ()) if ending.state is not None), None)


def _question(step: Step, plan: Plan) -> Question | None:
    """What a step asks for; None where its request is not fully known."""
    recipe = plan.recipes.get(step.shot or "")
    return (fingerprint(recipe), step.seed) if isinstance(recipe, Mapping) and step.seed is not None else None
