"""`wanflow hold`: keep a take although its shot changed."""

from __future__ import annotations

import click

from wanflow.api import choose
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.cli.take_output import tell_chosen


@click.command("hold", epilog=example("wanflow hold talk"))
@click.argument("select", nargs=-1, required=True, metavar="SELECT...")
@production_options
@click.pass_obj
def command(settings: ProductionOptions, select: tuple[str, ...]) -> int:
    """Keep the takes that count now, although their shots change."""
    production = open_production(settings, quiet=True)
    tell_chosen(production, choose.hold(production, select))
    return ExitCode.DONE
