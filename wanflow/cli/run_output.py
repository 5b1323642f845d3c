"""Whom a run is told to while it runs, and what is said at its end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import cast

import click

from wanflow.api import run
from wanflow.cli.exit_code import ExitCode, cause, error, of
from wanflow.cli.hints import command_on, pasteable
from wanflow.cli.main import summon
from wanflow.cli.output import cancelled_by_signals, go_on_unread
from wanflow.errors import StoreFault
from wanflow.language.production import Production
from wanflow.planner.plan import Plan
from wanflow.report.text.event_json import OutcomeSoFar, event_line, finished_line
from wanflow.report.text.events import Verbosity, event_text
from wanflow.report.text.summary import interrupted_text, left_text
from wanflow.report.text.words import count, listed
from wanflow.runner.events import Emit, Event, StepFinished, Warned
from wanflow.runner.outcome import Outcome

LEFT = frozenset({ExitCode.IN_FLIGHT, ExitCode.UNDECIDED})
"""Ends after which something is left with the service, which is named."""

Display = Callable[[Plan, Verbosity], AbstractContextManager[Emit]]


def loudness_of(*, quiet: bool, verbose: bool) -> Verbosity:
    """How much is told, from `-q` and `-v`."""
    return Verbosity.QUIET if quiet else Verbosity.VERBOSE if verbose else Verbosity.NORMAL


@contextmanager
def audience(plan: Plan, loudness: Verbosity, so_far: OutcomeSoFar, *, as_json: bool) -> Iterator[Emit]:
    """Whom the run is told to: a program on stdout, a terminal, or plain lines on stderr."""
    live = loudness is not Verbosity.QUIET and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    if not live or as_json:
        yield listener(loudness, so_far, as_json=as_json)
        return
    with cast(Display, summon("wanflow.report.text.console:live"))(plan, loudness) as show:
        yield partial(_tell, so_far, show)


def listener(loudness: Verbosity, so_far: OutcomeSoFar, *, as_json: bool) -> Emit:
    """A program on stdout, or plain lines on stderr."""
    return partial(_tell, so_far, _stream if as_json else partial(_print, loudness))


def conclude(production: Production, outcome: Outcome, words: str, loudness: Verbosity, *, as_json: bool) -> int:
    """Say how it went on stderr, and on stdout the path of each cut or, as JSON, the last event."""
    if loudness is not Verbosity.QUIET or outcome.exit_code:
        left = left_text(run.survey(production)) if outcome.exit_code in LEFT else ()
        click.echo(pasteable("\n".join((words, *left))), err=True)
    if as_json:
        click.echo(finished_line(outcome, _now()))
    else:
        for path in outcome.cuts.values():
            click.echo(_from_here(production.folder / path))
    return outcome.exit_code


@contextmanager
def told_to_the_end(production: Production, *, as_json: bool) -> Iterator[OutcomeSoFar]:
    """Whatever ends the work, a program gets the last event, and an interruption names what it leaves behind.

    Gives what the events of the work are to be counted by. A signal that ends the program cancels the work; a reader of
    stdout that leaves does not end it.
    """
    go_on_unread()
    so_far = OutcomeSoFar(production.prices.currency)
    try:
        with cancelled_by_signals():
            yield so_far
    except (KeyboardInterrupt, click.Abort):
        raise click.exceptions.Exit(_interrupted(production, so_far, as_json=as_json)) from None
    except Exception as fault:
        stopped(of(cause(fault)), so_far, as_json=as_json)
        raise


def _interrupted(production: Production, so_far: OutcomeSoFar, *, as_json: bool) -> ExitCode:
    click.echo(pasteable(interrupted_text(run.survey(production))), err=True)
    return stopped(ExitCode.INTERRUPTED, so_far, as_json=as_json)


def stopped(code: ExitCode, so_far: OutcomeSoFar, *, as_json: bool) -> ExitCode:
    """End a run before it could sum itself up; a program gets the last event."""
    if as_json:
        click.echo(finished_line(so_far.ended(code), _now()))
    return code


def _tell(so_far: OutcomeSoFar, emit: Emit, event: Event) -> None:
    so_far.note(event)
    emit(_pasteable(event))


def _pasteable(event: Event) -> Event:
    """An event whose words name commands that work."""
    match event:
        case Warned(message):
            return replace(event, message=pasteable(message))
        case StepFinished(_, _, message, hint):
            return replace(event, message=message and pasteable(message), hint=hint and pasteable(hint))
        case _:
            return event


def _stream(event: Event) -> None:
    click.echo(event_line(event, _now()))


def _print(loudness: Verbosity, event: Event) -> None:
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


COLLECTS, CANCELS = ("collect", "stores their films"), ("cancel", "cancels those that still wait")
"""Commands for tasks in flight, and what each does with them."""


def tell_elsewhere(production: Production, loudness: Verbosity = Verbosity.NORMAL) -> None:
    """Say on stderr, unless it is to be quiet, which other backends have tasks in flight, and how to collect them.

    A journal of theirs that is damaged is said as well; it stops nothing here.
    """
    if loudness is Verbosity.QUIET:
        return
    try:
        others = _elsewhere(production)
    except StoreFault as fault:
        click.echo(f"warning: {fault}{f'; {fault.hint}' if fault.hint else ''}", err=True)
        return
    for backend, number in others.items():
        click.echo(f"note: {_in_flight(number)} on {backend}: {_way(COLLECTS, backend)}", err=True)


def only_elsewhere(production: Production, way: tuple[str, str]) -> bool:
    """Whether tasks are in flight on other backends alone; that, and the command for them, is said on stderr.

    Raises StoreFault for a journal that can't be read.
    """
    others = _elsewhere(production)
    if others and production.provider.name not in run.in_flight(production):
        words = listed([f"{_in_flight(number)} on {backend}" for backend, number in others.items()])
        ways = listed([_way(way, backend) for backend in others])
        error(f"nothing is in flight on {production.provider.name}, but {words}", ways)
        return True
    return False


def _elsewhere(production: Production) -> Mapping[str, int]:
    return {name: number for name, number in run.in_flight(production).items() if name != production.provider.name}


def _in_flight(number: int) -> str:
    return f"{count(number, 'task')} {'is' if number == 1 else 'are'} in flight"


def _way(way: tuple[str, str], backend: str) -> str:
    verb, deed = way
    return f"{command_on(backend, verb)} {deed}"
