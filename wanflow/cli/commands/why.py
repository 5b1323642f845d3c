"""`wanflow why`: what changed, old value against new."""

from __future__ import annotations

import click

from wanflow.api import run
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.hints import pasteable
from wanflow.cli.nodes import steps_of
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.report.text.why import why_text


@click.command("why", epilog=example("wanflow why approach", "wanflow why cut:main"))
@click.argument("node")
@production_options
@click.pass_obj
def command(settings: ProductionOptions, node: str) -> int:
    """Explain why NODE is rendered, or isn't: what changed since the last run, down to the words of the prompt."""
    plan = run.plan(open_production(settings))
    click.echo(pasteable(why_text(plan, steps_of(plan, node))))
    return ExitCode.DONE
