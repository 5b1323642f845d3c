"""What came of a push or a pull."""

from __future__ import annotations

from collections.abc import Callable

import click

from wanflow.cli.exit_code import error
from wanflow.report.wording import count, listed, printable
from wanflow.sharing import Moved

DONE = {"push": "pushed", "pull": "pulled"}


def tell_move(verb: str) -> Callable[[str], None]:
    """Says each take that moved, as it does."""
    return lambda name: click.echo(f"{DONE[verb]} {printable(name)}", err=True)


def tell_moved(done: Moved, verb: str, nowhere: str) -> None:
    """Sum it up on stdout; what went wrong, and what is nowhere, on stderr."""
    for fault in done.faults:
        error(str(fault), fault.hint)
    if done.missing:
        click.echo(f"{nowhere}: {listed([printable(name) for name in done.missing])}", err=True)
    click.echo(f"{count(done.moved, 'take')} {DONE[verb]}, {done.there} in place already")
