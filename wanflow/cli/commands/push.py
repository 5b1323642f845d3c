"""`wanflow push`: takes to the remote."""

from __future__ import annotations

import click

from wanflow.api import share
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.cli.take_output import tell_move, tell_moved


@click.command("push", epilog=example("wanflow push"))
@production_options
@click.pass_obj
def command(settings: ProductionOptions) -> int:
    """Send the paid takes that are here to the remote, for those who share the production."""
    done = share.push(open_production(settings, quiet=True), tell_move("push"))
    tell_moved(done, "push", "not here")
    return ExitCode.FAILED if done.faults else ExitCode.DONE
