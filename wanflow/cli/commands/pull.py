"""`wanflow pull`: takes from the remote."""

from __future__ import annotations

import click

from wanflow.api import share
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.cli.take_output import tell_move, tell_moved


@click.command("pull", epilog=example("wanflow pull"))
@production_options
@click.pass_obj
def command(settings: ProductionOptions) -> int:
    """Fetch the paid takes that the lock names from the remote, so that nobody pays for them again."""
    done = share.pull(open_production(settings, quiet=True), tell_move("pull"))
    tell_moved(done, "pull", "not at the remote, ask those who rendered them to push")
    return ExitCode.FAILED if done.faults or done.missing else ExitCode.DONE
