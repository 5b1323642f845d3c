"""`wanflow cancel`: cancel tasks that still wait at the service."""

from __future__ import annotations

import json
from functools import partial

import anyio
import click

from wanflow.api import run
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.cli.run_output import CANCELS, only_elsewhere, tell_elsewhere
from wanflow.report.text.summary import cancelled_text


@click.command("cancel", epilog=example("wanflow cancel approach"))
@click.argument("select", nargs=-1, metavar="[SELECT]...")
@production_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_obj
def command(settings: ProductionOptions, select: tuple[str, ...], *, as_json: bool) -> int:
    """Cancel the tasks of SELECT, or all, that are still PENDING; what runs already can't be, and will be charged.

    Exits with 1 where one can't be cancelled, and with 2 where nothing is in flight on this backend, but something on
    another.
    """
    production = open_production(settings)
    done = anyio.run(partial(run.cancel, production, select))
    missed = not done and only_elsewhere(production, CANCELS)
    if as_json:
        click.echo(json.dumps([item.to_json() for item in done], ensure_ascii=False, indent=2))
    elif not missed:
        click.echo(cancelled_text(done))
    if missed:
        return ExitCode.WRONG
    tell_elsewhere(production)
    return ExitCode.DONE if all(item.cancelled for item in done) else ExitCode.FAILED
