"""What other backends of a production have in flight, which a command on one backend would hide."""

from __future__ import annotations

from collections.abc import Mapping

import click

from wanflow import studio
from wanflow.cli.exit_code import error
from wanflow.cli.hints import command_on
from wanflow.errors import StoreFault
from wanflow.report.lines import Loudness
from wanflow.report.wording import count, listed
from wanflow.spec.production import Production

COLLECTS, CANCELS = ("collect", "stores their films"), ("cancel", "cancels those that still wait")
"""Commands for tasks in flight, and what each does with them."""


def tell_elsewhere(production: Production, loudness: Loudness = Loudness.NORMAL) -> None:
    """Say on stderr, unless it is to be quiet, which other backends have tasks in flight, and how to collect them.

    A journal of theirs that is damaged is said as well; it stops nothing here.
    """
    if loudness is Loudness.QUIET:
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
    if others and production.backend not in studio.in_flight(production):
        words = listed([f"{_in_flight(number)} on {backend}" for backend, number in others.items()])
        ways = listed([_way(way, backend) for backend in others])
        error(f"nothing is in flight on {production.backend}, but {words}", ways)
        return True
    return False


def _elsewhere(production: Production) -> Mapping[str, int]:
    return {name: number for name, number in studio.in_flight(production).items() if name != production.backend}


def _in_flight(number: int) -> str:
    return f"{count(number, 'task')} {'is' if number == 1 else 'are'} in flight"


def _way(way: tuple[str, str], backend: str) -> str:
    verb, deed = way
    return f"{command_on(backend, verb)} {deed}"
