"""`wanflow models`: what each model accepts."""

from __future__ import annotations

import click

from wanflow.catalog.read import load_catalog
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.nodes import unknown
from wanflow.cli.options import example
from wanflow.report.text.catalog import model_text, models_text


@click.command("models", epilog=example("wanflow models wan2.7-i2v"))
@click.argument("model", required=False)
def command(model: str | None) -> int:
    """List the models, or show what MODEL accepts: media, text, parameters and their limits."""
    catalog = load_catalog()
    if model is None:
        click.echo(models_text(catalog))
        return ExitCode.DONE
    if model not in catalog:
        raise unknown(model, list(catalog), "no model is called", "`wanflow models` lists them")
    click.echo(model_text(catalog[model]))
    return ExitCode.DONE
