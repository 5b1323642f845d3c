"""A production at one moment, as the page shows it: what every view is made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from wanflow import digest
from wanflow.language.problem import Problem, has_errors
from wanflow.planner.budget import PlanNotes
from wanflow.planner.plan import Plan
from wanflow.planner.status import ProductionStatus, ShotRow, TakeRow
from wanflow.store.charges import Ledger


@dataclass(frozen=True)
class Snapshot:
    """A production with its plan, rows and charges.

    `problems` are those of a production that has errors: what can be used of it is in the plan, or, where the snapshot
    is `outdated`, the last state without errors. `plan` is None where there is neither, and so are the values that are
    made from it. `films` are the digests of the cuts as they were
    last written, by name; those without a file are left out.
    """

    title: str
    plan: Plan | None
    status: ProductionStatus | None = None
    takes: tuple[TakeRow, ...] = ()
    notes: PlanNotes = field(default_factory=PlanNotes)
    ledger: Ledger | None = None
    problems: tuple[Problem, ...] = ()
    films: Mapping[str, str] = field(default_factory=dict)
    outdated: bool = False

    @property
    def whole(self) -> bool:
        """Whether the production has no errors."""
        return not has_errors(self.problems)

    @cached_property
    def takes_of(self) -> Mapping[str, tuple[TakeRow, ...]]:
        """The takes of each shot, by number."""
        found: dict[str, list[TakeRow]] = {}
        for row in self.takes:
            found.setdefault(row.shot, []).append(row)
        return {name: tuple(rows) for name, rows in found.items()}

    @cached_property
    def rows(self) -> Mapping[str, ShotRow]:
        """The row of each shot."""
        return {} if self.status is None else {row.shot: row for row in self.status.shots}

    def seen(self, shot: str) -> str:
        """A short hash of what an action on a shot depends on: its state, its takes, its pick and its reasons.

        A form sends it back, so that an action on a state that changed meanwhile is refused.
        """
        row, takes = self.rows[shot], self.takes_of.get(shot, ())
        facts = [[take.number, take.picked, take.chosen, take.held, take.state, take.take.digest] for take in takes]
        return _short_hash({"shot": row.to_json(), "takes": facts})

    @cached_property
    def seen_plan(self) -> str:
        """The same of the whole plan, for a run."""
        return "" if self.plan is None else _short_hash(self.plan.to_json())


def _short_hash(facts: Mapping[str, object]) -> str:
    return digest.of_bytes(json.dumps(facts, sort_keys=True).encode())[:16]
