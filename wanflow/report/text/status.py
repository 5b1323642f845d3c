"""Rows for people, one a line: shots, cuts, takes, and what was charged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from wanflow.money import amount_text
from wanflow.planner.picks import ChoiceReason, rivals_text
from wanflow.planner.plan import Reason
from wanflow.planner.status import ProductionStatus, ShotRow, TakeRow, UnclaimedTask
from wanflow.report.text.words import columns, count, printable
from wanflow.store.charges import ChargeSum, Ledger
from wanflow.store.take_names import take_node


def status_text(status: ProductionStatus) -> str:
    """One line a shot, then one a cut, then the totals."""
    shots = "\n".join(columns([_shot_cells(row) for row in status.shots]))
    cuts = [(row.node, row.state, row.file, _reasons(row.reasons)) for row in status.cuts]
    totals = [count(len(status.shots), "shot"), count(sum(row.takes for row in status.shots), "take")]
    totals += [f"{status.in_flight} in flight"] if status.in_flight else []
    charged = status.charged
    spent = "free" if charged is None else f"{amount_text(charged.amount or Decimal(0))} {charged.currency} charged"
    closing = "\n".join([*columns(cuts), ", ".join([*totals, spent])])
    return f"{shots}\n\n{closing}"


def _shot_cells(row: ShotRow) -> tuple[str, ...]:
    picked = "" if row.picked is None else f"take {row.picked}"
    if row.choice.rivals:
        picked = rivals_text(row.choice)
    elif row.choice.how is ChoiceReason.WAITS:
        picked = "waiting for your pick"
    elif row.choice.how is ChoiceReason.DEFAULT:
        picked += " (default)"
    takes = count(row.takes, "take") if row.takes else "no takes"
    tasks = f"in flight: {', '.join(map(printable, row.in_flight))}" if row.in_flight else ""
    if row.results:
        tasks += f" (result at {', '.join(map(printable, row.results))}, signed, until {row.expires})"
    elif row.forgotten:
        tasks += f" (known to the service until {row.forgotten})"
    return row.shot, row.state, picked, takes, tasks, _reasons(row.reasons)


def _reasons(reasons: Sequence[Reason]) -> str:
    return printable("; ".join(reason.text for reason in reasons))


def unclaimed_text(item: UnclaimedTask) -> str:
    """That a task or a submission belongs to a request which no shot makes any more."""
    what = "a submission of unknown fate" if item.task_id is None else f"task {printable(item.task_id)} is in flight"
    shot = printable(item.attempt.shot)
    return f"{what} for an earlier request of `{shot}`: a run, or `wanflow collect`, stores its result"


def expiring_texts(status: ProductionStatus, now: datetime) -> tuple[str, ...]:
    """A warning for each task in flight that the service forgets soon or has forgotten, and its result with it."""
    return tuple(
        f"the service {'forgets' if now < end else 'forgot'} task {printable(task.task_id)} of "
        f"`{printable(task.attempt.shot)}` at {end:%Y-%m-%d %H:%M} UTC: `wanflow collect` may still store its result"
        for task, end in status.expiring
    )


def takes_text(rows: Sequence[TakeRow]) -> str:
    """One line a take."""
    return "\n".join(columns([_take_cells(row) for row in rows], right=frozenset({3})))


def _take_cells(row: TakeRow) -> tuple[str, ...]:
    mark = "picked" if row.chosen else "default" if row.picked else ""
    seed = "" if row.seed is None else f"seed {row.seed}"
    cost = "" if row.take.cost is None else f"{row.take.cost:f} {row.take.currency}"
    node = take_node(row.shot, row.number)
    return node, mark, row.state, seed, row.take.model, cost, row.take.date, row.file or "(no file here)"


def costs_text(ledger: Ledger, by: str) -> str:
    """A line for each group, then the total; what is not charged yet has a line of its own."""
    groups, coming = ledger.by(by), ledger.to_come
    lines = []
    if groups:
        rows = [_charge_cells(name, part, ledger.currency) for name, part in groups.items()]
        total = _charge_cells("total", ledger.total, ledger.currency)
        lines = columns([(by, "takes", "charged", "estimated", "failed"), *rows, total], right=frozenset({1, 2, 3, 4}))
    if coming.takes:
        lines.append(
            f"{count(coming.takes, 'take')} still to come, at most {_amount(coming.estimate, ledger.currency)}"
        )
    return "\n".join(lines) or "nothing was charged yet"


def _charge_cells(name: str, part: ChargeSum, currency: str) -> tuple[str, ...]:
    charged, estimate = _amount(part.charged, currency), _amount(part.estimate, currency)
    return printable(name), str(part.takes), charged, estimate, str(part.failed) if part.failed else ""


def _amount(amount: Decimal | None, currency: str) -> str:
    return f"{'?' if amount is None else amount_text(amount)} {currency}"
