"""`wanflow plan`: what a run would do, why, and at what price."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from wanflow import api, replanning
from wanflow.characters import for_shell
from wanflow.cli import planfile
from wanflow.cli.approval import limit_of
from wanflow.cli.hints import name_production, pasteable_json
from wanflow.cli.node_arguments import selection
from wanflow.cli.opening import open_production, plan_after_edit
from wanflow.cli.options import (
    ProductionOptions,
    allowing_outside,
    example,
    production_options,
    retrying,
    spending,
)
from wanflow.cli.screen import print_json, print_report
from wanflow.errors import ExitCode, UnknownTarget
from wanflow.messages import tr
from wanflow.report.text.plan import brief_text, note_texts, plan_json, plan_text


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
@click.option("-v", "--verbose", is_flag=True, help="List all steps, unchanged ones as well.")
@click.option("-n", "--dry-run", is_flag=True, hidden=True, expose_value=False)  # it always is
@click.option("--yes", is_flag=True, hidden=True)
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
    yes: bool,
) -> int:
    """Show what a run would do, why, and at what price. Spends nothing and contacts nothing."""
    if yes:
        raise other_command(
            settings, tr("`plan` renders nothing, and never asks"), "run --yes", select, tr("renders this")
        )
    of_all = not (select or exclude or retry_refused or budget or output or as_json or verbose)
    planned = plan_after_edit(settings) if of_all else None
    if planned is None:
        production = open_production(settings, quiet=quiet, outlined=of_all)
        planned = api.plan(production, select, exclude=exclude, retry_refused=retry_refused)
    api.require_address(planned)
    said = api.notes(planned, limit_of(budget, planned))
    notes = note_texts(said, planned.region)
    if of_all:
        replanning.keep_parts(planned, said)
    if output is not None:
        planfile.save(planned, output, select, exclude, settings)
    if as_json:
        print_json(pasteable_json(plan_json(planned, said)))
    else:
        print_report(
            lambda screen: (
                brief_text(planned, notes, screen)
                if quiet
                else plan_text(planned, verbose=verbose, notes=notes, screen=screen)
            )
        )
    return ExitCode.WOULD_RUN if signals and not planned.idle else ExitCode.DONE


def other_command(
    settings: ProductionOptions, words: str, verb: str, select: Sequence[str], effect: str
) -> UnknownTarget:
    """An error whose hint is the command that does what was meant."""
    name_production(settings)
    return UnknownTarget(
        words, hint=tr("`wanflow {command}` {effect}", command=" ".join([verb, *map(for_shell, select)]), effect=effect)
    )
