"""`wanflow collect`, `cancel` and `resolve`: what earlier runs left with the service."""

from __future__ import annotations

from functools import partial

import anyio
import click

from wanflow import api
from wanflow.cli.node_arguments import complete_nodes
from wanflow.cli.opening import open_production
from wanflow.cli.options import ProductionOptions, example, printing, production_options, waiting
from wanflow.cli.run_output import (
    CANCELS,
    COLLECTS,
    conclude,
    ended_early,
    only_elsewhere,
    print_elsewhere,
    printer,
    run_guarded,
    verbosity_of,
)
from wanflow.cli.screen import print_json, say
from wanflow.errors import ExitCode
from wanflow.messages import tr
from wanflow.report.text.summary import cancelled_lines, collected_lines
from wanflow.report.text.words import count
from wanflow.runner.events import Outcome
from wanflow.store.take_names import take_node


@click.command("collect", epilog=example("wanflow collect --timeout 600"))
@production_options
@waiting
@printing
@click.pass_obj
def collect(
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
    """Wait for the tasks that the service has and store their results as takes; nothing is submitted.

    Exits with 2 where nothing is in flight on this backend, but something on another.
    """
    verbosity = verbosity_of(quiet=quiet, verbose=verbose)
    production = open_production(settings, quiet=quiet, works=True)
    with run_guarded(production, as_json=as_json) as so_far:
        left = api.unfinished(production)
        if not api.is_unfinished(production, left, thorough=True):
            if only_elsewhere(production, COLLECTS):
                return ended_early(ExitCode.WRONG, so_far, as_json=as_json)
            return conclude(production, Outcome(), [tr("nothing is in flight")], verbosity, as_json=as_json)
        print_elsewhere(production, verbosity)
        if not as_json and not quiet:
            say(tr("{tasks} in flight", tasks=count(len(left.open), "task")), err=True)
        work = partial(api.collect, timeout=timeout, poll_seconds=poll_interval, grace=grace, wait=wait)
        outcome = anyio.run(partial(work, production, emit=printer(verbosity, so_far, as_json=as_json)))
    return conclude(production, outcome, collected_lines(outcome), verbosity, as_json=as_json)


@click.command("cancel", epilog=example("wanflow cancel approach"))
@click.argument("select", nargs=-1, metavar="[SELECT]...", shell_complete=complete_nodes)
@production_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_obj
def cancel(settings: ProductionOptions, select: tuple[str, ...], *, as_json: bool) -> int:
    """Cancel the tasks of SELECT, or all, that are still PENDING. Running tasks cannot be cancelled and are charged.

    Exits with 1 where a task cannot be cancelled, and with 2 where nothing is in flight on this backend, but something
    on another.
    """
    production = open_production(settings, works=True)
    cancelled = anyio.run(partial(api.cancel, production, select))
    nothing = not cancelled and not api.is_unfinished(production, api.unfinished(production))
    missed = nothing and only_elsewhere(production, CANCELS)
    if as_json:
        print_json([item.to_json() for item in cancelled])
    elif not missed:
        say(*cancelled_lines(cancelled))
    if missed:
        return ExitCode.WRONG
    print_elsewhere(production)
    return ExitCode.DONE if all(item.cancelled for item in cancelled) else ExitCode.FAILED


@click.command("resolve", epilog=example("wanflow resolve approach --adopt 0385dc79-5ff8-4d82-bcb6-7bfc3d60a3a4"))
@click.argument("shot", shell_complete=complete_nodes)
@production_options
@click.option("--take", type=click.IntRange(min=1), metavar="N", help="The take that it was submitted for.")
@click.option("--adopt", metavar="TASK_ID", help="It was accepted, as this task: the next run collects it.")
@click.option("--resubmit", is_flag=True, help="It was not accepted: the next run may submit it again, at its price.")
@click.pass_obj
def resolve(settings: ProductionOptions, shot: str, *, take: int | None, adopt: str | None, resubmit: bool) -> int:
    """Decide what became of a submission of SHOT whose reply was lost; contacts nothing.

    The service's console, or its list of tasks, says whether it was accepted.
    """
    if (adopt is None) is not resubmit:
        raise click.UsageError(tr("give either `--adopt TASK_ID` or `--resubmit`"))
    attempt = api.resolve(open_production(settings), shot, take=take, adopt=adopt)
    words = (
        tr("is task {adopt}: the next run collects it", adopt=adopt)
        if adopt
        else tr("was not accepted: a run may submit it")
    )
    say(tr("{take_node} {words}", take_node=take_node(attempt.shot, attempt.number), words=words))
    return ExitCode.DONE
