"""`wanflow play`: opens a take or a cut in a player, which gets the file's path as its last argument."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from wanflow import api
from wanflow.cli.node_arguments import complete_nodes
from wanflow.cli.opening import conclude_part, open_sound_part
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.cli.screen import say
from wanflow.errors import ExitCode, ToolFailed, ToolMissing
from wanflow.messages import tr

VARIABLE = "WANFLOW_PLAYER"
OPENERS: Mapping[str, tuple[str, ...]] = {"darwin": ("open",)}
"""Programs that open a file in the program that the user chose for its kind, by system."""
OTHER_OPENERS = ("xdg-open", "wslview")


@click.command("play", epilog=example("wanflow play talk", "wanflow play talk.t2", "wanflow play cut:main"))
@click.argument("node", shell_complete=complete_nodes)
@production_options
@click.pass_obj
def play(settings: ProductionOptions, node: str) -> ExitCode:
    """Open NODE in this system's player: a take, a cut, or a shot, of which the take in use is opened.

    The path of the file is printed on stdout. WANFLOW_PLAYER names another program to open it with.
    """
    part = open_sound_part(settings)
    if part.production is not None:
        file = api.node_file(api.plan(part.production, whole=part.whole), node, whole=part.whole)
        say(str(file))
        open_in_player(file, os.environ)
    return conclude_part(part)


def open_in_player(file: Path, environ: Mapping[str, str]) -> None:
    """Open an absolute path in the program of `WANFLOW_PLAYER`, else in that of the system for its kind.

    Returns once the opener ended; most of them leave the player running. Raises ToolMissing where this machine has no
    opener, and ToolFailed where it fails.
    """
    opener = _opener(environ)
    if opener is None:
        os.startfile(file)  # type: ignore[attr-defined]  # noqa: S606 - Windows has this in place of a program
        return
    try:
        # never by a shell; an absolute path does not begin as an option does
        done = subprocess.run(
            [*opener, str(file)], stdout=None if sys.stdout.isatty() else subprocess.DEVNULL, check=False
        )
    except OSError as fault:
        raise ToolMissing(
            tr("`{opener}` cannot be started: {strerror}", opener=opener[0], strerror=fault.strerror)
        ) from fault
    if done.returncode:
        words = tr(
            "`{opener}` failed to open the file (exit status {status})", opener=opener[0], status=done.returncode
        )
        raise ToolFailed(words, hint=tr("set {variable} to a player, such as `mpv`", variable=VARIABLE))


def _opener(environ: Mapping[str, str]) -> tuple[str, ...] | None:
    """The program to open a file with, and its arguments; None on Windows, which needs no program."""
    path = environ.get("PATH", "")
    if name := environ.get(VARIABLE):
        for program, *options in ([name], _words(name)):  # a path may have blanks
            if chosen := shutil.which(program, path=path):
                return chosen, *options
        words = tr("{variable} names `{name}`, which is not a program", variable=VARIABLE, name=name)
        raise ToolMissing(words, hint=tr("correct {variable}, or unset it", variable=VARIABLE))
    if sys.platform == "win32":
        return None
    found = (shutil.which(name, path=path) for name in OPENERS.get(sys.platform, OTHER_OPENERS))
    opener = next(filter(None, found), None)
    if opener is None:
        hint = tr("set {variable} to a player, such as `mpv`", variable=VARIABLE)
        raise ToolMissing(tr("this machine has no program that opens films"), hint=hint)
    return (opener,)


def _words(command: str) -> list[str]:
    """The words of a command as a shell has them, which here reads nothing else; all of it where a quote is open."""
    windows = sys.platform == "win32"  # there a backslash is a part of a path
    try:
        words = shlex.split(command, posix=not windows)
    except ValueError:
        words = []
    return [word.strip('"') if windows else word for word in words] or [command]
