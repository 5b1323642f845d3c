"""`wanflow plan`: what a run would do, and why."""

from __future__ import annotations

import json
from pathlib import Path

import click

from wanflow import api
from wanflow.cli import planfile
from wanflow.cli.approval import limit_of
from wanflow.cli.hints import pasteable, pasteable_json
from wanflow.cli.opening import open_production
from wanflow.cli.options import (
    ProductionOptions,
    allowing_outside,
    example,
    production_options,
    retrying,
    selection,
    spending,
)
from wanflow.errors import ExitCode
from wanflow.report.text.plan import brief_text, note_texts, plan_text


@click.command("plan", epilog=example("wanflow plan 'harbour/*' --exclude harbour/storm"))
@selection
@production_options
@spending
@allowing_outside
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--exit-code", "signals", is_flag=True, help="Exit with 10 where something would run.")
@retrying
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Save the plan as well: `wanflow run --plan FILE` does what it says, and no more.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print only what a run would do, in one line.")
@click.option("-v", "--verbose", is_flag=True, help="List all steps, even where nothing is to be done.")
@click.pass_obj
def plan(
    settings: ProductionOptions,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    *,
    as_json: bool,
    signals: bool,
    retry_refused: bool,
    budget: str | None,
    output: Path | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Show what a run would do, why, and at what price. Spends nothing and contacts nothing."""
    production = open_production(settings, quiet=quiet)
    planned = api.plan(production, select, exclude=exclude, retry_refused=retry_refused)
    notes = note_texts(api.notes(planned, limit_of(budget, planned)), planned.region)
    if output is not None:
        planfile.save(planned, output, select, exclude, settings)
    if as_json:
        said = {"notes": [pasteable(note) for note in notes]} if notes else {}
        click.echo(json.dumps(pasteable_json({**planned.to_json(), **said}), ensure_ascii=False, indent=2))
    else:
        shown = brief_text(planned, notes) if quiet else plan_text(planned, verbose=verbose, notes=notes)
        click.echo(pasteable(shown))
    return ExitCode.WOULD_RUN if signals and not planned.idle else ExitCode.DONE
