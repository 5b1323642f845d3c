"""`wanflow mcp`: the commands as tools of the Model Context Protocol, for language models."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import cast

import anyio
import click

from wanflow.agents.tools import Session
from wanflow.cli.approval import budget_of
from wanflow.cli.exit_code import without_secrets
from wanflow.cli.hints import name_production, pasteable_json
from wanflow.cli.limits import production_is_read
from wanflow.cli.main import import_attribute
from wanflow.cli.opening import open_production, open_sound_part, problems_of
from wanflow.cli.options import ProductionOptions, example, production_options
from wanflow.cli.output import continue_without_reader
from wanflow.errors import ExitCode, WanflowError
from wanflow.loading import SoundPart
from wanflow.messages import tr

Serve = Callable[[Session, Callable[[str], str], Callable[[object], object]], Awaitable[None]]


class ExtraMissing(WanflowError):
    """A command needs packages that only an extra of wanflow installs."""

    exit_code = ExitCode.WRONG


@click.command("mcp", epilog=example("wanflow mcp -f film/wanflow.yaml"))
@production_options
@click.option("--allow-run", is_flag=True, help="Offer the tool `run`, which may spend money up to `--budget`.")
@click.option("--budget", metavar='"5 CNY"', help="The most that all runs of this server together may spend.")
@click.pass_obj
def mcp(settings: ProductionOptions, *, allow_run: bool, budget: str | None) -> int:
    """Serve the production to a language model on stdin and stdout, by the Model Context Protocol.

    The tools are validate, plan, show, why, status, takes, check, pick and retake, and none of them spends. With
    `--allow-run` there is `run` as well: on any backend, up to the budget.
    """
    if allow_run is (budget is None):
        raise click.UsageError(tr("`--allow-run` and `--budget` need each other"))
    limit = None if budget is None else budget_of(budget)
    try:
        serve = cast(Serve, import_attribute("wanflow.agents.server:serve"))
    except ModuleNotFoundError as fault:
        if (fault.name or "").partition(".")[0] != "mcp":
            raise
        hint = tr("{command} installs it", command="`pip install 'wanflow[mcp]'`")
        raise ExtraMissing(tr("the package `mcp` is not installed"), hint=hint) from fault
    name_production(settings)
    if not settings.file.is_file():
        open_production(settings)  # raises what every command says of it; a client would see it with its first call
    production_is_read()
    continue_without_reader()

    def load(backend: str | None) -> SoundPart:
        return open_sound_part(settings if backend is None else settings.with_backend(backend))

    anyio.run(serve, Session(load, partial(problems_of, settings), limit), without_secrets, pasteable_json)
    return ExitCode.DONE
