"""`wanflow show`: a node as it will be requested or made."""

from __future__ import annotations

import json

import click

from wanflow.api import run
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.nodes import steps_of, vertex_of
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.graph.select import single_shot
from wanflow.report.text.show import request_of, rows_of, show_json, show_text


@click.command("show", epilog=example("wanflow show approach"))
@click.argument("node")
@production_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def command(settings: ProductionOptions, node: str, *, as_json: bool) -> int:
    """Show NODE resolved: its values with the places they come from, and a shot's request as it is sent."""
    plan = run.plan(open_production(settings, quiet=True))
    vertex, steps = vertex_of(plan, node), steps_of(plan, node)
    rows, request = rows_of(vertex, plan.graph.production), request_of(vertex, steps)
    body = None if request is None else run.request_json(plan.provider, request)
    node = single_shot(plan.graph.production, node)
    if as_json:
        click.echo(json.dumps(show_json(node, rows, steps, body), ensure_ascii=False, indent=2))
    else:
        click.echo(show_text(node, rows, steps, body))
    return ExitCode.DONE
