"""Rows for people, one a line: shots, cuts, takes, and what was charged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from wanflow.money import amount_text
from wanflow.planner.picks import ChoiceReason, rivals_text
from wanflow.planner.plan import Reason
from wanflow.planner.status import ProductionStatus, ShotRow, TakeRow, UnclaimedTask
from wanflow.report.text.table import PIPE, Column, Screen, table
from wanflow.report.text.words import count, time_text
from wanflow.store.charges import ChargeSum, Ledger
from wanflow.store.take_names import take_node

SHOT_COLUMNS = (
    Column("shot"),
    Column("state", styled=True),
    Column("in use"),
    Column("takes"),
    Column("in flight", wraps=True, below=2),
    Column("why", wraps=True, below=1),
)
CUT_COLUMNS = (Column("cut"), Column("state", styled=True), Column("file", below=2), Column("why", wraps=True, below=1))
TAKE_COLUMNS = (
    Column("take"),
    Column("use"),
    Column("state", styled=True),
    Column("seed", below=3),
    Column("model", below=4),
    Column("cost", right=True),
    Column("date", below=2),
    Column("file", below=1),
    Column("task", below=1),
    Column("digest", below=1),
)
STYLES: Mapping[str, str] = {
    **dict.fromkeys(("current",), "green"),
    **dict.fromkeys(("new", "changed", "outdated"), "yellow"),
    **dict.fromkeys(("queued", "rendering"), "cyan"),
    **dict.fromkeys(("held", "gone"), "dim"),
    **dict.fromkeys(("blocked", "failed", "refused", "unknown", "missing"), "red"),
}
"""Styles of states on a terminal."""


def status_text(status: ProductionStatus, *, verbose: bool = False, screen: Screen = PIPE) -> str:
    """A line for each shot, then for each cut, then the totals; with `verbose` tasks by their ids."""
    shots = table(
        SHOT_COLUMNS,
        [_shot_cells(row, verbose=verbose) for row in status.shots],
        screen,
        [STYLES.get(row.state, "") for row in status.shots],
    )
    cuts = table(
        CUT_COLUMNS,
        [(row.node, row.state, screen.seen(row.file), _reasons(row.reasons)) for row in status.cuts],
        screen,
        [STYLES.get(row.state, "") for row in status.cuts],
    )
    totals = [count(len(status.shots), "shot"), count(sum(row.takes for row in status.shots), "take")]
    totals += [f"{status.in_flight} in flight"] if status.in_flight else []
    charged = status.charged
    spent = "free" if charged is None else f"{amount_text(charged.amount or Decimal(0))} {charged.currency} charged"
    blocks = ["\n".join(shown.lines()) for shown in (shots, cuts)]
    return "\n\n".join([*filter(None, blocks), ", ".join([*totals, spent])])


def _shot_cells(row: ShotRow, *, verbose: bool) -> tuple[str, ...]:
    picked = "" if row.picked is None else f"take {row.picked}"
    if row.choice.rivals:
        picked = rivals_text(row.choice)
    elif row.choice.how is ChoiceReason.WAITS:
        picked = "waiting for your pick"
    elif row.choice.how is ChoiceReason.DEFAULT:
        picked += " (default)"
    takes = count(row.takes, "take") if row.takes else "no takes"
    tasks = ""
    if row.in_flight:
        tasks = ", ".join(row.in_flight) if verbose else count(len(row.in_flight), "task")
    if row.results:
        tasks += f" (result at {', '.join(row.results)}, signed, until {time_text(row.expires or '')})"
    elif row.forgotten:
        tasks += f" (known to the service until {time_text(row.forgotten)})"
    return row.shot, row.state, picked, takes, tasks, _reasons(row.reasons)


def _reasons(reasons: Sequence[Reason]) -> str:
    return "; ".join(reason.text for reason in reasons)


def unclaimed_text(item: UnclaimedTask) -> str:
    """That a task or a submission belongs to a request which no shot makes any more."""
    what = "a submission of unknown fate" if item.task_id is None else f"task {item.task_id} is in flight"
    shot = item.attempt.shot
    return f"{what} for an earlier request of `{shot}`: a run, or `wanflow collect`, stores its result"


def expiring_texts(status: ProductionStatus, now: datetime) -> tuple[str, ...]:
    """A warning for each task in flight that the service forgets soon or has forgotten, and its result with it."""
    return tuple(
        f"the service {'forgets' if now < end else 'forgot'} task {task.task_id} of "
        f"`{task.attempt.shot}` at {time_text(end.isoformat())}: `wanflow collect` may still store its result"
        for task, end in status.expiring
    )


def takes_text(rows: Sequence[TakeRow], *, verbose: bool = False, screen: Screen = PIPE) -> str:
    """A line for each take; with `verbose` its task and its digest as well."""
    cells = [_take_cells(row, screen, verbose=verbose) for row in rows]
    return "\n".join(table(TAKE_COLUMNS, cells, screen, [STYLES.get(row.state, "") for row in rows]).lines())


def _take_cells(row: TakeRow, screen: Screen, *, verbose: bool) -> tuple[str, ...]:
    mark = "picked" if row.chosen else "default" if row.picked else ""
    seed = "" if row.seed is None else str(row.seed)
    cost = "" if row.take.cost is None else f"{row.take.cost:f} {row.take.currency}"
    file = "(no file here)" if row.file is None else screen.seen(row.file)
    ids = (row.take.task_id or "", row.take.digest) if verbose else ("", "")
    date = time_text(row.take.date)
    return take_node(row.shot, row.number), mark, row.state, seed, row.take.model, cost, date, file, *ids


def costs_text(ledger: Ledger, by: str, screen: Screen = PIPE) -> str:
    """A line for each group, then the total; what is not charged yet has a line of its own."""
    groups, coming = ledger.by(by), ledger.to_come
    lines = []
    if groups:
        rows = [_charge_cells(name, part, ledger.currency) for name, part in groups.items()]
        total = _charge_cells("total", ledger.total, ledger.currency)
        amounts = (Column(heading, right=True) for heading in ("takes", "charged", "estimated", "failed"))
        group = "day (Beijing)" if by == "day" else by
        lines = table((Column(group), *amounts), [*rows, total], screen).lines()
    if coming.takes:
        lines.append(
            f"{count(coming.takes, 'take')} still to come, at most {_amount(coming.estimate, ledger.currency)}"
        )
    return "\n".join(lines) or "nothing was charged yet"


def _charge_cells(name: str, part: ChargeSum, currency: str) -> tuple[str, ...]:
    charged, estimate = _amount(part.charged, currency), _amount(part.estimate, currency)
    return name, str(part.takes), charged, estimate, str(part.failed) if part.failed else ""


def _amount(amount: Decimal | None, currency: str) -> str:
    return f"{'?' if amount is None else amount_text(amount)} {currency}"
