"""`wanflow push`: takes to the remote."""

from __future__ import annotations

import click

from wanflow import sharing
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.moved import tell_move, tell_moved
from wanflow.cli.opening import open_production
from wanflow.cli.settings import Settings, example, production_options


@click.command("push", epilog=example("wanflow push"))
@production_options
@click.pass_obj
def command(settings: Settings) -> int:
    """Send the paid takes that are here to the remote, for those who share the production."""
    done = sharing.push(open_production(settings, quiet=True), tell_move("push"))
    tell_moved(done, "push", "not here")
    return ExitCode.FAILED if done.faults else ExitCode.DONE
