"""`wanflow retake`: ask for more takes."""

from __future__ import annotations

import click

from wanflow.api import choose
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.cli.take_output import tell_chosen


@click.command("retake", epilog=example("wanflow retake talk -n 2"))
@click.argument("select", nargs=-1, required=True, metavar="SELECT...")
@click.option(
    "-n", "more", type=click.IntRange(1, 1000), default=1, show_default=True, metavar="K", help="How many more."
)
@production_options
@click.pass_obj
def command(settings: ProductionOptions, select: tuple[str, ...], more: int) -> int:
    """Ask for K more takes of what SELECT names, although nothing changed; the next run renders them."""
    production = open_production(settings, quiet=True)
    tell_chosen(production, choose.retake(production, select, more))
    return ExitCode.DONE
