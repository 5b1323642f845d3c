"""`wanflow run`: render what changed and write the cuts."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypedDict

import anyio
import click

from wanflow.api import run
from wanflow.cli import planfile
from wanflow.cli.approval import affordable, approved, limit_of
from wanflow.cli.exit_code import ExitCode, error
from wanflow.cli.hints import pasteable
from wanflow.cli.opening import open_production
from wanflow.cli.options import (
    ProductionOptions,
    allowing_outside,
    example,
    production_options,
    retrying,
    selection,
    spending,
    telling,
    waiting,
)
from wanflow.cli.run_output import audience, conclude, listener, loudness_of, stopped, tell_elsewhere, told_to_the_end
from wanflow.language.production import Production
from wanflow.money import Cost
from wanflow.planner.plan import Action, Plan
from wanflow.planner.saved import SavedPlan
from wanflow.report.text.events import Verbosity
from wanflow.report.text.notes import plan_notes
from wanflow.report.text.plan import would_do
from wanflow.report.text.summary import blocked_text, outcome_text
from wanflow.report.text.words import count, listed
from wanflow.runner.events import Emit
from wanflow.runner.outcome import CollectOutcome


@click.command("run", epilog=example("wanflow run 'harbour/*' --json"))
@selection
@production_options
@waiting
@click.option("--yes", is_flag=True, help="Don't ask before paying; the animatic is free and never asks.")
@click.option(
    "--keep-going/--fail-fast", default=True, help="After a failure go on with what doesn't need it (default)."
)
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Local ffmpeg jobs at a time (default: cores)."
)
@click.option(
    "--max-in-flight",
    type=click.IntRange(min=1),
    metavar="N",
    help="Tasks of a model that are submitted and unfinished (default: what the service runs at once and a few more).",
)
@retrying
@spending
@allowing_outside
@click.option(
    "--resubmit",
    type=click.Choice(("auto", "never")),
    default="auto",
    show_default=True,
    help="Whether a lost submission that the service's list doesn't show is sent again by itself.",
)
@click.option(
    "--plan",
    "planned",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Do what is left of a plan that `wanflow plan -o FILE` saved; it counts as agreed to.",
)
@click.option("--locked", is_flag=True, help="Fail with 3, before anything is done, if anything would render.")
@telling
@click.pass_obj
def command(
    settings: ProductionOptions,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    *,
    yes: bool,
    keep_going: bool,
    jobs: int | None,
    timeout: float | None,
    poll_interval: float,
    grace: float,
    wait: bool,
    max_in_flight: int | None,
    retry_refused: bool,
    resubmit: str,
    locked: bool,
    planned: Path | None,
    budget: str | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Collect what is in flight, render what changed and write the cuts, whose paths are printed on stdout."""
    loudness = loudness_of(quiet=quiet, verbose=verbose)
    wanted = _wanted(planned, select, exclude, retry_refused=retry_refused)
    production = open_production(wanted.as_saved(settings), quiet=quiet)
    with told_to_the_end(production, as_json=as_json) as so_far:
        tell_elsewhere(production, loudness)
        lookup: LookupOptions = {"grace": grace, "resubmit": resubmit == "auto", "wait": wait}
        swept = _gather(production, lookup, listener(loudness, so_far, as_json=as_json))
        plan = run.plan(production, wanted.select, exclude=wanted.exclude, retry_refused=wanted.retry_refused)
        if not _as_agreed(plan, wanted.saved, locked=locked):
            return stopped(ExitCode.STOPPED, so_far, as_json=as_json)
        if _at_rest(plan):
            return _settle(plan, swept, loudness, as_json=as_json)
        limit = limit_of(budget, plan)
        if not _may_spend(plan, limit, yes=yes or planned is not None):
            return stopped(ExitCode.STOPPED, so_far, as_json=as_json)
        work = partial(
            run.run,
            plan,
            jobs=jobs,
            keep_going=keep_going,
            timeout=timeout,
            poll_seconds=poll_interval,
            max_in_flight=max_in_flight,
            budget=limit,
            swept=swept,
            **lookup,
        )
        with audience(plan, loudness, so_far, as_json=as_json) as emit:
            outcome = anyio.run(partial(work, emit=emit))
    return conclude(production, outcome, outcome_text(outcome), loudness, as_json=as_json)


class LookupOptions(TypedDict):
    """How lost submissions are looked up, and whether another run is waited for."""

    grace: float
    resubmit: bool
    wait: bool


class RunRequest(NamedTuple):
    """What a run is asked to do: by selectors, or by a plan that was saved with its own."""

    select: tuple[str, ...]
    exclude: tuple[str, ...]
    retry_refused: bool
    saved: SavedPlan | None = None

    def as_saved(self, settings: ProductionOptions) -> ProductionOptions:
        """Which production it is about, with what a saved plan was made with."""
        return settings if self.saved is None else planfile.as_saved(settings, self.saved)


def _wanted(
    planned: Path | None, select: tuple[str, ...], exclude: tuple[str, ...], *, retry_refused: bool
) -> RunRequest:
    if planned is None:
        return RunRequest(select, exclude, retry_refused)
    if select or exclude:
        raise click.UsageError("`--plan` brings its own selection: leave out the others")
    saved = planfile.read(planned)
    return RunRequest(saved.select, saved.exclude, saved.retry_refused, saved)


def _as_agreed(plan: Plan, saved: SavedPlan | None, *, locked: bool) -> bool:
    """Whether a plan renders nothing where it must not, and no more than a saved one."""
    return (not locked or _renders_nothing(plan)) and (saved is None or planfile.fits(plan, saved))


def _gather(production: Production, lookup: LookupOptions, emit: Emit) -> CollectOutcome | None:
    """Collect first, plan second (law 10): what is finished by now is stored before anything is planned.

    Gives what came of it, None where nothing was open.
    """
    if not run.has_open_ends(production):
        return None
    return anyio.run(partial(run.gather, production, emit=emit, **lookup))


def _may_spend(plan: Plan, limit: Cost | None, *, yes: bool) -> bool:
    """Whether a run does not surely cost more than it may, has a key to pay with, and is approved."""
    if not affordable(plan, limit):
        return False
    run.require_key(plan)
    return approved(plan, yes=yes, notes=plan_notes(plan, limit))


def _at_rest(plan: Plan) -> bool:
    """Whether nothing is to be done, nor anything that an earlier run left open, also of shots deleted since."""
    have = plan.inventory
    return plan.idle and not (have.open_tasks or have.lost or have.unknown_fate)


def _renders_nothing(plan: Plan) -> bool:
    takes = [step.node for step in plan.steps if step.action is Action.RENDER]
    if takes:
        error(f"{count(len(takes), 'take')} would be rendered: {listed(takes)}", "leave out `--locked` to render")
    return not takes


def _settle(plan: Plan, swept: CollectOutcome | None, loudness: Verbosity, *, as_json: bool) -> int:
    """End a run that has nothing to do, at once: nothing heavy is imported for it."""
    for line in (blocked_text(plan), *(f"warning: {note}" for note in plan.inventory.lock.notes)):
        if line:
            click.echo(pasteable(line), err=True)
    outcome = run.settle(plan)
    if swept is not None:
        outcome = replace(outcome, collected=swept.collected, cost=swept.cost or outcome.cost)
    return conclude(plan.graph.production, outcome, would_do(plan), loudness, as_json=as_json)
