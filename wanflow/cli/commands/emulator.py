"""`wanflow emulator`: the emulated API on a socket of this machine."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import anyio
import click

from wanflow.catalog.provider import default_provider
from wanflow.cli.options import example
from wanflow.cli.screen import say
from wanflow.emulator.api.app import BASE
from wanflow.emulator.api.order import Grade
from wanflow.emulator.api.server import Serving, serve
from wanflow.errors import ExitCode
from wanflow.language.own_models import read_model_files
from wanflow.messages import tr
from wanflow.store import atomic

MOST_QUEUE_SECONDS = 86_400
"""Maximum seconds of `--queue`: a task is known for a day."""


@click.command("emulator", epilog=example("wanflow emulator --port 8000 --state emulated"))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    help="Also answer requests for this host name; may be repeated.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; 0, the default, is any free one.")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep tasks, uploads and films here; a restart continues with them.",
)
@click.option(
    "--faults",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Inject the faults in this file.",
)
@click.option(
    "--models",
    type=click.Path(dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Also serve the model in this file; may be repeated.",
)
@click.option("--strict", is_flag=True, help="Check requests when they are submitted, not inside the task.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    metavar="N",
    help="Divide task times by N; at 1 a shot of 5 s takes about 2 s.",
)
@click.option(
    "--queue",
    type=click.FloatRange(min=0, max=MOST_QUEUE_SECONDS),
    default=0.0,
    metavar="SECONDS",
    help="Keep each task PENDING for this long, so that it can be cancelled.",
)
@click.option(
    "--grade",
    type=click.Choice([grade.value for grade in Grade]),
    default=Grade.FINAL.value,
    show_default=True,
    help="Draw films finely, or as drafts in a quarter of the time.",
)
@click.option(
    "--any-model", is_flag=True, help="Accept models that the catalog does not have; their results are cards."
)
@click.option(
    "--region",
    type=click.Choice(default_provider().regions),
    default=default_provider().regions[0],
    show_default=True,
    help="Serve the models of this region.",
)
def emulator(
    *,
    host: str,
    names: tuple[str, ...],
    port: int,
    state: Path | None,
    faults: Path | None,
    models: tuple[Path, ...],
    strict: bool,
    speed: float,
    queue: float,
    grade: str,
    any_model: bool,
    region: str,
) -> int:
    """Serve the emulated API until Ctrl-C; the first line on stdout is its base URL.

    Some clients add `/api/v1` by themselves; the address for these is on stderr.

    Its key is that of DASHSCOPE_API_KEY, else `sk-animatic`; any other is refused. An address that other machines can
    reach needs a key of your own. Requests have to name an address of loopback, that of `--host`, or an allowed name.
    """
    if state is not None:
        atomic.make_folder(state.parent)
    known = read_model_files(models).files if models else None
    serving = Serving(
        host,
        port,
        state,
        names,
        Fraction(str(speed)),
        strict,
        queue,
        any_model,
        faults=faults,
        region=region,
        models=known,
        grade=Grade(grade),
    )
    anyio.run(serve, serving, os.environ, os.cpu_count() or 1, _announce)
    return ExitCode.DONE


def _announce(base_url: str) -> None:
    """Print the base URL on stdout, and what clients that complete it themselves need on stderr."""
    say(base_url)
    root = base_url.removesuffix(BASE)
    say(tr("clients that add `{path}` by themselves use {root}", path=BASE, root=root), err=True)
