"""Whom a run is told to while it runs, and what is said at its end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import cast

import click

from wanflow import studio
from wanflow.cli.exit_code import ExitCode, cause, of
from wanflow.cli.main import summon
from wanflow.planner.steps import Plan
from wanflow.report.lines import Loudness, event_text
from wanflow.report.stream import event_line, finished_line
from wanflow.report.summary import interrupted_text, left_text
from wanflow.runner.event import Emit, Event
from wanflow.runner.outcome import Outcome
from wanflow.spec.production import Production

LEFT = frozenset({ExitCode.IN_FLIGHT, ExitCode.UNDECIDED})
"""Ends after which something is left with the service, which is named."""

Display = Callable[[Plan, Loudness], AbstractContextManager[Emit]]


def loudness_of(*, quiet: bool, verbose: bool) -> Loudness:
    """How much is told, from `-q` and `-v`."""
    return Loudness.QUIET if quiet else Loudness.VERBOSE if verbose else Loudness.NORMAL


def audience(plan: Plan, loudness: Loudness, *, as_json: bool) -> AbstractContextManager[Emit]:
    """Whom the run is told to: a program on stdout, a terminal, or plain lines on stderr."""
    live = loudness is not Loudness.QUIET and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    if live and not as_json:
        return cast(Display, summon("wanflow.report.console:live"))(plan, loudness)
    return nullcontext(listener(loudness, as_json=as_json))


def listener(loudness: Loudness, *, as_json: bool) -> Emit:
    """A program on stdout, or plain lines on stderr."""
    return _stream if as_json else partial(_print, loudness)


def conclude(production: Production, outcome: Outcome, words: str, loudness: Loudness, *, as_json: bool) -> int:
    """Say how it went on stderr, and on stdout the path of each cut or, as JSON, the last event."""
    if loudness is not Loudness.QUIET or outcome.exit_code:
        left = left_text(studio.survey(production)) if outcome.exit_code in LEFT else ()
        click.echo("\n".join((words, *left)), err=True)
    if as_json:
        click.echo(finished_line(outcome, _now()))
    else:
        for path in outcome.cuts.values():
            click.echo(_from_here(production.folder / path))
    return outcome.exit_code


@contextmanager
def told_to_the_end(production: Production, *, as_json: bool) -> Iterator[None]:
    """Whatever ends the work, a program gets the last event, and an interruption names what it leaves behind."""
    try:
        yield
    except (KeyboardInterrupt, click.Abort):
        raise click.exceptions.Exit(interrupted(production, as_json=as_json)) from None
    except Exception as fault:
        stopped(of(cause(fault)), as_json=as_json)
        raise


def interrupted(production: Production, *, as_json: bool) -> int:
    """Say what an interrupted run leaves behind; a program gets the last event all the same."""
    click.echo(interrupted_text(studio.survey(production)), err=True)
    return stopped(ExitCode.INTERRUPTED, as_json=as_json)


def stopped(code: ExitCode, *, as_json: bool) -> ExitCode:
    """End a run that did nothing, or whose doings are told by the next one; a program gets the last event."""
    if as_json:
        click.echo(finished_line(Outcome(exit_code=code), _now()))
    return code


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
