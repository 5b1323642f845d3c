"""What is printed while a run works and at its end, for people on stderr or as JSON events on stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import cast

import click

from wanflow import api, looked_at
from wanflow.cli.exit_code import code_of, print_fault, say_error
from wanflow.cli.hints import command_on, from_here, pasteable
from wanflow.cli.limits import exceeded
from wanflow.cli.main import import_attribute
from wanflow.cli.output import cancelled_by_signals, continue_without_reader
from wanflow.cli.screen import for_reader, print_json_text, say
from wanflow.errors import ExitCode, StoreFault, cause
from wanflow.language.production import Production
from wanflow.messages import joined, tr, trn
from wanflow.planner.plan import Plan
from wanflow.report.event_json import event_line, finished_line, reworded
from wanflow.report.progress import OutcomeSoFar
from wanflow.report.text.events import Verbosity, event_lines
from wanflow.report.text.summary import interrupted_lines, left_lines
from wanflow.report.text.words import listed
from wanflow.runner.events import CutFinished, Emit, Event, Outcome, TakeStored

LEFT = frozenset({ExitCode.IN_FLIGHT, ExitCode.UNDECIDED})
"""Exit codes after which something is left with the service; it is named."""

OpenDisplay = Callable[[Plan, Verbosity], AbstractContextManager[Emit]]


def verbosity_of(*, quiet: bool, verbose: bool) -> Verbosity:
    """How much is printed, from `-q` and `-v`."""
    return Verbosity.QUIET if quiet else Verbosity.VERBOSE if verbose else Verbosity.NORMAL


@contextmanager
def display(plan: Plan, verbosity: Verbosity, so_far: OutcomeSoFar, *, as_json: bool) -> Iterator[Emit]:
    """The receiver of a run's events: JSON on stdout, live lines on a terminal, or plain lines on stderr."""
    live = verbosity is not Verbosity.QUIET and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    if not live or as_json:
        yield printer(verbosity, so_far, as_json=as_json)
        return
    with cast(OpenDisplay, import_attribute("wanflow.report.text.console:live"))(plan, verbosity) as show:
        yield partial(_pass_on, so_far, lambda event: show(reworded(_seen_from_here(event), for_reader)))


def printer(verbosity: Verbosity, so_far: OutcomeSoFar, *, as_json: bool) -> Emit:
    """The receiver of events that prints JSON on stdout, or plain lines on stderr."""

    def print_event(event: Event) -> None:
        if as_json:
            print_json_text(event_line(event, _now(), pasteable))
        else:
            say(*event_lines(reworded(_seen_from_here(event), for_reader), verbosity), err=True)

    return partial(_pass_on, so_far, print_event)


def _pass_on(so_far: OutcomeSoFar, emit: Emit, event: Event) -> None:
    so_far.note(event)
    emit(event)


def _seen_from_here(event: Event) -> Event:
    """An event whose file a person can open from the current folder."""
    if isinstance(event, CutFinished):
        deliveries = {name: from_here(file) for name, file in event.deliveries.items()}
        return replace(event, file=from_here(event.file), deliveries=deliveries)
    return replace(event, file=from_here(event.file)) if isinstance(event, TakeStored) else event


def conclude(
    production: Production, outcome: Outcome, lines: Iterable[str], verbosity: Verbosity, *, as_json: bool
) -> ExitCode:
    """Print how it ended on stderr, and on stdout the paths of each cut or, as JSON, the last event."""
    if verbosity is not Verbosity.QUIET or outcome.exit_code:
        left = left_lines(api.inventory_of(production)) if outcome.exit_code in LEFT else ()
        say(*lines, *left, err=True)
    if as_json:
        print_json_text(finished_line(outcome, _now()))
    else:
        for cut, path in outcome.cuts.items():
            for file in (path, *outcome.deliveries.get(cut, {}).values()):
                say(from_here(file))
    return outcome.exit_code


@contextmanager
def run_guarded(production: Production, *, as_json: bool) -> Iterator[OutcomeSoFar]:
    """Do work whose last event is printed whatever ends it; an interruption names what it leaves behind.

    Gives the counter for the events of the work. A signal that ends the program cancels the work; a reader of stdout
    that leaves does not end it.
    """
    continue_without_reader()
    so_far = OutcomeSoFar(production.prices.currency)
    try:
        with cancelled_by_signals():
            yield so_far
    except (KeyboardInterrupt, click.Abort):
        say(*interrupted_lines(api.inventory_of(production)), err=True)
        code = ended_early(ExitCode.INTERRUPTED, so_far, as_json=as_json)
        raise click.exceptions.Exit(code) from None
    except Exception as fault:
        first = exceeded(cause(fault))
        print_fault(first)  # before the last event
        ended_early(code_of(first), so_far, as_json=as_json)
        if first is fault:
            raise
        raise first from fault


def ended_early(code: ExitCode, so_far: OutcomeSoFar, *, as_json: bool) -> ExitCode:
    """End a run that has no outcome; with `--json` the last event is printed."""
    if as_json:
        print_json_text(finished_line(so_far.ended(code), _now()))
    return code


def _now() -> str:
    looked_at.unaccounted("the time of an event")
    return datetime.now(UTC).isoformat(timespec="milliseconds")


COLLECTS, CANCELS = ("collect", tr("stores their results")), ("cancel", tr("cancels what is still queued"))
"""Commands for tasks in flight, and what each does with them."""


def print_elsewhere(production: Production, verbosity: Verbosity = Verbosity.NORMAL) -> None:
    """Print on stderr, unless it is to be quiet, which other backends have tasks in flight, and how to collect them.

    A damaged journal of theirs is a warning.
    """
    if verbosity is Verbosity.QUIET:
        return
    try:
        others = api.in_flight_elsewhere(production)
    except StoreFault as fault:
        words = joined("; ", filter(None, (str(fault), fault.hint)))
        say(tr("warning: {message}", message=words), err=True)
        return
    for backend, number in others.items():
        where = tr("{tasks} on {backend}", tasks=_in_flight(number), backend=backend)
        say(tr("note: {note}", note=tr("{where}: {way}", where=where, way=_way(COLLECTS, backend))), err=True)


def only_elsewhere(production: Production, way: tuple[str, str]) -> bool:
    """Whether other backends have tasks in flight, for a production whose own has none; they are printed on stderr.

    Raises StoreFault for a journal that cannot be read.
    """
    others: Mapping[str, int] = api.in_flight_elsewhere(production)
    if others:
        words = listed(
            [
                tr("{tasks} on {backend}", tasks=_in_flight(number), backend=backend)
                for backend, number in others.items()
            ]
        )
        say_error(
            tr("nothing is in flight on {name}, but {words}", name=production.provider.name, words=words),
            listed([_way(way, each) for each in others]),
        )
    return bool(others)


def _in_flight(number: int) -> str:
    return trn("{number} task is in flight", "{number} tasks are in flight", number)


def _way(way: tuple[str, str], backend: str) -> str:
    verb, effect = way
    return tr("{command} {effect}", command=command_on(backend, verb), effect=effect)
