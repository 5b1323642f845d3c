"""`wanflow takes`: every take that there is."""

from __future__ import annotations

import json

import click

from wanflow.api import run
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_sound_part
from wanflow.cli.options import ProductionOptions, example, production_options, selection
from wanflow.report.text.status import takes_text


@click.command("takes", epilog=example("wanflow takes talk", "wanflow takes --all"))
@selection
@production_options
@click.option("--all", "removed", is_flag=True, help="Also the takes of shots that the production has no more.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_obj
def command(
    settings: ProductionOptions, select: tuple[str, ...], exclude: tuple[str, ...], *, removed: bool, as_json: bool
) -> ExitCode:
    """List every take: number, picked by somebody or default, seed, model, cost, date, file."""
    opened = open_sound_part(settings)
    if opened.production is not None:
        plan = run.plan(opened.production, select, exclude=exclude, whole=opened.whole)
        rows = run.takes(plan, removed=removed, whole=opened.whole)
        if as_json:
            click.echo(json.dumps([row.to_json() for row in rows], ensure_ascii=False, indent=2))
        elif rows:
            click.echo(takes_text(rows))
    return opened.conclude()
