"""`wanflow status`: one line a shot."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from wanflow import studio
from wanflow.cli.elsewhere import tell_elsewhere
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.hints import pasteable, pasteable_json
from wanflow.cli.opening import open_production
from wanflow.cli.settings import Settings, example, production_options
from wanflow.report.roster import leftovers, running_out, shot_rows, status_text


@click.command("status", epilog=example("wanflow status --json"))
@production_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_obj
def command(settings: Settings, *, as_json: bool) -> int:
    """Show each shot's state, picked take, takes, tasks in flight and reasons."""
    production = open_production(settings)
    plan = studio.plan(production)
    rows = shot_rows(plan, studio.states(plan))
    if as_json:
        click.echo(json.dumps(pasteable_json([row.to_json() for row in rows]), ensure_ascii=False, indent=2))
    elif rows:
        click.echo(pasteable(status_text(rows)))
    for line in leftovers(plan):
        click.echo(pasteable(line), err=True)
    tell_elsewhere(production)
    for warning in running_out(plan, datetime.now(UTC)):
        click.echo(pasteable(f"warning: {warning}"), err=True)
    return ExitCode.DONE
