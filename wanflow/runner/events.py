"""What a run tells: its events while it runs, and its outcome."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import field
from enum import StrEnum

from wanflow import money
from wanflow.errors import ExitCode, WanflowError
from wanflow.graph.node import cut_name
from wanflow.money import Cost
from wanflow.planner.plan import Action, Plan, ReasonCode, StepKind
from wanflow.records import immutable


@immutable
class StepStarted:
    """Work on a node began."""

    node: str
    action: Action
    model: str | None = None


@immutable
class TaskSubmitted:
    """The service accepted a request."""

    node: str
    task_id: str
    model: str


@immutable
class TaskChanged:
    """The service's word on a task: `state` is its status."""

    node: str
    task_id: str
    state: str


@immutable
class TakeStored:
    """A take is safe on disk; `file` is its name under `out/`, relative to the production's folder.

    `cost` is what it was charged now; None where it cost nothing, or was paid for before. `pixels` are those of a
    picture, as `1280x720`, empty for a film.
    """

    node: str
    shot: str
    take: int
    digest: str
    seconds: str
    file: str
    cost: Cost | None = None
    pixels: str = ""


@immutable
class StepFinished:
    """A node is done: `outcome` is done, reused, failed or blocked, with words where it went wrong."""

    node: str
    outcome: str
    message: str | None = None
    hint: str | None = None


@immutable
class CutProgress:
    """How far a cut is: segments done of all, encoded frames of all."""

    node: str
    done: int
    total: int


@immutable
class CutFinished:
    """A cut is written; how many of its segments were encoded now and how many were there already.

    `deliveries` are the further files that were made now, by their names. Both numbers are 0 where only those were.
    """

    node: str
    file: str
    encoded: int
    copied: int
    seconds: str
    deliveries: Mapping[str, str] = field(default_factory=dict)


@immutable
class Warned:
    """Something a person should know that stops nothing."""

    message: str
    node: str | None = None


Event = StepStarted | TaskSubmitted | TaskChanged | TakeStored | StepFinished | CutProgress | CutFinished | Warned

Emit = Callable[[Event], None]
"""Where events go; called in the order in which things happen, never concurrently."""


class StepResult(StrEnum):
    """How one step ended."""

    DONE = "done"
    REUSED = "reused"
    FAILED = "failed"
    BLOCKED = "blocked"


@immutable
class Failure:
    """A step that failed, with its message and hint."""

    node: str
    message: str
    hint: str | None = None
    code: ExitCode = ExitCode.FAILED


@immutable
class Outcome:
    """The sum of a run (cli.md, JSON `run.finished`).

    `derived` are the files that were made locally: `extracted` extracts and `written` cuts. `cuts` are the files of
    cuts by name, `deliveries` the further files of those cuts by the names of both.
    """

    exit_code: ExitCode = ExitCode.DONE
    submitted: int = 0
    collected: int = 0
    reused: int = 0
    derived: int = 0
    failures: tuple[Failure, ...] = ()
    blocked: int = 0
    cost: Cost = field(default_factory=lambda: money.nothing("CNY"))
    cuts: Mapping[str, str] = field(default_factory=dict)
    deliveries: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rendered: int = 0
    extracted: int = 0
    written: int = 0

    def to_json(self) -> dict[str, object]:
        """The fields of the last event, without `event` and `time`."""
        amount = self.cost.to_json()
        return {
            "exit_code": int(self.exit_code),
            "submitted": self.submitted,
            "collected": self.collected,
            "reused": self.reused,
            "derived": self.derived,
            "failed": len(self.failures),
            "blocked": self.blocked,
            "cost": {"amount": amount["amount"], "currency": amount["currency"]},
            "cuts": dict(self.cuts),
            **({"deliveries": {cut: dict(files) for cut, files in self.deliveries.items()}} if self.deliveries else {}),
        }


@immutable
class CollectOutcome:
    """What was collected of earlier runs: the number of films stored, and of tasks without one.

    `unfetched` are the tasks, by id, whose films are ready and could not be fetched, each with its fault: this run
    does not try them again. `cost` is what the stored ones were charged, None where that counts elsewhere.
    """

    collected: int = 0
    gone: int = 0
    unfetched: Mapping[str, WanflowError] = field(default_factory=dict)
    cost: Cost | None = None


def blocked_code(plan: Plan) -> ExitCode:
    """The exit code of a plan in which steps are blocked; one that waits for a pick has its own."""
    codes = {reason.code for step in plan.steps if step.action is Action.BLOCKED for reason in step.reasons}
    return ExitCode.STOPPED if ReasonCode.NEEDS_PICK in codes else ExitCode.FAILED


def idle_outcome(plan: Plan) -> Outcome:
    """The outcome of a plan in which nothing is to be done."""
    blocked = sum(step.action is Action.BLOCKED for step in plan.steps)
    cuts = {cut_name(step.vertex) for step in plan.steps if step.kind is StepKind.CUT}
    outputs = {} if blocked else {name: cut.output for name, cut in plan.graph.production.cuts.items() if name in cuts}
    return Outcome(
        exit_code=blocked_code(plan) if blocked else ExitCode.DONE,
        reused=len(plan.steps) - blocked,
        blocked=blocked,
        cost=money.nothing(plan.currency),
        cuts=outputs,
        deliveries=deliveries_of(plan, outputs),
    )


def deliveries_of(plan: Plan, cuts: Collection[str]) -> dict[str, dict[str, str]]:
    """The further files of these cuts by the names of both; cuts without one are left out."""
    made = {name: plan.graph.production.cuts[name].deliveries for name in cuts}
    return {name: {each.name: each.output for each in files} for name, files in made.items() if files}
