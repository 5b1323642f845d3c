"""Options that the commands share: which production, what overrides it, what is selected, and what is printed."""

from __future__ import annotations

import functools
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from wanflow.catalog.provider import known_regions, load_providers
from wanflow.cli.limits import is_limited, words_of_process
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.timebase import GRACE_SECONDS, POLL_SECONDS

Decorated = TypeVar("Decorated", bound=Callable[..., Any] | click.Command)

BACKENDS, REGIONS = tuple(load_providers()), known_regions()

PRODUCTION_FILE = "wanflow.yaml"


@immutable
class ProductionOptions:
    """Which production a command is about, and what overrides its keys; None leaves a key as it is written.

    `named` is the file of `-f`. `allow_outside`: a cut may be outside the production's folder; None for commands that
    write no cuts. `root` and `untrusted` say which files may be opened (wanflow.boundary).
    """

    named: Path | None = None
    backend: str | None = None
    region: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    prices: Path | None = None
    allow_outside: bool | None = None
    root: Path | None = None
    untrusted: bool = False

    @property
    def file(self) -> Path:
        """The production file, as seen from the current folder: that of `-f`, else the nearest one."""
        return nearest_production() if self.named is None else self.named

    @property
    def folder(self) -> Path:
        """Where the production file lies."""
        return self.file.parent

    def with_backend(self, backend: str) -> ProductionOptions:
        """The same production on a backend."""
        return replace(self, backend=backend)


def nearest_production() -> Path:
    """`wanflow.yaml` in the current folder or the nearest one above it; in the current one where none has it."""
    here = Path(PRODUCTION_FILE)
    try:
        depth = len(Path.cwd().parts)
    except OSError:  # the folder was removed, or cannot be entered
        return here
    upwards = (Path(*[os.pardir] * steps, PRODUCTION_FILE) for steps in range(depth))
    return next((file for file in upwards if os.path.lexists(file)), here)


def example(*lines: str) -> str:
    """The end of a command's help: calls of it, printed as they are."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def _note(context: click.Context, option: click.Parameter, value: Any) -> None:
    settings = context.obj or ProductionOptions()
    context.obj = settings if value is None else replace(settings, **{str(option.name): value})
    if context.obj.untrusted and context.obj.allow_outside:
        raise click.UsageError(tr("`--untrusted` and `--allow-outside` exclude each other"), context)


def _note_values(context: click.Context, option: click.Parameter, value: tuple[str, ...]) -> None:
    values: dict[str, str] = {}
    for word in value:
        name, equals, text = word.partition("=")
        if not name or not equals:
            if "＝" in word:
                words = tr("`{word}`: `＝` is a full-width equals sign, write `=`", word=word)
                raise click.BadParameter(words, param=option)
            raise click.BadParameter(tr("`{word}` is not NAME=VALUE", word=word), param=option)
        values[name] = text
    _note(context, option, values or None)


def _file_option(*names: str) -> Callable[[Decorated], Decorated]:
    return click.option(
        *names,
        "named",
        type=click.Path(path_type=Path),
        expose_value=False,
        callback=_note,
        help="The production file (default: wanflow.yaml, here or above).",
    )


file_option = _file_option("-f", "--file")

_OVERRIDES = (
    click.option(
        "--backend",
        type=click.Choice(BACKENDS),
        expose_value=False,
        callback=_note,
        help="Render on this backend instead of the file's.",
    ),
    click.option(
        "--region", type=click.Choice(REGIONS), expose_value=False, callback=_note, help="The region of the account."
    ),
    click.option(
        "--set",
        "values",
        metavar="NAME=VALUE",
        multiple=True,
        expose_value=False,
        callback=_note_values,
        help="Override a var of the file; may be repeated.",
    ),
)

_BOUNDARY = (
    click.option(
        "--root",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        expose_value=False,
        callback=_note,
        help="Read text files below this folder as well (default: only below the production's).",
    ),
    click.option(
        "--untrusted",
        is_flag=True,
        expose_value=False,
        callback=_note,
        help="The production is not yours: open and write nothing outside its folder, and bound time and memory.",
    ),
)

_SPENDING = (
    click.option("--budget", metavar='"20 CNY"', help="The most that this run may spend."),
    click.option(
        "--prices",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        expose_value=False,
        callback=_note,
        help="Use the prices in this file instead of the production's or the catalog's.",
    ),
)


allowing_outside = click.option(
    "--allow-outside",
    is_flag=True,
    expose_value=False,
    callback=_note,
    help="Allow cuts outside the production's folder.",
)
"""Option of commands that write cuts, or say whether they can be written."""


def _limited(command: Decorated) -> Decorated:
    """A command whose work is done in a second process with limits where it got `--untrusted` (`cli.limits`)."""

    @functools.wraps(command)
    def call(*arguments: object, **options: object) -> object:
        settings = click.get_current_context().obj
        if settings is None or not settings.untrusted or is_limited():
            return command(*arguments, **options)
        from wanflow.cli.supervision import supervise

        given = words_of_process.get()
        return supervise(sys.argv[1:] if given is None else given)

    return cast(Decorated, call)


def production_options(command: Decorated) -> Decorated:
    """Add the options that name a production, override its keys and say what it may open.

    The command gets `ProductionOptions` by `click.pass_obj`.
    """
    return _with(_limited(command), (file_option, *_OVERRIDES, *_BOUNDARY))


def spending(command: Decorated) -> Decorated:
    """Add `--budget`, and `--prices`, which comes with the `ProductionOptions`."""
    return _with(command, _SPENDING)


def production_options_but_file(command: Decorated) -> Decorated:
    """The same with `-f` alone, for a command whose `--file` is another."""
    return _with(_limited(command), (_file_option("-f"), *_OVERRIDES, *_BOUNDARY))


class Seconds(click.FloatRange):
    """A time on the command line; NaN, which passes every range, is refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds; raises BadParameter."""
        seconds = super().convert(value, param, ctx)
        return (
            self.fail(tr("`{value}` is not a number of seconds.", value=value), param, ctx)
            if math.isnan(seconds)
            else seconds
        )


_WAITING = (
    click.option(
        "--timeout",
        type=Seconds(min=0, min_open=True),
        metavar="SECONDS",
        help="Stop waiting after this time; tasks go on. Exits with 4.",
    ),
    click.option(
        "--poll-interval",
        type=Seconds(min=0, min_open=True),
        default=POLL_SECONDS,
        show_default=True,
        metavar="SECONDS",
        help="Shortest time between two queries of one task.",
    ),
    click.option(
        "--grace",
        type=Seconds(min=0),
        default=GRACE_SECONDS,
        show_default=True,
        metavar="SECONDS",
        help="How long to look for a lost submission before treating it as not accepted.",
    ),
    click.option("--wait", is_flag=True, help="Wait until another run in this production ends."),
)

clustered = click.option(
    "--cluster",
    metavar="ADDRESS",
    help="The Dask scheduler whose workers do the local work (default: WANFLOW_CLUSTER, else this machine).",
)
retrying = click.option("--retry-refused", is_flag=True, help="Send requests again that the service refused before.")

_PRINTING = (
    click.option("--json", "as_json", is_flag=True, help="Print one JSON event per line."),
    click.option("-q", "--quiet", is_flag=True, help="Print only errors."),
    click.option("-v", "--verbose", is_flag=True, help="Print every event."),
)


def waiting(command: Decorated) -> Decorated:
    """Add `--timeout`, `--poll-interval`, `--grace` and `--wait`."""
    return _with(command, _WAITING)


def printing(command: Decorated) -> Decorated:
    """Add `--json`, `-q` and `-v`, for a command that prints events."""
    return _with(command, _PRINTING)


def _with(command: Decorated, options: Sequence[Callable[[Decorated], Decorated]]) -> Decorated:
    for option in reversed(options):
        command = option(command)
    return command
