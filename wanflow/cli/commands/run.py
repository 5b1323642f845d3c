"""`wanflow run`: what changed is rendered, and the cuts are written."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import anyio
import click

from wanflow import api
from wanflow.cli import planfile
from wanflow.cli.approval import affordable, approved, limit_of
from wanflow.cli.commands.plan import other_command
from wanflow.cli.exit_code import error
from wanflow.cli.node_arguments import selection
from wanflow.cli.opening import open_production
from wanflow.cli.options import (
    ProductionOptions,
    allowing_outside,
    clustered,
    example,
    printing,
    production_options,
    retrying,
    spending,
    waiting,
)
from wanflow.cli.run_output import (
    conclude,
    display,
    ended_early,
    print_elsewhere,
    printer,
    run_guarded,
    verbosity_of,
)
from wanflow.cli.screen import say
from wanflow.errors import ExitCode
from wanflow.hosts import named_host
from wanflow.messages import tr
from wanflow.planner.plan import Action, Plan
from wanflow.planner.saved import SavedPlan
from wanflow.report.text.events import Verbosity
from wanflow.report.text.plan import note_texts, would_do
from wanflow.report.text.summary import blocked_lines, outcome_lines
from wanflow.report.text.words import count, listed
from wanflow.runner.events import CollectOutcome
from wanflow.store.attempt import JournalState


def _hosts(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """The hosts of `--upload-host` in one form."""
    try:
        return tuple(map(named_host, given))
    except ValueError as fault:
        raise click.BadParameter(tr("write HOST or HOST:PORT, such as `minio.studio:9000`"), context, option) from fault


@click.command("run", epilog=example("wanflow run 'harbour/*' --json"))
@selection
@production_options
@waiting
@click.option("--yes", is_flag=True, help="Do not ask before paying; the animatic is free and never asks.")
@click.option(
    "--keep-going/--fail-fast", default=True, help="After a failure continue with what does not need it (default)."
)
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Local ffmpeg jobs at a time (default: cores)."
)
@click.option(
    "--grade",
    type=click.Choice(("draft", "final")),
    help="How finely the animatic draws its films; a draft, the default, takes a quarter of the time.",
)
@click.option(
    "--max-in-flight",
    type=click.IntRange(min=1),
    metavar="N",
    help="Most unfinished tasks of a model (default: what the service runs at once and a few more).",
)
@retrying
@spending
@allowing_outside
@click.option(
    "--resubmit",
    type=click.Choice(("auto", "never")),
    default="auto",
    show_default=True,
    help="Whether a lost submission that the service's list does not show is sent again.",
)
@click.option(
    "--upload-host",
    "upload_hosts",
    multiple=True,
    callback=_hosts,
    metavar="HOST[:PORT]",
    help="A host that may get your media beside the service's own storage; may be repeated.",
)
@clustered
@click.option(
    "--plan",
    "planned",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Do what is left of a plan that `wanflow plan -o FILE` saved; it counts as approved.",
)
@click.option("--locked", is_flag=True, help="Fail with 3, before anything is done, if anything would be rendered.")
@printing
@click.option("-n", "--dry-run", is_flag=True, hidden=True)
@click.pass_obj
def run(
    settings: ProductionOptions,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    *,
    yes: bool,
    keep_going: bool,
    jobs: int | None,
    grade: Literal["draft", "final"] | None,
    timeout: float | None,
    poll_interval: float,
    grace: float,
    wait: bool,
    max_in_flight: int | None,
    retry_refused: bool,
    resubmit: str,
    upload_hosts: tuple[str, ...],
    cluster: str | None,
    locked: bool,
    planned: Path | None,
    budget: str | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    dry_run: bool,
) -> int:
    """Collect what is in flight, render what changed and write the cuts, whose paths are printed on stdout."""
    if dry_run:
        raise other_command(settings, tr("`run` has no dry run"), "plan", select, tr("shows what this run would do"))
    verbosity = verbosity_of(quiet=quiet, verbose=verbose)
    request = _request(planned, select, exclude, retry_refused=retry_refused)
    production = open_production(request.as_saved(settings), quiet=quiet, works=True)
    if grade and production.provider.paid:
        words = tr("`--grade` is for animatics: `{backend}` renders the films itself", backend=production.provider.name)
        raise click.UsageError(words, click.get_current_context())
    with run_guarded(production, as_json=as_json) as so_far:
        print_elsewhere(production, verbosity)
        collected: CollectOutcome | None = None
        left: JournalState | None = api.unfinished(production)
        if left is not None and api.is_unfinished(production, left):  # collect first, plan second (law 10)
            emit = printer(verbosity, so_far, as_json=as_json)
            lookup = partial(api.collect_finished, grace=grace, resubmit=resubmit == "auto", wait=wait, cluster=cluster)
            collected, left = anyio.run(partial(lookup, production, emit=emit)), None
        plan = api.plan(
            production, request.select, exclude=request.exclude, retry_refused=request.retry_refused, unfinished=left
        )
        if (locked and _renders(plan)) or (request.saved is not None and not planfile.fits(plan, request.saved)):
            return ended_early(ExitCode.STOPPED, so_far, as_json=as_json)
        have = plan.inventory
        if plan.idle and not (have.open_tasks or have.lost or have.unknown_fate):
            return _finish_idle(plan, collected, verbosity, as_json=as_json)
        limit = limit_of(budget, plan)
        if not affordable(plan, limit):
            return ended_early(ExitCode.STOPPED, so_far, as_json=as_json)
        api.require_key(plan)
        notes = note_texts(api.notes(plan, limit), plan.region)
        if not approved(plan, yes=yes or planned is not None, notes=notes):
            return ended_early(ExitCode.STOPPED, so_far, as_json=as_json)
        work = partial(
            api.run,
            plan,
            jobs=jobs,
            keep_going=keep_going,
            timeout=timeout,
            poll_seconds=poll_interval,
            max_in_flight=max_in_flight,
            grace=grace,
            resubmit=resubmit == "auto",
            wait=wait,
            budget=limit,
            collected=collected,
            upload_hosts=upload_hosts,
            grade=grade or "draft",
            cluster=cluster,
        )
        with display(plan, verbosity, so_far, as_json=as_json) as emit:
            outcome = anyio.run(partial(work, emit=emit))
    return conclude(production, outcome, outcome_lines(outcome), verbosity, as_json=as_json)


class RunRequest(NamedTuple):
    """What a run is asked to do: by selectors, or by a plan that was saved with its own."""

    select: tuple[str, ...]
    exclude: tuple[str, ...]
    retry_refused: bool
    saved: SavedPlan | None = None

    def as_saved(self, settings: ProductionOptions) -> ProductionOptions:
        """Which production it is about, with the options that a saved plan was made with."""
        return settings if self.saved is None else planfile.as_saved(settings, self.saved)


def _request(
    planned: Path | None, select: tuple[str, ...], exclude: tuple[str, ...], *, retry_refused: bool
) -> RunRequest:
    if planned is None:
        return RunRequest(select, exclude, retry_refused)
    if select or exclude:
        raise click.UsageError(tr("`--plan` has its own selection: leave out SELECT and `--exclude`"))
    saved = planfile.read(planned)
    return RunRequest(saved.select, saved.exclude, saved.retry_refused, saved)


def _renders(plan: Plan) -> bool:
    """Whether a plan renders anything although `--locked` forbids it; the takes are printed on stderr."""
    takes = [step.node for step in plan.steps if step.action is Action.RENDER]
    if takes:
        words = tr("{takes} would be rendered: {nodes}", takes=count(len(takes), "take"), nodes=listed(takes))
        error(words, tr("to render, run without `--locked`"))
    return bool(takes)


def _finish_idle(plan: Plan, collected: CollectOutcome | None, verbosity: Verbosity, *, as_json: bool) -> ExitCode:
    """End a run that has nothing to do, at once: nothing heavy is imported for it."""
    say(*blocked_lines(plan), *(tr("warning: {message}", message=note) for note in plan.inventory.lock.notes), err=True)
    outcome = api.finish_idle(plan)
    if collected is not None:
        outcome = replace(outcome, collected=collected.collected, cost=collected.cost or outcome.cost)
    return conclude(plan.graph.production, outcome, [would_do(plan)], verbosity, as_json=as_json)
