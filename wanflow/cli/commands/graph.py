"""`wanflow graph`: the graph of a production as a drawing."""

from __future__ import annotations

import json

import click

from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.graph import diagram
from wanflow.graph.build import build


@click.command("graph", epilog=example("wanflow graph --format dot | dot -Tsvg > graph.svg"))
@production_options
@click.option(
    "--format", "form", type=click.Choice(("mermaid", "dot", "json")), default="mermaid", help="The drawing's language."
)
@click.pass_obj
def command(settings: ProductionOptions, form: str) -> int:
    """Draw the graph of assets, shots, extracts and cuts."""
    graph = build(open_production(settings))
    match form:
        case "json":
            click.echo(json.dumps(diagram.graph_json(graph), ensure_ascii=False, indent=2))
        case "dot":
            click.echo(diagram.dot(graph))
        case _:
            click.echo(diagram.mermaid(graph))
    return ExitCode.DONE
