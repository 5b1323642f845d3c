"""`wanflow costs`: what was charged."""

from __future__ import annotations

import json

import click

from wanflow.api import run
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_sound_part
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.language.production import Production
from wanflow.report.text.costs import BY, costs_json, costs_text


@click.command("costs", epilog=example("wanflow costs --by day"))
@production_options
@click.option("--by", type=click.Choice(list(BY)), default="shot", show_default=True, help="What to sum up by.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document with every take and all sums.")
@click.pass_obj
def command(settings: ProductionOptions, by: str, *, as_json: bool) -> ExitCode:
    """Show what was charged for takes, beside what they were to cost; failures cost nothing."""
    opened = open_sound_part(settings)
    if opened.production is not None:
        _show(opened.production, by, as_json=as_json)
    return opened.conclude(quiet=True)


def _show(production: Production, by: str, *, as_json: bool) -> None:
    entries, currency = run.costs(production), production.prices.currency
    if as_json:
        click.echo(json.dumps(costs_json(entries, currency), ensure_ascii=False, indent=2))
    elif not production.provider.paid:
        click.echo(f"an animatic costs nothing; `--backend {production.provider.models}` shows what the paid film did")
    else:
        click.echo(costs_text(entries, currency, by))
