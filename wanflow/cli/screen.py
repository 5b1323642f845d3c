"""The screen that a command prints on, and all printing: nothing from outside reaches a stream but through here."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TextIO

import click

from wanflow.characters import LONGEST_MESSAGE, escaped_json, shown, shown_lines
from wanflow.cli.hints import from_here, located, pasteable
from wanflow.language.problem import MAX_SHOWN, Problem, render_problem
from wanflow.messages import tr, translated
from wanflow.report.text.table import Screen
from wanflow.yamldoc.nodes import Place

DEFAULT_WIDTH = 80
"""Cells of a terminal that does not know its width."""


def say(*lines: str, err: bool = False) -> None:
    """Print lines, each of which stays one whatever it holds, with commands that work when pasted."""
    for line in lines:
        click.echo(shown(for_reader(line)), err=err)


def warn(words: str) -> None:
    """Print a warning on stderr."""
    say(tr("warning: {message}", message=words), err=True)


def confirm(question: str) -> bool:
    """Ask on stderr; no is the answer to an empty line. Raises Abort at the end of stdin."""
    asked = translated(tr("{question} [y/N]: ", question=question))
    return click.confirm(shown(asked), default=False, show_default=False, prompt_suffix="", err=True)


def print_report(text: Callable[[Screen], str], *, err: bool = False) -> None:
    """Print a text of several lines, as wide as the screen of stdout, or of stderr.

    Whoever makes it has escaped the line ends in its values: a table does so for its cells.
    """
    screen = screen_of(sys.stderr if err else sys.stdout, os.environ)
    click.echo(screen.printed(translated(text(screen))), err=err, color=screen.coloured)


def print_json(document: object) -> None:
    """Print a JSON document on stdout."""
    print_json_text(json.dumps(document, ensure_ascii=False, indent=2))


def print_json_text(text: str) -> None:
    """Print JSON on stdout; unless its encoding has every sign, signs beyond ASCII are escaped as JSON does it."""
    text = escaped_json(text)
    if not (sys.stdout.encoding or "").lower().startswith("utf"):
        text = re.sub(r"[^\x00-\x7f]+", lambda found: json.dumps(found[0])[1:-1], text)
    click.echo(text)


def print_file(content: bytes) -> None:
    """Print the bytes of a file that wanflow writes, whatever the encoding of stdout."""
    click.echo(content, nl=False)


def print_annotation(level: str, place: Place, *lines: str) -> None:
    """Print GitHub's command that puts lines beside a place in a file; the only command that wanflow prints.

    What GitHub would take for the end of the command, or of a property, is encoded as it asks.
    """
    file = shown(place.file).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    words = "%0A".join(shown(line, LONGEST_MESSAGE).replace("%", "%25") for line in lines)
    click.echo(f"::{level} file={file},line={place.line},col={place.column}::{words}")


def print_problems(problems: Iterable[Problem], *, err: bool = True) -> None:
    """Print problems with their source lines, which the terminal must not break: a caret points into them."""
    width = screen_of(sys.stderr if err else sys.stdout, os.environ).width or MAX_SHOWN
    for problem in problems:
        click.echo(shown_lines(render_problem(located(problem), width)), err=err)


def screen_of(stream: TextIO, environ: Mapping[str, str]) -> Screen:
    """The screen behind a stream; a pipe or a file has lines of any length.

    `NO_COLOR` with any value forbids colours, `FORCE_COLOR` and `CLICOLOR_FORCE` give them to a pipe as well. Otherwise
    a terminal has them, unless it is dumb or `CLICOLOR` is 0.
    """
    terminal = stream.isatty()
    forced = any(environ.get(name, "0") not in {"", "0"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE"))
    capable = terminal and environ.get("TERM") != "dumb" and environ.get("CLICOLOR") != "0"
    coloured = not environ.get("NO_COLOR") and (forced or capable)
    return Screen(_width(stream, environ) if terminal else None, coloured, for_reader, from_here)


def for_reader(text: str) -> str:
    """A text in the language of the command, with commands that work when pasted."""
    return pasteable(translated(text))


def _width(stream: TextIO, environ: Mapping[str, str]) -> int:
    written = environ.get("COLUMNS", "")
    if written.isdecimal() and int(written):
        return int(written)
    try:
        return os.get_terminal_size(stream.fileno()).columns or DEFAULT_WIDTH
    except OSError:
        return DEFAULT_WIDTH
