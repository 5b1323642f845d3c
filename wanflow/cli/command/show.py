"""`wanflow show`: a node as it will be requested or made."""

from __future__ import annotations

import json

import click

from wanflow import studio
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_production
from wanflow.cli.settings import Settings, example, production_options
from wanflow.cli.target import steps_of, vertex_of
from wanflow.report.request import rows_of, show_json, show_text


@click.command("show", epilog=example("wanflow show approach"))
@click.argument("node")
@production_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def command(settings: Settings, node: str, *, as_json: bool) -> int:
    """Show NODE resolved: prompt after interpolation, media, parameters, each with the place it comes from."""
    plan = studio.plan(open_production(settings))
    rows, steps = rows_of(vertex_of(plan, node), plan.graph.production), steps_of(plan, node)
    if as_json:
        click.echo(json.dumps(show_json(node, rows, steps), ensure_ascii=False, indent=2))
    else:
        click.echo(show_text(node, rows, steps))
    return ExitCode.DONE
