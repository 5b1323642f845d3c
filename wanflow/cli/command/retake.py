"""`wanflow retake`: ask for more takes."""

from __future__ import annotations

import click

from wanflow import choosing
from wanflow.cli.decided import tell_chosen
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_production
from wanflow.cli.settings import Settings, example, production_options


@click.command("retake", epilog=example("wanflow retake talk -n 2"))
@click.argument("select", nargs=-1, required=True, metavar="SELECT...")
@click.option(
    "-n", "more", type=click.IntRange(1, 1000), default=1, show_default=True, metavar="K", help="How many more."
)
@production_options
@click.pass_obj
def command(settings: Settings, select: tuple[str, ...], more: int) -> int:
    """Ask for K more takes of what SELECT names, although nothing changed; the next run renders them."""
    production = open_production(settings, quiet=True)
    tell_chosen(production, choosing.retake(production, select, more))
    return ExitCode.DONE
