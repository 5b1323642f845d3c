"""`wanflow models`: what each model accepts."""

from __future__ import annotations

import click

from wanflow.cli.exit_code import ExitCode
from wanflow.cli.settings import example
from wanflow.cli.target import unknown
from wanflow.report.catalog_text import model_text, models_text
from wanflow.spec.catalog import load_catalog


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
