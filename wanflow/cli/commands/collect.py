"""`wanflow collect`: finish what is in flight."""

from __future__ import annotations

from functools import partial

import anyio
import click

from wanflow.api import run
from wanflow.cli.exit_code import ExitCode
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, production_options, telling, waiting
from wanflow.cli.run_output import (
    COLLECTS,
    conclude,
    listener,
    loudness_of,
    only_elsewhere,
    stopped,
    tell_elsewhere,
    told_to_the_end,
)
from wanflow.report.text.summary import collected_text
from wanflow.report.text.words import count
from wanflow.runner.outcome import Outcome


@click.command("collect", epilog=example("wanflow collect --timeout 600"))
@production_options
@waiting
@telling
@click.pass_obj
def command(
    settings: ProductionOptions,
    *,
    timeout: float | None,
    poll_interval: float,
    grace: float,
    wait: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Wait for the tasks that the service has and store their films as takes; nothing is submitted.

    Exits with 2 where nothing is in flight on this backend, but something on another.
    """
    loudness = loudness_of(quiet=quiet, verbose=verbose)
    production = open_production(settings, quiet=quiet)
    with told_to_the_end(production, as_json=as_json) as so_far:
        if not run.has_open_ends(production, thorough=True):
            if only_elsewhere(production, COLLECTS):
                return stopped(ExitCode.WRONG, so_far, as_json=as_json)
            return conclude(production, Outcome(), "nothing is in flight", loudness, as_json=as_json)
        tell_elsewhere(production, loudness)
        if not as_json and not quiet:
            click.echo(f"{count(len(run.survey(production).open_tasks), 'task')} in flight", err=True)
        work = partial(run.collect, timeout=timeout, poll_seconds=poll_interval, grace=grace, wait=wait)
        outcome = anyio.run(partial(work, production, emit=listener(loudness, so_far, as_json=as_json)))
    return ExitCode(conclude(production, outcome, collected_text(outcome), loudness, as_json=as_json))
