"""What was decided about takes, and what a run would make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from wanflow.api import run
from wanflow.api.choose import Chosen
from wanflow.api.share import Transfer
from wanflow.cli.exit_code import error
from wanflow.cli.hints import pasteable
from wanflow.language.production import Production
from wanflow.planner.budget import new_cost
from wanflow.report.text.plan import would_do
from wanflow.report.text.words import cost_words, count, listed, printable


def tell_chosen(production: Production, chosen: Iterable[Chosen]) -> None:
    """Say what was decided, on which backend, on stdout; on stderr what a run would do about it, at which price."""
    for item in chosen:
        click.echo(f"{printable(item.told)} ({production.provider.name})")
        if item.warning is not None:
            click.echo(pasteable(f"warning: {printable(item.warning)}"), err=True)
    plan = run.plan(production)
    price = new_cost(plan)
    free = not plan.provider.paid or price.amount == 0
    click.echo(f"{would_do(plan)}{'' if free else f', for {cost_words(price)}'}", err=True)


DONE = {"push": "pushed", "pull": "pulled"}


def tell_move(verb: str) -> Callable[[str], None]:
    """Says each take that moved, as it does."""
    return lambda name: click.echo(f"{DONE[verb]} {printable(name)}", err=True)


def tell_moved(done: Transfer, verb: str, nowhere: str) -> None:
    """Sum it up on stdout; what went wrong, and what is nowhere, on stderr."""
    for fault in done.faults:
        error(str(fault), fault.hint)
    if done.missing:
        click.echo(f"{nowhere}: {listed([printable(name) for name in done.missing])}", err=True)
    click.echo(f"{count(done.moved, 'take')} {DONE[verb]}, {done.there} in place already")
