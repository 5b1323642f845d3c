"""Opening a production for a command."""

from __future__ import annotations

import click

from wanflow import studio
from wanflow.cli.settings import Settings
from wanflow.spec.problem import render_problem
from wanflow.spec.production import Production

WORKING = ("animatic",)


def open_production(settings: Settings, *, quiet: bool = False) -> Production:
    """The production that a command is about; its warnings go to stderr. Raises SpecError.

    Raises UsageError where `--backend` asks for one that can't render yet: another must never render in its name,
    since its takes would count as paid ones.
    """
    if settings.backend not in {None, *WORKING}:
        raise click.UsageError(f"the paid backend `{settings.backend}` is not in this version yet; use `animatic`")
    production = studio.load(settings.file, backend=settings.backend, region=settings.region, values=settings.values)
    if not quiet:
        for warning in production.warnings:
            click.echo(render_problem(warning), err=True)
    return production
