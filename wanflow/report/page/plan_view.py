"""The plan as a page shows it: its steps with posters, and what a run would send before it is started."""

from __future__ import annotations

from collections.abc import Iterable

from wanflow.graph.node import CutVertex, ExtractVertex, cut_name
from wanflow.language.production import Shot
from wanflow.messages import joined, tr
from wanflow.planner.budget import new_cost
from wanflow.planner.plan import Action, Plan, Step, StepKind
from wanflow.planner.status import unclaimed_tasks
from wanflow.records import immutable
from wanflow.report.page.board import poster_of
from wanflow.report.page.snapshot import Snapshot
from wanflow.report.show import source_text
from wanflow.report.text.plan import TITLES, UNCHANGED, note_texts, reason_texts, totals_text, unclaimed_text, would_do
from wanflow.report.text.words import cost_words, count


@immutable
class PlanRow:
    """One step: `shot` or `cut` is the view of it, `poster` the digest of the shot's take.

    `perhaps`: it is rendered only if an input comes out different.
    """

    step: Step
    shot: str | None
    cut: str | None
    poster: str | None
    perhaps: bool
    reasons: tuple[str, ...]


@immutable
class PlanGroup:
    """The steps of one kind: what a run changes, and what it leaves as it is."""

    kind: StepKind
    title: str
    rows: tuple[PlanRow, ...]
    unchanged: tuple[PlanRow, ...]


@immutable
class Submission:
    """A request that a run would send: its step, its prompt, and the media slots that it gives."""

    row: PlanRow
    prompt: str
    media: tuple[str, ...]


@immutable
class PlanView:
    """A plan.

    `run` names what a run does and costs, None where it has nothing to do. `submissions` is what it would send, and
    `asked` says that a reader wants to see that. `seen` is the plan that the reader approves.
    """

    groups: tuple[PlanGroup, ...]
    beside: tuple[str, ...]
    does: str
    totals: str | None
    notes: tuple[str, ...]
    run: str | None
    asked: bool
    submissions: tuple[Submission, ...]
    seen: str


def plan_of(snapshot: Snapshot, plan: Plan, *, asked: bool) -> PlanView:
    """The values of the plan view; `asked`: with what a run would send."""
    rows = [_row(snapshot, plan, step) for step in plan.steps]
    groups = (_group(kind, (row for row in rows if row.step.kind is kind)) for kind in TITLES)
    renders = [row for row in rows if row.step.action is Action.RENDER and row.shot is not None]
    shots = plan.graph.production.shots
    return PlanView(
        groups=tuple(group for group in groups if group.rows or group.unchanged),
        beside=tuple(unclaimed_text(item) for item in unclaimed_tasks(plan)),
        does=would_do(plan),
        totals=None if plan.idle else totals_text(plan),
        notes=note_texts(snapshot.notes, plan.region),
        run=None if plan.idle else _run_words(plan, len(renders)),
        asked=asked and not plan.idle,
        submissions=tuple(_submission(row, shots[row.shot]) for row in renders if row.shot is not None),
        seen=snapshot.seen_plan,
    )


def _group(kind: StepKind, rows: Iterable[PlanRow]) -> PlanGroup:
    own = tuple(rows)
    changed = tuple(row for row in own if row.step.action not in UNCHANGED)
    return PlanGroup(kind, TITLES[kind], changed, tuple(row for row in own if row.step.action in UNCHANGED))


def _row(snapshot: Snapshot, plan: Plan, step: Step) -> PlanRow:
    vertex = plan.graph.vertex(step.vertex)
    pictured = step.vertex
    if isinstance(vertex, ExtractVertex):
        pictured = vertex.origin
    elif isinstance(vertex, CutVertex):
        pictured = next((shot for shot in plan.graph.inputs(vertex.id) if shot in snapshot.rows), "")
    return PlanRow(
        step=step,
        shot=vertex.shot if isinstance(vertex, ExtractVertex) else step.shot,
        cut=cut_name(step.vertex) if step.kind is StepKind.CUT else None,
        poster=poster_of(snapshot.takes_of.get(pictured, ())),
        perhaps=step.action is Action.RENDER and not step.certain,
        reasons=tuple(reason_texts(step)),
    )


def _run_words(plan: Plan, renders: int) -> str:
    """What a run does in a few words, for a button: its takes and the most that they cost."""
    if not renders:
        return tr("Run: no new takes")
    cost = tr("free") if not plan.provider.paid else cost_words(new_cost(plan))
    return tr("Run: {takes}, {cost}", takes=count(renders, "take"), cost=cost)


def _submission(row: PlanRow, shot: Shot) -> Submission:
    media = (joined(": ", (each.slot, each.cast or source_text(each.source))) for each in shot.media)
    return Submission(row, shot.prompt or "", tuple(media))
