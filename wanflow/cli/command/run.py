"""`wanflow run`: render what changed and write the cuts."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import cast

import anyio
import click

from wanflow import studio
from wanflow.cli.exit_code import ExitCode, error
from wanflow.cli.main import summon
from wanflow.cli.opening import open_production
from wanflow.cli.settings import Settings, example, production_options, selection
from wanflow.planner.steps import Action, Plan
from wanflow.report.lines import Loudness, event_text
from wanflow.report.plan_text import would_do
from wanflow.report.stream import event_line, finished_line
from wanflow.report.summary import blocked_text, interrupted_text, outcome_text
from wanflow.report.wording import count, listed
from wanflow.runner.event import Emit, Event
from wanflow.runner.outcome import Outcome
from wanflow.spec.production import Production

Display = Callable[[Plan, Loudness], AbstractContextManager[Emit]]


@click.command("run", epilog=example("wanflow run 'harbour/*' --json"))
@selection
@production_options
@click.option("--yes", is_flag=True, help="Don't ask before paying; the animatic is free and never asks.")
@click.option(
    "--keep-going/--fail-fast", default=True, help="After a failure go on with what doesn't need it (default)."
)
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Local ffmpeg jobs at a time (default: cores)."
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Give up waiting after this time, not the tasks; exits with 4.",
)
@click.option("--locked", is_flag=True, help="Fail with 3, before anything is done, if anything would render.")
@click.option("--json", "as_json", is_flag=True, help="Print one event a line.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
@click.option("-v", "--verbose", is_flag=True, help="Say everything that happens.")
@click.pass_obj
def command(
    settings: Settings,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    *,
    yes: bool,
    keep_going: bool,
    jobs: int | None,
    timeout: float | None,
    locked: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Collect what is in flight, render what changed and write the cuts, whose paths are printed on stdout."""
    del yes
    loudness = Loudness.QUIET if quiet else Loudness.VERBOSE if verbose else Loudness.NORMAL
    production = open_production(settings, quiet=quiet)
    plan = studio.plan(production, select, exclude=exclude)
    if locked and not _renders_nothing(plan):
        return ExitCode.STOPPED
    if _at_rest(plan):
        return _settle(plan, loudness, as_json=as_json)
    work = partial(studio.run, plan, jobs=jobs, keep_going=keep_going, timeout=timeout)
    try:
        with _audience(plan, loudness, as_json=as_json) as emit:
            outcome = anyio.run(partial(work, emit=emit))
    except KeyboardInterrupt:
        click.echo(interrupted_text(studio.survey(production)), err=True)
        return ExitCode.INTERRUPTED
    return _conclude(production, outcome, outcome_text(outcome), loudness, as_json=as_json)


def _at_rest(plan: Plan) -> bool:
    """Whether nothing is to be done, nor anything that an earlier run left open, also of shots deleted since."""
    have = plan.inventory
    return plan.idle and not (have.open_tasks or have.lost or have.adrift)


def _renders_nothing(plan: Plan) -> bool:
    takes = [step.node for step in plan.steps if step.action is Action.RENDER]
    if takes:
        error(f"{count(len(takes), 'take')} would be rendered: {listed(takes)}", "leave out `--locked` to render")
    return not takes


def _settle(plan: Plan, loudness: Loudness, *, as_json: bool) -> int:
    """End a run that has nothing to do, at once: nothing heavy is imported for it."""
    blocked = blocked_text(plan)
    if blocked:
        click.echo(blocked, err=True)
    return _conclude(plan.graph.production, studio.settle(plan), would_do(plan), loudness, as_json=as_json)


def _conclude(production: Production, outcome: Outcome, words: str, loudness: Loudness, *, as_json: bool) -> int:
    """Say how it went on stderr, and on stdout the path of each cut or, as JSON, the last event."""
    if loudness is not Loudness.QUIET or outcome.exit_code:
        click.echo(words, err=True)
    if as_json:
        click.echo(finished_line(outcome, _now()))
    else:
        for path in outcome.cuts.values():
            click.echo(_from_here(production.folder / path))
    return outcome.exit_code


def _audience(plan: Plan, loudness: Loudness, *, as_json: bool) -> AbstractContextManager[Emit]:
    """Whom the run is told to: a program on stdout, a terminal, or plain lines on stderr."""
    if as_json:
        return nullcontext(_stream)
    if loudness is not Loudness.QUIET and sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return cast(Display, summon("wanflow.report.console:live"))(plan, loudness)
    return nullcontext(partial(_print, loudness))


def _stream(event: Event) -> None:
    click.echo(event_line(event, _now()))


def _print(loudness: Loudness, event: Event) -> None:
    text = event_text(event, loudness)
    if text is not None:
        click.echo(text, err=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _from_here(path: Path) -> str:
    """A path as the current folder sees it; as it is, where it lies on another drive."""
    try:
        return os.path.relpath(path)
    except ValueError:
        return str(path)
