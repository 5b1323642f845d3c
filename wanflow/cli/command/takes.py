"""`wanflow takes`: every take that there is."""

from __future__ import annotations

import json

import click

from wanflow import studio
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_production
from wanflow.cli.settings import Settings, example, production_options, selection
from wanflow.report.roster import take_rows, takes_text


@click.command("takes", epilog=example("wanflow takes talk"))
@selection
@production_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_obj
def command(settings: Settings, select: tuple[str, ...], exclude: tuple[str, ...], *, as_json: bool) -> int:
    """List every take: number, picked, seed, model, cost, date, file."""
    rows = take_rows(studio.plan(open_production(settings), select, exclude=exclude))
    if as_json:
        click.echo(json.dumps([row.to_json() for row in rows], ensure_ascii=False, indent=2))
    elif rows:
        click.echo(takes_text(rows))
    return ExitCode.DONE
