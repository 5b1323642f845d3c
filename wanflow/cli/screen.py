"""The screen that a command prints on: how wide it is, and whether it has colours."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TextIO

import click

from wanflow.cli.hints import from_here, located, pasteable
from wanflow.language.problem import MAX_SHOWN, Problem, render_problem
from wanflow.report.text.table import Screen

DEFAULT_WIDTH = 80
"""Cells of a terminal that does not know its width."""


def print_report(text: Callable[[Screen], str], *, err: bool = False) -> None:
    """Print a text as wide as the screen of stdout, or of stderr."""
    shown = screen_of(sys.stderr if err else sys.stdout, os.environ)
    click.echo(text(shown), err=err, color=shown.coloured)


def print_problems(problems: Iterable[Problem], *, err: bool = True) -> None:
    """Print problems with their source lines, which the terminal must not break: a caret points into them."""
    width = screen_of(sys.stderr if err else sys.stdout, os.environ).width or MAX_SHOWN
    for problem in problems:
        click.echo(render_problem(located(problem), width), err=err)


def screen_of(stream: TextIO, environ: Mapping[str, str]) -> Screen:
    """The screen behind a stream; a pipe or a file has lines of any length.

    `NO_COLOR` with any value forbids colours, `FORCE_COLOR` and `CLICOLOR_FORCE` give them to a pipe as well. Otherwise
    a terminal has them, unless it is dumb or `CLICOLOR` is 0.
    """
    terminal = stream.isatty()
    forced = any(environ.get(name, "0") not in {"", "0"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE"))
    capable = terminal and environ.get("TERM") != "dumb" and environ.get("CLICOLOR") != "0"
    coloured = not environ.get("NO_COLOR") and (forced or capable)
    return Screen(_width(stream, environ) if terminal else None, coloured, pasteable, from_here)


def _width(stream: TextIO, environ: Mapping[str, str]) -> int:
    written = environ.get("COLUMNS", "")
    if written.isdecimal() and int(written):
        return int(written)
    try:
        return os.get_terminal_size(stream.fileno()).columns or DEFAULT_WIDTH
    except OSError:
        return DEFAULT_WIDTH
