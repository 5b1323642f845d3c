"""What was decided about takes, and what a run would make of it."""

from __future__ import annotations

from collections.abc import Iterable

import click

from wanflow import studio
from wanflow.choosing import Chosen
from wanflow.cli.hints import pasteable
from wanflow.planner.budget import FREE_BACKEND, new_cost
from wanflow.report.plan_text import would_do
from wanflow.report.wording import cost_words, printable
from wanflow.spec.production import Production


def tell_chosen(production: Production, chosen: Iterable[Chosen]) -> None:
    """Say what was decided, on which backend, on stdout; on stderr what a run would do about it, at which price."""
    for item in chosen:
        click.echo(f"{printable(item.told)} ({production.backend})")
        if item.warning is not None:
            click.echo(pasteable(f"warning: {printable(item.warning)}"), err=True)
    plan = studio.plan(production)
    price = new_cost(plan)
    free = plan.backend == FREE_BACKEND or price.amount == 0
    click.echo(f"{would_do(plan)}{'' if free else f', for {cost_words(price)}'}", err=True)
