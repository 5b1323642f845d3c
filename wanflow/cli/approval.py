"""Asking before money is spent (cli.md, Options of `plan` and `run`)."""

from __future__ import annotations

import sys

import click

from wanflow import money
from wanflow.cli.exit_code import error
from wanflow.planner.steps import Action, Plan
from wanflow.report.plan_text import would_do
from wanflow.report.wording import cost_text, count

PAID = frozenset({Action.RENDER})


def approved(plan: Plan, *, yes: bool) -> bool:
    """Whether a run may spend what its plan says: nothing is to be paid, `--yes`, or a person says so on a terminal.

    A price that nobody knows is not zero. What is refused is said on stderr, with the way out.
    """
    paid = [step.cost for step in plan.steps if step.action in PAID]
    price = money.total(paid, plan.currency)
    if plan.backend == "animatic" or price == money.nothing(plan.currency) or yes:
        return True
    takes = count(len(paid), "take")
    known = f"{cost_text(price)}" if price.amount is not None else "a price that is not known"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        error(f"{takes} would be rendered for {known}, and nobody is there to ask", "`--yes` says that you agree")
        return False
    click.echo(f"{would_do(plan)} on `{plan.backend}` ({plan.region})", err=True)
    agreed = click.confirm(f"render {takes} for {known}?", default=False, err=True)
    if not agreed:
        click.echo("nothing was sent", err=True)
    return agreed
