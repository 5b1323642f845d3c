"""Approval before money is spent (cli.md, Options of `plan` and `run`)."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from wanflow import money
from wanflow.cli.exit_code import error
from wanflow.cli.screen import confirm, print_report, say
from wanflow.messages import tr
from wanflow.money import CNY, Cost, amount_meant, parse_amount
from wanflow.planner.budget import excesses, new_cost
from wanflow.planner.plan import Action, Plan
from wanflow.report.text.plan import excess_text, plan_text
from wanflow.report.text.words import cost_words, count


def limit_of(written: str | None, plan: Plan) -> Cost | None:
    """The most that a run may spend, by `--budget`; raises BadParameter for another text, or in another currency."""
    if written is None:
        return None
    limit = budget_of(written, plan.currency)
    if limit.currency != plan.currency:
        words = tr(
            "the prices are in {currency}, but the budget is `{written}`", currency=plan.currency, written=written
        )
        raise click.BadParameter(words, param_hint="`--budget`")
    return limit


def budget_of(written: str, currency: str = CNY) -> Cost:
    """The amount of `--budget`; raises BadParameter for another text, with an example in a currency."""
    try:
        return parse_amount(written)
    except ValueError:
        words = tr(
            '`{written}`: expected an amount with currency, e.g. "{example}"',
            written=written,
            example=amount_meant(written) or f"20 {currency}",
        )
        raise click.BadParameter(words, param_hint="`--budget`") from None


def affordable(plan: Plan, limit: Cost | None) -> bool:
    """Whether the certain cost of a run is within its limits; what is missing is printed on stderr (exit 3)."""
    beyond = [excess for excess in excesses(plan, limit) if excess.certain]
    for excess in beyond:
        words = tr("this run would exceed the limit: {excess}", excess=excess_text(excess))
        error(words, tr("nothing was sent; render less, or raise the limit"))
    return not beyond


def approved(plan: Plan, *, yes: bool, notes: Sequence[str] = ()) -> bool:
    """Whether a run may spend what its plan costs: it costs nothing, `--yes`, or a person agrees on a terminal.

    An unknown price is not zero. A refusal is printed on stderr, with the way out.
    """
    price = new_cost(plan)
    if not plan.provider.paid or price == money.nothing(plan.currency) or yes:
        return True
    takes = count(sum(step.action is Action.RENDER for step in plan.steps), "take")
    known = cost_words(price)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        words = tr(
            "{takes} would be rendered for {known}: confirmation needed, but stdin is not a terminal",
            takes=takes,
            known=known,
        )
        error(words, tr("pass `--yes` to agree"))
        return False
    print_report(lambda screen: plan_text(plan, notes=notes, screen=screen), err=True)
    agreed = confirm(tr("render {takes} for {known}?", takes=takes, known=known))
    if not agreed:
        say(tr("nothing was sent"), err=True)
    return agreed
