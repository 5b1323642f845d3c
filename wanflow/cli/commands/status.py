"""`wanflow status`: one line a shot, then the cuts and the totals."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from wanflow.api import run
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.hints import pasteable, pasteable_json
from wanflow.cli.opening import open_sound_part
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.cli.run_output import tell_elsewhere
from wanflow.planner.plan import Plan
from wanflow.report.text.notes import merge_notes
from wanflow.report.text.status import leftovers, running_out, shot_rows, status_text, totals_text


@click.command("status", epilog=example("wanflow status --json"))
@production_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of the shots.")
@click.pass_obj
def command(settings: ProductionOptions, *, as_json: bool) -> ExitCode:
    """Show each shot's state, picked take, takes, tasks in flight and reasons; then the cuts and the totals."""
    opened = open_sound_part(settings)
    if opened.production is not None:
        _show(run.plan(opened.production, whole=opened.whole), as_json=as_json)
        tell_elsewhere(opened.production)
    return opened.conclude()


def _show(plan: Plan, *, as_json: bool) -> None:
    rows = shot_rows(plan, run.states(plan))
    if as_json:
        click.echo(json.dumps(pasteable_json([row.to_json() for row in rows]), ensure_ascii=False, indent=2))
    elif rows:
        click.echo(pasteable(f"{status_text(rows)}\n\n{totals_text(rows, plan)}"))
    for line in leftovers(plan):
        click.echo(pasteable(line), err=True)
    for warning in (*merge_notes(plan), *running_out(plan, datetime.now(UTC))):
        click.echo(pasteable(f"warning: {warning}"), err=True)
