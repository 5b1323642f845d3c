"""`wanflow review`: the page on which takes are watched and picked."""

from __future__ import annotations

import os
from functools import partial

import anyio
import click

from wanflow import api
from wanflow.catalog.provider import load_providers
from wanflow.cli.hints import pasteable
from wanflow.cli.limits import production_is_read
from wanflow.cli.opening import conclude_part, open_sound_part
from wanflow.cli.options import ProductionOptions, clustered, example, production_options
from wanflow.cli.output import continue_without_reader
from wanflow.cli.screen import say, warn
from wanflow.errors import ExitCode
from wanflow.hosts import is_loopback
from wanflow.messages import tr
from wanflow.report.text.summary import interrupted_lines
from wanflow.review.server import Reviewing, serve


@click.command("review", epilog=example("wanflow review --read-only"))
@production_options
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; 0, the default, is any free one.")
@click.option("--no-open", is_flag=True, help="Open no browser; the first line on stdout is the address.")
@click.option("--read-only", is_flag=True, help="Only show: the page changes nothing.")
@click.option("--allow-run", is_flag=True, help="Let the page start runs, which may spend money.")
@clustered
@click.pass_obj
def review(
    settings: ProductionOptions,
    *,
    host: str,
    port: int,
    no_open: bool,
    read_only: bool,
    allow_run: bool,
    cluster: str | None,
) -> int:
    """Serve the page of the production until Ctrl-C; the first line on stdout is its address.

    The address holds a token for one browser. The page is for this machine alone; with another `--host` it is for
    everybody who gets the address, and then it never starts a run.
    """
    if read_only and allow_run:
        raise click.UsageError(tr("`--read-only` and `--allow-run` exclude each other"))
    if allow_run and not is_loopback(host):
        raise click.UsageError(tr("`--allow-run` is for this machine alone: leave out `--host`"))
    if not allow_run:
        for provider in load_providers().values():
            os.environ.pop(provider.key_variable or "", None)
    file = settings.file
    part = open_sound_part(settings)
    if part.production is None and not file.exists():
        return conclude_part(part)
    production_is_read()
    if not is_loopback(host):
        say(
            tr("warning: other machines can reach this page; what they send and see is not encrypted"),
            err=True,
        )
    continue_without_reader()
    reviewing = Reviewing(
        host,
        port,
        read_only=read_only,
        allow_run=allow_run,
        opens=not no_open,
        cluster=cluster,
        complete=pasteable,
    )

    def say_again(address: str) -> None:
        say(tr("the link was opened a second time; for another browser: {address}", address=address), err=True)

    interrupted = anyio.run(serve, file, partial(open_sound_part, settings), reviewing, say, say_again, warn)
    if interrupted is None:
        return ExitCode.DONE
    say(*interrupted_lines(api.inventory_of(interrupted)), err=True)
    return ExitCode.INTERRUPTED
