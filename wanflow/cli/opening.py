"""Opening a production for a command."""

from __future__ import annotations

import click

from wanflow import studio
from wanflow.cli.hints import name_production
from wanflow.cli.settings import Settings
from wanflow.spec.problem import render_problem
from wanflow.spec.production import Production


def open_production(settings: Settings, *, quiet: bool = False) -> Production:
    """The production that a command is about; its warnings go to stderr. Raises SpecError.

    From now on the commands in hints name it as this command was told it.
    """
    name_production(settings)
    production = studio.load(
        settings.file,
        backend=settings.backend,
        region=settings.region,
        values=settings.values,
        prices=settings.prices,
    )
    if not quiet:
        for warning in production.warnings:
            click.echo(render_problem(warning), err=True)
    return production
