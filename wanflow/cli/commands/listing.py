"""`wanflow list`: the nodes that a selector means."""

from __future__ import annotations

import click

from wanflow.api import run
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options, selection


@click.command("list", epilog=example("wanflow list approach+"))
@selection
@production_options
@click.pass_obj
def command(settings: ProductionOptions, select: tuple[str, ...], exclude: tuple[str, ...]) -> int:
    """List the nodes that SELECT means, with everything they need, in the order in which they are made."""
    for step in run.plan(open_production(settings), select, exclude=exclude).steps:
        click.echo(step.node)
    return ExitCode.DONE
