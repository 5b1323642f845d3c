"""Opening a production for a command."""

from __future__ import annotations

import click

from wanflow import studio
from wanflow.cli.settings import Settings
from wanflow.spec.problem import render_problem
from wanflow.spec.production import Production


def open_production(settings: Settings, *, quiet: bool = False) -> Production:
    """The production that a command is about; its warnings go to stderr. Raises SpecError."""
    production = studio.load(
        settings.file,
        backend=settings.backend,
        region=settings.region,
        values=settings.values,
        prices=settings.prices,
        allow_outside=settings.allow_outside,
    )
    if not quiet:
        for warning in production.warnings:
            click.echo(render_problem(warning), err=True)
    return production
