"""Rows for people, one a line: shots, cuts, takes, and what was charged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from wanflow.characters import LONGEST_MESSAGE, shown
from wanflow.messages import joined, tr
from wanflow.money import amount_text
from wanflow.planner.picks import ChoiceReason, rivals_text
from wanflow.planner.plan import Reason
from wanflow.planner.status import ProductionStatus, ShotRow, TakeRow
from wanflow.report.text.table import PIPE, Column, Screen, Table, table
from wanflow.report.text.words import count, time_text
from wanflow.store.charges import ChargeSum, Ledger
from wanflow.store.findings import Finding
from wanflow.store.take_names import take_node

SHOT_COLUMNS = (
    Column(tr("shot")),
    Column(tr("state"), styled=True),
    Column(tr("in use")),
    Column(tr("takes")),
    Column(tr("in flight"), wraps=True, below=2),
    Column(tr("why"), wraps=True, below=1),
    Column(tr("findings"), wraps=True, below=1),
)
CUT_COLUMNS = (
    Column(tr("cut")),
    Column(tr("state"), styled=True),
    Column(tr("file"), below=2),
    Column(tr("why"), wraps=True, below=1),
)
TAKE_COLUMNS = (
    Column(tr("take")),
    Column(tr("use")),
    Column(tr("state"), styled=True),
    Column(tr("seed"), below=3),
    Column(tr("model"), below=4),
    Column(tr("cost"), right=True),
    Column(tr("date"), below=2),
    Column(tr("file"), below=1),
    Column(tr("findings"), wraps=True, below=1),
    Column(tr("task"), below=1),
    Column(tr("digest"), below=1),
)
STYLES: Mapping[str, str] = {
    **dict.fromkeys(("current",), "green"),
    **dict.fromkeys(("new", "changed", "outdated"), "yellow"),
    **dict.fromkeys(("queued", "rendering"), "cyan"),
    **dict.fromkeys(("held", "gone"), "dim"),
    **dict.fromkeys(("blocked", "failed", "refused", "unknown", "missing"), "red"),
}
"""Styles of states on a terminal."""
STATES: Mapping[str, str] = {
    "new": tr("new"),
    "changed": tr("changed"),
    "current": tr("current"),
    "outdated": tr("outdated"),
    "queued": tr("queued"),
    "rendering": tr("rendering"),
    "failed": tr("failed"),
    "refused": tr("refused"),
    "unknown": tr("unknown"),
    "held": tr("held"),
    "blocked": tr("blocked"),
    "missing": tr("missing"),
    "gone": tr("gone"),
}
"""Words of states."""
CHARGE_STATES: Mapping[str, str] = {
    "charged": tr("charged"),
    "failed": tr("failed"),
    "in flight": tr("in flight"),
    "unknown fate": tr("of unknown fate"),
}
"""Words of the states of charges."""


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
        [(row.node, STATES[row.state], screen.seen(row.file), _reasons(row.reasons)) for row in status.cuts],
        screen,
        [STYLES.get(row.state, "") for row in status.cuts],
    )
    totals = [count(len(status.shots), "shot"), count(sum(row.takes for row in status.shots), "take")]
    totals += [tr("{in_flight} in flight", in_flight=status.in_flight)] if status.in_flight else []
    charged = status.charged
    spent = (
        tr("free")
        if charged is None
        else tr(
            "{amount} {currency} charged", amount=amount_text(charged.amount or Decimal(0)), currency=charged.currency
        )
    )
    waiting = dict.fromkeys(
        tr("{brief}: {remedy}", brief=reason.brief, remedy=reason.remedy)
        for reasons in (*(row.reasons for row in status.shots), *(row.reasons for row in status.cuts))
        for reason in reasons
        if reason.brief
    )
    remedies = [shown(screen.complete(text), LONGEST_MESSAGE) for text in waiting]
    blocks = ["\n".join(lines) for lines in (shots.lines(), cuts.lines(), remedies)]
    return joined("\n\n", [*filter(None, blocks), joined(", ", [*totals, spent])])


def _shot_cells(row: ShotRow, *, verbose: bool) -> tuple[str, ...]:
    picked: str = "" if row.picked is None else tr("take {number}", number=row.picked)
    if row.choice.rivals:
        picked = rivals_text(row.choice)
    elif row.choice.how is ChoiceReason.WAITS:
        picked = tr("waiting for your pick")
    elif row.waits:
        picked = tr("{take} (waiting for your pick)", take=picked)
    elif row.choice.how in {ChoiceReason.DEFAULT, ChoiceReason.FINDINGS}:
        picked = tr("{take} (default)", take=picked)
    takes = count(row.takes, "take") if row.takes else tr("no takes")
    tasks: str = ""
    if row.in_flight:
        tasks = joined(", ", row.in_flight) if verbose else count(len(row.in_flight), "task")
    if row.results:
        results = joined(", ", row.results)
        until = tr(
            " (result at {results}, signed, until {expires})", results=results, expires=time_text(row.expires or "")
        )
        tasks = joined("", (tasks, until))
    elif row.forgotten:
        until = tr(" (known to the service until {forgotten})", forgotten=time_text(row.forgotten))
        tasks = joined("", (tasks, until))
    return row.shot, STATES[row.state], picked, takes, tasks, _reasons(row.reasons), findings_text(row.findings)


def findings_text(findings: Sequence[Finding]) -> str:
    """What checks found in a take, in words; empty where they found nothing."""
    return joined("; ", (finding.text for finding in findings))


def check_lines(rows: Sequence[TakeRow]) -> list[str]:
    """A line for each finding, then how many takes were measured and have any, and how many are not to be measured."""
    lines: list[str] = [
        tr("{node}: {finding}", node=take_node(row.shot, row.number), finding=finding.text)
        for row in rows
        for finding in row.findings
    ]
    measured, found = sum(row.measured for row in rows), sum(bool(row.findings) for row in rows)
    unchecked = sum(row.unchecked and row.file is not None for row in rows)
    takes = count(measured, "take")
    if found:
        lines.append(tr("{takes} checked, {number} with findings", takes=takes, number=found))
    elif measured or not unchecked:
        lines.append(tr("{takes} checked, no findings", takes=takes))
    if unchecked:
        lines.append(tr("{takes} not measured: `checks: off`", takes=count(unchecked, "take")))
    return lines


def _reasons(reasons: Sequence[Reason]) -> str:
    return joined("; ", (reason.brief or reason.text for reason in reasons))


def expiring_texts(status: ProductionStatus, now: datetime) -> tuple[str, ...]:
    """A warning for each task in flight that the service forgets soon or has forgotten, and its result with it."""
    return tuple(
        tr(
            "the service {forgets} task {task_id} of `{shot}` at {end}: `wanflow collect` may still store its result",
            forgets=tr("forgets") if now < end else tr("forgot"),
            task_id=task.task_id,
            shot=task.attempt.shot,
            end=time_text(end.isoformat()),
        )
        for task, end in status.expiring
    )


def takes_text(rows: Sequence[TakeRow], *, verbose: bool = False, screen: Screen = PIPE) -> str:
    """A line for each take; with `verbose` its task and its digest as well."""
    return "\n".join(takes_table(rows, verbose=verbose, screen=screen).lines())


def takes_table(rows: Sequence[TakeRow], *, verbose: bool = False, screen: Screen = PIPE) -> Table:
    """The table of `takes_text`, row by row."""
    cells = [_take_cells(row, screen, verbose=verbose) for row in rows]
    return table(TAKE_COLUMNS, cells, screen, [STYLES.get(row.state, "") for row in rows])


def _take_cells(row: TakeRow, screen: Screen, *, verbose: bool) -> tuple[str, ...]:
    mark = tr("picked") if row.chosen else tr("default") if row.picked else ""
    seed = "" if row.seed is None else str(row.seed)
    cost = "" if row.take.cost is None else f"{row.take.cost:f} {row.take.currency}"
    file = tr("(no file here)") if row.file is None else screen.seen(row.file)
    ids = (row.take.task_id or "", row.take.digest) if verbose else ("", "")
    date = time_text(row.take.date)
    node, found = take_node(row.shot, row.number), findings_text(row.findings)
    return node, mark, STATES[row.state], seed, row.take.model, cost, date, file, found, *ids


def costs_text(ledger: Ledger, by: str, screen: Screen = PIPE) -> str:
    """A line for each group, then the total; what is not charged yet has a line of its own."""
    groups, coming = ledger.by(by), ledger.to_come
    lines: list[str] = []
    if groups:
        rows = [charge_cells(name, part, ledger.currency) for name, part in groups.items()]
        total = charge_cells(tr("total"), ledger.total, ledger.currency)
        amounts = (
            Column(heading, right=True) for heading in (tr("takes"), tr("charged"), tr("estimated"), tr("failed"))
        )
        group = {"day": tr("day (Beijing)"), "shot": tr("shot"), "model": tr("model")}.get(by, by)
        lines = table((Column(group), *amounts), [*rows, total], screen).lines()
    if coming.takes:
        lines.append(
            tr(
                "{takes} still to come, at most {amount}",
                takes=count(coming.takes, "take"),
                amount=charge_text(coming.estimate, ledger.currency),
            )
        )
    return joined("\n", lines) if lines else tr("nothing was charged yet")


def charge_cells(name: str, part: ChargeSum, currency: str) -> tuple[str, ...]:
    """A sum of charges: its name, takes, charged, estimated, failed."""
    charged, estimate = charge_text(part.charged, currency), charge_text(part.estimate, currency)
    return name, str(part.takes), charged, estimate, str(part.failed) if part.failed else ""


def charge_text(amount: Decimal | None, currency: str) -> str:
    """An amount, `?` for an unknown one."""
    return f"{'?' if amount is None else amount_text(amount)} {currency}"
